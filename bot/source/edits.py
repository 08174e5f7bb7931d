"""What a hand edit of a published document would be as catalog keys. No I/O.

The document is made anew each time, so an edit of it does not last; the catalog does. Names, texts, icons,
colours, categories, screenshots and news have a place there. Versions, sizes and permissions have none: they
are read from the releases' files.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from bot.catalog import App, Catalog
from bot.catalog.model import News
from bot.source.codec import render_source
from bot.source.diff import diff_documents
from bot.source.entries import MIRRORS
from bot.source.model import Source
from bot.source.text import clean_line

_MADE = "is read from the releases' files"
_SOURCE_KEYS = {
    "name": "name", "identifier": "identifier", "subtitle": "subtitle", "description": "description",
    "iconURL": "icon", "headerURL": "header", "website": "website", "tintColor": "tint-color",
    "patreonURL": "patreon-url",
}  # fmt: skip
_APP_KEYS = {
    "name": "name", "developerName": "developer", "subtitle": "subtitle",
    "localizedDescription": "description", "iconURL": "icon", "tintColor": "tint-color",
    "category": "category",
}  # fmt: skip
_NEWS_KEYS = {
    "identifier": "identifier", "date": "date", "title": "title", "caption": "caption",
    "tintColor": "tint-color", "imageURL": "image", "url": "url", "notify": "notify",
}  # fmt: skip
_SEEN = {"versions", "screenshots", "screenshotURLs", "bundleIdentifier", *MIRRORS}  # told elsewhere
_UNSEEN = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """How an edit could last."""

    yaml: str = ""  # a part of `altpress.yml`; empty when nothing can be kept
    lost: tuple[str, ...] = ()  # what the catalog cannot say, one public sentence each


def suggest_edits(before: Source, after: Source, catalog: Catalog, apps: Mapping[str, App]) -> Suggestions:
    """What to write into the catalog so that the edit lasts. `apps` are its own by bundle identifier."""
    finding = _Finding(catalog, apps)
    finding.read_source(before, after)
    old, new = _by(before.get("apps"), "bundleIdentifier"), _by(after.get("apps"), "bundleIdentifier")
    for bundle in new.keys() & old.keys():
        finding.read_app(bundle, old[bundle], new[bundle])
    finding.read_news(before.get("news"), after.get("news"))
    sentences = [c.sentence for c in diff_documents(render_source(before), after) if c.version]
    finding.lost += [f"{sentence}: versions come from releases alone" for sentence in sentences]
    for bundle in old.keys() - new.keys():
        finding.lost.append(f"{_label(old[bundle])} removed: take the app out of the catalog")
    for bundle in new.keys() - old.keys():
        finding.lost.append(f"{_label(new[bundle])} added: an app needs a repository with releases")
    return Suggestions(finding.render(), tuple(dict.fromkeys(finding.lost)))


@dataclass(frozen=True, slots=True)
class _Part:
    """The catalog's own keys, or those of an app, and what is found for them."""

    owner: Catalog | App
    label: str
    keys: Mapping[str, str]  # of the document -> of the catalog
    found: dict[str, Any]

    def read(self, key: str, value: Any) -> str | None:
        """Take over a key of the document; the reason why not."""
        name = f"{self.label}: `{_short(key)}`"
        if key not in self.keys:
            return f"{name} {_MADE if key == 'appPermissions' else 'has no key in the catalog'}"
        if value is None:
            return f"{name} removed: take `{self.keys[key]}` out of the catalog, if it is there"
        return self.keep(name, self.keys[key], value)

    def keep(self, name: str, key: str, value: Any) -> str | None:
        """The catalog's key with its value, if the catalog would take it; the reason why not."""
        entry = {**self.owner.model_dump(by_alias=True, exclude_unset=True), key: _frozen(value)}
        if problem := _problem(type(self.owner), entry, key):
            return f"{name}: {problem}"
        self.found[key] = value
        return None


