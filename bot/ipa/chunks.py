"""The parts of a PNG file: its chunks, its header, and how many bytes its rows have. No I/O."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MAGIC = b"\x89PNG\r\n\x1a\n"
# Of the standard library's zlib, for whatever we pack. A picture's name in the source is the hash of its
# bytes, so keep it. 9 takes three times as long on icons, for 2 % of the bytes, and longer on photographs.
LEVEL = 6
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples a pixel
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}  # bits a sample
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")


class BadPng(ValueError):
    """No picture that can be shown, or one past the limits. The text is fit for people."""


@dataclass(frozen=True, slots=True)
class Header:
    width: int
    height: int
    depth: int  # bits a sample
    colour_type: int
    interlaced: bool
    cgbi: int | None  # the flags of Apple's CgBI chunk; None for an ordinary picture

    @property
    def channels(self) -> int:
        return _CHANNELS[self.colour_type]

    @property
    def step(self) -> int:
        """Bytes from one pixel to the next, as the filters count them: at least one."""
        return max(1, self.channels * self.depth // 8)

    def passes(self) -> Iterator[tuple[int, int]]:
        """(bytes a row, rows) of each pass that has pixels: of the one, or of the seven of Adam7."""
        for x, y, step_x, step_y in _PASSES if self.interlaced else ((0, 0, 1, 1),):
            width, height = -(-(self.width - x) // step_x), -(-(self.height - y) // step_y)
            if width > 0 and height > 0:
                yield (width * self.channels * self.depth + 7) // 8, height

    @property
    def size(self) -> int:
        """Bytes of all rows, each with the byte that names its filter."""
        return sum(rows * (1 + length) for length, rows in self.passes())


def parse_png_header(data: bytes) -> Header:
    """Size and form; raises BadPng."""
    cgbi = None
    for kind, body in read_chunks(data):
        if kind == b"CgBI" and cgbi is None:
            cgbi = int.from_bytes(body[:4], "big")
        elif kind == b"IHDR" and len(body) == 13:
            return _parse_header(body, cgbi)
        else:
            break
    raise BadPng("it is no PNG")


def _parse_header(body: bytes, cgbi: int | None) -> Header:
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">2I5B", body)
    known = not packing and not filtering and interlace in (0, 1) and depth in _DEPTHS.get(colour, ())
    if not known or not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise BadPng("its header is none that PNG knows")
    return Header(width, height, depth, colour, bool(interlace), cgbi)


def read_chunks(data: bytes, *, checked: bool = False) -> Iterator[tuple[bytes, bytes]]:
    """(kind, contents) up to IEND; raises BadPng. `checked` also compares the checksums that viewers do."""
    if not data.startswith(MAGIC):
        raise BadPng("it is no PNG")
    at = len(MAGIC)
    while at + 12 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        if at + 12 + size > len(data):
            break
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if checked and kind in _CRITICAL and data[at + 8 + size : at + 12 + size] != _checksum(kind, body):
            raise BadPng("it is damaged")
        yield kind, body
        at += 12 + size
        if kind == b"IEND":
            return
    raise BadPng("it ends too early")


def check_kinds(kinds: Sequence[bytes], header: Header) -> None:
    """Raise BadPng unless there is one header, and a palette where one is needed."""
    if kinds.count(b"IHDR") != 1 or kinds.count(b"PLTE") > 1:
        raise BadPng("it has two headers")
    if header.colour_type == 3 and b"PLTE" not in kinds:
        raise BadPng("it has no palette")


def pack_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + _checksum(kind, body)


def _checksum(kind: bytes, body: bytes) -> bytes:
    return zlib.crc32(body, zlib.crc32(kind)).to_bytes(4, "big")


def inflate_rows(packed: bytes, header: Header, *, raw: bool) -> bytes:
    """The filtered rows of all passes; `raw` is deflate without zlib's frame. Raises BadPng."""
    try:
        rows = zlib.decompressobj(-zlib.MAX_WBITS if raw else zlib.MAX_WBITS).decompress(packed, header.size)
    except zlib.error:
        raise BadPng("its pixels cannot be inflated") from None
    if len(rows) != header.size:
        raise BadPng("it has too few pixels")
    return rows
