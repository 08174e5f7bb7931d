"""Versions that wait at a gate, and what came of letting one through. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.catalog import Catalog
from bot.records import Record, RequestProgress, RequestState
from bot.source.decided import name_version
from bot.source.order import published
from bot.source.waiting import COOLDOWN, is_waiting
from bot.web.dashboard.view_links import Badge, GitHubPages, Link, check_link
from bot.web.dashboard.view_times import Moment, build_moment_of

APPROVAL = Badge("Waits for approval", "busy")
COOLING = Badge("Cools down", "quiet")
MOST = 50  # that a page lists


@dataclass(frozen=True, slots=True)
class WaitView:
    """One row."""

    file: str  # `Record.key`: what the button names
    app: str
    version: Link  # to its release
    badge: Badge
    reason: str
    uploaded: Moment | None


def build_waits(catalog: Catalog, records: Iterable[Record], now_ms: int) -> tuple[WaitView, ...]:
    """Newest first; those of apps that the catalog still has."""
    waiting = [r for r in records if is_waiting(r.verdict) and r.facts and catalog.app(r.app)]
    return tuple(_build(record, now_ms) for record in sorted(waiting, key=published, reverse=True)[:MOST])


def badge_of(record: Record) -> Badge:
    return COOLING if record.verdict.code == COOLDOWN else APPROVAL


def _build(record: Record, now_ms: int) -> WaitView:
    return WaitView(
        file=record.key,
        app=record.app,
        version=Link(name_version(record), check_link(record.release_url)),
        badge=badge_of(record),
        reason=record.verdict.reason or "",
        uploaded=build_moment_of(record.updated_at, now_ms),
    )


def render_approval(progress: RequestProgress | None, pages: GitHubPages, site: str) -> dict[str, object]:
    """For the script that waits; `settled` when there is nothing to wait for any more."""
    if progress is None:
        return _tell("Failed", "bad", "The database no longer knows of it: press again.", settled=True)
    repository = site.partition("@")[0]
    match progress.state:
        case RequestState.COMMITTED if progress.commit is not None:
            done = pages.commit(repository, progress.commit)
            return _tell("Approved", "good", "Published as", settled=True, link=done)
        case RequestState.COMMITTED | RequestState.UNCHANGED:
            return _tell("Approved", "good", "It is approved.", settled=True)
        case RequestState.REFUSED:
            return _tell("Failed", "bad", progress.reason or "It was refused.", settled=True)
        case RequestState.PENDING if progress.pull is not None or progress.blocked:
            pull = Link("Pull request", check_link(progress.pull)) if progress.pull else None
            return _tell("Waiting", "busy", progress.reason or "It waits.", settled=True, link=pull)
        case RequestState.PENDING:
            return _tell("Publishing", "busy", "Publishing …")


def _tell(
    label: str, tone: str, text: str, *, settled: bool = False, link: Link | None = None
) -> dict[str, object]:
    shown = {"text": link.text, "url": link.url} if link and link.url else None
    return {"settled": settled, "label": label, "tone": tone, "text": text, "link": shown}
