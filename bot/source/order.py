"""Which version is newer. No I/O.

Dotted numbers compare by their numbers, then builds likewise, then the release's `published_at`; what is
not numeric is placed by `published_at` alone. Comparing pairs that way would not be an order (2.0 of
January, "beta" of February, 1.0 of March go round in a circle), so the numeric ones are ordered first and
the others merged in by time.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby
from operator import itemgetter

from bot import decisions
from bot.lock import Adopted
from bot.records import Record
from bot.source.adopted import version_of

_DOTTED = re.compile(r"[0-9]{1,18}(?:\.[0-9]{1,18}){0,15}")
_Number = tuple[int, ...]
_seconds = lru_cache(maxsize=4096)(decisions.seconds)  # an app's times are asked for again and again


def order_records(records: Iterable[Record], *, by_time: bool = False) -> list[Record]:
    """Newest first; all must have facts. `by_time` asks no version: what came last is first."""
    return _order(list(records), 2 if by_time else 0)


def order_versions(
    records: Sequence[Record], adopted: Sequence[Adopted], *, by_time: bool = False
) -> list[Record | Adopted]:
    """Ordered records with hand-made versions among them: those in their own order, the records before them,
    but never before one that is higher.
    """
    versions: list[Record | Adopted] = []
    waiting = list(adopted)
    for record in records:
        higher = [n for n, line in enumerate(waiting) if not by_time and _is_higher(line, record)]
        if higher:
            versions += waiting[: higher[-1] + 1]
            waiting = waiting[higher[-1] + 1 :]
        versions.append(record)
    return [*versions, *waiting]


def _is_higher(line: Adopted, record: Record) -> bool:
    """By numbers, the version's before the build's; by time where one of the versions is no number."""
    assert record.facts is not None
    version, build = version_of(line.entry)
    theirs, ours = number_of(version), number_of(record.facts.version)
    if theirs is None or ours is None:
        return _time(line.entry.get("date")) > published(record)[0]
    if theirs != ours:
        return theirs > ours
    mine, other = number_of(record.facts.build_version), number_of(build or "")
    return mine is not None and other is not None and other > mine


def _time(text: object) -> float:
    try:
        return _seconds(text) if isinstance(text, str) else 0.0
    except ValueError:
        return 0.0


def number_of(text: str) -> _Number | None:
    """`1.2.0` -> (1, 2); trailing zeros say nothing. None when it is not dotted numbers."""
    if not _DOTTED.fullmatch(text):
        return None
    parts = [int(part) for part in text.split(".")]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def published(record: Record) -> tuple[float, str, int]:
    """What time says about newness: published, then uploaded, then GitHub's own count."""
    try:
        return _seconds(record.published_at), record.updated_at, record.asset_id
    except ValueError:
        return 0.0, record.updated_at, record.asset_id


def _order(records: list[Record], level: int) -> list[Record]:
    """Newest first by the version (level 0), the build (1), the time (2)."""
    if level == 2 or len(records) < 2:
        return sorted(records, key=published, reverse=True)
    numbered = [(_number(record, level), record) for record in records]
    numeric = sorted(((n, r) for n, r in numbered if n is not None), key=itemgetter(0), reverse=True)
    groups = [_order([r for _, r in group], level + 1) for _, group in groupby(numeric, key=itemgetter(0))]
    others = sorted((r for n, r in numbered if n is None), key=published, reverse=True)
    return _merge([record for group in groups for record in group], others)


def _number(record: Record, level: int) -> _Number | None:
    assert record.facts is not None
    return number_of(record.facts.version if level == 0 else record.facts.build_version)


def _merge(ordered: list[Record], others: list[Record]) -> list[Record]:
    """Each of `others` before the first of `ordered` that is older by time."""
    merged: list[Record] = []
    queue = others[::-1]
    for record in ordered:
        while queue and published(queue[-1]) > published(record):
            merged.append(queue.pop())
        merged.append(record)
    return merged + queue[::-1]
