"""JPEG pictures become PNG within bounds: what Pillow is given was looked at before."""

import io
import struct
import zlib

import pytest
from PIL import Image

from bot.ipa.chunks import BadPng, read_chunks
from bot.ipa.jpeg import parse_jpeg_size
from bot.ipa.picture import build_picture
from bot.ipa.png import parse_png_header
from tests.pictures import RAW, build_png, make_pixels


def jpeg(mode: str = "RGB", size: tuple[int, int] = (24, 16), **options: object) -> bytes:
    file = io.BytesIO()
    colours: dict[str, tuple[int, ...]] = {"L": (99,), "RGB": (200, 30, 60), "CMYK": (0, 200, 180, 20)}
    with Image.new(mode, size, colours[mode]) as picture:
        for place in range(size[0]):  # no two rows or columns alike
            picture.putpixel((place, place * 7 % size[1]), tuple(255 - c for c in colours[mode]))
        picture.save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def test_it_comes_out_as_the_same_colours() -> None:
    for mode in ("L", "RGB", "CMYK"):
        data = jpeg(mode)
        png = build_picture(data, pixels=1000)
        header = parse_png_header(png)
        assert (header.width, header.height, header.depth) == (24, 16, 8)
        with Image.open(io.BytesIO(png)) as after, Image.open(io.BytesIO(data)) as before:
            assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()


@pytest.mark.parametrize(
    "data", [jpeg(), jpeg("L"), build_png(make_pixels(24, 16, 6, 8), 6, cgbi=RAW, filters=(4, 1, 0))]
)
def test_what_we_pack_is_packed_alike_everywhere(data: bytes) -> None:
    """Its hash names the file in the source: no other library than zlib, and no other level, has a say."""
    packed = b"".join(body for kind, body in read_chunks(build_picture(data, pixels=1000)) if kind == b"IDAT")
    assert packed == zlib.compress(zlib.decompress(packed), 6)


def test_progressive_ones_and_those_with_profiles_and_orientation() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"
    png = build_picture(jpeg(progressive=True, exif=exif, icc_profile=b"profile"), pixels=1000)
    with Image.open(io.BytesIO(png)) as picture:
        assert picture.info["icc_profile"] == b"profile"
        assert "exif" not in picture.info
    assert b"iCCP" not in build_picture(jpeg("CMYK", icc_profile=b"of four colours"), pixels=1000)


def test_more_pixels_than_allowed_are_refused_by_the_header() -> None:
    with pytest.raises(BadPng, match="24 x 16"):
        build_picture(jpeg(), pixels=24 * 16 - 1)


def test_a_second_header_does_not_widen_the_picture() -> None:
    """What was checked is what is decoded: the decoder's size must be that of the header read here."""
    data = jpeg()
    at = data.index(b"\xff\xc0")
    (length,) = struct.unpack_from(">H", data, at + 2)
    frame = data[at : at + 2 + length]
    small = frame[:5] + struct.pack(">2H", 1, 1) + frame[9:]
    with pytest.raises(BadPng):
        build_picture(data[:at] + small + data[at:], pixels=24 * 16 - 1)


def test_scans_without_end_are_refused() -> None:
    data = jpeg(progressive=True)
    scan = data.rindex(b"\xff\xda")
    with pytest.raises(BadPng, match="scans"):
        build_picture(data[:scan] + data[scan:-2] * 100 + b"\xff\xd9", pixels=1000)


GOOD = jpeg()


@pytest.mark.parametrize(
    "data",
    [
        GOOD[: len(GOOD) // 2],
        GOOD[:3],
        b"\xff\xd8\xff\xe0\0\0",
        b"\xff\xd8\xff\xe0\0\x01" + bytes(20),
        b"\xff\xd8" + b"\xff" * 5000,
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xda\0\x08" + bytes(30),
        GOOD.replace(struct.pack(">2H", 16, 24), struct.pack(">2H", 0, 24)),
        GOOD.replace(b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),  # twelve bits a sample
        GOOD.replace(b"\xff\xdb", b"\xff\xfe"),  # no tables to multiply by
    ],
)
def test_damaged_ones_are_one_error(data: bytes) -> None:
    with pytest.raises(BadPng):
        build_picture(data, pixels=1000)


def test_padding_before_a_marker_is_passed_over() -> None:
    assert parse_jpeg_size(GOOD[:2] + b"\xff\xff" + GOOD[2:]) == (24, 16)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "WEBP", "ICO"])
def test_other_forms_never_reach_the_library(form: str) -> None:
    file = io.BytesIO()
    with Image.new("RGB", (4, 4)) as picture:
        picture.save(file, form)
    with pytest.raises(BadPng, match="no PNG"):
        build_picture(file.getvalue(), pixels=1000)
