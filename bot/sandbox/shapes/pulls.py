"""No I/O. Pull requests, their webhooks, and the protection of branches."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from bot.sandbox.model import Issue, PullRequest, Repository
from bot.sandbox.shapes.payloads import Scene
from bot.sandbox.shapes.people import render_user
from bot.sandbox.shapes.urls import FindUser, Json, Urls, node_id

_OFF = (
    "required_signatures", "required_linear_history", "allow_force_pushes", "allow_deletions",
    "block_creations", "required_conversation_resolution", "lock_branch", "allow_fork_syncing",
)  # fmt: skip
_WITH_URL = ("required_signatures", "enforce_admins")


@dataclass(frozen=True, slots=True)
class PullNumbers:
    """What only the whole form shows; `mergeable` None: it is closed."""

    mergeable: bool | None
    comments: int
    commits: int
    additions: int
    deletions: int
    changed_files: int
    merge: str | None = None  # the test merge of an open one


def render_pull(
    urls: Urls, repository: Repository, issue: Issue, pull: PullRequest, find_user: FindUser, *,
    shown: Json, association: str = "NONE", numbers: PullNumbers | None = None,
    fork: tuple[Repository, Json] | None = None,
) -> Json:  # fmt: skip
    """GET /pulls/N with `numbers`, a row of /pulls without; `shown` is the repository's shape.

    `fork` is where the head is, with its shape, when that is another repository; that may be gone.
    """
    shape: Json = {
        **_addresses(urls, repository, pull),
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "number": pull.number,
        "state": issue.state,
        "locked": False,
        "title": issue.title,
        "user": render_user(urls, find_user(issue.author)),
        "body": issue.body,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.updated_at if issue.state == "closed" else None,
        "merged_at": pull.merged_at,
        "merge_commit_sha": pull.merge_commit or (numbers.merge if numbers else None),
        **{name: [] for name in ("assignees", "requested_reviewers", "requested_teams", "labels")},
        **dict.fromkeys(("assignee", "milestone", "active_lock_reason", "auto_merge")),
        "head": _head(urls, repository, find_user, shown, pull, fork),
        "base": _side(urls, repository, find_user, shown, pull.base, pull.base_sha),
        "author_association": association,
        "draft": pull.draft,
    }
    return shape if numbers is None else shape | _whole(urls, pull, find_user, numbers)


def render_pull_reference(urls: Urls, repository: Repository, pull: PullRequest) -> Json:
    """The key `pull_request` of the issue that a pull request is."""
    page = f"{urls.page(repository)}/pull/{pull.number}"
    return {
        "url": f"{urls.repo(repository)}/pulls/{pull.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "merged_at": pull.merged_at,
    }


def render_pull_request_event(
    urls: Urls, scene: Scene, action: str, pull: Json, extra: Json | None = None
) -> Json:
    """`opened`, `synchronize` (extra: before, after), `edited` (extra: changes), `closed`, `reopened`."""
    body: Json = {"action": action, "number": pull["number"], "pull_request": pull, **(extra or {})}
    return scene.wrap(urls, body)


def render_protection(  # noqa: PLR0917  # as the other shapes are given theirs
    urls: Urls, repository: Repository, branch: str, rules: Json, find_user: FindUser, apps: Iterable[Json]
) -> Json:
    """PUT and GET /branches/B/protection; `apps` are the shapes of those that `rules` may name."""
    own = f"{urls.repo(repository)}/branches/{quote(branch, safe='')}/protection"
    listed = {app["slug"]: app for app in apps}
    switches: dict[str, Json] = {
        name: {"enabled": bool(rules.get(name))} for name in (*_OFF, "enforce_admins")
    }
    for name in _WITH_URL:
        switches[name] |= {"url": f"{own}/{name}"}
    shape: Json = {"url": own, **switches}
    reviews = rules.get("required_pull_request_reviews")
    if reviews is not None:
        shape["required_pull_request_reviews"] = _reviews(urls, own, reviews, find_user, listed)
    if rules.get("restrictions") is not None:
        at = f"{own}/restrictions"
        addresses = {"url": at, **{f"{kind}_url": f"{at}/{kind}" for kind in ("users", "teams", "apps")}}
        shape["restrictions"] = addresses | _people(urls, rules["restrictions"], find_user, listed)
    return shape


def _reviews(urls: Urls, own: str, rules: Json, find_user: FindUser, listed: dict[str, Json]) -> Json:
    shape = {key: value for key, value in rules.items() if key != "bypass_pull_request_allowances"}
    shape["url"] = f"{own}/required_pull_request_reviews"
    if rules.get("bypass_pull_request_allowances"):
        shape["bypass_pull_request_allowances"] = _people(
            urls, rules["bypass_pull_request_allowances"], find_user, listed
        )
    return shape


def _people(urls: Urls, rules: Json, find_user: FindUser, listed: dict[str, Json]) -> Json:
    return {
        "users": [render_user(urls, find_user(login)) for login in rules["users"]],
        "teams": [],
        "apps": [listed[slug] for slug in rules["apps"] if slug in listed],
    }


def _whole(urls: Urls, pull: PullRequest, find_user: FindUser, numbers: PullNumbers) -> Json:
    state = {True: "clean", False: "dirty", None: "unknown"}[numbers.mergeable]
    return {
        "merged": pull.merged_at is not None,
        "mergeable": numbers.mergeable,
        "rebaseable": numbers.mergeable,
        "mergeable_state": state,
        "merged_by": render_user(urls, find_user(pull.merged_by)) if pull.merged_by else None,
        "comments": numbers.comments,
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": numbers.commits,
        "additions": numbers.additions,
        "deletions": numbers.deletions,
        "changed_files": numbers.changed_files,
    }


def _addresses(urls: Urls, repository: Repository, pull: PullRequest) -> Json:
    repo = urls.repo(repository)
    own, issue = f"{repo}/pulls/{pull.number}", f"{repo}/issues/{pull.number}"
    page = f"{urls.page(repository)}/pull/{pull.number}"
    links = {
        "self": own, "html": page, "issue": issue, "comments": f"{issue}/comments",
        "review_comments": f"{own}/comments", "review_comment": f"{repo}/pulls/comments{{/number}}",
        "commits": f"{own}/commits", "statuses": f"{repo}/statuses/{pull.head_sha}",
    }  # fmt: skip
    names = ("comments", "review_comments", "review_comment", "commits", "statuses")
    return {
        "url": own,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        **{f"{name}_url": links[name] for name in names},
        "_links": {name: {"href": address} for name, address in links.items()},
    }


def _head(  # noqa: PLR0917  # either of two repositories
    urls: Urls, repository: Repository, find_user: FindUser, shown: Json, pull: PullRequest,
    fork: tuple[Repository, Json] | None,
) -> Json:  # fmt: skip
    if pull.fork is None:
        return _side(urls, repository, find_user, shown, pull.head, pull.head_sha)
    if fork is None:
        gone = {"label": f"unknown repository:{pull.head}", "user": None, "repo": None}
        return {**gone, "ref": pull.head, "sha": pull.head_sha}
    return _side(urls, fork[0], find_user, fork[1], pull.head, pull.head_sha)


def _side(  # noqa: PLR0917  # head and base are alike
    urls: Urls, repository: Repository, find_user: FindUser, shown: Json, branch: str, sha: str
) -> Json:
    owner = find_user(repository.owner)
    return {
        "label": f"{owner.login}:{branch}",
        "ref": branch,
        "sha": sha,
        "user": render_user(urls, owner),
        "repo": shown | {"custom_properties": {}},
    }
