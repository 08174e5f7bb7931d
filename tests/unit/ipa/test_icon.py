import io
import struct
import zlib
from typing import Any

import pytest

from bot.ipa import Limits, read_ipa
from bot.ipa.model import Icon
from bot.ipa.png import BadPng, build_plain_png, parse_png_header
from bot.sandbox.make_ipa import draw_icon
from tests.builders import cgbi_png, make_ipa

PIXELS = bytes(
    channel
    for y in range(9)
    for x in range(7)
    for channel in (x * 36, y * 28, (x * y * 7) % 256, (0, 255, 128, 1, 254, 77)[(x + y) % 6])
)


def pixels_of(png: bytes) -> bytes:
    """RGBA of a PNG whose rows are not filtered."""
    width = struct.unpack_from(">I", png, 16)[0]
    at = png.index(b"IDAT")
    (size,) = struct.unpack_from(">I", png, at - 4)
    rows = zlib.decompress(png[at + 4 : at + 4 + size])
    assert set(rows[:: width * 4 + 1]) == {0}
    return b"".join(rows[n + 1 : n + 1 + width * 4] for n in range(0, len(rows), width * 4 + 1))


@pytest.mark.parametrize("filters", [(0,), (1,), (2,), (3,), (4,), (4, 3, 2, 1, 0)])
def test_cgbi_becomes_an_ordinary_picture(filters: tuple[int, ...]) -> None:
    png = build_plain_png(cgbi_png(7, 9, PIXELS, filters=filters), pixels=100)
    assert not parse_png_header(png).cgbi
    shown_pixels = pixels_of(png)
    assert len(shown_pixels) == len(PIXELS)
    for at in range(0, len(PIXELS), 4):
        shown, meant = shown_pixels[at : at + 4], PIXELS[at : at + 4]
        alpha = meant[3]
        assert shown[3] == alpha
        for after, before in zip(shown[:3], meant[:3], strict=True):
            multiplied = (before * alpha + 127) // 255
            assert (after * alpha + 127) // 255 == multiplied  # exact as far as the file tells
            assert alpha != 255 or after == before


def test_an_ordinary_picture_is_left_as_it_is() -> None:
    png = draw_icon("x", 20)
    assert build_plain_png(png, pixels=400) == png
    assert build_plain_png(png + b"trailing", pixels=400) == png


CGBI = cgbi_png(7, 9, PIXELS)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        CGBI[:30],
        CGBI[:-15],
        CGBI[:8],
        CGBI.replace(b"IDAT", b"IDAX"),
        cgbi_png(7, 8, PIXELS).replace(struct.pack(">2I", 7, 8), struct.pack(">2I", 7, 9)),
        CGBI.replace(struct.pack(">2I", 7, 9), struct.pack(">2I", 0, 9)),
        CGBI.replace(struct.pack(">2I", 7, 9), struct.pack(">2I", 70000, 90000)),
    ],
)
def test_what_is_no_picture_is_one_error(data: bytes) -> None:
    with pytest.raises(BadPng):
        build_plain_png(data, pixels=100)


def icon_of(files: dict[str, bytes], info: dict[str, Any]) -> Icon | None:
    data = make_ipa(icon=False, files=files, info=info)
    return read_ipa(io.BytesIO(data), size=len(data), limits=Limits()).icon


def primary(*names: str) -> dict[str, Any]:
    return {"CFBundlePrimaryIcon": {"CFBundleIconFiles": list(names)}}


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"CFBundleIcons": primary("AppIcon60x60")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": primary("AppIcon29x29")}, "AppIcon29x29.png"),
        ({"CFBundleIcons~ipad": primary("AppIcon83.5x83.5")}, "AppIcon83.5x83.5@2x~ipad.png"),
        ({"CFBundleIcons": primary("AppIcon29x29", "AppIcon60x60")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIconFiles": ["Icon.png", "Icon@2x.png"]}, "Icon@2x.png"),
        ({"CFBundleIconFile": "Icon"}, "Icon@2x.png"),
        ({"CFBundleIcons": {"CFBundlePrimaryIcon": "AppIcon29x29"}}, "AppIcon29x29.png"),
        ({"CFBundleIconFiles": ["Broken60x60", "AppIcon29x29"]}, "AppIcon29x29.png"),
        ({"CFBundleIcons": primary("None")}, None),
        ({"CFBundleIcons": ["odd"], "CFBundleIconFiles": {"odd": 1}}, None),
        ({}, None),
    ],
)
def test_the_best_icon_is_found(info: dict[str, Any], expected: str | None) -> None:
    names = ["AppIcon29x29.png", "AppIcon60x60@2x.png", "AppIcon60x60@3x.png", "AppIcon83.5x83.5@2x~ipad.png"]
    names += ["Icon.png", "Icon@2x.png", "IconOther.png", "sub/AppIcon60x60@9x.png"]
    files = {name: draw_icon(name, 10 + n) for n, name in enumerate(names)} | {"Broken60x60@3x.png": b"x"}
    icon = icon_of(files, info)
    assert (icon.path.removeprefix("Payload/Acme.app/") if icon else None) == expected


def test_a_cgbi_icon_comes_out_ordinary() -> None:
    icon = icon_of({"I@2x.png": cgbi_png(7, 9, PIXELS)}, {"CFBundleIconFiles": ["I"]})
    assert icon is not None
    assert (icon.width, icon.height) == (7, 9)
    assert b"CgBI" not in icon.png
