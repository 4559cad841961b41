"""Groups that knock out (ISO 32000-1, 11.4.6): each thing in them takes the place of those before it.

PDFium draws them as any group. The two differ where something of which one could see what is below it is not alone in
its group. Office programs make such groups of one opaque shape.
"""

from typing import Final

import pypdf
from pypdf.generic import DictionaryObject, StreamObject

from scrubbers.jailed.pdf.content.display_list import SetExtGState, Unsaid
from scrubbers.jailed.pdf.content.graphics_state import graphics_state
from scrubbers.jailed.pdf.content.operands import last_name
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.lexer import INLINE, LexedName, Operand, operations
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_PAINTS: Final = frozenset((b"S", b"s", b"f", b"F", b"f*", b"sh", b"Tj", b"TJ", b"'", b'"', b"Do", INLINE))
_PAINTS_TWICE: Final = frozenset((b"B", b"B*", b"b", b"b*"))
_DEEPEST: Final = 12  # forms in forms
_OPAQUE: Final = frozenset((b"1", b"1.0"))


def shows_otherwise(reader: pypdf.PdfReader) -> bool:
    """Whether a group of the document that knocks out may look otherwise than PDFium draws it."""
    drawn = (each for each in access.all_objects(reader) if isinstance(each, DictionaryObject))
    groups = (each for each in drawn if access.is_true(access.entry(access.dictionary_in(each, "/Group"), "/K")))
    return not all(map(_is_plain, groups))


def _is_plain(group: DictionaryObject) -> bool:
    """Whether all in it is opaque, or alone. What cannot be read is not."""
    try:
        is_opaque, painted = _of_contents(group, 0)
    except (NotRebuildable, *access.BROKEN):
        return False
    return is_opaque or painted <= 1


def _of_contents(drawn: DictionaryObject, depth: int) -> tuple[bool, int]:
    """Return whether everything that it paints is opaque, and how much that is. Raises NotRebuildable."""
    if not isinstance(drawn, StreamObject) or depth > _DEEPEST:
        raise NotRebuildable
    is_opaque, painted, resources = True, 0, access.dictionary_in(drawn, "/Resources")
    for operator, operands in operations(drawn.get_data()):
        painted += (operator in _PAINTS) + 2 * (operator in _PAINTS_TWICE)
        if operator == b"gs":
            is_opaque &= _is_opaque_state(_named(resources, "/ExtGState", operands))
        elif operator in (b"scn", b"SCN") and operands and isinstance(operands[-1], LexedName):
            is_opaque = False
        elif operator == b"Do":
            thing = access.dictionary(_named(resources, "/XObject", operands))
            if access.name_of(thing.get("/Subtype")) == "/Form":
                is_opaque &= _of_contents(thing, depth + 1)[0]
            else:
                is_opaque &= thing.keys().isdisjoint(("/SMask", "/Mask", "/SMaskInData"))
    return is_opaque, painted


def _is_opaque_state(untrusted: object) -> bool:
    steps = graphics_state(untrusted)
    alphas = (value for step in steps if isinstance(step, SetExtGState) for value in step.alphas.values())
    return not any(isinstance(step, Unsaid) for step in steps) and _OPAQUE.issuperset(alphas)


def _named(resources: DictionaryObject, kind: str, operands: list[Operand]) -> object:
    key = "/" + last_name(operands).decode("latin-1")
    return access.dictionary_in(resources, kind).raw_get(key)
