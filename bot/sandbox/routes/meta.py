"""What the server says of itself and of its users."""

from flask import Blueprint, Response

from bot.sandbox import shapes
from bot.sandbox.http import ApiError, answer, answer_page, not_found
from bot.sandbox.routes.lookups import (
    find_actor,
    find_caller,
    find_limits,
    find_role,
    find_world,
    name_caller,
)

api = Blueprint("meta", __name__)
_ROUTES = {
    "current_user_url": "/user",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "user_url": "/users/{user}",
}


@api.get("/")
def show_root() -> Response:
    return answer({name: find_world().urls.api + path for name, path in _ROUTES.items()})


@api.get("/meta")
def show_meta() -> Response:
    return answer({"verifiable_password_authentication": False, "installed_version": "3.19.0"})


@api.get("/zen")
def show_zen() -> Response:
    return Response("Practicality beats purity.", content_type="text/plain; charset=utf-8")


@api.get("/rate_limit")
def show_rate_limit() -> Response:
    """Asking costs nothing."""
    limits = find_limits()
    end, used = limits.use(name_caller(), 0)
    return answer(shapes.render_rate_limit(limits.limit, used, end))


@api.get("/user")
def show_me() -> Response:
    if find_caller().kind in {"installation", "app"}:
        raise ApiError(403, "Resource not accessible by integration")
    return _show_user(find_actor().login)


@api.get("/users/<login>")
def show_user(login: str) -> Response:
    return _show_user(login)


@api.get("/orgs/<login>")
def show_organization(login: str) -> Response:
    user = find_world().state.find_user(login)
    if user is None or user.type != "Organization":
        raise not_found()
    return _show_user(login)


@api.get("/users/<login>/repos")
@api.get("/orgs/<login>/repos")
def list_repositories(login: str) -> Response:
    world = find_world()
    rows = [r for r in world.state.repositories.select(owner=login) if world.auth.may_see(find_caller(), r)]
    return answer_page(rows, lambda row: world.views.repository(row, role=find_role(row)))


def _show_user(login: str) -> Response:
    world = find_world()
    user = world.state.find_user(login)
    if user is None:
        raise not_found()
    count = world.state.repositories.count(owner=user.login, private=False)
    since = world.state.load_fact("created_at") or world.state.now()
    return answer(shapes.render_public_user(world.urls, user, created_at=since, public_repos=count))
