"""A release changed: bring what is known about its files up to date, and publish."""

from bot.context import Context
from bot.enqueue.hasten import hasten_ingests
from bot.records import Cause, CauseKind, Job, Release
from bot.replies.unwanted import explain_unwanted
from jobs.causes import is_held_back
from jobs.notify import raise_later
from jobs.reading import Reader
from jobs.runner import job
from jobs.sites import fetch_facts, load_site, trigger_publish
from jobs.trace import caused


@job("ingest")
def ingest_release(
    ctx: Context, site_key: str, repository: str, release_id: int, delivery: str | None
) -> None:
    """Read the release afresh; what can be read is kept and published, even where another file must wait.

    Also published is what an earlier try changed that was cut off before it said so.
    """
    state, catalog = load_site(ctx, site_key)

    def because(release: Release | None, tag: str | None) -> Cause:
        url = release.html_url if release else None
        cause = Cause(kind=CauseKind.RELEASE, delivery=delivery, repository=repository, tag=tag, url=url)
        return caused(ctx, cause)

    facts = fetch_facts(ctx, repository)
    reading = Reader(ctx, state, catalog, facts, because=because).read_release(release_id)
    if reading.release is None:  # those that still wait for its files need not
        hasten_ingests(ctx.queue, site_key, release_id)
    assert reading.cause is not None
    if reading.changed or is_held_back(ctx, site_key, reading.cause):
        trigger_publish(ctx, site_key, reading.cause)
    raise_later(reading.later)
    apps = [app for app in catalog.apps if app.repository.lower() == facts.full_name.lower()]
    note = explain_unwanted(apps, reading.release) if reading.release else None
    if delivery and note:
        token = Job(name="ingest", args=(site_key, repository, release_id, delivery)).token
        ctx.store.deliveries.settle(delivery, token, ctx.now_ms(), note=note)
