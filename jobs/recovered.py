"""A database that has just begun: what was decided and waits in a pull request is asked for again.

Until the merge, git has it on the branch of the pull request alone; the next plan would take it out of there.
"""

from bot.context import Context
from bot.decisions import (
    PATH,
    AddDecision,
    Decision,
    DecisionEdit,
    Decisions,
    RemoveDecisions,
    parse_decisions,
)
from bot.records import Cause, CauseKind, DecisionRequest, SiteState
from bot.source.proposal import Pull, branch_name
from jobs.branch import Branch, open_branch


def recover_requests(ctx: Context, state: SiteState) -> None:
    """Once for each site and database. Raises BadCatalog when the decisions cannot be read."""
    key = _key(state)
    if state.proposal is not None or ctx.store.notices.is_known(key):
        return
    if not ctx.store.decision_edits.pending(state.site.key):
        pulls = ctx.github.find_pulls(state.site, branch_name(state.site.branch))
        for pull in [pull for pull in pulls if pull.open][:1]:
            _recover(ctx, state, pull)
    ctx.store.notices.claim(key, ctx.now_ms())


def recover_anew(ctx: Context) -> None:
    """Have every site's pull request looked at once more: what waited is in no backup."""
    for state in ctx.store.sites.all():
        ctx.store.notices.unclaim(_key(state))


def _key(state: SiteState) -> str:
    return f"recovered:{state.site.key}"


def _recover(ctx: Context, state: SiteState, pull: Pull) -> None:
    proposed = Branch(ctx, state.site, ctx.github.fetch_tree(state.site, pull.head_sha))
    edits = _compare(_read(open_branch(ctx, state.site)), _read(proposed))
    if not edits:
        return
    actor = next((edit.decision.actor for edit in edits if isinstance(edit, AddDecision)), "somebody")
    request = DecisionRequest(
        id=f"pull:{pull.number}", edits=edits, title=f"Keep what waits in #{pull.number}", actor=actor,
        cause=Cause(kind=CauseKind.COMMAND, text=f"what waits in #{pull.number}"), at_ms=ctx.now_ms(),
    )  # fmt: skip
    ctx.store.decision_edits.add(state.site.key, request)


def _read(branch: Branch) -> Decisions:
    data = branch.read(PATH)
    return Decisions() if data is None else parse_decisions(data)


def _compare(before: Decisions, after: Decisions) -> tuple[DecisionEdit, ...]:
    gone = [one for one in before.decisions if one not in after.decisions]
    new = [one for one in after.decisions if one not in before.decisions]
    return (*map(_remove, gone), *(AddDecision(decision=one) for one in new))


def _remove(one: Decision) -> RemoveDecisions:
    return RemoveDecisions(kind=one.kind, app=one.app, versions=(one.version,) if one.version else ())
