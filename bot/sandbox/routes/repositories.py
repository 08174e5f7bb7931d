"""Repositories, their branches, and who may do what in them."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from bot.sandbox import places, shapes
from bot.sandbox.guarding import find_protection
from bot.sandbox.http import ApiError, answer, answer_page, invalid, read_field, read_json
from bot.sandbox.model import Repository
from bot.sandbox.objects import BadObjectError
from bot.sandbox.routes.commits import build_commit
from bot.sandbox.routes.lookups import find_actor, find_repository, find_role, find_world
from bot.sandbox.state import AlreadyExistsError

api = Blueprint("repositories", __name__)
_EDITABLE: dict[str, type] = {"description": str, "default_branch": str, "private": bool}


@api.get("/repos/<owner>/<name>")
def show_repository(owner: str, name: str) -> Response:
    return _show(find_repository(owner, name, "metadata"))


@api.patch("/repos/<owner>/<name>")
def edit_repository(owner: str, name: str) -> Response:
    """Name, description, default branch, visibility."""
    repository, world = find_repository(owner, name, "administration", "admin"), find_world()
    body = read_json()
    changes: dict[str, Any] = {
        key: read_field(body, key, kind, "Repository") for key, kind in _EDITABLE.items() if key in body
    }
    if "name" in body and read_field(body, "name", str, "Repository") != repository.name:
        repository = _renamed(lambda: places.rename_repository(
            world, repository, read_field(body, "name", str, "Repository"), find_actor()
        ))  # fmt: skip
    branch = changes.get("default_branch")
    if branch and world.bare(repository).ref(f"refs/heads/{branch}") is None:
        raise invalid("Repository", "default_branch")
    if not changes:
        return _show(repository)
    changed = world.state.repositories.update(repository.id, **changes)
    if branch:
        world.bare(repository).set_head(f"refs/heads/{branch}")
    if changed.private != repository.private:
        world.announcer.repository(changed, "privatized" if changed.private else "publicized", find_actor())
    elif changed != repository:
        world.announcer.repository(changed, "edited", find_actor())
    return _show(changed)


@api.post("/repos/<owner>/<name>/transfer")
def transfer_repository(owner: str, name: str) -> Response:
    """202, as GitHub; here it is done at once."""
    repository, world = find_repository(owner, name, "administration", "admin"), find_world()
    body = read_json()
    to, new = read_field(body, "new_owner", str, "Repository"), body.get("new_name")
    moved = _renamed(lambda: places.transfer_repository(
        world, repository, to, find_actor(), name=str(new) if new else None
    ))  # fmt: skip
    return answer(world.views.repository(moved, role=find_role(moved)), 202)


@api.delete("/repos/<owner>/<name>")
def remove_repository(owner: str, name: str) -> Response:
    repository = find_repository(owner, name, "administration", "admin")
    places.delete_repository(find_world(), repository, find_actor())
    return Response(status=204)


@api.get("/repos/<owner>/<name>/branches")
def list_branches(owner: str, name: str) -> Response:
    repository, world = find_repository(owner, name), find_world()
    heads = world.bare(repository).refs("refs/heads/")
    rows = [(ref.removeprefix("refs/heads/"), sha) for ref, sha in heads.items()]
    guarded = {branch for branch, _ in rows if find_protection(world, repository, branch) is not None}
    return answer_page(
        rows,
        lambda row: shapes.render_short_branch(world.urls, repository, *row, protected=row[0] in guarded),
    )


@api.get("/repos/<owner>/<name>/branches/<path:branch>")
def show_branch(owner: str, name: str, branch: str) -> Response:
    repository, world = find_repository(owner, name), find_world()
    bare = world.bare(repository)
    head = bare.ref(f"refs/heads/{branch}")
    if head is None:
        raise ApiError(404, "Branch not found")
    commit = build_commit(repository, bare.commit(head))
    protected = find_protection(world, repository, branch) is not None
    return answer(shapes.render_branch(world.urls, repository, branch, commit, protected=protected))


@api.get("/repos/<owner>/<name>/collaborators/<login>/permission")
def show_permission(owner: str, name: str, login: str) -> Response:
    """What a user may do; anybody has `read` where the repository is public, as on GitHub."""
    world = find_world()
    repository = find_repository(owner, name, "metadata")
    find_actor()
    user = world.state.find_user(login)
    if user is None:
        raise ApiError(404, f"{login} is not a user")
    role = world.state.find_role(repository, user.login)
    return answer(shapes.render_permission(world.urls, user, role))


@api.get("/repos/<owner>/<name>/collaborators")
def list_collaborators(owner: str, name: str) -> Response:
    world = find_world()
    repository = find_repository(owner, name, "metadata")
    find_actor()
    rows = world.state.collaborators.select(repository=repository.id)
    people = [(user, row.role) for row in rows if (user := world.state.find_user(row.login))]
    return answer_page(people, lambda person: shapes.render_permission(world.urls, *person)["user"])


def _renamed(move: Callable[[], Repository]) -> Repository:
    try:
        return move()
    except AlreadyExistsError:
        raise invalid("Repository", "name", "already_exists") from None
    except (BadObjectError, KeyError):
        raise invalid("Repository", "name") from None


def _show(repository: Repository) -> Response:
    return answer(find_world().views.repository(repository, role=find_role(repository), full=True))
