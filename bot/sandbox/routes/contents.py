"""The Contents API, and raw files as raw.githubusercontent.com gives them."""

import mimetypes
from typing import Any

from flask import Blueprint, Response, request

from bot.sandbox import shapes
from bot.sandbox.git import Bare, RefMovedError
from bot.sandbox.guarding import check_move
from bot.sandbox.http import ApiError, Json, answer, not_found, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.objects import BadObjectError
from bot.sandbox.protection import DOCS, VIOLATIONS, ProtectedBranchError
from bot.sandbox.pushes import Move, announce_push
from bot.sandbox.routes.commits import mark_verified
from bot.sandbox.routes.git_data import decode_base64, read_signature
from bot.sandbox.routes.lookups import find_actor, find_bare, find_caller, find_repository, find_world
from bot.sandbox.shapes import TreeEntry

api = Blueprint("contents", __name__)
raw = Blueprint("raw", __name__)
MOST_JSON = 1024 * 1024  # bytes of a file that the JSON form carries
MOST_RAW = 100 * MOST_JSON
MOST_ENTRIES = 1_000  # of a folder


@api.get("/repos/<owner>/<name>/contents")
@api.get("/repos/<owner>/<name>/contents/")
@api.get("/repos/<owner>/<name>/contents/<path:path>")
def show_contents(owner: str, name: str, path: str = "") -> Response:
    """A file with its bytes, or a folder's list; a raw media type in `Accept` gives the bytes alone."""
    repository = find_repository(owner, name)
    bare, ref = find_bare(repository), request.args.get("ref") or repository.default_branch
    commit = bare.resolve(ref)
    if commit is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    entry = bare.entry_at(commit, path)
    if entry is None:
        raise not_found()
    if entry.type == "tree":
        rows = bare.read_tree(entry.sha)[:MOST_ENTRIES]
        return answer([_build_row(repository, bare, ref, entry.path, row) for row in rows])
    return _show_file(repository, bare, ref, entry)


@api.put("/repos/<owner>/<name>/contents/<path:path>")
def write_contents(owner: str, name: str, path: str) -> Response:
    """One commit that writes one file; `sha` names the blob that it replaces."""
    repository = find_repository(owner, name, "contents", "write")
    body = read_json()
    data = decode_base64(read_field(body, "content", str, "Contents") if body.get("content") else "")
    found, commit = _commit(repository, path, data, body)
    bare = find_world().bare(repository)
    written = bare.entry_at(commit["sha"], path)
    assert written is not None
    content = _build_file(repository, _find_branch(repository, body), written, data)
    for key in ("content", "encoding"):
        content.pop(key)
    return answer({"content": content, "commit": commit}, 200 if found else 201)


@api.delete("/repos/<owner>/<name>/contents/<path:path>")
def remove_contents(owner: str, name: str, path: str) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    body = read_json() or request.args.to_dict()
    _, commit = _commit(repository, path, None, body)
    return answer({"content": None, "commit": commit})


@raw.get("/raw/<owner>/<name>/<path:rest>")
def show_raw(owner: str, name: str, rest: str) -> Response:
    """`BRANCH/PATH`, where the branch may have slashes: the shortest reference that fits is meant."""
    repository = find_repository(owner, name)
    bare, words = find_world().bare(repository), rest.removeprefix("refs/heads/").split("/")
    for at in range(1, len(words)):
        commit = bare.resolve("/".join(words[:at]))
        data = bare.read_file(commit, "/".join(words[at:])) if commit else None
        if data is not None:
            kind = mimetypes.guess_type(rest)[0] or ""
            text = "text/plain; charset=utf-8" if _is_text(data) else kind or "application/octet-stream"
            return Response(data, content_type=text, headers={"Access-Control-Allow-Origin": "*"})
    return Response("404: Not Found", 404, content_type="text/plain; charset=utf-8")


