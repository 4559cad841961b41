"""Where two drawings of a page differ, it is drawn again three times as large, and compared there.

PDFium puts letters on thirds of a pixel, so that one that stands at the edge of such a third may stand in the next one
in the other drawing. Only the rows in which something differs are drawn, over the whole width of the page: PDFium
leaves out a letter that begins left of what is drawn.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Final

import pypdfium2

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.renderer import drawn
from scrubbers.jailed.pdf.visibility.visual_diff import NEARBY, Box, differing

_PIXELS: Final = 6_000_000  # of a page drawn as large: A4 has four and a half million
_AROUND: Final = 25  # pixels from nearby: a whole area, and one


def same_from_nearby(
    source: pypdfium2.PdfPage, rebuilt: pypdfium2.PdfPage, size: tuple[int, int], places: Iterable[Box], work: Work
) -> bool:
    """Return whether the pages look the same in these places of drawings of this size."""
    near = min(NEARBY, math.sqrt(_PIXELS / (size[0] * size[1])))
    large = round(near * size[0]), round(near * size[1])
    wide = (_nearer(place, near, large) for place in places)
    for left, top, right, bottom in _apart(wide):
        work.drawn(2 * large[0] * (bottom - top), 0)
        rows = top, bottom
        before, after = drawn(source, large, rows), drawn(rebuilt, large, rows)
        part = left, 0, right, bottom - top
        if differing(before.crop(part), after.crop(part), nearby=True):
            return False
    return True


def _nearer(place: Box, near: float, size: tuple[int, int]) -> Box:
    left, top, right, bottom = place
    return (
        max(0, math.floor(left * near) - _AROUND),
        max(0, math.floor(top * near) - _AROUND),
        min(size[0], math.ceil(right * near) + _AROUND),
        min(size[1], math.ceil(bottom * near) + _AROUND),
    )


def _apart(places: Iterable[Box]) -> Iterator[Box]:
    """Yield boxes around those whose rows touch, from the top down."""
    first, *others = sorted(places, key=lambda place: place[1])
    for other in others:
        if other[1] <= first[3]:
            first = min(first[0], other[0]), first[1], max(first[2], other[2]), max(first[3], other[3])
        else:
            yield first
            first = other
    yield first
