"""The ledger, a page at a time; and one delivery with what came of it."""

from flask import Blueprint, jsonify, render_template, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bot.records import Delivery, DeliveryState
from bot.web.dashboard.desk import Desk, find_desk
from bot.web.dashboard.view_deliveries import BADGES, build_delivery, render_state
from bot.web.dashboard.view_publications import build_publication

deliveries = Blueprint("deliveries", __name__)
PAGE = 30
NO_DELIVERY = "The ledger holds no such delivery (any more)."


@deliveries.get("/deliveries")
def show_all() -> str:
    desk = find_desk()
    state, before = _asked_state(), request.args.get("before", type=int)
    found = desk.context.store.deliveries.page(PAGE + 1, before, state)
    shown = found[:PAGE]
    return render_template(
        "dashboard/deliveries.html",
        deliveries=[build_delivery(delivery, desk.pages, desk.now_ms) for delivery in shown],
        counts=desk.context.store.deliveries.counts(),
        badges=BADGES,
        state=state,
        is_first=before is None,
        older=shown[-1].received_ms if len(found) > PAGE else None,
    )


@deliveries.get("/deliveries/<guid>")
def show(guid: str) -> str:
    desk = find_desk()
    delivery = find_delivery(desk, guid)
    published = desk.context.store.publications.of_delivery(delivery.guid)
    return render_template(
        "dashboard/delivery.html",
        delivery=build_delivery(delivery, desk.pages, desk.now_ms),
        publications=[build_publication(p, desk.pages, desk.now_ms) for p in reversed(published)],
    )


@deliveries.get("/state/deliveries/<guid>")
def show_state(guid: str) -> Response:
    """For the script that waits."""
    desk = find_desk()
    return jsonify(render_state(build_delivery(find_delivery(desk, guid), desk.pages, desk.now_ms)))


def find_delivery(desk: Desk, guid: str) -> Delivery:
    delivery = desk.context.store.deliveries.find(guid.lower())
    if delivery is None:
        raise NotFound(NO_DELIVERY)
    return delivery


def _asked_state() -> DeliveryState | None:
    asked = request.args.get("state")
    return DeliveryState(asked) if asked in {state.value for state in DeliveryState} else None
