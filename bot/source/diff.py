"""What differs between two documents, in one public sentence a change. No I/O."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from bot.errors import BadSource
from bot.source.codec import parse_source
from bot.source.entries import MIRRORS
from bot.source.model import Source
from bot.source.text import clean_line
from bot.source.tracks import STABLE, TRACKS

_WORDS = {
    "localizedDescription": "description",
    "iconURL": "icon",
    "headerURL": "header",
    "tintColor": "tint colour",
    "developerName": "developer",
    "downloadURL": "download address",
    "appPermissions": "permissions",
    "minOSVersion": "minimum iOS",
    "sha256": "hash",
    "screenshotURLs": "screenshots",
    "featuredApps": "featured apps",
    TRACKS: "release channels",
}


_Key = tuple[str, str]


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    what: str  # "Acme 1.2.0", "Acme", "the source"
    sentence: str
    version: bool = False  # it is about a version


def diff_sources(old: bytes | None, new: Source) -> list[str]:
    """One public sentence a change."""
    return [change.sentence for change in diff_documents(old, new)]


def diff_documents(old: bytes | None, new: Source) -> list[Change]:
    """The changes: apps and versions in the document's order, then news, then the source's own keys."""
    before = _read(old)
    old_apps, new_apps = _by(before.get("apps"), "bundleIdentifier"), _by(new.get("apps"), "bundleIdentifier")
    changes: list[Change] = []
    for bundle, app in new_apps.items():
        changes += _app_changes(old_apps.get(bundle), app)
    for bundle in old_apps.keys() - new_apps.keys():
        name = _name(old_apps[bundle])
        changes.append(Change(ChangeKind.REMOVED, name, f"{name} removed"))
    changes += _news_changes(_by(before.get("news"), "identifier"), _by(new.get("news"), "identifier"))
    if keys := _differing(before, new, {"apps", "news"}):
        said = "The source created" if old is None else f"The source changed: {keys}"
        changes.append(Change(ChangeKind.CHANGED, "the source", said))
    return changes


def merge_changes(by_path: Mapping[str, Iterable[Change]], *, named: bool) -> list[Change]:
    """The changes of several outputs, each once; `named`: with the outputs that have it, if not all do."""
    where: dict[Change, list[str]] = {}
    for path, changes in by_path.items():
        for change in dict.fromkeys(changes):
            where.setdefault(change, []).append(path)
    if not named:
        return list(where)
    return [
        change if len(paths) == len(by_path) else replace(change, sentence=_in(change.sentence, paths))
        for change, paths in where.items()
    ]


def _in(sentence: str, paths: Sequence[str]) -> str:
    return f"{sentence} ({', '.join(paths)})"


def _read(old: bytes | None) -> Mapping[str, Any]:
    """What was published; what cannot be read counts as nothing."""
    try:
        return parse_source(old) if old is not None else {}
    except BadSource:
        return {}


def _by(items: Any, key: str) -> dict[str, Mapping[str, Any]]:
    found = (item for item in items if isinstance(item, dict)) if isinstance(items, list) else ()
    return {str(item.get(key)): item for item in found}


def _name(app: Mapping[str, Any]) -> str:
    return clean_line(str(app.get("name") or app.get("bundleIdentifier")), 60)


def _app_changes(old: Mapping[str, Any] | None, new: Mapping[str, Any]) -> list[Change]:
    name, before, after = _name(new), _versions(old or {}), _versions(new)
    changes = [_version(ChangeKind.ADDED, name, after, key) for key in after if key not in before]
    changes += [_version(ChangeKind.REMOVED, name, before, key) for key in before if key not in after]
    for key in after:
        if key in before and (keys := _differing(before[key], after[key], {"buildNumber"})):
            changes.append(_version(ChangeKind.CHANGED, name, after, key, f": {keys}"))
    if old is None:
        return changes or [Change(ChangeKind.ADDED, name, f"{name} added")]
    if not changes and next(iter(before), None) != next(iter(after), None):
        first = _label(name, after, next(iter(after)))
        changes.append(Change(ChangeKind.CHANGED, first, f"{first} is offered first", version=True))
    told = _track_changes(name, old, new)
    told_otherwise = {"versions", *MIRRORS, "screenshotURLs", *([TRACKS] if changes or told else [])}
    if keys := _differing(old, new, told_otherwise):
        changes.append(Change(ChangeKind.CHANGED, name, f"{name} changed: {keys}"))
    return changes + told


def _track_changes(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """What came into SideStore's tracks, and left them; the stable one has what `versions` has."""
    before, after = _tracks(old), _tracks(new)
    changes = []
    for track in dict.fromkeys([*after, *before]):
        was, now = before.get(track, {}), after.get(track, {})
        label = clean_line(track, 40)
        new_here, gone = [key for key in now if key not in was], [key for key in was if key not in now]
        changes += [_version(ChangeKind.ADDED, name, now, key, f" to {label}") for key in new_here]
        changes += [_version(ChangeKind.REMOVED, name, was, key, f" from {label}") for key in gone]
    return changes


def _tracks(app: Mapping[str, Any]) -> dict[str, dict[_Key, Mapping[str, Any]]]:
    items = app.get(TRACKS)
    tracks = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    found = {str(track.get("track")): _versions({"versions": track.get("releases")}) for track in tracks}
    return {name: versions for name, versions in found.items() if name != STABLE}


def _versions(app: Mapping[str, Any]) -> dict[_Key, Mapping[str, Any]]:
    """The versions by version and build; an app in the old form has one."""
    items = app.get("versions")
    if not isinstance(items, list):
        items = [{"version": app["version"]}] if "version" in app else []
    return {
        (str(item.get("version")), str(item.get("buildVersion", ""))): item
        for item in items
        if isinstance(item, dict)
    }


def _label(name: str, versions: Iterable[_Key], key: _Key) -> str:
    """`Acme 1.2.0`, with the build where the version alone would be two."""
    twice = sum(other[0] == key[0] for other in versions) > 1
    return f"{name} {clean_line(key[0], 40)}" + (f" ({clean_line(key[1], 40)})" if twice and key[1] else "")


def _version(kind: ChangeKind, name: str, versions: Iterable[_Key], key: _Key, more: str = "") -> Change:
    what = _label(name, versions, key)
    return Change(kind, what, f"{what} {kind}{more}", version=True)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], but: set[str]) -> str:
    """The differing keys in words, in the new document's order."""
    keys = [key for key in dict.fromkeys([*new, *old]) if key not in but and old.get(key) != new.get(key)]
    return ", ".join(dict.fromkeys(_WORDS.get(key, clean_line(key, 40)) for key in keys))


def _news_changes(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> list[Change]:
    def change(kind: ChangeKind, item: Mapping[str, Any]) -> Change:
        what = f"news “{clean_line(str(item.get('title')), 60)}”"
        return Change(kind, what, f"{what[:1].upper()}{what[1:]} {kind}")

    changes = [change(ChangeKind.ADDED, item) for key, item in new.items() if key not in old]
    changes += [change(ChangeKind.REMOVED, item) for key, item in old.items() if key not in new]
    return changes + [
        change(ChangeKind.CHANGED, item) for key, item in new.items() if key in old and old[key] != item
    ]
