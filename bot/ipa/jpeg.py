"""JPEG pictures as PNG: an `iTunesArtwork` mostly is one, whatever its name. No I/O.

Pillow decodes; it sees a file only after its header was checked here, and no format but JPEG. The number of
scans is bounded, because each may cost as much as the whole picture and takes a few bytes only.
"""

import io
import struct
import warnings
import zlib

from PIL import Image, ImageChops

from bot.ipa.chunks import LEVEL, BadPng, pack_chunk
from bot.ipa.chunks import MAGIC as PNG_MAGIC

MAGIC = b"\xff\xd8\xff"
_SCANS = 64  # of a progressive picture; usual are about ten
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # markers that start a frame (ITU T.81, table B.1)
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without contents
_MODES = ("L", "RGB", "CMYK")
_COLOUR_TYPES = {"L": 0, "RGB": 2}
_UP = b"\2"  # PNG's filter of that name


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
        return _build_png(picture if picture.mode != "CMYK" else picture.convert("RGB"), profile)


def _build_png(picture: Image.Image, profile: bytes | None) -> bytes:
    """Each row less the one above: for photographs as small as choosing a filter for each row, and faster.

    Not by Pillow's own writer, whose bytes change with the zlib that Pillow was built with.
    """
    above = Image.new(picture.mode, picture.size)
    above.paste(picture, (0, 1))
    data = ImageChops.subtract_modulo(picture, above).tobytes()
    length = len(data) // picture.height
    rows = b"".join(_UP + data[start : start + length] for start in range(0, len(data), length))
    header = struct.pack(">2I5B", *picture.size, 8, _COLOUR_TYPES[picture.mode], 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows, LEVEL)), (b"IEND", b"")]
    if profile:
        chunks.insert(1, (b"iCCP", b"ICC Profile\0\0" + zlib.compress(profile, LEVEL)))
    return PNG_MAGIC + b"".join(pack_chunk(*chunk) for chunk in chunks)
