"""A rebuilt page and the source's, drawn in the same size and compared; the next pair is drawn meanwhile.

PDFium draws in a thread of its own while Pillow compares: a report of 60 pages takes a sixth less (decision 0047).
PDFium is not made for two threads, so nothing may call it while it draws there: what runs then calls no PDFium at all.
Only pages without pictures are drawn beside, and only with so much room that neither of the two can want for memory:
where PDFium does, it leaves something out and says nothing.
"""

import contextlib
import mmap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pypdfium2
from PIL import Image

from scrubbers.jailed.pdf.bitmap import Drawing
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.pages.page import Page
from scrubbers.jailed.pdf.rasterise import BACKDROP
from scrubbers.jailed.pdf.renderer import PdfiumSource, drawing_of
from scrubbers.jailed.pdf.visibility.near_look import same_from_nearby
from scrubbers.jailed.pdf.visibility.page_objects import Sheet
from scrubbers.jailed.pdf.visibility.visual_diff import Box, differing

# One pixel a point: a page of A4 has half a megapixel, and is drawn in one to two milliseconds.
SCALE: Final = 1.0
# Comparing takes some 40 bytes a pixel, of two megapixels at most; PDFium's bitmaps for what is translucent four each.
_ROOM_BYTES: Final = 256 * 2**20


class Pair:
    """Both pages, open until `close`; `made` is the picture of the rebuilt one, in mode RGBX, after `draw`."""

    made: Image.Image
    _before: Image.Image

    def __init__(self, source: PdfiumSource, number: int, page: Page, rebuilt: pypdfium2.PdfPage, work: Work) -> None:
        """Open the source's page; raises what `PdfiumSource.opened` does, and NotRebuildable for a page of no size."""
        self._rebuilt, self._work, self._on_backdrop = rebuilt, work, page.on_backdrop
        sheet = Sheet(rebuilt, SCALE, work)
        self.sheet = sheet.closer(BACKDROP) if page.on_backdrop else sheet
        self._source = source.opened(number)
        self._fits_beside = not page.on_backdrop and not page.pictures() and _has_room()
        self._drawings: list[Drawing] = []

    def close(self) -> None:
        self._rebuilt.close()
        self._source.close()

    @contextlib.contextmanager
    def drawn_beside(self, beside: ThreadPoolExecutor) -> Iterator[None]:
        """Draw both pages, if that may be, while the block runs: it must not call PDFium."""
        if not self._fits_beside:
            yield
            return
        self._begin()
        drawn = beside.submit(_draw, self._drawings)
        try:
            yield
        finally:
            # Also where the block fails: until then the pages and what is drawn on must stay.
            drawn.result()

    def draw(self) -> None:
        """Draw both pages, unless they were drawn beside."""
        if not self._drawings:
            self._begin()
            _draw(self._drawings)
        self.made, self._before = (drawing.picture() for drawing in self._drawings)

    def _begin(self) -> None:
        self._drawings = [self.sheet.drawing(), drawing_of(self._source, self.sheet.size)]

    def differing(self) -> list[Box]:
        """Return where the two look different; it does not call PDFium."""
        return differing(self._before, self.made, nearby=self._on_backdrop)

    def looks_the_same(self, places: list[Box]) -> bool:
        """Return whether they do, from nearby in the places where they do not from where one reads.

        A page on a backdrop is drawn in the size of the backdrop, and not looked at again.
        """
        if self._on_backdrop or not places:
            return not places
        return same_from_nearby(self._source, self._rebuilt, self.sheet.size, places, self._work)


def _draw(drawings: list[Drawing]) -> None:
    for drawing in drawings:
        drawing.draw()


def _has_room() -> bool:
    try:
        mmap.mmap(-1, _ROOM_BYTES).close()
    except OSError:
        return False
    return True
