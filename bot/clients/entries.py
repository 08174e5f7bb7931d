"""The versions that a client knows of an app, and which of them an IPA belongs to. No I/O."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from bot.clients.model import Path
from bot.ipa.model import IpaInfo

_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one app, and where both stand in the document."""

    app: _Json
    version: _Json
    app_at: Path
    at: Path  # of the version; the app's own in the legacy form, whose keys have the same names


def list_entries(app: _Json, app_at: Path, *, channels: bool = False) -> list[Entry]:
    """The versions of `versions`, else the one of the legacy fields, which has neither build nor limits.

    `channels`: as SideStore, to which a stable track's releases replace `versions`; the releases of the
    other tracks come last. What is no object is passed over.
    """
    tracks = [*_tracks(app)] if channels else []
    stable = [entries for name, entries in tracks if name == "stable" and entries]
    others = [entry for name, entries in tracks if name != "stable" for entry in entries]
    found = stable[0] if stable else _objects(app.get("versions"), ("versions",))
    if not stable and app.get("versions") is None:
        found = [(_legacy(app), ())]
    return [Entry(app, version, app_at, (*app_at, *at)) for version, at in [*found, *others]]


def find_entry(
    document: _Json, info: IpaInfo, *, channels: bool = False, file_name: str = ""
) -> Entry | None:
    """The entry that an IPA was meant for; None when no app of the source can be it.

    The app is the one with the IPA's bundle ID, else the one that names the file's hash, else the one whose
    bundle ID differs in case alone, else the one that is downloaded from a file of this name, else the only
    one: so that a mistake in the bundle ID itself is found.
    """
    apps = _objects(document.get("apps"), ("apps",))
    listed = [(app, list_entries(app, at, channels=channels)) for app, at in apps]
    best: Entry | None = None
    for candidates in _candidates(listed, info, file_name):
        entries = [entry for _, found in candidates for entry in found]
        if entries:
            best = max(entries, key=lambda entry: _likeness(entry.version, info))
            break
    return best


_Listed = Sequence[tuple[_Json, list[Entry]]]


def _candidates(listed: _Listed, info: IpaInfo, file_name: str) -> Iterator[_Listed]:
    """The apps that may be meant, the surest first."""
    wanted = info.bundle_identifier
    yield [pair for pair in listed if pair[0].get("bundleIdentifier") == wanted]
    yield [pair for pair in listed if any(_same_hash(entry.version, info) for entry in pair[1])]
    yield [pair for pair in listed if str(pair[0].get("bundleIdentifier")).casefold() == wanted.casefold()]
    named = [(app, [one for one in found if _file_name(one.version) == file_name]) for app, found in listed]
    named = [pair for pair in named if pair[1]]
    if file_name and len(named) == 1:
        yield named
    if len(listed) == 1:
        yield listed


def _file_name(version: _Json) -> str | None:
    """The last part of the address; None when there is none."""
    address = version.get("downloadURL")
    path = re.split(r"[?#]", address, maxsplit=1)[0] if isinstance(address, str) else ""
    return unquote(path.rpartition("/")[2]) or None


def _likeness(version: _Json, info: IpaInfo) -> tuple[bool, ...]:
    """What speaks for an entry, the strongest first; of equals the first listed is taken."""
    same_version = version.get("version") == info.version
    build = version.get("buildVersion") or None
    return (
        _same_hash(version, info),
        same_version and build == info.build_version,
        same_version and build is None,
        same_version,
        version.get("size") == info.size,
        build == info.build_version,
    )


def _same_hash(version: _Json, info: IpaInfo) -> bool:
    declared = version.get("sha256")
    return info.sha256 is not None and isinstance(declared, str) and declared.lower() == info.sha256


def _tracks(app: _Json) -> Iterator[tuple[Any, list[tuple[_Json, Path]]]]:
    for track, at in _objects(app.get("releaseChannels"), ("releaseChannels",)):
        yield track.get("track"), _objects(track.get("releases"), (*at, "releases"))


def _objects(value: Any, at: Path) -> list[tuple[_Json, Path]]:
    items = enumerate(value) if isinstance(value, list) else ()
    return [(item, (*at, index)) for index, item in items if isinstance(item, Mapping)]


def _legacy(app: _Json) -> _Json:
    """The legacy fields as a version; the clients give it no build, hash or limits."""
    keys = {"version": "version", "date": "versionDate", "downloadURL": "downloadURL", "size": "size"}
    return {key: app[old] for key, old in keys.items() if old in app}
