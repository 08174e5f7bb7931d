"""A PNG as every browser can show it, whatever form it has in the app. No I/O."""

from bot.ipa.cgbi import build_png_from_cgbi
from bot.ipa.chunks import MAGIC, BadPng, Header, check_kinds, inflate_rows, parse_png_header, read_chunks
from bot.ipa.filters import check_filters

__all__ = ["BadPng", "build_plain_png", "parse_png_header"]


def build_plain_png(data: bytes, *, pixels: int) -> bytes:
    """The same picture as an ordinary PNG: unchanged if it is one, Apple's CgBI form undone.

    Raises BadPng for more than `pixels` pixels, and for what viewers would refuse.
    """
    header = parse_png_header(data)
    if header.width * header.height > pixels:
        raise BadPng(f"it has {header.width} x {header.height} pixels ({pixels} at most)")
    if header.cgbi is not None:
        return build_png_from_cgbi(data, header)
    _check(data, header)
    return data[: len(MAGIC) + sum(12 + len(body) for _, body in read_chunks(data))]  # nothing after IEND


def _check(data: bytes, header: Header) -> None:
    """Raise BadPng for a picture with damaged or missing pixels."""
    chunks = list(read_chunks(data, checked=True))
    check_kinds([kind for kind, _ in chunks], header)
    rows = inflate_rows(b"".join(body for kind, body in chunks if kind == b"IDAT"), header, raw=False)
    check_filters(rows, header)
