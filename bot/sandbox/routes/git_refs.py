"""The Git Data API's references: read, made, moved (an atomic compare-and-swap), deleted."""

from flask import Blueprint, Response

from bot.sandbox import shapes
from bot.sandbox.git import Bare, RefMovedError
from bot.sandbox.guarding import check_move
from bot.sandbox.http import ApiError, Json, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.protection import DOCS, VIOLATIONS, ProtectedBranchError
from bot.sandbox.pushes import Move, NotFastForwardError, announce_push, move_ref
from bot.sandbox.routes.lookups import find_actor, find_bare, find_repository, find_world

api = Blueprint("git_refs", __name__)


@api.get("/repos/<owner>/<name>/git/ref/<path:ref>")
def show_ref(owner: str, name: str, ref: str) -> Response:
    """Exactly this one: `heads/main`."""
    repository = find_repository(owner, name)
    bare = find_bare(repository)
    sha = bare.ref(f"refs/{ref}")
    if sha is None:
        raise not_found()
    return answer(_build(repository, bare, f"refs/{ref}", sha))


@api.get("/repos/<owner>/<name>/git/refs")
@api.get("/repos/<owner>/<name>/git/refs/<path:ref>")
@api.get("/repos/<owner>/<name>/git/matching-refs/<path:ref>")
def list_refs(owner: str, name: str, ref: str = "") -> Response:
    """All that start so."""
    repository = find_repository(owner, name)
    bare = find_bare(repository)
    rows = list(bare.refs(f"refs/{ref}").items())
    return answer_page(rows, lambda row: _build(repository, bare, *row))


@api.post("/repos/<owner>/<name>/git/refs")
def add_ref(owner: str, name: str) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    bare, body = find_bare(repository), read_json()
    ref, sha = read_field(body, "ref", str, "Reference"), _read_sha(bare, body)
    if not ref.startswith("refs/") or ref.count("/") < 2:
        raise ApiError(422, "Reference name is invalid. It must begin with 'refs/' and have two slashes.")
    if bare.ref(ref):
        raise ApiError(422, "Reference already exists")
    try:
        bare.update_ref(ref, sha, None)
    except RefMovedError:
        raise invalid("Reference", "ref") from None
    announce_push(find_world(), repository, Move(ref, None, sha), find_actor())
    return answer(_build(repository, bare, ref, sha), 201)


@api.patch("/repos/<owner>/<name>/git/refs/<path:ref>")
def edit_ref(owner: str, name: str, ref: str) -> Response:
    """422 when the reference is not below the new commit any more, unless `force`."""
    repository = find_repository(owner, name, "contents", "write")
    bare, body = find_bare(repository), read_json()
    sha, full = _read_sha(bare, body), f"refs/{ref}"
    try:
        move_ref(find_world(), repository, full, sha, find_actor(), force=body.get("force") is True)
    except KeyError:
        raise ApiError(422, "Reference does not exist") from None
    except NotFastForwardError:
        raise ApiError(422, "Update is not a fast forward") from None
    except ProtectedBranchError as error:
        raise _protected(error) from None
    return answer(_build(repository, bare, full, sha))


@api.delete("/repos/<owner>/<name>/git/refs/<path:ref>")
def remove_ref(owner: str, name: str, ref: str) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    bare, full = find_bare(repository), f"refs/{ref}"
    sha = bare.ref(full)
    if sha is None:
        raise ApiError(422, "Reference does not exist")
    if full == f"refs/heads/{repository.default_branch}":
        raise ApiError(422, "Cannot delete the default branch")
    try:
        check_move(find_world(), repository, full, find_actor(), deleted=True)
        bare.update_ref(full, None, sha)
    except ProtectedBranchError as error:
        raise _protected(error) from None
    except RefMovedError:
        raise ApiError(422, "Reference cannot be updated") from None
    announce_push(find_world(), repository, Move(full, sha, None), find_actor())
    return Response(status=204)


def _protected(error: ProtectedBranchError) -> ApiError:
    """422 with every reason, or 403 for one who is not among those who may push."""
    if error.ruleset:
        return ApiError(422, VIOLATIONS.format(reason=error.reason))
    if not error.listed:
        return ApiError(403, error.reason, docs=DOCS)
    text = f"Protected branch update failed for refs/heads/{error.branch}.\n\n- {error.reason}"
    return ApiError(422, text, docs=DOCS)


def _read_sha(bare: Bare, body: Json) -> str:
    sha = read_field(body, "sha", str, "Reference")
    found = bare.read(sha)
    if found is None:
        raise ApiError(422, "Object does not exist")
    if found[0] not in {"commit", "tag"}:
        raise ApiError(422, "Object is not a commit")
    return sha


def _build(repository: Repository, bare: Bare, ref: str, sha: str) -> Json:
    found = bare.read(sha)
    return shapes.render_ref(find_world().urls, repository, ref, sha, kind=found[0] if found else "commit")
