"""How letters of a sheet look, by their font (ECMA-376, 18.8.22), and the escapes that stand for letters in a sheet."""

import re
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.colours import PAPER, UNKNOWN
from scrubbers.jailed.office.drawings import number
from scrubbers.jailed.office.xml import Node

ON: Final = frozenset({"1", "true"})
_SMALLEST_POINTS: Final = 2
_COLOUR_DIGITS: Final = 8  # alpha first
_OF_SYSTEM: Final = frozenset({"64", "65"})  # what the reader's program has for letters and paper
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")  # ECMA-376, 22.9.2.19


@dataclass(frozen=True, slots=True)
class Look:
    """`colour`: six digits, or how the sheet names it. `tiny`: too small to be seen."""

    bold: bool
    struck: bool
    raised: bool
    colour: str
    tiny: bool


def look_of(font: Node | None) -> Look:
    """Return how letters of a font look."""
    size = font.value("s:sz", of="val") if font is not None else None
    return Look(
        bold=_is_on(font, "s:b"),
        struck=_is_on(font, "s:strike"),
        raised=font is not None and font.value("s:vertAlign", of="val") == "superscript",
        colour=_colour(font.find("s:color") if font is not None else None),
        tiny=0 < number(size or "") <= _SMALLEST_POINTS,
    )


def behind_of(fill: Node | None) -> str:
    """Return the colour behind the letters of a cell."""
    pattern = fill.find("s:patternFill") if fill is not None else None
    if fill is None or pattern is None:
        return PAPER if fill is None or fill.find("s:gradientFill") is None else UNKNOWN
    kind = pattern.get("patternType", "none")
    if kind == "solid":
        return _colour(pattern.find("s:fgColor")) or UNKNOWN
    return PAPER if kind in {"none", ""} else UNKNOWN


def unescaped(text: str) -> str:
    """Return a text with the letters that its escapes stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _is_on(font: Node | None, name: str) -> bool:
    """Return whether a font has a switch that is on; one without a value is."""
    value = font.value(name, of="val") if font is not None else None
    return value is not None and (value or "1") in ON


def _colour(named: Node | None) -> str:
    """Return a colour, by the name of the sheet where it is one of the theme or a list: it is like no other then."""
    if named is None or named.get("auto") in ON or named.get("indexed") in _OF_SYSTEM:
        return ""
    if len(named.get("rgb")) == _COLOUR_DIGITS:
        return named.get("rgb")[2:].upper()
    if named.get("theme") == "0" and not number(named.get("tint")):
        return PAPER
    return " ".join(f"{one}={named.get(one)}" for one in ("theme", "tint", "indexed") if named.get(one))
