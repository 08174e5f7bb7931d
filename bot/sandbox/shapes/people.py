"""No I/O. Users, permissions, the GitHub App and its installations."""

from collections.abc import Sequence
from urllib.parse import quote

from bot.sandbox.model import App, Installation, Repository, User
from bot.sandbox.shapes.urls import Json, Urls, node_id

ROLES = ("none", "read", "triage", "write", "maintain", "admin")  # each includes those before it
_COARSE = {"maintain": "write", "triage": "read"}  # `permission` knows four words, `role_name` six


def render_user(urls: Urls, user: User) -> Json:
    """The "simple user" that other objects carry; organizations have the same form."""
    own = urls.user(user)
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id(user.type, user.id),
        "avatar_url": f"{urls.html}/avatars/u/{user.id}?v=4",
        "gravatar_id": "",
        "url": own,
        "html_url": urls.user_page(user),
        "followers_url": f"{own}/followers",
        "following_url": f"{own}/following{{/other_user}}",
        "gists_url": f"{own}/gists{{/gist_id}}",
        "starred_url": f"{own}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{own}/subscriptions",
        "organizations_url": f"{own}/orgs",
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events{{/privacy}}",
        "received_events_url": f"{own}/received_events",
        "type": user.type,
        "user_view_type": "public",
        "site_admin": False,
    }


def render_public_user(urls: Urls, user: User, *, created_at: str, public_repos: int = 0) -> Json:
    """GET /users/LOGIN and GET /user."""
    empty = ("company", "blog", "location", "email", "hireable", "bio", "twitter_username")
    return {
        **render_user(urls, user),
        "name": user.name,
        **dict.fromkeys(empty),
        "public_repos": public_repos,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": created_at,
        "updated_at": created_at,
    }


def render_organization(urls: Urls, user: User) -> Json:
    """The short form of an organization that webhook payloads carry."""
    own = f"{urls.api}/orgs/{quote(user.login)}"
    return {
        "login": user.login,
        "id": user.id,
        "node_id": node_id("Organization", user.id),
        "url": own,
        "repos_url": f"{own}/repos",
        "events_url": f"{own}/events",
        "hooks_url": f"{own}/hooks",
        "issues_url": f"{own}/issues",
        "members_url": f"{own}/members{{/member}}",
        "public_members_url": f"{own}/public_members{{/member}}",
        "avatar_url": f"{urls.html}/avatars/u/{user.id}?v=4",
        "description": user.name,
    }


def render_permissions(role: str) -> dict[str, bool]:
    """What a role allows, as repositories and collaborators carry it."""
    level = ROLES.index(role)
    words = {"admin": "admin", "maintain": "maintain", "push": "write", "triage": "triage", "pull": "read"}
    return {word: level >= ROLES.index(needed) for word, needed in words.items()}


def render_permission(urls: Urls, user: User, role: str) -> Json:
    """GET /repos/O/R/collaborators/LOGIN/permission."""
    detail = {"permissions": render_permissions(role), "role_name": role}
    return {
        "permission": _COARSE.get(role, role),
        "role_name": role,
        "user": render_user(urls, user) | detail,
    }


def render_app(urls: Urls, app: App, owner: User, *, permissions: dict[str, str], events: Sequence[str],
               created_at: str, installations: int | None = None) -> Json:  # fmt: skip
    """GET /app (with the count of installations), and `performed_via_github_app` (without)."""
    shape: Json = {
        "id": app.id,
        "client_id": app.client_id,
        "slug": app.slug,
        "node_id": node_id("Integration", app.id),
        "owner": render_user(urls, owner),
        "name": app.slug,
        "description": None,
        "external_url": f"{urls.html}/apps/{app.slug}",
        "html_url": f"{urls.html}/apps/{app.slug}",
        "created_at": created_at,
        "updated_at": created_at,
        "permissions": permissions,
        "events": list(events),
    }
    return shape | ({} if installations is None else {"installations_count": installations})


def render_installation(urls: Urls, installation: Installation, app: App, account: User) -> Json:
    own = f"{urls.api}/app/installations/{installation.id}"
    return {
        "id": installation.id,
        "client_id": app.client_id,
        "account": render_user(urls, account),
        "repository_selection": "selected",
        "access_tokens_url": f"{own}/access_tokens",
        "repositories_url": f"{urls.api}/installation/repositories",
        "html_url": f"{urls.html}/settings/installations/{installation.id}",
        "app_id": app.id,
        "app_slug": app.slug,
        "target_id": account.id,
        "target_type": account.type,
        "permissions": dict(installation.permissions),
        "events": list(installation.events),
        "created_at": installation.created_at,
        "updated_at": installation.suspended_at or installation.created_at,
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": render_user(urls, account) if installation.suspended_at else None,
        "suspended_at": installation.suspended_at,
    }


def render_installation_token(token: str, expires_at: str, permissions: dict[str, str],
                              repositories: Sequence[Json] | None = None) -> Json:  # fmt: skip
    """POST /app/installations/ID/access_tokens; `repositories` only when the request named some."""
    shape: Json = {
        "token": token,
        "expires_at": expires_at,
        "permissions": dict(permissions),
        "repository_selection": "selected",
    }
    return shape | ({} if repositories is None else {"repositories": list(repositories)})


def render_repository_stub(repository: Repository) -> Json:
    """The five fields by which installation events name a repository."""
    return {
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
    }
