"""Shadings of a PDF (ISO 32000-1, 8.7.4.5), rebuilt: axes, circles, and the colours that are seen between them.

A gradient's function can hold as much as an ink's: a table of samples, a program, hundreds of functions in a row. The
new one is made of what PDFium shows (`pdf_swatch`): straight pieces from colour to colour, as few as look the same.
Where a few do not, or the colours hang on the place or on a mesh, the page becomes pixels.
"""

import itertools
from collections.abc import Sequence
from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from scrubbers.jailed.pdf.content.colour_space import space
from scrubbers.jailed.pdf.content.swatch import GRADIENT_STEPS, Colour, Swatches
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Value

_AXIAL, _RADIAL = 2, 3
_COORDINATES: Final = {_AXIAL: 4, _RADIAL: 6}
_BY_PROGRAM: Final = {0, 4}
_MOST_PIECES: Final = 15  # an office program's gradients have up to ten colours
_UNSEEN: Final = 2.0  # of 255: how far a colour may be from the one that is seen
_UNIT: Final = [0, 1]


def shading(untrusted: object, resources: DictionaryObject, swatches: Swatches) -> Node:
    """One shading; raises NotRebuildable."""
    source = access.dictionary(untrusted)
    kind = access.whole(access.entry(source, "/ShadingType"), _AXIAL, _RADIAL)
    colours = access.entry(source, "/ColorSpace")
    if isinstance(colours, NameObject):
        colours = access.entry(access.dictionary_in(resources, "/ColorSpace"), colours) or colours
    function = access.entry(source, "/Function")
    found = space(colours, resources, swatches)
    if colours is None or function is None or found.is_pattern:
        raise NotRebuildable
    if not isinstance(function, DictionaryObject) or function.get("/FunctionType") in _BY_PROGRAM:
        swatches.described[""] = None
    domain = access.numbers(access.entry(source, "/Domain"), 2) if "/Domain" in source else _UNIT
    entries: dict[bytes, Value] = {
        b"ShadingType": kind,
        b"ColorSpace": Name(b"DeviceRGB"),
        b"Coords": access.numbers(access.entry(source, "/Coords"), _COORDINATES[kind]),
        b"Function": _function(swatches.gradient(colours, function, domain)),
    }
    if "/Background" in source:
        beneath = access.numbers(access.entry(source, "/Background"), found.components)
        entries[b"Background"] = _said(swatches.colour(colours, beneath))
    if "/BBox" in source:
        entries[b"BBox"] = access.numbers(access.entry(source, "/BBox"), 4)
    extend = access.entry(source, "/Extend")
    if isinstance(extend, ArrayObject):
        before, after = (access.is_true(item) for item in access.array(extend)[:2])
        entries[b"Extend"] = [before, after]
    return Node(entries)


def _said(colour: Colour) -> list[float]:
    return [round(channel / 255, 4) for channel in colour]


def _function(colours: Sequence[Colour]) -> Node:
    """From 0 to 1, through as few of the colours as show the others too; raises NotRebuildable for too many."""
    at = [0]
    while at[-1] < len(colours) - 1:
        at.append(_straight_to(colours, at[-1]))
        if len(at) > _MOST_PIECES + 1:
            raise NotRebuildable
    pieces = [_piece(colours[start], colours[end]) for start, end in itertools.pairwise(at)]
    if len(pieces) == 1:
        return pieces[0]
    # PDFium's colours are those at the beginnings of as many steps.
    bounds = [round(place / GRADIENT_STEPS, 6) for place in at[1:-1]]
    return Node({
        b"FunctionType": 3, b"Domain": _UNIT, b"Functions": pieces, b"Bounds": bounds, b"Encode": _UNIT * len(pieces),
    })  # fmt: skip


def _piece(one: Colour, other: Colour) -> Node:
    return Node({b"FunctionType": 2, b"Domain": _UNIT, b"C0": _said(one), b"C1": _said(other), b"N": 1})


def _straight_to(colours: Sequence[Colour], start: int) -> int:
    """Return the farthest place to which a straight line of colours looks like those between."""
    least, most, reached = [-1e9] * 3, [1e9] * 3, start + 1
    for place in range(start + 1, len(colours)):
        steps = place - start
        rises = [(there - here) / steps for here, there in zip(colours[start], colours[place], strict=True)]
        if all(low <= rise <= high for low, rise, high in zip(least, rises, most, strict=True)):
            reached = place
        least = [max(low, rise - _UNSEEN / steps) for low, rise in zip(least, rises, strict=True)]
        most = [min(high, rise + _UNSEEN / steps) for high, rise in zip(most, rises, strict=True)]
        if any(low > high for low, high in zip(least, most, strict=True)):
            break
    return reached
