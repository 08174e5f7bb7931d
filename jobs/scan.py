"""Compare an app's releases with what is stored: what a lost webhook would have told."""

from collections.abc import Sequence

from bot.catalog import App, Catalog, app_repositories
from bot.context import Context
from bot.errors import BotError, NotFound
from bot.records import Job, Record, RepositoryFacts, SiteState
from jobs.notify import raise_later
from jobs.records import plan_scan
from jobs.runner import job
from jobs.sites import fetch_facts, load_site

FRESH_MS = 240_000  # so that the ingests between two sweeps find facts that are younger than their bound


@job("scan")
def scan_app(ctx: Context, site_key: str, app_id: str | None, delivery: str | None) -> None:
    """Enqueue an ingest for each release of the app (of all apps) that is not as it was read."""
    state, catalog = load_site(ctx, site_key)
    app = catalog.app(app_id) if app_id else None
    enqueue_stale(ctx, state, catalog, [app] if app else catalog.apps, delivery)


def enqueue_stale(
    ctx: Context, state: SiteState, catalog: Catalog, apps: Sequence[App], delivery: str | None
) -> int:
    """How many releases are read again. One repository's failure never stops another's."""
    found, errors = 0, list[BotError]()
    wanted = {app.repository.lower() for app in apps}
    for name in app_repositories(catalog):
        if name in wanted:
            try:
                found += _enqueue_repository(ctx, state, catalog, name, delivery)
            except NotFound:
                continue  # gone, or not visible: nothing is known about its releases
            except BotError as error:
                errors.append(error)
    raise_later(errors)
    return found


def records_of(ctx: Context, state: SiteState, facts: RepositoryFacts) -> list[Record]:
    """What is stored for the site from one repository."""
    return [r for r in ctx.store.records.of_site(state.site.key) if r.repository_id == facts.id]


def _enqueue_repository(
    ctx: Context, state: SiteState, catalog: Catalog, name: str, delivery: str | None
) -> int:
    facts = fetch_facts(ctx, name, max_age_ms=FRESH_MS)
    stale = plan_scan(catalog, list(ctx.github.stream_releases(facts)), records_of(ctx, state, facts))
    for release_id in stale:
        job = Job(
            name="ingest", args=(state.site.key, facts.full_name, release_id, delivery),
            site=state.site.key, delivery=delivery,
        )  # fmt: skip
        if delivery is not None:
            ctx.store.deliveries.add_tokens(delivery, [job.token])
        ctx.queue.enqueue(job)
    return len(stale)
