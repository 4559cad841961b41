"""Paths that PDFium may leave out: filled ones with a line that lets through what is under it.

It paints each on two bitmaps of its own, as large as the path's box and cut by nothing. When there is no memory for
them the path is missing, and nothing says so: what it covers would be taken for seen. So a page with such a path is
drawn only if there is room for the largest one from as near as anything on the page is looked at.

Not found are those in the cell of a pattern or in a glyph of a Type 3 font, of which PDFium does not tell.
"""

import ctypes
import math
import mmap
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import AS_IT_IS, NEAREST_PIXELS, Matrix, bounds, combined, own_matrix

_OPAQUE: Final = 255
_PIXEL_BYTES: Final = 2 * 4  # of both bitmaps
_NEAREST: Final = 64.0  # pixels to a square point: eight times as near as one reads
_FILLED, _STROKED = ctypes.c_int(), ctypes.c_int()
_PARTS: Final = tuple(ctypes.c_uint() for _ in range(4))
_BOX: Final = tuple(ctypes.c_float() for _ in range(4))


def require_room(page: pypdfium2.PdfPage) -> None:
    """Raise MemoryError if PDFium might leave out a path of the page or of an annotation."""
    try:
        areas = [*_areas(_objects_on(page), AS_IT_IS)]
        if areas:
            pixels = max(areas) * min(_NEAREST, NEAREST_PIXELS / max(1.0, math.prod(page.get_size())))
            mmap.mmap(-1, int(min(pixels * _PIXEL_BYTES, 2**40)) + mmap.PAGESIZE).close()
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


def _areas(objects: Iterable[Any], to_page: Matrix) -> Iterator[float]:
    """Yield of each such path how large its box is, in square points; raises NotRebuildable where it cannot be told."""
    for each in objects:
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            inside = (pdfium.FPDFFormObj_GetObject(each, at) for at in range(pdfium.FPDFFormObj_CountObjects(each)))
            yield from _areas(inside, combined(own_matrix(each), to_page))
        elif kind == pdfium.FPDF_PAGEOBJ_PATH and _has_translucent_line(each):
            if not pdfium.FPDFPageObj_GetBounds(each, *_BOX):
                raise NotRebuildable
            left, bottom, right, top = (side.value for side in _BOX)
            left, bottom, right, top = bounds(to_page, (left, bottom, right, top))
            yield (right - left) * (top - bottom)


def _has_translucent_line(path: Any) -> bool:
    """Whether it is filled, and its line is not opaque; one that is not seen at all counts."""
    if not pdfium.FPDFPath_GetDrawMode(path, _FILLED, _STROKED) or not (_FILLED.value and _STROKED.value):
        return False
    return not pdfium.FPDFPageObj_GetStrokeColor(path, *_PARTS) or _PARTS[3].value < _OPAQUE
