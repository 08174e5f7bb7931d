"""What is said about commits, as the people of the sandbox see it.

| request | does |
|---|---|
| GET checks | `?repository=&ref=`: the newest check runs with their annotations, and the newest statuses |
| POST checks/N/rerequest | "Re-run" on the page of check run N, as a user; with `all` "Re-run all checks" |
"""

from flask import Response, request

from bot.sandbox import checks
from bot.sandbox.control import control
from bot.sandbox.control_lookups import find_actor, find_target
from bot.sandbox.http import ApiError, answer, read_json
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.shapes.checks import render_annotation, render_status
from bot.sandbox.webhooks import note_sent


@control.get("/checks")
def list_checks() -> Response:
    """`ref` is a branch or commit; `#N` the head of a pull request."""
    world, repository = find_world(), find_target(request.args)
    ref = request.args.get("ref", repository.default_branch)
    if ref.startswith("#") and ref[1:].isdigit():
        pull = world.state.pulls.find(repository=repository.id, number=int(ref[1:]))
        ref = pull.head_sha if pull else ref
    sha = world.bare(repository).resolve(ref)
    if sha is None:
        raise ApiError(404, f"{repository.full_name} has no commit {ref!r}")
    runs = checks.latest_runs(world.state.check_runs.select(repository=repository.id, sha=sha))
    statuses = checks.latest_statuses(world.state.statuses.select(repository=repository.id, sha=sha))
    return answer({
        "sha": sha,
        "check_runs": [
            checks.show_run(world, repository, run)
            | {"annotations": [render_annotation(world.urls, repository, run, a) for a in run.annotations]}
            for run in runs
        ],
        "statuses": [render_status(world.urls, repository, row, world.views.find_user) for row in statuses],
    })  # fmt: skip


@control.post("/checks/<int:number>/rerequest")
def rerequest(number: int) -> Response:
    body, world = read_json(), find_world()
    repository = find_target(body)
    run = world.state.check_runs.find(repository=repository.id, id=number)
    if run is None:
        raise ApiError(404, f"{repository.full_name} has no check run {number}")
    actor = find_actor(body, repository, role="write")
    with note_sent() as guids:
        ask = checks.rerequest_all if body.get("all") else checks.rerequest
        ask(world, repository, run, actor)
    return answer({"guids": guids})
