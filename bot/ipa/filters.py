"""The filters of a PNG's rows (PNG specification, 9.2), undone by Pillow's decoder. No I/O."""

import zlib

from PIL import Image

from bot.ipa.chunks import BadPng, Header

# Bytes a pixel -> (mode, packing) pairs that read them. Filters work on bytes, whatever those mean, so the
# four bytes of grey and alpha of 16 bits may be taken for colours. Pillow's pictures have 8 bits a sample: of
# 16, it is asked for the first bytes, then for the second.
_READINGS = {
    2: (("LA", "LA"),),
    3: (("RGB", "RGB"),),
    4: (("RGBA", "RGBA"),),
    6: (("RGB", "RGB;16B"), ("RGB", "RGB;16L")),
    8: (("RGBA", "RGBA;16B"), ("RGBA", "RGBA;16L")),
}


def check_filters(rows: bytes, header: Header) -> None:
    """Raise BadPng where a row names a filter that PNG does not know."""
    at = 0
    for length, count in header.passes():
        end = at + count * (1 + length)
        if max(rows[at : end : 1 + length]) > 4:
            raise BadPng("it has a row with an unknown filter")
        at = end


def undo_filters(rows: bytes, step: int, length: int, count: int) -> bytearray:
    """The pixels of `count` rows of `length` bytes each, `step` (2, 3, 4, 6 or 8) bytes a pixel.

    `rows` has a byte before each row that names its filter, checked by the caller.
    """
    if not any(rows[:: 1 + length]):  # what Xcode writes mostly
        return bytearray(
            b"".join(rows[at - length : at] for at in range(1 + length, len(rows) + 1, 1 + length))
        )
    packed, size = zlib.compress(rows, 0), (length // step, count)
    parts = [
        Image.frombytes(mode, size, packed, "zip", packing, 0).tobytes() for mode, packing in _READINGS[step]
    ]
    if len(parts) == 1:
        return bytearray(parts[0])
    pixels = bytearray(length * count)
    for n, part in enumerate(parts):
        pixels[n :: len(parts)] = part
    return pixels
