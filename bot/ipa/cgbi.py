"""Apple's CgBI form of a PNG turned into an ordinary one. No I/O.

Xcode writes CgBI: a chunk of that name before IHDR with the bits of a CGBitmapInfo, raw deflate without
zlib's header (in iCCP, too), blue before red, and colours multiplied by alpha. Browsers cannot show it.

The conversion is exact: multiplying the result by alpha again, with rounding, gives the bytes of the file.
Dividing rounds to the nearest, as pngdefry does. The flags' low bits would say that a picture is opaque
(`…06`) or premultiplied (`…02`); Apple writes 255 as alpha in the former, and its own
`pngcrush -revert-iphone-optimizations` does not look at them, so neither do we.
Division goes by table, a row at a time, and only in rows that have transparency.
"""

import functools
import operator
import sys
import zlib
from array import array
from collections.abc import Iterator

from bot.ipa.chunks import LEVEL, MAGIC, BadPng, Header, check_kinds, inflate_rows, pack_chunk, read_chunks
from bot.ipa.filters import check_filters, undo_filters

_KEPT = (b"IHDR", b"gAMA", b"sRGB", b"cHRM", b"iCCP", b"cICP", b"PLTE", b"tRNS")  # what changes the colours
_RAW = 1 << 28  # in the flags: deflate without zlib's header and checksum
_PROFILE = 1 << 20  # bytes of a colour profile
_ROWS = 1 << 23  # bytes of pixels that are converted: Apple's largest icon, 1024 x 1024, has half of them


def build_png_from_cgbi(data: bytes, header: Header) -> bytes:
    """The ordinary PNG; raises BadPng.

    The same picture gives the same bytes: Pillow undoes filters only, and the standard library's zlib packs.
    """
    if header.size > _ROWS:
        raise BadPng(f"its pixels have {header.size} bytes ({_ROWS} at most in Apple's form)")
    chunks = list(read_chunks(data))
    check_kinds([kind for kind, _ in chunks], header)
    packed = b"".join(body for kind, body in chunks if kind == b"IDAT")
    result = [pack_chunk(*chunk) for kind, body in chunks for chunk in _keep(kind, body)]
    rows = _inflate(packed, header)
    check_filters(rows, header)
    plain = rows if header.channels == 1 else b"".join(_convert(rows, header))
    result += [pack_chunk(b"IDAT", zlib.compress(plain, LEVEL)), pack_chunk(b"IEND", b"")]
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
            yield kind, name + b"\0\0" + zlib.compress(profile, LEVEL)
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


def _convert(rows: bytes, header: Header) -> Iterator[bytes | bytearray]:
    """Unfiltered rows in the order red, green, blue, alpha, each with filter 0 before it."""
    at = 0
    for length, count in header.passes():
        end = at + count * (1 + length)
        pixels = undo_filters(rows[at:end], header.step, length, count)
        _restore(pixels, length, header)
        for start in range(0, len(pixels), length):
            yield b"\0"
            yield pixels[start : start + length]
        at = end


def _restore(pixels: bytearray, length: int, header: Header) -> None:
    """Put the samples of rows of `length` bytes back to what they were before Apple's tool."""
    if header.channels >= 3:
        step, sample = header.step, header.depth // 8
        for n in range(sample):
            blue, red = slice(n, None, step), slice(2 * sample + n, None, step)
            pixels[blue], pixels[red] = pixels[red], pixels[blue]
    if header.channels in (2, 4) and header.depth == 8:
        _divide_bytes(pixels, length, header.channels)
    elif header.channels in (2, 4):
        _divide_words(pixels, header.channels)


def _divide_bytes(pixels: bytearray, length: int, channels: int) -> None:
    """Colours as they were before they were multiplied by alpha; rows without transparency are left alone."""
    alphas = pixels[channels - 1 :: channels]
    if alphas.count(255) == len(alphas):
        return
    tables = {alpha: _quotients(alpha) for alpha in set(alphas)}
    for start in range(0, len(pixels), length):
        row = alphas[start // channels : (start + length) // channels]
        if row.count(255) == len(row):
            continue
        found = [tables[alpha] for alpha in row]
        for channel in range(channels - 1):
            place = slice(start + channel, start + length, channels)
            pixels[place] = bytes(map(operator.getitem, found, pixels[place]))


@functools.cache
def _quotients(alpha: int) -> bytes:
    """What each of the 256 values was before it was multiplied by `alpha`, rounded to the nearest."""
    if not alpha:
        return bytes(256)
    half = alpha // 2
    return bytes([(value * 255 + half) // alpha for value in range(alpha + 1)]).ljust(256, b"\xff")


def _divide_words(pixels: bytearray, channels: int) -> None:
    """The same for samples of two bytes, the higher first. No tool is known to write them."""
    samples, most = array("H", pixels), 0xFFFF
    if sys.byteorder == "little":
        samples.byteswap()
    alphas = samples[channels - 1 :: channels]
    for channel in range(channels - 1):
        values = zip(samples[channel::channels], alphas, strict=True)
        samples[channel::channels] = array(
            "H",
            [(v * most + (alpha >> 1)) // alpha if v < alpha else alpha and most for v, alpha in values],
        )
    if sys.byteorder == "little":
        samples.byteswap()
    pixels[:] = samples.tobytes()
