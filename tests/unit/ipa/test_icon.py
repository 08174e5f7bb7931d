"""Which picture of an app is its icon, and why there is none."""

import io
import zipfile
from random import Random
from typing import Any

import pytest
from PIL import Image

from bot.github.ranges import open_url
from bot.ipa import Limits, read_ipa
from bot.ipa.model import Icon, IpaInfo
from bot.sandbox.make_ipa import draw_icon
from tests.builders import make_ipa
from tests.pictures import RAW, build_png, make_pixels
from tests.range_server import serve_file

APP = "Payload/Acme.app/"


def info_of(files: dict[str, bytes], info: dict[str, Any], beside: dict[str, bytes] | None = None) -> IpaInfo:
    """What is read of an app with these files, and of an archive with those beside it."""
    file = io.BytesIO(make_ipa(icon=False, files=files, info=info))
    with zipfile.ZipFile(file, "a") as archive:
        for name, data in (beside or {}).items():
            archive.writestr(name, data)
    return read_ipa(file, size=len(file.getvalue()), limits=Limits())


def icon_of(files: dict[str, bytes], info: dict[str, Any]) -> Icon | None:
    return info_of(files, info).icon


def name_of(icon: Icon | None) -> str | None:
    return icon.path.removeprefix(APP) if icon else None


def primary(*names: str) -> dict[str, Any]:
    return {"CFBundlePrimaryIcon": {"CFBundleIconFiles": list(names)}}


NAMES = ["AppIcon29x29.png", "AppIcon60x60@2x.png", "AppIcon60x60@3x.png", "AppIcon83.5x83.5@2x~ipad.png"]
NAMES += ["Icon.png", "Icon@2x.png", "IconOther.png", "sub/AppIcon60x60@9x.png", "sub/Icon-60@2x.PNG"]
NAMES += [
    "Cafe\u0301@2x.png",
    "Icon-72@2x.png",
    "Alternate60x60@3x.png",
    "icon2@2x~ipad.png",
    "icon3~ipad@2x.png",
]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"CFBundleIcons": primary("AppIcon60x60")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": primary("AppIcon29x29")}, "AppIcon29x29.png"),
        ({"CFBundleIcons~ipad": primary("AppIcon83.5x83.5")}, "AppIcon83.5x83.5@2x~ipad.png"),
        ({"CFBundleIcons": primary("AppIcon29x29", "AppIcon60x60")}, "AppIcon60x60@3x.png"),
        ({"CFBundleIcons": primary("AppIcon29x29", "Icon")}, "Icon@2x.png"),
        ({"CFBundleIconFiles": ["Icon.png", "Icon@2x.png"]}, "Icon@2x.png"),
        ({"CFBundleIconFiles": ["Icon", "Icon-72.png"]}, "Icon-72@2x.png"),
        ({"CFBundleIconFiles~ipad": ["appicon29X29.PNG"]}, "AppIcon29x29.png"),
        ({"CFBundleIconFile": "Icon"}, "Icon@2x.png"),
        ({"CFBundleIconFile": "CAF\u00c9"}, "Cafe\u0301@2x.png"),
        ({"CFBundleIconFile": "icon2"}, "icon2@2x~ipad.png"),
        ({"CFBundleIconFile": "icon3"}, "icon3~ipad@2x.png"),
        ({"CFBundleIconFile": "/sub/Icon-60"}, "sub/Icon-60@2x.PNG"),
        ({"CFBundleIconFile": "./sub/Icon-60@2x.png"}, "sub/Icon-60@2x.PNG"),
        ({"CFBundleIcons": {"CFBundlePrimaryIcon": "AppIcon29x29"}}, "AppIcon29x29.png"),
        ({"CFBundleIconFiles": ["Broken60x60", "AppIcon29x29"]}, "AppIcon29x29.png"),
        (
            {"CFBundleIcons": primary("AppIcon29x29") | {"CFBundleAlternateIcons": {"A": {"CFBundleIconFiles":
                ["Alternate60x60"]}}}},
            "AppIcon29x29.png",
        ),
    ],
)  # fmt: skip
def test_the_best_of_the_named_ones_is_found(info: dict[str, Any], expected: str) -> None:
    files = {name: draw_icon(name, 10 + n) for n, name in enumerate(NAMES)} | {"Broken60x60@3x.png": b"x"}
    assert name_of(icon_of(files, info)) == expected


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"CFBundleIcons": primary("None")},
        {"CFBundleIcons": ["odd"], "CFBundleIconFiles": {"odd": 1}, "CFBundleIconFile": 7},
        {"CFBundleIconFile": "../Icon"},
        {"CFBundleIconFile": ".png"},
    ],
)
@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Icon.png"], "Icon.png"),
        (["Icon.png", "Icon@2x.png"], "Icon@2x.png"),
        (["Icon-60@2x.png", "Icon-72.png"], "Icon-60@2x.png"),
        (["AppIcon20x20@2x.png", "AppIcon76x76@2x~ipad.png"], "AppIcon76x76@2x~ipad.png"),
        (["AppIcon~ipad.png"], "AppIcon~ipad.png"),
        (["IconOther.png", "Picture.png", "sub/Icon.png", "Icons.png", "MyAppIcon.png"], None),
    ],
)
def test_without_a_named_one_those_count_that_ios_looks_for(
    names: list[str], expected: str | None, info: dict[str, Any]
) -> None:
    assert name_of(icon_of({name: draw_icon(name, 10) for name in names}, info)) == expected


