"""A release changed: bring what is known about its files up to date, and publish."""

from bot.context import Context
from bot.enqueue.hasten import hasten_ingests
from bot.records import Cause, CauseKind
from jobs.notify import raise_later
from jobs.reading import Reader
from jobs.runner import job
from jobs.sites import fetch_facts, load_site, trigger_publish


@job("ingest")
def ingest_release(
    ctx: Context, site_key: str, repository: str, release_id: int, delivery: str | None
) -> None:
    """Read the release afresh; what can be read is kept and published, even where another file must wait.

    Also published is what an earlier try changed that was cut off before it said so.
    """
    state, catalog = load_site(ctx, site_key)
    reading = Reader(ctx, state, catalog, fetch_facts(ctx, repository)).read_release(release_id)
    if reading.release is None:  # those that still wait for its files need not
        hasten_ingests(ctx.queue, site_key, release_id)
    if reading.changed or not ctx.store.records.is_published(site_key):
        release = reading.release
        cause = Cause(
            kind=CauseKind.RELEASE,
            delivery=delivery,
            repository=repository,
            tag=reading.tag,
            url=release.html_url if release else None,
        )
        trigger_publish(ctx, site_key, cause)
    raise_later(reading.later)
