"""Letters that lie wholly off the page, cut by geometry alone: text that runs over an edge is common in tables.

A letter is taken for as wide as it moves the pen, and as high as its font's size. Not asked of text in
forms.
"""

from collections.abc import Sequence

from scrubbers.jailed.pdf.content.display_list import Show
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.content.scene_boxes import Box, around, holds

_DESCENT = 0.3  # of its size


def cut_off_page(items: Sequence[Item], page: Sequence[float]) -> None:
    """Mark the letters that lie off the page (left, bottom, right, top) as unseen. Most texts lie within it."""
    box = page[0], page[1], page[2], page[3]
    for item in items:
        show = item.step
        if (
            isinstance(show, Show)
            and not item.in_form
            and show.seen is None
            and not holds(box, _extent(item, show, *show.extent()))
        ):
            size = show.size / 1000
            seen = [
                _touches(_extent(item, show, at * size, at * size + glyph.advance * size), box)
                for at, glyph in show.places()
            ]
            show.seen = None if all(seen) else seen


def _extent(item: Item, show: Show, start: float, end: float) -> Box:
    return around(item.matrix, (start, -_DESCENT * show.size, end, show.size))


def _touches(extent: Box, box: Box) -> bool:
    return extent[2] >= box[0] and extent[0] <= box[2] and extent[3] >= box[1] and extent[1] <= box[3]
