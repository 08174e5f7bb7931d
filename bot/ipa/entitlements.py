"""Entitlements out of a code signature: XML in slot 5, DER in slot 7. No I/O.

The clients read slot 5 alone (AltSign's ldid, `alt_ldid.cpp`); slot 7 is what iOS itself believes since
iOS 15, and serves as a cross-check. Blobs: Apple's `kern/cs_blobs.h`; all numbers big-endian.
"""

import struct
from dataclasses import dataclass, field
from typing import Any

from bot.ipa.der import BadDer, parse_der_entitlements
from bot.ipa.limits import Limits
from bot.ipa.plist import BadPlist, parse_plist

_SUPER_BLOB = 0xFADE0CC0
_XML_SLOT, _DER_SLOT = 5, 7
_MOST_BLOBS = 1000


@dataclass(frozen=True, slots=True)
class Signature:
    """What one slice's signature says. `xml` and `der` are None where the slot is absent or empty."""

    signed: bool = False  # it is a SuperBlob: ad hoc and ldid included
    xml: dict[str, Any] | None = None
    der: dict[str, Any] | None = None
    complaints: tuple[str, ...] = field(default=())  # of slots that cannot be parsed; they count as {}
    size: int = 0  # bytes of both slots


def parse_signature(data: bytes, limits: Limits) -> Signature:
    """Read a SuperBlob; never raises: what cannot be read is empty, with a complaint."""
    if len(data) < 12 or int.from_bytes(data[:4], "big") != _SUPER_BLOB:
        return Signature(complaints=("The code signature is no SuperBlob.",) if data else ())
    slots = _parse_slots(data)
    complaints: list[str] = []
    xml = der = None
    if raw := slots.get(_XML_SLOT):
        try:
            xml = parse_plist(raw, limits)
        except BadPlist as error:
            xml = {}
            complaints.append(f"The entitlements cannot be parsed: {error}.")
    if raw := slots.get(_DER_SLOT):
        try:
            der = parse_der_entitlements(raw, limits)
        except BadDer as error:
            der = {}
            complaints.append(f"The DER entitlements cannot be parsed: {error}.")
    size = sum(map(len, slots.values()))
    return Signature(signed=True, xml=xml, der=der, complaints=tuple(complaints), size=size)


def _parse_slots(data: bytes) -> dict[int, bytes]:
    """Slot -> the blob's contents; the first of equal slots, and only what lies within the signature."""
    _, length, count = struct.unpack_from(">3I", data)
    data = data[: max(12, min(length, len(data)))]
    slots: dict[int, bytes] = {}
    for n in range(min(count, _MOST_BLOBS, (len(data) - 12) // 8)):
        slot, offset = struct.unpack_from(">2I", data, 12 + 8 * n)
        if slot in (_XML_SLOT, _DER_SLOT) and slot not in slots and offset + 8 <= len(data):
            size = int.from_bytes(data[offset + 4 : offset + 8], "big")
            if 8 < size <= len(data) - offset:  # an empty one is passed over, as by ldid
                slots[slot] = data[offset + 8 : offset + size]
    return slots
