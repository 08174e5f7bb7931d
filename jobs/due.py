"""What changes by time alone: a cooldown or a time in the stage is over, a decision runs out.

The publish that finds out when the next such time is notes it and plans a job for it. Should that get lost
with Redis, the sweep finds what has come, or plans it again.
"""

import logging

from bot.context import Context
from bot.records import Cause, CauseKind, Job, SiteState
from jobs.runner import job
from jobs.sites import trigger_publish

log = logging.getLogger(__name__)
LONGEST = 30 * 86_400  # seconds: what is further away is for the sweep to plan


@job("due")
def publish_due(ctx: Context, site_key: str, due_ms: int) -> None:
    """It is time: `due_ms` makes the job's id, one a site and time."""
    del due_ms
    if ctx.store.sites.find(site_key) is not None:
        trigger_publish(ctx, site_key, Cause(kind=CauseKind.TIME))


def plan_due(ctx: Context, site_key: str, due: float | None) -> None:
    """Have the site published at `due` (seconds since 1970); None: there is nothing to come."""
    due_ms = None if due is None else round(due * 1000)
    ctx.store.sites.note_due(site_key, due_ms)
    if due_ms is not None:
        _enqueue(ctx, site_key, due_ms)


def watch_due(ctx: Context, state: SiteState) -> None:
    """For the sweep: what the last plan of a site waits for."""
    if state.due_ms is None:
        return
    if state.due_ms > ctx.now_ms():
        _enqueue(ctx, state.site.key, state.due_ms)
    elif state.generation <= state.published_generation:  # else a publish comes anyway
        log.info("due_was_missed", extra={"site": state.site.key})
        trigger_publish(ctx, state.site.key, Cause(kind=CauseKind.TIME))


def _enqueue(ctx: Context, site_key: str, due_ms: int) -> None:
    delay = due_ms / 1000 - ctx.clock()
    if delay <= LONGEST:
        ctx.queue.enqueue(Job(name="due", args=(site_key, due_ms), site=site_key), delay=max(delay, 0))
