"""A CI job says that a release's files are all there: nobody waits for them any longer.

What it said is kept with its time, so that every ingest of that release, also one which comes later, spares
the quiet period for files that were there by then. The quiet period alone: a pattern without a complete file
is waited for, whoever says what.
"""

from bot.context import Context
from bot.enqueue.hasten import hasten_ingests
from bot.errors import BotError, NotFound, NotReady
from bot.records import Job, RepositoryFacts
from jobs.runner import job
from jobs.sites import fetch_facts, load_site

AGAIN = 5.0  # seconds
PATIENCE_MS = 120_000  # for a release that is published right after its job has told


class NoRelease(BotError):
    """Nothing can be ended: the tag has no release. Failed, so that the ledger keeps the sentence."""

    code = "no_release"


@job("ready")
def take_ready(  # noqa: PLR0917 - a job's arguments come in order
    ctx: Context, site_key: str, repository: str, tag: str, told_ms: int, delivery: str | None
) -> None:
    """Note it, read the release now, and let those that wait for their time come as well.

    They find what the first has read: two of one release never run side by side.
    """
    load_site(ctx, site_key)
    facts = fetch_facts(ctx, repository)
    ctx.store.ready.note(site_key, facts.id, tag, told_ms)
    release_id = _find_release(ctx, facts, tag, told_ms)
    args = (site_key, facts.full_name, release_id, delivery)
    ingest = Job(name="ingest", args=args, site=site_key, delivery=delivery)
    if delivery is not None:
        ctx.store.deliveries.add_tokens(delivery, [ingest.token])
    ctx.queue.enqueue(ingest)
    hasten_ingests(ctx.queue, site_key, release_id)


def _find_release(ctx: Context, facts: RepositoryFacts, tag: str, told_ms: int) -> int:
    """Raises NotReady while it may still be on its way, then NoRelease."""
    try:
        return ctx.github.find_release(facts, tag)
    except NotFound:
        told = f"{facts.full_name} has no published release with the tag {tag}."
        if ctx.now_ms() - told_ms < PATIENCE_MS:
            raise NotReady(told, retry_after=AGAIN) from None
        raise NoRelease(told) from None
