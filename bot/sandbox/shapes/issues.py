"""No I/O. Issues, comments on issues and on commits, reactions."""

from collections import Counter
from collections.abc import Iterable

from bot.sandbox.model import Comment, Issue, Reaction, Repository
from bot.sandbox.shapes.people import render_user
from bot.sandbox.shapes.urls import FindUser, Json, Urls, node_id

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
_DEPENDENCIES = ("blocked_by", "blocking", "total_blocked_by", "total_blocking")


def render_issue(
    urls: Urls, repository: Repository, issue: Issue, find_user: FindUser, *,
    comments: int = 0, association: str = "NONE", reactions: Iterable[Reaction] = (),
) -> Json:  # fmt: skip
    """An issue; `comments` is their number, `association` the author's (OWNER, COLLABORATOR, NONE …)."""
    own = f"{urls.repo(repository)}/issues/{issue.number}"
    return {
        "url": own,
        "repository_url": urls.repo(repository),
        "labels_url": f"{own}/labels{{/name}}",
        "comments_url": f"{own}/comments",
        "events_url": f"{own}/events",
        "timeline_url": f"{own}/timeline",
        "html_url": f"{urls.page(repository)}/issues/{issue.number}",
        "id": issue.id,
        "node_id": node_id("Issue", issue.id),
        "number": issue.number,
        "title": issue.title,
        "user": render_user(urls, find_user(issue.author)),
        "labels": [],
        "state": issue.state,
        "locked": False,
        "assignees": [],
        "comments": comments,
        "created_at": issue.created_at,
        "updated_at": issue.updated_at,
        "closed_at": issue.updated_at if issue.state == "closed" else None,
        "author_association": association,
        "body": issue.body,
        "reactions": render_rollup(f"{own}/reactions", reactions),
        "sub_issues_summary": dict.fromkeys(("total", "completed", "percent_completed"), 0),
        "issue_dependencies_summary": dict.fromkeys(_DEPENDENCIES, 0),
        "state_reason": "completed" if issue.state == "closed" else None,
        **dict.fromkeys(("assignee", "milestone", "active_lock_reason", "closed_by")),
        "performed_via_github_app": None,
    }


def render_comment(
    urls: Urls, repository: Repository, comment: Comment, find_user: FindUser, *,
    association: str = "NONE", reactions: Iterable[Reaction] = (), app: Json | None = None,
) -> Json:  # fmt: skip
    """A comment on an issue; `app` is the App's shape when its installation token wrote the comment."""
    own = f"{urls.repo(repository)}/issues/comments/{comment.id}"
    return {
        "url": own,
        "html_url": f"{urls.page(repository)}/issues/{comment.issue}#issuecomment-{comment.id}",
        "issue_url": f"{urls.repo(repository)}/issues/{comment.issue}",
        "id": comment.id,
        "node_id": node_id("IssueComment", comment.id),
        "user": render_user(urls, find_user(comment.author)),
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association,
        "body": comment.body,
        "reactions": render_rollup(f"{own}/reactions", reactions),
        "performed_via_github_app": app,
    }


def render_commit_comment(
    urls: Urls, repository: Repository, comment: Comment, find_user: FindUser, *,
    association: str = "NONE", reactions: Iterable[Reaction] = (),
) -> Json:  # fmt: skip
    """A comment on a whole commit (never on a line of it)."""
    own = f"{urls.repo(repository)}/comments/{comment.id}"
    return {
        "url": own,
        "html_url": f"{urls.page(repository)}/commit/{comment.commit}#commitcomment-{comment.id}",
        "id": comment.id,
        "node_id": node_id("CommitComment", comment.id),
        "user": render_user(urls, find_user(comment.author)),
        **dict.fromkeys(("position", "line", "path")),
        "commit_id": comment.commit,
        "created_at": comment.created_at,
        "updated_at": comment.updated_at,
        "author_association": association,
        "body": comment.body,
        "reactions": render_rollup(f"{own}/reactions", reactions),
    }


def render_reaction(urls: Urls, reaction: Reaction, find_user: FindUser) -> Json:
    return {
        "id": reaction.id,
        "node_id": node_id("Reaction", reaction.id),
        "user": render_user(urls, find_user(reaction.user)),
        "content": reaction.content,
        "created_at": reaction.created_at,
    }


def render_rollup(url: str, reactions: Iterable[Reaction]) -> Json:
    """How often each reaction was given, as issues and comments carry it."""
    counts = Counter(reaction.content for reaction in reactions)
    return {"url": url, "total_count": counts.total(), **{name: counts[name] for name in REACTIONS}}
