"""Colours that nobody sees: under pixels that are fully see-through, and in entries of a palette that no pixel uses.

A picture with something painted out by making it see-through still has what was there.
"""

from typing import Final

from PIL import Image, ImageChops

from scrubbers.jailed.findings import Findings
from scrubbers.stages import What, Where

WITH_ALPHA: Final = frozenset({"LA", "RGBA"})
_OPAQUE: Final = 255
_OPAQUE_MODE: Final = {"LA": "L", "RGBA": "RGB"}


def palette_hides_something(used: list[int], colours: list[int]) -> bool:
    """Whether an entry that no pixel uses has a colour of its own; `used` counts the pixels of each."""
    unused = {tuple(colours[3 * index : 3 * index + 3]) for index in range(len(colours) // 3) if not used[index]}
    return len(unused) > 1


def is_opaque(picture: Image.Image) -> bool:
    """Whether every pixel of a picture with alpha is seen as it is."""
    lowest, _ = picture.getchannel("A").getextrema()
    return lowest == _OPAQUE


def without_alpha(picture: Image.Image) -> Image.Image:
    """The same picture, once it is known to be opaque."""
    return picture.convert(_OPAQUE_MODE[picture.mode])


def blacken(picture: Image.Image, findings: Findings) -> None:
    """Make the colours black where nothing is seen of them, in place, and note it if some were not."""
    alpha = picture.getchannel("A")
    lowest, _ = alpha.getextrema()
    if lowest != 0:
        return
    unseen = alpha.point([_OPAQUE] + [0] * _OPAQUE)
    hidden = (ImageChops.darker(picture.getchannel(band), unseen) for band in picture.getbands()[:-1])
    if any(band.getbbox() for band in hidden):
        findings.add(What.HIDDEN_COLOUR, Where.PIXELS)
    picture.paste((0,) * len(picture.getbands()), mask=unseen)
