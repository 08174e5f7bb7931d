r"""Texts that Apple's decoders cannot make. No I/O.

swift-foundation (`JSONScanner.swift`, `JSON5Scanner.swift`) finds where a text ends and makes it later, when
its key is read: a raw tab, an escape such as `\_` or half of a surrogate pair harms nobody under a key that
no client knows, and refuses the document under one that it does.
"""

import re
from collections.abc import Sequence
from typing import Any

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_RAW = re.compile(r"[\0-\x1f]")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|(\r\n|[\s\S]))")
_SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_JSON5_SHORT = {"'": "'", "\n": "", "\r": "", "\r\n": ""}
_HALF_WHY = "has half of a surrogate pair, such as \\ud800"
_RAW_WHY = "holds the end of a line, a tab or another control character that is not escaped"
_ESCAPE_WHY = "has an escape that JSON does not know, such as \\_"


class OddText(str):
    """A text that cannot be made, as near as it comes; `why` goes on after "a text"."""

    __slots__ = ("why",)
    why: str


def odd_text(text: str, why: str = _HALF_WHY) -> OddText:
    made = OddText(text)
    made.why = why
    return made


def build_text(body: str) -> tuple[str, bool]:
    """The text of what stands between quotes, and whether JSON5's own escapes are in it."""
    json5 = unknown = False

    def unescape(found: re.Match[str]) -> str:
        nonlocal json5, unknown
        code, sign = found[1] or found[2], found[3]
        json5 |= found[2] is not None or sign in _JSON5_SHORT
        if code:
            return chr(int(code, 16))
        unknown |= sign not in _SHORT and sign not in _JSON5_SHORT
        return _SHORT.get(sign, _JSON5_SHORT.get(sign, sign))

    raw = _RAW.search(_ESCAPE.sub("", body)) if _RAW.search(body) else None
    text = _ESCAPE.sub(unescape, body)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")  # joins escaped pairs
    if unknown:
        return odd_text(text, _ESCAPE_WHY), json5
    return odd_text(text, _RAW_WHY) if raw else text, json5


def mark_halves(text: str, value: Any) -> tuple[Any, Sequence[OddText]]:
    """The value of the document `text`, with OddText for halves of surrogate pairs; and the odd keys."""
    keys: list[OddText] = []
    return (_marked(value, keys) if _HALF.search(text) else value), keys


def _marked(value: Any, keys: list[OddText]) -> Any:
    match value:
        case dict():
            keys += map(odd_text, filter(_is_half, value))
            return {key: _marked(item, keys) for key, item in value.items()}
        case list():
            return [_marked(item, keys) for item in value]
        case str() if _is_half(value):
            return odd_text(value)
    return value


def _is_half(text: str) -> bool:
    return not text.isascii() and re.search(r"[\ud800-\udfff]", text) is not None


def plain_texts(value: Any) -> Any:
    """The value with ordinary texts, as somebody meant them."""
    match value:
        case dict():
            return {str(key): plain_texts(item) for key, item in value.items()}
        case list():
            return [plain_texts(item) for item in value]
        case OddText():
            return str(value)
    return value
