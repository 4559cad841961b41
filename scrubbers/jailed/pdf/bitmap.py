"""A white bitmap that PDFium draws on, as a picture of Pillow's, and from when a change on it is seen."""

import ctypes
from collections.abc import Callable
from typing import Any, Final

import pypdfium2.raw as pdfium
from PIL import Image

# Levels of 255: what differs less from its ground nobody reads. White of 99 % on white differs by 3.
SEEN_FROM: Final = 16
_WHITE: Final = b"\xff"


def drawn_on_white(size: tuple[int, int], draw: Callable[[Any], object]) -> Image.Image:
    """Return a white picture of this size, in pixels, with what `draw` drew on it; mode RGBX. Raises MemoryError.

    PDFium draws on BGRA: text takes three quarters of the time of its other layouts, the conversion to RGBX included,
    and text in form fields has no coloured edges (measured).
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
    return Image.frombuffer("RGBX", size, pixels, "raw", "BGRX", 0, 1)
