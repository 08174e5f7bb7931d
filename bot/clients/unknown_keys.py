"""Keys that no client reads: told once each, with what may have been meant. No I/O.

The keys are those of the clients' own tables, and those that AltStore's server or older versions read.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice
from typing import Any

from bot.clients import altstore_fields as fields
from bot.clients.fields import Field
from bot.clients.hints import EVERYBODY, Hint, Json, objects, plural, tell
from bot.clients.model import Path
from bot.clients.text import shown

_MOST = 100  # different keys that are told
_TEXTS = "localizedDescriptions _localizedDescriptions localizedSubtitles"


def _keys(table: tuple[Field, ...], more: str) -> frozenset[str]:
    return frozenset(key for key, _, _ in table) | frozenset(more.split())


_SOURCE = _keys(
    fields.SOURCE_FIELDS,
    f"identifier version sourceURL apps news featuredApps fediUsername nsfw $schema {_TEXTS}",
)
_APP = _keys(
    (*fields.APP_FIELDS, *fields.LEGACY_FIELDS),
    "versions screenshotURLs appPermissions permissions patreon releaseChannels platformURLs date "
    f"description {_TEXTS}",
)
_VERSION = _keys(
    fields.VERSION_FIELDS,
    "buildNumber marketingVersion assetURLs localizedDescriptions _localizedDescriptions",
)
_NEWS = _keys(fields.NEWS_FIELDS, "localizedTitles localizedCaptions")
_PERMISSIONS = frozenset({"entitlements", "privacy"})


def hints_of_unknown_keys(source: Json) -> Iterator[Hint]:
    """One hint a kind of object and key, at its first place."""
    found: dict[tuple[str, str], list[Any]] = {}
    for kind, known, value, at in _objects(source):
        for key in value.keys() - known:
            first = found.setdefault((kind, key), [at, 0])
            first[1] += 1
    for (kind, key), (at, count) in islice(found.items(), _MOST):
        yield _hint(kind, key, at, count)


def _objects(source: Json) -> Iterator[tuple[str, frozenset[str], Json, Path]]:
    yield "source", _SOURCE, source, ()
    for index, app in objects(source.get("apps")):
        yield "app", _APP, app, ("apps", index)
        permissions = app.get("appPermissions")
        if isinstance(permissions, dict):
            yield "permissions", _PERMISSIONS, permissions, ("apps", index, "appPermissions")
        for number, version in objects(app.get("versions")):
            yield "version", _VERSION, version, ("apps", index, "versions", number)
    for index, item in objects(source.get("news")):
        yield "news", _NEWS, item, ("news", index)


_KNOWN = {"source": _SOURCE, "app": _APP, "version": _VERSION, "news": _NEWS, "permissions": _PERMISSIONS}


def _hint(kind: str, key: str, at: Path, count: int) -> Hint:
    by_case = {name.lower(): name for name in sorted(_KNOWN[kind])}
    near = get_close_matches(key.lower()[:64], by_case, 1, 0.8)
    text = f"no client reads the key `{shown(key)}`" + (
        f" ({plural(count, 'object')})." if count > 1 else "."
    )
    fix = f"write `{by_case[near[0]]}`, if that is meant" if near else "leave it out"
    return tell(EVERYBODY, "unknownKey", (*at, key), text, fix)
