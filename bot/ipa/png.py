"""PNG files: their chunks, and Apple's CgBI form turned into an ordinary one. No I/O.

Xcode writes CgBI: a chunk of that name before IHDR, raw deflate without zlib's header, blue before red, and
colours multiplied by alpha. Browsers cannot show it. The conversion is exact: multiplying the result by
alpha again, with rounding, gives the bytes of the file.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_MAGIC = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples a pixel
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


class BadPng(ValueError):
    """No PNG, or one past the limits. The text is fit for people."""


@dataclass(frozen=True, slots=True)
class Header:
    width: int
    height: int
    depth: int  # bits a sample
    colour_type: int
    interlaced: bool
    cgbi: bool


def parse_png_header(data: bytes) -> Header:
    """Size and form; raises BadPng."""
    cgbi = False
    for kind, body in _chunks(data):
        if kind == b"CgBI":
            cgbi = True
        elif kind == b"IHDR" and len(body) == 13:
            width, height, depth, colour, _, _, interlace = struct.unpack(">2I5B", body)
            if not width or not height or colour not in _CHANNELS:
                break
            return Header(width, height, depth, colour, bool(interlace), cgbi)
        else:
            break
    raise BadPng("it is no PNG")


def build_plain_png(data: bytes, *, pixels: int) -> bytes:
    """The same picture as an ordinary PNG (unchanged if it is one); raises BadPng past `pixels` pixels."""
    header = parse_png_header(data)
    if header.width * header.height > pixels:
        raise BadPng(f"it has {header.width} x {header.height} pixels ({pixels} at most)")
    if not header.cgbi:
        return data[: _end(data)]
    if header.depth != 8 or header.colour_type not in (2, 6):
        raise BadPng("it is a CgBI file of a form that Xcode does not write")
    rows = _inflate(b"".join(body for kind, body in _chunks(data) if kind == b"IDAT"), header)
    plain = _convert(rows, header)
    kept = [
        (kind, body) for kind, body in _chunks(data) if kind in (b"IHDR", b"gAMA", b"sRGB", b"cHRM", b"iCCP")
    ]
    chunks = [*kept, (b"IDAT", zlib.compress(plain, 9)), (b"IEND", b"")]
    return _MAGIC + b"".join(_pack(kind, body) for kind, body in chunks)


def _pack(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_MAGIC):
        raise BadPng("it is no PNG")
    at = len(_MAGIC)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if at + 12 + size > len(data):
            raise BadPng("it ends too early")
        kind = data[at + 4 : at + 8]
        yield kind, data[at + 8 : at + 8 + size]
        at += 12 + size
        if kind == b"IEND":
            return
    raise BadPng("it ends too early")


def _end(data: bytes) -> int:
    """Where the last chunk ends: nothing that follows it is passed on."""
    return len(_MAGIC) + sum(12 + len(body) for _, body in _chunks(data))


def _sizes(header: Header) -> list[tuple[int, int]]:
    """(width, height) of each pass: one, or the seven of Adam7."""
    if not header.interlaced:
        return [(header.width, header.height)]
    return [
        ((header.width - x + step_x - 1) // step_x, (header.height - y + step_y - 1) // step_y)
        for x, y, step_x, step_y in _PASSES
        if header.width > x and header.height > y
    ]


def _inflate(packed: bytes, header: Header) -> bytes:
    channels = _CHANNELS[header.colour_type]
    expected = sum(height * (1 + width * channels) for width, height in _sizes(header))
    try:
        rows = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, expected)
    except zlib.error:
        raise BadPng("its pixels cannot be inflated") from None
    if len(rows) != expected:
        raise BadPng("it has too few pixels")
    return rows


def _convert(rows: bytes, header: Header) -> bytes:
    """Unfiltered rows in the order red, green, blue (alpha), each with filter 0 before it."""
    channels = _CHANNELS[header.colour_type]
    result, at = bytearray(), 0
    for width, height in _sizes(header):
        above = bytes(width * channels)
        for _ in range(height):
            row = _unfilter(rows[at], bytearray(rows[at + 1 : at + 1 + len(above)]), above, channels)
            at += 1 + len(above)
            above = bytes(row)
            row[0::channels], row[2::channels] = row[2::channels], row[0::channels]
            if channels == 4:
                _divide_by_alpha(row)
            result += b"\0" + row
    return bytes(result)


def _unfilter(kind: int, row: bytearray, above: bytes, step: int) -> bytearray:
    """Undo one row's filter (PNG specification, 9.2)."""
    match kind:
        case 0:
            return row
        case 1:
            for x in range(step, len(row)):
                row[x] = row[x] + row[x - step] & 255
        case 2:
            return bytearray(value + up & 255 for value, up in zip(row, above, strict=True))
        case 3:
            for x, up in enumerate(above):
                row[x] = row[x] + ((row[x - step] if x >= step else 0) + up >> 1) & 255
        case 4:
            _unfilter_paeth(row, above, step)
        case _:
            raise BadPng("it has a row with an unknown filter")
    return row


def _unfilter_paeth(row: bytearray, above: bytes, step: int) -> None:
    for x, up in enumerate(above):
        left, corner = (row[x - step], above[x - step]) if x >= step else (0, 0)
        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        if to_left <= to_up and to_left <= to_corner:
            row[x] = row[x] + left & 255
        else:
            row[x] = row[x] + (up if to_up <= to_corner else corner) & 255


def _divide_by_alpha(row: bytearray) -> None:
    """Colours as they were before they were multiplied by alpha, rounded to the nearest."""
    for x, alpha in enumerate(row[3::4]):
        if alpha != 255:
            for channel in range(4 * x, 4 * x + 3):
                row[channel] = min(255, (row[channel] * 255 + alpha // 2) // alpha) if alpha else 0
