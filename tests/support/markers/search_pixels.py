"""What the pixels of a picture say: their values as bytes, and markers drawn as cells that survive lossy coding.

A cell is found at the size it was drawn in: a picture that was made smaller or larger hides it. Markers in cells stand
where pictures are covered or clipped, and those are either kept pixel by pixel or not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PIL import Image

# One bit of a marker that is drawn: a square of this many pixels, black for one, white for zero.
CELL = 4
_DRAWN = re.compile("".join(f"{byte:08b}" for byte in b"Kmk").encode())


def pixels(picture: Image.Image) -> Iterator[bytes]:
    """The values of the pixels as bytes in some orders, and what cells of black and white say."""
    yield picture.tobytes()
    if picture.mode in {"P", "PA"}:
        yield bytes(picture.getpalette() or [])
    if "A" in picture.getbands() or "transparency" in picture.info:
        yield picture.convert("RGBA").convert("RGB").tobytes()
    for band in picture.convert("RGB").split():
        yield band.tobytes()
    yield from drawn(picture.convert("L"))


def drawn(grey: Image.Image) -> Iterator[bytes]:
    """What rows of cells say, wherever on the picture a row begins with the first letters of a marker."""
    for left in range(min(CELL, grey.width - CELL + 1)):
        for top in range(min(CELL, grey.height - CELL + 1)):
            box = (left, top, grey.width - (grey.width - left) % CELL, grey.height - (grey.height - top) % CELL)
            cells = grey.crop(box).reduce(CELL).point(lambda value: b"01"[value < 128])
            width, bits = cells.width, cells.tobytes()
            for start in _DRAWN.finditer(bits):
                row_end = (start.start() // width + 1) * width
                said = bits[start.start() : row_end]
                yield bytes(int(said[at : at + 8], 2) for at in range(0, len(said) - 7, 8))


def as_cells(marker: bytes, height: int = CELL) -> Image.Image:
    """A picture of the marker that survives lossy coding: a row of black and white squares."""
    bits = "".join(f"{byte:08b}" for byte in marker)
    row = Image.new("L", (len(bits), 1))
    row.putdata([0 if bit == "1" else 255 for bit in bits])
    return row.resize((len(bits) * CELL, height), Image.Resampling.NEAREST)
