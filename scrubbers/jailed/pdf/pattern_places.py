"""Patterns that PDFium would draw elsewhere than other programs do: the document that has one is refused.

PDFium keeps a pattern as the content that used it first has placed it: by the matrix of its form, of a mask or of an
annotation's look. Content with another matrix gets the pattern where it does not belong, and what it should cover would
be taken for seen. And of cells that are too large PDFium draws nothing.

Judged by the document's objects, once and before anything is drawn: which of them are ever drawn nobody has to know. A
content uses every pattern whose name it chooses, be it in a text.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.content.forms import matrix_of
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS, product
from scrubbers.stages import Damaged

# What chooses a pattern may stand in the next stream. PDFium reads 0x80 and 0xff as blanks, and 255 bytes of a word.
_CHOSEN: Final = re.compile(
    rb"/([^\0\t\n\f\r ()<>\[\]{}/%\x80\xff]+)(?=(?:[\0\t\n\f\r \x80\xff]|%[^\r\n]*(?:[\r\n]|\Z))*(?:scn|SCN|\Z))"
)
_LONGEST_NAME: Final = 250


def largest_cell(reader: pypdf.PdfReader) -> float:
    """Return the area of the largest cell of a pattern, in square points of the form that uses it; 0 if there is none.

    Raises Damaged if a pattern has more than one place, and what reading a broken one may raise.
    """
    return max((_area(pattern, places) for pattern, places in _places(reader)), default=0.0)


def _places(reader: pypdf.PdfReader) -> Iterator[tuple[DictionaryObject, set[object]]]:
    """Yield each pattern that may be used, with the matrices of all that may use it."""
    named: dict[bytes, list[DictionaryObject]] = {}
    for each in access.all_objects(reader):
        for resources in access.dictionaries_in(each):
            patterns = access.dictionary_in(resources, "/Pattern")
            for key in patterns:
                pattern = access.entry(patterns, key)
                if isinstance(pattern, DictionaryObject):
                    named.setdefault(key[1:].encode("latin-1"), []).append(pattern)
    places: dict[int, tuple[DictionaryObject, set[object]]] = {}
    # What calls itself a picture may be drawn as a form all the same.
    for content in access.all_objects(reader) if named else ():
        if isinstance(content, StreamObject):
            for pattern in (pattern for name in _chosen_in(content, named) for pattern in named[name]):
                places.setdefault(id(pattern), (pattern, set()))[1].add(_place_of(content))
    yield from places.values()


def _chosen_in(content: StreamObject, known: Collection[bytes]) -> set[bytes]:
    """Return the known names that it may choose; all if it cannot be read, or has one that may be another to PDFium."""
    try:
        names = set(_CHOSEN.findall(content.get_data()))
    except access.BROKEN:
        return set(known)
    return set(known) if any(b"#" in name or len(name) > _LONGEST_NAME for name in names) else names.intersection(known)


def _place_of(content: StreamObject) -> object:
    """Return the matrix that PDFium places by; a cell's is like none, for it is placed once more with the pattern."""
    if "/PatternType" in content:
        return id(content)
    found = access.entry(content, "/Matrix")
    if not isinstance(found, ArrayObject) or len(found) != len(AS_IT_IS):
        return AS_IT_IS
    return tuple(float(each) if isinstance(each, int | float) else 0.0 for each in access.array(found))


def _area(pattern: DictionaryObject, places: set[object]) -> float:
    """Return the area of its cell; raises Damaged if it has more than one place."""
    if len(places) > 1:
        raise Damaged
    if "/BBox" not in pattern:
        return 0.0
    left, bottom, right, top = access.numbers(access.entry(pattern, "/BBox"), 4)
    (place,) = places
    a, b, c, d, _, _ = product(matrix_of(pattern), place if isinstance(place, tuple) else AS_IT_IS)
    return abs((right - left) * (top - bottom) * (a * d - b * c))
