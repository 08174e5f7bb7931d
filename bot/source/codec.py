"""The one canonical form of a source document. No I/O.

Keys in the order of `bot/source/model.py`, unknown ones after them by name; two spaces; non-ASCII as it is;
one newline at the end. The same document gives the same bytes, so that "nothing changed" can be seen.
"""

import json
from typing import Any, cast

from bot.errors import BadSource
from bot.source.model import (
    App,
    NewsItem,
    Patreon,
    Permissions,
    ReleaseTrack,
    ScreenshotEntry,
    Source,
    Version,
)

_Shape = type
_ORDER: dict[_Shape, dict[str, int]] = {
    shape: {key: place for place, key in enumerate(shape.__annotations__)}
    for shape in (App, NewsItem, Patreon, Permissions, ReleaseTrack, ScreenshotEntry, Source, Version)
}
_CHILDREN: dict[_Shape, dict[str, _Shape]] = {
    Source: {"apps": App, "news": NewsItem},
    App: {
        "versions": Version,
        "appPermissions": Permissions,
        "patreon": Patreon,
        "releaseChannels": ReleaseTrack,
        "screenshots": ScreenshotEntry,
    },
    ReleaseTrack: {"releases": Version},
}
_NONE: dict[str, _Shape] = {}


def render_source(source: Source) -> bytes:
    """The document's bytes."""
    text = json.dumps(order_keys(source, Source), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def parse_source(data: bytes) -> Source:
    """A document as it was published; nothing but JSON with an object at the top is asked.

    Raises BadSource.
    """
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise BadSource("The published document is no JSON.") from None
    if not isinstance(document, dict):
        raise BadSource("The published document is no JSON object.")
    return cast("Source", document)


def order_keys(value: Any, shape: _Shape) -> Any:
    """The value with every object's keys in their order; what is no object is left as it is."""
    if isinstance(value, list):
        return [order_keys(item, shape) for item in value]
    if not isinstance(value, dict):
        return value
    order, children = _ORDER[shape], _CHILDREN.get(shape, _NONE)
    keys = sorted(value, key=lambda key: (order.get(key, len(order)), key))
    return {key: order_keys(value[key], children[key]) if key in children else value[key] for key in keys}
