"""Compare an app's releases with what is stored: what a lost webhook would have told."""

from collections.abc import Sequence

from bot.catalog import App, Catalog, app_repositories
from bot.context import Context
from bot.errors import BotError, NotFound
from bot.records import Cause, CauseKind, Job, Record, RepositoryFacts, SiteState
from jobs.access import TOLD, close_apps, close_gone, is_gone, note_name, refusals_of
from jobs.notify import raise_later
from jobs.records import plan_refresh, plan_scan
from jobs.runner import job
from jobs.silence import note_missed
from jobs.sites import fetch_facts, load_site, todays_catalog, trigger_publish
from jobs.trace import caused


@job("scan")
def scan_app(ctx: Context, site_key: str, app_id: str | None, delivery: str | None) -> None:
    """Enqueue an ingest for each release of the app (of all apps) that is not as it was read."""
    state, catalog = load_site(ctx, site_key)
    app = catalog.app(app_id) if app_id else None
    enqueue_stale(ctx, state, catalog, [app] if app else catalog.apps, delivery)
    if app is None:
        ctx.store.sites.note_success(site_key, ctx.now_ms())


@job("look")
def look_at_repository(  # noqa: PLR0917  # RQ passes what the event told one by one
    ctx: Context, site_key: str, repository: str, before: str, action: str | None, delivery: str | None
) -> None:
    """An event said that a repository, which feeds an app of the site, is otherwise than before."""
    state, catalog = load_site(ctx, site_key)
    names = {repository.lower(), before.lower()}
    for app in dict.fromkeys(app.repository.lower() for app in catalog.apps):
        if app in names:
            _look(ctx, state, app, delivery, told=action in TOLD)
    # its description and its owner's name may be shown
    _publish_if(ctx, state, delivery, changed=action == "edited")


def enqueue_stale(
    ctx: Context, state: SiteState, catalog: Catalog, apps: Sequence[App], delivery: str | None
) -> int:
    """How many releases are read again. One repository's failure never stops another's."""
    found, errors = 0, list[BotError]()
    wanted = {app.repository.lower() for app in apps}
    for name in app_repositories(catalog):
        if name in wanted:
            try:
                found += _look(ctx, state, name, delivery)
            except NotFound:
                continue  # not visible: nothing is known about its releases
            except BotError as error:
                errors.append(error)
    raise_later(errors)
    return found


def records_of(ctx: Context, state: SiteState, facts: RepositoryFacts) -> list[Record]:
    """What is stored for the site from one repository."""
    return ctx.store.records.of_repository(state.site.key, facts.id)


def _look(ctx: Context, state: SiteState, name: str, delivery: str | None, *, told: bool = False) -> int:
    """Compare one repository with what is stored for the site; how many releases are to be read again.

    `name` is today's as far as it is known. What GitHub merely tells otherwise (a renamed repository has
    other addresses) is brought up to date here, all of it before the one publish.
    """
    state = ctx.store.sites.find(state.site.key) or state
    cause = caused(ctx, Cause(kind=CauseKind.SWEEP, delivery=delivery))
    try:
        facts = fetch_facts(ctx, name, max_age_ms=0)
    except NotFound:
        catalog = todays_catalog(state)
        if not is_gone(ctx, state, catalog, name, told=told):
            raise
        _publish_if(ctx, state, delivery, changed=close_gone(ctx, state, catalog, name, cause))
        return 0
    state = note_name(ctx, state, name, facts)
    catalog = todays_catalog(state)
    apps = [app for app in catalog.apps if app.repository.lower() == facts.full_name.lower()]
    refused = refusals_of(ctx, state, facts, apps)
    changed = close_apps(ctx, state, facts.id, refused, code="private", cause=cause) if refused else 0
    stale = list[int]()
    if len(refused) < len(apps):
        catalog = catalog.model_copy(update={"apps": tuple(a for a in catalog.apps if a.id not in refused)})
        releases = list(ctx.github.stream_releases(facts))
        known = {r.asset_id: r for r in records_of(ctx, state, facts) if r.app not in refused}
        for record in plan_refresh(catalog, releases, known.values()):
            changed += ctx.store.records.save(state.site.key, record, cause=cause)
            known[record.asset_id] = record
        stale = plan_scan(catalog, releases, known.values())
        if delivery is None:
            note_missed(ctx, facts, releases, stale)
        _enqueue(ctx, state, facts, stale, delivery)
    _publish_if(ctx, state, delivery, changed=changed)
    return len(stale)


def _publish_if(ctx: Context, state: SiteState, delivery: str | None, *, changed: int) -> None:
    if changed:
        cause = Cause(kind=CauseKind.SWEEP, delivery=delivery)
        trigger_publish(ctx, state.site.key, cause)


def _enqueue(
    ctx: Context, state: SiteState, facts: RepositoryFacts, stale: Sequence[int], delivery: str | None
) -> None:
    for release_id in stale:
        job = Job(
            name="ingest", args=(state.site.key, facts.full_name, release_id, delivery),
            site=state.site.key, delivery=delivery,
        )  # fmt: skip
        if delivery is not None:
            ctx.store.deliveries.add_tokens(delivery, [job.token])
        ctx.queue.enqueue(job)
