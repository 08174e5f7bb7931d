"""The sandbox's bare repositories: objects, references and history, with git itself underneath.

    bare = Git(directory / "git").create("acme/app", default_branch="main")
    sha = bare.commit_files("main", {"README.md": b"hello"}, "Start", author)

A reference moves only by `git update-ref` with its old value: an atomic compare-and-swap, which also holds
against a `git push` at the same moment.
"""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.sandbox.commits import parse_commit, render_commit
from bot.sandbox.history import parse_changes
from bot.sandbox.objects import (
    DIRECTORY,
    SHA,
    BadObjectError,
    Objects,
    build_entry_type,
    render_tree,
    run_git,
)
from bot.sandbox.shapes import CommitObject, FileChange, Signature, TreeEntry

ZERO = "0" * 40
EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_SETTINGS = {
    "gc.auto": "0",
    "receive.autogc": "false",
    "receive.unpackLimit": "100000",
    "core.logAllRefUpdates": "false",
    "http.receivepack": "true",  # who may push is checked before git runs
    "uploadpack.allowReachableSHA1InWant": "true",
}


class RefMovedError(Exception):
    """The reference is not where the caller saw it."""


class Git:
    """All bare repositories, below one folder: `OWNER/NAME.git`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def find(self, full_name: str) -> "Bare":
        """The repository `owner/name` (as the row writes it, not as somebody typed it)."""
        if not _NAME.fullmatch(full_name) or "/." in f"/{full_name}":
            raise BadObjectError(f"{full_name!r} is no repository's name")
        return Bare(self.root / f"{full_name}.git")

    def create(self, full_name: str, *, default_branch: str = "main") -> "Bare":
        """An empty repository; one that is there stays as it is."""
        bare = self.find(full_name)
        if not (bare.directory / "HEAD").exists():
            bare.directory.mkdir(parents=True, exist_ok=True)
            run_git(
                bare.directory,
                "init",
                "--quiet",
                "--bare",
                "--template=",
                f"--initial-branch={default_branch}",
            )
            for name, value in _SETTINGS.items():
                run_git(bare.directory, "config", name, value)
        return bare


class Bare(Objects):
    """One bare repository."""

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        """Full names to object names, sorted; `refs/heads/` gives the branches."""
        lines = (
            run_git(self.directory, "for-each-ref", "--format=%(objectname) %(refname)").decode().splitlines()
        )
        pairs = (line.split(" ", 1) for line in lines)
        return {name: sha for sha, name in pairs if name.startswith(prefix)}

    def is_empty(self) -> bool:
        """Whether it has no commit yet; usually seen without a process."""
        head = (self.directory / "HEAD").read_text().strip().removeprefix("ref: ")
        return self.ref(head) is None and not self.refs()

    def ref(self, name: str) -> str | None:
        """What `refs/heads/main` points to, or None."""
        if not name.startswith("refs/") or ".." in name or name.endswith("/"):
            return None
        try:
            text = (self.directory / name).read_text().strip()
        except (OSError, ValueError):
            return self.refs().get(name) if (self.directory / "packed-refs").exists() else None
        return text if SHA.fullmatch(text) else None

    def update_ref(self, name: str, new: str | None, old: str | None) -> None:
        """Move, make (`old` None) or delete (`new` None) a reference.

        Raises RefMovedError when it is not at `old` any more, and when git refuses the name.
        """
        arguments = ["-d", name, old or ZERO] if new is None else [name, new, old or ZERO]
        try:
            run_git(self.directory, "update-ref", "--no-deref", *arguments)
        except subprocess.CalledProcessError as error:
            raise RefMovedError(error.stderr.decode(errors="replace").strip()) from None

    def set_head(self, ref: str) -> None:
        """Which branch a clone checks out."""
        run_git(self.directory, "symbolic-ref", "HEAD", ref)

    def resolve(self, name: str) -> str | None:
        """The commit of a branch, tag, reference (`tags/v1`), `HEAD` or (short) commit name, or None."""
        for full in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
            if sha := self.ref(full):  # `tags/v1` and `heads/main`, too, are names of GitHub's
                return self._peel(sha)
        if SHA.fullmatch(name):
            return self._peel(name)
        if name == "HEAD" or re.fullmatch(r"[0-9a-f]{7,39}", name):
            found = run_git(
                self.directory, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False
            )
            return found.decode().strip() or None
        return None

    def fetch(self, other: "Bare", *refspecs: str) -> None:
        """Objects, and references as the refspecs say, of a repository beside this one."""
        how = ("-c", "fetch.unpackLimit=100000", "fetch", "--quiet", "--no-write-fetch-head", "--no-tags")
        run_git(self.directory, *how, str(other.directory.absolute()), *refspecs)

    def commit(self, sha: str) -> CommitObject:
        """Raises BadObjectError."""
        return parse_commit(sha, self.read_as("commit", sha))

    def write_commit(
        self, tree: str, parents: Sequence[str], author: Signature, committer: Signature, message: str
    ) -> str:
        """A commit on objects that are there; raises BadObjectError for one that is not."""
        self.read_as("tree", tree)
        for parent in parents:
            self.read_as("commit", parent)
        return self.write("commit", render_commit(tree, parents, author, committer, message))

    def write_tree(self, base: str | None, changes: Mapping[str, tuple[str, str] | None]) -> str:
        """A tree: `base` with `path -> (mode, sha)` set and `path -> None` removed. Raises BadObjectError."""
        entries = {e.path: e for e in self.read_tree(base)} if base else {}
        below: dict[str, dict[str, tuple[str, str] | None]] = {}
        for path, change in changes.items():
            name, slash, rest = path.partition("/")
            if name in {"", ".", "..", ".git"} or "\0" in name or (slash and not rest):
                raise BadObjectError(f"tree.path contains a malformed path component: {path!r}")
            if slash:
                below.setdefault(name, {})[rest] = change
            elif change is None:
                if (
                    entries.pop(name, None) is None
                ):  # GitHub refuses to remove what is not there, in these words
                    raise BadObjectError("GitRPC::BadObjectState")
            else:
                entries[name] = TreeEntry(name, change[0], build_entry_type(change[0]), change[1])
        for name, inner in below.items():
            old = entries.get(name)
            sha = self.write_tree(old.sha if old and old.type == "tree" else None, inner)
            entries[name] = TreeEntry(name, DIRECTORY, "tree", sha)
            if sha == EMPTY_TREE:  # git keeps no empty folder
                del entries[name]
        return self.write("tree", render_tree(entries.values()))

    def write_files(
        self, head: str | None, files: Mapping[str, bytes | None], message: str, author: Signature,
        committer: Signature | None = None,
    ) -> str:  # fmt: skip
        """A commit on `head` that writes these files (None removes); no reference moves."""
        changes = {
            path: None if data is None else ("100644", self.write("blob", data))
            for path, data in files.items()
        }
        tree = self.write_tree(self.commit(head).tree if head else None, changes)
        return self.write_commit(tree, [head] if head else [], author, committer or author, message)

    def commit_files(
        self, branch: str, files: Mapping[str, bytes | None], message: str, author: Signature
    ) -> str:
        """The same on the branch's head, which moves; raises RefMovedError when somebody else was first."""
        head = self.ref(f"refs/heads/{branch}")
        sha = self.write_files(head, files, message, author)
        self.update_ref(f"refs/heads/{branch}", sha, head)
        return sha

    def entry_at(self, commit: str, path: str) -> TreeEntry | None:
        """The file or folder at a path of a commit; the root is `""`."""
        entry = TreeEntry("", DIRECTORY, "tree", self.commit(commit).tree)
        for name in (part for part in path.split("/") if part):
            if entry.type != "tree":
                return None
            found = next((e for e in self.read_tree(entry.sha) if e.path == name), None)
            if found is None:
                return None
            entry = found
        return TreeEntry(path.strip("/"), entry.mode, entry.type, entry.sha)

    def read_file(self, commit: str, path: str) -> bytes | None:
        """The bytes of a file at a commit, or None."""
        entry = self.entry_at(commit, path)
        return self.read_as("blob", entry.sha) if entry and entry.type == "blob" else None

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether moving from `old` to `new` is a fast-forward."""
        if old == new or old in self.commit(new).parents:
            return True
        try:
            run_git(self.directory, "merge-base", "--is-ancestor", old, new)
        except subprocess.CalledProcessError:
            return False
        return True

    def merge_base(self, one: str, other: str) -> str | None:
        return run_git(self.directory, "merge-base", one, other, check=False).decode().strip() or None

    def log(self, *commits: str, path: str | None = None, limit: int = -1) -> list[str]:
        """Commit names, newest first, that these commits reach; `^sha` leaves out what that one reaches."""
        paths = ["--", path] if path else ["--"]
        return run_git(self.directory, "rev-list", f"--max-count={limit}", *commits, *paths).decode().split()

    def changes(self, old: str | None, new: str) -> list[FileChange]:
        """What differs between two commits (None: the empty tree), with line counts."""
        raw = run_git(
            self.directory,
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--numstat",
            "--no-abbrev",
            old or EMPTY_TREE,
            new,
        )
        return parse_changes(raw)

    def _peel(self, sha: str) -> str | None:
        """The commit that an object is, or that an annotated tag names."""
        found = self.read(sha)
        while found and found[0] == "tag":
            sha = found[1].split(b"\n", 1)[0].removeprefix(b"object ").decode()
            found = self.read(sha)
        return sha if found and found[0] == "commit" else None
