"""JPEG pictures as PNG: an `iTunesArtwork` mostly is one, whatever its name. No I/O.

Pillow decodes; it sees a file only after its header was checked here, and no format but JPEG. The number of
scans is bounded, because each may cost as much as the whole picture and takes a few bytes only.
"""

import io
import struct
import warnings

from PIL import Image

from bot.ipa.chunks import BadPng

MAGIC = b"\xff\xd8\xff"
_SCANS = 64  # of a progressive picture; usual are about ten
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers that start a frame (ITU T.81, table B.1)
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without contents
_MODES = ("L", "RGB", "CMYK")


def build_png_from_jpeg(data: bytes, *, pixels: int) -> bytes:
    """The same picture as a PNG; raises BadPng for more than `pixels` pixels, and for what is damaged."""
    width, height = parse_jpeg_size(data)
    if width * height > pixels:
        raise BadPng(f"it has {width} x {height} pixels ({pixels} at most)")
    if data.count(b"\xff\xda") > _SCANS:
        raise BadPng(f"it has more than {_SCANS} scans")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _convert(data, (width, height))
    except BadPng:
        raise
    except Exception:  # noqa: BLE001 -- whatever a decoder says about foreign bytes: it is no picture
        raise BadPng("it is a JPEG that cannot be decoded") from None


def parse_jpeg_size(data: bytes) -> tuple[int, int]:
    """(width, height) as the frame's header says; raises BadPng."""
    at = 2 if data.startswith(MAGIC) else len(data)
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _FRAMES:
            height, width = struct.unpack_from(">2H", data, at + 5)
            if width and height:
                return width, height
            break
        if marker == 0xFF or marker in _ALONE:
            at += 1 if marker == 0xFF else 2
        elif length < 2 or marker in (0xD9, 0xDA):
            break
        else:
            at += 2 + length
    raise BadPng("it is no JPEG")


def _convert(data: bytes, size: tuple[int, int]) -> bytes:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
        if picture.size != size or picture.mode not in _MODES:
            raise BadPng("it is a JPEG of a form that is not read")
        profile = picture.info.get("icc_profile") if picture.mode == "RGB" else None
        plain = picture if picture.mode != "CMYK" else picture.convert("RGB")
        result = io.BytesIO()
        plain.save(result, "PNG", icc_profile=profile, exif=b"", compress_level=9)
    return result.getvalue()
