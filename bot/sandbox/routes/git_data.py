"""The Git Data API: blobs, trees, commits.

https://docs.github.com/rest/git. References are in `git_refs.py`.
"""

import base64
import binascii
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from bot.sandbox import shapes
from bot.sandbox.git import EMPTY_TREE, Bare
from bot.sandbox.http import ApiError, Json, answer, invalid, not_found, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.objects import BadObjectError, build_entry_type
from bot.sandbox.routes.commits import mark_verified
from bot.sandbox.routes.lookups import find_actor, find_bare, find_caller, find_repository, find_world
from bot.sandbox.shapes import Signature, TreeEntry

api = Blueprint("git_data", __name__)
MODES = ("100644", "100755", "040000", "160000", "120000")
MOST_ENTRIES = 100_000  # of a tree's listing, which is then `truncated`


@api.get("/repos/<owner>/<name>/git/blobs/<sha>")
def show_blob(owner: str, name: str, sha: str) -> Response:
    repository = find_repository(owner, name)
    data = _read(find_bare(repository), "blob", sha)
    if "raw" in request.headers.get("Accept", ""):
        return Response(data, content_type="application/vnd.github.raw; charset=utf-8")
    return answer(shapes.render_blob(find_world().urls, repository, sha, data))


@api.post("/repos/<owner>/<name>/git/blobs")
def add_blob(owner: str, name: str) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    bare, body = find_bare(repository), read_json()
    content = body.get("content")
    if not isinstance(content, str):
        raise invalid("Blob", "content", "missing_field")
    encoding = body.get("encoding", "utf-8")
    if encoding not in {"utf-8", "base64"}:
        raise invalid("Blob", "encoding")
    data = decode_base64(content) if encoding == "base64" else content.encode("utf-8", "replace")
    sha = bare.write("blob", data)
    return answer(shapes.render_new_object(find_world().urls, repository, sha), 201)


@api.get("/repos/<owner>/<name>/git/trees/<path:ref>")
def show_tree(owner: str, name: str, ref: str) -> Response:
    """A tree by its own name, or by a commit's, a branch's or a tag's: `sha` is then the commit's."""
    repository = find_repository(owner, name)
    bare = find_bare(repository)
    commit = bare.resolve(ref)
    tree = bare.commit(commit).tree if commit else ref
    try:
        entries = bare.read_tree(tree, recursive="recursive" in request.args)
    except BadObjectError:
        raise not_found() from None
    return answer(_build_tree(repository, bare, commit or tree, entries))


@api.post("/repos/<owner>/<name>/git/trees")
def add_tree(owner: str, name: str) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    bare, body = find_bare(repository), read_json()
    rows = body.get("tree")
    if not isinstance(rows, list) or not rows:
        raise ApiError(422, "Invalid tree info")
    base = _find_base(bare, body.get("base_tree"))
    try:
        sha = bare.write_tree(base, dict(_read_row(bare, row) for row in rows))
    except BadObjectError as error:
        raise ApiError(422, str(error)) from None
    return answer(_build_tree(repository, bare, sha, bare.read_tree(sha)), 201)


@api.get("/repos/<owner>/<name>/git/commits/<sha>")
def show_commit(owner: str, name: str, sha: str) -> Response:
    repository = find_repository(owner, name)
    try:
        commit = find_bare(repository).commit(sha)
    except BadObjectError:
        raise not_found() from None
    return answer(shapes.render_git_commit(find_world().urls, repository, mark_verified(repository, commit)))


@api.post("/repos/<owner>/<name>/git/commits")
def add_commit(owner: str, name: str) -> Response:
    """With neither author nor committer, an App's commit is the bot's, and signed by GitHub."""
    repository = find_repository(owner, name, "contents", "write")
    world, bare, body = find_world(), find_bare(repository), read_json()
    message = read_field(body, "message", str, "Commit")
    own = world.build_signature(find_actor())
    author = read_signature(body.get("author"), own, own.date)
    committer = read_signature(body.get("committer"), author, own.date)
    verified = find_caller().kind == "installation" and not body.get("author") and not body.get("committer")
    if verified:
        committer = world.build_web_flow()
    try:
        sha = bare.write_commit(
            read_field(body, "tree", str, "Commit"), _read_parents(body), author, committer, message
        )
    except BadObjectError as error:
        raise ApiError(422, str(error)) from None
    if verified and not world.state.verified.find(repository=repository.id, sha=sha):
        world.state.verified.add(repository=repository.id, sha=sha)
    commit = replace(bare.commit(sha), verified=verified)
    return answer(shapes.render_git_commit(world.urls, repository, commit), 201)


def decode_base64(text: str) -> bytes:
    """Raises ApiError 422."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(422, "content is not valid Base64") from None


def read_signature(given: Any, default: Signature, now: str) -> Signature:
    """`{"name", "email", "date"}`; raises ApiError 422."""
    if given is None:
        return default
    if not isinstance(given, dict):
        raise invalid("Commit", "author")
    date = given.get("date", now)
    try:
        datetime.fromisoformat(date)
    except (TypeError, ValueError):
        raise invalid("Commit", "date") from None
    return Signature(
        read_field(given, "name", str, "Commit"), read_field(given, "email", str, "Commit"), date
    )


def _read(bare: Bare, kind: str, sha: str) -> bytes:
    try:
        return bare.read_as(kind, sha)
    except BadObjectError:
        raise not_found() from None


def _read_parents(body: Json) -> list[str]:
    parents = body.get("parents", [])
    if not isinstance(parents, list) or not all(isinstance(parent, str) for parent in parents):
        raise invalid("Commit", "parents")
    return parents


def _find_base(bare: Bare, base: Any) -> str | None:
    """The tree to start from: a tree's name, or a commit's."""
    if base is None:
        return None
    if not isinstance(base, str) or (found := bare.read(base)) is None or found[0] not in {"tree", "commit"}:
        if base == EMPTY_TREE:
            return None
        raise ApiError(422, f"base_tree is not a valid tree oid: {base}")
    return bare.commit(base).tree if found[0] == "commit" else base


def _read_row(bare: Bare, row: Any) -> tuple[str, tuple[str, str] | None]:
    """An entry of `tree`: `content` makes a blob, `sha` names an object, a null `sha` removes the path."""
    if not isinstance(row, dict) or not isinstance(path := row.get("path"), str) or path.startswith("/"):
        raise ApiError(422, "Invalid tree info")
    mode = row.get("mode", "100644")
    if mode not in MODES:
        raise ApiError(422, f"tree.mode {mode} is not a valid mode")
    if isinstance(content := row.get("content"), str):
        return path, (mode, bare.write("blob", content.encode("utf-8", "replace")))
    if "sha" not in row:
        raise ApiError(422, "Must supply either tree.sha or tree.content")
    if (sha := row["sha"]) is None:
        return path, None
    if mode != "160000" and (
        not isinstance(sha, str) or (found := bare.read(sha)) is None or found[0] != build_entry_type(mode)
    ):
        raise ApiError(422, f"tree.sha {sha} is not a valid {build_entry_type(mode)}")
    return path, (mode, sha)


def _build_tree(repository: Repository, bare: Bare, sha: str, entries: list[TreeEntry]) -> Json:
    sized = [replace(e, size=bare.size(e.sha)) if e.type == "blob" else e for e in entries[:MOST_ENTRIES]]
    return shapes.render_tree(
        find_world().urls, repository, sha, sized, truncated=len(entries) > MOST_ENTRIES
    )
