"""Which lines and areas on a page can be seen. Each is taken away for a moment: what changes nothing cannot be seen.

1 what lies off the page or outside what it is clipped to is hidden, however many there are
2 paths that lie apart form a group, which is taken away at once; what changes nothing stays away while the others are
  looked at: of two that are drawn on the same place each alone changes nothing, and one of them has to stay
3 what is thinner than two pixels and seemed hidden is looked at from nearby: PDFium draws areas on whole pixels, and
  from afar the bars of a small bar code lie on each other

A page with very many paths or layers of them, a map or a plan, is one that cannot be told.
"""

import ctypes
import itertools
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pypdfium2.raw as pdfium
from PIL import Image

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.clip import box_within_clips
from scrubbers.jailed.pdf.visibility.ink_mask import colour_of
from scrubbers.jailed.pdf.visibility.page_objects import (
    CLOSER,
    DRAWN_PIXELS,
    NOWHERE,
    Box,
    PageObject,
    RenderedPage,
    apart,
    area_of,
    around,
    strongest_change,
    within,
)
from scrubbers.jailed.pdf.visibility.visual_diff import greatest

# Looked at one layer after the other; the grid of a table has two or three.
_PATHS: Final = 8000
_LAYERS: Final = 24  # of paths on each other
# Of 255. A tint of 98 % behind every other row of a table is seen, a white box of 99 % on white is not.
PATH_SEEN_FROM: Final = 4
_PAPER: Final = 250  # of 255: hardly told from white
_SMOOTHED: Final = 1.0  # pixels that a line may reach beyond its box
_THIN: Final = 2.0  # pixels
_NEAR_LOOKS: Final = 16  # enough for the lines of a table all over a page
_BOX_SEGMENTS: Final = (4, 5)  # of a box: its sides, and once more the first point


def paths_seen(sheet: RenderedPage, drawn: Image.Image, all_things: Sequence[PageObject]) -> list[bool]:
    """Whether each path can be seen, in the order of drawing. Raises NotRebuildable when it cannot be told in time.

    All things must be active, and are again when it returns.
    """
    paths = paths_of(all_things)
    if not paths:
        return []
    boxes = [_box(sheet, path) for path in paths]
    unclear = [at for at, box in enumerate(boxes) if box[2]]
    seen = [False] * len(paths)
    search = _Search(sheet, drawn, (0, 0, *sheet.size), paths, boxes)
    groups = _groups(sheet, boxes, unclear)
    for group in groups:
        for at in search.needed(group):
            seen[at] = True
    hidden = [at for at, box in enumerate(boxes) if box[2] and not seen[at]]
    for at in _needed_nearby(sheet, paths, hidden):
        seen[at] = True
    _switch(paths, hidden, on=True)
    return seen


def paths_of(all_things: Iterable[PageObject]) -> list[PageObject]:
    """Those of the things that are lines and areas."""
    return [thing for thing in all_things if thing.kind == pdfium.FPDF_PAGEOBJ_PATH]


