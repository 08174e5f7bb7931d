"""No I/O. Git's objects: refs, commits, trees, blobs, branches, file contents."""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from bot.sandbox.model import Repository, User
from bot.sandbox.shapes.people import render_user
from bot.sandbox.shapes.urls import Json, Urls, node_id


@dataclass(frozen=True, slots=True)
class Signature:
    """Who wrote or committed, and when (ISO 8601)."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class CommitObject:
    """A commit as git stores it; `verified` where GitHub would have signed it (made by an App's API call)."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    message: str
    author: Signature
    committer: Signature
    verified: bool = False


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A row of a tree; `size` is a blob's, None for others."""

    path: str
    mode: str  # 100644, 100755, 040000, 120000, 160000
    type: str  # blob, tree, commit
    sha: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that a commit changed, against its first parent."""

    path: str
    status: str  # added, removed, modified, renamed
    sha: str  # of the new blob (of the old one when removed)
    additions: int = 0
    deletions: int = 0
    patch: str | None = None  # the hunks of a text file


def render_ref(urls: Urls, repository: Repository, ref: str, sha: str, *, kind: str = "commit") -> Json:
    """A ref by its full name, `refs/heads/main`."""
    own = urls.repo(repository)
    return {
        "ref": ref,
        "node_id": node_id("Ref", f"{repository.id}:{ref}"),
        "url": f"{own}/git/{quote(ref)}",
        "object": {"sha": sha, "type": kind, "url": f"{own}/git/{kind}s/{sha}"},
    }


def render_git_commit(urls: Urls, repository: Repository, commit: CommitObject) -> Json:
    """GET and POST /git/commits."""
    own, page = urls.repo(repository), urls.page(repository)
    return {
        "sha": commit.sha,
        "node_id": node_id("Commit", f"{repository.id}:{commit.sha}"),
        "url": f"{own}/git/commits/{commit.sha}",
        "html_url": f"{page}/commit/{commit.sha}",
        "author": _signature(commit.author),
        "committer": _signature(commit.committer),
        "tree": {"sha": commit.tree, "url": f"{own}/git/trees/{commit.tree}"},
        "message": commit.message,
        "parents": [_parent(urls, repository, sha, "git/commits") for sha in commit.parents],
        "verification": _verification(commit),
    }


def render_commit(
    urls: Urls, repository: Repository, commit: CommitObject, *, author: User | None = None,
    committer: User | None = None, files: Iterable[FileChange] | None = None, comments: int = 0,
) -> Json:  # fmt: skip
    """GET /commits (without files) and /commits/SHA (with them); the users are GitHub's, by e-mail."""
    own, page = urls.repo(repository), urls.page(repository)
    shape: Json = {
        "sha": commit.sha,
        "node_id": node_id("Commit", f"{repository.id}:{commit.sha}"),
        "commit": {
            "author": _signature(commit.author),
            "committer": _signature(commit.committer),
            "message": commit.message,
            "tree": {"sha": commit.tree, "url": f"{own}/git/trees/{commit.tree}"},
            "url": f"{own}/git/commits/{commit.sha}",
            "comment_count": comments,
            "verification": _verification(commit),
        },
        "url": f"{own}/commits/{commit.sha}",
        "html_url": f"{page}/commit/{commit.sha}",
        "comments_url": f"{own}/commits/{commit.sha}/comments",
        "author": author and render_user(urls, author),
        "committer": committer and render_user(urls, committer),
        "parents": [_parent(urls, repository, sha, "commits") for sha in commit.parents],
    }
    return shape if files is None else shape | _changes(urls, repository, commit.sha, tuple(files))


def render_tree(urls: Urls, repository: Repository, sha: str, entries: Iterable[TreeEntry],
                *, truncated: bool = False) -> Json:  # fmt: skip
    own = f"{urls.repo(repository)}/git"
    rows = [_entry(own, entry) for entry in entries]
    return {"sha": sha, "url": f"{own}/trees/{sha}", "tree": rows, "truncated": truncated}


def render_blob(urls: Urls, repository: Repository, sha: str, data: bytes) -> Json:
    """GET /git/blobs/SHA: base64 in lines of 60 characters, as GitHub breaks them."""
    return {
        "sha": sha,
        "node_id": node_id("Blob", f"{repository.id}:{sha}"),
        "size": len(data),
        "url": f"{urls.repo(repository)}/git/blobs/{sha}",
        "content": _base64_lines(data),
        "encoding": "base64",
    }


def render_new_object(urls: Urls, repository: Repository, sha: str, kind: str = "blobs") -> Json:
    """The short answer of POST /git/blobs."""
    return {"sha": sha, "url": f"{urls.repo(repository)}/git/{kind}/{sha}"}


def render_branch(
    urls: Urls, repository: Repository, name: str, commit: Json, *, protected: bool = False
) -> Json:
    """GET /branches/NAME, with the commit as `render_commit` made it."""
    own = f"{urls.repo(repository)}/branches/{quote(name)}"
    links = {"self": own, "html": f"{urls.page(repository)}/tree/{quote(name)}"}
    return {**_short(own, name, protected=protected), "commit": commit, "_links": links}


def render_short_branch(
    urls: Urls, repository: Repository, name: str, sha: str, *, protected: bool = False
) -> Json:
    """A row of GET /branches."""
    own = urls.repo(repository)
    commit = {"sha": sha, "url": f"{own}/commits/{sha}"}
    return {**_short(f"{own}/branches/{quote(name)}", name, protected=protected), "commit": commit}


def render_contents(
    urls: Urls, repository: Repository, path: str, *, ref: str, sha: str, data: bytes
) -> Json:
    """GET /contents/PATH of a file."""
    own = f"{urls.repo(repository)}/contents/{quote(path)}?ref={quote(ref, safe='')}"
    page = f"{urls.page(repository)}/blob/{quote(ref)}/{quote(path)}"
    blob = f"{urls.repo(repository)}/git/blobs/{sha}"
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(data),
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "content": _base64_lines(data),
        "sha": sha,
        "url": own,
        "git_url": blob,
        "html_url": page,
        "download_url": urls.raw(repository, ref, path),
        "_links": {"self": own, "git": blob, "html": page},
    }


