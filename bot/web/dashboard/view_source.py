"""A published document as its readers will see it. No I/O.

It may be hand-made: every value in it is foreign, and what has not the expected form is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.web.dashboard.view_entry import EntryView, build_entry
from bot.web.dashboard.view_links import Link, check_link
from bot.web.dashboard.view_times import Moment
from bot.web.dashboard.view_values import Json, colour_of, line_of, lines_of, moment_of, objects_of, text_of

PAGE = 20  # apps
MOST_NEWS = 5


@dataclass(frozen=True, slots=True)
class NewsView:
    title: str
    caption: str
    released: Moment | None
    date: str
    link: Link | None


@dataclass(frozen=True, slots=True)
class SourceView:
    name: str
    subtitle: str
    description: str
    tint: str | None
    website: Link | None
    count: int  # apps
    apps: tuple[EntryView, ...]  # of the page
    news: tuple[NewsView, ...]
    next_page: int | None


def build_document(document: Json, icons: Mapping[str, str], *, page: int = 1, now_ms: int) -> SourceView:
    """`icons`: by the path at the end of an address, the digest of the picture that our store has."""
    apps = objects_of(document.get("apps"))
    first = (page - 1) * PAGE
    shown = list(enumerate(apps))[first : first + PAGE]
    website = check_link(text_of(document.get("website")))
    return SourceView(
        name=line_of(document.get("name")) or "Nameless",
        subtitle=line_of(document.get("subtitle")),
        description=lines_of(document.get("description")),
        tint=colour_of(document.get("tintColor")),
        website=Link(website, website) if website else None,
        count=len(apps),
        apps=tuple(build_entry(index, app, icons, now_ms) for index, app in shown),
        news=tuple(_news(item, now_ms) for item in objects_of(document.get("news"))[:MOST_NEWS]),
        next_page=page + 1 if first + PAGE < len(apps) else None,
    )


def _news(item: Json, now_ms: int) -> NewsView:
    date, url = line_of(item.get("date"), 40), check_link(text_of(item.get("url")))
    return NewsView(
        title=line_of(item.get("title")) or "Untitled",
        caption=lines_of(item.get("caption")),
        released=moment_of(date, now_ms),
        date=date,
        link=Link("Read more", url) if url else None,
    )