def is_paper(path: PageObject) -> bool:
    """Whether all that it is painted with is white, or as good as. A pattern is not: it has no colour of its own."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(path.handle, filled, stroked):
        return True
    asked = ((filled.value, pdfium.FPDFPageObj_GetFillColor), (stroked.value, pdfium.FPDFPageObj_GetStrokeColor))
    return all(min((colour_of(path, get) or (0,))[:3]) >= _PAPER for used, get in asked if used)


def _box(sheet: RenderedPage, path: PageObject) -> Box:
    """Return the pixels that it can change; none if it lies off the page or outside its clips."""
    left = box_within_clips(path)
    return NOWHERE if left is None else sheet.pixel_box(left, margin=_SMOOTHED)


def _groups(sheet: RenderedPage, boxes: Sequence[Box], numbers: Sequence[int]) -> list[list[int]]:
    """Return groups of paths that lie apart; raises NotRebuildable if they are too many."""
    chosen = [boxes[at] for at in numbers]
    if len(chosen) > _PATHS or sum(map(area_of, chosen)) > _LAYERS * sheet.size[0] * sheet.size[1]:
        raise NotRebuildable
    return [[numbers[at] for at in group] for group in apart(chosen, sheet.size, _LAYERS)]


@dataclass(frozen=True, slots=True, repr=False)
class _Search:
    """Among paths with their boxes on the sheet; `drawn` shows the box `ground` of it, with all that is on the page."""

    sheet: RenderedPage
    drawn: Image.Image
    ground: Box
    paths: Sequence[PageObject]
    boxes: Sequence[Box]

    def needed(self, group: Sequence[int]) -> list[int]:
        """Those in whose boxes something changes when all of the group are taken away. The others stay away."""
        if not group:
            return []
        whole = around(self.boxes[at] for at in group)
        _switch(self.paths, group, on=False)
        change = strongest_change(self.drawn.crop(within(whole, self.ground)), self.sheet.drawn(whole))
        if change.getbbox() is None:
            return []
        found = [at for at in group if greatest(change.crop(within(self.boxes[at], whole))) >= PATH_SEEN_FROM]
        _switch(self.paths, found, on=True)
        return found


def _switch(paths: Sequence[PageObject], numbers: Iterable[int], *, on: bool) -> None:
    for at in numbers:
        paths[at].activate(active=on)


def _needed_nearby(sheet: RenderedPage, paths: Sequence[PageObject], hidden: Sequence[int]) -> list[int]:
    """Step 3: which of the hidden ones, which are away, have to be restored."""
    near = sheet.closer(sheet.scale * CLOSER)
    boxes = [NOWHERE] * len(paths)
    # Lines of tables are often white or drawn twice, all over a page: of those nothing is to be seen from nearby.
    away = set(hidden)
    places = {_place(path) for at, path in enumerate(paths) if at not in away}
    thin = [at for at in hidden if _is_thin(sheet, paths[at]) and _place(paths[at]) not in places]
    white = {at for at in hidden if is_paper(paths[at])}
    needed: list[int] = []
    for at in set(thin).difference(white):
        boxes[at] = _box(near, paths[at])
    for run in itertools.islice(_runs(boxes), _NEAR_LOOKS):
        ground = around(boxes[at] for at in run)
        _switch(paths, hidden, on=True)
        search = _Search(near, near.drawn(ground), ground, paths, boxes)
        _switch(paths, away.difference(needed), on=False)
        change = strongest_change(search.drawn, near.drawn(ground))
        changed = [at for at in run if greatest(change.crop(within(boxes[at], ground))) >= PATH_SEEN_FROM]
        _switch(paths, changed, on=True)
        size = ground[2] - ground[0], ground[3] - ground[1]
        for group in apart([within(boxes[at], ground) for at in changed], size):
            needed += search.needed([changed[number] for number in group])
    return needed + _beside_ink(sheet, paths, white, away.difference(needed)) if white else needed


def _beside_ink(
    sheet: RenderedPage, paths: Sequence[PageObject], white: Collection[int], away: Collection[int]
) -> list[int]:
    """Return the white boxes right beside boxes of ink that were drawn before them, as in bar codes.

    PDFium and other programs draw a box to whole pixels, a thin one as wide as one at least, and a white one after it
    takes the rest back. Whether it does depends on the size that a page is shown in: it is needed at any.
    """
    ink = Image.new("L", sheet.size)
    needed = []
    for at, path in enumerate(paths):
        if pdfium.FPDFPath_CountSegments(path.handle) not in _BOX_SEGMENTS:
            continue
        if at in white:
            if ink.crop(sheet.pixel_box(path.box)).getbbox() is not None:
                needed.append(at)
        elif at not in away and not is_paper(path):
            ink.paste(255, sheet.pixel_box(path.box, margin=1))
    return needed


def _place(path: PageObject) -> tuple[float, ...]:
    return tuple(round(edge, 1) for edge in path.box)


def _is_thin(sheet: RenderedPage, path: PageObject) -> bool:
    left, bottom, right, top = path.box
    return min(right - left, top - bottom) * sheet.scale < _THIN


def _runs(boxes: Sequence[Box]) -> Iterator[list[int]]:
    """Neighbours that one drawing from nearby can hold."""
    run: list[int] = []
    whole = NOWHERE
    for at in sorted((at for at, box in enumerate(boxes) if box[2]), key=lambda at: (boxes[at][1], boxes[at][0])):
        wider = around((whole, boxes[at])) if run else boxes[at]
        if run and area_of(wider) > DRAWN_PIXELS:
            yield run
            run, wider = [], boxes[at]
        run.append(at)
        whole = wider
    if run:
        yield run
