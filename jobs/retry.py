"""What failed is begun again: deliveries, releases with files that were not read, a publish that is due."""

from collections.abc import Collection, Iterator
from itertools import islice

from bot.catalog import Catalog
from bot.commands import Place
from bot.context import Context
from bot.records import Cause, Delivery, DeliveryState, SiteState
from bot.replies.retry import Retried
from bot.store.walk import walk_newest
from jobs.reread import begin_reread
from jobs.sites import load_site

MOST = 50  # deliveries that one command begins again
MOST_LOOKED_AT = 5_000  # failed ones that are looked through for them
MOST_ALIKE = 20  # deliveries whose ids begin alike


def retry_apps(
    ctx: Context, site_key: str, apps: Collection[str], cause: Cause, *, whole: bool
) -> Retried:  # fmt: skip
    """What failed of these apps, and (`whole`) of the site's own repository. Raises NotFound."""
    state, catalog = load_site(ctx, site_key)
    names = _names(state, catalog, apps)
    if whole:
        names.add(state.site.repository.lower())
    failed = list(islice(_failed(ctx, names, but=cause.delivery), MOST))
    started = {d.guid for d in failed if ctx.store.deliveries.replay(d.guid)}
    reread = begin_reread(ctx, site_key, apps, cause, scratch=False)
    due = state.generation > state.published_generation
    if due:
        ctx.queue.enqueue_publish(site_key, now=ctx.clock())
    return Retried(
        deliveries=tuple(d for d in failed if d.guid in started),
        lost=tuple(d for d in failed if d.guid not in started),
        releases=reread.started,
        publishes=due,
        failed=reread.failed,
    )


def find_deliveries(ctx: Context, prefix: str, place: Place) -> list[Delivery]:
    """Those of the repositories in reach whose ids begin so."""
    names = {place.repository.lower()}
    for reach in place.reaches:
        if reach.whole:
            state, catalog = load_site(ctx, reach.site)
            names |= {
                *_names(state, catalog, [app.id for app in catalog.apps]),
                state.site.repository.lower(),
            }
    guids = ctx.store.deliveries.find_guids(prefix, MOST_ALIKE)
    found = [delivery for guid in guids if (delivery := ctx.store.deliveries.find(guid))]
    return [delivery for delivery in found if (delivery.repository or "").lower() in names]


def _names(state: SiteState, catalog: Catalog, apps: Collection[str]) -> set[str]:
    """The repositories of these apps, by any name that is known."""
    chosen = {app.repository.lower() for app in catalog.apps if app.id in apps}
    return chosen | {old for old, new in state.renamed.items() if new.lower() in chosen}


def _failed(ctx: Context, names: Collection[str], *, but: str | None) -> Iterator[Delivery]:
    """The failed deliveries of these repositories, the newest first."""
    walked = islice(walk_newest(ctx.store.deliveries, DeliveryState.FAILED), MOST_LOOKED_AT)
    return (d for d in walked if (d.repository or "").lower() in names and d.guid != but)
