"""Shadings of a PDF (ISO 32000-1, 8.7.4.5), said anew: functions, axes and circles. Meshes are not rebuilt."""

from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject

from scrubbers.jailed import pdf_read
from scrubbers.jailed.pdf_colour import Space, space
from scrubbers.jailed.pdf_function import function
from scrubbers.jailed.pdf_objects import Node, NotRebuildable, Value

_AXIAL, _RADIAL = 2, 3
_COORDINATES: Final = {_AXIAL: 4, _RADIAL: 6}
_MOST_FUNCTIONS: Final = 32


def shading(untrusted: object, resources: DictionaryObject) -> Node:
    """One shading; raises NotRebuildable."""
    source = pdf_read.dictionary(untrusted)
    kind = pdf_read.whole(pdf_read.entry(source, "/ShadingType"), 1, _RADIAL)
    colours = space(source.raw_get("/ColorSpace") if "/ColorSpace" in source else None, resources)
    entries: dict[bytes, Value] = {b"ShadingType": kind, b"ColorSpace": _said(colours)}
    for key, count in (("/Background", colours.components), ("/BBox", 4), ("/Domain", 4 if kind == 1 else 2)):
        if key in source:
            entries[key[1:].encode()] = pdf_read.numbers(pdf_read.entry(source, key), count)
    if kind == 1:
        if "/Matrix" in source:
            entries[b"Matrix"] = pdf_read.numbers(pdf_read.entry(source, "/Matrix"), 6)
    else:
        entries[b"Coords"] = pdf_read.numbers(pdf_read.entry(source, "/Coords"), _COORDINATES[kind])
        if "/Extend" in source:
            before, after = (pdf_read.is_true(item) for item in pdf_read.array(pdf_read.entry(source, "/Extend"))[:2])
            entries[b"Extend"] = [before, after]
    entries[b"Function"] = _functions(source)
    return Node(entries)


def _said(colours: Space) -> Value:
    """The space, if colours can be computed in it; a profile counts as its device space, as the page is compared."""
    if colours.is_pattern or (colours.convert is not None and colours.components != colours.device):
        raise NotRebuildable
    return colours.value


def _functions(source: DictionaryObject) -> Value:
    found = pdf_read.entry(source, "/Function")
    if not isinstance(found, ArrayObject):
        return function(source.raw_get("/Function") if "/Function" in source else None)
    if not 1 <= len(found) <= _MOST_FUNCTIONS:
        raise NotRebuildable
    return [function(item) for item in list.__iter__(found)]
