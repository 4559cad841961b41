"""Patterns that PDFium would draw elsewhere than other programs do, or not at all: the document is refused.

PDFium keeps a pattern as the content that used it first has placed it: by the matrix of its form, of a mask or of an
annotation's look. Content with another matrix gets the pattern where it does not belong, and what it should cover would
be taken for seen. So no content with a matrix may choose one, whether or not it is ever drawn.
"""

import re
from typing import Final

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.content.forms import matrix_of
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS
from trusted.jail.stages import Damaged, TookTooLong

_NARROWEST_STEP: Final = 0.05  # points: a printer has a dot in 0.03
_DEFAULTS: Final = ("/DefaultGray", "/DefaultRGB", "/DefaultCMYK")
_INKS: Final = {"/Separation", "/DeviceN"}
# A name before what chooses a pattern, or at the end: that may stand in the next stream. 0x80 and 0xff are blanks.
_CHOOSES: Final = re.compile(rb"/[^\0\t\n\f\r ()<>\[\]{}/%\x80\xff]++(?=[\0\t\n\f\r \x80\xff]*+(?:scn|SCN|%|\Z))")


def require_one_place(reader: pypdf.PdfReader) -> None:
    """Raise Damaged if PDFium may draw a pattern elsewhere, or not at all, and TookTooLong for too narrow steps.

    Raises what reading a broken one may raise.
    """
    patterns: dict[int, DictionaryObject] = {}
    shadings: set[int] = set()
    is_placed = False
    for each in access.all_objects(reader):
        for found in access.dictionaries_in(each):
            patterns.update(_under(found, "/Pattern"))
            shadings.update(_under(found, "/Shading"))
            # Of a colour space that stands for a device's, PDFium reads none that is made of inks.
            defaults = (access.entry(found, name) for name in _DEFAULTS)
            if any(isinstance(each, ArrayObject) and each and access.name_of(each[0]) in _INKS for each in defaults):
                raise Damaged
        is_placed = is_placed or (isinstance(each, StreamObject) and _is_moved(each) and _chooses(each))
    # What PDFium has read as a shading stays one to it.
    if patterns and (is_placed or not shadings.isdisjoint(patterns)):
        raise Damaged
    for pattern in patterns.values():
        _require_cell(pattern)


def _under(found: DictionaryObject, key: str) -> dict[int, DictionaryObject]:
    """Return the dictionaries that a dictionary names under a key."""
    inner = access.dictionary_in(found, key)
    values = (access.entry(inner, name) for name in inner)
    return {id(value): value for value in values if isinstance(value, DictionaryObject)}


def _is_moved(content: StreamObject) -> bool:
    """Whether it has a matrix that moves it. PDFium takes one of another length for none."""
    found = access.entry(content, "/Matrix")
    if not isinstance(found, ArrayObject) or len(found) != len(AS_IT_IS):
        return False
    return [float(each) if isinstance(each, int | float) else 0.0 for each in access.array(found)] != [*AS_IT_IS]


def _chooses(content: StreamObject) -> bool:
    """Whether it may choose a pattern, be it in a text; True if it cannot be read."""
    try:
        return _CHOOSES.search(content.get_data()) is not None
    except access.BROKEN:
        return True


def _require_cell(pattern: DictionaryObject) -> None:
    """Raise Damaged if PDFium draws no cell of it, TookTooLong if too many."""
    if access.number(pattern["/PatternType"]) != 1:
        return
    if "/Resources" not in pattern or access.number(pattern.get("/PaintType")) not in {1, 2}:
        raise Damaged
    a, b, c, d, _, _ = matrix_of(pattern)
    steps = [access.number(pattern[name]) if name in pattern else 0.0 for name in ("/XStep", "/YStep")]
    if 0 < abs(steps[0] * steps[1] * (a * d - b * c)) < _NARROWEST_STEP**2:
        # The second witness would draw each of them (`scrubbers.jailed.witness`).
        raise TookTooLong
