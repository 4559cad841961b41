"""Colour spaces, functions and shadings of a rebuilt PDF: device spaces, and straight pieces from colour to colour.

No profile, no ink, no calibrated space, no table of samples, no program. A colour in a gradient is one of those that a
screen shows, a piece begins at one of as many places, and there are few of them: nothing else fits in.
"""

import itertools
from typing import Final

from scrubbers.jailed.verify.pdf.checks import (
    entries,
    exactly,
    flag,
    is_number,
    items,
    named,
    numbers,
    via,
    whole,
)
from scrubbers.jailed.verify.pdf.document import Document
from scrubbers.jailed.verify.pdf.values import demand

_MOST_DASHES: Final = 64
_MOST_PIECES: Final = 15
_DEVICES: Final = ("DeviceGray", "DeviceRGB", "DeviceCMYK")
_SHADES: Final = 255
_PLACES: Final = 256

device_space: Final = named(*_DEVICES)


def pattern_space(document: Document, thing: object) -> None:
    """Require the one resource of this kind: a pattern's, with the space that its colours are given in."""
    found = items(thing)
    demand(len(found) == 2 and found[0] == "Pattern", "pattern space")  # noqa: PLR2004  the name and the space
    device_space(document, found[1])


def _function(document: Document, thing: object) -> None:
    """One piece, or several, each of which begins where the one before ends."""
    if isinstance(thing, dict) and thing.get("FunctionType") == 2:  # noqa: PLR2004  ISO 32000-1, 7.10.3
        _piece(document, thing)
        return
    found = entries(
        document,
        thing,
        {
            "FunctionType": exactly(3),
            "Domain": _unit,
            "Functions": _pieces,
            "Bounds": numbers(most=_MOST_PIECES - 1),
            "Encode": numbers(most=2 * _MOST_PIECES),
        },
    )
    count, bounds = len(found["Functions"]), found["Bounds"]
    demand(len(bounds) == count - 1 and found["Encode"] == [0, 1] * count, "pieces of a gradient")
    demand(all(_is_one_of(bound, _PLACES, 6) for bound in bounds), "places in a gradient")
    demand(all(one < other for one, other in itertools.pairwise([0, *bounds, 1])), "places in a gradient")


def _pieces(document: Document, thing: object) -> None:
    found = items(thing)
    demand(1 < len(found) <= _MOST_PIECES, "pieces of a gradient")
    for each in found:
        document.follow(each, _piece)


def _piece(document: Document, thing: object) -> None:
    """From one colour straight to another."""
    entries(
        document,
        thing,
        {"FunctionType": exactly(2), "Domain": _unit, "C0": _colour, "C1": _colour, "N": exactly(1)},
    )


def _unit(_document: Document, thing: object) -> None:
    demand(items(thing) == [0, 1] and all(type(each) is int for each in items(thing)), "from 0 to 1")


def _colour(_document: Document, thing: object) -> None:
    found = items(thing)
    demand(len(found) == 3, "red, green and blue")  # noqa: PLR2004
    demand(all(is_number(each) and _is_one_of(each, _SHADES, 4) for each in found), "red, green and blue")


def _is_one_of(value: float, parts: int, decimals: int) -> bool:
    """Whether it is a whole number of such parts of 1, with so many decimals."""
    return 0 <= value <= 1 and value == round(round(value * parts) / parts, decimals)


def shading(document: Document, thing: object) -> None:
    """Along an axis, between two circles."""
    kind = thing.get("ShadingType") if isinstance(thing, dict) else None
    coordinates = numbers(6) if kind == 3 else numbers(4)  # noqa: PLR2004  ISO 32000-1, 8.7.4.5
    entries(
        document,
        thing,
        {
            "ShadingType": whole(2, 3),
            "ColorSpace": exactly("DeviceRGB"),
            "Coords": coordinates,
            "Function": via(_function),
        },
        {"Background": _colour, "BBox": numbers(4), "Extend": _extend},
    )


def _extend(document: Document, thing: object) -> None:
    found = items(thing)
    demand(len(found) == 2, "extend")  # noqa: PLR2004  at the beginning and at the end
    for each in found:
        flag(document, each)


def dashes(document: Document, thing: object) -> None:
    """Require a pattern of dashes and where it begins."""
    found = items(thing)
    demand(len(found) == 2 and is_number(found[1]), "dashes")  # noqa: PLR2004  a list and a number
    numbers(most=_MOST_DASHES)(document, found[0])
