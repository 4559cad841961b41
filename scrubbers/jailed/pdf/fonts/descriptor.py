"""A font's descriptor: numbers of the source, and the program if the font is in the document."""

from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NumberObject

from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value

FIXED_PITCH, SERIF, SYMBOLIC, SCRIPT, NONSYMBOLIC, ITALIC = 1, 2, 4, 8, 32, 64
_APPEARANCE: Final = FIXED_PITCH | SERIF | SCRIPT | ITALIC
_NUMBERS: Final = ("/ItalicAngle", "/Ascent", "/Descent", "/CapHeight", "/XHeight", "/StemV")
_LARGEST: Final = 32_000
_LARGEST_MEASURE: Final = 1_000_000


def measure(untrusted: object) -> float:
    """Return a width or a place; raises NotRebuildable for a number that no font needs, or none."""
    value = access.number(untrusted)
    if abs(value) > _LARGEST_MEASURE:
        raise NotRebuildable
    return value


def flags_of(untrusted: DictionaryObject) -> int:
    """Return the flags of a descriptor, or of none."""
    found = access.entry(untrusted, "/Flags")
    return int(found) & 0xFFFFFFFF if isinstance(found, NumberObject) else NONSYMBOLIC


def descriptor(untrusted: DictionaryObject, name: bytes, kind: int, program: tuple[bytes, Stream] | None) -> Node:
    """Return the new descriptor. `kind` is SYMBOLIC or NONSYMBOLIC; `program`: its key and its stream."""
    entries: dict[bytes, Value] = {
        b"Type": Name(b"FontDescriptor"),
        b"FontName": Name(name),
        b"Flags": flags_of(untrusted) & _APPEARANCE | kind,
    }
    box = access.entry(untrusted, "/FontBBox")
    numbers = [_whole(item) for item in access.array(box)] if isinstance(box, ArrayObject) else []
    if len(numbers) == 4 and None not in numbers:  # noqa: PLR2004
        entries[b"FontBBox"] = numbers
    for key in _NUMBERS:
        value = _whole(access.entry(untrusted, key))
        if value is not None:
            entries[key[1:].encode()] = value
    if program is not None:
        key_of_program, stream = program
        entries[key_of_program] = Node(stream)
    return Node(entries)


def stand_in(untrusted: DictionaryObject, name: bytes, *, italic: bool) -> Node:
    """Return the descriptor of a font that is not in the document: it is drawn as heavy and as wide as the numbers say.

    That it slants only the source's name may have said. How heavy it is stays with the stems: a name that says bold
    makes no difference to the program that draws the pages.
    """
    made = descriptor(untrusted, name, flags_of(untrusted) & SYMBOLIC or NONSYMBOLIC, None)
    entries = made.value
    if isinstance(entries, dict) and italic:
        entries[b"Flags"] |= ITALIC
    return made


def _whole(untrusted: object) -> int | None:
    if not isinstance(untrusted, NumberObject | FloatObject):
        return None
    value = round(access.number(untrusted))
    return value if abs(value) <= _LARGEST else None
