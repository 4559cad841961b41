"""A white bitmap that PDFium draws on, as a picture of Pillow's, and from when a change on it is seen.

Mode RGBX here means PDFium's own order: blue, green, red. Most drawings are only compared with each other, and putting
each in another order took a fifth of the time of drawing it.
"""

import ctypes
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

# Levels of 255: what differs less from its ground nobody reads. White of 99 % on white differs by 3.
SEEN_FROM: Final = 16
_WHITE: Final = b"\xff"


class Drawing:
    """A white picture, on which a page is drawn once.

    PDFium draws on BGRA: text takes three quarters of the time of its other layouts, and text in form fields has no
    coloured edges (measured).
    """

    def __init__(
        self, page: pypdfium2.PdfPage, size: tuple[int, int], place: tuple[int, int, int, int, int, int]
    ) -> None:
        """`size` in pixels; `place`: PDFium's left, top, width, height, turns and flags. Raises MemoryError."""
        self._page, self._size, self._place = page, size, place
        self._pixels = bytearray(_WHITE) * (4 * size[0] * size[1])
        shared = (ctypes.c_ubyte * len(self._pixels)).from_buffer(self._pixels)
        self._bitmap = pdfium.FPDFBitmap_CreateEx(*size, pdfium.FPDFBitmap_BGRA, shared, size[0] * 4)
        if not self._bitmap:
            raise MemoryError

    def draw(self) -> None:
        """Have PDFium draw, which for that time lets go of Python's lock."""
        pdfium.FPDF_RenderPageBitmap(self._bitmap, self._page, *self._place)

    def drawn(self) -> Image.Image:
        """Draw, and return the picture."""
        self.draw()
        return self.picture()

    def picture(self) -> Image.Image:
        """Return what was drawn, in mode RGBX."""
        pdfium.FPDFBitmap_Destroy(self._bitmap)
        return Image.frombuffer("RGBX", self._size, self._pixels, "raw", "RGBX", 0, 1)


def in_colours(drawn: Image.Image) -> Image.Image:
    """Return a drawing in mode RGB, red first."""
    return Image.frombuffer("RGB", drawn.size, drawn.tobytes(), "raw", "BGRX", 0, 1)


def in_one_channel(drawn: Image.Image) -> Image.Image | None:
    """Return a drawing in mode L if it has no colour, else None."""
    green, others = drawn.getchannel(1), (drawn.getchannel(0), drawn.getchannel(2))
    has_colour = any(ImageChops.difference(green, other).getbbox() for other in others)
    return None if has_colour else green