class _Finding:
    """Keys of the catalog by where they belong, and what has no place there."""

    def __init__(self, catalog: Catalog, apps: Mapping[str, App]) -> None:
        self.catalog, self.apps = catalog, apps
        self.lost: list[str] = []
        self._source: dict[str, Any] = {}
        self._apps: dict[str, dict[str, Any]] = {}
        self._news: list[dict[str, Any]] = []

    def read_source(self, old: Entry, new: Entry) -> None:
        part = _Part(self.catalog, "The source", _SOURCE_KEYS, self._source)
        for key in _differing(old, new, {"apps", "news", "featuredApps"}):
            self._lose(part.read(key, new.get(key)))
        featured = new.get("featuredApps")
        if featured != old.get("featuredApps") and isinstance(featured, list):
            self._source["featured-apps"] = [self.apps[b].id for b in featured if b in self.apps]

    def read_app(self, bundle: str, old: Entry, new: Entry) -> None:
        label, app = _label(old), self.apps.get(bundle)
        keys = _differing(old, new, _SEEN)
        pictures = [key for key in ("screenshots", "screenshotURLs") if old.get(key) != new.get(key)]
        if app is None:
            self._lose(
                f"{label}: no app of the catalog's, its last entry stays" if keys or pictures else None
            )
            return
        part = _Part(app, label, _APP_KEYS, self._apps.setdefault(app.id, {}))
        for key in keys:
            self._lose(part.read(key, new.get(key)))
        if pictures:
            shots = list(_read_shots(new.get(pictures[0]) or []))
            self._lose(part.keep(f"{label}: the screenshots", "screenshots", shots))

    def read_news(self, old: Any, new: Any) -> None:
        before, after = _by(old, "identifier"), _by(new, "identifier")
        for identifier, item in after.items():
            if item != before.get(identifier):
                self._read_item(item)
        for identifier in before.keys() - after.keys():
            self._lose(f"news “{_short(identifier)}” removed: take it out of the catalog's `news`")

    def _read_item(self, item: Entry) -> None:
        entry = {ours: item[key] for key, ours in _NEWS_KEYS.items() if key in item}
        if item.get("appID") in self.apps:
            entry["app"] = self.apps[item["appID"]].id
        if problem := _problem(News, entry):
            self._lose(f"news “{_short(item.get('title'))}”: {problem}")
        else:
            self._news.append(entry)

    def _lose(self, reason: str | None) -> None:
        self.lost += [reason] if reason else []

    def render(self) -> str:
        """YAML whose values are JSON, which YAML reads as it is: no text can end its line."""
        lines = [f"{key}: {_json(value)}" for key, value in self._source.items()]
        filled = {app: keys for app, keys in self._apps.items() if keys}
        lines += ["apps:"] if filled else []
        for app, keys in filled.items():
            lines.append(f"  - id: {_json(app)}")
            lines += [f"    {key}: {_json(value)}" for key, value in keys.items()]
        lines += ["news:"] if self._news else []
        for item in self._news:
            first, *more = (f"{key}: {_json(value)}" for key, value in item.items())
            lines += [f"  - {first}", *(f"    {line}" for line in more)]
        return "\n".join(lines) + "\n" if lines else ""


def _read_shots(value: Any) -> Iterator[Any]:
    """A document's screenshots as the catalog writes them: a list is for iPhones, an object by device."""
    by_device = value if isinstance(value, dict) else {"iphone": value}
    for device in ("iphone", "ipad"):
        shots = by_device.get(device)
        for shot in shots if isinstance(shots, list) else []:
            entry = {"url": shot} if isinstance(shot, str) else dict(shot) if isinstance(shot, dict) else {}
            known = {"url": entry.get("url", entry.get("imageURL"))}
            known |= {key: entry[key] for key in ("width", "height") if key in entry}
            yield known["url"] if len(known) == 1 and device == "iphone" else {**known, "device": device}


def _problem(kind: type[BaseModel], entry: Mapping[str, Any], key: str | None = None) -> str | None:
    """Why the catalog would not take the entry (for `key` alone, when it is given); None: it would."""
    try:
        kind.model_validate(entry, by_alias=True, by_name=False)
    except ValidationError as error:
        for found in error.errors(include_url=False, include_input=False):
            if key is None or found["loc"][:1] == (key,):
                return f"the catalog would not take it ({clean_line(found['msg'], 120)})"
    return None


def _frozen(value: Any) -> Any:
    """Lists as tuples, which is how the catalog's reader gives them."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return {key: _frozen(item) for key, item in value.items()} if isinstance(value, dict) else value


def _differing(old: Entry, new: Entry, but: set[str]) -> list[str]:
    return [key for key in dict.fromkeys([*new, *old]) if key not in but and old.get(key) != new.get(key)]


def _by(items: Any, key: str) -> dict[str, Entry]:
    found = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return {str(item.get(key)): item for item in found}


def _label(app: Entry) -> str:
    return _short(app.get("name") or app.get("bundleIdentifier"))


def _short(text: Any) -> str:
    return clean_line(str(text), 60)


def _json(value: Any) -> str:
    """In one line of YAML, and with nothing in it that cannot be seen."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
