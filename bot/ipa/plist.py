"""Property lists (XML, binary, OpenStep) as plain values, within bounds. No I/O.

`plistlib` reads the first two. It refuses entity declarations, so an XML bomb cannot open; a binary list
that names the same array again and again is unfolded here under a count, not in memory.
"""

import plistlib
import struct
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

from bot.ipa.limits import Limits
from bot.ipa.openstep import parse_openstep

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # byte order marks
_ERRORS = (
    plistlib.InvalidFileException,
    ExpatError,
    ValueError,  # a number or date that is none; UnicodeDecodeError too
    LookupError,  # an encoding that nobody knows; a key or an index too
    TypeError,  # a container as a key
    AttributeError,
    struct.error,
    OverflowError,
    RecursionError,  # binary lists nested without end
    MemoryError,  # a count that no file of this size can hold
)


class BadPlist(ValueError):
    """No property list, or one past the limits. The text is fit for people."""


def parse_plist(data: bytes, limits: Limits) -> dict[str, Any]:
    """The dictionary at the top: text, numbers, booleans, bytes, dates, lists and dictionaries of these.

    Raises BadPlist. Keys that are no text are left out, as nobody could ask for them.
    """
    if len(data) > limits.plist_bytes:
        raise BadPlist(f"it has {len(data)} bytes ({limits.plist_bytes} at most)")
    try:
        value = _load(data, limits)
    except BadPlist:
        raise
    except _ERRORS:
        raise BadPlist("it cannot be parsed") from None
    plain = _Copy(limits).copy(value, 0)
    if not isinstance(plain, dict):
        raise BadPlist("it holds no dictionary")
    return plain


def count_values(value: object) -> int:
    """How many values there are in a parsed list, itself included."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(count_values, items))


def _load(data: bytes, limits: Limits) -> object:
    if data.startswith(b"bplist0"):
        return plistlib.loads(data, fmt=plistlib.FMT_BINARY)
    if data.startswith(_MARKS[1:]):
        return plistlib.loads(data, fmt=plistlib.FMT_XML)  # expat knows UTF-16 by its mark
    text = data.removeprefix(_MARKS[0]).strip(b" \t\r\n\0")
    if text.startswith(b"<") and b"<plist" in text[:4096]:
        return plistlib.loads(text, fmt=plistlib.FMT_XML)
    return parse_openstep(text.decode("utf-8"), depth=limits.plist_depth, values=limits.plist_values)


class _Copy:
    """Copies values, counting them: what is shared in the file is not in the count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.plist_values

    def copy(self, value: object, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise BadPlist(f"it holds more than {self._limits.plist_values} values")
        if depth > self._limits.plist_depth:
            raise BadPlist(f"it is nested deeper than {self._limits.plist_depth} levels")
        match value:
            case dict():
                return {
                    key: self.copy(item, depth + 1) for key, item in value.items() if isinstance(key, str)
                }
            case list():
                return [self.copy(item, depth + 1) for item in value]
            case plistlib.UID():
                return value.data
            case int() if not -(1 << 63) <= value < 1 << 64:
                raise BadPlist("a number in it has more than 64 bits")
            case str() | bool() | int() | float() | bytes() | datetime() | None:
                return value
        raise BadPlist(f"it holds a {type(value).__name__}")
