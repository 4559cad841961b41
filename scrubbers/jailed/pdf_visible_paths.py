"""Which lines and areas on a page can be seen. Each is taken away for a moment: what changes nothing cannot be seen.

1 what lies off the page is hidden
2 paths that lie apart form a group, which is taken away at once
3 all that seemed hidden is taken away together: of two that are drawn on the same place each alone changes nothing

On pages with very many paths or layers of them, maps and plans, nothing is told.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import pypdfium2.raw as pdfium
from PIL import Image

from scrubbers.jailed.pdf_objects import NotRebuildable
from scrubbers.jailed.pdf_same_look import greatest
from scrubbers.jailed.pdf_visible_page import Box, Sheet, Thing, apart, around, strongest_change, within

_PATHS: Final = 400  # looked at on one page
_LAYERS: Final = 8  # of paths on each other; the grid of a table has two or three
# Of 255. A tint of 98 % behind every other row of a table is seen, a white box of 99 % on white is not.
_SEEN_FROM: Final = 4
_SMOOTHED: Final = 1.0  # pixels that a line may reach beyond its box


def paths_seen(sheet: Sheet, drawn: Image.Image, all_things: Sequence[Thing]) -> list[bool] | None:
    """Whether each path can be seen, in the order of drawing, or None: there are too many to tell.

    All things must be active, and are again when it returns.
    """
    paths = [thing for thing in all_things if thing.kind == pdfium.FPDF_PAGEOBJ_PATH]
    if len(paths) > _PATHS:
        return None
    boxes = [sheet.pixel_box(path.box, margin=_SMOOTHED) for path in paths]
    on_the_sheet = [at for at, box in enumerate(boxes) if box[2]]
    seen = [False] * len(paths)
    try:
        groups = apart([boxes[at] for at in on_the_sheet], sheet.size, _LAYERS)
    except NotRebuildable:
        return None
    for group in groups:
        for at in _changing(sheet, drawn, paths, boxes, [on_the_sheet[number] for number in group]):
            seen[at] = True
    seemed = [at for at in on_the_sheet if not seen[at]]
    for at in _changing(sheet, drawn, paths, boxes, seemed):
        seen[at] = True
    return seen


def _changing(
    sheet: Sheet, drawn: Image.Image, paths: Sequence[Thing], boxes: Sequence[Box], group: Sequence[int]
) -> Iterable[int]:
    """Those in whose boxes something changes when all of the group are taken away."""
    if not group:
        return []
    whole = around(boxes[at] for at in group)
    for at in group:
        paths[at].activate(active=False)
    change = strongest_change(drawn.crop(whole), sheet.drawn(whole))
    for at in group:
        paths[at].activate(active=True)
    return [at for at in group if greatest(change.crop(within(boxes[at], whole))) >= _SEEN_FROM]
