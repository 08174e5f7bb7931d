"""The text of a document's bytes, as Apple's decoders detect it. No I/O."""

import codecs
import json
import re
from typing import Any

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


HALF_TEXT = "has half of a surrogate pair, such as \\ud800"
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class HalfPair(str):
    """Text with half of a surrogate pair: Apple's JSONScanner fails as soon as somebody asks for it."""

    __slots__ = ()


class NotJson(ValueError):
    """Bytes that no client can decode; the message is public."""

    def __init__(self, message: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.offset = offset  # in the decoded text, in characters


def decode_text(data: bytes) -> str:
    """UTF-8, 16 or 32, with a byte order mark or by the zeros among the first bytes. Raises NotJson."""
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    try:
        text = data.decode(encoding or json.detect_encoding(data))
    except UnicodeDecodeError:
        raise NotJson("the bytes are no text in UTF-8") from None
    return text.removeprefix("\ufeff")


def mark_halves(text: str, value: Any) -> tuple[Any, tuple[str, ...]]:
    """The decoded value, with HalfPair for texts that Foundation cannot make; and the keys that it cannot."""
    keys: list[str] = []
    return (_marked(value, keys) if _HALF.search(text) else value), tuple(keys)


def _marked(value: Any, keys: list[str]) -> Any:
    match value:
        case dict():
            keys += filter(_is_half, value)
            return {key: _marked(item, keys) for key, item in value.items()}
        case list():
            return [_marked(item, keys) for item in value]
        case str() if _is_half(value):
            return HalfPair(value)
    return value


def _is_half(text: str) -> bool:
    return not text.isascii() and re.search(r"[\ud800-\udfff]", text) is not None
