"""The text of a document's bytes, as Apple's decoders detect it. No I/O."""

import codecs
import json

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip


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
