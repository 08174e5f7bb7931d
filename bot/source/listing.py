"""Which versions an output lists, and in which order: the one place that answers it. No I/O.

`select_apps` says what may be listed of each app at all. An output chooses among that by its `View`; outputs
with the same view list the same, so that they are made once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.catalog import STABLE, App, Output, find_channel
from bot.lock import Adopted
from bot.records import Record
from bot.source.adopted import is_superseded
from bot.source.decided import is_named
from bot.source.order import order_records, order_versions, published
from bot.source.retention import find_kept, systems_of
from bot.source.select import Available

Version = Record | Adopted


@dataclass(frozen=True, slots=True)
class View:
    """What an output chooses."""

    channels: frozenset[str] = frozenset({STABLE})
    apps: frozenset[str] | None = None  # ids in lower case; None: all, also what the catalog does not feed
    archive: bool = False  # what `keep` leaves out, instead of what it leaves
    stage: bool = False  # it lists what is staged, too
    tracks: tuple[tuple[str, frozenset[str]], ...] = ()  # SideStore's name for it, and the channels

    def names(self, app: App) -> bool:
        """Whether the output is for that app."""
        return self.apps is None or app.id.lower() in self.apps


@dataclass(frozen=True, slots=True)
class Track:
    """Versions that only SideStore shows, to users who choose so."""

    name: str
    records: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What an output lists of one app: recorded versions newest first, adopted ones in their order."""

    app: App | None  # None: adopted whole, the catalog does not feed it
    entry: Adopted | None  # the hand-made app entry, if there was one
    bundle_identifier: str
    records: tuple[Record, ...]
    adopted: tuple[Adopted, ...]
    order: tuple[Version, ...]  # all of these in one: a pinned one first, else never a lower before a higher
    tracks: tuple[Track, ...] = ()

    @property
    def key(self) -> str:
        """What tells it from the output's other apps, also of the same bundle ID."""
        return f"app {self.app.id}" if self.app else f"adopted {self.bundle_identifier}"

    @property
    def versions(self) -> tuple[Version, ...]:
        """As they are listed."""
        if len(self.order) == len(self.records) + len(self.adopted):
            return self.order
        mine = {id(version) for version in (*self.records, *self.adopted)}
        return tuple(version for version in self.order if id(version) in mine)


def view_of(output: Output) -> View:
    tracks = output.release_channels or {}
    return View(
        channels=frozenset(output.channels),
        apps=None if output.apps is None else frozenset(app.lower() for app in output.apps),
        archive=output.archive,
        stage=output.stage,
        tracks=tuple((name, frozenset(channels)) for name, channels in sorted(tracks.items(), reverse=True)),
    )


def shows(view: View, app: App, channel: str) -> bool:
    """Whether an output with that view lists versions of an app that are in that channel."""
    channels = view.channels.union(*(channels for _, channels in view.tracks))
    return channel in channels and view.names(app)


def may_list(view: View, app: App) -> bool:
    """Whether an output with that view may list versions of the app, for everybody."""
    channels = {app.channel, *(rule.channel for rule in app.channels)}
    return not channels.isdisjoint(view.channels) and view.names(app)


def list_apps(available: Iterable[Available], view: View) -> list[Selection]:
    """What an output with that view lists of each of its apps; an app may have nothing there."""
    return [list_versions(app, view) for app in available if _has(view, app)]


def list_versions(available: Available, view: View) -> Selection:
    """What an output with that view lists of an app."""
    app = available.app
    if app is None:
        lines = available.adopted
        return Selection(None, available.entry, available.bundle_identifier, (), lines, lines)
    hand_made = available.adopted if app.channel in view.channels else ()  # nobody said which channel
    listed = _list(available, app, _in_channels(available, app, view, view.channels), hand_made, view)
    tracks = _list_tracks(available, app, listed, view) if view.tracks else ()
    return Selection(app, available.entry, available.bundle_identifier, *listed, tracks)


def _has(view: View, available: Available) -> bool:
    """Whether the app belongs into the output; what the catalog does not feed is stable, and all kept."""
    if available.app is None:
        return view.apps is None and STABLE in view.channels and not view.archive
    return view.names(available.app)


_Listed = tuple[tuple[Record, ...], tuple[Adopted, ...], tuple[Version, ...]]


def _list(
    available: Available, app: App, chosen: Iterable[Record], hand_made: Iterable[Adopted], view: View
) -> _Listed:
    """Of the chosen records and the hand-made versions: those that are listed, and both in their order."""
    records = order_records(_deduplicate(chosen), by_time=app.downgrades)
    adopted = [line for line in hand_made if not is_superseded(line, records)]
    if not available.pins and app.keep is None and not view.archive:  # all is listed, as in most catalogs
        versions = order_versions(records, adopted, by_time=app.downgrades) if adopted else records
        return tuple(records), tuple(adopted), tuple(versions)
    versions = order_versions(records, adopted, by_time=app.downgrades)
    first = next((v for pin in available.pins for v in versions if is_named(pin, app, v)), None)
    ordered = sorted(versions, key=lambda version: version is not first)  # stable
    kept = find_kept([systems_of(version) for version in ordered], app.keep)
    order = tuple(v for place, v in enumerate(ordered) if (place in kept) is not view.archive)
    listed = {id(version) for version in order}
    return (
        tuple(record for record in records if id(record) in listed),
        tuple(line for line in adopted if id(line) in listed),
        order,
    )


def _list_tracks(available: Available, app: App, listed: _Listed, view: View) -> tuple[Track, ...]:
    """Each track with what neither the document's own versions nor a track before it have."""
    known = {_number(record) for record in listed[0]}
    tracks = []
    for name, channels in view.tracks:
        chosen = _in_channels(available, app, view, channels)
        records, _, order = _list(available, app, [r for r in chosen if _number(r) not in known], (), view)
        known |= {_number(record) for record in records}
        tracks.append(Track(name, tuple(one for one in order if isinstance(one, Record))))
    return tuple(track for track in tracks if track.records)


def _in_channels(available: Available, app: App, view: View, channels: frozenset[str]) -> list[Record]:
    """The records of these channels that the output may list."""
    records = [r for r in available.records if view.stage or r.staged_at is None]
    if not app.channels:
        return records if app.channel in channels else []
    return [r for r in records if find_channel(app, tag=r.tag, prerelease=r.prerelease) in channels]


def _deduplicate(records: Iterable[Record]) -> list[Record]:
    """One record a version and build: the newest published."""
    return list({_number(record): record for record in sorted(records, key=published)}.values())


def _number(record: Record) -> tuple[str, str]:
    assert record.facts is not None
    return record.facts.version, record.facts.build_version
