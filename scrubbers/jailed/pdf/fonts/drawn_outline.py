"""The outline of a letter as PDFium has it, in thousandths of its size."""

import ctypes
from collections.abc import Iterator
from typing import Any, Final

import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.fonts.outline import CURVE, LINE, MOVE, Outline, Segment
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

UNITS: Final = 1000  # to the size of a letter
_MOST_SEGMENTS: Final = 5000  # of one glyph; the most elaborate ornament among the tests' fonts has 700
_LARGEST: Final = 16_000  # thousandths; a letter that reaches farther makes the page pixels


def glyph_outline(font: Any, letter: int) -> Outline:
    """Return the outline of a letter of one of PDFium's fonts; raises NotRebuildable."""
    path = pdfium.FPDFFont_GetGlyphPath(font, letter, 1.0)
    count = pdfium.FPDFGlyphPath_CountGlyphSegments(path) if path else 0
    if count > _MOST_SEGMENTS:
        raise NotRebuildable
    return tuple(_segments(path, count))


def _segments(path: Any, count: int) -> Iterator[Segment]:
    """Yield the segments of a glyph's path; what leads nowhere is left out."""
    x, y = ctypes.c_float(), ctypes.c_float()
    curve: list[int] = []
    move: Segment | None = None
    for at in range(count):
        segment = pdfium.FPDFGlyphPath_GetGlyphPathSegment(path, at)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            raise NotRebuildable
        point = whole(x.value * UNITS), whole(y.value * UNITS)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            move = (MOVE, *point)
            continue
        if move is not None:
            yield move
            move = None
        if kind == pdfium.FPDF_SEGMENT_LINETO:
            yield (LINE, *point)
        else:
            curve += point
            if len(curve) == 6:  # noqa: PLR2004  three points
                yield (CURVE, *curve)
                curve = []


def whole(value: float) -> int:
    """Return the nearest whole number; raises NotRebuildable."""
    if not -_LARGEST <= value <= _LARGEST:
        raise NotRebuildable
    return round(value)
