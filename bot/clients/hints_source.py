"""All hints about a document, the source's own first. No I/O."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from bot.clients.hints import (
    CLASSIC_22,
    FAMILY,
    FEATHER,
    LIVECONTAINER,
    PAL,
    SIDESTORE,
    Hint,
    Json,
    objects,
    warn,
)
from bot.clients.hints_app import hints_of_app
from bot.clients.hints_tracks import hints_of_tracks
from bot.clients.hints_version import hints_of_packages, hints_of_versions
from bot.clients.model import Path
from bot.clients.text import shown
from bot.clients.unknown_keys import hints_of_unknown_keys
from bot.clients.values import colour

_MOST = 20_000  # hints of one document: an empty app is two bytes, and lacks many things
_SHOWN_FEATURED = 5
# dictionaries of translations -> the plain text that stands in where no language fits
_PLAIN = {
    "localizedDescriptions": "localizedDescription",
    "localizedTitles": "title",
    "localizedCaptions": "caption",
}


def build_hints(source: Any, *, now: datetime | None = None) -> list[Hint]:
    """What accepted documents still do wrong; `now` (with a time zone) finds dates in the future.

    Reads any JSON; parts of an unexpected type are left to the check of the document.
    """
    if not isinstance(source, dict):
        return []
    return list(islice(_hints(source, now), _MOST))


def _hints(source: Json, now: datetime | None) -> Iterator[Hint]:
    yield from _identifier(source)
    yield from _featured(source)
    yield from _colours(source, ())
    for index, app in objects(source.get("apps")):
        at: Path = ("apps", index)
        yield from hints_of_app(source, app, at)
        yield from _colours(app, at)
        yield from _default_texts(app, at)
        yield from hints_of_versions(app, at, now)
        yield from hints_of_packages(app, at)
        yield from hints_of_tracks(app, at)
    yield from _news(source)
    yield from hints_of_unknown_keys(source)


def _identifier(source: Json) -> Iterator[Hint]:
    if source.get("identifier") is None:
        text = "without `identifier`, AltStore 1.x refuses the source and others go by its address."
        yield warn(SIDESTORE | FEATHER, "noIdentifier", ("identifier",), text, "add `identifier`")


def _bundles(source: Json) -> set[Any]:
    named = (app.get("bundleIdentifier") for _, app in objects(source.get("apps")))
    return {name for name in named if isinstance(name, str)}


def _featured(source: Json) -> Iterator[Hint]:
    featured = source.get("featuredApps")
    if not isinstance(featured, list):
        return
    known = _bundles(source)
    for index, name in enumerate(featured):
        if isinstance(name, str) and name not in known:
            text = f"no app has the bundle ID {shown(name)}; it is passed over."
            yield warn(
                FAMILY, "unknownFeaturedApp", ("featuredApps", index), text, "name an app of the source"
            )
    if len(featured) > _SHOWN_FEATURED:
        text = f"{len(featured)} apps are featured; {_SHOWN_FEATURED} are shown."
        yield warn(FAMILY, "tooManyFeatured", ("featuredApps",), text, f"name {_SHOWN_FEATURED} at most")


def _news(source: Json) -> Iterator[Hint]:
    known, seen = _bundles(source), set()
    for index, item in objects(source.get("news")):
        at: Path = ("news", index)
        app, name = item.get("appID"), item.get("identifier")
        if isinstance(app, str) and app not in known:
            text = f"no app has the bundle ID {shown(app)}; the item leads to none."
            yield warn(FAMILY, "unknownNewsApp", (*at, "appID"), text, "name an app of the source")
        if isinstance(name, str) and name in seen:
            text = f"another item has the identifier {shown(name)}: one of the two is lost."
            yield warn(
                FAMILY, "duplicateNews", (*at, "identifier"), text, "give every item its own identifier"
            )
        seen.add(name if isinstance(name, str) else None)
        yield from _colours(item, at)
        yield from _default_texts(item, at)


def _colours(value: Json, at: Path) -> Iterator[Hint]:
    """AltStore says so itself; the others take anything and show something else."""
    tint = value.get("tintColor")
    if isinstance(tint, str) and colour(tint):
        text = "Feather shows black, or takes the last two of eight digits as opacity."
        yield warn(FEATHER, "ambiguousColour", (*at, "tintColor"), text, "write #RRGGBB")
        text = "LiveContainer shows no colour, or takes the last two of eight digits as opacity."
        yield warn(LIVECONTAINER, "ambiguousColour", (*at, "tintColor"), text, "write #RRGGBB")


def _default_texts(value: Json, at: Path) -> Iterator[Hint]:
    """AltStore 2.2 refuses the source on a device that asks for none of the languages given."""
    for names, plain in _PLAIN.items():
        if value.get(names) and value.get(plain) is None:
            text = f"without `{plain}`, devices in other languages refuse the whole source."
            yield warn(CLASSIC_22 | PAL, "noDefaultText", (*at, plain), text, f"add `{plain}`")
