"""What a publish would do now, without doing it: nothing is written, and nobody is told."""

from collections.abc import Collection
from dataclasses import replace

from bot.catalog import Catalog
from bot.context import Context
from bot.decisions import Decisions, stamp
from bot.errors import BotError
from bot.records import Record, SiteState
from bot.source.kept_back import describe, find_waiting, let_through
from bot.source.plan import Commit, Unchanged
from bot.source.preview import Documents, Preview, Scope, choose_scope, planned, preview_outputs
from bot.source.requested import apply_requests
from bot.source.waiting import is_waiting
from jobs.desired import Inputs, Trial, load_inputs, plan_desired
from jobs.sites import todays_catalog


def preview_site(
    ctx: Context,
    state: SiteState,
    *,
    catalog: Catalog | None = None,
    decisions: Decisions | None = None,
    apps: Collection[str] | None = None,
) -> Preview:
    """The site as a publish would leave it, compared with how it is.

    `catalog` and `decisions` count instead of the branch's: those of a pull request. With `apps` (ids), only
    these are told of. Where nothing could be published (a lock that is too large, say), the preview's
    problems say why. Raises what passes by itself: Unavailable and its like.
    """
    try:
        last_valid = catalog or todays_catalog(state)
        inputs = load_inputs(ctx, state, last_valid, trial=Trial(catalog, decisions))
        found = _preview(ctx, _with_requests(ctx, state, inputs), apps)
        return replace(found, dropped=_dropped(state, last_valid))
    except BotError as error:
        if error.retry:
            raise
        return Preview(problems=(error.public,))


def _dropped(state: SiteState, catalog: Catalog) -> tuple[str, ...]:
    """What lies there from the catalog that is in force, and no other commit would touch."""
    if state.catalog is None:
        return ()
    named = {output.path for output in catalog.outputs}
    return tuple(one.path for one in todays_catalog(state).outputs if one.path not in named)


def _with_requests(ctx: Context, state: SiteState, inputs: Inputs) -> Inputs:
    """What was asked of the decisions and is not in git yet counts."""
    requests = [progress.request for progress in ctx.store.decision_edits.pending(state.site.key)]
    return replace(inputs, decisions=apply_requests(inputs.decisions, requests, ctx.clock()).decisions)


def _preview(ctx: Context, inputs: Inputs, apps: Collection[str] | None) -> Preview:
    plan = plan_desired(ctx, inputs, ()).plan
    judged = _judged(inputs, plan)
    catalog = inputs.catalog
    # of a private site, others than its own readers may be those who see this
    public = inputs.site.repository is not None and not inputs.site.repository.private
    scope = None if apps is None else choose_scope(apps, catalog, judged, document=public)
    before = planned(Unchanged((), (), (), ()), catalog, inputs.current)
    after = planned(plan, catalog, inputs.current)
    found = preview_outputs(catalog, before, after, scope)
    ids = {app.id for app in catalog.apps if apps is None or app.id in apps}
    held = find_waiting(catalog, judged, inputs.decisions.active(ctx.clock()), ids)
    return replace(
        found,
        problems=_problems(plan, scope),
        waiting=tuple(describe(record, reason) for record, reason in held),
        released=_release(ctx, inputs, [record for record, _ in held], after, scope) if held else None,
        unread=tuple(sorted(ids - {record.app for record in judged})),
    )


def _release(
    ctx: Context, inputs: Inputs, held: list[Record], after: Documents, scope: Scope | None
) -> Preview:
    """What else would change if these were let through."""
    at = stamp(ctx.clock())
    allowed = replace(inputs, decisions=let_through(held, inputs.decisions, at=at))
    plan = plan_desired(ctx, allowed, ()).plan
    then = planned(plan, inputs.catalog, inputs.current)
    return replace(preview_outputs(inputs.catalog, after, then, scope), problems=_problems(plan, scope))


def _judged(inputs: Inputs, plan: Unchanged | Commit) -> tuple[Record, ...]:
    """All records, with the verdicts of the plan."""
    changed = {record.key: record for record in plan.records}
    return tuple(changed.get(record.key, record) for record in inputs.records)


def _problems(plan: Unchanged | Commit, scope: Scope | None) -> tuple[str, ...]:
    """What keeps something out: refused files, and (of the whole site) what no file is to blame for."""
    refused = [
        f"{record.asset_name} of {record.tag} is refused: {record.verdict.reason or 'no reason is known'}"
        for record in plan.rejected
        if (scope is None or record.app in scope.apps) and not is_waiting(record.verdict)
    ]
    whole = [str(problem) for problem in plan.problems] if scope is None else []
    return tuple(dict.fromkeys([*refused, *whole]))
