"""What PDFium may leave out without a word, so that what it covers would be taken for seen: such a document is refused.

- a path that is filled and has a translucent line needs two bitmaps as large as its box, cut by nothing: there must be
  room for the largest from as near as anything is looked at
- of an outline that touches more pixels than it counts, the rest is missing, of a path as of one that clips
- far from the page points are put nearer, each for itself: slanted lines turn, upright boxes do not
- forms too deep in each other are empty, and pictures with too long a side are none

Of what is in patterns' cells and glyphs of Type 3 fonts PDFium does not tell.
"""

import ctypes
import math
import mmap
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import AS_IT_IS, NEAREST_PIXELS, Matrix, bounds, combined, own_matrix

_OPAQUE: Final = 255
_PIXEL_BYTES: Final = 2 * 4  # of both bitmaps
_DEEPEST: Final = 30  # forms in forms; PDFium reads 40
_LONGEST: Final = 2**17 - 1  # pixels
_CELLS: Final = 2**22  # pixels on an outline
_FARTHEST: Final = 16_000.0  # points; PDFium has room for 50,000 pixels
_NEAREST: Final = 8.0  # pixels to a point: as near as anything is looked at, on pages that are not large
_FILLED, _STROKED = ctypes.c_int(), ctypes.c_int()
_PARTS: Final = tuple(ctypes.c_uint() for _ in range(4))
_BOX: Final = tuple(ctypes.c_float() for _ in range(4))


def require_whole(page: pypdfium2.PdfPage) -> None:
    """Raise MemoryError if PDFium might leave out something of the page or of an annotation."""
    width, height = page.get_size()
    finest = min(_NEAREST, math.sqrt(NEAREST_PIXELS / max(1.0, width * height)))
    try:
        area = max(_Walk((width + height) * finest, finest).areas(_objects_on(page), AS_IT_IS), default=0.0)
        mmap.mmap(-1, int(min(area * finest**2 * _PIXEL_BYTES, 2**40)) + mmap.PAGESIZE).close()
    except (NotRebuildable, OSError):
        raise MemoryError from None


def _objects_on(page: pypdfium2.PdfPage) -> Iterator[Any]:
    for at in range(pdfium.FPDFPage_CountObjects(page)):
        yield pdfium.FPDFPage_GetObject(page, at)
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        for at in range(pdfium.FPDFAnnot_GetObjectCount(annotation)):
            yield pdfium.FPDFAnnot_GetObject(annotation, at)
        pdfium.FPDFPage_CloseAnnot(annotation)


class _Walk(NamedTuple):
    """Goes through what is drawn. `across`: the most pixels that one segment touches; `finest`: those to a point."""

    across: float
    finest: float

    def areas(self, objects: Iterable[Any], to_page: Matrix, depth: int = 0) -> Iterator[float]:
        """Yield how large the box of each path with a translucent line is, in square points. Raises NotRebuildable."""
        for each in objects:
            kind = pdfium.FPDFPageObj_GetType(each)
            is_told = kind == pdfium.FPDF_PAGEOBJ_IMAGE and pdfium.FPDFImageObj_GetImagePixelSize(each, *_PARTS[:2])
            if depth > _DEEPEST or (is_told and max(_PARTS[0].value, _PARTS[1].value) > _LONGEST):
                raise NotRebuildable
            self._require_clips(pdfium.FPDFPageObj_GetClipPath(each), to_page)
            if kind == pdfium.FPDF_PAGEOBJ_FORM:
                inside = (pdfium.FPDFFormObj_GetObject(each, at) for at in range(pdfium.FPDFFormObj_CountObjects(each)))
                yield from self.areas(inside, combined(own_matrix(each), to_page), depth + 1)
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
            self._require_outline(segments, sides, combined(own_matrix(path), to_page))
        is_both = is_told and _FILLED.value and _STROKED.value
        if is_both and (not pdfium.FPDFPageObj_GetStrokeColor(path, *_PARTS) or _PARTS[3].value < _OPAQUE):
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
            pdfium.FPDFPathSegment_GetPoint(segment, *_BOX[:2])
            u, v = _BOX[0].value, _BOX[1].value
            x, y = a * u + c * v + e, b * u + d * v + f
            right, up = (abs(x - before[0]), abs(y - before[1])) if before else (0.0, 0.0)
            cells += sides * (1 + min(self.across, self.finest * (right + up)))
            is_far = not max(abs(x), abs(y)) <= _FARTHEST
            if cells > _CELLS or (is_far and min(right, up) > 0):
                raise NotRebuildable
            before = x, y
