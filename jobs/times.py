"""How long people waited for a publication."""

from bot.context import Context
from bot.metrics.table import PUBLICATIONS, RELEASE_COMMIT_SECONDS
from bot.records import CauseKind, Publication

MOST_CAUSES = 100  # whose deliveries are looked up


def count_commit(ctx: Context, publication: Publication) -> None:
    """A commit was made: one more of the site's, and one time for each release that it tells of."""
    ctx.meter.count(PUBLICATIONS, publication.site)
    for announced_ms in find_announced(ctx, publication):
        ctx.meter.observe(RELEASE_COMMIT_SECONDS, max(publication.at_ms - announced_ms, 0) / 1000)


def find_announced(ctx: Context, publication: Publication) -> list[int]:
    """When its releases were announced first, in milliseconds: one time a release that a webhook told of."""
    first: dict[tuple[str | None, str | None], int] = {}
    causes = [c for c in publication.causes if c.kind is CauseKind.RELEASE and c.delivery is not None]
    for cause in causes[:MOST_CAUSES]:
        delivery = ctx.store.deliveries.find(cause.delivery or "")
        if delivery is not None:
            release = (cause.repository, cause.tag)
            first[release] = min(first.get(release, delivery.received_ms), delivery.received_ms)
    return list(first.values())
