"""What `altpress sandbox …` asks of a running sandbox: `/_sandbox/…`, closed without the control token.

Everything goes through the functions that the REST routes use, so that the same webhooks fire. The token
comes in `X-Sandbox-Control`: a header of its own, which no web page of another origin can send.

| request | does |
|---|---|
| GET info | where everything is |
| POST releases | a draft; then PUT releases/N/assets?name= for each file; then POST releases/N/publish |
| PATCH, DELETE releases | edit or delete the release of a tag |
| POST comments, pushes | comment or commit as a user |
| GET deliveries, deliveries/GUID; POST deliveries/GUID/attempts | the log; send one again |
| GET under-way | how many webhooks the bot has not answered yet |
"""

import hmac

from flask import Blueprint, Response, current_app, request
from flask.sansio.blueprints import BlueprintSetupState

from bot.sandbox import discussion, late, pushes, releases
from bot.sandbox.control_lookups import (
    explain,
    find_actor,
    find_tagged,
    find_target,
    read_files,
    read_release,
    render_summary,
)
from bot.sandbox.http import ApiError, answer, read_field, read_json
from bot.sandbox.pages import pages
from bot.sandbox.routes.lookups import find_world
from bot.sandbox.running import Running
from bot.sandbox.shapes import Json
from bot.sandbox.webhooks import note_sent

HEADER = "X-Sandbox-Control"
control = Blueprint("control", __name__, url_prefix="/_sandbox")
_PAGE = 200  # deliveries read at once: each carries its payload


@control.record_once
def set_up(setup: BlueprintSetupState) -> None:
    """A restarted sandbox completes what it had held back; the pages for people come along."""
    late.resume(setup.app.extensions["sandbox"])
    setup.app.register_blueprint(pages)


@control.before_request
def check_token() -> None:
    """Refuse whoever does not hold the token of `sandbox.json`."""
    if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), _running().control_token.encode()):
        raise ApiError(404, "Not Found")


@control.get("/info")
def show_info() -> Response:
    world, running = find_world(), _running()
    repositories = {
        row.full_name: {"clone_url": f"{world.urls.page(row)}.git", "default_branch": row.default_branch}
        for row in world.state.repositories.select()
    }
    names = ("api_url", "webhook_url", "dashboard_url")
    return answer({**{name: getattr(running, name) for name in names}, "repositories": repositories})


@control.post("/releases")
def draft_release() -> Response:
    """A draft, which the App hears of as `created`; nothing is public before `publish`."""
    body = read_json()
    world, repository = find_world(), find_target(body)
    actor = find_actor(body, repository, role="write")
    tag = read_field(body, "tag", str, "Release")
    if releases.find_release(world, repository, tag):
        raise ApiError(409, f"{repository.full_name} has a release of {tag} already: give another --tag")
    with note_sent() as guids:
        row = releases.create_release(
            world, repository, actor, tag=tag, name=body.get("name"), body=body.get("notes"), draft=True,
            prerelease=bool(body.get("prerelease")),
        )  # fmt: skip
    return answer({"id": row.id, "guids": guids}, 201)


@control.put("/releases/<int:number>/assets")
def put_asset(number: int) -> Response:
    """The request's body as the asset `name`, read as it comes; asset `replace` (or of that name) goes."""
    world, row, name = find_world(), read_release(number), request.args.get("name", "")
    if not name or "/" in name:
        raise ApiError(422, "an asset needs a name without a slash")
    for old in world.state.assets.select(release=row.id, name=request.args.get("replace", name)):
        releases.remove_asset(world, old)
    upload = releases.Upload(name, "application/octet-stream", request.stream, request.content_length)
    with explain():
        asset = releases.add_asset(world, row, world.views.find_user(row.author), upload)
    return answer({"id": asset.id, "size": asset.size, "digest": asset.digest}, 201)


@control.post("/releases/<int:number>/publish")
def publish_release(number: int) -> Response:
    """With `late_assets`, the files become `uploaded` only so many seconds afterwards."""
    world, row, body = find_world(), read_release(number), read_json()
    repository = world.state.repositories.find(id=row.repository)
    assert repository is not None
    if body.get("late_assets") is not None:
        late.hold_back(world, row, float(body["late_assets"]))
    with note_sent() as guids, explain():
        row = releases.edit_release(world, repository, row, world.views.find_user(row.author), draft=False)
    return answer({"url": world.views.release(repository, row)["html_url"], "guids": guids})


