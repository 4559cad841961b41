"""What the texts of the source's page change on it. Where they change nothing, no text of ours is seen.

When two drawings are compared, text that is pale, or on a ground as dark as it, may appear where the source shows none.
"""

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.renderer import drawn
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import DRAWN_PIXELS, Box, strongest_change, things


class SourceTexts:
    """Takes all texts of a page away for a moment."""

    def __init__(self, page: pypdfium2.PdfPage, work: Work) -> None:
        self._page = page
        self._work = work
        self._whole: dict[tuple[int, int], Image.Image] = {}

    def change(self, size: tuple[int, int], box: Box) -> Image.Image:
        """Return how far each pixel of the box, or one beside it, changes in this size; mode L. Raises NotRebuildable.

        Annotations count as texts.
        """
        if size[0] * size[1] > DRAWN_PIXELS:
            return self._change(size, (box[1], box[3])).crop((box[0], 0, box[2], box[3] - box[1]))
        if size not in self._whole:
            self._whole[size] = self._change(size, (0, size[1]))
        return self._whole[size].crop(box)

    def _change(self, size: tuple[int, int], rows: tuple[int, int]) -> Image.Image:
        all_things = things(self._page)
        self._work.drawn(2 * size[0] * (rows[1] - rows[0]), 2 * len(all_things))
        if self._work.is_far_too_much:
            raise NotRebuildable
        texts = [thing for thing in all_things if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT]
        before = drawn(self._page, size, rows)
        for text in texts:
            text.activate(active=False)
        change = strongest_change(before, drawn(self._page, size, rows, annotations=False))
        for text in texts:
            text.activate(active=True)
        # Without hints a letter may lie a part of a pixel from its place. What is cropped beyond a picture is black.
        for x, y in ((1, 0), (0, 1)):
            beside = (change.crop((a * x, a * y, change.width + a * x, change.height + a * y)) for a in (1, -1))
            change = ImageChops.lighter(change, ImageChops.lighter(*beside))
        return change
