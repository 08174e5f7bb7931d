"""Which releases wait, and for what: their files, their reading, a pause that GitHub asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.catalog import App, Catalog, wants_release
from bot.context import Context
from bot.enqueue.waits import find_wait
from bot.errors import BotError, NotFound
from bot.records import DeliveryState, Record, Release, SiteState
from bot.replies import WaitingRelease
from jobs.readiness import check_ready
from jobs.records import is_current, wanted_assets
from jobs.sites import fetch_facts, when_told

MOST_UNDER_WAY = 100  # deliveries that are looked through
MOST_WAITING = 5  # releases that are looked up on GitHub: one request each


@dataclass(frozen=True)
class Wait:
    """An ingest that is under way, of the oldest delivery of its release."""

    repository: str  # lower case
    release_id: int
    since_ms: int
    reason: str | None  # why its job comes later, if it does


def find_waiting(ctx: Context, state: SiteState, catalog: Catalog) -> list[WaitingRelease]:
    """Releases whose deliveries are under way, each once, with what they wait for."""
    waits: dict[tuple[str, int], Wait] = {}
    for delivery in ctx.store.deliveries.page(MOST_UNDER_WAY, state=DeliveryState.QUEUED):
        for token in delivery.open:
            release = _ingested(token, state.site.key)
            known = waits.get(release) if release else None
            if release and (known is None or delivery.received_ms < known.since_ms):
                reason = find_wait(ctx.queue, token, delivery.guid)
                waits[release] = Wait(*release, delivery.received_ms, reason)
    listed = list(waits.values())
    found = [_look_up(ctx, state, catalog, wait) for wait in listed[:MOST_WAITING]]
    found += [_unknown(catalog, wait) for wait in listed[MOST_WAITING:]]
    return [waiting for lines in found for waiting in lines]


def _ingested(token: str, site_key: str) -> tuple[str, int] | None:
    """Repository and release of an ingest for this site: `ingest:SITE:OWNER/NAME:ID:GUID`."""
    kind, *rest = token.split(":")
    if kind != "ingest" or len(rest) < 3 or rest[0] != site_key or not rest[2].isdigit():
        return None
    return rest[1].lower(), int(rest[2])


def _look_up(ctx: Context, state: SiteState, catalog: Catalog, wait: Wait) -> list[WaitingRelease]:
    """One line for each app that waits for something of the release; none for one that is gone.

    What cannot be looked up is told without its name.
    """
    try:
        facts = fetch_facts(ctx, wait.repository)
        release = ctx.github.fetch_release(facts, wait.release_id)
    except NotFound:
        return []  # deleted, a draft again, or out of sight: its ingest finds that, too, and is over
    except BotError:
        return _unknown(catalog, wait)
    known = {r.asset_id: r for r in ctx.store.records.of_release(state.site.key, facts.id, release.id)}
    lines = []
    for app in _fed(catalog, facts.full_name):
        reason = _reason(ctx, state, app, release) if wants_release(app, release) else None
        if reason is None and not _is_unread(catalog, app, release, known):
            continue  # it has what it wants: another app of the same repository keeps the job
        reason = reason or wait.reason
        lines.append(WaitingRelease(app.id, release.tag, release.html_url, reason, wait.since_ms))
    return lines


def _is_unread(catalog: Catalog, app: App, release: Release, known: Mapping[int, Record]) -> bool:
    """Whether a file of the app's is there that altpress has not read, or not as it is now."""
    mine = [asset for owner, asset in wanted_assets(catalog, release) if owner.id == app.id]
    return any(a.id not in known or not is_current(catalog, app, a, known[a.id]) for a in mine)


def _unknown(catalog: Catalog, wait: Wait) -> list[WaitingRelease]:
    """One line: nobody knows which app of the repository it is for, so the first one has it."""
    return [
        WaitingRelease(a.id, None, None, wait.reason, wait.since_ms)
        for a in _fed(catalog, wait.repository)[:1]
    ]


def _fed(catalog: Catalog, name: str) -> list[App]:
    return [app for app in catalog.apps if app.repository.lower() == name.lower()]


def _reason(ctx: Context, state: SiteState, app: App, release: Release) -> str | None:
    settings = ctx.settings
    not_ready = check_ready(
        app,
        release,
        now=ctx.clock(),
        quiet_period=settings.quiet_period,
        timeout=settings.ready_timeout,
        told=when_told(ctx, state.site.key, release),
    )
    return not_ready.public if not_ready else None
