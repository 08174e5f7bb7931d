"""Entitlements in DER, both layouts, as plain values. No I/O.

`[APPLICATION 16] { INTEGER 1, [CONTEXT 16] { pairs } }` since iOS 15, `SET { pairs }` before; a pair is
`SEQUENCE { UTF8String, value }`. Indefinite and non-minimal lengths are no DER and are refused.
"""

from collections.abc import Iterator
from enum import IntEnum
from itertools import islice
from typing import Any

from bot.ipa.limits import Limits


class _Tag(IntEnum):
    BOOLEAN = 0x01
    INTEGER = 0x02
    OCTETS = 0x04
    TEXT = 0x0C
    LIST = 0x30
    OLD_DICTIONARY = 0x31
    DOCUMENT = 0x70
    DICTIONARY = 0xB0


class BadDer(ValueError):
    """No entitlements in DER. The text is fit for people."""


def parse_der_entitlements(data: bytes, limits: Limits) -> dict[str, Any]:
    """The dictionary; raises BadDer. What limits a property list limits it, too.

    Works on views: what is nested is never copied, however deep, before it turns out to be text or bytes.
    """
    if len(data) > limits.plist_bytes:
        raise BadDer(f"it has {len(data)} bytes ({limits.plist_bytes} at most)")
    tag, body = _only(memoryview(data))
    if tag == _Tag.DOCUMENT:
        parts = _at_most_three(body)
        if len(parts) != 2 or parts[0][0] != _Tag.INTEGER:
            raise BadDer("its version and contents are not where they belong")
        tag, body = parts[1]
    if tag not in (_Tag.DICTIONARY, _Tag.OLD_DICTIONARY):
        raise BadDer("it holds no dictionary")
    return _Values(limits.plist_depth, limits.plist_values).dictionary(body, 1)


class _Values:
    def __init__(self, depth: int, values: int) -> None:
        self._depth, self._left = depth, values

    def value(self, tag: int, body: memoryview, depth: int) -> Any:
        self._left -= 1
        if depth > self._depth or self._left < 0:
            raise BadDer("it holds too many values, or too deep")
        match tag:
            case _Tag.BOOLEAN if len(body) == 1:
                return body[0] != 0
            case _Tag.INTEGER if 0 < len(body) <= 64:
                return int.from_bytes(body, "big", signed=True)
            case _Tag.OCTETS:
                return bytes(body)
            case _Tag.TEXT:
                return _text(body)
            case _Tag.LIST:
                return [self.value(*element, depth + 1) for element in _elements(body)]
            case _Tag.OLD_DICTIONARY | _Tag.DICTIONARY:
                return self.dictionary(body, depth + 1)
        raise BadDer(f"it holds a value of the unknown kind 0x{tag:02x}")

    def dictionary(self, body: memoryview, depth: int) -> dict[str, Any]:
        result = {}
        for tag, pair in _elements(body):
            parts = _at_most_three(pair)
            if tag != _Tag.LIST or len(parts) != 2 or parts[0][0] != _Tag.TEXT:
                raise BadDer("a dictionary of it holds something else than pairs")
            result[_text(parts[0][1])] = self.value(*parts[1], depth)
        return result


def _text(body: memoryview) -> str:
    try:
        return str(body, "utf-8")
    except UnicodeDecodeError:
        raise BadDer("a text in it is not UTF-8") from None


def _only(data: memoryview) -> tuple[int, memoryview]:
    """The first element; what follows it is padding."""
    for element in _elements(data):
        return element
    raise BadDer("it is empty")


def _at_most_three(data: memoryview) -> list[tuple[int, memoryview]]:
    """The elements, where two are wanted: millions of others are not looked at."""
    return list(islice(_elements(data), 3))


def _elements(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(tag, contents) one after another; every tag used here has one byte."""
    at = 0
    while at < len(data):
        tag, start, size = data[at], at + 2, _byte(data, at + 1)
        if size >= 0x80:
            width = size & 0x7F
            size = int.from_bytes(data[start : start + width], "big")
            start += width
            if not 0 < width <= 4 or size < 0x80 or size >> 8 * (width - 1) == 0:
                raise BadDer("a length in it is not written as DER demands")
        if start + size > len(data):
            raise BadDer("it ends too early")
        yield tag, data[start : start + size]
        at = start + size


def _byte(data: memoryview, at: int) -> int:
    if at >= len(data):
        raise BadDer("it ends too early")
    return data[at]
