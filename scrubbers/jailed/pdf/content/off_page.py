"""Letters that lie wholly off the page, cut by geometry alone: text that runs over an edge is common in tables.

A letter is taken for as wide as it moves the pen, and as high as its font's size. Not asked of text in
forms.
"""

from collections.abc import Sequence

from scrubbers.jailed.pdf.content.display_list import Show
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.content.scene_boxes import Box, around, holds

_DESCENT = 0.3  # of its size


def cut_off_page(items: Sequence[Item], size: tuple[float, float]) -> None:
    """Mark the letters that lie off a page of this size as unseen. Most texts lie within it."""
    box = 0.0, 0.0, *size
    for item in items:
        show = item.step
        if (
            isinstance(show, Show)
            and not item.in_form
            and show.seen is None
            and not holds(box, _extent(item, show, *show.extent()))
        ):
            unit = show.size / 1000
            seen = [
                _touches(_extent(item, show, at * unit, (at + glyph.advance) * unit), box)
                for at, glyph in show.places()
            ]
            show.seen = None if all(seen) else seen


def _extent(item: Item, show: Show, start: float, end: float) -> Box:
    return around(item.matrix, (start, -_DESCENT * show.size, end, show.size))


def _touches(extent: Box, box: Box) -> bool:
    return extent[2] >= box[0] and extent[0] <= box[2] and extent[3] >= box[1] and extent[1] <= box[3]
