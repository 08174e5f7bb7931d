"""Publications and their causes as the pages show them. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.records import Cause, CauseKind, Publication
from bot.replies.watching import tell_live
from bot.web.dashboard.view_links import GitHubPages, Link, check_link
from bot.web.dashboard.view_times import Moment, build_moment

MOST_CAUSES = 20


@dataclass(frozen=True, slots=True)
class CauseView:
    why: Link
    delivery: str | None  # the GUID


@dataclass(frozen=True, slots=True)
class PublicationView:
    """One commit to a site."""

    site: str
    commit: Link
    subject: str
    changes: tuple[str, ...]
    causes: tuple[CauseView, ...]
    more: int  # causes that are not listed
    at: Moment | None
    live: str | None  # whether people can get it


def build_publication(publication: Publication, pages: GitHubPages, now_ms: int) -> PublicationView:
    repository = publication.site.partition("@")[0]
    causes = build_causes(publication.causes)
    return PublicationView(
        site=publication.site,
        commit=pages.commit(repository, publication.commit),
        subject=publication.subject,
        changes=publication.changes,
        causes=causes[:MOST_CAUSES],
        more=max(len(causes) - MOST_CAUSES, 0),
        at=build_moment(publication.at_ms, now_ms),
        live=tell_live(publication),
    )


def build_causes(causes: Iterable[Cause]) -> tuple[CauseView, ...]:
    """Each reason once, oldest first; the first delivery that brought it stands for all."""
    told: dict[Link, CauseView] = {}
    for cause in causes:
        why = Link(tell_cause(cause), check_link(cause.url))
        told.setdefault(why, CauseView(why, cause.delivery))
    return tuple(told.values())


def tell_cause(cause: Cause) -> str:
    where = f" of {cause.repository}" if cause.repository else ""
    match cause.kind:
        case CauseKind.RELEASE:
            return f"release {cause.tag}{where}" if cause.tag else f"a release{where} is gone"
        case CauseKind.CATALOG:
            return "the catalog changed"
        case CauseKind.COMMAND:
            by = f" by {cause.actor}" if cause.actor else ""
            return f"{cause.text or 'a command'}{by}"
        case CauseKind.SWEEP:
            return "the regular comparison with GitHub"
        case CauseKind.TIME:
            return "the time has come"
        case CauseKind.PULL:
            return cause.text or "a pull request"
