"""Entitlements in DER, as code signatures carry them in slot 7 since iOS 15. No I/O.

Two layouts exist: `[APPLICATION 16] { INTEGER 1, [CONTEXT 16] { SEQUENCE { UTF8String, value } … } }`, and
the older `SET { SEQUENCE { UTF8String, value } … }`. Keys are sorted, values hold no floats, dates or data.
"""

from collections.abc import Mapping
from typing import Any


def build_der_entitlements(entitlements: Mapping[str, Any], *, layout: int = 1) -> bytes:
    """The DER form; `layout` is 1 for the newer one, 0 for the older."""
    if layout == 0:
        return _dictionary(entitlements, 0x31)
    return _tlv(0x70, _tlv(0x02, b"\x01") + _dictionary(entitlements, 0xB0))


def _tlv(tag: int, value: bytes) -> bytes:
    size = len(value)
    if size < 0x80:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + value


def _dictionary(values: Mapping[str, Any], tag: int) -> bytes:
    items = sorted(values.items(), key=lambda item: item[0].encode())
    return _tlv(tag, b"".join(_tlv(0x30, _value(key, tag) + _value(value, tag)) for key, value in items))


def _value(value: object, dictionary_tag: int) -> bytes:
    match value:
        case bool():
            return _tlv(0x01, b"\xff" if value else b"\x00")
        case int():
            return _tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))
        case str():
            return _tlv(0x0C, value.encode())
        case list() | tuple():
            return _tlv(0x30, b"".join(_value(item, dictionary_tag) for item in value))
        case dict():
            return _dictionary(value, dictionary_tag)
    raise TypeError(f"no entitlement holds a {type(value).__name__}")
