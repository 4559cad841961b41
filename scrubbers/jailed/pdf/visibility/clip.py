"""What may cut a piece off a thing: the edge of the page or a clip path that does not hold all of it."""

import ctypes
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.syntax.matrix import bounds
from scrubbers.jailed.pdf.visibility.page_objects import SAME_EDGE, PageObject, RenderedPage

_CLIPS: Final = 16  # clip paths looked at, of one thing
_RECTANGLE: Final = (4, 5)  # segments of a clip path that may be a rectangle
_SEGMENTS: Final = 500  # of one clip path; one with more is taken to cut nothing


def may_be_cut(sheet: RenderedPage, thing: PageObject) -> bool:
    """Return False only if all of the thing's box lies on the page and within upright rectangles it is clipped to."""
    if not sheet.holds(thing.box):
        return True
    clip = pdfium.FPDFPageObj_GetClipPath(thing.handle)
    paths = pdfium.FPDFClipPath_CountPaths(clip) if clip else 0
    if paths <= 0:
        return False
    if paths > _CLIPS:
        return True
    return any(_cuts(clip, number, thing) for number in range(paths))


def box_within_clips(thing: PageObject) -> tuple[float, float, float, float] | None:
    """Return the box of what its clip paths can leave of it, in points of the page; None if that is nothing."""
    left, bottom, right, top = thing.box
    clip = pdfium.FPDFPageObj_GetClipPath(thing.handle)
    for number in range(min(pdfium.FPDFClipPath_CountPaths(clip), _CLIPS) if clip else 0):
        if pdfium.FPDFClipPath_CountPathSegments(clip, number) > _SEGMENTS:
            continue
        # Those of a curve lie around it.
        points = list(_corners(clip, number, _SEGMENTS))
        if not points:
            continue
        xs, ys = zip(*points, strict=True)
        held = bounds(thing.to_page, (min(xs), min(ys), max(xs), max(ys)))
        left, bottom = max(left, held[0]), max(bottom, held[1])
        right, top = min(right, held[2]), min(top, held[3])
        if left > right + SAME_EDGE or bottom > top + SAME_EDGE:
            return None
    return min(left, right), min(bottom, top), max(left, right), max(bottom, top)


def _cuts(clip: Any, number: int, thing: PageObject) -> bool:
    corners = list(_corners(clip, number, _RECTANGLE[-1] + 1))
    xs, ys = {round(x, 2) for x, _ in corners}, {round(y, 2) for _, y in corners}
    if len(corners) not in _RECTANGLE or len(xs) != 2 or len(ys) != 2:  # noqa: PLR2004  two sides each way
        return True
    left, bottom, right, top = bounds(thing.to_page, (min(xs), min(ys), max(xs), max(ys)))
    box = thing.box
    return (
        box[0] < left - SAME_EDGE
        or box[1] < bottom - SAME_EDGE
        or box[2] > right + SAME_EDGE
        or box[3] > top + SAME_EDGE
    )


def _corners(clip: Any, number: int, most: int) -> Iterator[tuple[float, float]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    count = pdfium.FPDFClipPath_CountPathSegments(clip, number)
    for at in range(min(count, most)):
        if pdfium.FPDFPathSegment_GetPoint(pdfium.FPDFClipPath_GetPathSegment(clip, number, at), x, y):
            yield x.value, y.value
