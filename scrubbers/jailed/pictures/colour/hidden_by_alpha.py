"""Invisible colours: under transparent pixels, and in palette entries that no pixel uses.

What was erased to transparency is still in the file, also where a little alpha is left: dropping the alpha channel
shows the colours in full. At an alpha of `a` a colour contributes `a` of 255 parts:

less than 8          colour and alpha are set to zero: either can hold text. Over any background that changes a pixel by
                     7 of 255 at most
less than 128        of colours that look the same on every background one is kept: `a` + 1 levels of a channel, and the
                     visible result changes by less than one of 255
128 and more         every level can make a difference, and all are kept
"""

from typing import Final

from PIL import Image, ImageChops

from scrubbers.jailed.findings import Findings
from trusted.jail.stages import What, Where

WITH_ALPHA: Final = frozenset({"LA", "RGBA"})
_OPAQUE: Final = 255
_FAINT_BELOW, _ALL_LEVELS_FROM = 8, 128
# Premultiplied modes: a colour has as many levels as its alpha.
_MULTIPLIED: Final = {"LA": "La", "RGBA": "RGBa"}
_BAND_PIXELS: Final = 2**19
_OPAQUE_MODE: Final = {"LA": "L", "RGBA": "RGB"}


def palette_hides_something(used: list[int], colours: list[int]) -> bool:
    """Return whether unused entries have more than one colour; `used` counts the pixels of each entry."""
    unused = {tuple(colours[3 * index : 3 * index + 3]) for index in range(len(colours) // 3) if not used[index]}
    return len(unused) > 1


def is_opaque(picture: Image.Image) -> bool:
    """Return whether every pixel of a picture with alpha is opaque."""
    lowest, _ = picture.getchannel("A").getextrema()
    return lowest == _OPAQUE


def without_alpha(picture: Image.Image) -> Image.Image:
    """Return the same picture without its alpha channel, once it is known to be opaque."""
    return picture.convert(_OPAQUE_MODE[picture.mode])


def redact_invisible_colour(picture: Image.Image, findings: Findings) -> None:
    """Redact invisible colour and alpha, in place, and report whether there was any."""
    # Band by band: the whole would take the picture's memory twice more.
    rows = max(1, _BAND_PIXELS // picture.width)
    for top in range(0, picture.height, rows):
        box = (0, top, picture.width, min(picture.height, top + rows))
        band = picture.crop(box)
        levels = band.getchannel("A").histogram()
        if any(levels[:_ALL_LEVELS_FROM]):
            if any(levels[1:_FAINT_BELOW]):
                findings.add(What.HIDDEN_COLOUR, Where.PIXELS)
            picture.paste(_visible(band, findings), box)


def _visible(band: Image.Image, findings: Findings) -> Image.Image:
    alpha = band.getchannel("A")
    made = band.convert(_MULTIPLIED[band.mode]).convert(band.mode)
    made.paste(band, mask=alpha.point([0] * _ALL_LEVELS_FROM + [_OPAQUE] * (256 - _ALL_LEVELS_FROM)))
    faint = alpha.point([_OPAQUE] * _FAINT_BELOW + [0] * (256 - _FAINT_BELOW))
    if not faint.getbbox():
        return made
    hidden = (ImageChops.darker(band.getchannel(name), faint) for name in band.getbands()[:-1])
    if any(one.getbbox() for one in hidden):
        findings.add(What.HIDDEN_COLOUR, Where.PIXELS)
    made.paste((0,) * len(band.getbands()), mask=faint)
    return made
