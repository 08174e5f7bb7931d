"""How far a rebuild is, told to the script that waits. No I/O."""

from dataclasses import dataclass

from bot.enqueue.outcomes import Outcome
from bot.records import Publication
from bot.web.dashboard.view_links import GitHubPages, Link

BUG = "Something went wrong inside altpress; its log says more."


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known about a rebuild that was asked for at `since_ms`."""

    since_ms: int
    outcome: Outcome | None
    crashed: bool
    published_generation: int
    latest: Publication | None


def render_rebuild(progress: Progress, pages: GitHubPages) -> dict[str, object]:
    """`settled` when there is nothing to wait for any more."""
    outcome = progress.outcome
    if outcome is None or outcome.at_ms < progress.since_ms:
        if progress.crashed:
            return _tell("Failed", "bad", BUG, settled=True)
        return _tell("Rebuilding", "busy", "Reading the releases …")
    if outcome.generation == 0:
        return _tell("Failed", "bad", outcome.text, settled=True)
    if progress.published_generation < outcome.generation:
        return _tell("Publishing", "busy", f"{outcome.text} Publishing …")
    label, tone = ("Rebuilt", "good") if outcome.done else ("Incomplete", "bad")
    latest = progress.latest
    if latest is None or latest.at_ms < progress.since_ms:
        return _tell(label, tone, f"{outcome.text} The source is up to date.", settled=True)
    commit = pages.commit(latest.site.partition("@")[0], latest.commit)
    return _tell(label, tone, f"{outcome.text} Published as", settled=True, link=commit)


def _tell(
    label: str, tone: str, text: str, *, settled: bool = False, link: Link | None = None
) -> dict[str, object]:
    shown = {"text": link.text, "url": link.url} if link else None
    return {"settled": settled, "label": label, "tone": tone, "text": text, "link": shown}
