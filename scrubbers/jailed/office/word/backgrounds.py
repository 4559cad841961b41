"""The colours of a Word document's letters and of what is behind them: highlighting, shading, the fill of a text box.

A colour is six hexadecimal digits, or the name of one of the theme with its shade and tint, which is like no other.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from scrubbers.jailed.office.colours import PAPER, UNKNOWN, digits_of
from scrubbers.jailed.office.word.styles import first_value
from scrubbers.jailed.office.xml import Node

_HIGHLIGHTS: Final = {
    "black": "000000", "blue": "0000FF", "cyan": "00FFFF", "green": "00FF00", "magenta": "FF00FF", "red": "FF0000",
    "yellow": "FFFF00", "white": PAPER, "darkBlue": "000080", "darkCyan": "008080", "darkGreen": "008000",
    "darkMagenta": "800080", "darkRed": "800000", "darkYellow": "808000", "darkGray": "808080", "lightGray": "C0C0C0",
}  # fmt: skip
_NO_FILL: Final = frozenset({"", "AUTO", "NONE"})
_BLACK: Final = "000000"
_PAPER_OF_THEME: Final = frozenset({"background1", "light1", "bg1", "lt1"})
_LETTERS_OF_THEME: Final = frozenset({"text1", "text2", "dark1", "dark2", "tx1", "tx2", "dk1", "dk2"})
_SHORT: Final = {
    "hyperlink": "hlink",
    "followedHyperlink": "folHlink",
    "background2": "lt2",
    "light2": "lt2",
    "bg2": "lt2",
}
_UNCHANGED: Final = frozenset({"", "FF"})
_FILLS: Final = frozenset({"a:noFill", "a:solidFill", "a:gradFill", "a:blipFill", "a:pattFill", "a:grpFill"})
_OFF: Final = frozenset({"f", "false", "0"})


def behind_of(properties: Sequence[Node], around: str) -> str:
    """Return what is behind letters: their highlighting, else their shading, else what is around them."""
    highlight = first_value(properties, "w:highlight") or "none"
    if highlight != "none":
        return _HIGHLIGHTS.get(highlight, UNKNOWN)
    shading = next((found for each in properties if (found := each.find("w:shd")) is not None), None)
    pattern = shading.get("w:val", "clear") if shading is not None else "nil"
    if shading is None or pattern == "nil":
        return around
    if pattern == "solid":
        colour = _colour(shading, "w:color", "w:theme")
        return _BLACK if colour in _NO_FILL else colour
    if pattern != "clear":
        return UNKNOWN
    fill = _colour(shading, "w:fill", "w:themeFill")
    return around if fill in _NO_FILL else fill


def colour_of(properties: Sequence[Node]) -> str:
    """Return the colour of letters; nothing where the program chooses one that is seen.

    It does so by the shading behind them. On highlighting they stay black: so people black out words.
    """
    colour = next((found for each in properties if (found := _own_colour(each))), "AUTO")
    if colour != "AUTO":
        return colour
    return _BLACK if (first_value(properties, "w:highlight") or "none") != "none" else ""


def theme_colour(colour: str, theme: Mapping[str, str]) -> str:
    """Return a colour, one that the theme names as the theme has it: its hue is that of its shades and tints too.

    The theme's own colours of letters stay black, and those of paper are none.
    """
    name = colour.partition(" ")[0]
    return "" if name in _LETTERS_OF_THEME | _PAPER_OF_THEME else theme.get(_SHORT.get(name, name), colour)


def fill_of(shape: Node) -> str | None:
    """Return what is behind the text of a shape in DrawingML; None for what is around it."""
    properties = shape.find("wps:spPr")
    fills = (each for each in properties.elements() if each.name in _FILLS) if properties is not None else iter(())
    fill = next(fills, None)
    if fill is not None:
        return None if fill.name == "a:noFill" else _of_fill(fill) if fill.name == "a:solidFill" else UNKNOWN
    styled = shape.value("wps:style", "a:fillRef", of="idx") or "0"
    return None if styled == "0" else UNKNOWN


def fill_of_old(shape: Node) -> str | None:
    """Return what is behind the text of a shape in VML, white by default (14.1.2.19 of part 4)."""
    if shape.get("filled") in _OFF:
        return UNKNOWN if "position:absolute" in shape.get("style") else None
    if any(each.get("type", "solid") != "solid" for each in shape.elements() if each.name == "v:fill"):
        return UNKNOWN
    named = shape.get("fillcolor", "white").partition(" ")[0]
    return PAPER if named in {"white", "window"} else named.removeprefix("#").upper()


def _own_colour(properties: Node) -> str:
    fill, own = properties.find("?:textFill", "?:solidFill"), properties.find("w:color")
    if fill is not None:
        return _of_fill(fill)
    return _colour(own, "w:val", "w:theme") if own is not None else ""


def _colour(node: Node, value: str, theme: str) -> str:
    """Return the colour that attributes name: by the theme (`theme` and Shade, Tint, or Color), or as it is."""
    name = node.get(theme if theme.endswith("Fill") else f"{theme}Color")
    if not name or name == "none":
        return node.get(value).upper()
    changed = [node.get(f"{theme}{one}").upper() for one in ("Shade", "Tint")]
    if not _UNCHANGED.issuperset(changed):
        return f"{name} {' '.join(changed)}"
    return PAPER if name in _PAPER_OF_THEME else name


def _of_fill(fill: Node) -> str:
    found = next(fill.elements(), None)
    # What is turned lighter, darker or clear cannot be told.
    if found is None or any(found.elements()):
        return UNKNOWN
    colour = found.get("?:val") or found.get("val")
    return digits_of(found) or (PAPER if colour in _PAPER_OF_THEME else colour)
