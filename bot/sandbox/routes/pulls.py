"""Pull requests, also from a fork. What is said to them is said to their issue (`issues.py`).

https://docs.github.com/rest/pulls/pulls
"""

from typing import Any

from flask import Blueprint, Response, request

from bot.sandbox import discussion
from bot.sandbox.http import ApiError, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import PullRequest, Repository
from bot.sandbox.protection import DOCS, ProtectedBranchError
from bot.sandbox.pull_follow import find_issue, list_commits, select_pulls, show_pull
from bot.sandbox.pulls import (
    METHODS,
    PullError,
    edit_pull,
    find_source,
    merge_pull,
    open_pull,
    update_branch,
)
from bot.sandbox.routes.commits import build_commit
from bot.sandbox.routes.lookups import find_actor, find_repository, find_role, find_world

api = Blueprint("pulls", __name__)
_PULL = "/repos/<owner>/<name>/pulls/<int:number>"


@api.get("/repos/<owner>/<name>/pulls")
def list_pulls(owner: str, name: str) -> Response:
    """Newest first; `?state=` open, closed or all, `?head=owner:branch`, `?base=branch`."""
    repository, world = find_repository(owner, name, "pull_requests"), find_world()
    wanted: dict[str, Any] = {}
    if head := request.args.get("head"):
        try:
            source, branch = find_source(world, repository, head)
        except PullError:
            return answer([])
        wanted |= {"head": branch, "fork": None if source.id == repository.id else source.id}
    if base := request.args.get("base"):
        wanted["base"] = base
    rows = select_pulls(world, repository, state=request.args.get("state", "open"), **wanted)
    if request.args.get("direction") == "asc":
        rows.reverse()
    return answer_page(rows, lambda row: show_pull(world, repository, row[1], full=False))


@api.post("/repos/<owner>/<name>/pulls")
def add_pull(owner: str, name: str) -> Response:
    repository, body = find_repository(owner, name, "pull_requests", "write", role="read"), read_json()
    words = {key: read_field(body, key, str, "PullRequest") for key in ("title", "head", "base")}
    text = _read_text(body.get("body"))
    try:
        row = open_pull(
            find_world(), repository, find_actor(), **words, body=text, draft=body.get("draft") is True
        )
    except PullError as error:
        raise _refused(error) from None
    return answer(show_pull(find_world(), repository, row), 201)


@api.get(_PULL)
def show(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "pull_requests")
    return answer(show_pull(find_world(), repository, read_pull(repository, number)))


@api.patch(_PULL)
def edit(owner: str, name: str, number: int) -> Response:
    """Title, body, state, base; the author may, and whoever may write."""
    repository = find_repository(owner, name, "pull_requests", "write", role="read")
    row, body = read_pull(repository, number), read_json()
    if find_issue(find_world(), row).author != find_actor().login and find_role(repository) in {
        "read",
        "triage",
    }:
        raise ApiError(403, "Must have admin rights to Repository.")
    names = ("title", "state", "base")
    changes: dict[str, Any] = {
        key: read_field(body, key, str, "PullRequest") for key in names if body.get(key) is not None
    }
    if "body" in body:
        changes["body"] = _read_text(body["body"])
    if changes.get("state", "open") not in {"open", "closed"}:
        raise invalid("PullRequest", "state")
    try:
        row = edit_pull(find_world(), repository, row, find_actor(), **changes)
    except PullError as error:
        raise _refused(error) from None
    return answer(show_pull(find_world(), repository, read_pull(repository, row.number)))


@api.get(f"{_PULL}/commits")
def show_commits(owner: str, name: str, number: int) -> Response:
    """Oldest first."""
    repository = find_repository(owner, name, "pull_requests")
    bare = find_world().bare(repository)
    names = list_commits(bare, read_pull(repository, number))
    return answer_page(names, lambda sha: build_commit(repository, bare.commit(sha)))


@api.get(f"{_PULL}/files")
def show_files(owner: str, name: str, number: int) -> Response:
    """What it changes, since it left its base."""
    repository = find_repository(owner, name, "pull_requests")
    row, bare = read_pull(repository, number), find_world().bare(repository)
    changes = bare.changes(bare.merge_base(row.base_sha, row.head_sha), row.head_sha)
    files = build_commit(repository, bare.commit(row.head_sha), changes)["files"]
    return answer_page(files, lambda file: file)


@api.get(f"{_PULL}/merge")
def show_merged(owner: str, name: str, number: int) -> Response:
    """204 when it was merged, else 404."""
    row = read_pull(find_repository(owner, name, "pull_requests"), number)
    if row.merged_at is None:
        raise not_found()
    return Response(status=204)


@api.put(f"{_PULL}/merge")
def merge(owner: str, name: str, number: int) -> Response:
    """`merge_method`: merge, squash or rebase; 405 when it cannot be, 409 when `sha` is not the head."""
    repository, body = find_repository(owner, name, "contents", "write"), read_json()
    method = read_field(body, "merge_method", str, "PullRequest", default="merge")
    if method not in METHODS:
        raise invalid("PullRequest", "merge_method")
    row = read_pull(repository, number)
    try:
        sha = merge_pull(
            find_world(), repository, row, find_actor(), method=method, title=body.get("commit_title"),
            message=body.get("commit_message"), sha=body.get("sha"),
        )  # fmt: skip
    except PullError as error:
        raise ApiError(error.status, error.message) from None
    except ProtectedBranchError as error:
        raise ApiError(405, error.reason, docs=DOCS) from None
    return answer({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


@api.put(f"{_PULL}/update-branch")
def update(owner: str, name: str, number: int) -> Response:
    """The base's commits into the head; 422 when there are none, or when they contradict."""
    repository = find_repository(owner, name, "pull_requests", "write")
    row = read_pull(repository, number)
    try:
        update_branch(find_world(), repository, row, find_actor())
    except PullError as error:
        raise _refused(error) from None
    url = f"{find_world().urls.repo(repository)}/pulls/{number}"
    return answer({"message": "Updating pull request branch.", "url": url}, 202)


def read_pull(repository: Repository, number: int) -> PullRequest:
    """Raises ApiError 404."""
    row = find_world().state.pulls.find(repository=repository.id, number=number)
    if row is None:
        raise not_found()
    return row


def _read_text(text: Any) -> str | None:
    if text is not None and not isinstance(text, str):
        raise invalid("PullRequest", "body")
    if text and len(text) > discussion.MOST_BODY:
        raise ApiError(422, "body is too long (maximum is 65536 characters)")
    return text


def _refused(error: PullError) -> ApiError:
    entry = {"resource": "PullRequest", "field": error.field, "code": "invalid"}
    if error.message != "Validation Failed":
        entry |= {"code": "custom", "message": error.message}
    return ApiError(422, "Validation Failed", errors=[entry])
