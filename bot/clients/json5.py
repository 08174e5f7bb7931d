"""JSON as Apple's decoders read it. No I/O.

Strict JSON is read by the standard library. Otherwise a scanner of our own tells apart what is written:
trailing commas, which Foundation takes everywhere, and the rest of JSON5 (comments, single quotes, names
without quotes, hexadecimal numbers), which AltStore and SideStore allow. The first of two equal keys wins.
"""

import json
from collections import Counter
from dataclasses import replace
from typing import Any

from bot.clients.encodings import NotJson, decode_text
from bot.clients.json_scanner import MAX_DEPTH, TOO_DEEP, Dialect, Read, Scanner
from bot.clients.odd_texts import mark_halves

__all__ = ["MAX_DEPTH", "Dialect", "NotJson", "Read", "Scanner", "decode_text", "read_json"]


def read_json(data: bytes) -> Read:
    """The document. Raises NotJson."""
    text = decode_text(data)
    try:
        try:
            read = _read_strict(text)
        except ValueError:
            read = Scanner(text).read()
        value, halves = mark_halves(text, read.value)
        if _is_deep(value):
            raise NotJson(TOO_DEEP)
        return replace(read, value=value, odd_keys=(*read.odd_keys, *halves))
    except RecursionError:
        raise NotJson(TOO_DEEP) from None


def _is_deep(value: Any) -> bool:
    """Whether there are more arrays and objects in one another than Foundation takes."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for holder in level
            if isinstance(holder, dict | list)
            for item in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def _read_strict(text: str) -> Read:
    """The document by the standard library. Raises ValueError."""
    repeated: list[str] = []

    def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        counts = Counter(key for key, _ in pairs)
        repeated.extend(key for key, count in counts.items() if count > 1)
        return found | dict(reversed(pairs))

    value = json.loads(text, object_pairs_hook=first_wins, parse_constant=_refuse, parse_int=_integer)
    return Read(value, Dialect.STRICT, tuple(dict.fromkeys(repeated)))


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _integer(digits: str) -> int:
    """Bounded: Python's own limit on digits would be an error of another kind."""
    return int(digits) if len(digits) < 400 else 10**400
