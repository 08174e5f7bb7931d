"""Bring a site's branch up to what catalog, decisions and records say: one commit, or none."""

import logging
from collections.abc import Sequence

from bot.catalog import Catalog
from bot.context import Context
from bot.errors import BadSource, Conflict, RateLimited, Rejected
from bot.records import Cause, Proposal, SiteState
from jobs.announce import announce_waits
from jobs.asked import Asked, block_requests
from jobs.causes import Told, tell_causes
from jobs.commits import apply_plan
from jobs.desired import Desired
from jobs.due import plan_due
from jobs.notify import tell_adopted, tell_blocked, tell_changed_bytes, tell_problems, tell_rejected
from jobs.proposal import tell_waiting
from jobs.runner import job
from jobs.site_issue import refresh_site_issue
from jobs.sites import load_site, publish_token
from jobs.trace import follow
from jobs.troubles import note_planned
from jobs.writes import put_off

log = logging.getLogger(__name__)
RACES = 5  # plans in a row on a branch that somebody else keeps moving; then the job comes back later


def fail_causes(ctx: Context, reason: str, site_key: str, window: str) -> None:
    """The publish ended without success: so did what the deliveries among its causes waited for.

    Those that it took: what was triggered meanwhile gets a publish of its own, which may well mend it.
    """
    del window
    block_requests(ctx, site_key, reason)
    for guid in ctx.deliveries:
        ctx.store.deliveries.fail(guid, publish_token(site_key), reason, ctx.now_ms())


@job("publish", gave_up=fail_causes)
def publish_site(ctx: Context, site_key: str, window: str) -> None:
    """Everything triggered so far goes into one commit; what is triggered meanwhile gets a run of its own.

    `window` makes the job's id: one job a site and window.
    """
    generation, causes = ctx.store.sites.take(site_key)
    follow(ctx, causes)
    state, catalog = load_site(ctx, site_key)
    if generation <= state.published_generation:
        return
    if ctx.queue.is_passed_over(site_key, window, now=ctx.clock()):
        return
    try:
        commit, told = _publish(ctx, state, catalog, causes)
    except RateLimited as error:
        put_off(ctx, state, error)  # a job of its own then; nothing is taken from the causes before
        return
    note = tell_waiting(commit) if isinstance(commit, Proposal) else None
    made = None if isinstance(commit, Proposal) else commit
    for guid, led_to in told.commits(causes, made).items():
        unmade = None if led_to else note
        ctx.store.deliveries.settle(guid, publish_token(site_key), ctx.now_ms(), led_to, note=unmade)
    ctx.store.sites.published(site_key, generation, causes, ctx.now_ms())
    if commit is None and not told.before:  # what is told before may be by a try that was cut off
        ctx.queue.close_window(site_key, window)
    if ctx.store.sites.take(site_key)[0] > generation:
        ctx.queue.enqueue_publish(site_key, now=ctx.clock())
    refresh_site_issue(ctx, state)


def _publish(
    ctx: Context, state: SiteState, catalog: Catalog, causes: Sequence[Cause]
) -> tuple[str | Proposal | None, Told]:
    """Plan and commit; on a lost race at once again, on the new head. The commit's id, or what waits."""
    asked = Asked(ctx, state)
    for attempt in range(1, RACES + 1):
        try:
            desired = asked.load_desired(catalog, causes)
            for change in desired.plan.changed_bytes:  # before the commit, after which the lock knows them
                tell_changed_bytes(ctx, state, change)
            told = tell_causes(ctx, state, desired, causes)
            commit = apply_plan(ctx, state, desired, told.named)
        except Conflict:
            log.info("publish_race_lost", extra={"attempt": attempt})
            continue
        except BadSource as error:
            tell_problems(ctx, state, state.head or state.site.branch, [error.public])
            raise
        except Rejected as error:
            tell_blocked(ctx, state, error)
            raise
        asked.settle(desired, commit)
        if isinstance(commit, Proposal):
            _follow(ctx, state, desired, None)  # its records are published by the merge
            return commit, told
        ctx.store.records.set_published(told.held)
        _follow(ctx, state, desired, commit)
        return commit or told.lost, told
    raise Conflict(f"{state.site.key}: the branch keeps moving.")


def _follow(ctx: Context, state: SiteState, desired: Desired, commit: str | None) -> None:
    """Tell whom it concerns, then save the records whose verdict the gate changed.

    In this order: what is saved is no news to the next try, should telling fail.
    """
    plan = desired.plan
    before = {record.key: record for record in desired.records}
    for record in plan.rejected:
        tell_rejected(ctx, state, record)
    announce_waits(ctx, state, plan.waiting)
    for record in plan.records:
        ctx.store.records.amend(state.site.key, before[record.key], record)  # an ingest's newer one stays
    if plan.problems:
        tell_problems(ctx, state, desired.main.tree.commit, [str(problem) for problem in plan.problems])
    if desired.adopted and commit:
        tell_adopted(ctx, state, commit, desired.adopted)
    note_planned(ctx, state.site.key, problems=bool(plan.problems))
    plan_due(ctx, state.site.key, plan.due)
    if plan.missing_icons:
        log.warning("icons_missing", extra={"icons": list(plan.missing_icons)[:20]})
