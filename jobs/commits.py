"""A planned commit is made and noted; one that was made and never noted is found again."""

import logging
from collections.abc import Iterator, Sequence

from bot import lock as lockfile
from bot.context import Context
from bot.github.history import PastCommit
from bot.github.publisher import SiteTree, count_writes
from bot.records import Cause, Proposal, Publication, SiteState
from bot.source.history import parse_message
from bot.source.message import names_cause
from bot.source.plan import Commit, Unchanged
from jobs.branch import save_branch
from jobs.desired import Desired
from jobs.edits import tell_edits
from jobs.live import enqueue_live, list_hosted
from jobs.pictures import commit_pictures
from jobs.proposal import look_up, with_causes
from jobs.times import count_commit
from jobs.writes import reserve_writes

log = logging.getLogger(__name__)


def apply_plan(
    ctx: Context, state: SiteState, desired: Desired, causes: Sequence[Cause]
) -> str | Proposal | None:
    """Commit what is planned and note it, or propose it; nothing for an unchanged site.

    All its writes are reserved before the first. Raises WritesWait, and Conflict on a lost race.
    """
    plan, waiting = desired.plan, look_up(ctx, state, desired)
    if isinstance(plan, Unchanged):
        _remember(ctx, desired)
        waiting.finish()
        return waiting.merged
    causes = waiting.join(causes)
    desired = with_causes(desired, causes)
    parts = [(branch, files) for branch, files in desired.split(plan.files) if files]
    if (standing := waiting.find_standing(desired, *parts[0], causes)) is not None:
        return standing
    commit_pictures(ctx, state, desired, waiting)
    reserve_writes(ctx, state.site, sum(count_writes(files) for _, files in parts))
    tell_edits(ctx, state, desired)
    trees = []
    for branch, files in parts:
        tree = waiting.commit(desired, branch, files)
        if tree is None:  # what follows on another branch waits, too: the lock is first to tell of it
            return waiting.propose(desired, branch, files, causes)
        trees.append((branch, tree))
    publication = _note(ctx, state, desired, trees[-1][1], causes)
    for branch, tree in trees:
        save_branch(ctx, branch.site, tree, desired.catalog, ours=True)
        if branch.site.key == state.site.key:
            # the push that GitHub will announce is altpress's own: routing knows it by the head
            ctx.store.sites.note_head(state.site.key, tree.commit)
    enqueue_live(ctx, publication)
    waiting.finish(f"it is committed as {publication.commit}, without a pull request.")
    return publication.commit


def _remember(ctx: Context, desired: Desired) -> None:
    """Everything is as it should be: what lies there now counts as altpress's own."""
    kept = not desired.plan.problems  # an output with problems stays as it is, whoever wrote it
    for branch in {id(b): b for b in (desired.main, desired.outputs)}.values():
        save_branch(ctx, branch.site, branch.tree, desired.catalog, ours=kept)


def _note(
    ctx: Context, state: SiteState, desired: Desired, tree: SiteTree, causes: Sequence[Cause]
) -> Publication:
    """The row of the publication: written first of all that follows the commit."""
    plan = desired.plan
    assert isinstance(plan, Commit)
    publication = Publication(
        site=state.site.key, commit=tree.commit, parent=desired.main.tree.commit, subject=plan.subject,
        causes=tuple(causes), changes=plan.changes, at_ms=ctx.now_ms(),
        outputs=list_hosted(ctx, state, desired.catalog, tree, plan.files),
    )  # fmt: skip
    ctx.store.publications.add(publication)
    count_commit(ctx, publication)
    log.info("site_published", extra={"commit": tree.commit, "subject": plan.subject})
    return publication


def note_lost(
    ctx: Context, state: SiteState, desired: Desired, causes: Sequence[Cause], own: Sequence[Cause] = ()
) -> str | None:
    """The newest commit that is altpress's, for one of these causes, and has no row; each gets its row.

    `own` are causes that it may name besides.

    A worker that is killed between the commit and its row leaves such a one, and so does an answer of
    GitHub's that got lost. The commit itself says why it was made. At most one request, and none while the
    head is the last publication.
    """
    last = ctx.store.publications.latest(state.site.key)
    outputs = desired.outputs
    heads = {desired.main.tree.commit, outputs.tree.commit}
    if not causes or desired.main.sha(lockfile.PATH) is None or (last and last.commit in heads):
        return None
    found: list[Publication] = []
    for commit in ctx.github.fetch_commits(outputs.site, outputs.tree.commit):
        if last and commit.sha == last.commit:
            break
        if any(names_cause(commit.message, cause) for cause in causes):
            both = dict.fromkeys((*causes, *own))
            named = tuple(cause for cause in both if names_cause(commit.message, cause))
            found.append(_again(ctx, state, desired, commit, named))
    for publication in _in_order(found, last):
        ctx.store.publications.add(publication)
        enqueue_live(ctx, publication)
        log.info("publication_found_again", extra={"commit": publication.commit})
    return found[0].commit if found else None


def _in_order(found: Sequence[Publication], last: Publication | None) -> Iterator[Publication]:
    """The oldest first, each after the one before: git knows whole seconds only."""
    at_ms = last.at_ms if last is not None else 0
    for publication in reversed(found):
        at_ms = max(publication.at_ms, at_ms + 1)
        yield publication.model_copy(update={"at_ms": at_ms})


def _again(
    ctx: Context, state: SiteState, desired: Desired, commit: PastCommit, causes: tuple[Cause, ...]
) -> Publication:
    """Its row; what the public address must show is known of the head alone."""
    tree = desired.outputs.tree
    written = {output.path for output in desired.catalog.outputs} if commit.sha == tree.commit else set()
    told = parse_message(commit.message)
    return Publication(
        site=state.site.key, commit=commit.sha, parent=commit.parent, at_ms=commit.at_ms, causes=causes,
        subject=commit.message.partition("\n")[0], changes=told.changes if told else (),
        outputs=list_hosted(ctx, state, desired.catalog, tree, written),
    )  # fmt: skip
