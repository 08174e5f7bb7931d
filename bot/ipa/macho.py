"""Mach-O executables: architectures, encryption, platform and code signature of every slice. No I/O.

Reads forward only, so that a large executable can be inflated piece by piece: of each slice the headers and
the signature are kept, the code between is passed over. Layouts: Apple's `mach-o/fat.h`, `mach-o/loader.h`,
`mach/machine.h`.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.ipa.limits import Limits, check_size

_THIN = {  # magic -> (byte order, 64-bit header)
    b"\xce\xfa\xed\xfe": ("<", False),
    b"\xcf\xfa\xed\xfe": ("<", True),
    b"\xfe\xed\xfa\xce": (">", False),
    b"\xfe\xed\xfa\xcf": (">", True),
}
_FAT = {b"\xca\xfe\xba\xbe": struct.Struct(">5I"), b"\xca\xfe\xba\xbf": struct.Struct(">2I2Q2I")}
_ARCHITECTURES = {  # (cputype, cpusubtype without its capability bits) -> Apple's name
    (7, 3): "i386",
    (7, 4): "i486",
    (7, 0x84): "i486SX",
    (7, 5): "i586",
    (0x01000007, 3): "x86_64",
    (0x01000007, 8): "x86_64h",
    (12, 0): "arm",
    (12, 5): "armv4t",
    (12, 6): "armv6",
    (12, 7): "armv5",
    (12, 8): "xscale",
    (12, 9): "armv7",
    (12, 10): "armv7f",
    (12, 11): "armv7s",
    (12, 12): "armv7k",
    (12, 13): "armv8",
    (12, 14): "armv6m",
    (12, 15): "armv7m",
    (12, 16): "armv7em",
    (0x0100000C, 0): "arm64",
    (0x0100000C, 1): "arm64v8",
    (0x0100000C, 2): "arm64e",
    (0x0200000C, 0): "arm64_32",
    (0x0200000C, 1): "arm64_32",
    (18, 0): "ppc",
    (0x01000012, 0): "ppc64",
}
_PLATFORMS = {
    1: "macos",
    2: "ios",
    3: "tvos",
    4: "watchos",
    5: "bridgeos",
    6: "maccatalyst",
    7: "iossimulator",
    8: "tvossimulator",
    9: "watchossimulator",
    10: "driverkit",
    11: "visionos",
    12: "visionossimulator",
}
_VERSION_MIN = {0x24: "macos", 0x25: "ios", 0x2F: "tvos", 0x30: "watchos"}
_CODE_SIGNATURE, _ENCRYPTION, _BUILD_VERSION, _SYMBOLS = 0x1D, (0x21, 0x2C), 0x32, 0x2


class BadMachO(ValueError):
    """No Mach-O file, or one whose numbers do not fit together. The text is fit for people."""


class Stream(Protocol):
    """What is read from: forward only."""

    position: int

    def read(self, size: int) -> bytes: ...
    def skip(self, size: int) -> bool: ...
    def expect_all(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Slice:
    """One architecture of an executable."""

    architecture: str
    file_type: int  # 2 executable, 6 library, 8 bundle
    encrypted: bool = False  # cryptid != 0: FairPlay
    platform: str | None = None
    min_os_version: str | None = None  # of the load commands, "15.0"
    signature_at: tuple[int, int] | None = None  # (offset in the slice, size)
    signature: bytes = b""  # the SuperBlob; empty when unsigned or not asked for
    complaint: str | None = None  # why a signature that the headers name could not be read
    strings_end: int | None = None  # where the string table ends, from the start of the slice
    size: int | None = None  # of the slice; None when it is not known


@dataclass(frozen=True, slots=True)
class _Place:
    offset: int
    size: int | None  # None: a thin file of unknown size


def parse_macho(
    stream: Stream, limits: Limits, *, signatures: bool = True, size: int | None = None
) -> tuple[Slice, ...]:
    """The slices in file order; raises BadMachO, and BadIpa `too_large` for a signature past the limit.

    `signatures` False stops after the headers. An unsigned slice is never read further than its headers.
    A signature that lies outside of the file of `size` bytes leaves a slice with a complaint.
    """
    magic = _read(stream, 4)
    if magic in _THIN:
        return (_parse_slice(stream, magic, _Place(0, size), limits, signatures),)
    if magic not in _FAT:
        raise BadMachO("it is no Mach-O file")
    places = _parse_fat(stream, _FAT[magic], limits)
    found = {}
    for place in sorted(set(places), key=lambda place: place.offset):
        if place.offset < stream.position or not stream.skip(place.offset - stream.position):
            raise BadMachO("its slices lie over each other or outside of the file")
        found[place] = _parse_slice(stream, _read(stream, 4), place, limits, signatures)
        kept = sum(len(part.signature) for part in found.values())
        check_size("The code signatures of one executable together", kept, limits.signatures_bytes)
    return tuple(found[place] for place in places)


def _read(stream: Stream, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise BadMachO("it ends too early")
    return data


def _parse_fat(stream: Stream, entry: struct.Struct, limits: Limits) -> list[_Place]:
    (count,) = struct.unpack(">I", _read(stream, 4))
    if not 0 < count <= limits.slices:
        raise BadMachO(f"it says that it has {count} slices ({limits.slices} at most)")
    fields = entry.iter_unpack(_read(stream, count * entry.size))
    return [_Place(offset, size) for _, _, offset, size, *_ in fields]


def _parse_slice(stream: Stream, magic: bytes, place: _Place, limits: Limits, signatures: bool) -> Slice:
    if magic not in _THIN:
        raise BadMachO("a slice of it is no Mach-O")
    order, wide = _THIN[magic]
    cputype, subtype, file_type, count, size, _ = struct.unpack(order + "6I", _read(stream, 24))
    if count > limits.load_commands or size > limits.load_command_bytes:
        raise BadMachO(f"it has {count} load commands of {size} bytes, which is too much")
    if wide:
        _read(stream, 4)  # reserved
    key = (cputype, subtype & 0xFFFFFF)
    name = _ARCHITECTURES.get(key, f"unknown({key[0]},{key[1]})")  # as `lipo -archs` writes it
    found = Slice(name, file_type, size=place.size, **_parse_commands(_read(stream, size), count, order))
    if found.signature_at is None or not signatures:
        return found
    return _read_signature(stream, found, found.signature_at, place, limits)


def _read_signature(
    stream: Stream, found: Slice, at: tuple[int, int], place: _Place, limits: Limits
) -> Slice:
    offset, size = at
    start = place.offset + offset
    outside = place.size is not None and offset + size > place.size
    if outside or start < stream.position:
        return replace(found, complaint="The code signature lies outside of its slice.")
    check_size("A code signature", size, limits.signature_bytes)
    stream.expect_all()
    if not stream.skip(start - stream.position):
        return replace(found, complaint="The code signature lies outside of the file.")
    signature = stream.read(size)
    if len(signature) < size:
        return replace(found, complaint="The code signature is cut off.")
    return replace(found, signature=signature)


def _commands(data: bytes, count: int, order: str) -> Iterator[tuple[int, bytes]]:
    """(command, its bytes after the two leading words)."""
    at = 0
    for _ in range(count):
        if at + 8 > len(data):
            raise BadMachO("its load commands end too early")
        command, size = struct.unpack_from(order + "2I", data, at)
        if size < 8 or at + size > len(data):
            raise BadMachO("a load command of it does not fit")
        yield command, data[at + 8 : at + size]
        at += size


def _parse_commands(data: bytes, count: int, order: str) -> dict[str, Any]:
    """What the load commands tell, by the names of Slice's fields."""
    told: dict[str, Any] = {}
    for command, body in _commands(data, count, order):
        words = struct.unpack_from(f"{order}{min(3, len(body) // 4)}I", body)
        if command == _CODE_SIGNATURE and len(words) >= 2:
            told["signature_at"] = (words[0], words[1])  # of several, ldid takes the last
        elif command == _SYMBOLS and len(body) >= 16:
            strings, length = struct.unpack_from(f"{order}2I", body, 8)
            told["strings_end"] = strings + length
        elif command in _ENCRYPTION and len(words) >= 3:
            told["encrypted"] = words[2] != 0
        elif command == _BUILD_VERSION and len(words) >= 2:
            told["platform"] = _PLATFORMS.get(words[0], f"platform{words[0]}")
            told["min_os_version"] = _dotted(words[1])
        elif command in _VERSION_MIN and words and "platform" not in told:
            told |= {"platform": _VERSION_MIN[command], "min_os_version": _dotted(words[0])}
    return told


def _dotted(version: int) -> str:
    """`X.Y.Z` in nibbles xxxx.yy.zz; a zero at the end is left out."""
    major, minor, patch = version >> 16, version >> 8 & 0xFF, version & 0xFF
    return f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"
