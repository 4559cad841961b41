"""Patterns that PDFium would draw elsewhere than other programs do: the document that has one is refused.

PDFium keeps a pattern as the content that used it first has placed it: by the matrix of its form, of a mask or of an
annotation's look. Content with another matrix gets the pattern where it does not belong, and what it should cover would
be taken for seen. And of cells that are too large PDFium draws nothing.

Judged by the document's objects, once and before anything is drawn: which of them are ever drawn nobody has to know. A
content uses every pattern whose name it chooses, be it in a text.
"""

import re
from collections.abc import Collection
from typing import Final, TypeAlias

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.content.forms import matrix_of
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS, Matrix, product
from scrubbers.stages import Damaged

# What chooses a pattern may stand in the next stream. PDFium reads 0x80 and 0xff as blanks, and 255 bytes of a word.
_CHOSEN: Final = re.compile(rb"/([^\0\t\n\f\r ()<>\[\]{}/%\x80\xff]++)(?=[\0\t\n\f\r \x80\xff]*+(?:scn|SCN|%|\Z))")
_LONGEST_NAME: Final = 250
Place: TypeAlias = Matrix | int  # by the matrix of a form, or in a cell
_OF_PICTURES: Final = frozenset(("/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"))


def largest_cell(reader: pypdf.PdfReader) -> float:
    """Return the area of the largest cell of a pattern, in square points of the form that uses it; 0 if there is none.

    Raises Damaged if a pattern has more than one place, and what reading a broken one may raise.
    """
    named: dict[bytes, list[DictionaryObject]] = {}
    shadings: set[int] = set()
    glyphs: set[object] = set()
    for each in access.all_objects(reader):
        for found in access.dictionaries_in(each):
            for name, pattern in _named(found, "/Pattern").items():
                named.setdefault(name, []).append(pattern)
            shadings.update(map(id, _named(found, "/Shading").values()))
            glyphs.update(map(access.key_of, _named(found, "/CharProcs").values()))
            _require_placed_by_none(access.entry(found, "/Contents"))
    # PDFium takes what it has read as one of them for the same when it is used as the other.
    if any(id(pattern) in shadings for patterns in named.values() for pattern in patterns):
        raise Damaged
    places = _places(reader, named, glyphs) if named else {}
    return max((_area(pattern, found, places) for pattern, found in places.values()), default=0.0)


def _named(found: DictionaryObject, key: str) -> dict[bytes, DictionaryObject]:
    """Return the dictionaries under a key of a dictionary, by their names."""
    inner = access.dictionary_in(found, key)
    each = ((name[1:].encode("latin-1"), access.entry(inner, name)) for name in inner)
    return {name: value for name, value in each if isinstance(value, DictionaryObject)}


def _require_placed_by_none(contents: object) -> None:
    """Raise Damaged for a page's contents that say where, or with what, they are drawn, as only forms do."""
    for each in list.__iter__(contents) if isinstance(contents, ArrayObject) else [contents]:
        stream = access.resolved(each)
        if isinstance(stream, StreamObject) and ("/Matrix" in stream or "/Resources" in stream):
            raise Damaged


def _places(
    reader: pypdf.PdfReader, named: dict[bytes, list[DictionaryObject]], glyphs: Collection[object]
) -> dict[int, tuple[DictionaryObject, set[Place]]]:
    """Return each pattern that may be used, with the matrices of all that may use it. Raises Damaged."""
    places: dict[int, tuple[DictionaryObject, set[Place]]] = {}
    # What calls itself a picture may be drawn as a form all the same.
    for content in access.all_objects(reader):
        if not isinstance(content, StreamObject):
            continue
        chosen = _chosen_in(content, named)
        if chosen and access.key_of(content) in glyphs:
            # Programs do not agree where it lies.
            raise Damaged
        own = _named(access.dictionary_in(content, "/Resources"), "/Pattern")
        for pattern in (pattern for name in chosen for pattern in ([own[name]] if name in own else named[name])):
            places.setdefault(id(pattern), (pattern, set()))[1].add(_place_of(content))
    return places


def _chosen_in(content: StreamObject, known: Collection[bytes]) -> set[bytes]:
    """Return the known names that it may choose; all if it cannot be read, or has one that may be another to PDFium."""
    filters = access.entry(content, "/Filter")
    last = filters[-1] if isinstance(filters, ArrayObject) and filters else filters
    try:
        # Of a picture PDFium would read the bytes as they are stored.
        data = content._data if last in _OF_PICTURES else content.get_data()  # noqa: SLF001
        names = set(_CHOSEN.findall(data))
    except access.BROKEN:
        return set(known)
    return set(known) if any(b"#" in name or len(name) > _LONGEST_NAME for name in names) else names.intersection(known)


def _place_of(content: StreamObject) -> Place:
    """Return the matrix that PDFium places by; for a cell, which is placed once more, what tells it from others."""
    if "/PatternType" in content:
        return id(content)
    found = access.entry(content, "/Matrix")
    if not isinstance(found, ArrayObject) or len(found) != len(AS_IT_IS):
        return AS_IT_IS
    a, b, c, d, e, f = (float(each) if isinstance(each, int | float) else 0.0 for each in access.array(found))
    return a, b, c, d, e, f


def _area(
    pattern: DictionaryObject, found: set[Place], places: dict[int, tuple[DictionaryObject, set[Place]]]
) -> float:
    """Return the area of its cell. Raises Damaged if it has more than one place, or PDFium draws it otherwise."""
    place, *more = found
    if isinstance(place, int):
        # PDFium heeds neither the matrix of the cell that it is in nor that of its form.
        cell, around = places.get(place, (DictionaryObject(), {AS_IT_IS}))
        place, more = AS_IT_IS, [*more, *around - {AS_IT_IS}, *(0 for key in cell if key == "/Matrix")]
    is_cell = access.number(pattern["/PatternType"]) == 1
    if more or (is_cell and ("/Resources" not in pattern or access.number(pattern["/PaintType"]) not in {1, 2})):
        raise Damaged
    if not is_cell:
        return 0.0
    left, bottom, right, top = access.numbers(access.entry(pattern, "/BBox"), 4)
    a, b, c, d, _, _ = product(matrix_of(pattern), place)
    return abs((right - left) * (top - bottom) * (a * d - b * c))
