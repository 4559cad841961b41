"""What the texts of the source's page change on it. Where they change nothing, no text of the rebuilt page is seen.

When two drawings are compared, text that is pale, or on a ground as dark as it, may appear where the source shows none.
"""

import functools
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.renderer import drawn
from scrubbers.jailed.pdf.visibility.page_objects import Box, strongest_change, things


class SourceTexts:
    """Takes all texts of a page away, once, in this size."""

    def __init__(self, page: pypdfium2.PdfPage, size: tuple[int, int], work: Work) -> None:
        self._page = page
        self._size = size
        self._work = work

    def change(self, size: tuple[int, int], box: Box) -> Image.Image:
        """Return how far each pixel of the box, or one beside it, changes; in another size 255 where it does at all.

        Annotations count as texts. Mode L; raises NotRebuildable.
        """
        if size == self._size:
            return self._whole.crop(box)
        across, down = self._size[0] / size[0], self._size[1] / size[1]
        place = box[0] * across, box[1] * down, box[2] * across, box[3] * down
        part = self._whole.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.NEAREST, place)
        return part.point(_ANY)

    @functools.cached_property
    def _whole(self) -> Image.Image:
        all_things = things(self._page)
        self._work.drawn(2 * self._size[0] * self._size[1], 2 * len(all_things))
        texts = [thing for thing in all_things if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT]
        before = drawn(self._page, self._size)
        for text in texts:
            text.activate(active=False)
        change = strongest_change(before, drawn(self._page, self._size, annotations=False))
        # A letter may lie a third of a pixel from its place. What is cropped beyond a picture is black.
        for x, y in ((1, 0), (0, 1)):
            beside = (change.crop((a * x, a * y, change.width + a * x, change.height + a * y)) for a in (1, -1))
            change = ImageChops.lighter(change, ImageChops.lighter(*beside))
        return change


_ANY: Final = [255 if change else 0 for change in range(256)]
