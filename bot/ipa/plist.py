"""Property lists (XML, binary, OpenStep) as plain values, within bounds. No I/O.

A binary list that names the same array, or the same text, again and again is unfolded here under a count,
not in memory.
"""

import codecs
import plistlib
import re
import struct
from datetime import datetime
from typing import Any, TypeVar
from xml.parsers.expat import ExpatError

from bot.ipa.limits import Limits
from bot.ipa.openstep import parse_openstep
from bot.ipa.plist_binary import parse_binary_plist
from bot.ipa.plist_xml import parse_xml_plist

# byte order marks; UTF-32's before UTF-16's, which it begins with
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
_BLANK = " \t\r\n\0"
_REFERENCE = re.compile(r"&#(?:x([0-9A-Fa-f]{1,4})|([0-9]{1,5}));")
_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ERRORS = (
    plistlib.InvalidFileException,
    ExpatError,
    ValueError,  # a number or date that is none; UnicodeDecodeError too
    LookupError,  # an encoding that nobody knows; a key or an index too
    TypeError,  # a container as a key
    AttributeError,
    struct.error,
    OverflowError,
    Warning,  # a codec that warns about what it is given, where warnings are errors
    RecursionError,  # binary lists nested without end
    MemoryError,  # a count that no file of this size can hold
)


_Text = TypeVar("_Text", str, bytes)


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
        return parse_binary_plist(data)
    data, encoding = _unmark(data)
    data = data.strip(_BLANK.encode())
    if data.startswith(b"<"):
        return _load_xml(data, limits, encoding)
    return parse_openstep(data.decode("utf-8"), depth=limits.plist_depth, values=limits.plist_values)


def _unmark(data: bytes) -> tuple[bytes, str | None]:
    """Text with a byte order mark in UTF-8, which then is its encoding, whatever XML's first line says.

    Core Foundation's `encodingForXMLData` goes by the mark first, too.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding).encode(), "utf-8"
    return data, None


def _load_xml(data: bytes, limits: Limits, encoding: str | None) -> object:
    """As Core Foundation reads it: it does not mind characters that XML forbids, and expat does."""
    depth, values = limits.plist_depth, limits.plist_values
    try:
        return parse_xml_plist(data, depth=depth, values=values, encoding=encoding)
    except ExpatError:
        mended = _mend_xml(data.decode("utf-8")).encode()
        if mended == data:
            raise
        return parse_xml_plist(mended, depth=depth, values=values, encoding=encoding)


def _mend_xml(text: str) -> str:
    """Control characters are left out; two halves of a pair, each written as a reference, become one."""
    text = _REFERENCE.sub(_forbidden, text)
    return _CONTROL.sub("", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _forbidden(found: re.Match[str]) -> str:
    """The character itself where XML allows no reference to it."""
    number = int(found.group(1), 16) if found.group(1) else int(found.group(2))
    if number > 0xFFFF:
        return found.group()
    letter = chr(number)
    return letter if _CONTROL.match(letter) or 0xD800 <= number < 0xE000 else found.group()


class _Copy:
    """Copies values, counting them and their text: what is shared in the file is not in the count."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.plist_values
        self._text_left = limits.plist_bytes  # unfolded it may not be longer than a file may be, either

    def copy(self, value: object, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise BadPlist(f"it holds more than {self._limits.plist_values} values")
        if depth > self._limits.plist_depth:
            raise BadPlist(f"it is nested deeper than {self._limits.plist_depth} levels")
        match value:
            case dict():
                return {
                    self._spend(key): self.copy(item, depth + 1)
                    for key, item in value.items()
                    if isinstance(key, str)
                }
            case list():
                return [self.copy(item, depth + 1) for item in value]
            case plistlib.UID():
                return value.data
            case int() if not -(1 << 63) <= value < 1 << 64:
                raise BadPlist("a number in it has more than 64 bits")
            case str():
                return self._spend(value)
            case bytes():
                return self._spend(value)
            case bool() | int() | float() | datetime() | None:
                return value
        raise BadPlist(f"it holds a {type(value).__name__}")

    def _spend(self, value: _Text) -> _Text:
        self._text_left -= len(value)
        if self._text_left < 0:
            raise BadPlist(f"its texts are longer than {self._limits.plist_bytes} together")
        return value
