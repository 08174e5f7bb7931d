"""Makes small, real Mach-O executables with an ad hoc code signature. No I/O.

They hold what the clients read: load commands, the signature's SuperBlob with its CodeDirectory, the XML
entitlements (slot 5) and the DER entitlements (slot 7). Layouts: Apple's `mach-o/loader.h`, `mach-o/fat.h`
and `kern/cs_blobs.h`.
"""

import hashlib
import plistlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.make_der import build_der_entitlements

CPU = {  # name -> (cputype, cpusubtype, 64-bit)
    "arm64": (0x0100000C, 0, True),
    "arm64e": (0x0100000C, 0x80000002, True),
    "arm64_32": (0x0200000C, 1, False),
    "armv7": (12, 9, False),
    "armv7s": (12, 11, False),
    "armv7k": (12, 12, False),
    "x86_64": (0x01000007, 3, True),
    "i386": (7, 3, False),
}
PLATFORMS = {
    "macos": 1,
    "ios": 2,
    "tvos": 3,
    "watchos": 4,
    "maccatalyst": 6,
    "iossimulator": 7,
    "visionos": 11,
}
_PAGE = 4096
_TEXT_SIZE = 0x4000  # arm64 maps segments in pages of 16 KiB
_CODE = {True: bytes.fromhex("00008052c0035fd6"), False: bytes.fromhex("0000a0e31eff2fe1")}  # return 0


@dataclass(frozen=True, slots=True)
class Signing:
    """What the signature holds. A slot is left out when its switch is off."""

    identifier: str = "com.acme.app"
    entitlements: Mapping[str, Any] | None = None
    info_plist: bytes = b""
    xml: bool = True
    der: bool = True
    der_layout: int = 1  # 1: iOS 15 and newer, 0: the older SET


def make_macho(  # the load commands of one executable, in file order
    *,
    architecture: str = "arm64",
    signing: Signing | None = None,
    platform: str = "ios",
    min_os_version: str = "15.0",
    cryptid: int | None = None,
    body: int = 0,
) -> bytes:
    """One thin executable; `signing` None leaves it unsigned, `body` adds so many bytes of program."""
    cputype, subtype, wide = CPU[architecture]
    text_size = _TEXT_SIZE + (body + _TEXT_SIZE - 1) // _TEXT_SIZE * _TEXT_SIZE
    strings = b"\0_main\0".ljust(16, b"\0")
    signature_at = text_size + len(strings)
    signature_size = _signature_size(signing, signature_at) if signing else 0
    commands = [
        _segment(wide, "__PAGEZERO", (0, 0x100000000 if wide else 0x4000, 0, 0), 0),
        _segment(wide, "__TEXT", (0x100000000 if wide else 0x4000, text_size, 0, text_size), 5),
        _segment(wide, "__LINKEDIT", _linkedit(wide, text_size, len(strings) + signature_size), 1),
        struct.pack("<6I", 0x2, 24, text_size, 0, text_size, len(strings)),  # LC_SYMTAB
        struct.pack("<2I", 0xB, 80) + bytes(72),  # LC_DYSYMTAB: no symbols
        _string_command(0xE, "/usr/lib/dyld", b""),  # LC_LOAD_DYLINKER
        struct.pack("<2I16s", 0x1B, 24, hashlib.md5(architecture.encode(), usedforsecurity=False).digest()),
        struct.pack("<6I", 0x32, 24, PLATFORMS[platform], _version(min_os_version), _version("17.0"), 0),
        struct.pack("<2I2Q", 0x80000028, 24, text_size - 8, 0),  # LC_MAIN
        _string_command(0xC, "/usr/lib/libSystem.B.dylib", struct.pack("<3I", 2, 0x10000, 0x10000)),
    ]
    if cryptid is not None:
        commands.append(struct.pack("<5I", 0x2C, 24, _PAGE, _PAGE, cryptid) + bytes(4))
    if signing:
        commands.append(struct.pack("<4I", 0x1D, 16, signature_at, signature_size))
    table = b"".join(commands)
    header = struct.pack(
        "<7I", 0xFEEDFACF if wide else 0xFEEDFACE, cputype, subtype, 2, len(commands), len(table), 0x200085
    )
    head = header + (bytes(4) if wide else b"") + table
    code = (head + _filler(body)).ljust(text_size - 8, b"\0") + _CODE[wide] + strings
    return code + _sign(signing, code, signature_size) if signing else code