def test_loose_copies_of_an_icon_in_the_asset_catalog_are_found_by_its_name() -> None:
    names = ["Beta20x20@2x.png", "Beta60x60@2x.png", "BetaOther76x76@2x.png", "Icon-72@2x.png"]
    files = {name: draw_icon(name, 9) for name in names}
    for info in (
        {"CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconName": "Beta"}}},
        {"CFBundleIconName": "Beta"},
    ):
        assert name_of(icon_of(files, info)) == "Beta60x60@2x.png"


def test_a_square_one_is_preferred_to_a_larger_banner() -> None:
    banner = build_png(make_pixels(90, 30, 2, 8), 2)
    files = {"Wide320x320.png": banner, "Icon60x60.png": draw_icon("x", 60)}
    assert name_of(icon_of(files, {"CFBundleIconFiles": ["Wide320x320", "Icon60x60"]})) == "Icon60x60.png"
    del files["Icon60x60.png"]
    assert name_of(icon_of(files, {"CFBundleIconFiles": ["Wide320x320", "Icon60x60"]})) == "Wide320x320.png"


def test_names_that_tell_nothing_are_decided_by_the_pixels() -> None:
    noise = build_png(make_pixels(20, 20, 6, 16), 6, 16)
    files = {"logo.png": draw_icon("x", 90), "emblem.png": noise}
    assert len(noise) > len(files["logo.png"])
    assert name_of(icon_of(files, {"CFBundleIconFiles": ["emblem", "logo"]})) == "logo.png"


def test_a_name_that_tells_the_size_costs_one_read() -> None:
    """Between the candidates lies so much that each one read would be a request."""
    names = [f"AppIcon{n}x{n}@2x.png" for n in (20, 29, 40, 60, 76)]
    random = Random(0)
    files: dict[str, bytes] = {}
    for name in names:
        files |= {f"before {name}": random.randbytes(2_000_000), name: draw_icon(name, 152)}
    files["last"] = random.randbytes(2_000_000)
    read = []
    for chosen in (names, names[-1:]):
        data = make_ipa(
            icon=False, files={n: d for n, d in files.items() if n in chosen or " " in n}, info={}
        )
        with (
            serve_file(data) as server,
            open_url(server.url(), hosts=("127.0.0.1",), max_bytes=1 << 30) as file,
        ):
            assert name_of(read_ipa(file, size=file.size).icon) == "AppIcon76x76@2x.png"
            read.append(file.transfer.requests)
    assert read[0] == read[1], "as many requests as if there were no other"


def jpeg() -> bytes:
    file = io.BytesIO()
    with Image.new("RGB", (512, 512), (200, 30, 60)) as picture:
        picture.save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("place", ["iTunesArtwork", "iTunesArtwork@2x", APP + "iTunesArtwork"])
@pytest.mark.parametrize(
    "data", [jpeg(), draw_icon("x", 512), build_png(make_pixels(9, 9, 6, 8), 6, cgbi=RAW)]
)
def test_artwork_is_an_icon_whatever_its_form(place: str, data: bytes) -> None:
    info = info_of({}, {}, {place: data})
    assert info.icon is not None
    assert info.icon.path == place
    assert info.icon.png.startswith(b"\x89PNG")
    assert b"CgBI" not in info.icon.png
    assert info.icon.width == info.icon.height in (9, 512)


def test_a_loose_icon_comes_before_artwork_and_a_broken_artwork_is_passed_over() -> None:
    beside = {"iTunesArtwork@2x": b"broken", "iTunesArtwork": jpeg()}
    icon = info_of({"Icon.png": draw_icon("x", 57)}, {}, beside).icon
    assert name_of(icon) == "Icon.png"
    icon = info_of({"Icon.png": b"\x89PNG no"}, {}, beside).icon
    assert name_of(icon) == "iTunesArtwork"


def test_a_picture_that_would_grow_past_the_bound_is_passed_over() -> None:
    rows = [
        [(x * x + y * 7 & 255, x * 3 + y * y & 255, x * y & 255, 255) for x in range(99)] for y in range(99)
    ]
    files = {"A60@3x.png": build_png(rows, 6, cgbi=RAW, filters=(1,)), "A60.png": draw_icon("x", 9)}
    assert len(files["A60@3x.png"]) < 25_000
    data = make_ipa(icon=False, files=files, info={"CFBundleIconFile": "A60"})
    for most, expected in ((100_000, "A60@3x.png"), (25_000, "A60.png")):
        limits = Limits(icon_bytes=most)
        assert name_of(read_ipa(io.BytesIO(data), size=len(data), limits=limits).icon) == expected


CAR = {"Assets.car": b"BOMStore"}


@pytest.mark.parametrize(
    ("files", "info", "told"),
    [
        (CAR, {"CFBundleIcons": {"CFBundlePrimaryIcon": {"CFBundleIconName": "AppIcon"}}}, True),
        (CAR, {"CFBundleIcons~ipad": primary("AppIcon76x76")}, True),
        (CAR, {"CFBundleIconName": "AppIcon"}, True),
        (CAR, {}, False),
        ({}, {"CFBundleIconName": "AppIcon"}, False),
        (CAR | {"AppIcon60x60@2x.png": draw_icon("x", 9)}, {"CFBundleIconName": "AppIcon"}, False),
    ],
)
def test_an_icon_that_is_in_the_asset_catalog_only_is_told(
    files: dict[str, bytes], info: dict[str, Any], *, told: bool
) -> None:
    problems = [(p.code, p.severity) for p in info_of(files, info).problems]
    assert problems == ([("icon_only_in_asset_catalog", "info")] if told else [])
