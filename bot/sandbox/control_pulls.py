"""Protected branches and pull requests, as the people of the sandbox handle them.

| request | does |
|---|---|
| PUT protection | `repository`, `branch`, `off`, `reviews` (how many), `enforce_admins`; by a `ruleset` |
| POST forks | `repository`: the user's own copy of it |
| GET pulls | `?repository=&state=`: GitHub's whole shape, newest first |
| POST pulls | `head` (a branch, or `USER:BRANCH` of a fork), `base`, `title`, `body` as a user |
| PATCH pulls/N | `title`, `body`, `state`, `base` as a user |
| POST pulls/N/merge | `method`, `delete_branch` as a user |
"""

from flask import Response, request

from bot.sandbox import pulls
from bot.sandbox.control import control
from bot.sandbox.control_lookups import explain, find_actor, find_target
from bot.sandbox.guarding import HEADS
from bot.sandbox.http import ApiError, answer, read_field, read_json
from bot.sandbox.model import PullRequest, Repository
from bot.sandbox.places import fork_repository
from bot.sandbox.protection import RULESET, normalise
from bot.sandbox.pull_follow import select_pulls, show_pull
from bot.sandbox.pushes import Move, announce_push
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.shapes import Json
from bot.sandbox.webhooks import note_sent


@control.put("/protection")
def protect() -> Response:
    """Without `branch` the default one; only pull requests change it, whoever is no administrator."""
    body = read_json()
    world, repository = find_world(), find_target(body)
    branch = str(body.get("branch") or repository.default_branch)
    if world.bare(repository).ref(HEADS + branch) is None:
        raise ApiError(404, f"{repository.full_name} has no branch {branch!r}")
    world.state.protections.remove(repository=repository.id, branch=branch)
    if not body.get("off"):
        rules = normalise({
            "required_status_checks": None, "restrictions": None,
            "enforce_admins": bool(body.get("enforce_admins")),
            "required_pull_request_reviews": {"required_approving_review_count": int(body.get("reviews", 0))},
        })  # fmt: skip
        if body.get("ruleset"):
            rules[RULESET] = True
        world.state.protections.add(repository=repository.id, branch=branch, rules=rules)
    return answer({"branch": branch, "protected": not body.get("off")})


@control.get("/pulls")
def list_pulls() -> Response:
    world, repository = find_world(), find_target(request.args)
    rows = select_pulls(world, repository, state=request.args.get("state", "all"))
    return answer([show_pull(world, repository, row) for _, row in rows])


@control.post("/forks")
def fork() -> Response:
    body = read_json()
    world, repository = find_world(), find_target(body)
    actor = find_actor(body, repository)
    with explain():
        row = fork_repository(world, repository, actor)
    return answer({"id": row.id, "full_name": row.full_name, "clone_url": f"{world.urls.page(row)}.git"}, 201)


@control.post("/pulls")
def open_pull() -> Response:
    """Anybody who can see the repository may propose something to it."""
    body = read_json()
    world, repository = find_world(), find_target(body)
    actor, head = find_actor(body, repository), read_field(body, "head", str, "PullRequest")
    base = str(body.get("base") or repository.default_branch)
    with note_sent() as guids, explain():
        row = pulls.open_pull(
            world, repository, actor, title=str(body.get("title") or head), body=body.get("body"),
            head=head, base=base,
        )  # fmt: skip
    shown = show_pull(world, repository, row)
    return answer({"number": row.number, "url": shown["html_url"], "guids": guids}, 201)


@control.patch("/pulls/<int:number>")
def edit_pull(number: int) -> Response:
    body = read_json()
    world, repository = find_world(), find_target(body)
    row, actor = _find(repository, number), find_actor(body, repository, role="triage")
    changes: Json = {
        key: body[key] for key in ("title", "body", "state", "base") if body.get(key) is not None
    }
    with note_sent() as guids, explain():
        row = pulls.edit_pull(world, repository, row, actor, **changes)
    return answer({"url": show_pull(world, repository, row)["html_url"], "guids": guids})


@control.post("/pulls/<int:number>/merge")
def merge_pull(number: int) -> Response:
    body = read_json()
    world, repository = find_world(), find_target(body)
    row, actor = _find(repository, number), find_actor(body, repository, role="write")
    method = str(body.get("method") or "merge")
    if method not in pulls.METHODS:
        raise ApiError(422, f"a pull request is merged by {', '.join(pulls.METHODS)}")
    with note_sent() as guids, explain():
        sha = pulls.merge_pull(world, repository, row, actor, method=method)
        if body.get("delete_branch"):
            _delete_branch(repository, row, body)
    return answer({"sha": sha, "url": f"{world.urls.page(repository)}/commit/{sha}", "guids": guids})


def _delete_branch(repository: Repository, row: PullRequest, body: Json) -> None:
    world, ref = find_world(), HEADS + row.head
    bare = world.bare(repository)
    if head := bare.ref(ref):
        bare.update_ref(ref, None, head)
        announce_push(world, repository, Move(ref, head, None), find_actor(body, repository))


def _find(repository: Repository, number: int) -> PullRequest:
    row = find_world().state.pulls.find(repository=repository.id, number=number)
    if row is None:
        raise ApiError(404, f"{repository.full_name} has no pull request {number}")
    return row
