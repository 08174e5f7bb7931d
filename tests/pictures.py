"""Builds pictures from known pixels in every form that PNG and Apple's CgBI have, by hand."""

import itertools
import struct
import zlib
from collections.abc import Iterator, Sequence

from bot.sandbox.make_ipa import png_chunk

Pixel = tuple[int, ...]
Chunk = tuple[bytes, bytes]
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
RAW = bytes.fromhex("50002002")  # the CgBI chunk of a picture with alpha


def make_pixels(width: int, height: int, colour_type: int, depth: int) -> list[list[Pixel]]:
    """Rows of pixels: different everywhere, with every kind of alpha."""
    most = (1 << depth) - 1
    alphas = [0, most, most // 2, 1, most - 1, most // 3]
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            channels = [(x * 37 + y * 91 + n * 53 + x * y) * 257 & most for n in range(CHANNELS[colour_type])]
            if colour_type in (4, 6):
                channels[-1] = alphas[(x + y) % len(alphas)]
            row.append(tuple(channels))
        rows.append(row)
    return rows


def premultiply(pixel: Pixel, most: int) -> Pixel:
    """What Apple's tool stores of a pixel with alpha."""
    *colours, alpha = pixel
    return (*((colour * alpha + most // 2) // most for colour in colours), alpha)


def build_png(
    rows: Sequence[Sequence[Pixel]],
    colour_type: int,
    depth: int = 8,
    *,
    cgbi: bytes | None = None,
    raw: bool | None = None,
    interlaced: bool = False,
    filters: Sequence[int] = (0,),
    pieces: int = 1,
    chunks: Sequence[Chunk] = (),
) -> bytes:
    """A PNG of these pixels; `cgbi` gives the flags of Apple's form.

    `raw` False keeps zlib's frame there. The pixels are packed into `pieces` IDATs, at the level that the bot
    packs at, so that bytes may be compared; `chunks` come before them, after a palette of 256 greys where
    there is none among them.
    """
    size = (len(rows[0]), len(rows))
    most = (1 << depth) - 1
    if cgbi is not None and colour_type in (4, 6):
        rows = [[premultiply(pixel, most) for pixel in row] for row in rows]
    if cgbi is not None and colour_type in (2, 6):
        rows = [[(*pixel[2::-1], *pixel[3:]) for pixel in row] for row in rows]
    parts = [rows] if not interlaced else [[r[x::sx] for r in rows[y::sy]] for x, y, sx, sy in PASSES]
    packed = b"".join(_filter_rows(p, colour_type, depth, filters) for p in parts if p and p[0])
    bits = -15 if (cgbi is not None if raw is None else raw) else 15
    packer = zlib.compressobj(6, wbits=bits)
    data = packer.compress(packed) + packer.flush()
    step = -(-len(data) // pieces)
    kinds = {kind for kind, _ in chunks}
    palette = bytes(itertools.chain.from_iterable((n, n, n) for n in range(most + 1 if depth < 16 else 0)))
    all_chunks: list[Chunk] = [(b"CgBI", cgbi)] if cgbi is not None else []
    all_chunks.append((b"IHDR", struct.pack(">2I5B", *size, depth, colour_type, 0, 0, interlaced)))
    all_chunks += [(b"PLTE", palette)] if colour_type == 3 and b"PLTE" not in kinds else []
    all_chunks += [
        *chunks,
        *((b"IDAT", data[n : n + step]) for n in range(0, len(data), step)),
        (b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in all_chunks)


def _filter_rows(
    rows: Sequence[Sequence[Pixel]], colour_type: int, depth: int, filters: Sequence[int]
) -> bytes:
    step = max(1, CHANNELS[colour_type] * depth // 8)
    result, above = b"", b""
    for number, pixels in enumerate(rows):
        row = _pack_row(pixels, depth)
        above = above or bytes(len(row))
        kind = filters[number % len(filters)]
        result += bytes([kind, *_filter(kind, row, above, step)])
        above = row
    return result


def _pack_row(pixels: Sequence[Pixel], depth: int) -> bytes:
    samples = list(itertools.chain.from_iterable(pixels))
    bits = "".join(f"{sample:0{depth}b}" for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _filter(kind: int, row: bytes, above: bytes, step: int) -> Iterator[int]:
    """PNG specification, 9.2."""
    for x, value in enumerate(row):
        left, corner = (row[x - step], above[x - step]) if x >= step else (0, 0)
        up = above[x]
        guess = left + up - corner
        paeth = min((left, up, corner), key=lambda known: abs(guess - known))
        yield value - (0, left, up, (left + up) // 2, paeth)[kind] & 255
