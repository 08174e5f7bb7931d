"""The first page: how it stands, what needs a person, what happened last."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request

from bot.enqueue import Depth
from bot.enqueue.alive import WORKER_SEEN
from bot.errors import Unavailable
from bot.records import DeliveryState, SiteState
from bot.web.dashboard.crashes import Crash, load_crashes
from bot.web.dashboard.desk import Desk, find_desk
from bot.web.dashboard.sites import load_apps
from bot.web.dashboard.view_apps import AppView
from bot.web.dashboard.view_deliveries import build_delivery
from bot.web.dashboard.view_publications import build_publication
from bot.web.dashboard.view_sites import SiteView, build_site

overview = Blueprint("overview", __name__)
SITES_PAGE = 25
WITH_APPS = 4  # so many sites are shown with their apps at once
NEWEST = 6


@dataclass(frozen=True, slots=True)
class QueueView:
    """The queue; None where Redis does not answer: the rest of the page is worth reading all the same."""

    depth: Depth | None
    workers: int
    crashes: tuple[Crash, ...]


@overview.get("/")
def show() -> str:
    desk = find_desk()
    store, now_ms = desk.context.store, desk.now_ms
    states = sorted(store.sites.all(), key=lambda state: (not state.problems, state.site.key))
    page = max(request.args.get("page", 1, type=int), 1)
    shown = states[(page - 1) * SITES_PAGE : page * SITES_PAGE]
    failed = store.deliveries.page(NEWEST, state=DeliveryState.FAILED)
    return render_template(
        "dashboard/overview.html",
        sites=[_card(desk, state, with_apps=len(states) <= WITH_APPS) for state in shown],
        site_count=len(states),
        broken=sum(bool(state.problems) for state in states),
        behind=sum(state.generation > state.published_generation for state in states),
        next_page=page + 1 if page * SITES_PAGE < len(states) else None,
        counts=store.deliveries.counts(),
        failed=[build_delivery(delivery, desk.pages, now_ms) for delivery in failed],
        recent=[build_delivery(d, desk.pages, now_ms) for d in store.deliveries.page(NEWEST)],
        publications=[build_publication(p, desk.pages, now_ms) for p in store.publications.page(NEWEST)],
        queue=load_queue(desk),
    )


def load_queue(desk: Desk) -> QueueView:
    try:
        return desk.queue.ask(lambda: _ask_queue(desk))
    except Unavailable:
        return QueueView(None, 0, ())


def _ask_queue(desk: Desk) -> QueueView:
    queue = desk.context.queue
    ages = queue.worker_ages(now=desk.now)
    return QueueView(queue.depth(), sum(age <= WORKER_SEEN for age in ages), load_crashes(queue, desk.now_ms))


def _card(desk: Desk, state: SiteState, *, with_apps: bool) -> tuple[SiteView, tuple[AppView, ...] | None]:
    latest = desk.context.store.publications.latest(state.site.key)
    apps = load_apps(desk, state, ()) if with_apps else None
    return build_site(state, latest, desk.pages, desk.now_ms), apps
