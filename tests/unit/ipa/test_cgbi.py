"""Apple's form of a picture comes out as the pixels that went in, read back by Pillow."""

import io
import struct
import zlib

import pytest
from PIL import Image

from bot.ipa.chunks import BadPng, Header
from bot.ipa.png import build_plain_png, parse_png_header
from bot.sandbox.make_ipa import png_chunk
from tests.pictures import RAW, Pixel, build_png, make_pixels, premultiply

MODES = {2: "RGB", 6: "RGBA", 4: "LA", 0: "L"}


def convert(data: bytes, pixels: int = 10_000) -> bytes:
    png = build_plain_png(data, pixels=pixels)
    assert parse_png_header(png).cgbi is None
    assert build_plain_png(png, pixels=pixels) == png
    return png


def shown(png: bytes, mode: str | None = None) -> list[list[Pixel]]:
    """The pixels as a library reads them that knows nothing of us."""
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        plain = picture.convert(mode) if mode else picture
        width, step = picture.width, len(plain.getbands())
        data = plain.tobytes()
    pixels = [tuple(data[n : n + step]) for n in range(0, len(data), step)]
    return [pixels[n : n + width] for n in range(0, len(pixels), width)]


def meant(rows: list[list[Pixel]], most: int = 255) -> list[list[Pixel]]:
    """What can be known again of pixels that were multiplied by alpha."""
    return [[recover(pixel, most) for pixel in row] for row in rows]


def recover(pixel: Pixel, most: int) -> Pixel:
    *colours, alpha = premultiply(pixel, most)
    if not alpha:
        return (0,) * len(pixel)
    return (*(min(most, round(colour * most / alpha)) for colour in colours), alpha)


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize("filters", [(0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)])
@pytest.mark.parametrize("colour_type", [2, 6, 4, 0])
def test_every_filter_and_order_of_rows(
    colour_type: int, filters: tuple[int, ...], *, interlaced: bool
) -> None:
    rows = make_pixels(13, 11, colour_type, 8)
    data = build_png(rows, colour_type, cgbi=RAW, filters=filters, interlaced=interlaced)
    assert shown(convert(data), MODES[colour_type]) == (meant(rows) if colour_type in (4, 6) else rows)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 5), (5, 3), (8, 8), (9, 17)])
def test_interlaced_pictures_of_every_size(size: tuple[int, int]) -> None:
    rows = make_pixels(*size, 6, 8)
    assert shown(convert(build_png(rows, 6, cgbi=RAW, interlaced=True, filters=(4, 1)))) == meant(rows)


@pytest.mark.parametrize("colour_type", [0, 2, 4, 6])
def test_sixteen_bits_a_sample(colour_type: int) -> None:
    rows = make_pixels(9, 5, colour_type, 16)
    png = convert(build_png(rows, colour_type, 16, cgbi=RAW, filters=(1, 4)))
    wanted = meant(rows, 0xFFFF) if colour_type in (4, 6) else rows
    kept = (1, 4) if colour_type == 0 else (0,)  # grey needs no change, so its rows are passed on
    assert png == build_png(wanted, colour_type, 16, filters=kept)  # Pillow keeps eight bits only


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palettes_and_few_greys_keep_their_bits(depth: int) -> None:
    rows = make_pixels(11, 6, 3, depth)
    for colour_type in (0, 3):
        assert convert(build_png(rows, colour_type, depth, cgbi=RAW)) == build_png(rows, colour_type, depth)


def test_transparency_beside_the_pixels_is_kept() -> None:
    rows = make_pixels(8, 8, 3, 8)
    chunks = [(b"PLTE", bytes(range(256)) * 3), (b"tRNS", bytes(range(255, -1, -1)))]
    png = convert(build_png(rows, 3, cgbi=RAW, chunks=chunks))
    assert shown(png, "RGBA") == shown(build_png(rows, 3, chunks=chunks), "RGBA")
    assert {pixel[3] for row in shown(png, "RGBA") for pixel in row} != {255}


@pytest.mark.parametrize("pieces", [1, 2, 7])
def test_any_number_of_pieces(pieces: int) -> None:
    rows = make_pixels(20, 20, 6, 8)
    assert shown(convert(build_png(rows, 6, cgbi=RAW, pieces=pieces))) == meant(rows)


@pytest.mark.parametrize(
    ("flags", "raw"),
    [
        ("50002002", True),
        ("30002002", True),
        ("40002002", False),
        ("50002002", False),
        ("", True),
        ("00", True),
    ],
)
def test_flags_say_whether_there_is_a_frame_and_wrong_ones_do_no_harm(flags: str, *, raw: bool) -> None:
    rows = make_pixels(6, 4, 6, 8)
    assert shown(convert(build_png(rows, 6, cgbi=bytes.fromhex(flags), raw=raw))) == meant(rows)


def test_every_colour_under_every_alpha_is_the_nearest() -> None:
    """Multiplying again gives what was stored, and no other tool's rounding comes closer."""
    rows = [[(colour, colour, colour, alpha) for colour in range(256)] for alpha in range(256)]
    for before, after in zip(rows, shown(convert(build_png(rows, 6, cgbi=RAW), 1 << 16)), strict=True):
        for wanted, got in zip(before, after, strict=True):
            assert premultiply(got, 255) == premultiply(wanted, 255)
            assert got[3] == wanted[3]
            assert not got[3] or abs(got[0] - wanted[0]) * 2 <= 255 // got[3] + 1


