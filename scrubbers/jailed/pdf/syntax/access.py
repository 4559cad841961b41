"""Reading values of the source document, each of the type it must have. Everything else raises NotRebuildable.

pypdf hands out objects of its own types, follows references when asked, and raises a dozen sorts of errors on malformed
ones; `malformed` names them all.
"""

import math
from collections.abc import Iterator
from typing import Final

import pypdf
import pypdf.errors
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    PdfObject,
    StreamObject,
)

from scrubbers.jailed.findings import MALFORMED
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from trusted.jail.stages import Damaged

# What reading a hostile document with pypdf may raise.
BROKEN: Final = (
    pypdf.errors.PyPdfError,
    pypdf.errors.DependencyError,
    RecursionError,
    AssertionError,
    NotImplementedError,
    *MALFORMED,
)

_LONGEST_ARRAY: Final = 100_000  # values of one array


def resolved(untrusted: object) -> PdfObject | None:
    """Follow references to their object, None for null. Raises Damaged where PDFium found none: others may draw it."""
    for _ in range(8):
        if not isinstance(untrusted, IndirectObject):
            break
        if (untrusted := untrusted.get_object()) is None:
            raise Damaged
    return untrusted if isinstance(untrusted, PdfObject) and type(untrusted).__name__ != "NullObject" else None


def entry(untrusted: DictionaryObject, key: str) -> PdfObject | None:
    """Return a dictionary's value, references followed; None if there is none."""
    return resolved(untrusted.raw_get(key)) if key in untrusted else None


def dictionary(untrusted: object) -> DictionaryObject:
    """Return a dictionary or a stream's."""
    found = resolved(untrusted)
    if not isinstance(found, DictionaryObject):
        raise NotRebuildable
    return found


def dictionary_in(untrusted: DictionaryObject, key: str) -> DictionaryObject:
    """Return the dictionary under a key; an empty one if there is none."""
    found = entry(untrusted, key)
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def stream(untrusted: object) -> StreamObject:
    found = resolved(untrusted)
    if not isinstance(found, StreamObject):
        raise NotRebuildable
    return found


def array(untrusted: object) -> list[PdfObject | None]:
    """Return an array's values, references followed."""
    found = resolved(untrusted)
    if not isinstance(found, ArrayObject) or len(found) > _LONGEST_ARRAY:
        raise NotRebuildable
    return [resolved(item) for item in list.__iter__(found)]


def number(untrusted: object) -> float:
    """Return a finite number; whole ones as int."""
    found = resolved(untrusted)
    if isinstance(found, NumberObject):
        return int(found)
    if isinstance(found, FloatObject) and math.isfinite(found):
        value = float(found)
        return int(value) if value.is_integer() and abs(value) < 2**31 else value
    raise NotRebuildable


def numbers(untrusted: object, count: int | None = None) -> list[float]:
    """Return an array of numbers, so many if it is said."""
    found = [number(item) for item in array(untrusted)]
    if count is not None and len(found) != count:
        raise NotRebuildable
    return found


def whole(untrusted: object, least: int, most: int) -> int:
    """Return a whole number within bounds."""
    found = number(untrusted)
    if not isinstance(found, int) or not least <= found <= most:
        raise NotRebuildable
    return found


def is_true(untrusted: object) -> bool:
    """Whether it says true; anything else is false."""
    found = resolved(untrusted)
    return isinstance(found, BooleanObject) and bool(found.value)


def name_of(untrusted: object) -> str | None:
    """Return a name with its slash, or None when it is something else."""
    found = resolved(untrusted)
    return str(found) if isinstance(found, NameObject) else None


def key_of(untrusted: object) -> object:
    """Return what tells one object of the source from another: its number, or the object itself."""
    if isinstance(untrusted, IndirectObject):
        return (untrusted.idnum, untrusted.generation)
    reference = getattr(untrusted, "indirect_reference", None)
    if isinstance(reference, IndirectObject):
        return (reference.idnum, reference.generation)
    return id(untrusted)


def all_objects(reader: pypdf.PdfReader) -> Iterator[PdfObject | None]:
    """Yield all objects. Large streams are forgotten then; patterns and what may name some stay the same objects."""
    for number in sorted({*reader.xref.get(0, {}), *reader.xref_objStm}):
        yield (found := reader.get_object(number))
        if isinstance(found, StreamObject) and found.keys().isdisjoint(("/PatternType", "/Resources")):
            reader.resolved_objects.pop((0, number), None)


def dictionaries_in(within: object) -> Iterator[DictionaryObject]:
    """Yield an object and what is in it, without what it refers to, where that is a dictionary."""
    if isinstance(within, DictionaryObject):
        yield within
    if isinstance(within, DictionaryObject | ArrayObject):
        for each in dict.values(within) if isinstance(within, dict) else list.__iter__(within):
            yield from dictionaries_in(each)
