"""Builds what tests read: IPAs of every shape, odd zips, pictures. Small, real, and the same every time."""

import io
import plistlib
import struct
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any

from bot.sandbox.make_ipa import Extension, make_ipa, png_chunk, zip_members
from bot.sandbox.make_macho import Signing, make_fat, make_macho

__all__ = [
    "Entry",
    "Extension",
    "Signing",
    "app_members",
    "cgbi_png",
    "make_fat",
    "make_ipa",
    "make_macho",
    "write_zip",
    "zip_bytes",
    "zip_members",
]


@dataclass(frozen=True)
class Entry:
    """One member of a zip, every field of which may lie."""

    name: bytes | str
    data: bytes = b""
    method: int = 8  # 0 stored, 8 deflated; any other number keeps `data` as it is
    flags: int = 0  # 0x1 encrypted, 0x800 UTF-8 name
    descriptor: bool = False  # sizes and CRC follow the data, the local header has zeros
    mode: int = 0o100644
    extra: bytes = b""  # of the local header only
    size: int | None = None  # declared, instead of the real one
    crc: int | None = None
    packed: bytes | None = None  # the deflated `data`, where that was made before
    hole: int = 0  # so many zeros instead of `data`, not written: stored, for sparse files
    wide: Collection[str] | None = None  # numbers that only Zip64's field holds: size, compressed, offset
    directory_extra: bytes = b""  # extra fields of the directory's line, before Zip64's


def app_members(
    app: str = "Acme", *, info: Mapping[str, Any] | None = None, executable: bytes | None = None
) -> list[Entry]:
    """The least that makes an app: Info.plist and an executable."""
    plist = {
        "CFBundleIdentifier": "com.acme.app",
        "CFBundleName": "Acme",
        "CFBundleExecutable": "Acme",
        **(info or {}),
    }
    return [
        Entry(f"Payload/{app}.app/Info.plist", plistlib.dumps(plist)),
        Entry(f"Payload/{app}.app/Acme", make_macho() if executable is None else executable),
    ]


def zip_bytes(
    entries: Sequence[Entry],
    *,
    comment: bytes = b"",
    leading: bytes = b"",
    zip64: bool = False,
    promised: int | None = None,
) -> bytes:
    file = io.BytesIO()
    write_zip(file, entries, comment=comment, leading=leading, zip64=zip64, promised=promised)
    return file.getvalue()


def write_zip(
    file: IO[bytes],
    entries: Sequence[Entry],
    *,
    comment: bytes = b"",
    leading: bytes = b"",
    zip64: bool = False,
    promised: int | None = None,
) -> None:
    """An archive written by hand; `leading` bytes come first, and no offset counts them.

    `promised` is the count of members that its end tells, instead of the real one.
    """
    file.write(leading)
    directory = b"".join(_write_entry(file, entry, len(leading), zip64) for entry in entries)
    start = file.tell() - len(leading)
    file.write(directory)
    count = len(entries) if promised is None else promised
    if zip64:
        place = file.tell() - len(leading)
        file.write(
            struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(directory), start)
        )
        file.write(struct.pack("<4sLQL", b"PK\6\7", 0, place, 1))
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, len(comment))
    else:
        end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), start, len(comment))
    file.write(end + comment)


def _write_entry(file: IO[bytes], entry: Entry, shift: int, zip64: bool) -> bytes:
    """Write one member; its line in the directory."""
    name = entry.name.encode() if isinstance(entry.name, str) else entry.name
    packed = entry.data if entry.packed is None else entry.packed
    if entry.method == 8 and entry.packed is None:
        packer = zlib.compressobj(9, wbits=-15)
        packed = packer.compress(entry.data) + packer.flush()
    offset = file.tell() - shift
    compressed = entry.hole or len(packed)
    size = entry.size if entry.size is not None else entry.hole or len(entry.data)
    crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
    flags = entry.flags | (8 if entry.descriptor else 0)
    sizes = (0, 0, 0) if entry.descriptor else (crc, *(min(n, 0xFFFFFFFF) for n in (compressed, size)))
    head = (45 if zip64 else 20, flags, entry.method, 0, 0x21)
    file.write(struct.pack("<4s5H3L2H", b"PK\3\4", *head, *sizes, len(name), len(entry.extra)))
    file.write(name + entry.extra)
    if entry.hole:
        file.seek(entry.hole, io.SEEK_CUR)
    else:
        file.write(packed)
    if entry.descriptor:
        file.write(struct.pack("<4s3L", b"PK\7\x08", crc, compressed, size))
    numbers = {"size": size, "compressed": compressed, "offset": offset}
    wide = [n for n in numbers if n in (numbers if zip64 and entry.wide is None else entry.wide or ())]
    extra = entry.directory_extra
    if wide:
        extra += struct.pack(f"<2H{len(wide)}Q", 1, 8 * len(wide), *(numbers[n] for n in wide))
    size, compressed, offset = (0xFFFFFFFF if n in wide else value for n, value in numbers.items())
    sizes = (crc, compressed, size)
    fields = (0x0314, *head, *sizes, len(name), len(extra), 0, 0, 0, entry.mode << 16, offset)
    return struct.pack("<4s6H3L5H2L", b"PK\1\2", *fields) + name + extra


def cgbi_png(width: int, height: int, pixels: bytes, *, filters: Sequence[int] = (0,)) -> bytes:
    """Apple's form of a picture: `pixels` are RGBA as people mean them; row n has filter `filters[n % …]`."""
    rows, above = b"", bytes(width * 4)
    for y in range(height):
        row = bytearray()
        for x in range(width):
            r, g, b, a = pixels[4 * (y * width + x) :][:4]
            row += bytes([*((channel * a + 127) // 255 for channel in (b, g, r)), a])
        kind = filters[y % len(filters)]
        rows += bytes([kind]) + _filter(kind, bytes(row), above)
        above = bytes(row)
    packer = zlib.compressobj(9, wbits=-15)
    chunks = [
        (b"CgBI", bytes.fromhex("50002002")),
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", packer.compress(rows) + packer.flush()),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def _filter(kind: int, row: bytes, above: bytes) -> bytes:
    """One PNG row filtered (specification, 9.2), four bytes a pixel."""
    result = bytearray()
    for x, value in enumerate(row):
        left, corner = (row[x - 4], above[x - 4]) if x >= 4 else (0, 0)
        up = above[x]
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda near: abs(guess - near))
        result.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) % 256)
    return bytes(result)
