"""What Apps and people say about a commit: check runs and statuses.

GitHub's bounds: 50 annotations a request, which add up; 65,535 characters of a summary or text; 64 KiB of an
annotation's message; 140 characters of a status. https://docs.github.com/rest/checks/runs
"""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.model import App, PullRequest, Repository, User
from bot.sandbox.model_checks import CheckRun, CommitStatus
from bot.sandbox.pull_follow import select_pulls
from bot.sandbox.shapes import Json, render_app
from bot.sandbox.shapes.checks import (
    render_check_run,
    render_check_run_event,
    render_check_suite_event,
)
from bot.sandbox.world import World

MOST_ANNOTATIONS = 50  # of one request
LONGEST_TEXT = 65_535  # characters
LONGEST_MESSAGE = 64 * 1024  # bytes
LONGEST_TITLE = 255
CONCLUSIONS = frozenset({
    "action_required", "cancelled", "failure", "neutral", "success", "skipped", "stale", "timed_out",
})  # fmt: skip
STATUSES = frozenset({"queued", "in_progress", "completed", "waiting", "requested", "pending"})
LEVELS = frozenset({"notice", "warning", "failure"})
REREQUESTED = "rerequested"


class CheckError(Exception):
    """What GitHub refuses, in its words."""


def read_values(world: World, body: Mapping[str, Any], known: CheckRun | None = None) -> Json:
    """The columns that a request sets. Raises CheckError."""
    values = {key: body[key] for key in ("name", "external_id") if body.get(key) is not None}
    conclusion = body.get("conclusion")
    status = body.get("status") or ("completed" if conclusion else known.status if known else "queued")
    if status not in STATUSES or (conclusion and conclusion not in CONCLUSIONS):
        raise CheckError('Invalid request.\n\nNo subschema in "anyOf" matched.')
    if status == "completed" and not (conclusion or (known and known.conclusion)):
        raise CheckError("Invalid request.\n\nMissing conclusion")
    values["status"] = status
    if status == "completed":
        values |= {
            "conclusion": conclusion or (known and known.conclusion),
            "completed_at": world.state.now(),
        }
    if body.get("output") is not None:
        values |= _read_output(body["output"], known)
    return values


def _read_output(output: Any, known: CheckRun | None) -> Json:
    if not isinstance(output, dict) or not output.get("summary") or not (known or output.get("title")):
        raise CheckError('Invalid request.\n\n"title", "summary" weren\'t supplied.')
    values = {key: str(output[key]) for key in ("title", "summary", "text") if output.get(key)}
    for text in values.values():
        if len(text) > LONGEST_TEXT:
            raise CheckError(f"Only {LONGEST_TEXT} characters are allowed; {len(text)} were supplied.")
    given = output.get("annotations") or []
    if len(given) > MOST_ANNOTATIONS:
        raise CheckError(f"No more than {MOST_ANNOTATIONS} items are allowed; {len(given)} were supplied.")
    before = known.annotations if known else ()
    return {**values, "annotations": (*before, *map(_read_annotation, given))}


def _read_annotation(given: Any) -> Json:
    needed = ("path", "start_line", "end_line", "annotation_level", "message")
    if not isinstance(given, dict) or any(not given.get(key) for key in needed):
        raise CheckError("Invalid request.\n\nAn annotation lacks one of " + ", ".join(needed))
    lines = given["start_line"], given["end_line"]
    if any(type(line) is not int or line < 1 for line in lines) or lines[0] > lines[1]:
        raise CheckError("Invalid request.\n\nInvalid line numbers of an annotation")
    if given["annotation_level"] not in LEVELS or len(given.get("title") or "") > LONGEST_TITLE:
        raise CheckError("Invalid request.\n\nInvalid annotation")
    if len(str(given["message"]).encode()) > LONGEST_MESSAGE:
        raise CheckError("Invalid request.\n\nThe message of an annotation is too long (maximum is 64 KB)")
    return dict(given)


def find_pulls(world: World, repository: Repository, sha: str) -> list[PullRequest]:
    """The open ones that are at this commit; GitHub names none that come from a fork."""
    rows = select_pulls(world, repository, state="open", head_sha=sha, fork=None)
    return [pull for _, pull in rows]


def show_app(world: World, app: App, repository: Repository) -> Json:
    installation = world.state.find_installation(repository.id)
    return render_app(
        world.urls, app, world.views.find_user(repository.owner),
        permissions=installation.permissions if installation else {},
        events=installation.events if installation else (),
        created_at=world.state.load_fact("created_at") or world.state.now(),
    )  # fmt: skip


def show_run(world: World, repository: Repository, run: CheckRun) -> Json:
    app = world.state.apps.find(id=run.app)
    assert app is not None
    return render_check_run(
        world.urls, repository, run, suite=find_suite(world, run),
        app=show_app(world, app, repository), pulls=find_pulls(world, repository, run.sha),
    )  # fmt: skip


def find_suite(world: World, run: CheckRun) -> int:
    """The id of the check suite: one for each App and commit."""
    first = world.state.check_runs.find(repository=run.repository, sha=run.sha, app=run.app)
    return (first or run).id + 1_000_000_000


def rerequest(world: World, repository: Repository, run: CheckRun, actor: User) -> list[str]:
    """Ask its App to run it once more; GUIDs of what was sent. The run itself stays as it is."""
    shown, pulls = show_run(world, repository, run), find_pulls(world, repository, run.sha)
    return world.announcer.checks(
        "check_run",
        repository,
        actor,
        lambda scene: render_check_run_event(world.urls, scene, REREQUESTED, shown, run, pulls),
    )


def rerequest_all(world: World, repository: Repository, run: CheckRun, actor: User) -> list[str]:
    """The same for all of the App's runs of that commit: "Re-run all checks"."""
    shown, pulls = show_run(world, repository, run), find_pulls(world, repository, run.sha)
    runs = latest_runs(world.state.check_runs.select(repository=repository.id, sha=run.sha, app=run.app))
    commit = world.bare(repository).commit(run.sha)
    return world.announcer.checks(
        "check_suite",
        repository,
        actor,
        lambda scene: render_check_suite_event(
            world.urls, scene, REREQUESTED, shown, run, pulls, commit, len(runs)
        ),
    )


def latest_runs(runs: Sequence[CheckRun]) -> list[CheckRun]:
    """Of each App and name the newest."""
    newest = {(run.app, run.name): run for run in runs}
    return sorted(newest.values(), key=lambda run: -run.id)


def latest_statuses(rows: Sequence[CommitStatus]) -> list[CommitStatus]:
    """Of each context the newest; rows oldest first."""
    return list({row.context: row for row in rows}.values())


def combine(rows: Sequence[CommitStatus]) -> str:
    """The state of a commit by its statuses: failure before pending before success; none is pending."""
    states = {row.state for row in rows}
    if states & {"error", "failure"}:
        return "failure"
    return "success" if states == {"success"} else "pending"
