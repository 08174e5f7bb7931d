"""Branch protection: set, shown, lifted; administrators' business. And the rules of rulesets, for all to see.

https://docs.github.com/rest/branches/branch-protection. It comes before `repositories.py` in the table of
routes, whose branch names may have slashes.
"""

from flask import Blueprint, Response

from bot.sandbox import shapes
from bot.sandbox.guarding import HEADS, find_protection, find_rules
from bot.sandbox.http import ApiError, Json, answer, invalid, read_json
from bot.sandbox.model import Repository
from bot.sandbox.protection import list_rules, normalise
from bot.sandbox.routes.lookups import find_repository, find_world

api = Blueprint("protection", __name__)
_PATH = "/repos/<owner>/<name>/branches/<path:branch>/protection"


@api.get(_PATH)
def show_protection(owner: str, name: str, branch: str) -> Response:
    repository = _open(owner, name, branch)
    rules = find_protection(find_world(), repository, branch)
    if rules is None:
        raise ApiError(404, "Branch not protected")
    return answer(_build(repository, branch, rules))


@api.put(_PATH)
def protect(owner: str, name: str, branch: str) -> Response:
    """All rules at once: what is left out is off."""
    repository, world = _open(owner, name, branch), find_world()
    try:
        rules = normalise(read_json())
    except ValueError as error:
        raise invalid("ProtectedBranch", str(error), "missing_field", "Invalid request.") from None
    with world.state.transaction():
        world.state.protections.remove(repository=repository.id, branch=branch)
        world.state.protections.add(repository=repository.id, branch=branch, rules=rules)
    return answer(_build(repository, branch, rules))


@api.delete(_PATH)
def lift(owner: str, name: str, branch: str) -> Response:
    repository = _open(owner, name, branch)
    if not find_world().state.protections.remove(repository=repository.id, branch=branch):
        raise ApiError(404, "Branch not protected")
    return Response(status=204)


@api.get("/repos/<owner>/<name>/rules/branches/<path:branch>")
def show_rules(owner: str, name: str, branch: str) -> Response:
    """Also of a branch that is not there: rulesets know patterns."""
    repository = find_repository(owner, name, "metadata")
    rules = find_rules(find_world(), repository, branch)
    return answer(list_rules(rules, repository.full_name, repository.id) if rules is not None else [])


def _open(owner: str, name: str, branch: str) -> Repository:
    """The repository, for who may administer it; the branch must be there."""
    repository = find_repository(owner, name, "administration", "write", role="admin")
    if find_world().bare(repository).ref(HEADS + branch) is None:
        raise ApiError(404, "Branch not found")
    return repository


def _build(repository: Repository, branch: str, rules: Json) -> Json:
    world = find_world()
    owner, since = world.views.find_user(repository.owner), world.state.load_fact("created_at")
    apps = [
        shapes.render_app(
            world.urls, app, owner, permissions={}, events=(), created_at=since or world.state.now()
        )
        for app in world.state.apps.select()
    ]
    return shapes.render_protection(world.urls, repository, branch, rules, world.views.find_user, apps)
