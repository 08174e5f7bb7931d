"""What changes by time alone: a cooldown or a time in the stage is over, a decision runs out.

The publish that finds out when the next such time is plans a job for it. Should that get lost with Redis, the
sweep finds what has come, or plans it again: it needs no more than the catalog and the records.
"""

import logging

from bot.context import Context
from bot.decisions import Decisions
from bot.records import Cause, CauseKind, Job, SiteState
from bot.source.due import gate_times, next_due
from jobs.runner import job
from jobs.sites import todays_catalog, trigger_publish

log = logging.getLogger(__name__)
LONGEST = 30 * 86_400  # seconds: what is further away is for the sweep to plan
PLANNING = 30  # seconds; a publish is noted at its end: what came while it was under way counts as not seen


@job("due")
def publish_due(ctx: Context, site_key: str, due_ms: int) -> None:
    """It is time: `due_ms` makes the job's id, one a site and time."""
    del due_ms
    if ctx.store.sites.find(site_key) is not None:
        trigger_publish(ctx, site_key, Cause(kind=CauseKind.TIME))


def plan_due(ctx: Context, site_key: str, due: float | None) -> None:
    """Have the site published at `due` (seconds since 1970); None: there is nothing to come."""
    if due is None or due - ctx.clock() > LONGEST:
        return
    wanted = Job(name="due", args=(site_key, round(due * 1000)), site=site_key)
    ctx.queue.enqueue(wanted, delay=max(due - ctx.clock(), 0))


def watch_due(ctx: Context, state: SiteState) -> None:
    """For the sweep: what the gates and the stage of a site wait for; a sync looks at its decisions."""
    catalog = todays_catalog(state)
    if catalog.promote_after is None and all(app.cooldown is None for app in catalog.apps):
        return
    records = ctx.store.records.of_site(state.site.key)
    since = (state.last_publish_ms or 0) / 1000 - PLANNING
    if any(since < at <= ctx.clock() for at in gate_times(catalog, records)):
        log.info("due_was_missed", extra={"site": state.site.key})
        trigger_publish(ctx, state.site.key, Cause(kind=CauseKind.TIME))
    else:
        plan_due(ctx, state.site.key, next_due(catalog, records, Decisions(), ctx.clock()))
