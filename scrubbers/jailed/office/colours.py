"""Colours of letters and of what is behind them: whether letters are seen, and which colour of a copy is nearest."""

import colorsys
from bisect import bisect
from collections.abc import Iterable, Mapping
from typing import Final

from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.xml import Node, number, share
from scrubbers.jailed.typeset.model import Hue

# Letters this light are not seen on white paper; where there may be another colour behind them they are.
LIGHT: Final = 0xE6
PAPER: Final = "FFFFFF"
# What cannot be told: a pattern, a picture, a colour of a theme. Letters on it are kept.
UNKNOWN: Final = "?"
# So many of 255 steps of red, green and blue away from what is behind them letters are not read.
_CLOSE: Final = 0x10
_DIGITS: Final = 6
_GAMMA: Final = 2.2  # of a screen: scrgbClr is linear (ECMA-376, 20.1.2.3.30)
_WHOLE_TURN: Final = 360 * 60_000
# What the program chooses, what cannot be told, and the names that formats have for the letters of a theme.
_PLAIN: Final = frozenset({"", UNKNOWN, "theme=1", "text1", "dark1", "tx1", "dk1"})


# Names that CSS and DrawingML share.
NAMED: Final = {
    "white": PAPER, "snow": "FFFAFA", "ivory": "FFFFF0", "whitesmoke": "F5F5F5", "black": "000000", "red": "FF0000",
    "green": "008000", "blue": "0000FF", "navy": "000080", "yellow": "FFFF00", "gray": "808080", "grey": "808080",
    "silver": "C0C0C0", "windowtext": "000000", "window": PAPER, "orange": "FFA500", "purple": "800080",
    "maroon": "800000", "teal": "008080",
}  # fmt: skip
# Where on the circle of 360 degrees each ends.
_ENDS: Final = (15, 43, 70, 165, 255, 345)


def is_light(colour: str) -> bool:
    """Return whether six hexadecimal digits name a colour that is not seen on white; no for what names none."""
    parts = parts_of(colour)
    return parts is not None and min(parts) >= LIGHT


def hue_of(colour: str) -> Hue | None:
    """Return the nearest colour of a copy; None for black, greys, paper and what cannot be told.

    For what is seen alone: who asks has judged before whether the letters are seen, by the colours as they were.
    """
    parts = parts_of(colour)
    if parts is None or max(parts) - min(parts) <= _CLOSE:
        return None
    turn = colorsys.rgb_to_hls(*(one / 0xFF for one in parts))[0] * 360
    return list(Hue)[bisect(_ENDS, turn) % len(Hue)]


def is_lost(colour: str) -> bool:
    """Return whether a name says a colour that nothing else tells, so that a copy does not have it."""
    return colour not in _PLAIN and parts_of(colour) is None


def scheme_of(package: Package, part: str) -> Mapping[str, str]:
    """Return the colours of the theme of a part, by its own short names ("accent1", "dk2")."""
    where = package.by_kind(part, "theme")
    scheme = package.tree(where).find("a:themeElements", "a:clrScheme") if where else None
    return {
        each.name.removeprefix("a:"): (next(filter(None, map(digits_of, each.elements())), UNKNOWN))
        for each in (scheme.elements() if scheme is not None else ())
    }


def digits_of(named: Node) -> str:
    """Return the colour that an element of DrawingML names without a theme, as six digits; nothing for another one."""
    value = named.get("val") or named.get("?:val")
    match named.name.rpartition(":")[2]:
        case "srgbClr":
            return value.upper()
        case "sysClr":
            return named.get("lastClr").upper() or NAMED.get(value.lower(), "")
        case "prstClr":
            return NAMED.get(value.lower(), "")
        case "scrgbClr":
            return _hex(max(share(named.get(one)), 0) ** (1 / _GAMMA) for one in "rgb")
        case "hslClr":
            turn = number(named.get("hue")) / _WHOLE_TURN
            return _hex(colorsys.hls_to_rgb(turn, share(named.get("lum")), share(named.get("sat"))))
        case _:
            return ""


def _hex(shares: Iterable[float]) -> str:
    return bytes(round(min(max(one, 0), 1) * 0xFF) for one in shares).hex().upper()


def is_unseen(colour: str, behind: str) -> bool:
    """Return whether letters of a colour are not seen on another; no where one of the two cannot be told."""
    if behind == PAPER:
        return is_light(colour)
    if colour == behind:
        return colour not in {"", UNKNOWN}
    letters, ground = parts_of(colour), parts_of(behind)
    if letters is None or ground is None:
        return False
    return all(abs(one - other) <= _CLOSE for one, other in zip(letters, ground, strict=True))


def parts_of(colour: str) -> bytes | None:
    """Return red, green and blue of six hexadecimal digits; None for what names no colour."""
    if len(colour) != _DIGITS:
        return None
    try:
        return bytes.fromhex(colour)
    except ValueError:
        return None