def _signature(who: Signature) -> Json:
    return {"name": who.name, "email": who.email, "date": who.date}


def _parent(urls: Urls, repository: Repository, sha: str, kind: str) -> Json:
    own, page = urls.repo(repository), urls.page(repository)
    return {"sha": sha, "url": f"{own}/{kind}/{sha}", "html_url": f"{page}/commit/{sha}"}


def _verification(commit: CommitObject) -> Json:
    """The sandbox has no signing key: it says who would be verified, and shows no signature."""
    return {
        "verified": commit.verified,
        "reason": "valid" if commit.verified else "unsigned",
        **dict.fromkeys(("signature", "payload")),
        "verified_at": commit.committer.date if commit.verified else None,
    }


def _entry(own: str, entry: TreeEntry) -> Json:
    row: Json = {"path": entry.path, "mode": entry.mode, "type": entry.type, "sha": entry.sha}
    if entry.type == "blob" and entry.size is not None:
        row["size"] = entry.size
    return row | ({} if entry.type == "commit" else {"url": f"{own}/{entry.type}s/{entry.sha}"})


def _changes(urls: Urls, repository: Repository, commit: str, files: tuple[FileChange, ...]) -> Json:
    additions, deletions = sum(f.additions for f in files), sum(f.deletions for f in files)
    return {
        "stats": {"total": additions + deletions, "additions": additions, "deletions": deletions},
        "files": [_change(urls, repository, commit, change) for change in files],
    }


def _change(urls: Urls, repository: Repository, commit: str, change: FileChange) -> Json:
    page, path = urls.page(repository), quote(change.path)
    hunks = {} if change.patch is None else {"patch": change.patch}
    return {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{page}/blob/{commit}/{path}",
        "raw_url": f"{page}/raw/{commit}/{path}",
        "contents_url": f"{urls.repo(repository)}/contents/{path}?ref={commit}",
        **hunks,
    }


def _short(own: str, name: str, *, protected: bool) -> Json:
    rules = {
        "enabled": protected,
        "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
    }
    return {"name": name, "protected": protected, "protection": rules, "protection_url": f"{own}/protection"}


def _base64_lines(data: bytes) -> str:
    text = b64encode(data).decode("ascii")
    return "".join(text[i : i + 60] + "\n" for i in range(0, len(text), 60))