def make_fat(slices: Sequence[tuple[str, bytes]], *, wide: bool = False) -> bytes:
    """A fat file of `(architecture, thin file)`, its slices aligned to 16 KiB; `wide`: 64-bit offsets."""
    entry = struct.Struct(">IIQQII" if wide else ">5I")
    table, body = b"", b""
    at = 0x4000
    for architecture, data in slices:
        cputype, subtype, _ = CPU[architecture]
        table += entry.pack(cputype, subtype, at, len(data), 14, *([0] if wide else []))
        padded = data.ljust((len(data) + 0x3FFF) // 0x4000 * 0x4000, b"\0")
        body, at = body + padded, at + len(padded)
    head = struct.pack(">2I", 0xCAFEBABF if wide else 0xCAFEBABE, len(slices)) + table
    return head.ljust(0x4000, b"\0") + body


def _filler(size: int) -> bytes:
    """Bytes that do not compress, the same every time."""
    return hashlib.shake_128(b"altpress").digest(size) if size else b""


def _version(dotted: str) -> int:
    major, minor, patch, *_ = [*map(int, dotted.split(".")), 0, 0]
    return major << 16 | minor << 8 | patch


def _linkedit(wide: bool, text_size: int, size: int) -> tuple[int, int, int, int]:
    start = (0x100000000 if wide else 0x4000) + text_size
    return start, (size + 0x3FFF) // 0x4000 * 0x4000, text_size, size


def _segment(wide: bool, name: str, places: tuple[int, int, int, int], protection: int) -> bytes:
    """LC_SEGMENT(_64) without sections; `places` is (vmaddr, vmsize, fileoff, filesize)."""
    form, command, size = ("<2I16s4Q4I", 0x19, 72) if wide else ("<2I16s4I4I", 0x1, 56)
    return struct.pack(form, command, size, name.encode(), *places, protection, protection, 0, 0)


def _string_command(command: int, text: str, middle: bytes) -> bytes:
    """A load command that ends in a string (LC_LOAD_DYLINKER, LC_LOAD_DYLIB)."""
    size = (12 + len(middle) + len(text) + 1 + 7) // 8 * 8
    return (struct.pack("<3I", command, size, 12 + len(middle)) + middle + text.encode()).ljust(size, b"\0")


def _blob(magic: int, data: bytes) -> bytes:
    return struct.pack(">2I", magic, 8 + len(data)) + data


def _slots(signing: Signing) -> dict[int, bytes]:
    """The special blobs: slot -> bytes."""
    slots = {2: _blob(0xFADE0C01, bytes(4))}  # an empty set of requirements
    if signing.entitlements is not None and signing.xml:
        slots[5] = _blob(0xFADE7171, plistlib.dumps(dict(signing.entitlements)))
    if signing.entitlements is not None and signing.der:
        slots[7] = _blob(0xFADE7172, build_der_entitlements(signing.entitlements, layout=signing.der_layout))
    return slots


def _code_directory(signing: Signing, slots: Mapping[int, bytes], code: bytes) -> bytes:
    """Version 0x20400, SHA-256, pages of 4 KiB, flag `adhoc`."""
    identifier = signing.identifier.encode() + b"\0"
    special = {1: signing.info_plist, **slots}
    hashes = [hashlib.sha256(special[n]).digest() if special.get(n) else bytes(32) for n in range(7, 0, -1)]
    pages = [hashlib.sha256(code[at : at + _PAGE]).digest() for at in range(0, len(code), _PAGE)]
    offset = 88 + len(identifier) + 32 * len(hashes)  # of the first page's hash; the special ones lie before
    fields = struct.pack(
        ">9I4B4I4Q",
        *(0xFADE0C02, offset + 32 * len(pages), 0x20400, 0x2, offset, 88, len(hashes), len(pages), len(code)),
        *(32, 2, 0, 12),  # hash size, SHA-256, platform, log2 of the page
        *(0, 0, 0, 0),  # spare2, scatterOffset, teamOffset, spare3
        *(0, 0, len(code), 1),  # codeLimit64, execSegBase, execSegLimit, execSegFlags: main binary
    )
    return fields + identifier + b"".join(hashes) + b"".join(pages)


def _super_blob(signing: Signing, code: bytes) -> bytes:
    slots = _slots(signing)
    blobs = {0: _code_directory(signing, slots, code), **slots, 0x10000: _blob(0xFADE0B01, b"")}
    at = 12 + 8 * len(blobs)
    index, body = b"", b""
    for slot, blob in blobs.items():
        index += struct.pack(">2I", slot, at + len(body))
        body += blob
    return struct.pack(">3I", 0xFADE0CC0, at + len(body), len(blobs)) + index + body


def _signature_size(signing: Signing, code_size: int) -> int:
    return (len(_super_blob(signing, bytes(code_size))) + 15) // 16 * 16


def _sign(signing: Signing, code: bytes, size: int) -> bytes:
    return _super_blob(signing, code).ljust(size, b"\0")
