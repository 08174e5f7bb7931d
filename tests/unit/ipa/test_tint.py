"""The colour that goes with an icon: vivid, readable, and the same every time."""

import colorsys
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.ipa.tint import luminance, suggest_tint_color
from bot.sandbox.make_ipa import draw_icon
from tests.pictures import RAW, Pixel, build_png

WHITE, BLACK, CLEAR = (255, 255, 255, 255), (0, 0, 0, 255), (255, 0, 0, 0)
GREY = (128, 128, 128, 255)


def icon(*parts: tuple[int, Pixel]) -> bytes:
    """Stripes, so many rows of each colour."""
    return build_png([[pixel] * 40 for count, pixel in parts for _ in range(count)], 6)


def parse(text: str | None) -> tuple[int, int, int]:
    assert text is not None
    assert len(text) == 7
    assert text == text.upper()
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue


def contrast(a: tuple[int, int, int], b: tuple[int, int, int]) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def hue(colour: tuple[int, int, int]) -> float:
    return colorsys.rgb_to_hsv(*colour)[0] * 360


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(40, (1, 128, 132, 255))], "#018084"),  # readable already: exactly the icon's own
        ([(30, WHITE), (10, (200, 30, 60, 255))], "#C81E3C"),
        ([(36, BLACK), (4, (200, 30, 60, 255))], "#C81E3C"),
        ([(36, GREY), (4, (200, 30, 60, 255))], "#C81E3C"),
        ([(38, CLEAR), (2, (1, 128, 132, 255))], "#018084"),
        ([(30, (1, 128, 132, 255)), (10, (200, 30, 60, 255))], "#018084"),
        ([(40, (128, 128, 128, 255))], "#808080"),
        ([(39, WHITE), (1, GREY)], "#808080"),
    ],
)
def test_the_dominant_vivid_colour(parts: list[tuple[int, Pixel]], expected: str) -> None:
    assert suggest_tint_color(icon(*parts)) == expected


@pytest.mark.parametrize(
    ("pixel", "degrees"), [((255, 214, 10, 255), 50), ((20, 0, 60, 255), 260), ((0, 255, 0, 255), 120)]
)
def test_what_could_not_be_read_keeps_its_hue(pixel: Pixel, degrees: int) -> None:
    assert abs(hue(parse(suggest_tint_color(icon((40, pixel))))) - degrees) <= 3


def test_reds_on_both_sides_of_the_circle_are_one_colour() -> None:
    red = parse(
        suggest_tint_color(icon((10, (210, 20, 40, 255)), (10, (210, 40, 20, 255)), (14, (1, 128, 132, 255))))
    )
    assert red[0] > 150


@pytest.mark.parametrize("pixel", [WHITE, BLACK])
def test_nothing_but_white_or_black_still_gives_a_grey(pixel: Pixel) -> None:
    red, green, blue = parse(suggest_tint_color(icon((40, pixel))))
    assert red == green == blue


@pytest.mark.parametrize(
    "data",
    [
        icon((40, CLEAR)),
        b"",
        b"\xff\xd8\xff",
        build_png([[GREY]], 6)[:33] + build_png([[GREY] * 2], 6)[8:],  # two headers
        icon((4, GREY))[:-30],
        icon((4, GREY)).replace(struct.pack(">2I", 40, 4), struct.pack(">2I", 90_000, 90_000)),
        build_png([[GREY]], 6, cgbi=RAW),
    ],
)
def test_where_nothing_is_to_be_seen_there_is_none(data: bytes) -> None:
    assert suggest_tint_color(data) is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 255)] * 3), min_size=1, max_size=9))
def test_every_colour_can_be_read_on_both_backgrounds(pixels: list[tuple[int, int, int]]) -> None:
    png = build_png([pixels], 2)
    colour = parse(suggest_tint_color(png))
    assert contrast(colour, (255, 255, 255)) >= 2.95
    assert contrast(colour, (0x1C, 0x1C, 0x1E)) >= 2.95
    assert parse(suggest_tint_color(png)) == colour


@pytest.mark.parametrize(
    ("colour_type", "depth"), [(0, 1), (0, 8), (0, 16), (2, 16), (3, 4), (4, 8), (6, 16)]
)
def test_every_form_of_a_picture(colour_type: int, depth: int) -> None:
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    assert suggest_tint_color(build_png([[((1 << depth) - 1,) * channels] * 3], colour_type, depth))


def test_a_large_icon_is_no_more_work() -> None:
    assert suggest_tint_color(draw_icon("com.acme.app", 1024)) == suggest_tint_color(
        draw_icon("com.acme.app", 512)
    )
