"""How letters of a sheet look, by their font (ECMA-376, 18.8.22), and the escapes that stand for letters in a sheet."""

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.colours import PAPER, UNKNOWN
from scrubbers.jailed.office.xml import Node, number

ON: Final = frozenset({"1", "true"})
_SMALLEST_POINTS: Final = 2
_COLOUR_DIGITS: Final = 8  # alpha first
_OF_SYSTEM: Final = frozenset({"64", "65"})  # what the reader's program has for letters and paper
_OF_THEME: Final = (
    "lt1", "dk1", "lt2", "dk2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6", "hlink", "folHlink",
)  # fmt: skip
# From the eighth on; the first eight are these once more.
_LISTED: Final = re.findall(
    "......",
    "000000FFFFFFFF000000FF000000FFFFFF00FF00FF00FFFF800000008000000080808000800080008080C0C0C08080809999FF993366"
    "FFFFCCCCFFFF660066FF80800066CCCCCCFF000080FF00FFFFFF0000FFFF8000808000000080800000FF00CCFFCCFFFFCCFFCCFFFF99"
    "99CCFFFF99CCCC99FFFFCC993366FF33CCCC99CC00FFCC00FF9900FF6600666699969696003366339966003300333300993300993366"
    "333399333333",
)
_NAMED: Final = {
    "black": "000000", "white": PAPER, "red": "FF0000", "green": "00FF00", "blue": "0000FF", "yellow": "FFFF00",
    "magenta": "FF00FF", "cyan": "00FFFF",
}  # fmt: skip
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")  # ECMA-376, 22.9.2.19


@dataclass(frozen=True, slots=True)
class CellStyle:
    """`colour`: six digits, or how the sheet names one that nothing says more of. `tiny`: too small to be seen."""

    bold: bool
    struck: bool
    raised: bool
    underlined: bool
    colour: str
    tiny: bool


def palette_of(styles: Node | None, scheme: Mapping[str, str]) -> dict[str, str]:
    """Return the colours that fonts and fills name, by the theme or by the list (ECMA-376, 18.8.27), as six digits."""
    own = styles.find("s:colors", "s:indexedColors") if styles is not None else None
    listed = [each.get("rgb")[2:].upper() for each in own.elements()] if own is not None else [*_LISTED[:8], *_LISTED]
    themed = {f"theme={place}": scheme[name] for place, name in enumerate(_OF_THEME) if name in scheme}
    # The colours that formats of numbers name (18.8.31): eight by a word, 56 by the places behind the first eight.
    numbered = {f"color{place - 7}": colour for place, colour in enumerate(listed) if place > 7}  # noqa: PLR2004
    return themed | {f"indexed={place}": colour for place, colour in enumerate(listed)} | numbered | _NAMED


def look_of(font: Node | None, palette: Mapping[str, str]) -> CellStyle:
    """Return how letters of a font look."""
    size = font.value("s:sz", of="val") if font is not None else None
    return CellStyle(
        bold=_is_on(font, "s:b"),
        struck=_is_on(font, "s:strike"),
        raised=font is not None and font.value("s:vertAlign", of="val") == "superscript",
        underlined=font is not None and font.find("s:u") is not None and font.value("s:u", of="val") != "none",
        colour=colour_of(font.find("s:color") if font is not None else None, palette),
        tiny=0 < number(size or "") <= _SMALLEST_POINTS,
    )


def behind_of(fill: Node | None, palette: Mapping[str, str]) -> str:
    """Return the colour behind the letters of a cell."""
    pattern = fill.find("s:patternFill") if fill is not None else None
    if fill is None or pattern is None:
        return PAPER if fill is None or fill.find("s:gradientFill") is None else UNKNOWN
    kind = pattern.get("patternType", "none")
    if kind == "solid":
        return colour_of(pattern.find("s:fgColor"), palette) or UNKNOWN
    return PAPER if kind in {"none", ""} else UNKNOWN


def unescaped(text: str) -> str:
    """Return a text with the letters that its escapes stand for."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _is_on(font: Node | None, name: str) -> bool:
    """Return whether a font has a switch that is on; one without a value is."""
    value = font.value(name, of="val") if font is not None else None
    return value is not None and (value or "1") in ON


def colour_of(named: Node | None, palette: Mapping[str, str]) -> str:
    """Return a colour; where the palette lacks it, by the name of the sheet: it is like no other then."""
    if named is None or named.get("auto") in ON or named.get("indexed") in _OF_SYSTEM:
        return ""
    if len(named.get("rgb")) == _COLOUR_DIGITS:
        return named.get("rgb")[2:].upper()
    found = next((palette.get(f"{one}={named.get(one)}") for one in ("theme", "indexed") if named.get(one)), None)
    if found is not None and len(found) == len(PAPER):
        return _tinted(found, max(-1.0, min(number(named.get("tint")), 1.0)))
    if named.get("theme") == "0" and not number(named.get("tint")):
        return PAPER
    return " ".join(f"{one}={named.get(one)}" for one in ("theme", "tint", "indexed") if named.get(one))


def _tinted(colour: str, tint: float) -> str:
    """Return a colour made lighter or darker (ECMA-376, 18.8.19)."""
    hue, light, full = colorsys.rgb_to_hls(*(one / 0xFF for one in bytes.fromhex(colour)))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    return bytes(round(one * 0xFF) for one in colorsys.hls_to_rgb(hue, light, full)).hex().upper()