def _commit(
    repository: Repository, path: str, data: bytes | None, body: Json
) -> tuple[TreeEntry | None, Json]:
    """What was at the path, and the commit's short form. Raises ApiError 409 when somebody else was first."""
    world, bare = find_world(), find_world().bare(repository)
    message = read_field(body, "message", str, "Contents")
    ref = f"refs/heads/{_find_branch(repository, body)}"
    head = bare.ref(ref)
    if head is None and (not bare.is_empty() or "branch" in body):
        raise ApiError(404, f"Branch {ref.removeprefix('refs/heads/')} not found")
    found = bare.entry_at(head, path) if head else None
    _check_sha(path, found, body.get("sha"), removing=data is None)
    own = world.build_signature(find_actor())
    author = read_signature(body.get("author"), own, own.date)
    committer = read_signature(body.get("committer"), world.build_web_flow(), own.date)
    try:
        check_move(world, repository, ref, find_actor())
        new = bare.write_files(head, {path: data}, message, author, committer)
        bare.update_ref(ref, new, head)
    except BadObjectError as error:
        raise ApiError(422, str(error)) from None
    except ProtectedBranchError as error:
        reason = VIOLATIONS.format(reason=error.reason) if error.ruleset else error.reason
        raise ApiError(409, f"Could not update file: {reason}", docs=DOCS) from None
    except RefMovedError:
        raise ApiError(409, f"{path} does not match {body.get('sha')}: the branch has moved") from None
    if find_caller().kind == "installation" and not body.get("author") and not body.get("committer"):
        world.state.verified.add(repository=repository.id, sha=new)
    announce_push(world, repository, Move(ref, head, new), find_actor())
    commit = mark_verified(repository, bare.commit(new))
    return found, shapes.render_git_commit(world.urls, repository, commit)


def _check_sha(path: str, found: TreeEntry | None, given: Any, *, removing: bool) -> None:
    if found is None and removing:
        raise not_found()
    if found is not None and not given:
        raise ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given and (found is None or found.sha != given):
        raise ApiError(409, f"{path} does not match {given}")


def _find_branch(repository: Repository, body: Json) -> str:
    return read_field(body, "branch", str, "Contents", default=repository.default_branch)


def _show_file(repository: Repository, bare: Bare, ref: str, entry: TreeEntry) -> Response:
    data = b"" if entry.type == "commit" else bare.read_as("blob", entry.sha)
    if len(data) > MOST_RAW:
        raise ApiError(403, "This API returns blobs up to 100 MB in size.", errors=[{"code": "too_large"}])
    if "raw" in request.headers.get("Accept", ""):
        return Response(data, content_type="application/vnd.github.raw; charset=utf-8")
    return answer(_build_file(repository, ref, entry, data))


def _build_file(repository: Repository, ref: str, entry: TreeEntry, data: bytes) -> Json:
    """A file's JSON; above 1 MB without its bytes, as GitHub does."""
    shown = shapes.render_contents(
        find_world().urls, repository, entry.path, ref=ref, sha=entry.sha,
        data=data if len(data) <= MOST_JSON else b"",
    )  # fmt: skip
    return shown if len(data) <= MOST_JSON else {**shown, "size": len(data), "encoding": "none"}


def _build_row(repository: Repository, bare: Bare, ref: str, folder: str, row: TreeEntry) -> Json:
    """One entry of a folder's list: a file without its bytes, or a folder."""
    path = f"{folder}/{row.path}" if folder else row.path
    urls = find_world().urls
    shown = shapes.render_contents(urls, repository, path, ref=ref, sha=row.sha, data=b"")
    for key in ("content", "encoding"):
        del shown[key]
    if row.type == "blob":
        return {**shown, "size": bare.size(row.sha) or 0}
    git = f"{urls.repo(repository)}/git/trees/{row.sha}"
    page = shown["html_url"].replace("/blob/", "/tree/", 1)
    links = {"self": shown["url"], "git": git, "html": page}
    return {**shown, "type": "dir", "git_url": git, "html_url": page, "download_url": None, "_links": links}


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\0" not in data
