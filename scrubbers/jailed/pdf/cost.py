"""What a document has cost so far, estimated from what is in it and not measured: a slower machine must do the same.

A job has forty seconds of processor time. All figures are milliseconds of the machine this was written on; on one that
is half as fast a document near the bound is refused. Pages beyond the bound become pixels, and keep their words as long
as there is time for that and for the pages that remain. A page of print takes 35 milliseconds rebuilt and 66 as
pixels, at twenty times the bytes: so the bound lies high. Manuals reach it after some 600 pages, scans after 170.

Fitted to 330 documents from other programs' tests and to scans. For the largest of them the estimate is within a
fourth of what was measured, and of six manuals of 235 to 694 pages within 13 %; for small ones it is too much, which
does no harm.
"""

from typing import Final

_MOST: Final = 24_000.0  # of the forty seconds that a job has: slower machines must end in time
# Pages are read by the batch: what was read so far is still looked at.
_MOST_WITH_LOOKING: Final = 25_000.0
# Pages that become pixels keep their words up to here, if those after them can be drawn at least.
_MOST_WITH_LAYERS: Final = 28_000.0
_PIXEL_PAGE: Final = 50.0  # to draw one at 150 dots an inch and to store it
_LAYER: Final = 100.0  # the same, and the drawings that tell which words are seen; with the next 220 for dense print
_LAYER_LETTER: Final = 0.04  # for each letter on such a page
_DENSE: Final = 6000  # letters on a page of dense print
_BATCH: Final = 1000.0  # of one batch: pages are held in memory until it ends
_PAGE: Final = 2.0  # to read, write and compare one, beside what is counted below
_STEP: Final = 0.04  # of drawing
_BYTE: Final = 0.0002  # of contents
# Of a picture: of a grey JPEG, which is drawn twice as well, to compare; and of what it becomes.
_PICTURE_PIXEL: Final = 6.5e-6
_PICTURE_BYTE: Final = 5e-5  # for each byte of what it becomes
# A drawing, and what is then asked of its pixels.
_DRAWN_PIXEL: Final = 1e-5
# Each thing on the page is gone through at each drawing, also one that is not shown, and looked at by itself.
_DRAWN_THING: Final = 0.001
_THING: Final = 0.035  # for each thing that is looked at by itself
_DECODED_PIXEL: Final = 1e-5  # of pictures that are decoded again to see what of them can be seen


class Work:
    """Adds up what is done for one document."""

    def __init__(self) -> None:
        self._milliseconds = 0.0
        self._batch_ends = _BATCH

    @property
    def is_too_much(self) -> bool:
        """Whether no more pages are to be read."""
        return self._milliseconds > _MOST

    @property
    def is_far_too_much(self) -> bool:
        """Whether those that were read are not to be looked at any more."""
        return self._milliseconds > _MOST_WITH_LOOKING

    def affords_layer(self, pages_after: int) -> bool:
        """Whether a page of dense print can keep its words as pixels, and that many after it become bare pixels."""
        needed = _LAYER + _DENSE * _LAYER_LETTER + pages_after * _PIXEL_PAGE
        return self._milliseconds + needed <= _MOST_WITH_LAYERS

    def batch_is_full(self) -> bool:
        """Whether enough was done since this was last the case."""
        if self._milliseconds < self._batch_ends:
            return False
        self._batch_ends = self._milliseconds + _BATCH
        return True

    def contents_read(self, length: int) -> None:
        """So many bytes of a page's, a form's or a glyph's operators were read."""
        self._milliseconds += length * _BYTE

    def picture_rebuilt(self, pixels: int, stored_bytes: int) -> None:
        """Count a rebuilt picture; a pixel that takes longer than one of a grey JPEG counts for several."""
        self._milliseconds += pixels * _PICTURE_PIXEL + stored_bytes * _PICTURE_BYTE

    def page_read(self, steps: int) -> None:
        """Count a page that was read into so many steps of drawing."""
        self._milliseconds += _PAGE + steps * _STEP

    def drawn(self, pixels: int, things: int) -> None:
        """Count the drawing of a page of so many things, or of as many pixels of it."""
        self._milliseconds += pixels * _DRAWN_PIXEL + things * _DRAWN_THING

    def looked_at(self, things: int) -> None:
        """So many things on a page were looked at, for what of them can be seen."""
        self._milliseconds += things * _THING

    def decoded(self, pixels: int) -> None:
        """Pictures were decoded for a drawing."""
        self._milliseconds += pixels * _DECODED_PIXEL

    def became_pixels(self, letters: int | None) -> None:
        """Count a page that was drawn; `letters`: so many were looked at for its layer. None: it has none."""
        self._milliseconds += _PIXEL_PAGE if letters is None else _LAYER + letters * _LAYER_LETTER

    def painted(self, milliseconds: float) -> None:
        """Areas in many layers were painted, or a cell alone: estimated where that is known."""
        self._milliseconds += milliseconds
