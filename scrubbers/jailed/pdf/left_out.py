"""What PDFium may leave out without a word, so that what it covers would be taken for seen: such a document is refused.

- a path that is filled and has a translucent line needs two bitmaps as large as its box, cut by nothing: there must be
  room for the largest from as near as anything is looked at
- of an outline that touches more pixels than it counts, the rest is missing, of a path as of one that clips
- far from the page points are put nearer, each for itself: slanted lines turn, upright boxes do not
- forms too deep in each other are empty, and pictures with too long a side are none
- of a pattern with too large a cell nothing is drawn, and forms draw it as large as everything else in them

Of what is in patterns' cells and glyphs of Type 3 fonts PDFium does not tell.
"""

import ctypes
import itertools
import math
import mmap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.bitmap import OPAQUE
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS, Matrix, bounds, product
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import NEAREST_PIXELS, own_matrix

_PIXEL_BYTES: Final = 2 * 4  # of both bitmaps
_DEEPEST: Final = 30  # forms in forms; PDFium reads 40
_LONGEST: Final = 2**17 - 1  # pixels
_LARGEST_CELL: Final = 15_000.0**2  # square points; PDFium draws 46,000 pixels to a side, and a page with 3 to a point
_CELLS: Final = 2**22  # pixels on an outline
_FARTHEST: Final = 16_000.0  # points; PDFium has room for 50,000 pixels
_NEAREST: Final = 8.0  # pixels to a point: as near as anything is looked at, on pages that are not large
_NO_BOX: Final = 0.001  # points, as in PDFium: it widens nothing
_FILLED, _STROKED = ctypes.c_int(), ctypes.c_int()
_PARTS: Final = tuple(ctypes.c_uint() for _ in range(4))
_BOX: Final = tuple(ctypes.c_float() for _ in range(4))


def room_for(page: pypdfium2.PdfPage, cell: float) -> int:
    """Return how many bytes must be free when it is drawn, or PDFium may leave out something; raises MemoryError.

    `cell`: the area of the largest cell of a pattern, in square points of the form that uses it.
    """
    width, height = page.get_size()
    finest = min(_NEAREST, math.sqrt(NEAREST_PIXELS / max(1.0, width * height)))
    walk = _Walk((width + height) * finest, finest, cell)
    try:
        areas = (walk.areas(objects, to_page) for objects, to_page in _contents_of(page))
        area = max(itertools.chain.from_iterable(areas), default=0.0)
    except NotRebuildable:
        raise MemoryError from None
    return int(min(area * finest**2 * _PIXEL_BYTES, 2**40))


def require_room(size: int) -> None:
    """Raise MemoryError if so many bytes are not free."""
    try:
        mmap.mmap(-1, size + mmap.PAGESIZE).close()
    except OSError:
        raise MemoryError from None


def _contents_of(page: pypdfium2.PdfPage) -> Iterator[tuple[list[Any], Matrix]]:
    """Yield what is drawn by the page and by the look of each annotation, with the way from there to the page."""
    yield [pdfium.FPDFPage_GetObject(page, at) for at in range(pdfium.FPDFPage_CountObjects(page))], AS_IT_IS
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        count = pdfium.FPDFAnnot_GetObjectCount(annotation)
        objects = [pdfium.FPDFAnnot_GetObject(annotation, at) for at in range(count)]
        yield objects, _placed(annotation, objects)
        pdfium.FPDFPage_CloseAnnot(annotation)


def _placed(annotation: Any, objects: Sequence[Any]) -> Matrix:
    """Return how a look is moved and widened to its annotation: its box is the first that clips what is in it."""
    clip = pdfium.FPDFPageObj_GetClipPath(objects[0]) if objects else None
    count = pdfium.FPDFClipPath_CountPathSegments(clip, 0) if clip else 0
    points = [_point(pdfium.FPDFClipPath_GetPathSegment(clip, 0, at)) for at in range(count)]
    to = pdfium.FS_RECTF()
    if not points or not pdfium.FPDFAnnot_GetRect(annotation, to):
        return AS_IT_IS
    (left, right), (bottom, top) = ((min(at), max(at)) for at in zip(*points, strict=True))
    across = max(1.0, (to.right - to.left) / (right - left)) if right - left > _NO_BOX else 1.0
    up = max(1.0, (to.top - to.bottom) / (top - bottom)) if top - bottom > _NO_BOX else 1.0
    return across, 0, 0, up, to.left - left * across, to.bottom - bottom * up


