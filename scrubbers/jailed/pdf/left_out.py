"""Outlines so far away that numbers of four bytes end there: what they should cover would be taken for seen.

Whatever else PDFium leaves out without a word the second witness draws (`scrubbers.jailed.witness`); of these it draws
as little.
"""

import ctypes
from collections.abc import Iterable, Iterator
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.visibility.page_objects import own_matrix
from trusted.jail.stages import Damaged

_FARTHEST: Final = 1e8  # points, and how much larger one matrix may make an outline
_BOX: Final = tuple(ctypes.c_float() for _ in range(4))


def require_near(page: pypdfium2.PdfPage) -> None:
    """Raise Damaged if an outline on the page, or in a form or an appearance on it, is farther than numbers reach."""
    for objects in _contents_of(page):
        _require(objects)


def _contents_of(page: pypdfium2.PdfPage) -> Iterator[list[Any]]:
    """Yield what is drawn by the page and by the appearance of each annotation."""
    yield [pdfium.FPDFPage_GetObject(page, at) for at in range(pdfium.FPDFPage_CountObjects(page))]
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        count = pdfium.FPDFAnnot_GetObjectCount(annotation)
        yield [pdfium.FPDFAnnot_GetObject(annotation, at) for at in range(count)]
        pdfium.FPDFPage_CloseAnnot(annotation)


def _require(objects: Iterable[Any]) -> None:
    for each in objects:
        kind = pdfium.FPDFPageObj_GetType(each)
        if kind not in {pdfium.FPDF_PAGEOBJ_FORM, pdfium.FPDF_PAGEOBJ_PATH}:
            continue
        box = _BOX if pdfium.FPDFPageObj_GetBounds(each, *_BOX) else ()
        # No number is within its bounds if it is none.
        if not all(abs(value) <= _FARTHEST for value in (*own_matrix(each), *(side.value for side in box))):
            raise Damaged
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            _require(pdfium.FPDFFormObj_GetObject(each, at) for at in range(pdfium.FPDFFormObj_CountObjects(each)))
