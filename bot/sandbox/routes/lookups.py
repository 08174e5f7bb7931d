"""What a request is about: the sandbox, the caller, the repository that its path names."""

from flask import current_app, g

from bot.sandbox.auth import Caller
from bot.sandbox.git import Bare
from bot.sandbox.http import ApiError, RateLimits, not_found
from bot.sandbox.model import Repository, User
from bot.sandbox.world import World

_ROLES = {"read": "read", "write": "write", "admin": "admin"}


def find_world() -> World:
    """The sandbox that this server is."""
    world = current_app.extensions["sandbox"]
    assert isinstance(world, World)
    return world


def find_caller() -> Caller:
    """Who sent the request; known before any route runs."""
    caller = g.caller
    assert isinstance(caller, Caller)
    return caller


def find_actor() -> User:
    """The user behind the caller; raises AuthError 401."""
    return find_world().auth.require_user(find_caller())


def find_repository(
    owner: str, name: str, permission: str = "contents", level: str = "read", *, role: str | None = None
) -> Repository:
    """The repository of the path, where the caller may do this. Raises ApiError 404 and AuthError.

    `role` is what a user needs, when it is not the level's own name: anybody who can read may open an issue.
    """
    world = find_world()
    repository = world.state.repositories.find(owner=owner, name=name)
    if repository is None:
        raise not_found()
    world.auth.require(find_caller(), repository, permission, level, role=role or _ROLES[level])
    return repository


def find_bare(repository: Repository) -> Bare:
    """Its git repository, which must have a commit; raises ApiError 409 as GitHub does."""
    bare = find_world().bare(repository)
    if bare.is_empty():
        raise ApiError(409, "Git Repository is empty.")
    return bare


def find_limits() -> RateLimits:
    """The counters of requests."""
    limits = current_app.extensions["rate_limits"]
    assert isinstance(limits, RateLimits)
    return limits


def name_caller() -> str:
    """Whose limit a request counts against."""
    caller = find_caller()
    if caller.installation:
        return f"installation:{caller.installation.id}"
    if caller.app:
        return f"app:{caller.app.id}"
    return f"user:{caller.user.id}" if caller.user else "anonymous"


def find_role(repository: Repository) -> str | None:
    """The caller's own role, as `permissions` of a repository shows it; None for one who has no user."""
    caller, world = find_caller(), find_world()
    if caller.installation:
        may_write = (caller.token.permissions if caller.token else {}).get("contents") == "write"
        return "write" if may_write and repository.id in caller.installation.repositories else "read"
    return world.state.find_role(repository, caller.user.login) if caller.user else None
