"""The GitHub App: itself, its installations and their tokens. Its webhook is in `app_hook.py`."""

from typing import Any

from flask import Blueprint, Response

from bot.sandbox import places, shapes
from bot.sandbox.http import ApiError, answer, answer_page, not_found, read_field, read_json
from bot.sandbox.model import Installation, Repository, User
from bot.sandbox.routes.lookups import find_actor, find_caller, find_role, find_world

api = Blueprint("apps", __name__)


@api.get("/app")
def show_app() -> Response:
    world = find_world()
    app = world.auth.require_app(find_caller())
    rows = world.state.installations.select(app=app.id)
    owner = world.views.find_user(rows[0].account if rows else app.slug)
    return answer(shapes.render_app(
        world.urls, app, owner, permissions=rows[0].permissions if rows else {},
        events=rows[0].events if rows else (), installations=len(rows),
        created_at=world.state.load_fact("created_at") or world.state.now(),
    ))  # fmt: skip


@api.get("/app/installations")
def list_installations() -> Response:
    world = find_world()
    app = world.auth.require_app(find_caller())
    return answer_page(world.state.installations.select(app=app.id), world.views.installation)


@api.get("/app/installations/<int:number>")
def show_installation(number: int) -> Response:
    return answer(find_world().views.installation(_read_installation(number)))


@api.post("/app/installations/<int:number>/access_tokens")
def add_token(number: int) -> Response:
    """One hour; `permissions` and `repositories` (names) or `repository_ids` narrow it."""
    world, row, body = find_world(), _read_installation(number), read_json()
    chosen = _read_chosen(row, body)
    # an empty object asks for nothing less than all, which PyGithub relies on
    permissions = read_field(body, "permissions", dict, "Token", default={}) or None
    text, token = world.auth.issue_installation_token(
        row, permissions=permissions, repositories=[repository.id for repository in chosen or ()]
    )
    shown = None if chosen is None else [world.views.repository(repository) for repository in chosen]
    payload = shapes.render_installation_token(text, token.expires_at or "", token.permissions, shown)
    return answer(payload, 201)


@api.put("/app/installations/<int:number>/suspended")
def suspend(number: int) -> Response:
    return _suspend(number, suspended=True)


@api.delete("/app/installations/<int:number>/suspended")
def unsuspend(number: int) -> Response:
    return _suspend(number, suspended=False)


def _suspend(number: int, *, suspended: bool) -> Response:
    row = _read_installation(number)
    places.suspend_installation(find_world(), row, _account(row), suspended=suspended)
    return Response(status=204)


@api.delete("/app/installations/<int:number>")
def remove_installation(number: int) -> Response:
    row = _read_installation(number)
    places.remove_installation(find_world(), row, _account(row))
    return Response(status=204)


@api.put("/user/installations/<int:number>/repositories/<int:repository>")
def add_repository(number: int, repository: int) -> Response:
    return _change_cover(number, repository, added=True)


@api.delete("/user/installations/<int:number>/repositories/<int:repository>")
def remove_repository(number: int, repository: int) -> Response:
    return _change_cover(number, repository, added=False)


def _change_cover(number: int, repository: int, *, added: bool) -> Response:
    """By a person who administers the repository."""
    world, actor = find_world(), find_actor()
    row = world.state.installations.find(id=number)
    found = world.state.repositories.find(id=repository)
    if row is None or found is None or world.state.find_role(found, actor.login) != "admin":
        raise not_found()
    places.change_cover(world, row, [found.id], actor, added=added)
    return Response(status=204)


@api.delete("/installation/token")
def revoke_token() -> Response:
    caller = find_caller()
    if caller.kind != "installation" or caller.token is None:
        raise ApiError(401, "Requires authentication")
    find_world().state.tokens.remove(id=caller.token.id)
    return Response(status=204)


@api.get("/repos/<owner>/<name>/installation")
def show_repository_installation(owner: str, name: str) -> Response:
    world = find_world()
    app = world.auth.require_app(find_caller())
    repository = world.state.repositories.find(owner=owner, name=name)
    row = world.state.find_installation(repository.id) if repository else None
    if row is None or row.app != app.id:
        raise not_found()
    return answer(world.views.installation(row))


@api.get("/orgs/<login>/installation")
@api.get("/users/<login>/installation")
def show_account_installation(login: str) -> Response:
    world = find_world()
    app = world.auth.require_app(find_caller())
    row = next(
        (i for i in world.state.installations.select(app=app.id) if i.account.lower() == login.lower()), None
    )
    if row is None:
        raise not_found()
    return answer(world.views.installation(row))


@api.get("/installation/repositories")
def list_repositories() -> Response:
    """What an installation token can see."""
    world, caller = find_world(), find_caller()
    if caller.installation is None or caller.token is None:
        raise ApiError(
            403, "You must authenticate with an installation access token in order to list repositories."
        )
    narrowed = caller.token.repositories
    ids = [n for n in caller.installation.repositories if not narrowed or n in narrowed]
    rows = [row for n in ids if (row := world.state.repositories.find(id=n))]
    return answer_page(
        rows, lambda row: world.views.repository(row, role=find_role(row)), wrap="repositories"
    )


def _account(row: Installation) -> User:
    return find_world().views.find_user(row.account)


def _read_installation(number: int) -> Installation:
    world = find_world()
    app = world.auth.require_app(find_caller())
    row = world.state.installations.find(id=number, app=app.id)
    if row is None:
        raise not_found()
    return row


def _read_chosen(installation: Installation, body: dict[str, Any]) -> list[Repository] | None:
    """The repositories that a token is narrowed to, None when the request names none; raises ApiError 422."""
    state = find_world().state
    names = read_field(body, "repositories", list, "Token", default=[])
    ids = read_field(body, "repository_ids", list, "Token", default=[])
    if not names and not ids:
        return None
    rows = [state.repositories.find(owner=installation.account, name=str(name)) for name in names]
    rows += [state.repositories.find(id=number) for number in ids if isinstance(number, int)]
    found = [row for row in rows if row is not None and row.id in installation.repositories]
    if len(found) != len(names) + len(ids):
        raise ApiError(422, "There is at least one repository that does not exist or is not accessible.")
    return found
