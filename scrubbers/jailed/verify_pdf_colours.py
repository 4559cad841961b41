"""Colour spaces, functions and shadings of a rebuilt PDF: numbers under listed keys, colorants called C, no profile."""

import re
from collections.abc import Mapping
from typing import Final

from scrubbers.jailed.verify_pdf_checks import (
    entries,
    exactly,
    flag,
    is_number,
    items,
    named,
    number,
    numbers,
    stream_entries,
    via,
    whole,
)
from scrubbers.jailed.verify_pdf_document import Check, Document, Stream
from scrubbers.jailed.verify_pdf_values import NUMBER, Unaccounted, demand

_MOST_VALUES: Final = 64
_MOST_PARTS: Final = 256
_MOST_SAMPLES: Final = 2**20
_DEEPEST: Final = 5
_DEVICES: Final = ("DeviceGray", "DeviceRGB", "DeviceCMYK")
_OPERATOR: Final = (
    rb"abs|add|atan|ceiling|cos|cvi|cvr|div|exp|floor|idiv|ln|log|mod|mul|neg|round|sin|sqrt|sub|truncate|and|bitshift"
    rb"|eq|false|ge|gt|le|lt|ne|not|or|true|xor|ifelse|if|copy|dup|exch|index|pop|roll"
)
_PROGRAM: Final = re.compile(rb"\{(?: (?:%s|%s|[{}]))* \}" % (_OPERATOR, NUMBER))

device_space: Final = named(*_DEVICES)


def colour_space(document: Document, thing: object) -> None:
    """A resource in which colours are given: everything but a device space, or that as well."""
    if not isinstance(thing, list):
        named(*_DEVICES, "Pattern")(document, thing)
        return
    if thing[:1] == ["Pattern"]:
        demand(len(thing) in {1, 2}, "pattern space")
        if len(thing) == 2:  # noqa: PLR2004  the name and the space that its colours are given in
            document.follow(thing[1], base_space)
        return
    base_space(document, thing)


def base_space(document: Document, thing: object, depth: int = 0) -> None:
    """A space in which components are numbers."""
    demand(depth < _DEEPEST, "spaces in spaces")
    if not isinstance(thing, list):
        device_space(document, thing)
        return
    match thing:
        case ["CalGray" | "CalRGB" | "Lab" as family, values]:
            entries(document, values, {"WhitePoint": numbers(3)}, _CALIBRATED[family])
        case ["Separation", colorant, alternate, tint]:
            named("C", "All", "None")(document, colorant)
            base_space(document, document.take(alternate), depth + 1)
            document.follow(tint, function)
        case ["DeviceN", list(colorants), alternate, tint]:
            demand(colorants == [f"C{index}" for index in range(len(colorants))], "colorants by their number")
            base_space(document, document.take(alternate), depth + 1)
            document.follow(tint, function)
        case _:
            raise Unaccounted("colour space")


_CALIBRATED: Final[Mapping[str, Mapping[str, Check]]] = {
    "CalGray": {"Gamma": number},
    "CalRGB": {"Gamma": numbers(3), "Matrix": numbers(9)},
    "Lab": {"Range": numbers(4)},
}


def function(document: Document, thing: object) -> None:
    """Samples, an exponent, functions side by side, or a calculator's program."""
    if isinstance(thing, Stream):
        (_sampled if thing.entries.get("FunctionType") == 0 else _calculator)(document, thing)
        return
    values = numbers(most=_MOST_VALUES)
    kind = thing.get("FunctionType") if isinstance(thing, dict) else None
    match kind:
        case 2:
            entries(
                document,
                thing,
                {"FunctionType": exactly(2), "N": number},
                {"Domain": values, "Range": values, "C0": values, "C1": values},
            )
        case 3:
            wide = numbers(most=2 * _MOST_PARTS)
            entries(
                document,
                thing,
                {"FunctionType": exactly(3), "Functions": _functions},
                {"Domain": values, "Range": values, "Bounds": wide, "Encode": wide},
            )
        case _:
            raise Unaccounted("function")


def _functions(document: Document, thing: object) -> None:
    found = items(thing)
    demand(1 <= len(found) <= _MOST_PARTS, "functions")
    for each in found:
        document.follow(each, function)


def _sampled(document: Document, thing: object) -> None:
    values = numbers(most=_MOST_VALUES)
    stream, found = stream_entries(
        document,
        thing,
        {"FunctionType": exactly(0), "Size": values, "BitsPerSample": whole(1, 32), "Range": values},
        {"Domain": values, "Encode": values, "Decode": values},
    )
    samples = len(found["Range"]) // 2
    for size in found["Size"]:
        demand(type(size) is int and size > 0, "samples")
        samples *= size
        demand(samples <= _MOST_SAMPLES, "samples")
    demand(len(document.inflated(stream)) == (samples * found["BitsPerSample"] + 7) // 8, "samples")


def _calculator(document: Document, thing: object) -> None:
    values = numbers(most=_MOST_VALUES)
    stream, _ = stream_entries(document, thing, {"FunctionType": exactly(4)}, {"Domain": values, "Range": values})
    program = document.inflated(stream)
    demand(_PROGRAM.fullmatch(program), "program")
    depth = 0
    for mark in re.findall(rb"[{}]", program)[:-1]:
        depth += 1 if mark == b"{" else -1
        demand(depth > 0, "a program's braces")
    demand(depth == 1, "a program's braces")


def shading(document: Document, thing: object) -> None:
    """By a function of the place, along an axis, between two circles."""
    kind = thing.get("ShadingType") if isinstance(thing, dict) else None
    if type(kind) is not int or kind not in _SHADINGS:
        raise Unaccounted("shading")
    required, optional = _SHADINGS[kind]
    entries(
        document,
        thing,
        {"ShadingType": whole(1, 3), "ColorSpace": via(base_space), "Function": _one_or_several, **required},
        {"Background": numbers(most=32), "BBox": numbers(4), **optional},
    )


def _one_or_several(document: Document, thing: object) -> None:
    if isinstance(thing, list):
        _functions(document, thing)
    else:
        document.follow(thing, function)


def _extend(document: Document, thing: object) -> None:
    found = items(thing)
    demand(len(found) == 2, "extend")  # noqa: PLR2004  at the beginning and at the end
    for each in found:
        flag(document, each)


_SHADINGS: Final[Mapping[int, tuple[Mapping[str, Check], Mapping[str, Check]]]] = {
    1: ({}, {"Domain": numbers(4), "Matrix": numbers(6)}),
    2: ({"Coords": numbers(4)}, {"Domain": numbers(2), "Extend": _extend}),
    3: ({"Coords": numbers(6)}, {"Domain": numbers(2), "Extend": _extend}),
}


def dashes(document: Document, thing: object) -> None:
    """A pattern of dashes and where it begins."""
    found = items(thing)
    demand(len(found) == 2 and is_number(found[1]), "dashes")  # noqa: PLR2004  a list and a number
    numbers(most=_MOST_VALUES)(document, found[0])
