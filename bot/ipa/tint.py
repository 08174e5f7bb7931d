"""A tint colour that goes with an icon. No I/O.

Clients paint buttons and banners with it, on white and on nearly black, with white text upon it. So the
icon's most vivid colour is taken, and made as much darker or lighter as reading needs: three to one against
both backgrounds, which is what WCAG 2.2 asks of parts of a user interface (1.4.11).
"""

import colorsys
import io
import warnings
from collections.abc import Iterable

from PIL import Image

from bot.ipa.chunks import BadPng, parse_png_header
from bot.ipa.limits import Limits

_SIDE = 96  # pixels looked at in each direction
_OPAQUE = 128  # alpha from which a pixel counts
_VIVID = 40  # between the strongest and the weakest channel; less is grey
_NEARLY_WHITE, _NEARLY_BLACK = 242, 26  # the weakest channel above, or the strongest below
_BINS = 36  # of the circle of hues
_LEAST = 0.01  # of the pixels must be vivid
_DARK = 0.0116  # relative luminance of #1C1C1E, the background of dark mode
_DARKEST, _LIGHTEST = 3 * (_DARK + 0.05) - 0.05, (1 + 0.05) / 3 - 0.05
Colour = tuple[int, int, int]


def suggest_tint_color(png: bytes) -> str | None:
    """`#RRGGBB`, or None where nothing is to be seen; the same picture gives the same colour."""
    try:
        pixels = _sample(png)
    except BadPng:
        return None
    if not pixels:
        return None
    vivid = [pixel for pixel in pixels if _is_vivid(pixel)]
    if len(vivid) >= _LEAST * len(pixels):
        colour = _find_dominant(vivid)
    else:
        plain = [p for p in pixels if min(p) <= _NEARLY_WHITE and max(p) >= _NEARLY_BLACK]
        grey = sum(map(sum, plain or pixels)) // (3 * len(plain or pixels))
        colour = (grey, grey, grey)
    return "#{:02X}{:02X}{:02X}".format(*_make_readable(colour))


def _sample(png: bytes) -> list[Colour]:
    """The visible ones of up to 96 x 96 pixels, evenly spread; none is a mixture of others."""
    header = parse_png_header(png)
    if header.width * header.height > Limits().icon_pixels:
        raise BadPng("it has too many pixels")
    try:
        data = _decode(png, (header.width, header.height))
    except Exception:  # noqa: BLE001 -- whatever a decoder says about foreign bytes: it is no picture
        raise BadPng("it cannot be decoded") from None
    channels = zip(data[0::4], data[1::4], data[2::4], data[3::4], strict=True)
    return [(red, green, blue) for red, green, blue, alpha in channels if alpha >= _OPAQUE]


def _decode(png: bytes, size: tuple[int, int]) -> bytes:
    """The sample's red, green, blue and alpha."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
            if picture.size != size:
                raise BadPng("it has two sizes")
            return picture.convert("RGBA").resize((_SIDE, _SIDE), Image.Resampling.NEAREST).tobytes()


def _is_vivid(pixel: Colour) -> bool:
    return max(pixel) - min(pixel) >= _VIVID and min(pixel) <= _NEARLY_WHITE and max(pixel) >= _NEARLY_BLACK


def _find_dominant(pixels: Iterable[Colour]) -> Colour:
    """The average of the hue that most of the vividness has, its neighbours included."""
    weights, sums = [0] * _BINS, [[0, 0, 0] for _ in range(_BINS)]
    for pixel in pixels:
        weight = max(pixel) - min(pixel)
        place = int(colorsys.rgb_to_hsv(*pixel)[0] * _BINS) % _BINS
        weights[place] += weight
        for channel, value in enumerate(pixel):
            sums[place][channel] += weight * value
    near = [[(place + step) % _BINS for step in (-1, 0, 1)] for place in range(_BINS)]
    best = max(near, key=lambda places: (sum(weights[place] for place in places), weights[places[1]]))
    total = sum(weights[place] for place in best)
    red, green, blue = (sum(sums[place][channel] for place in best) // total for channel in range(3))
    return red, green, blue


def _make_readable(colour: Colour) -> Colour:
    """The same hue, as bright as both backgrounds allow."""
    if _DARKEST <= luminance(colour) <= _LIGHTEST:
        return colour
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in colour))
    wanted_lighter = luminance(colour) < _DARKEST
    low, high = (lightness, 1.0) if wanted_lighter else (0.0, lightness)
    for _ in range(16):
        middle = (low + high) / 2
        colour = _from_hls(hue, middle, saturation)
        if luminance(colour) < (_DARKEST if wanted_lighter else _LIGHTEST):
            low = middle
        else:
            high = middle
    return _from_hls(hue, high if wanted_lighter else low, saturation)


def _from_hls(hue: float, lightness: float, saturation: float) -> Colour:
    red, green, blue = (round(value * 255) for value in colorsys.hls_to_rgb(hue, lightness, saturation))
    return red, green, blue


def luminance(colour: Colour) -> float:
    """Relative luminance from 0 to 1 (WCAG 2.2)."""
    linear = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in colour))
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))
