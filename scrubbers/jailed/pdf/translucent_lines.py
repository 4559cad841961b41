"""What PDFium may leave out without a word, so that what it covers would be taken for seen: such a page is not drawn.

A path that is filled and has a translucent line needs two bitmaps as large as its box, cut by nothing: there must be
room for the largest from as near as anything is looked at. Forms too deep in each other are empty to PDFium, and
pictures with too long a side are none. Of what is in patterns' cells and glyphs of Type 3 fonts it does not tell.
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
_DEEPEST: Final = 30  # forms in forms; PDFium reads 40
_LONGEST: Final = 2**17 - 1  # pixels
_NEAREST: Final = 64.0  # pixels to a square point: eight times as near as one reads
_FILLED, _STROKED = ctypes.c_int(), ctypes.c_int()
_PARTS: Final = tuple(ctypes.c_uint() for _ in range(4))
_BOX: Final = tuple(ctypes.c_float() for _ in range(4))


def require_room(page: pypdfium2.PdfPage) -> None:
    """Raise MemoryError if PDFium might leave out something of the page or of an annotation."""
    try:
        pixels = max(_areas(_objects_on(page), AS_IT_IS), default=0.0)
        pixels *= min(_NEAREST, NEAREST_PIXELS / max(1.0, math.prod(page.get_size())))
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


def _areas(objects: Iterable[Any], to_page: Matrix, depth: int = 0) -> Iterator[float]:
    """Yield of each such path how large its box is, in square points; raises NotRebuildable where it cannot be told."""
    for each in objects:
        kind = pdfium.FPDFPageObj_GetType(each)
        is_told = kind == pdfium.FPDF_PAGEOBJ_IMAGE and pdfium.FPDFImageObj_GetImagePixelSize(each, *_PARTS[:2])
        if depth > _DEEPEST or (is_told and max(_PARTS[0].value, _PARTS[1].value) > _LONGEST):
            raise NotRebuildable
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            inside = (pdfium.FPDFFormObj_GetObject(each, at) for at in range(pdfium.FPDFFormObj_CountObjects(each)))
            yield from _areas(inside, combined(own_matrix(each), to_page), depth + 1)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH and _has_translucent_line(each):
            if not pdfium.FPDFPageObj_GetBounds(each, *_BOX):
                raise NotRebuildable
            left, bottom, right, top = bounds(to_page, (_BOX[0].value, _BOX[1].value, _BOX[2].value, _BOX[3].value))
            yield (right - left) * (top - bottom)


def _has_translucent_line(path: Any) -> bool:
    """Whether it is filled, and its line is not opaque; one that is not seen at all counts."""
    is_both = pdfium.FPDFPath_GetDrawMode(path, _FILLED, _STROKED) and _FILLED.value and _STROKED.value
    return bool(is_both) and (not pdfium.FPDFPageObj_GetStrokeColor(path, *_PARTS) or _PARTS[3].value < _OPAQUE)
