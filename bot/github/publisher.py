"""Reading a site's tree and committing to it through the Git Data API: one atomic commit, no clone.

Requests: the head is one; a tree is one (recursive), and only needed where the branch moved since the bot's
own last commit; a blob is one, and only where its id is not in the cache; a commit is three (tree, commit,
ref) and one more for each new binary file. The ref moves with `force: false`: whoever was first wins.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.errors import BadSource, NotFound, Unavailable
from bot.github.access import quote
from bot.github.client import Client
from bot.records import Site
from bot.records.blobs import blob_id

_FILES = {"100644", "100755"}
MANY = 40  # binary files: more may be cut off by GitHub's limit of writes, and are looked for before


class BlobCache(Protocol):
    """Contents by git blob id; a blob never changes, so neither does an entry."""

    def get(self, sha: str) -> bytes | None: ...

    def put(self, sha: str, data: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class SiteTree:
    """What a site holds at one commit: ids of its files by path."""

    commit: str
    tree: str  # id of the tree, or of the commit itself (git takes either where a tree is asked for)
    blobs: Mapping[str, str]  # path -> git blob id
    sizes: Mapping[str, int] = field(default_factory=dict)  # bytes by path, as far as they were read


class Publisher:
    """Reads and writes the branch of a site."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def fetch_head(self, site: Site) -> str:
        """The commit id that the branch points at. Raises NotFound without one."""
        path = f"/git/ref/heads/{quote(site.branch)}"
        data = self._client.read(site.repository, path, what=site.key)
        if not isinstance(data, dict):  # a list
            # older Enterprise Servers list refs with this prefix where there is no exact match
            raise NotFound(f"{site.key}: no such branch.")
        return str(data["object"]["sha"])

    def fetch_tree(self, site: Site, head: str) -> SiteTree:
        """Every file at this commit. Raises BadSource where GitHub cuts the list (100,000 entries, 7 MB)."""
        data = self._client.call(
            "GET",
            site.repository,
            f"/git/trees/{quote(head)}",
            what=f"{site.key}: tree",
            parameters={"recursive": "1"},
        )
        if data.get("truncated"):
            raise BadSource(
                f"{site.key} holds more files than GitHub lists at once; give the source its own repository."
            )
        files = [entry for entry in data["tree"] if entry.get("mode") in _FILES]
        blobs = {entry["path"]: entry["sha"] for entry in files}
        return SiteTree(head, data["sha"], blobs, {entry["path"]: entry.get("size", 0) for entry in files})

    def fetch_blob(self, site: Site, sha: str, cache: BlobCache) -> bytes:
        """A file's bytes by its id, from the cache or from GitHub (which then go into the cache)."""
        known = cache.get(sha)
        if known is None:
            data = self._call("GET", site, f"/git/blobs/{quote(sha)}")
            known = base64.b64decode(data["content"])
            if blob_id(known) != sha:
                raise Unavailable(f"{site.key}: GitHub sent other bytes than those asked for.")
            cache.put(sha, known)
        return known

    def apply_commit(
        self, site: Site, base: SiteTree, files: Mapping[str, bytes | None], message: str, cache: BlobCache
    ) -> SiteTree:
        """Commit these files (None removes) on top of `base`; the new tree. Raises Conflict on a lost race.

        Neither author nor committer is set: GitHub then signs an App's commit itself ("Verified").
        """
        tree = self.write_tree(site, base, files)
        body = {"message": message, "tree": tree, "parents": [base.commit]}
        commit = self._call("POST", site, "/git/commits", body)["sha"]
        self._call("PATCH", site, f"/git/refs/heads/{quote(site.branch)}", {"sha": commit, "force": False})
        kept = {path: size for path, size in base.sizes.items() if path not in files}
        return SiteTree(commit, tree, _after(base.blobs, files, cache), kept)

    def write_tree(self, site: Site, base: SiteTree, files: Mapping[str, bytes | None]) -> str:
        """The id of a tree: `base` with these files (None removes).

        Of many binary files, those that a try before brought to GitHub are not posted again: reading costs no
        write, and the tries get through together.
        """
        look = len(binary_files(files)) > MANY
        entries = [
            self._entry(site, path, data, look=look)
            for path, data in sorted(files.items())
            if _changes(base, path, data)
        ]
        return str(self._call("POST", site, "/git/trees", {"base_tree": base.tree, "tree": entries})["sha"])

    def _entry(self, site: Site, path: str, data: bytes | None, *, look: bool) -> dict[str, Any]:
        """A line of the new tree: text inline (no request of its own), anything else as a blob first."""
        entry: dict[str, Any] = {"path": path, "mode": "100644", "type": "blob"}
        if data is None:
            return {**entry, "sha": None}
        text = _text(data)
        if text is not None:
            return {**entry, "content": text}
        if look and self._has_blob(site, blob_id(data)):
            return {**entry, "sha": blob_id(data)}
        body = {"content": base64.b64encode(data).decode("ascii"), "encoding": "base64"}
        return {**entry, "sha": self._call("POST", site, "/git/blobs", body)["sha"]}

    def _has_blob(self, site: Site, sha: str) -> bool:
        try:
            self._call("GET", site, f"/git/blobs/{sha}")
        except NotFound:
            return False
        return True

    def _call(self, verb: Any, site: Site, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._client.call(verb, site.repository, path, what=site.key, body=body)


def count_writes(files: Mapping[str, bytes | None]) -> int:
    """Content writes that a commit of these files makes: tree, commit, ref, and each binary file."""
    return 3 + len(binary_files(files))


def binary_files(files: Mapping[str, bytes | None]) -> list[str]:
    """The paths whose bytes do not go inline into a tree."""
    return [path for path, data in sorted(files.items()) if data is not None and _text(data) is None]


def _changes(base: SiteTree, path: str, data: bytes | None) -> bool:
    """GitHub answers 422 to the removal of a path that is not there."""
    return path in base.blobs if data is None else base.blobs.get(path) != blob_id(data)


def _after(blobs: Mapping[str, str], files: Mapping[str, bytes | None], cache: BlobCache) -> dict[str, str]:
    """The ids of the files after the commit; their bytes go into the cache, for the next publish."""
    after = dict(blobs)
    for path, data in files.items():
        if data is None:
            after.pop(path, None)
            continue
        after[path] = blob_id(data)
        cache.put(after[path], data)
    return after


def _text(data: bytes) -> str | None:
    try:
        return None if b"\0" in data else data.decode("utf-8")
    except UnicodeDecodeError:
        return None
