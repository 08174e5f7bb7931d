"""Bring a site's branch up to what catalog, decisions and records say: one commit, or none."""

import logging
from collections.abc import Sequence

from bot.catalog import Catalog
from bot.context import Context
from bot.errors import BadSource, Conflict, Rejected
from bot.metrics.table import PUBLICATIONS
from bot.records import Cause, Publication, SiteState
from bot.source.plan import Commit
from jobs.branch import save_branch
from jobs.desired import Desired, load_desired
from jobs.live import enqueue_live, list_hosted
from jobs.notify import tell_adopted, tell_blocked, tell_problems, tell_rejected
from jobs.runner import job
from jobs.sites import load_site, publish_token

log = logging.getLogger(__name__)
RACES = 5  # plans in a row on a branch that somebody else keeps moving; then the job comes back later


def fail_causes(ctx: Context, reason: str, site_key: str, window: str) -> None:
    """The publish ended without success: so did what the deliveries among its causes waited for."""
    del window
    _, causes = ctx.store.sites.take(site_key)
    for guid in deliveries_of(causes):
        ctx.store.deliveries.fail(guid, publish_token(site_key), reason, ctx.now_ms())


@job("publish", gave_up=fail_causes)
def publish_site(ctx: Context, site_key: str, window: str) -> None:
    """Everything triggered so far goes into one commit; what is triggered meanwhile gets a run of its own.

    `window` makes the job's id: one job a site and window.
    """
    state, catalog = load_site(ctx, site_key)
    generation, causes = ctx.store.sites.take(site_key)
    if generation <= state.published_generation:
        return
    commit = _publish(ctx, state, catalog, causes)
    for guid in deliveries_of(causes):
        ctx.store.deliveries.settle(guid, publish_token(site_key), ctx.now_ms(), commit)
    ctx.store.sites.published(site_key, generation, len(causes), ctx.now_ms())
    if commit is None:
        ctx.queue.close_window(site_key, window)
    if ctx.store.sites.take(site_key)[0] > generation:
        ctx.queue.enqueue_publish(site_key, now=ctx.clock())


def deliveries_of(causes: Sequence[Cause]) -> list[str]:
    """The GUIDs among the causes, each once."""
    return list(dict.fromkeys(cause.delivery for cause in causes if cause.delivery))


def _publish(ctx: Context, state: SiteState, catalog: Catalog, causes: Sequence[Cause]) -> str | None:
    """Plan and commit; on a lost race at once again, on the new head. The commit's id, or None."""
    for attempt in range(1, RACES + 1):
        fresh = ctx.store.records.unpublished(state.site.key)
        try:
            desired = load_desired(ctx, state, catalog, causes)
            commit = _apply(ctx, state, desired, causes)
        except Conflict:
            log.info("publish_race_lost", extra={"attempt": attempt})
            continue
        except BadSource as error:
            tell_problems(ctx, state, state.head or state.site.branch, [error.public])
            raise
        except Rejected as error:
            tell_blocked(ctx, state, error)
            raise
        ctx.store.records.set_published(fresh)
        _follow(ctx, state, desired, commit)
        return commit or _earlier_commit(ctx, state, desired, causes)
    raise Conflict(f"{state.site.key}: the branch keeps moving.")


def _apply(ctx: Context, state: SiteState, desired: Desired, causes: Sequence[Cause]) -> str | None:
    """Commit what is planned and note it; nothing for an unchanged site."""
    plan, blobs = desired.plan, ctx.store.blobs
    if not isinstance(plan, Commit):
        save_branch(ctx, desired.main.site, desired.main.tree, desired.catalog)
        return None
    tree = desired.main.tree
    for branch, files in desired.split(plan.files):
        if files:
            tree = ctx.github.apply_commit(branch.site, branch.tree, files, desired.message, blobs)
            save_branch(ctx, branch.site, tree, desired.catalog)
            if branch.site.key == state.site.key:
                # the push that GitHub will announce is altpress's own: routing knows it by the head
                ctx.store.sites.note_head(state.site.key, tree.commit)
    publication = Publication(
        site=state.site.key, commit=tree.commit, parent=desired.main.tree.commit, subject=plan.subject,
        causes=tuple(causes), changes=plan.changes, at_ms=ctx.now_ms(),
        outputs=list_hosted(ctx, state, desired.catalog, tree, plan.files),
    )  # fmt: skip
    ctx.store.publications.add(publication)
    enqueue_live(ctx, publication)
    ctx.meter.count(PUBLICATIONS, state.site.key)
    log.info("site_published", extra={"commit": tree.commit, "subject": plan.subject})
    return tree.commit


def _earlier_commit(ctx: Context, state: SiteState, desired: Desired, causes: Sequence[Cause]) -> str | None:
    """The commit of a try of this publish that was cut off after it: the head, because of the same causes."""
    last = ctx.store.publications.latest(state.site.key)
    heads = {desired.main.tree.commit, desired.outputs.tree.commit}
    ours = last is not None and last.commit in heads and any(cause in last.causes for cause in causes)
    return last.commit if last is not None and ours else None


def _follow(ctx: Context, state: SiteState, desired: Desired, commit: str | None) -> None:
    """Tell whom it concerns, then save the records whose verdict the gate changed.

    In this order: what is saved is no news to the next try, should telling fail.
    """
    plan = desired.plan
    before = {record.key: record for record in desired.records}
    for record in plan.rejected:
        tell_rejected(ctx, state, record)
    for record in plan.records:
        ctx.store.records.amend(state.site.key, before[record.key], record)  # an ingest's newer one stays
    if plan.problems:
        tell_problems(ctx, state, desired.main.tree.commit, [str(problem) for problem in plan.problems])
    if desired.adopted and commit:
        tell_adopted(ctx, state, commit, desired.adopted)
    if plan.missing_icons:
        log.warning("icons_missing", extra={"icons": list(plan.missing_icons)[:20]})
