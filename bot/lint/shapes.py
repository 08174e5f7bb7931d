"""Which key of which object holds what, for repairs. No I/O.

After `bot/clients/altstore_fields.py`, with the keys of the other clients; what stands in no table is left
as it is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any

from bot.clients.model import Path

Json = dict[str, Any]


class Kind(StrEnum):
    """What a key's value is."""

    TEXT = auto()
    URL = auto()
    DATE = auto()
    COLOUR = auto()
    NUMBER = auto()  # a whole number
    OTHER = auto()


@dataclass(frozen=True)
class Shape:
    """One kind of object."""

    name: str
    keys: Mapping[str, Kind]
    required: frozenset[str] = frozenset()
    objects: Mapping[str, "Shape"] = field(default_factory=dict)  # key -> the object, or objects of the list


def _keys(**names: str) -> dict[str, Kind]:
    return {key: Kind(kind) for kind, keys in names.items() for key in keys.split()}


def _required(keys: str) -> frozenset[str]:
    return frozenset(keys.split())


SCREENSHOT = Shape("screenshot", _keys(url="imageURL", number="width height"), _required("imageURL"))
SCREENSHOTS = Shape("screenshots", {}, objects={"iphone": SCREENSHOT, "ipad": SCREENSHOT})
PATREON = Shape("patreon", _keys(text="currency", other="pledge tiers benefit hidden"))
PERMISSIONS = Shape("appPermissions", _keys(other="entitlements privacy"))
VERSION = Shape(
    "version",
    _keys(
        text="version buildVersion buildNumber marketingVersion localizedDescription sha256"
        " minOSVersion maxOSVersion",
        date="date",
        url="downloadURL",
        number="size",
        other="localizedDescriptions _localizedDescriptions assetURLs",
    ),
    _required("version date downloadURL size"),
)
TRACK = Shape("track", {}, objects={"releases": VERSION})
APP = Shape(
    "app",
    _keys(
        text="name bundleIdentifier marketplaceID developerName subtitle localizedDescription category"
        " version versionDescription",
        url="iconURL downloadURL",
        date="versionDate",
        colour="tintColor",
        number="size",
        other="beta screenshots screenshotURLs appPermissions permissions patreon releaseChannels versions"
        " localizedDescriptions _localizedDescriptions localizedSubtitles",
    ),
    _required("name bundleIdentifier developerName localizedDescription iconURL"),
    {
        "versions": VERSION,
        "releaseChannels": TRACK,
        "screenshots": SCREENSHOTS,
        "appPermissions": PERMISSIONS,
        "patreon": PATREON,
    },
)
NEWS = Shape(
    "news",
    _keys(
        text="identifier title caption appID",
        date="date",
        colour="tintColor",
        url="imageURL url",
        other="notify localizedTitles localizedCaptions",
    ),
    _required("identifier date title caption"),
)
SOURCE = Shape(
    "source",
    _keys(
        text="name identifier subtitle description fediUsername",
        url="iconURL headerURL website patreonURL",
        colour="tintColor",
        other="apps news featuredApps userInfo version nsfw localizedDescriptions _localizedDescriptions"
        " localizedSubtitles",
    ),
    _required("name"),
    {"apps": APP, "news": NEWS},
)


# of an app with `versions`, these mirror the first for older clients; without them they are the version
LEGACY = _required("version versionDate downloadURL size")


def is_optional(value: Json, shape: Shape, key: str) -> bool:
    """Whether a client would take the object without this key, as far as it takes it at all."""
    if key in shape.required:
        return False
    if shape is APP and key in LEGACY:
        return isinstance(value.get("versions"), list) and bool(value["versions"])
    return True


def map_objects(
    value: Any, shape: Shape, change: Callable[[Json, Shape, Path], Json], path: Path = ()
) -> Any:
    """The value with every known object changed, the inner ones first."""
    if isinstance(value, list):
        return [map_objects(item, shape, change, (*path, index)) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    below = {key: map_objects(value[key], inner, change, (*path, key)) for key, inner in _inner(value, shape)}
    return change(value | below, shape, path)


def _inner(value: Json, shape: Shape) -> Iterator[tuple[str, Shape]]:
    for key, inner in shape.objects.items():
        if key not in value:
            continue
        # screenshots are an object by device, or a list for the iPhone
        yield key, SCREENSHOT if inner is SCREENSHOTS and isinstance(value[key], list) else inner
