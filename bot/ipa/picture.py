"""A picture from an app, by what is in it and not by its name, as a PNG that browsers show. No I/O."""

from bot.ipa import jpeg
from bot.ipa.png import build_plain_png

__all__ = ["build_picture"]


def build_picture(data: bytes, *, pixels: int) -> bytes:
    """An ordinary PNG of a PNG, Apple's CgBI form or a JPEG.

    Raises BadPng for anything else, for more than `pixels` pixels, and for what viewers would refuse.
    """
    if data.startswith(jpeg.MAGIC):
        return jpeg.build_png_from_jpeg(data, pixels=pixels)
    return build_plain_png(data, pixels=pixels)
