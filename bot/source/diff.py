"""What differs between two documents, in one public sentence a change. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.errors import BadSource
from bot.source.codec import parse_source
from bot.source.entries import MIRRORS
from bot.source.model import Source
from bot.source.text import clean_line

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
}


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
    if keys := _differing(old, new, {"versions", *MIRRORS, "screenshotURLs"}):
        changes.append(Change(ChangeKind.CHANGED, name, f"{name} changed: {keys}"))
    return changes


_Key = tuple[str, str]


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
