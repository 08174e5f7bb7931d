"""Releases. Their assets are in `assets.py`."""

from typing import Any

from flask import Blueprint, Response

from bot.sandbox import releases
from bot.sandbox.http import ApiError, Json, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import Release, Repository
from bot.sandbox.releases import NoCommitError
from bot.sandbox.routes.lookups import find_actor, find_repository, find_role, find_world
from bot.sandbox.state import AlreadyExistsError

api = Blueprint("releases", __name__)
_FIELDS: dict[str, tuple[str, type]] = {
    "tag_name": ("tag", str),
    "name": ("name", str),
    "body": ("body", str),
    "draft": ("draft", bool),
    "prerelease": ("prerelease", bool),
    "target_commitish": ("target_commitish", str),
}
MOST_BODY = 125_000  # characters


@api.get("/repos/<owner>/<name>/releases")
def list_releases(owner: str, name: str) -> Response:
    """Newest first; drafts only for those who may write."""
    repository = find_repository(owner, name)
    rows = [
        r for r in find_world().state.releases.select(repository=repository.id) if _is_seen(repository, r)
    ]
    rows.sort(key=lambda row: (row.published_at or row.created_at, row.id), reverse=True)
    return answer_page(rows, lambda row: find_world().views.release(repository, row))


@api.get("/repos/<owner>/<name>/releases/latest")
def show_latest(owner: str, name: str) -> Response:
    repository = find_repository(owner, name)
    return _show(repository, releases.find_latest(find_world(), repository))


@api.get("/repos/<owner>/<name>/releases/tags/<path:tag>")
def show_tagged(owner: str, name: str, tag: str) -> Response:
    repository = find_repository(owner, name)
    return _show(repository, releases.find_release(find_world(), repository, tag))


@api.get("/repos/<owner>/<name>/releases/<int:number>")
def show_release(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name)
    return _show(repository, read_release(repository, number))


@api.post("/repos/<owner>/<name>/releases")
def add_release(owner: str, name: str) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    values = _read_fields(read_json())
    tag, target = values.pop("tag", None), values.pop("target_commitish", None)
    if not tag:
        raise invalid("Release", "tag_name", "missing_field")
    try:
        row = releases.create_release(
            find_world(), repository, find_actor(), tag=tag, target=target, **values
        )
    except AlreadyExistsError:
        raise invalid("Release", "tag_name", "already_exists") from None
    except NoCommitError:
        raise invalid("Release", "target_commitish") from None
    return _show(repository, row, 201)


@api.patch("/repos/<owner>/<name>/releases/<int:number>")
def edit_release(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    row, values = read_release(repository, number), _read_fields(read_json())
    try:
        row = releases.edit_release(find_world(), repository, row, find_actor(), **values)
    except AlreadyExistsError:
        raise invalid("Release", "tag_name", "already_exists") from None
    except NoCommitError:
        raise invalid("Release", "target_commitish") from None
    return _show(repository, row)


@api.delete("/repos/<owner>/<name>/releases/<int:number>")
def remove_release(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "contents", "write")
    releases.remove_release(find_world(), repository, read_release(repository, number), find_actor())
    return Response(status=204)


def read_release(repository: Repository, number: int) -> Release:
    """The release of this repository that the caller may see; raises ApiError 404."""
    row = find_world().state.releases.find(id=number, repository=repository.id)
    if row is None or not _is_seen(repository, row):
        raise not_found()
    return row


def _is_seen(repository: Repository, release: Release) -> bool:
    return not release.draft or find_role(repository) in {"write", "maintain", "admin"}


def _show(repository: Repository, release: Release | None, status: int = 200) -> Response:
    if release is None:
        raise not_found()
    shown = find_world().views.release(repository, release)
    return answer(shown, status, {"Location": shown["url"]} if status == 201 else None)


def _read_fields(body: Json) -> dict[str, Any]:
    """The row's fields that the body sets; null leaves one as it is. Raises ApiError 422."""
    given = {key: value for key, value in body.items() if key in _FIELDS and value is not None}
    values: dict[str, Any] = {
        _FIELDS[key][0]: read_field(given, key, _FIELDS[key][1], "Release") for key in given
    }
    if len(values.get("body", "")) > MOST_BODY:
        raise ApiError(422, "body is too long (maximum is 125000 characters)")
    return values
