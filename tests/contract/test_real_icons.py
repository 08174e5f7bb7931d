"""Every small picture in Apple's form of the real IPAs beside the checkout, against Pillow's own decoding.

The other way round: the file is made ordinary by nothing but a new frame around its deflated bytes. Pillow
then decodes what Apple stored (blue first, multiplied by alpha), and ours must give just that when it is
multiplied again. Where the folder is absent, the tests are skipped and say so.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import BadIpa
from bot.ipa import read_ipa
from bot.ipa.chunks import MAGIC, pack_chunk, parse_png_header, read_chunks
from bot.ipa.png import build_plain_png
from bot.ipa.tint import suggest_tint_color

FOLDER = Path(__file__).resolve().parents[2] / "../shared/ipas"
IPAS = sorted(path for path in FOLDER.glob("*.ipa") if zipfile.is_zipfile(path))
_PIXELS = 200 * 200

pytestmark = pytest.mark.skipif(not IPAS, reason="no real IPAs beside the checkout (../shared/ipas)")


def find_pictures(path: Path) -> Iterator[bytes]:
    """Each different one in Apple's form, up to the size of icons."""
    seen = set[bytes]()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = archive.read(name) if name.lower().endswith(".png") else b""
            if data.startswith(MAGIC) and data not in seen:
                seen.add(data)
                header = parse_png_header(data)
                if header.cgbi is not None and header.width * header.height <= _PIXELS:
                    yield data


def stored_pixels(data: bytes) -> bytes:
    """What Apple's tool stored: blue, green, red, alpha."""
    chunks = dict(read_chunks(data))
    packed = b"".join(body for kind, body in read_chunks(data) if kind == b"IDAT")
    framed = zlib.compress(zlib.decompress(packed, -15))
    kept = [(b"IHDR", chunks[b"IHDR"]), (b"IDAT", framed), (b"IEND", b"")]
    return pixels_of(MAGIC + b"".join(pack_chunk(*chunk) for chunk in kept))


def pixels_of(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        assert picture.mode == "RGBA"
        return picture.tobytes()


def store(pixels: bytes) -> bytes:
    """As Apple's tool would."""
    result = bytearray(pixels)
    for channel in range(3):
        values = zip(pixels[2 - channel :: 4], pixels[3::4], strict=True)
        result[channel::4] = bytes((value * alpha + 127) // 255 for value, alpha in values)
    return bytes(result)


def test_there_are_some() -> None:
    assert sum(1 for path in IPAS for _ in find_pictures(path)) > 50


@pytest.mark.parametrize("path", IPAS, ids=lambda path: path.name)
def test_ours_are_exactly_what_is_stored(path: Path) -> None:
    for data in find_pictures(path):
        png = build_plain_png(data, pixels=_PIXELS)
        assert store(pixels_of(png)) == stored_pixels(data)
        with Image.open(io.BytesIO(png)) as picture:
            picture.verify()
            assert ("icc_profile" in picture.info) == (b"iCCP" in dict(read_chunks(data)))


@pytest.mark.parametrize("path", IPAS, ids=lambda path: path.name)
def test_every_icon_has_a_colour(path: Path) -> None:
    with path.open("rb") as file:
        try:
            icon = read_ipa(file, size=path.stat().st_size).icon
        except BadIpa:
            return
    assert icon is None or suggest_tint_color(icon.png) is not None
