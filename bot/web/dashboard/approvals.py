"""The button that lets a waiting version through: what `/approve` does, as a decision in the site."""

import logging

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, NotFound
from werkzeug.wrappers import Response

from bot.decisions import AddDecision, Decision, Kind, stamp
from bot.records import Cause, CauseKind, DecisionRequest, Record
from bot.source.decided import name_version, uploaded
from bot.source.waiting import is_waiting
from bot.web.dashboard.desk import ACTOR, Desk, find_desk
from bot.web.dashboard.refusals import wants_json
from bot.web.dashboard.sites import find_site
from bot.web.dashboard.view_waits import render_approval

log = logging.getLogger(__name__)
approvals = Blueprint("approvals", __name__)
GONE = "This file does not wait any more: reload the page."
UNNAMEABLE = "Its version is too long for a decision: publish the release with a shorter one."


@approvals.post("/approve")
def approve() -> Response:
    """Exactly the file of that row; a second press joins the first."""
    desk = find_desk()
    key = request.form.get("site", "")
    find_site(desk, key)
    record = _find_waiting(desk, key, request.form.get("file", ""))
    wanted = _request(desk, record)
    store = desk.context.store
    pending = [progress.request for progress in store.decision_edits.pending(key)]
    known = [request for request in pending if _means(request, wanted)]
    if known:
        wanted = known[0]
    else:
        store.decision_edits.add(key, wanted)
    store.sites.trigger(key, wanted.cause)
    desk.queue.ask(lambda: desk.context.queue.enqueue_publish(key, now=desk.context.clock()))
    log.info("approval_asked", extra={"site": key, "app": record.app, "request": wanted.id})
    if wants_json():
        return jsonify(poll=url_for("dashboard.approvals.show_approval", site=key, request=wanted.id))
    flash(f"{wanted.title} is under way; reload to see what came of it.")
    return redirect(url_for("dashboard.sites.show", key=key), 303)


@approvals.get("/state/approve")
def show_approval() -> Response:
    """For the script that waits."""
    desk = find_desk()
    key = request.args.get("site", "")
    find_site(desk, key)
    progress = desk.context.store.decision_edits.find(key, request.args.get("request", ""))
    return jsonify(render_approval(progress, desk.pages, key))


def _find_waiting(desk: Desk, key: str, file: str) -> Record:
    """The file of that key, which waits now."""
    repository, _, asset = file.partition(":")
    if not (repository.isdecimal() and asset.isdecimal() and len(file) < 40):
        raise NotFound(GONE)
    found = desk.context.store.records.of_repository(key, int(repository))
    record = next((r for r in found if r.key == file and r.facts and is_waiting(r.verdict)), None)
    if record is None:
        raise NotFound(GONE)
    return record


def _means(request: DecisionRequest, wanted: DecisionRequest) -> bool:
    """Whether it approves the same file of the same app."""
    return _approved(request) == _approved(wanted)


def _approved(request: DecisionRequest) -> list[tuple[str | None, tuple[str, ...] | None]]:
    decisions = [edit.decision for edit in request.edits if isinstance(edit, AddDecision)]
    return [(one.app, one.files) for one in decisions if one.kind is Kind.APPROVE]


def _request(desk: Desk, record: Record) -> DecisionRequest:
    version = name_version(record)
    assert record.facts is not None
    at, seen = stamp(desk.context.clock()), stamp(uploaded(record))
    try:
        decision = Decision(
            kind=Kind.APPROVE, app=record.app, version=version, actor=ACTOR, at=at, seen=seen,
            files=(record.key,),
        )  # fmt: skip
    except ValidationError:
        raise BadRequest(UNNAMEABLE) from None
    return DecisionRequest(
        id=f"dashboard:{record.key}:{desk.now_ms}",
        edits=(AddDecision(decision=decision),),
        title=f"Approve {record.facts.name} {version}",
        actor=ACTOR,
        cause=Cause(
            kind=CauseKind.COMMAND, actor=ACTOR, text=f"/approve {record.app} {record.facts.version}"
        ),
        at_ms=desk.now_ms,
    )
