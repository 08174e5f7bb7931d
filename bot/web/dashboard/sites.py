"""One site: its apps, what waits or failed, what was published."""

from collections.abc import Sequence

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from bot import decisions as decisionsfile
from bot.catalog import parse_catalog
from bot.decisions import Decisions, parse_decisions
from bot.errors import BadCatalog
from bot.records import Delivery, DeliveryState, SiteState
from bot.web.dashboard.desk import Desk, find_desk
from bot.web.dashboard.view_apps import AppView, Known, build_apps
from bot.web.dashboard.view_deliveries import build_delivery, is_of_site
from bot.web.dashboard.view_publications import build_publication
from bot.web.dashboard.view_sites import build_site
from bot.web.dashboard.view_waits import WaitView, build_waits

sites = Blueprint("sites", __name__)
LOOKED_AT = 60  # deliveries that are looked through for those of one site
SHOWN = 8
NO_SITE = "altpress knows no such site (any more)."


@sites.get("/sites/<path:key>")
def show(key: str) -> str:
    desk = find_desk()
    state = find_site(desk, key)
    store, now_ms = desk.context.store, desk.now_ms
    working = _deliveries_of(desk, state, DeliveryState.QUEUED)
    failed = _deliveries_of(desk, state, DeliveryState.FAILED)[:SHOWN]
    published = store.publications.page(SHOWN, key)
    return render_template(
        "dashboard/site.html",
        site=build_site(state, published[0] if published else None, desk.pages, now_ms),
        apps=load_apps(desk, state, working),
        waits=_load_waits(desk, state),
        working=[build_delivery(delivery, desk.pages, now_ms) for delivery in working[:SHOWN]],
        failed=[build_delivery(delivery, desk.pages, now_ms) for delivery in failed],
        publications=[build_publication(publication, desk.pages, now_ms) for publication in published],
    )


def find_site(desk: Desk, key: str) -> SiteState:
    state = desk.context.store.sites.find(key)
    if state is None:
        raise NotFound(NO_SITE)
    return state


def load_apps(desk: Desk, state: SiteState, working: Sequence[Delivery]) -> tuple[AppView, ...]:
    """The apps of the last catalog that could be read."""
    if state.catalog is None:
        return ()
    known = Known(
        state=state,
        records=desk.context.store.records.of_site(state.site.key),
        decisions=_load_decisions(desk, state),
        working=working,
        pages=desk.pages,
        now_ms=desk.now_ms,
    )
    return build_apps(parse_catalog(state.catalog), known)


def _load_waits(desk: Desk, state: SiteState) -> tuple[WaitView, ...]:
    if state.catalog is None:
        return ()
    records = desk.context.store.records.of_site(state.site.key)
    return build_waits(parse_catalog(state.catalog), records, desk.now_ms)


def _load_decisions(desk: Desk, state: SiteState) -> Decisions:
    """As far as they are here: from the branch as the last publish saw it."""
    head = desk.context.store.sites.load_head(state.site.key)
    sha = head.blobs.get(decisionsfile.PATH) if head else None
    data = desk.context.store.blobs.get(sha) if sha else None
    try:
        found = parse_decisions(data) if data is not None else Decisions()
    except BadCatalog:
        return Decisions()
    return found.active(desk.now_ms / 1000)


def _deliveries_of(desk: Desk, state: SiteState, which: DeliveryState) -> list[Delivery]:
    names = (state.site.repository.lower(), *state.apps)
    page = desk.context.store.deliveries.page(LOOKED_AT, state=which)
    return [delivery for delivery in page if is_of_site(delivery, state.site.key, names)]
