"""What was asked of a site's decisions: taken into the next commit, and answered when that is on the branch.

A publish may be killed at any point: a request is pending until its outcome is written down, and a commit
says in its trailers which requests it holds. So one that was tried is looked for on the branch before it is
made again, which costs requests of GitHub only after a try that was cut off, or lost the race. Anybody who
may push can write trailers: those of a commit whose decisions are not as was asked count for nothing.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot import decisions as decisionsfile
from bot.catalog import Catalog
from bot.context import Context
from bot.enqueue.hasten import hasten_job
from bot.errors import BadCatalog, BadSource, NotFound
from bot.records import Cause, CauseKind, DecisionRequest, Proposal, RequestProgress, RequestState, SiteState
from bot.source.message import names_request
from bot.source.plan import Commit
from bot.source.requested import apply_requests
from bot.store.decision_edits import MOST
from jobs.branch import Branch
from jobs.desired import Desired, load_inputs, plan_desired
from jobs.recovered import recover_requests

log = logging.getLogger(__name__)
OLDEST = 50  # commits of the decisions that are looked through


@dataclass
class Asked:
    """The requests of one publish."""

    ctx: Context
    state: SiteState
    pending: list[RequestProgress] = field(default_factory=list)
    full: bool = False  # there may be more than one commit takes in

    def load_desired(self, catalog: Catalog, causes: Sequence[Cause]) -> Desired:
        """The plan on the branch's head with everything that is pending now.

        Raises BadCatalog when the decisions or the lock cannot be read.
        """
        inputs = load_inputs(self.ctx, self.state, catalog)
        recover_requests(self.ctx, self.state)
        found = self.ctx.store.decision_edits.pending(self._key)
        self.pending, self.full = self._leave_made(inputs.main, found), len(found) == MOST
        desired = plan_desired(self.ctx, inputs, causes, [progress.request for progress in self.pending])
        if isinstance(desired.plan, Commit):
            self.ctx.store.decision_edits.note_tried(self._key, desired.plan.decided)
        return desired

    def settle(self, desired: Desired, commit: str | Proposal | None) -> None:
        """The plan is carried out, by a commit or for the time being by a pull request."""
        made = desired.plan.decided if isinstance(desired.plan, Commit) else ()
        waits = isinstance(commit, Proposal) and not commit.declined
        for progress in self.pending:
            if progress.request not in made:
                self._end_idle(progress, desired.main, commit)
        if not isinstance(commit, Proposal):
            self._end(made, RequestState.COMMITTED, commit=commit)
        elif commit.declined:
            self._end(made, RequestState.REFUSED, reason=f"Somebody closed pull request #{commit.number}.")
        else:
            reason = f"It waits in pull request #{commit.number}."
            self.ctx.store.decision_edits.note_waits(self._key, made, reason, pull=commit.url)
        wake(self.ctx, [progress.request for progress in self.pending])
        if self.full and not (waits and len(made) == MOST):
            self._go_on()

    @property
    def _key(self) -> str:
        return self.state.site.key

    def _leave_made(self, main: Branch, pending: Sequence[RequestProgress]) -> list[RequestProgress]:
        """Without those that an earlier try got onto the branch, whose outcome that is."""
        if not any(progress.tried for progress in pending):
            return list(pending)
        commits = self.ctx.github.fetch_commits(
            main.site, main.tree.commit, path=decisionsfile.PATH, limit=OLDEST
        )
        made: dict[str, str] = {}
        for commit in commits:
            named = [p.request for p in pending if names_request(commit.message, p.request.id)]
            if named and self._holds(main, commit.sha, named):
                made |= {request.id: commit.sha for request in named}
        for progress in pending:
            if progress.request.id in made:
                self._end([progress.request], RequestState.COMMITTED, commit=made[progress.request.id])
                wake(self.ctx, [progress.request])
        return [progress for progress in pending if progress.request.id not in made]

    def _holds(self, main: Branch, commit: str, requests: Sequence[DecisionRequest]) -> bool:
        """Whether making them there would change nothing."""
        try:
            at = Branch(self.ctx, main.site, self.ctx.github.fetch_tree(main.site, commit))
            data = at.read(decisionsfile.PATH)
            known = decisionsfile.parse_decisions(data) if data is not None else decisionsfile.Decisions()
        except (BadCatalog, BadSource, NotFound):
            return False
        return not apply_requests(known, requests, self.ctx.clock()).made

    def _end_idle(self, progress: RequestProgress, main: Branch, commit: str | Proposal | None) -> None:
        """Everything is as it wants it: somebody merged it under another message, or was first."""
        state = RequestState.UNCHANGED if progress.pull is None else RequestState.COMMITTED
        found = commit if isinstance(commit, str) and progress.pull is not None else None
        self._end([progress.request], state, commit=found or (main.tree.commit if progress.pull else None))

    def _end(
        self, requests: Iterable[DecisionRequest], state: RequestState, *, commit: str | None = None,
        reason: str | None = None,
    ) -> None:  # fmt: skip
        for request in requests:
            self.ctx.store.decision_edits.settle(
                self._key, request.id, state, self.ctx.now_ms(), commit=commit, reason=reason
            )
            log.info("decision_settled", extra={"request": request.id, "state": state, "commit": commit})

    def _go_on(self) -> None:
        """What one commit had no room for is the next one's; a pull request has to be merged before."""
        cause = Cause(kind=CauseKind.COMMAND, text="those that came before")
        self.ctx.store.sites.trigger(self._key, cause)


def revive_requests(ctx: Context, state: SiteState) -> bool:
    """Have those made that no publish is to come for: whoever asked was cut off. Whether there are any."""
    if state.generation > state.published_generation:
        return False
    lost = [p.request for p in ctx.store.decision_edits.pending(state.site.key) if p.pull is None]
    for request in lost:
        ctx.store.sites.trigger(state.site.key, request.cause)
    return bool(lost)


def block_requests(ctx: Context, site_key: str, reason: str) -> None:
    """A publish ended without success: what was asked for stays pending, and those who asked are told why."""
    waiting = [p.request for p in ctx.store.decision_edits.pending(site_key) if p.pull is None]
    ctx.store.decision_edits.note_waits(site_key, waiting, reason, blocked=True)
    wake(ctx, waiting)


def wake(ctx: Context, requests: Iterable[DecisionRequest]) -> None:
    """Whoever waits for the outcome need not wait longer."""
    for job in dict.fromkeys(request.then for request in requests):
        if job is not None:
            hasten_job(ctx.queue, job)
