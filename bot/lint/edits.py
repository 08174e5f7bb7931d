"""Repairs of one object, each a small function that yields edits. No I/O."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bot.lint.shapes import PERMISSIONS, Json, Kind, Shape, is_optional
from bot.lint.values import fix_colour, fix_date, fix_number, fix_url, privacy_key

REMOVED = object()


@dataclass(frozen=True, slots=True)
class Edit:
    """`key` gets another value, or goes."""

    key: str
    value: Any  # or REMOVED
    what: str  # `2024-9-7 -> 2024-09-07`, as part of a sentence


Editor = Callable[[Json, Shape], Iterator[Edit]]


def remove_nulls(value: Json, shape: Shape) -> Iterator[Edit]:
    """Null is the same as a missing key wherever a key is optional, and refused inside `appPermissions`."""
    for key in shape.keys:
        if key in value and value[key] is None and is_optional(value, shape, key):
            yield Edit(key, REMOVED, "null removed")


def remove_empty(value: Json, shape: Shape) -> Iterator[Edit]:
    """An empty address, colour or date refuses the whole source; an empty text is nothing but noise."""
    for key, kind in shape.keys.items():
        given = value.get(key)
        if kind is Kind.OTHER or not isinstance(given, str) or given.strip():
            continue
        if is_optional(value, shape, key) and (not given or kind is not Kind.TEXT):
            yield Edit(key, REMOVED, "empty text removed")


def remove_empty_screenshots(value: Json, shape: Shape) -> Iterator[Edit]:
    """Empty addresses in the lists of screenshots."""
    for key in ("screenshotURLs", "screenshots", "iphone", "ipad"):
        if (key in shape.keys or key in shape.objects) and isinstance(given := value.get(key), list):
            kept = [item for item in given if not (isinstance(item, str) and not item.strip())]
            if len(kept) < len(given):
                yield Edit(key, kept, "empty addresses removed")


def _by_kind(kind: Kind, fix: Callable[[str], Any]) -> Editor:
    def edit(value: Json, shape: Shape) -> Iterator[Edit]:
        for key, given in value.items():
            if shape.keys.get(key) is kind and isinstance(given, str):
                fixed = fix(given)
                if fixed is not None:
                    yield Edit(key, fixed, f"{given[:100]!r} -> {fixed!r}"[:300])

    return edit


fix_dates = _by_kind(Kind.DATE, fix_date)
fix_colours = _by_kind(Kind.COLOUR, fix_colour)
fix_numbers = _by_kind(Kind.NUMBER, fix_number)
_fix_single_urls = _by_kind(Kind.URL, fix_url)


def fix_urls(value: Json, shape: Shape) -> Iterator[Edit]:
    """Single addresses, and those in lists of screenshots."""
    yield from _fix_single_urls(value, shape)
    for key in ("screenshotURLs", "screenshots", "iphone", "ipad"):
        if (key in shape.keys or key in shape.objects) and isinstance(given := value.get(key), list):
            fixed = [(fix_url(item) if isinstance(item, str) else None) or item for item in given]
            if fixed != given:
                yield Edit(key, fixed, "addresses percent-encoded")


def fix_category(value: Json, shape: Shape) -> Iterator[Edit]:
    """AltStore lower-cases it, others compare it as it is."""
    given = value.get("category")
    if shape.name == "app" and isinstance(given, str) and given.isascii() and given != given.lower():
        yield Edit("category", given.lower(), f"{given[:100]!r} -> {given.lower()[:100]!r}")


def fix_entitlements(value: Json, shape: Shape) -> Iterator[Edit]:
    """Objects with a name -> the names. What says more than name and text is left."""
    given = value.get("entitlements")
    if shape is PERMISSIONS and (items := _legacy(given, {"name"})):
        yield Edit("entitlements", list(dict.fromkeys(item["name"] for item in items)), "objects -> names")


def fix_privacy(value: Json, shape: Shape) -> Iterator[Edit]:
    """The list of objects -> an object by the keys of Info.plist. Of equal names the first text is kept."""
    given = value.get("privacy")
    if shape is PERMISSIONS and (items := _legacy(given, {"name", "usageDescription"})):
        texts: dict[str, str] = {}
        for item in items:
            name = privacy_key(item["name"])
            texts[name] = texts.get(name) or item["usageDescription"]
        yield Edit("privacy", texts, "list -> object by key")


def _legacy(given: Any, needed: set[str]) -> list[dict[str, str]]:
    """A list of objects with strings only, which hold nothing but name and description; else nothing."""
    items = given if isinstance(given, list) else []
    return items if all(_is_legacy(item, needed) for item in items) else []


def _is_legacy(item: Any, needed: set[str]) -> bool:
    return (
        isinstance(item, dict)
        and needed <= item.keys() <= {"name", "usageDescription"}
        and all(isinstance(part, str) for part in item.values())
    )
