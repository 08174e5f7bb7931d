"""No I/O. A repository, with all the addresses that GitHub gives for it."""

from bot.sandbox.model import Repository, User
from bot.sandbox.shapes.people import render_permissions, render_user
from bot.sandbox.shapes.urls import Json, Urls, node_id

_PATHS = {
    "forks_url": "/forks",
    "keys_url": "/keys{/key_id}",
    "collaborators_url": "/collaborators{/collaborator}",
    "teams_url": "/teams",
    "hooks_url": "/hooks",
    "issue_events_url": "/issues/events{/number}",
    "events_url": "/events",
    "assignees_url": "/assignees{/user}",
    "branches_url": "/branches{/branch}",
    "tags_url": "/tags",
    "blobs_url": "/git/blobs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "trees_url": "/git/trees{/sha}",
    "statuses_url": "/statuses/{sha}",
    "languages_url": "/languages",
    "stargazers_url": "/stargazers",
    "contributors_url": "/contributors",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "commits_url": "/commits{/sha}",
    "git_commits_url": "/git/commits{/sha}",
    "comments_url": "/comments{/number}",
    "issue_comment_url": "/issues/comments{/number}",
    "contents_url": "/contents/{+path}",
    "compare_url": "/compare/{base}...{head}",
    "merges_url": "/merges",
    "archive_url": "/{archive_format}{/ref}",
    "downloads_url": "/downloads",
    "issues_url": "/issues{/number}",
    "pulls_url": "/pulls{/number}",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "labels_url": "/labels{/name}",
    "releases_url": "/releases{/id}",
    "deployments_url": "/deployments",
}
_ZERO = ("forks_count", "stargazers_count", "watchers_count", "size", "forks", "watchers")
_YES = ("has_issues", "has_pull_requests", "allow_forking")
_NO = (
    "fork", "has_projects", "has_downloads", "has_wiki", "has_pages", "has_discussions", "archived",
    "disabled", "is_template", "web_commit_signoff_required",
)  # fmt: skip


def render_repository(
    urls: Urls, repository: Repository, owner: User, *, role: str | None = None, open_issues: int = 0
) -> Json:
    """One repository, as lists and webhooks show it; `role` is the asker's, None when nobody asks."""
    shape: Json = {
        "id": repository.id,
        "node_id": node_id("Repository", repository.id),
        "name": repository.name,
        "full_name": repository.full_name,
        "private": repository.private,
        "owner": render_user(urls, owner),
        "description": repository.description,
        **_addresses(urls, repository),
        **dict.fromkeys(("homepage", "language", "license", "mirror_url")),
        **dict.fromkeys(_ZERO, 0),
        **dict.fromkeys(_YES, True),
        **dict.fromkeys(_NO, False),
        "fork": repository.parent is not None,
        "open_issues_count": open_issues,
        "open_issues": open_issues,
        "topics": [],
        "pull_request_creation_policy": "all",
        "visibility": "private" if repository.private else "public",
        "default_branch": repository.default_branch,
        **_times(repository),
    }
    return shape if role is None else shape | {"permissions": render_permissions(role)}


def render_full_repository(
    urls: Urls, repository: Repository, owner: User, *, role: str | None = None, open_issues: int = 0
) -> Json:
    """GET /repos/O/R: what the list shows, and the counts that only this answer has."""
    shape = render_repository(urls, repository, owner, role=role, open_issues=open_issues)
    shape |= {"temp_clone_token": None, "subscribers_count": 0, "network_count": 0, "custom_properties": {}}
    return shape | ({"organization": shape["owner"]} if owner.type == "Organization" else {})


def _addresses(urls: Urls, repository: Repository) -> Json:
    page, own = urls.page(repository), urls.repo(repository)
    host = urls.html.split("://", 1)[-1]
    return {
        "html_url": page,
        "url": own,
        **{key: own + path for key, path in _PATHS.items()},
        "git_url": f"git://{host}/{repository.full_name}.git",
        "ssh_url": f"git@{host}:{repository.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
    }


def _times(repository: Repository) -> Json:
    pushed = repository.pushed_at or repository.created_at
    return {"created_at": repository.created_at, "updated_at": pushed, "pushed_at": pushed}
