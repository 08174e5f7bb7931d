"""What is wrong with a site now, and what waits for somebody: computed from the stores alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.catalog import App, Catalog
from bot.context import Context
from bot.records import Delivery, Record, SiteState, Trouble
from bot.replies.site_issue import digest_entries
from bot.replies.standing import (
    Entry,
    describe_failed,
    describe_moved,
    describe_rejected,
    describe_silence,
    describe_trouble,
    describe_waiting,
    names_publication,
)
from bot.source.allowed import CLOSED
from bot.source.order import published
from bot.source.select import assign_apps
from bot.source.site import SiteContext
from bot.source.waiting import WAITING, is_waiting
from jobs.failures import find_failures
from jobs.notify import bad_file_key, rejected_key
from jobs.silence import is_silent
from jobs.sites import todays_catalog

MOST_OF_AN_APP = 10  # rejected files


def find_standing(ctx: Context, state: SiteState) -> list[Entry]:
    """Every entry, in a fixed order. Reads no more than the stores."""
    catalog = todays_catalog(state) if state.catalog is not None else None
    records = _records(ctx, state, catalog) if catalog is not None else ()
    return [*_others(ctx, state, catalog), *records]


def mark_seen(ctx: Context, state: SiteState) -> str:
    """Names all that the entries are made from, without reading the records: these change with a trigger,
    and their verdicts with a publish.
    """
    catalog = todays_catalog(state) if state.catalog is not None else None
    others = digest_entries(_others(ctx, state, catalog), state.site.key, "")
    return f"{state.generation}:{state.published_generation}:{state.catalog_sha}:{others}"


def _others(ctx: Context, state: SiteState, catalog: Catalog | None) -> list[Entry]:
    """All that are not about records."""
    moved = [describe_moved(old, new) for old, new in sorted(_renamed(state).items())]
    return [*_troubles(ctx, state, catalog), *_failed(ctx, state), *_silences(ctx, state), *moved]


def _renamed(state: SiteState) -> dict[str, str]:
    """Of the repositories that the catalog names, those called otherwise now."""
    return {old: new for old, new in state.renamed.items() if old in state.apps}


def _records(ctx: Context, state: SiteState, catalog: Catalog) -> Iterable[Entry]:
    """Refused files that would be an app's newest, and versions that wait."""
    by_app = assign_apps(catalog, ctx.store.records.of_site(state.site.key), _site(ctx, state, catalog))
    for app in catalog.apps:
        records = sorted(by_app.get(app.id, ()), key=published, reverse=True)
        for record in find_rejected(records)[:MOST_OF_AN_APP]:
            yield describe_rejected(app.id, record, rejected_key(state.site.key, record))
        for record in records:
            if is_waiting(record.verdict):
                yield describe_waiting(app.id, record)


def find_rejected(records: Sequence[Record]) -> list[Record]:
    """Those that no accepted release of the app has come after: an old mishap is nothing to be mended."""
    newest = max((_released(r) for r in records if r.verdict.accepted and r.facts), default=(0.0, 0))
    return [r for r in records if _is_refused(r) and _released(r) >= newest]


def list_refused(ctx: Context, state: SiteState) -> frozenset[str]:
    """The keys of all notices about files that are listed, or would be where there are too many."""
    if state.catalog is None:
        return frozenset()
    catalog = todays_catalog(state)
    by_app = assign_apps(catalog, ctx.store.records.of_site(state.site.key), _site(ctx, state, catalog))
    found = (record for app in catalog.apps for record in find_rejected(by_app.get(app.id, ())))
    return frozenset(rejected_key(state.site.key, record) for record in found)


def _released(record: Record) -> tuple[float, int]:
    """Alike for the files of one release; GitHub's own count tells two of the same second apart."""
    return published(record)[0], record.release_id


def _is_refused(record: Record) -> bool:
    return not record.verdict.accepted and not (record.verdict.code or "").startswith((WAITING, CLOSED))


def _site(ctx: Context, state: SiteState, catalog: Catalog) -> SiteContext:
    found = {app.repository.lower(): ctx.store.repositories.find(app.repository) for app in catalog.apps}
    facts = {name: known[0] for name, known in found.items() if known is not None}
    return SiteContext(
        repository=state.repository, branch=state.site.branch, base_url="", app_repositories=facts
    )


def _troubles(ctx: Context, state: SiteState, catalog: Catalog | None) -> Iterable[Entry]:
    apps: Sequence[App] = catalog.apps if catalog is not None else ()
    for trouble in ctx.store.reports.troubles(state.site.key):
        if not _is_past(ctx, state, trouble, apps):
            entry = describe_trouble(trouble, state.site.key, state.repository.html_url)
            if entry is not None:
                yield replace(entry, told=_told(state, trouble))


def _told(state: SiteState, trouble: Trouble) -> str | None:
    """The notice on the commit that did it."""
    if trouble.kind != "file":
        return None
    return bad_file_key(state.site.key, trouble.key, trouble.fields.get("cause"))


def _is_past(ctx: Context, state: SiteState, trouble: Trouble, apps: Sequence[App]) -> bool:
    """Whether it went away without anybody's noticing it."""
    if trouble.kind == "app":
        same = (app for app in apps if app.id == trouble.key)
        return all(app.repository.lower() != trouble.fields.get("repository", "").lower() for app in same)
    if trouble.kind == "not_live":
        return not names_publication(trouble, ctx.store.publications.latest(state.site.key))
    return False


def _failed(ctx: Context, state: SiteState) -> list[Entry]:
    """Deliveries that failed; what failed because of a trouble that is listed is not listed beside it."""
    told = {reason for trouble in ctx.store.reports.troubles(state.site.key) for reason in _reasons(trouble)}
    groups: dict[str, list[Delivery]] = {}
    for delivery in reversed(find_failures(ctx, state)):
        reason = delivery.reason or "nobody knows why"
        if reason not in told:
            groups.setdefault(reason, []).append(delivery)
    return [describe_failed(reason, deliveries) for reason, deliveries in groups.items()]


def _reasons(trouble: Trouble) -> list[str]:
    """The public sentences with which work fails because of it."""
    return [str(trouble.fields.get("reason")), *map(str, trouble.fields.get("problems", ()))]


def _silences(ctx: Context, state: SiteState) -> Iterable[Entry]:
    for name in state.apps:
        hearing = ctx.store.hearings.find(name)
        if hearing is not None and is_silent(hearing, ctx.now_ms(), ctx.settings.silence_timeout):
            yield describe_silence(name, list(hearing.unannounced))
