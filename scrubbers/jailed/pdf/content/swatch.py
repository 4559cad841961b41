"""Colours as PDFium shows them. Of inks, calibrated spaces and gradients nothing else comes into the new document.

An ink's function can hold a whole file of which no tint that is used tells anything, a calculator's program numbers
that it never reaches, a name any text. So the source's space is copied into a document that never leaves the job's
memory (`pdf_alone`), one colour of it is painted there, and the pixel's red, green and blue are all that stays.
"""

from collections.abc import Sequence
from typing import Final

from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    PdfObject,
)

from scrubbers.jailed.pdf.content import image_document
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

GRADIENT_STEPS: Final = 256  # PDFium computes as many colours of a gradient, whatever its size
_OPAQUE: Final = 255
_DECIMALS: Final = 5
# Milliseconds, as in `pdf_work`: one colour in a small space; a profile or a table is read again for each colour.
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
        return self._painted(contents, "/ColorSpace", "/C", space, (1, 1))[0]

    def gradient(self, space: PdfObject, function: PdfObject, domain: Sequence[float]) -> list[Colour]:
        """Return a gradient's colours from one end to the other, as many as PDFium computes. Raises NotRebuildable."""
        along = DictionaryObject({
            NameObject("/ShadingType"): NumberObject(2),
            NameObject("/ColorSpace"): space,
            NameObject("/Function"): function,
            NameObject("/Domain"): ArrayObject(map(FloatObject, domain)),
            NameObject("/Coords"): ArrayObject(map(NumberObject, (0, 0, GRADIENT_STEPS - 1, 0))),
            NameObject("/Extend"): ArrayObject([BooleanObject(value=True), BooleanObject(value=True)]),
        })  # fmt: skip
        return self._painted(b"/S sh", "/Shading", "/S", along, (GRADIENT_STEPS, 1))

    def _painted(
        self, contents: bytes, kind: str, key: str, untrusted: PdfObject, size: tuple[int, int]
    ) -> list[Colour]:
        """Return the pixels, which all must be painted: the ink called None paints nothing, and is no colour."""
        resources = DictionaryObject({NameObject(kind): DictionaryObject({NameObject(key): untrusted})})
        made = image_document.document_drawing(contents, resources, size)
        self._work.painted(_PAINTED_WORK + len(made) * _BYTE_WORK)
        if self._work.is_far_too_much:
            raise NotRebuildable
        drawn = image_document.drawn_on_nothing(made)
        if drawn.size != size or drawn.getchannel("A").getextrema() != (_OPAQUE, _OPAQUE):
            raise NotRebuildable
        pixels = drawn.convert("RGB").tobytes()
        return [(pixels[at], pixels[at + 1], pixels[at + 2]) for at in range(0, len(pixels), 3)]
