"""Issues and the comments on them. Reactions are in `reactions.py`."""

from flask import Blueprint, Response, request

from bot.sandbox import discussion
from bot.sandbox.http import ApiError, Json, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import Comment, Issue, Repository
from bot.sandbox.routes.lookups import find_actor, find_repository, find_role, find_world

api = Blueprint("issues", __name__)


@api.get("/repos/<owner>/<name>/issues")
def list_issues(owner: str, name: str) -> Response:
    """`?state=` is open, closed or all; `creator`, `since`, `sort` (created, updated) and `direction`."""
    repository, world, asked = find_repository(owner, name, "issues"), find_world(), request.args
    _require_issues(repository)
    state, creator = asked.get("state", "open"), asked.get("creator", "").lower()
    rows = world.state.issues.select(repository=repository.id)
    chosen = [
        row
        for row in rows
        if state in {"all", row.state}
        and creator in {"", row.author.lower()}
        and row.updated_at >= asked.get("since", "")
    ]
    at = "updated_at" if asked.get("sort") == "updated" else "created_at"
    chosen.sort(key=lambda row: (getattr(row, at), row.number), reverse=asked.get("direction") != "asc")
    return answer_page(chosen, lambda row: world.views.issue(repository, row))


@api.post("/repos/<owner>/<name>/issues")
def add_issue(owner: str, name: str) -> Response:
    repository, world = find_repository(owner, name, "issues", "write", role="read"), find_world()
    _require_issues(repository)
    body = read_json()
    title = read_field(body, "title", str, "Issue")
    text = _read_text(body, "Issue") if body.get("body") is not None else None
    row = world.state.add_issue(repository.id, title=title, body=text, author=find_actor().login)
    return answer(world.views.issue(repository, row), 201)


@api.get("/repos/<owner>/<name>/issues/<int:number>")
def show_issue(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "issues")
    return answer(find_world().views.issue(repository, read_issue(repository, number)))


@api.patch("/repos/<owner>/<name>/issues/<int:number>")
def edit_issue(owner: str, name: str, number: int) -> Response:
    """Title, text, state; the author may, and whoever may triage."""
    repository, world = find_repository(owner, name, "issues", "write", role="read"), find_world()
    row, body = read_issue(repository, number), read_json()
    _require_own(repository, row.author)
    changes = {key: read_field(body, key, str, "Issue") for key in ("title", "state") if body.get(key)}
    if body.get("body") is not None:
        changes["body"] = _read_text(body, "Issue")
    if changes.get("state", "open") not in {"open", "closed"}:
        raise invalid("Issue", "state")
    row = world.state.issues.update(row.id, **changes, updated_at=world.state.now())
    return answer(world.views.issue(repository, row))


@api.get("/repos/<owner>/<name>/issues/<int:number>/comments")
def list_comments(owner: str, name: str, number: int) -> Response:
    repository, world = find_repository(owner, name, "issues"), find_world()
    issue = read_issue(repository, number)
    rows = world.state.comments.select(repository=repository.id, issue=issue.number)
    rows = [row for row in rows if row.updated_at >= request.args.get("since", "")]
    return answer_page(rows, lambda row: world.views.comment(repository, row))


@api.post("/repos/<owner>/<name>/issues/<int:number>/comments")
def add_comment(owner: str, name: str, number: int) -> Response:
    """Anybody who can read may comment; an App needs `issues: write`."""
    repository, world = find_repository(owner, name, "issues", "write", role="read"), find_world()
    issue, text = read_issue(repository, number), _read_text(read_json(), "IssueComment")
    row = discussion.add_comment(world, repository, issue, find_actor(), text)
    return answer(world.views.comment(repository, row), 201)


@api.get("/repos/<owner>/<name>/issues/comments")
def list_all_comments(owner: str, name: str) -> Response:
    repository, world = find_repository(owner, name, "issues"), find_world()
    rows = [row for row in world.state.comments.select(repository=repository.id) if row.issue is not None]
    return answer_page(rows, lambda row: world.views.comment(repository, row))


@api.get("/repos/<owner>/<name>/issues/comments/<int:number>")
def show_comment(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "issues")
    return answer(find_world().views.comment(repository, _read_comment(repository, number)))


@api.patch("/repos/<owner>/<name>/issues/comments/<int:number>")
def edit_comment(owner: str, name: str, number: int) -> Response:
    repository, world = find_repository(owner, name, "issues", "write", role="read"), find_world()
    row, text = _read_comment(repository, number), _read_text(read_json(), "IssueComment")
    _require_own(repository, row.author)
    row = discussion.edit_comment(world, repository, row, find_actor(), text)
    return answer(world.views.comment(repository, row))


@api.delete("/repos/<owner>/<name>/issues/comments/<int:number>")
def remove_comment(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "issues", "write", role="read")
    row = _read_comment(repository, number)
    _require_own(repository, row.author)
    discussion.remove_comment(find_world(), repository, row, find_actor())
    return Response(status=204)


def read_issue(repository: Repository, number: int) -> Issue:
    """Raises ApiError 404, and 410 where issues are switched off: only pull requests are there then."""
    world = find_world()
    row = world.state.issues.find(repository=repository.id, number=number)
    if row is None:
        raise not_found()
    if world.state.pulls.find(repository=repository.id, number=number) is None:
        _require_issues(repository)
    return row


def _require_issues(repository: Repository) -> None:
    if not find_world().views.has_issues(repository):
        raise ApiError(410, "Issues has been disabled in this repository.")


def _read_comment(repository: Repository, number: int) -> Comment:
    row = find_world().state.comments.find(id=number, repository=repository.id)
    if row is None or row.issue is None:
        raise not_found()
    return row


def _read_text(body: Json, resource: str) -> str:
    text = read_field(body, "body", str, resource)
    if resource == "IssueComment" and not text.strip():
        raise invalid(resource, "body", "missing_field")
    if len(text) > discussion.MOST_BODY:
        raise ApiError(422, "body is too long (maximum is 65536 characters)")
    return text


def _require_own(repository: Repository, author: str) -> None:
    """Raise 403 for what somebody else wrote, unless the caller may write here."""
    if find_actor().login != author and find_role(repository) not in {"write", "maintain", "admin"}:
        raise ApiError(403, "Must have admin rights to Repository.")
