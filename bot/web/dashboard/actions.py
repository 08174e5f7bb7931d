"""The buttons: each enqueues work, and answers with a page, or with where to ask what came of it."""

import logging

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from bot.catalog import parse_catalog
from bot.enqueue import Outcomes
from bot.records import Job
from bot.web.dashboard.crashes import has_crashed
from bot.web.dashboard.deliveries import find_delivery
from bot.web.dashboard.desk import ACTOR, Desk, find_desk
from bot.web.dashboard.refusals import wants_json
from bot.web.dashboard.sites import find_site
from bot.web.dashboard.view_links import check_next
from bot.web.dashboard.view_rebuild import Progress, render_rebuild

log = logging.getLogger(__name__)
actions = Blueprint("actions", __name__)
UNREADABLE = "The site's catalog cannot be read: mend it first, altpress then publishes by itself."
CANNOT = "It cannot be done again now: it still waits, or its payload is gone."


@actions.post("/rebuild")
def rebuild() -> Response:
    """What `/rebuild [app]` does; a second press joins the first while it waits."""
    desk = find_desk()
    key, app = request.form.get("site", ""), request.form.get("app") or None
    _check_app(desk, key, app)
    since = desk.now_ms
    job_id = desk.queue.ask(lambda: desk.context.queue.enqueue(_rebuild_job(key, app)))
    log.info("rebuild_asked", extra={"site": key, "app": app})
    poll = url_for("dashboard.actions.show_rebuild", site=key, app=app, since=since, job=job_id)
    back = url_for("dashboard.sites.show", key=key)
    return _answer(f"Rebuild of {app or key} is under way; reload to see what came of it.", poll, back)


@actions.post("/replay")
def replay() -> Response:
    """A failed delivery, or any that still has its payload, starts from the beginning."""
    desk = find_desk()
    guid = find_delivery(desk, request.form.get("guid", "")).guid
    if not desk.context.store.deliveries.replay(guid):
        raise BadRequest(CANNOT)
    log.info("replay_asked", extra={"delivery": guid})
    poll = url_for("dashboard.deliveries.show_state", guid=guid)
    back = check_next(request.form.get("back") or url_for("dashboard.deliveries.show", guid=guid))
    return _answer("The delivery starts again; reload to see what came of it.", poll, back)


@actions.get("/state/rebuild")
def show_rebuild() -> Response:
    """For the script that waits: what came of the press at `since`."""
    desk = find_desk()
    key, app = request.args.get("site", ""), request.args.get("app") or None
    state = find_site(desk, key)
    store, queue, job_id = desk.context.store, desk.context.queue, request.args.get("job", "")
    progress = Progress(
        since_ms=request.args.get("since", 0, type=int),
        outcome=desk.queue.ask(lambda: Outcomes(queue.connection).find(_rebuild_job(key, app).token)),
        crashed=desk.queue.ask(lambda: has_crashed(queue, job_id)),
        published_generation=state.published_generation,
        latest=store.publications.latest(key),
    )
    return jsonify(render_rebuild(progress, desk.pages))


def _rebuild_job(key: str, app: str | None) -> Job:
    return Job(name="rebuild", args=(key, app, ACTOR), site=key)


def _check_app(desk: Desk, key: str, app: str | None) -> None:
    state = find_site(desk, key)
    if state.catalog is None:
        raise BadRequest(UNREADABLE)
    if app is not None and parse_catalog(state.catalog).app(app) is None:
        raise NotFound("The site's catalog has no such app.")


def _answer(told: str, poll: str, back: str) -> Response:
    if wants_json():
        return jsonify(poll=poll)
    flash(told)
    return redirect(back, 303)
