"""Against tracing, by choice: a clean copy whose pixels lie on another grid than those of the file that came.

A sender who wants to know who passes a file on can mark each copy, with single pixels or with the coefficients of a
JPEG. A copy that is shifted by a fraction of a pixel and scaled by one per cent has new values everywhere: what is read
from single pixels is gone, and blocks no longer lie where they are looked for. A mark that was made to survive printing
or resizing stays, and so does one made of what can be seen: words, spaces, the brightness of a part.

One process does one job, so the choice is the process's own: `begin` before the job, and `resampled` wherever pixels
become a result. Shift and scale are the same for every file: the same file gives the same bytes.
"""

from typing import Final

from PIL import Image

_SCALE: Final = 0.99
_SHIFT: Final = (0.37, 0.61)  # pixels from the left and from the top: far from a whole and from a half
_ASKED_FOR: Final[list[bool]] = []


def begin() -> None:
    """Ask for it, for the rest of this process's job."""
    _ASKED_FOR.append(True)


def end() -> None:
    """Take it back, for a process that does more than one job: a test."""
    _ASKED_FOR.clear()


def is_asked_for() -> bool:
    """Return whether this job's pixels are to lie on another grid."""
    return bool(_ASKED_FOR)


def resampled(picture: Image.Image) -> Image.Image:
    """Return the picture on another grid if that is asked for, else the picture itself. No palettes."""
    if not _ASKED_FOR:
        return picture
    if picture.mode == "1":
        picture = picture.convert("L")
    width, height = picture.size
    size = max(1, round(width * _SCALE)), max(1, round(height * _SCALE))
    return picture.resize(size, Image.Resampling.BICUBIC, box=(*_SHIFT, width, height))
