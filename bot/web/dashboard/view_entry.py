"""An app of a published document as its readers will see it. No I/O."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.source.text import clean_line
from bot.source.tracks import STABLE, TRACKS
from bot.web.dashboard.view_links import Link, check_link
from bot.web.dashboard.view_times import Moment
from bot.web.dashboard.view_values import (
    Json,
    colour_of,
    line_of,
    lines_of,
    moment_of,
    objects_of,
    tell_size,
    text_of,
)

MOST_VERSIONS = 5  # of an app, or of a track
MOST_LISTED = 60  # permissions of a kind
MOST_SCREENSHOTS = 10
MOST_TRACKS = 8
_ICON = re.compile(r"/(icons/[0-9a-f]{16}\.png)$")


@dataclass(frozen=True, slots=True)
class VersionView:
    name: str  # "1.2 (57)"
    released: Moment | None
    date: str  # as it stands there
    notes: str
    size: str | None
    min_os: str | None
    download: Link


@dataclass(frozen=True, slots=True)
class TrackView:
    """What SideStore's users can choose."""

    name: str
    versions: tuple[VersionView, ...]


@dataclass(frozen=True, slots=True)
class PermissionView:
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class EntryView:
    """An app of the document."""

    index: int  # in `apps`, as the clients' problems have it
    name: str
    letter: str
    icon: str | None  # sha256 of a picture of ours
    bundle: str
    developer: str
    subtitle: str
    description: str
    category: str
    tint: str | None  # six hexadecimal digits
    patrons: bool
    versions: tuple[VersionView, ...]
    more: int  # versions that are not shown
    entitlements: tuple[PermissionView, ...]
    privacy: tuple[PermissionView, ...]
    screenshots: tuple[Link, ...]
    tracks: tuple[TrackView, ...]


def build_entry(index: int, app: Json, icons: Mapping[str, str], now_ms: int) -> EntryView:
    name = line_of(app.get("name")) or "Nameless"
    found = _ICON.search(text_of(app.get("iconURL")))
    versions = objects_of(app.get("versions"))
    permissions = app.get("appPermissions")
    asked: Json = permissions if isinstance(permissions, dict) else {}
    tracks = [t for t in objects_of(app.get(TRACKS)) if t.get("track") != STABLE][:MOST_TRACKS]
    return EntryView(
        index=index,
        name=name,
        letter=next((c for c in name if c.isalnum()), "?").upper(),
        icon=icons.get(found[1]) if found else None,
        bundle=line_of(app.get("bundleIdentifier")),
        developer=line_of(app.get("developerName")),
        subtitle=line_of(app.get("subtitle")),
        description=lines_of(app.get("localizedDescription")),
        category=line_of(app.get("category"), 40),
        tint=colour_of(app.get("tintColor")),
        patrons="patreon" in app,
        versions=_versions(versions, now_ms),
        more=max(len(versions) - MOST_VERSIONS, 0),
        entitlements=_permissions(asked.get("entitlements"), _entitlement),
        privacy=_permissions(asked.get("privacy"), _privacy),
        screenshots=_screenshots(app),
        tracks=tuple(
            TrackView(line_of(track.get("track"), 40), _versions(objects_of(track.get("releases")), now_ms))
            for track in tracks
        ),
    )


def _versions(items: Sequence[Json], now_ms: int) -> tuple[VersionView, ...]:
    return tuple(_version(item, now_ms) for item in items[:MOST_VERSIONS])


def _version(item: Json, now_ms: int) -> VersionView:
    build, date = line_of(item.get("buildVersion"), 60), line_of(item.get("date"), 40)
    number = line_of(item.get("version"), 60) or "no version"
    return VersionView(
        name=line_of(item.get("marketingVersion"), 60) or (f"{number} ({build})" if build else number),
        released=moment_of(date, now_ms),
        date=date,
        notes=lines_of(item.get("localizedDescription")),
        size=tell_size(item.get("size")),
        min_os=line_of(item.get("minOSVersion"), 20) or None,
        download=Link("Download", check_link(text_of(item.get("downloadURL")))),
    )


def _permissions(value: Any, make: Callable[[str, Any], PermissionView]) -> tuple[PermissionView, ...]:
    """In each of the forms that there have been: names, names with texts, objects with a name."""
    if isinstance(value, dict):
        pairs = [(str(name), text) for name, text in value.items()]
    elif isinstance(value, list):
        pairs = [_named(one) for one in value if isinstance(one, str | dict)]
    else:
        pairs = []
    return tuple(make(name, text) for name, text in pairs[:MOST_LISTED])


def _named(one: str | dict[str, Any]) -> tuple[str, Any]:
    return (one, None) if isinstance(one, str) else (text_of(one.get("name")), one.get("usageDescription"))


def _entitlement(name: str, value: Any) -> PermissionView:
    del value
    return PermissionView(clean_line(name))


def _privacy(name: str, text: Any) -> PermissionView:
    """`NSCameraUsageDescription` is `Camera` to people, as AltStore shows it."""
    return PermissionView(
        clean_line(name.removeprefix("NS").removesuffix("UsageDescription")), line_of(text, 500)
    )


def _screenshots(app: Json) -> tuple[Link, ...]:
    """As links: no page loads a picture from elsewhere."""
    value = app.get("screenshots") or app.get("screenshotURLs")
    groups = value.values() if isinstance(value, dict) else (value,)
    items = [item for group in groups if isinstance(group, list) for item in group]
    addresses = [text_of(item.get("imageURL")) if isinstance(item, dict) else text_of(item) for item in items]
    good = [url for address in addresses[:MOST_SCREENSHOTS] if (url := check_link(address))]
    return tuple(Link(f"Screenshot {number}", url) for number, url in enumerate(good, start=1))
