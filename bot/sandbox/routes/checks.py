"""Check runs, which Apps alone may write, and commit statuses, for whoever may push.

https://docs.github.com/rest/checks/runs and https://docs.github.com/rest/commits/statuses. It comes before
`commits.py` in the table of routes, whose references may have slashes.
"""

from flask import Blueprint, Response, request

from bot.sandbox import checks
from bot.sandbox.http import ApiError, Json, answer, answer_page, invalid, not_found, read_field, read_json
from bot.sandbox.model import App, Repository
from bot.sandbox.model_checks import CheckRun, CommitStatus
from bot.sandbox.routes.lookups import find_actor, find_caller, find_repository, find_world
from bot.sandbox.shapes.checks import render_annotation, render_combined_status, render_status

api = Blueprint("checks", __name__)
_RUN = "/repos/<owner>/<name>/check-runs/<int:number>"
_COMMIT = "/repos/<owner>/<name>/commits/<path:ref>"
_STATES = frozenset({"error", "failure", "pending", "success"})
LONGEST_DESCRIPTION = 140  # characters


@api.post("/repos/<owner>/<name>/check-runs")
def add_run(owner: str, name: str) -> Response:
    """`name`, `head_sha`, `status`, `conclusion`, `external_id`, `output`."""
    (repository, app), world, body = _open(owner, name), find_world(), read_json()
    title, sha = read_field(body, "name", str, "CheckRun"), read_field(body, "head_sha", str, "CheckRun")
    if world.bare(repository).resolve(sha) != sha:
        raise ApiError(422, f"No commit found for SHA: {sha}")
    blank = {"conclusion": None, "completed_at": None, "external_id": "", "started_at": world.state.now()}
    values = {**blank, **_read(body), "name": title}
    row = world.state.check_runs.add(repository=repository.id, app=app.id, sha=sha, **values)
    return answer(checks.show_run(world, repository, row), 201)


@api.get(_RUN)
def show_run(owner: str, name: str, number: int) -> Response:
    repository = find_repository(owner, name, "checks")
    return answer(checks.show_run(find_world(), repository, _find(repository, number)))


@api.patch(_RUN)
def edit_run(owner: str, name: str, number: int) -> Response:
    """Annotations add to those that are there; `started_at` and the commit stay."""
    (repository, app), world = _open(owner, name), find_world()
    row = _find(repository, number)
    if row.app != app.id:
        message = f"Invalid app_id `{app.id}` - check run can only be modified by the GitHub App"
        raise ApiError(403, f"{message} that created it.")
    row = world.state.check_runs.update(row.id, **_read(read_json(), row))
    return answer(checks.show_run(world, repository, row))


@api.get(f"{_RUN}/annotations")
def list_annotations(owner: str, name: str, number: int) -> Response:
    repository, world = find_repository(owner, name, "checks"), find_world()
    row = _find(repository, number)
    return answer_page(row.annotations, lambda given: render_annotation(world.urls, repository, row, given))


@api.post(f"{_RUN}/rerequest")
def rerequest(owner: str, name: str, number: int) -> Response:
    repository, _ = _open(owner, name)
    checks.rerequest(find_world(), repository, _find(repository, number), find_actor())
    return answer({}, 201)


@api.get(f"{_COMMIT}/check-runs")
def list_runs(owner: str, name: str, ref: str) -> Response:
    """`?check_name=&status=&app_id=`, `?filter=all` for those that a newer one of the name replaced, too."""
    repository, world = find_repository(owner, name, "checks"), find_world()
    rows = world.state.check_runs.select(repository=repository.id, sha=_resolve(repository, ref))
    if request.args.get("filter", "latest") == "latest":
        rows = checks.latest_runs(rows)
    wanted = {"name": request.args.get("check_name"), "status": request.args.get("status")}
    app = request.args.get("app_id", type=int)
    rows = [
        row for row in rows
        if all(value in {None, getattr(row, key)} for key, value in wanted.items()) and app in {None, row.app}
    ]  # fmt: skip
    return answer_page(rows, lambda row: checks.show_run(world, repository, row), wrap="check_runs")


@api.post("/repos/<owner>/<name>/statuses/<sha>")
def add_status(owner: str, name: str, sha: str) -> Response:
    repository, world = find_repository(owner, name, "statuses", "write"), find_world()
    body = read_json()
    state = read_field(body, "state", str, "Status")
    text = body.get("description")
    if state not in _STATES:
        raise invalid("Status", "state")
    if isinstance(text, str) and len(text) > LONGEST_DESCRIPTION:
        raise invalid("Status", "description", "custom", "Validation Failed")
    if world.bare(repository).resolve(sha) != sha:
        raise ApiError(422, f"No commit found for SHA: {sha}")
    row = world.state.statuses.add(
        repository=repository.id, sha=sha, state=state, description=text, target_url=body.get("target_url"),
        context=str(body.get("context") or "default"), creator=find_actor().login,
        created_at=world.state.now(),
    )  # fmt: skip
    return answer(render_status(world.urls, repository, row, world.views.find_user), 201)


@api.get(f"{_COMMIT}/statuses")
def list_statuses(owner: str, name: str, ref: str) -> Response:
    """Newest first."""
    repository, world = find_repository(owner, name, "statuses"), find_world()
    rows = list(reversed(_statuses(repository, _resolve(repository, ref))))
    return answer_page(rows, lambda row: render_status(world.urls, repository, row, world.views.find_user))


@api.get(f"{_COMMIT}/status")
def show_status(owner: str, name: str, ref: str) -> Response:
    repository, world = find_repository(owner, name, "statuses"), find_world()
    sha = _resolve(repository, ref)
    rows = checks.latest_statuses(_statuses(repository, sha))
    return answer(
        render_combined_status(
            world.urls, repository, sha, checks.combine(rows), rows, world.views.find_user,
            world.views.repository(repository),
        )
    )  # fmt: skip


def _open(owner: str, name: str) -> tuple[Repository, App]:
    """The repository, for an App that may write checks there; a person never may."""
    find_repository(owner, name)  # what nobody may see is not there, whoever asks
    app = find_caller().app
    if find_caller().kind != "installation" or app is None:
        raise ApiError(403, "You must authenticate via a GitHub App.")
    return find_repository(owner, name, "checks", "write"), app


def _read(body: Json, known: CheckRun | None = None) -> Json:
    try:
        return checks.read_values(find_world(), body, known)
    except checks.CheckError as error:
        raise ApiError(422, str(error)) from None


def _find(repository: Repository, number: int) -> CheckRun:
    row = find_world().state.check_runs.find(repository=repository.id, id=number)
    if row is None:
        raise not_found()
    return row


def _statuses(repository: Repository, sha: str) -> list[CommitStatus]:
    return find_world().state.statuses.select(repository=repository.id, sha=sha)


def _resolve(repository: Repository, ref: str) -> str:
    sha = find_world().bare(repository).resolve(ref)
    if sha is None:
        raise ApiError(422, f"No commit found for SHA: {ref}")
    return sha
