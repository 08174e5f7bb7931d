"""The one canonical form of a source document. No I/O.

Keys in the order of `bot/source/model.py`, unknown ones after them by name; two spaces; non-ASCII as it is;
one newline at the end. The same document gives the same bytes, so that "nothing changed" can be seen.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, cast

import orjson

from bot.errors import BadSource
from bot.source.model import (
    App,
    NewsItem,
    ReleaseTrack,
    Source,
    Version,
)
from bot.source.parts import Patreon, Permissions, Screenshot

_Shape = type
_ORDER: dict[_Shape, dict[str, int]] = {
    shape: {key: place for place, key in enumerate(shape.__annotations__)}
    for shape in (App, NewsItem, Patreon, Permissions, ReleaseTrack, Screenshot, Source, Version)
}
_CHILDREN: dict[_Shape, dict[str, _Shape]] = {
    Source: {"apps": App, "news": NewsItem},
    App: {
        "versions": Version,
        "appPermissions": Permissions,
        "patreon": Patreon,
        "releaseChannels": ReleaseTrack,
        "screenshots": Screenshot,
    },
    ReleaseTrack: {"releases": Version},
}
_NONE: dict[str, _Shape] = {}


def render_source(source: Source) -> bytes:
    """The document's bytes.

    They are those of `json.dumps` with two spaces. orjson writes the same ten times as fast, but for numbers
    with a fraction, and refuses what JSON needs care for: whole numbers of more than 64 bits, lone
    surrogates. Raises ValueError for a number that is none.
    """
    ordered = order_keys(source, Source)
    if not has_float(ordered):
        try:
            return orjson.dumps(ordered, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        except orjson.JSONEncodeError:
            pass
    text = json.dumps(ordered, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def has_float(value: Any) -> bool:
    """Whether a number with a fraction (or an exponent) is anywhere in a JSON value."""
    waiting: list[Iterable[Any]] = [(value,)]
    while waiting:
        items = waiting.pop()
        types = set(map(type, items))
        if float in types:
            return True
        if dict in types:
            waiting += [item.values() for item in items if type(item) is dict]
        if list in types:
            waiting += [item for item in items if type(item) is list]
    return False


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
    given, children = tuple(value), _CHILDREN.get(shape, _NONE)
    keys = _ordered(shape, given)
    if children:
        return {k: order_keys(value[k], children[k]) if k in children else value[k] for k in keys}
    return value if keys == given else {key: value[key] for key in keys}


@lru_cache(maxsize=1024)
def _ordered(shape: _Shape, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Most objects of a document have the same keys in the same order."""
    order = _ORDER[shape]
    return tuple(sorted(keys, key=lambda key: (order.get(key, len(order)), key)))
