"""Commits that wait in a pull request, where a branch takes none from altpress or the catalog asks for it.

There is one pull request a site. What is open is read from GitHub at each publish: the site's row only saves
asking where nothing waits, and keeps the causes. `bot/source/proposal.py` decides what is to be done.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot import lock as lockfile
from bot.context import Context
from bot.errors import NotAllowed, ProtectedBranch
from bot.github.publisher import SiteTree, count_writes
from bot.metrics.table import PUBLICATIONS
from bot.records import Cause, Notice, NoticePlace, Proposal, Publication, SiteState
from bot.records.blobs import blob_id
from bot.replies import hidden
from bot.replies.proposals import Proposed, render_foreign, render_proposal, render_superseded
from bot.source.message import build_body
from bot.source.plan import Commit
from bot.source.proposal import (
    BranchHead,
    Decision,
    Pull,
    branch_name,
    decide,
    digest_files,
    mark_superseded,
    may_remove,
    render_mark,
)
from jobs.branch import Branch, save_branch
from jobs.desired import Desired
from jobs.live import enqueue_live, list_hosted
from jobs.outbox import post
from jobs.sites import publish_token
from jobs.writes import reserve_writes

log = logging.getLogger(__name__)
MOST_CAUSES = 500
OTHER_BRANCH = "what waits is to go into another branch now."
NOTHING_LEFT = "the branch is as it should be, so nothing is left to merge."
Files = Mapping[str, bytes | None]


@dataclass(frozen=True)
class Waiting:
    """What waits for a site at the time of one publish."""

    ctx: Context
    state: SiteState
    pulls: Sequence[Pull]  # of the site's branch, newest first
    known: Proposal  # as the site's row has it; without a number: nothing is known to wait
    merged: str | None = None  # the commit by which what was known to wait has been published

    @property
    def branch(self) -> str:
        return branch_name(self.state.site.branch)

    def join(self, causes: Sequence[Cause]) -> tuple[Cause, ...]:
        """With the causes of what still waits: one commit, or one pull request, is for all of them.

        Each sweep looks whether it still waits, under an id of its own: the first to say so is enough, or
        they would crowd the releases out.
        """
        before = () if self.merged else self.known.causes
        told = {_words_of(cause) for cause in before if not cause.delivery}
        fresh = [cause for cause in causes if cause.delivery or _words_of(cause) not in told]
        return tuple(dict.fromkeys([*before, *fresh]))[:MOST_CAUSES]

    def commit(self, desired: Desired, part: Branch, files: Files) -> SiteTree | None:
        """The commit on the branch itself; None when it must be proposed instead. Raises Conflict."""
        if desired.catalog.mode == "pull-request":
            return None
        try:
            return self.ctx.github.apply_commit(
                part.site, part.tree, files, desired.message, self.ctx.store.blobs
            )
        except ProtectedBranch as error:
            log.info("branch_protected", extra={"branch": part.site.branch, "reason": error.public})
            return None

    def find_standing(
        self, desired: Desired, part: Branch, files: Files, causes: Sequence[Cause]
    ) -> Proposal | None:
        """What waits, when it is just this and nothing is to be done: then nothing is written anywhere."""
        wanted = digest_files(part.site.branch, part.tree.blobs, files)
        if self.known.digest != wanted:
            return None
        if desired.catalog.mode == "commit" and not self.ctx.github.is_protected(part.site):
            return None
        decision = decide(wanted, part.site.branch, self._head(), self.pulls)
        if decision.push or decision.edit or decision.open or decision.close or decision.blocked:
            return None
        return self._note(desired, part, files, causes, decision)

    def propose(self, desired: Desired, part: Branch, files: Files, causes: Sequence[Cause]) -> Proposal:
        """Have exactly this proposed. Raises NotAllowed where somebody else works on the branch for it."""
        wanted, site = digest_files(part.site.branch, part.tree.blobs, files), self.state.site
        decision = decide(wanted, part.site.branch, self._head(), self.pulls)
        if decision.blocked:
            raise NotAllowed(
                f"{site.key}: the branch {self.branch} holds commits that altpress did not make."
            )
        for number in decision.close:
            self._close(number, OTHER_BRANCH)
        if (decision.push or decision.open) and self.known.number is None:
            # killed from here on, nobody would know that something waits: the next look asks GitHub
            self.ctx.store.sites.note_proposal(site.key, None)
        if decision.push:
            tried = desired.catalog.mode == "commit"  # what was reserved for the commit itself is spent
            reserve_writes(self.ctx, site, count_writes(files) + 1 if tried else 1)
            self.ctx.github.push_proposal(site, self.branch, part.tree, files, desired.message, wanted)
            for path in (output.path for output in desired.catalog.outputs):
                if (data := files.get(path)) is not None:  # for the dashboard, which shows what is proposed
                    self.ctx.store.blobs.put(blob_id(data), data)
        plan = desired.plan
        assert isinstance(plan, Commit)
        words = (plan.subject, render_proposal(_tell(desired, part, causes), render_mark(wanted)))
        if decision.edit is not None:
            self.ctx.github.edit_pull(site, decision.edit, *words)
        if decision.open:
            pull = self.ctx.github.open_pull(site, self.branch, part.site.branch, *words)
            decision = replace(decision, stands=pull.number)
            log.info("proposal_opened", extra={"number": pull.number, "subject": plan.subject})
            return self._note(desired, part, files, causes, decision, pull)
        return self._note(desired, part, files, causes, decision)

    def finish(self, why: str = NOTHING_LEFT) -> None:
        """Nothing waits any more: what is open is closed, and its branch goes."""
        for pull in self.pulls:
            if pull.open:
                self._close(pull.number, why)
        if self.pulls or self.known.number is not None:
            head = self._head()
            if head is not None and may_remove(head, self.pulls):
                self.ctx.github.remove_branch(self.state.site, self.branch)
        if self.state.proposal != Proposal():
            self.ctx.store.sites.note_proposal(self.state.site.key, Proposal())

    def _head(self) -> BranchHead | None:
        return self.ctx.github.find_branch_head(self.state.site, self.branch)

    def _close(self, number: int, why: str) -> None:
        """Said once; the mark in its text tells later that it was altpress who closed it."""
        site, pull = self.state.site, next(pull for pull in self.pulls if pull.number == number)
        key = f"superseded:{site.key}:{number}"
        self._say(key, number, f"{render_superseded(why)}\n\n{hidden('superseded', key)}")
        self.ctx.github.close_pull(site, number, mark_superseded(pull.body))
        log.info("proposal_closed", extra={"number": number, "reason": why})

    def _note(  # noqa: PLR0917  # what is proposed, and what became of it
        self, desired: Desired, part: Branch, files: Files, causes: Sequence[Cause], decision: Decision,
        opened: Pull | None = None,
    ) -> Proposal:  # fmt: skip
        """Remember what waits, and the branch as it was read."""
        number = decision.stands or decision.declined
        pull = opened or next((pull for pull in self.pulls if pull.number == number), None)
        if decision.foreign is not None and pull is not None:
            self._tell_foreign(pull)
        assert isinstance(desired.plan, Commit)
        proposal = Proposal(
            number=number, url=pull.url if pull else "", base=part.site.branch, parent=part.tree.commit,
            digest=digest_files(part.site.branch, part.tree.blobs, files), subject=desired.plan.subject,
            changes=desired.plan.changes, causes=tuple(causes), declined=decision.declined is not None,
            partial=part.site.branch != desired.outputs.site.branch,
            files={path: blob_id(data) for path, data in files.items() if data is not None},
            at_ms=self.known.at_ms if self.known.number == number else self.ctx.now_ms(),
        )  # fmt: skip
        self.ctx.store.sites.note_proposal(self.state.site.key, proposal)
        save_branch(self.ctx, part.site, part.tree, desired.catalog)
        return proposal

    def _tell_foreign(self, pull: Pull) -> None:
        key = f"foreign:{self.state.site.key}:{pull.number}:{pull.head_sha}"
        self._say(key, pull.number, render_foreign(pull.head_sha, hidden("foreign", key)))

    def _say(self, key: str, number: int, body: str) -> None:
        """A comment on the pull request, once."""
        site = self.state.site
        notice = Notice(place=NoticePlace.THREAD, repository=site.repository, where=str(number), body=body)
        post(self.ctx, site.key, key, notice)


def look_up(ctx: Context, state: SiteState, desired: Desired) -> Waiting:
    """What waits, as GitHub has it; what was merged since is noted as published.

    No request where nothing is known to wait; one where something does, or where nobody knows.
    """
    known = state.proposal or Proposal()
    if state.proposal is not None and known.number is None:
        return Waiting(ctx, state, (), known)
    pulls = ctx.github.find_pulls(state.site, branch_name(state.site.branch))
    pull = next((pull for pull in pulls if pull.number == known.number), None)
    merged = pull.merge_commit if pull is not None and not known.partial else None
    if merged is not None:
        _note_merged(ctx, state, desired, known, merged)
    return Waiting(ctx, state, pulls, known, merged)


def with_causes(desired: Desired, causes: Sequence[Cause]) -> Desired:
    """The plan with the words for these causes."""
    plan = desired.plan
    if not isinstance(plan, Commit):
        return desired
    return replace(
        desired, plan=replace(plan, body=build_body(plan.changes, plan.rejected, causes, plan.decided))
    )


def tell_waiting(proposal: Proposal) -> str:
    """For the ledger: how the work of a delivery ended."""
    said = "Somebody declined it in" if proposal.declined else "It waits in"
    return f"{said} pull request #{proposal.number}: {proposal.url}"


def _note_merged(ctx: Context, state: SiteState, desired: Desired, known: Proposal, commit: str) -> None:
    """By the merge its versions are published; twice is the same as once.

    Its outputs are those that were merged: the branch may have moved on since.
    """
    merged = replace(desired.outputs.tree, blobs=known.files)
    publication = Publication(
        site=state.site.key, commit=commit, parent=known.parent, subject=known.subject, causes=known.causes,
        changes=known.changes, at_ms=ctx.now_ms(),
        outputs=list_hosted(ctx, state, desired.catalog, merged, known.files),
    )  # fmt: skip
    ctx.store.publications.add(publication)
    enqueue_live(ctx, publication)
    ctx.meter.count(PUBLICATIONS, state.site.key)  # when somebody merges is not altpress's time
    for guid in dict.fromkeys(cause.delivery for cause in known.causes if cause.delivery):
        ctx.store.deliveries.settle(guid, publish_token(state.site.key), ctx.now_ms(), commit)
    log.info("proposal_merged", extra={"commit": commit, "number": known.number})


def _words_of(cause: Cause) -> Cause:
    return cause.model_copy(update={"origin": None})


def _tell(desired: Desired, part: Branch, causes: Sequence[Cause]) -> Proposed:
    plan, catalog = desired.plan, desired.catalog
    assert isinstance(plan, Commit)
    return Proposed(
        base=part.site.branch, subject=plan.subject, changes=plan.changes, causes=causes,
        rejected=plan.rejected, adopted=desired.adopted,
        accepted_by=[] if plan.problems else [(output.path, output.clients) for output in catalog.outputs],
        protected=catalog.mode == "commit",
        lock_only=part.site.branch != desired.outputs.site.branch and lockfile.PATH in plan.files,
    )  # fmt: skip
