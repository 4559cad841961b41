"""Colours as PDFium shows them. Of inks and calibrated spaces nothing else comes into the new document.

An ink's function can hold a whole file of which no tint that is used tells anything, a calculator's program numbers
that it never reaches, a name any text. So the source's space is copied into a document that never leaves the job's
memory (`source_copy`), one colour of it is painted there, and the pixel's red, green and blue are all that stays.
"""

from collections.abc import Sequence
from typing import Final

from pypdf.generic import DictionaryObject, NameObject, PdfObject

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.syntax import source_copy
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

_OPAQUE: Final = 255
_DECIMALS: Final = 5
# Milliseconds, as in `cost`: one colour in a small space; a profile or a table is read again for each colour.
_PAINTED_WORK: Final = 0.4
_BYTE_WORK: Final = 2e-5

Colour = tuple[int, int, int]


class Swatches:
    """Paints colours of one document's spaces; `described` are the inks that it named, and "" if it calibrated any."""

    def __init__(self, work: Work) -> None:
        self.described: dict[str, None] = {}
        self._work = work

    def colour(self, space: PdfObject, values: Sequence[float]) -> Colour:
        """Return what PDFium shows for a colour of the space, or its first for no values. Raises NotRebuildable."""
        chosen = b" ".join(number(round(value, _DECIMALS)) for value in values)
        contents = b"/C cs %s 0 0 1 1 re f" % (chosen + b" scn" if values else b"")
        spaces = DictionaryObject({NameObject("/C"): space})
        resources = DictionaryObject({NameObject("/ColorSpace"): spaces})
        made = source_copy.document_drawing(contents, resources, (1, 1))
        self._work.painted(_PAINTED_WORK + len(made) * _BYTE_WORK)
        if self._work.is_far_too_much:
            raise NotRebuildable
        drawn = source_copy.drawn_on_nothing(made)
        # It must be painted: the ink called None paints nothing, and is no colour.
        if drawn.size != (1, 1) or drawn.getchannel("A").getextrema() != (_OPAQUE, _OPAQUE):
            raise NotRebuildable
        red, green, blue = drawn.convert("RGB").tobytes()
        return red, green, blue
