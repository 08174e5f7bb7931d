"""Property lists in Apple's binary form, within bounds. No I/O.

`plistlib` reads them, and makes an object for each place that the table at the end names. Many places may
name the same megabytes: so before it may begin, all objects together must fit into the file.
"""

import plistlib
import struct
from typing import Any

_TRAILER = struct.Struct(">6x2B3Q")


def parse_binary_plist(data: bytes) -> Any:
    """The value that `data` holds; raises what `plistlib` raises, and ValueError."""
    _check_objects(data)
    return plistlib.loads(data, fmt=plistlib.FMT_BINARY)


def _check_objects(data: bytes) -> None:
    """Core Foundation writes every object once, so none lies over another."""
    if len(data) < 8 + _TRAILER.size:
        raise ValueError("it ends too early")
    width, reference, count, _, table = _TRAILER.unpack_from(data, len(data) - _TRAILER.size)
    if not width or count > len(data) or table + count * width > len(data):
        raise ValueError("its table lies outside of the file")
    left = len(data)
    for number in range(count):
        at = int.from_bytes(data[table + number * width : table + (number + 1) * width], "big")
        left -= _measure(data, at, reference)
        if left < 0:
            raise ValueError("its objects lie over each other")


def _measure(data: bytes, at: int, reference: int) -> int:
    """Bytes of the object at `at`, as its marker tells them."""
    if at >= len(data):
        raise ValueError("an object lies outside of the file")
    kind, size = data[at] >> 4, data[at] & 15
    if kind in (0x1, 0x2):
        return 1 + (1 << size)
    if kind in (0x0, 0x3):
        return 9 if kind else 1
    if kind == 0x8:
        return 2 + size
    head = 1
    if size == 15:
        length = 1 << (data[at + 1] & 3) if at + 1 < len(data) else 0
        size = int.from_bytes(data[at + 2 : at + 2 + length], "big")
        head = 2 + length
    return head + size * {0x4: 1, 0x5: 1, 0x6: 2, 0xD: 2 * reference}.get(kind, reference)
