"""Compare everything with GitHub, whatever webhooks did or did not say."""

import logging

from bot.context import Context
from bot.enqueue.reachable import reachable
from bot.errors import BotError
from bot.github.repositories import FoundSite
from bot.metrics.table import SWEPT
from bot.migrate import Migrator
from bot.records import Cause, CauseKind, Job, SiteState
from jobs.certificate import watch_certificate
from jobs.due import watch_due
from jobs.ledger import mend_ledger
from jobs.live import watch_latest
from jobs.readiness import moment
from jobs.redelivery import ask_again
from jobs.runner import job
from jobs.silence import watch_silence
from jobs.trace import caused

log = logging.getLogger(__name__)


@job("sweep")
def sweep(ctx: Context) -> None:
    """Sync and scan every site, find new ones, take up what got lost here or on the way, purge old rows."""
    known = {state.site.key: state for state in ctx.store.sites.all()}
    for state in known.values():
        ctx.github.learn(state.site)
    found = _discover(ctx, set(known))
    for key in sorted({*known, *found}):
        ctx.queue.enqueue(Job(name="sync", args=(key, None), site=key))
    for key, state in known.items():
        if state.catalog is not None:
            ctx.queue.enqueue(Job(name="scan", args=(key, None, None), site=key))
            _publish_leftovers(ctx, state)
            watch_latest(ctx, key)
            watch_due(ctx, state)
    asked = ask_again(ctx, known.values())
    silent = watch_silence(ctx, known.values())
    mended = mend_ledger(ctx)
    if Migrator(ctx.store.database, clock=ctx.clock).is_due():
        ctx.queue.enqueue(Job(name="catch-up"))
    purged = ctx.store.purge(ctx.now_ms(), ctx.settings.keep_deliveries_days)
    counts = {"sites": len(known), "new": len(found), "mended": mended, "asked": asked, "silent": silent}
    watch_certificate(ctx)
    with reachable():
        ctx.counts.forget_processes(ctx.clock())
    ctx.meter.set(SWEPT, ctx.clock())
    log.info("swept", extra={**counts, "purged": purged})


def _publish_leftovers(ctx: Context, state: SiteState) -> None:
    """What a job changed, or triggered, that died before it put the publish into the queue.

    A site that cannot be published for days gets no cause more from each sweep: there is room for so many.
    """
    key = state.site.key
    if state.generation <= state.published_generation:
        if ctx.store.records.is_published(key):
            return
        ctx.store.sites.trigger(key, caused(ctx, Cause(kind=CauseKind.SWEEP)))
    ctx.queue.enqueue_publish(key, now=ctx.clock())


def _discover(ctx: Context, known: set[str]) -> set[str]:
    """Keys of repositories that may have become sites since they were looked at last."""
    found: set[str] = set()
    try:
        for candidate in ctx.github.discover_sites():
            if candidate.site.key not in known and _changed_since_last_look(ctx, candidate):
                found.add(candidate.site.key)
    except BotError as error:
        # one suspended installation must not keep the known sites from being looked at
        log.warning("discovery_incomplete", extra={"code": error.code, "reason": error.public})
    return found


def _changed_since_last_look(ctx: Context, candidate: FoundSite) -> bool:
    """A repository without a catalog costs nothing until somebody pushes to it again."""
    seen = ctx.store.repositories.find(candidate.repository.full_name)
    if seen is None or candidate.pushed_at is None:
        return True
    return moment(candidate.pushed_at) * 1000 >= seen[1]
