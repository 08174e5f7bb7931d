"""The commands' port for deciding: what a site has decided, and what is asked of it."""

from dataclasses import dataclass, field, replace

from bot.commands import Intent, Standing
from bot.records import Cause, CauseKind, DecisionRequest, Job
from bot.source.requested import apply_requests
from jobs.desired import Trial, load_inputs
from jobs.readiness import moment
from jobs.roles import find_role
from jobs.sites import load_site, trigger_publish
from jobs.world import CommandWorld


@dataclass(frozen=True)
class DecidingWorld(CommandWorld):
    """As one command of a comment finds it."""

    repository: str = ""  # where the comment stands
    issue: int = 0
    place: int = 0  # of the command, among those of the comment
    line: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)  # site and request, of this command

    def at(self, place: int, line: str) -> "DecidingWorld":
        """For another command of the comment."""
        return replace(self, place=place, line=line, asked=[])

    def standing(self, site: str) -> Standing:
        """At the branch's head; nothing is written. Raises BadCatalog for decisions that cannot be read."""
        ctx = self.ctx
        state, catalog = load_site(ctx, site)
        inputs = load_inputs(ctx, state, catalog, trial=Trial())
        known = (progress.request for progress in ctx.store.decision_edits.pending(site))
        pending = [request for request in known if request.id != self._id]
        asked = moment(self.comment.created_at)
        now = max(ctx.clock(), asked)  # it is compared with files' times, which are GitHub's, too
        elsewhere = state.site.repository.lower() != self.repository.lower()
        return Standing(
            state=state, context=inputs.site, catalog=inputs.catalog,
            decisions=apply_requests(inputs.decisions, pending, now).decisions.active(now),
            records=inputs.records, adopted=inputs.lock.adopted if inputs.lock else (), now=now,
            actor=self.comment.author, link=self.comment.html_url,
            asked=asked, hidden=elsewhere and state.repository.private,
        )  # fmt: skip

    def role(self, site: str) -> str:
        """Looked up now."""
        state, _ = load_site(self.ctx, site)
        return find_role(self.ctx, state.site.repository, self.comment.author)

    def recorded(self, site: str) -> str | None:
        """A try that was cut off may not have come to the publish: it is asked for again."""
        progress = self.ctx.store.decision_edits.find(site, self._id)
        if progress is None:
            return None
        self.asked.append((site, self._id))
        trigger_publish(self.ctx, site, progress.request.cause)
        return progress.request.said

    def decide(self, site: str, intent: Intent) -> None:
        """Recorded before the publish is triggered: nothing is lost in between."""
        cause = Cause(
            kind=CauseKind.COMMAND, delivery=self.delivery, actor=self.comment.author, text=self.line,
            url=self.comment.html_url,
        )  # fmt: skip
        request = DecisionRequest(
            id=self._id, edits=intent.edits, title=intent.title, actor=self.comment.author,
            reason=intent.reason, cause=cause, at_ms=self.ctx.now_ms(), said=intent.said, then=self._job,
        )  # fmt: skip
        self.ctx.store.decision_edits.add(site, request)
        self.asked.append((site, self._id))
        trigger_publish(self.ctx, site, cause)

    @property
    def _id(self) -> str:
        return f"comment:{self.comment.id}:{self.place}"

    @property
    def _job(self) -> Job:
        """That which answers the comment."""
        args = (self.repository, self.issue, self.comment.id, self.delivery)
        return Job(name="command", args=args, delivery=self.delivery)