PROFILE = struct.pack(">I", 200) + bytes(range(196))


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize("packed", [deflate(PROFILE), zlib.compress(PROFILE)])
def test_a_colour_profile_is_packed_as_viewers_expect_it(packed: bytes) -> None:
    """Apple packs this one without zlib's frame, too; copied as it is, viewers would drop it."""
    data = build_png(make_pixels(3, 3, 6, 8), 6, cgbi=RAW, chunks=[(b"iCCP", b"ICC Profile\0\0" + packed)])
    with Image.open(io.BytesIO(convert(data))) as picture:
        assert picture.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("body", [b"", b"x", b"x\0", b"x\0\0nothing", b"x\0\0" + deflate(b"\0" * (2 << 20))])
def test_a_colour_profile_that_cannot_be_read_is_left_out(body: bytes) -> None:
    assert b"iCCP" not in convert(build_png(make_pixels(3, 3, 6, 8), 6, cgbi=RAW, chunks=[(b"iCCP", body)]))


def test_what_changes_no_colour_is_left_out() -> None:
    chunks = [(b"gAMA", struct.pack(">I", 45455)), (b"iDOT", bytes(28)), (b"eXIf", b"MM"), (b"tEXt", b"a\0b")]
    png = convert(build_png(make_pixels(3, 3, 6, 8), 6, cgbi=RAW, chunks=chunks))
    assert [kind in png for kind in (b"gAMA", b"iDOT", b"eXIf", b"tEXt")] == [True, False, False, False]


GOOD = build_png(make_pixels(5, 5, 6, 8), 6)
CGBI = build_png(make_pixels(5, 5, 6, 8), 6, cgbi=RAW)


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(b"IDAT", b"IDAX"),
        GOOD[:70] + bytes([GOOD[70] ^ 1]) + GOOD[71:],  # within IDAT: its checksum tells
        build_png(make_pixels(5, 4, 6, 8), 6).replace(struct.pack(">2I", 5, 4), struct.pack(">2I", 5, 5)),
        build_png(make_pixels(5, 5, 3, 8), 3, chunks=[(b"PLTE", b"")]).replace(b"PLTE", b"PLTX"),
        build_png(make_pixels(5, 5, 3, 8), 3, cgbi=RAW, chunks=[(b"PLTE", b"")]).replace(b"PLTE", b"pLTE"),
        GOOD.replace(b"\x08\x06\0\0\0", b"\x04\x06\0\0\0"),
        CGBI.replace(b"\x08\x06\0\0\0", b"\x08\x05\0\0\0"),
        CGBI.replace(b"\x08\x06\0\0\0", b"\x08\x06\0\0\2"),
        CGBI[:24] + CGBI[8:],  # CgBI twice
        CGBI[:49] + CGBI[24:],  # IHDR twice
        GOOD[:33] + GOOD[8:],
    ],
)
def test_what_no_viewer_shows_is_refused(data: bytes) -> None:
    with pytest.raises(BadPng):
        build_plain_png(data, pixels=100)


@pytest.mark.parametrize("cgbi", [RAW, None])
def test_a_filter_that_png_does_not_know(cgbi: bytes | None) -> None:
    raw = cgbi is not None
    packer = zlib.compressobj(wbits=-15 if raw else 15)
    odd = packer.compress(b"\5" + bytes(4)) + packer.flush()
    plain = build_png([[(0, 0, 0, 0)]], 6, cgbi=cgbi)
    start = plain.index(b"IDAT") - 4
    chunk = struct.pack(">I", len(odd)) + b"IDAT" + odd
    chunk += struct.pack(">I", zlib.crc32(chunk[4:]))
    with pytest.raises(BadPng, match="filter"):
        build_plain_png(plain[:start] + chunk + plain[-12:], pixels=100)


def test_the_number_of_pixels_is_bounded_before_anything_is_inflated() -> None:
    huge = GOOD.replace(struct.pack(">2I", 5, 5), struct.pack(">2I", 50_000, 50_000))
    with pytest.raises(BadPng, match="at most"):
        build_plain_png(huge, pixels=1 << 22)


@pytest.mark.parametrize(("depth", "width", "fits"), [(8, 1024, True), (8, 2048, False), (16, 1024, False)])
def test_what_is_converted_is_bounded_to_more_than_any_real_icon(
    depth: int, width: int, *, fits: bool
) -> None:
    """Transparent everywhere, and every row's filter costs the most; built by hand, for speed."""
    rows = (b"\4" + bytes(width * depth // 2)) * width
    packer = zlib.compressobj(1, wbits=-15)
    start = build_png(make_pixels(1, 1, 6, depth), 6, depth, cgbi=RAW)
    head = start[: start.index(b"IDAT") - 4].replace(
        struct.pack(">2I", 1, 1), struct.pack(">2I", width, width)
    )
    picture = head + png_chunk(b"IDAT", packer.compress(rows) + packer.flush()) + png_chunk(b"IEND", b"")
    if fits:
        assert parse_png_header(build_plain_png(picture, pixels=1 << 22)).width == width
    else:
        with pytest.raises(BadPng, match="at most in Apple's form"):
            build_plain_png(picture, pixels=1 << 22)


def test_rows_have_the_lengths_that_png_says() -> None:
    assert list(Header(9, 3, 1, 0, interlaced=False, cgbi=None).passes()) == [(2, 3)]
    assert list(Header(1, 1, 16, 6, interlaced=True, cgbi=None).passes()) == [(8, 1)]
    assert Header(5, 5, 8, 6, interlaced=True, cgbi=None).size == 5 * 5 * 4 + 11  # a byte for each of 11 rows
