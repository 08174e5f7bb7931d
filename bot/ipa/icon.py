"""The best icon of an app. No I/O of its own.

Names in Info.plist are prefixes: `AppIcon60x60` stands for `AppIcon60x60@2x.png`, `AppIcon60x60~ipad.png`.
Where no picture has such a name, those count that iOS itself looks for (Apple's QA1686). Else
`iTunesArtwork`, which lies beside Payload or in the app. `Assets.car` is not read: there is no reader of it
that is kept up and runs on Linux.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.ipa.archive import Archive
from bot.ipa.bundles import FoundBundle
from bot.ipa.chunks import BadPng, parse_png_header
from bot.ipa.directory import Member
from bot.ipa.limits import Limits
from bot.ipa.model import Icon, IpaProblem, Severity
from bot.ipa.picture import build_picture

_TAIL = re.compile(r"(?:@[1-9]x|~[a-z]+)\Z")  # of a name: its scale, or the kind of device
_KNOWN = re.compile(r"icon(?:[-_]\d+(?:\.\d+)?|[-_]?\d+(?:\.\d+)?x\d+(?:\.\d+)?)?|appicon[^/]*")
_POINTS = re.compile(r"(\d{2,4}(?:\.\d+)?)(?:x\d{2,4}(?:\.\d+)?)?(?=[@~.])")
_SCALE = re.compile(r"@([1-9])x")
_UNTOLD = 57.0  # points of an icon whose name has no number: the first iPhone's
_ARTWORK = ("iTunesArtwork@2x", "iTunesArtwork")
_NAMES = 100  # names of an Info.plist that are looked for
_LONGEST_NAME = 255  # what the device's file system takes; a longer one is no file's
_TAILS = 4  # a name with up to three tails
_ATTEMPTS = 3  # pictures that are read before giving up


def find_icon(archive: Archive, app: FoundBundle, limits: Limits) -> Icon | None:
    """The largest loose picture that can be shown, or None. Raises BadIpa for a damaged member."""
    info = app.info or {}
    named = {_stem(name) for name in find_icon_names(info)[:_NAMES]}
    made = tuple(_stem(name) for name in find_catalog_names(info)[:_ATTEMPTS])
    pictures = list(_loose_pictures(archive, app))
    found = (
        [member for member, stems in pictures if named.intersection(stems)]
        or [member for member, stems in pictures if any(_is_made_of(stems[-1], name) for name in made)]
        or [member for member, stems in pictures if _KNOWN.fullmatch(stems[-1])]
    )
    icon = _read_best(archive, sorted(found, key=_rank, reverse=True), limits)
    if icon is not None:
        return icon
    places = [name for folder in ("", f"{app.path}/") for name in (folder + art for art in _ARTWORK)]
    artwork = [member for name in places if (member := archive.find(name))]
    return next(filter(None, (_read(archive, member, limits) for member in artwork)), None)


def find_icon_names(info: Mapping[str, Any]) -> list[str]:
    """The names that Info.plist gives, in the order of preference, without repetition."""
    names: dict[str, None] = {}
    for key in ("CFBundleIcons", "CFBundleIcons~ipad"):
        icons = info.get(key)
        primary = icons.get("CFBundlePrimaryIcon") if isinstance(icons, dict) else None
        if isinstance(primary, dict):
            names.update(dict.fromkeys(_texts(primary.get("CFBundleIconFiles"))))
        names.update(dict.fromkeys(_texts(primary)))
    for key in ("CFBundleIconFiles", "CFBundleIconFiles~ipad", "CFBundleIconFile", "CFBundleIconFile~ipad"):
        names.update(dict.fromkeys(_texts(info.get(key))))
    return list(names)


def find_catalog_names(info: Mapping[str, Any]) -> list[str]:
    """The names of the icon inside Assets.car: loose copies are called that and their size in points."""
    icons = [info.get(key) for key in ("CFBundleIcons", "CFBundleIcons~ipad")]
    primaries = [value.get("CFBundlePrimaryIcon") for value in icons if isinstance(value, dict)]
    holders = [*(value for value in primaries if isinstance(value, dict)), info]
    return list(dict.fromkeys(name for holder in holders for name in _texts(holder.get("CFBundleIconName"))))


def check_icon(archive: Archive, app: FoundBundle, icon: Icon | None) -> Iterator[IpaProblem]:
    """Why there is no icon, where it is in a form that is not read."""
    info = app.info or {}
    named = find_icon_names(info) or find_catalog_names(info)
    if icon is None and named and archive.find(f"{app.path}/Assets.car"):
        yield IpaProblem(
            "icon_only_in_asset_catalog",
            Severity.INFO,
            "The app's icon is inside Assets.car only, which altpress does not read: give one as `icon:` in "
            "altpress.yml, or ship it as a PNG or as iTunesArtwork, too.",
        )


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str) and 0 < len(item) <= _LONGEST_NAME]


def _stem(name: str) -> str:
    """Without what every name may have: where it starts, and `.png`; in lower case."""
    plain = name.lower() if name.isascii() else unicodedata.normalize("NFC", name).casefold()
    return plain.removesuffix(".png").removeprefix("./").lstrip("/")


def _loose_pictures(archive: Archive, app: FoundBundle) -> Iterator[tuple[Member, list[str]]]:
    """Each PNG inside the app with the names that stand for it, the shortest last."""
    folder = f"{app.path}/"
    for name in archive.names():
        if name[-4:].lower() == ".png" and name.startswith(folder) and (member := archive.find(name)):
            stems = [_stem(name[len(folder) :])]
            while len(stems) < _TAILS and (tail := _TAIL.search(stems[-1])):
                stems.append(stems[-1][: tail.start()])
            yield member, stems


def _is_made_of(stem: str, name: str) -> bool:
    """Whether the rest is a size in points."""
    return bool(name) and stem.startswith(name) and not stem[len(name) :].strip("0123456789.x")


def _rank(member: Member) -> tuple[float, int]:
    """The size in pixels that the name tells or lets guess, then the size in bytes."""
    name = member.name.rpartition("/")[2]
    points, scale = _POINTS.search(name), _SCALE.search(name)
    return (float(points[1]) if points else _UNTOLD) * (int(scale[1]) if scale else 1), member.size


def _tells_size(member: Member) -> bool:
    name = member.name.rpartition("/")[2]
    return bool(_POINTS.search(name) or _SCALE.search(name))


def _read_best(archive: Archive, members: Sequence[Member], limits: Limits) -> Icon | None:
    """The largest of the first few, square ones first; one picture is read where its name tells the size."""
    best: Icon | None = None
    for member in members[:_ATTEMPTS]:
        icon = _read(archive, member, limits)
        if icon is not None and (best is None or _score(icon) > _score(best)):
            best = icon
        if icon is not None and _tells_size(member) and icon.width == icon.height:
            break
    return best


def _score(icon: Icon) -> tuple[bool, int]:
    return icon.width == icon.height, icon.width * icon.height


def _read(archive: Archive, member: Member, limits: Limits) -> Icon | None:
    """The picture, or None for what is none and what is too large."""
    if member.size > limits.icon_bytes or member.encrypted:
        return None
    data = archive.read_all([member], limits.icon_bytes)[member.name]
    try:
        png = build_picture(data, pixels=limits.icon_pixels)
        header = parse_png_header(png)
    except BadPng:
        return None
    return Icon(member.name, header.width, header.height, png) if len(png) <= limits.icon_bytes else None