def _point(segment: Any) -> tuple[float, float]:
    pdfium.FPDFPathSegment_GetPoint(segment, *_BOX[:2])
    return _BOX[0].value, _BOX[1].value


class _Walk(NamedTuple):
    """Goes through what is drawn. `across`: the most pixels that one segment touches; `finest`: those to a point."""

    across: float
    finest: float
    cell: float

    def areas(self, objects: Iterable[Any], to_page: Matrix, depth: int = 0) -> Iterator[float]:
        """Yield how large the box of each path with a translucent line is, in square points. Raises NotRebuildable."""
        a, b, c, d, _, _ = to_page
        if not self.cell * abs(a * d - b * c) <= _LARGEST_CELL:
            raise NotRebuildable
        for each in objects:
            kind = pdfium.FPDFPageObj_GetType(each)
            is_told = kind == pdfium.FPDF_PAGEOBJ_IMAGE and pdfium.FPDFImageObj_GetImagePixelSize(each, *_PARTS[:2])
            if depth > _DEEPEST or (is_told and max(_PARTS[0].value, _PARTS[1].value) > _LONGEST):
                raise NotRebuildable
            self._require_clips(pdfium.FPDFPageObj_GetClipPath(each), to_page)
            if kind == pdfium.FPDF_PAGEOBJ_FORM:
                inside = (pdfium.FPDFFormObj_GetObject(each, at) for at in range(pdfium.FPDFFormObj_CountObjects(each)))
                yield from self.areas(inside, product(own_matrix(each), to_page), depth + 1)
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                yield from self._area(each, to_page)

    def _area(self, path: Any, to_page: Matrix) -> Iterator[float]:
        if not pdfium.FPDFPageObj_GetBounds(path, *_BOX):
            # It has no point, or only one.
            return
        left, bottom, right, top = bounds(to_page, (_BOX[0].value, _BOX[1].value, _BOX[2].value, _BOX[3].value))
        is_told = pdfium.FPDFPath_GetDrawMode(path, _FILLED, _STROKED)
        # A subpath is closed by as much as it is long at most, and a line has two sides.
        sides = 4 if is_told and _STROKED.value else 2
        count = pdfium.FPDFPath_CountSegments(path)
        if count * (self.across + 1) * sides > _CELLS or max(-left, -bottom, right, top) > _FARTHEST:
            segments = (pdfium.FPDFPath_GetPathSegment(path, at) for at in range(count))
            self._require_outline(segments, sides, product(own_matrix(path), to_page))
        is_both = is_told and _FILLED.value and _STROKED.value
        if is_both and (not pdfium.FPDFPageObj_GetStrokeColor(path, *_PARTS) or _PARTS[3].value < OPAQUE):
            yield (right - left) * (top - bottom)

    def _require_clips(self, clip: Any, to_page: Matrix) -> None:
        for number in range(pdfium.FPDFClipPath_CountPaths(clip) if clip else 0):
            count = pdfium.FPDFClipPath_CountPathSegments(clip, number)
            segments = (pdfium.FPDFClipPath_GetPathSegment(clip, number, at) for at in range(count))
            self._require_outline(segments, 2, to_page)

    def _require_outline(self, segments: Iterable[Any], sides: int, matrix: Matrix) -> None:
        """Raise NotRebuildable where PDFium would draw another one. `sides`: how often each segment counts."""
        a, b, c, d, e, f = matrix
        cells, before = 0.0, None
        for segment in segments:
            u, v = _point(segment)
            x, y = a * u + c * v + e, b * u + d * v + f
            right, up = (abs(x - before[0]), abs(y - before[1])) if before else (0.0, 0.0)
            cells += sides * (1 + min(self.across, self.finest * (right + up)))
            is_far = not max(abs(x), abs(y)) <= _FARTHEST
            if cells > _CELLS or (is_far and min(right, up) > 0):
                raise NotRebuildable
            before = x, y
