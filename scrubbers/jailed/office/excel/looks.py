"""How letters of a sheet look, by their font (ECMA-376, 18.8.22), and the escapes that stand for letters in a sheet."""

import re
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.colours import is_light
from scrubbers.jailed.office.drawings import number
from scrubbers.jailed.office.xml import Node

ON: Final = frozenset({"1", "true"})
_SMALLEST_POINTS: Final = 2
_COLOUR_DIGITS: Final = 8  # alpha first
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")  # ECMA-376, 22.9.2.19


@dataclass(frozen=True, slots=True)
class Look:
    """`light`: as white as paper. `tiny`: too small to be seen."""

    bold: bool
    struck: bool
    raised: bool
    light: bool
    tiny: bool


def look_of(font: Node | None) -> Look:
    """Return how letters of a font look; a colour of the theme is left alone but for white itself."""
    size = font.value("s:sz", of="val") if font is not None else None
    return Look(
        bold=_is_on(font, "s:b"),
        struck=_is_on(font, "s:strike"),
        raised=font is not None and font.value("s:vertAlign", of="val") == "superscript",
        light=_is_light(font),
        tiny=0 < number(size or "") <= _SMALLEST_POINTS,
    )


def is_coloured(fill: Node | None) -> bool:
    """Return whether there is a colour behind the letters."""
    kind = fill.value("s:patternFill", of="patternType") if fill is not None else "none"
    return kind not in {"none", None, ""} or (fill is not None and fill.find("s:gradientFill") is not None)


def unescaped(text: str) -> str:
    """Return a text with the letters that its escapes stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _is_on(font: Node | None, name: str) -> bool:
    """Return whether a font has a switch that is on; one without a value is."""
    value = font.value(name, of="val") if font is not None else None
    return value is not None and (value or "1") in ON


def _is_light(font: Node | None) -> bool:
    colour = font.find("s:color") if font is not None else None
    if colour is None:
        return False
    rgb = colour.get("rgb")
    if len(rgb) != _COLOUR_DIGITS:
        return colour.get("theme") == "0" and not colour.get("tint")
    return is_light(rgb[2:])
