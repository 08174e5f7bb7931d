"""The best icon of an app. No I/O of its own.

Names in Info.plist are prefixes: `AppIcon60x60` stands for `AppIcon60x60@2x.png`, `AppIcon60x60~ipad.png`.
Else `iTunesArtwork` beside Payload. What is only inside `Assets.car` is not read.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bot.ipa.archive import Archive
from bot.ipa.bundles import FoundBundle
from bot.ipa.directory import Member
from bot.ipa.limits import Limits
from bot.ipa.model import Icon
from bot.ipa.png import BadPng, build_plain_png, parse_png_header

_SUFFIX = r"(@[1-9]x)?(~[A-Za-z]+)?\.png"
_POINTS = re.compile(r"(\d+(?:\.\d+)?)x\d+(?:\.\d+)?(?:@([1-9])x)?")
_SCALE = re.compile(r"@([1-9])x")
_ARTWORK = ("iTunesArtwork@2x", "iTunesArtwork")
_ATTEMPTS = 3  # pictures that are tried before giving up


def find_icon(archive: Archive, app: FoundBundle, limits: Limits) -> Icon | None:
    """The largest loose picture that can be shown, or None. Raises BadIpa for a damaged one."""
    loose = sorted(_loose_pictures(archive, app), key=_rank, reverse=True)
    artwork = [member for name in _ARTWORK if (member := archive.find(name))]
    for member in [*loose[:_ATTEMPTS], *artwork]:
        if member.size <= limits.icon_bytes and not member.encrypted:
            icon = _read_icon(archive, member, limits)
            if icon:
                return icon
    return None


def find_icon_names(info: Mapping[str, Any]) -> list[str]:
    """The names that Info.plist gives, in the order of preference, without repetition."""
    names: dict[str, None] = {}
    for key in ("CFBundleIcons", "CFBundleIcons~ipad"):
        icons = info.get(key)
        primary = icons.get("CFBundlePrimaryIcon") if isinstance(icons, dict) else None
        if isinstance(primary, dict):
            names.update(dict.fromkeys(_texts(primary.get("CFBundleIconFiles"))))
        names.update(dict.fromkeys(_texts(primary)))
    for key in ("CFBundleIconFiles", "CFBundleIconFiles~ipad", "CFBundleIconFile"):
        names.update(dict.fromkeys(_texts(info.get(key))))
    return list(names)


def _texts(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str) and item]


def _loose_pictures(archive: Archive, app: FoundBundle) -> Iterator[Member]:
    """The pictures directly inside the app that the names stand for."""
    names = find_icon_names(app.info or {})
    stems = "|".join(re.escape(re.sub(r"\.png$", "", name, flags=re.IGNORECASE)) for name in names[:100])
    if not names:
        return
    wanted = re.compile(f"{re.escape(app.path)}/({stems}){_SUFFIX}", re.IGNORECASE)
    for name in archive.names():
        if wanted.fullmatch(name) and (member := archive.find(name)):
            yield member


def _rank(member: Member) -> tuple[float, int]:
    """A guess at the size in pixels from the name, then the size in bytes."""
    if found := _POINTS.search(member.name.rpartition("/")[2]):
        return float(found.group(1)) * int(found.group(2) or 1), member.size
    scale = _SCALE.search(member.name)
    return 57.0 * int(scale.group(1) if scale else 1), member.size


def _read_icon(archive: Archive, member: Member, limits: Limits) -> Icon | None:
    data = archive.read_all([member], limits.icon_bytes)[member.name]
    try:
        png = build_plain_png(data, pixels=limits.icon_pixels)
        header = parse_png_header(png)
    except BadPng:
        return None
    return Icon(member.name, header.width, header.height, png)
