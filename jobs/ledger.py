"""Compare the ledger with the queue: deliveries whose work is nowhere any more.

A Redis that lost its last second, or all; a worker that was killed between two steps; a site that went away
with its triggers: whatever the reason, nobody would ever settle such a delivery.
"""

import logging

from bot.context import Context
from bot.enqueue import JobState
from bot.records import Delivery, DeliveryState
from bot.store.walk import walk_newest
from jobs.reread import read_token
from jobs.runner import BUG
from jobs.sites import PUBLISH

log = logging.getLogger(__name__)


def mend_ledger(ctx: Context) -> int:
    """Route anew what was lost, and close what only waited for a publish that is over; how many."""
    queued = walk_newest(ctx.store.deliveries, DeliveryState.QUEUED)
    return sum(_mend(ctx, delivery) for delivery in list(queued))


def _mend(ctx: Context, delivery: Delivery) -> bool:
    jobs = [token for token in delivery.open if not token.startswith(PUBLISH)]
    states = {token: ctx.queue.state_of(token, delivery.guid) for token in jobs}
    if JobState.ALIVE in states.values():
        return False
    # read in this order: a job settles its token before it leaves the queue, and a publish its deliveries'
    # tokens before the site forgets their causes
    now = ctx.store.deliveries.find(delivery.guid)
    if now is None or now.state is not DeliveryState.QUEUED or now.open != delivery.open:
        return False
    if failed := [token for token, state in states.items() if state is JobState.FAILED]:
        ctx.store.deliveries.fail(delivery.guid, failed[0], BUG, ctx.now_ms())
    elif jobs:
        again = [job for token in jobs if (job := read_token(token)) is not None]
        for job in again:
            ctx.queue.enqueue(job)
        if len(again) < len(jobs):
            ctx.store.deliveries.replay(delivery.guid)
    else:
        return _close(ctx, delivery)
    log.warning("delivery_mended", extra={"delivery": delivery.guid, "jobs": jobs})
    return True


def _close(ctx: Context, delivery: Delivery) -> bool:
    """Settle the publishes that are not under way: those of sites that do not name this delivery."""
    mended = False
    for token in delivery.open:
        state = ctx.store.sites.find(token.removeprefix(PUBLISH))
        over = state is None or state.generation <= state.published_generation
        if state is None or (over and delivery.guid not in {cause.delivery for cause in state.causes}):
            ctx.store.deliveries.settle(delivery.guid, token, ctx.now_ms())
            log.warning("delivery_mended", extra={"delivery": delivery.guid, "token": token})
            mended = True
    return mended
