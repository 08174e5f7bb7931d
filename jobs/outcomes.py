"""What came of a comment's commands, as far as they decide something."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.context import Context
from bot.errors import Underway
from bot.records import RequestProgress, RequestState, SaidAnswer
from bot.replies.decisions import render_outcome

LONGEST = 120.0  # seconds beyond the publish interval that a reply waits for the commit
SOON, LATE = 2.0, 20.0  # seconds until the next look; the publish brings it forward


@dataclass(frozen=True)
class Outcomes:
    """Of the commands that were answered so far."""

    ctx: Context
    said: Mapping[int, SaidAnswer]

    def check(self) -> None:
        """Raise Underway while something may still come of a command by itself, for a bounded time."""
        ages = [self._age(progress) for _, progress in self._asked() if _is_open(progress)]
        if ages and max(ages) < LONGEST + self.ctx.settings.publish_interval:
            wait = min(max(max(ages) / 4, SOON), LATE)
            raise Underway("What was decided is not committed yet.", retry_after=wait)

    @property
    def idle(self) -> bool:
        """Whether nothing had to be done for any of them."""
        unchanged = {
            request.request.id for _, request in self._asked() if request.state is RequestState.UNCHANGED
        }
        return all(
            said.idle or (said.asked and all(request in unchanged for _, request in said.asked))
            for said in self.said.values()
        )

    def rendered(self, repository: str) -> list[tuple[str, str, bool]]:
        """Each command's line, its answer with what came of it, and whether it was done."""
        return [self._render(self.said[place], repository) for place in sorted(self.said)]

    def _render(self, answer: SaidAnswer, repository: str) -> tuple[str, str, bool]:
        found = [
            (site, progress)
            for site, progress in self._asked()
            if (site, progress.request.id) in answer.asked
        ]
        told = dict.fromkeys(self._tell(site, progress, repository) for site, progress in found)
        done = all(p.state in {RequestState.COMMITTED, RequestState.UNCHANGED} or p.pull for _, p in found)
        return answer.line, "\n\n".join([answer.text, *told]), answer.done and done

    def _asked(self) -> list[tuple[str, RequestProgress]]:
        keys = [pair for place in sorted(self.said) for pair in self.said[place].asked]
        found = [(site, self.ctx.store.decision_edits.find(site, request)) for site, request in keys]
        return [(site, progress) for site, progress in found if progress is not None]

    def _age(self, progress: RequestProgress) -> float:
        return (self.ctx.now_ms() - progress.request.at_ms) / 1000

    def _tell(self, site: str, progress: RequestProgress, repository: str) -> str:
        """Without an address or a reason where the site is not for the eyes of those who read there."""
        state = self.ctx.store.sites.find(site)
        own = state is not None and state.site.repository.lower() == repository.lower()
        if state is None or (state.repository.private and not own):
            pull = None if progress.pull is None else ""
            return render_outcome(progress.model_copy(update={"pull": pull, "reason": None}), None)
        url = f"{state.repository.html_url}/commit/{progress.commit}" if progress.commit else None
        return render_outcome(progress, url)


def _is_open(progress: RequestProgress) -> bool:
    """Whether its outcome is still to come, without anybody's doing."""
    return progress.state is RequestState.PENDING and progress.pull is None and not progress.blocked
