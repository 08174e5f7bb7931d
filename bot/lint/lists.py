"""Repairs of lists: entries that are there twice, and the order of versions. No I/O."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from bot.lint.edits import REMOVED, Edit
from bot.lint.shapes import Json, Shape
from bot.source.entries import MAX_MIRRORED_SIZE, MIRRORS
from bot.source.order import number_of

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:Z|[+-][0-9]{2}:[0-9]{2}))?")
_LISTS = {"app": "versions", "track": "releases", "source": "apps"}


def remove_repeated(value: Json, shape: Shape) -> Iterator[Edit]:
    """Versions, and apps, that are there twice and equal in everything; the first stays."""
    key = _LISTS.get(shape.name, "")
    given = value.get(key)
    if not isinstance(given, list):
        return
    seen: set[str] = set()
    kept = []
    for item in given:
        form = json.dumps(item, sort_keys=True)
        if form not in seen or not isinstance(item, dict):
            kept.append(item)
        seen.add(form)
    if len(kept) < len(given):
        yield Edit(key, kept, f"{len(given) - len(kept)} equal to one before removed")


def order_versions(value: Json, shape: Shape) -> Iterator[Edit]:
    """Newest first: the first is the one that clients offer.

    Only where the dates leave no doubt: all can be read, no two are of one time (or of one day, when one of
    them has no time), and no version number would come before a higher one. So an update of an old series
    stays below the newer series.
    """
    key = _LISTS.get(shape.name, "")
    given = value.get(key)
    if shape.name == "source" or not isinstance(given, list) or len(given) < 2:
        return
    dates = [moment for item in given if (moment := _moment(item))]
    if len(dates) < len(given):
        return
    places = sorted(range(len(given)), key=lambda place: dates[place].time, reverse=True)
    doubtful = any(not dates[a].is_after(dates[b]) for a, b in pairwise(places))
    numbers = [number for place in places if (number := _number(given[place])) is not None]
    if places != sorted(places) and not doubtful and all(a >= b for a, b in pairwise(numbers)):
        yield Edit(key, [given[place] for place in places], "newest first")
        if shape.name == "app":
            yield from _mirror(value, given[0], given[places[0]])


def _mirror(app: Json, old: Json, new: Json) -> Iterator[Edit]:
    """The old keys beside `versions` follow the first version, where they all did."""
    mirrored = {key: part for key, part in MIRRORS.items() if key in app}
    if not mirrored or any(app[key] != old.get(part) for key, part in mirrored.items()):
        return
    for key, part in mirrored.items():
        kept = new.get(part, REMOVED)
        too_large = key == "size" and isinstance(kept, int) and kept > MAX_MIRRORED_SIZE
        yield Edit(key, REMOVED if too_large else kept, "as the first version has it")


@dataclass(frozen=True, slots=True)
class _Moment:
    time: datetime
    exact: bool  # False: only the day is known

    def is_after(self, other: "_Moment") -> bool:
        if self.exact and other.exact:
            return self.time > other.time
        return self.time.date() > other.time.date()


def _moment(item: Any) -> _Moment | None:
    text = item.get("date") if isinstance(item, dict) else None
    found = _DATE.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    try:
        time = datetime.fromisoformat(found[0] if found[1] else f"{found[0]}T00:00:00Z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return _Moment(time, exact=bool(found[1]))


def _number(item: Json) -> tuple[int, ...] | None:
    version = item.get("version")
    return number_of(version) if isinstance(version, str) else None
