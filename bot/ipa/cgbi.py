"""Apple's CgBI form of a PNG turned into an ordinary one. No I/O.

Xcode writes CgBI: a chunk of that name before IHDR with the bits of a CGBitmapInfo, raw deflate without
zlib's header (in iCCP, too), blue before red, and colours multiplied by alpha. Browsers cannot show it.

The conversion is exact: multiplying the result by alpha again, with rounding, gives the bytes of the file.
Dividing rounds to the nearest, as pngdefry does. The flags' low bits would say that a picture is opaque
(`…06`) or premultiplied (`…02`); Apple writes 255 as alpha in the former, and its own
`pngcrush -revert-iphone-optimizations` does not look at them, so neither do we.
"""

import itertools
import sys
import zlib
from array import array
from collections.abc import Iterator

from bot.ipa.chunks import MAGIC, BadPng, Header, check_kinds, inflate_rows, pack_chunk, read_chunks

_KEPT = (b"IHDR", b"gAMA", b"sRGB", b"cHRM", b"iCCP", b"cICP", b"PLTE", b"tRNS")  # what changes the colours
_RAW = 1 << 28  # in the flags: deflate without zlib's header and checksum
_PROFILE = 1 << 20  # bytes of a colour profile


def build_png_from_cgbi(data: bytes, header: Header) -> bytes:
    """The ordinary PNG; raises BadPng. The caller has checked the header's number of pixels."""
    chunks = list(read_chunks(data))
    check_kinds([kind for kind, _ in chunks], header)
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    result = [pack_chunk(*chunk) for kind, body in chunks for chunk in _keep(kind, body)]
    plain = b"".join(_convert(_inflate(packed, header), header))
    result += [pack_chunk(b"IDAT", zlib.compress(plain, 9)), pack_chunk(b"IEND", b"")]
    return MAGIC + b"".join(result)


def _inflate(packed: bytes, header: Header) -> bytes:
    """As the flags say; tools other than Apple's set them wrongly, so the other way is tried, too."""
    raw = bool((header.cgbi or 0) & _RAW)
    try:
        return inflate_rows(packed, header, raw=raw)
    except BadPng:
        return inflate_rows(packed, header, raw=not raw)


def _keep(kind: bytes, body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunk as an ordinary picture has it; a profile that cannot be read is left out."""
    if kind == b"iCCP":
        name, _, packed = body.partition(b"\0")
        profile = _inflate_profile(packed[1:])
        if profile:
            yield kind, name + b"\0\0" + zlib.compress(profile, 9)
    elif kind in _KEPT:
        yield kind, body


def _inflate_profile(packed: bytes) -> bytes | None:
    for bits in (-zlib.MAX_WBITS, zlib.MAX_WBITS):
        inflater = zlib.decompressobj(bits)
        try:
            profile = inflater.decompress(packed, _PROFILE)
        except zlib.error:
            continue
        if inflater.eof and len(profile) == int.from_bytes(profile[:4], "big"):  # its own first field
            return profile
    return None


def _convert(rows: bytes, header: Header) -> Iterator[bytes]:
    """Unfiltered rows in the order red, green, blue, alpha, each with filter 0 before it."""
    at = 0
    for length, count in header.passes():
        above = bytes(length)
        for _ in range(count):
            row = _unfilter(rows[at], bytearray(rows[at + 1 : at + 1 + length]), above, header.step)
            at += 1 + length
            above = bytes(row)
            yield b"\0" + _restore(above, header)


def _restore(row: bytes, header: Header) -> bytes:
    """One row's samples as they were before Apple's tool."""
    channels, depth = header.channels, header.depth
    if channels == 1:
        return row  # grey, or numbers of a palette's colours
    samples = array("B" if depth == 8 else "H", row)
    if depth == 16 and sys.byteorder == "little":
        samples.byteswap()
    if channels >= 3:
        samples[0::channels], samples[2::channels] = samples[2::channels], samples[0::channels]
    if channels in (2, 4):
        _divide_by_alpha(samples, channels, (1 << depth) - 1)
    if depth == 16 and sys.byteorder == "little":
        samples.byteswap()
    return samples.tobytes()


def _divide_by_alpha(samples: "array[int]", channels: int, most: int) -> None:
    """Colours as they were before they were multiplied by alpha, rounded to the nearest."""
    alphas = samples[channels - 1 :: channels]
    if alphas.count(most) == len(alphas):
        return
    for channel in range(channels - 1):
        samples[channel::channels] = array(
            samples.typecode,
            [
                min(most, (value * most + alpha // 2) // alpha) if alpha else 0
                for value, alpha in zip(samples[channel::channels], alphas, strict=True)
            ],
        )


def _unfilter(kind: int, row: bytearray, above: bytes, step: int) -> bytearray:
    """Undo one row's filter (PNG specification, 9.2)."""
    match kind:
        case 0:
            return row
        case 2:
            return bytearray(value + up & 255 for value, up in zip(row, above, strict=True))
        case 1 | 3 | 4:
            for channel in range(step):  # each byte counts from the one a pixel before
                values, ups = bytes(row[channel::step]), above[channel::step]
                row[channel::step] = _UNDO[kind](values, ups)
            return row
    raise BadPng("it has a row with an unknown filter")


def _undo_sub(values: bytes, ups: bytes) -> bytes:
    del ups
    return bytes(total & 255 for total in itertools.accumulate(values))


def _undo_average(values: bytes, ups: bytes) -> bytes:
    result, left = bytearray(), 0
    for value, up in zip(values, ups, strict=True):
        left = value + (left + up >> 1) & 255
        result.append(left)
    return bytes(result)


def _undo_paeth(values: bytes, ups: bytes) -> bytes:
    result, left, corner = bytearray(), 0, 0
    for value, up in zip(values, ups, strict=True):
        to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
        guess = corner if to_corner < to_left and to_corner < to_up else left if to_left <= to_up else up
        left = value + guess & 255
        corner = up
        result.append(left)
    return bytes(result)


_UNDO = {1: _undo_sub, 3: _undo_average, 4: _undo_paeth}
