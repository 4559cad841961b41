"""A white bitmap that PDFium draws on, as a picture of Pillow's, and from when a change on it is seen.

Mode RGBX here means PDFium's own order: blue, green, red. Most drawings are only compared with each other, and putting
each in another order took a fifth of the time of drawing it.
"""

import ctypes
from collections.abc import Callable
from typing import Any, Final

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

# Levels of 255: what differs less from its ground nobody reads. White of 99 % on white differs by 3.
SEEN_FROM: Final = 16
OPAQUE: Final = 255  # of 255: the alpha of what nothing shines through
_WHITE: Final = b"\xff"


def drawn_on_white(size: tuple[int, int], draw: Callable[[Any], object]) -> Image.Image:
    """Return a white picture of this size, in pixels, with what `draw` drew on it; mode RGBX. Raises MemoryError.

    PDFium draws on BGRA: text takes three quarters of the time of its other layouts, and text in form fields has no
    coloured edges (measured).
    """
    width, height = size
    pixels = bytearray(_WHITE) * (4 * width * height)
    shared = (ctypes.c_ubyte * len(pixels)).from_buffer(pixels)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGRA, shared, width * 4)
    if not bitmap:
        raise MemoryError
    try:
        draw(bitmap)
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
    return Image.frombuffer("RGBX", size, pixels, "raw", "RGBX", 0, 1)


def in_colours(drawn: Image.Image) -> Image.Image:
    """Return a drawing in mode RGB, red first."""
    return Image.frombuffer("RGB", drawn.size, drawn.tobytes(), "raw", "BGRX", 0, 1)


def strongest(change: Image.Image) -> Image.Image:
    """Return the greatest of each pixel's channels, mode L. In most changes of text all are the same."""
    found, *others = change.split()[:3]
    for other in others:
        if ImageChops.difference(found, other).getbbox() is not None:
            found = ImageChops.lighter(found, other)
    return found