@control.get("/releases")
def show_release() -> Response:
    """`?repository=&tag=`, as the REST API shows it."""
    repository = find_target(request.args)
    return answer(find_world().views.release(repository, find_tagged(repository, request.args)))


@control.patch("/releases")
def edit_release() -> Response:
    body = read_json()
    world, repository = find_world(), find_target(body)
    row, actor = find_tagged(repository, body), find_actor(body, repository, role="write")
    names = {
        "name": "name", "notes": "body", "prerelease": "prerelease", "new_tag": "tag", "draft": "draft",
    }  # fmt: skip
    changes = {column: body[key] for key, column in names.items() if body.get(key) is not None}
    with note_sent() as guids, explain():
        row = releases.edit_release(world, repository, row, actor, **changes)
    return answer({"url": world.views.release(repository, row)["html_url"], "guids": guids})


@control.delete("/releases")
def remove_release() -> Response:
    body = read_json()
    repository = find_target(body)
    row, actor = find_tagged(repository, body), find_actor(body, repository, role="write")
    with note_sent() as guids:
        releases.remove_release(find_world(), repository, row, actor)
    return answer({"guids": guids})


@control.post("/comments")
def add_comment() -> Response:
    """As any user who can see the repository."""
    body = read_json()
    world, repository = find_world(), find_target(body)
    actor = find_actor(body, repository)
    number, text = read_field(body, "number", int, "Issue"), read_field(body, "body", str, "IssueComment")
    issue = world.state.issues.find(repository=repository.id, number=number)
    if issue is None:
        raise ApiError(404, f"{repository.full_name} has no issue {number}")
    if not 0 < len(text) <= discussion.MOST_BODY:
        raise ApiError(422, f"a comment has 1 to {discussion.MOST_BODY} characters")
    with note_sent() as guids:
        comment = discussion.add_comment(world, repository, issue, actor, text)
    return answer({"url": world.views.comment(repository, comment)["html_url"], "guids": guids}, 201)


@control.post("/pushes")
def add_push() -> Response:
    """One commit: `files` maps paths to base64, null removes."""
    body = read_json()
    world, repository = find_world(), find_target(body)
    actor = find_actor(body, repository, role="write")
    files, branch = read_files(body), body.get("branch")
    message = str(body.get("message") or f"Update {', '.join(sorted(files))}")
    with note_sent() as guids, explain():
        sha = pushes.push_files(world, repository, files, message, actor, branch=branch)
    return answer({"sha": sha, "url": f"{world.urls.page(repository)}/commit/{sha}", "guids": guids}, 201)


@control.get("/deliveries")
def list_deliveries() -> Response:
    """Newest first, at most `?limit=`."""
    most, table = request.args.get("limit", 2**31, int), find_world().state.deliveries
    rows: dict[int, Json] = {}  # by id: what arrives between two pages shifts the second
    offset = 0
    while len(rows) < most:
        page = table.select(newest_first=True, limit=_PAGE, offset=offset)
        rows |= {row.id: render_summary(row) for row in page}
        offset += len(page)
        if len(page) < _PAGE:
            break
    return answer(list(rows.values())[:most])


@control.get("/under-way")
def count_under_way() -> Response:
    """Webhooks that are sent, and not answered yet."""
    outbox = find_world().outbox
    return answer({"webhooks": outbox.under_way.count if outbox else 0})


@control.get("/deliveries/<guid>")
def show_delivery(guid: str) -> Response:
    """The newest attempt; 404 while the bot has not answered yet."""
    rows = find_world().state.deliveries.select(guid=guid, newest_first=True, limit=1)
    if not rows:
        raise ApiError(404, f"no delivery {guid}")
    return answer(render_summary(rows[0]))


@control.post("/deliveries/<guid>/attempts")
def redeliver(guid: str) -> Response:
    """Send it again under the same GUID, and say what the bot answered."""
    outbox = find_world().outbox
    if outbox is None:
        raise ApiError(409, "this sandbox sends no webhooks")
    try:
        return answer(render_summary(outbox.redeliver(guid).result()))
    except KeyError:
        raise ApiError(404, f"no delivery {guid}: `altpress sandbox deliveries` lists them") from None


def _running() -> Running:
    running = current_app.extensions["running"]
    assert isinstance(running, Running)
    return running
