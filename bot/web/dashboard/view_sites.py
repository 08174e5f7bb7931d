"""Sites as the pages show them. No I/O."""

from dataclasses import dataclass

from bot.records import Publication, SiteState
from bot.web.dashboard.view_links import Badge, GitHubPages, Link, check_link
from bot.web.dashboard.view_publications import CauseView, build_causes
from bot.web.dashboard.view_times import Moment, build_moment

UP_TO_DATE = Badge("Up to date", "good")
PUBLISHING = Badge("Publishing", "busy")
WAITING = Badge("Waits for a merge", "busy")
BROKEN = Badge("Catalog broken", "bad")
NEW = Badge("Nothing published yet", "quiet")


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site: a card, or the head of its page."""

    key: str
    repository: Link
    branch: str
    badge: Badge
    behind: int  # triggers that are not published yet
    generation: int
    published_generation: int
    checked: Moment | None  # when altpress last looked whether something is to be published
    commit: Link | None
    committed: Moment | None
    problems: tuple[str, ...]
    waiting: tuple[CauseView, ...]
    in_force: bool  # there is a catalog that can be read, if not the newest
    proposal: Link | None = None  # the pull request in which the next commit is
    declined: bool = False  # which somebody closed


def build_site(state: SiteState, latest: Publication | None, pages: GitHubPages, now_ms: int) -> SiteView:
    name = state.repository.full_name
    return SiteView(
        key=state.site.key,
        repository=Link(name, pages.repository(name)),
        branch=state.site.branch,
        badge=badge_of(state, latest),
        behind=max(state.generation - state.published_generation, 0),
        generation=state.generation,
        published_generation=state.published_generation,
        checked=build_moment(state.last_publish_ms, now_ms),
        commit=pages.commit(name, latest.commit) if latest else None,
        committed=build_moment(latest.at_ms, now_ms) if latest else None,
        problems=state.problems,
        waiting=build_causes(state.causes),
        in_force=state.catalog is not None,
        proposal=_proposal(state),
        declined=bool(state.proposal and state.proposal.declined),
    )


def _proposal(state: SiteState) -> Link | None:
    waits = state.proposal
    if waits is None or waits.number is None:
        return None
    return Link(f"#{waits.number} {waits.subject}", check_link(waits.url))


def badge_of(state: SiteState, latest: Publication | None) -> Badge:
    """The worst that is true."""
    if state.problems:
        return BROKEN
    if state.generation > state.published_generation:
        return PUBLISHING
    if state.proposal and state.proposal.number is not None and not state.proposal.declined:
        return WAITING
    return UP_TO_DATE if latest or state.last_publish_ms else NEW
