"""Whether an element of a web page may lie over other text, as a black box that somebody drew over a name does.

The copy sets texts one below the other, so what a box covers would come out. Browsers paint the background of an
element that stands in its place below all text around it (CSS 2.2, appendix E). It comes to lie over text only where it
is moved out of its place, or is painted after the text around it and larger than its place.
"""

import re
from collections.abc import Mapping
from typing import Final

_OUT_OF_FLOW: Final = frozenset({"absolute", "fixed"})
_RAISED: Final = frozenset({"relative", "sticky"})
_NOWHERE: Final = frozenset({"", "none", "auto", "initial", "unset", "normal", "visible"})
OFFSETS: Final = ("left", "top", "right", "bottom", "inset")
MARGINS: Final = (
    "margin", "margin-left", "margin-top", "margin-right", "margin-bottom", "margin-inline-start", "margin-block-start",
)  # fmt: skip
_TRANSFORMS: Final = ("transform", "translate", "scale", "rotate", "zoom")
_PLACES: Final = ("grid-area", "grid-row", "grid-column")
_LAYERS: Final = ("opacity", "filter", "mix-blend-mode", "isolation", "will-change")
_HEIGHTS: Final = ("height", "max-height", "block-size", "max-block-size")
BACKGROUNDS: Final = ("background", "background-color", "background-image")
_FRAMES: Final = ("border", "border-top", "border-bottom", "border-left", "border-right", "border-width", "outline")
_PICTURES: Final = frozenset(
    {"svg", "canvas", "video", "object", "iframe", "embed", "hr", "input", "button", "progress"}
)
_LENGTHS: Final = re.compile(r"(?<![\w.#])-?\d{0,9}\.?\d{1,9}(?:px|pt|r?em|in|cm|mm|%)?(?![\w.])")
_AMOUNT: Final = re.compile(r"-?[\d.]+")
_CLEAR: Final = re.compile(r"transparent|none|initial|inherit|unset|(?:rgb|hsl)a?\([^)]*[,/]\s*0?\.?0*%?\s*\)")
_WIDE: Final = 4.0  # in any unit; a line as narrow covers no letters
_NEGATIVE: Final = re.compile(r"(?:^|[\s(,])-\s?\.?\d")
# Shadows are x, y, blur and spread.
_SHADOW: Final = 4

PROPERTIES: Final = frozenset(
    {*OFFSETS, *MARGINS, *_TRANSFORMS, *_PLACES, *_LAYERS, *_FRAMES, "position", "box-shadow"}
)


def is_moved(found: Mapping[str, str]) -> bool:
    """Return whether an element with these declarations can lie where other text is."""
    place = found.get("position", "")
    moved = any(found.get(name, "") not in _NOWHERE | {"0", "0px"} for name in OFFSETS)
    raised = place in _RAISED or any(found.get(name, "") not in _NOWHERE | {"1", "100%"} for name in _LAYERS)
    return (
        place in _OUT_OF_FLOW
        or (place in _RAISED and moved)
        or any(_NEGATIVE.search(found.get(name, "")) for name in MARGINS)
        or any(found.get(name, "") not in _NOWHERE | {"1", "100%"} for name in _TRANSFORMS)
        or any(found.get(name, "") not in _NOWHERE for name in _PLACES)
        or (raised and any(found.get(name, "") not in _NOWHERE | {"100%"} for name in _HEIGHTS))
    )


def paints(tag: str, attributes: Mapping[str, str], found: Mapping[str, str]) -> bool:
    """Return whether an element paints more than its letters and thin lines."""
    source = attributes.get("src", "").lower()
    return (
        tag in _PICTURES
        or (tag == "img" and source.startswith(("cid:", "data:")))
        or bool(attributes.get("bgcolor") or attributes.get("background"))
        or any(_CLEAR.fullmatch(found.get(name, "none")) is None for name in BACKGROUNDS)
        or any(max(_amounts(found.get(name, "")), default=0) > _WIDE for name in _FRAMES)
    )


def casts(found: Mapping[str, str]) -> bool:
    """Return whether its shadow is sharp and stands beside it: that covers text wherever the element is."""
    shadow = found.get("box-shadow", "")
    if "inset" in shadow or not shadow:
        return False
    x, y, blur, spread = (*_amounts(shadow), 0.0, 0.0, 0.0, 0.0)[:_SHADOW]
    return spread > _WIDE or (blur <= _WIDE < max(abs(x), abs(y)))


def _amounts(value: str) -> list[float]:
    without_colours = re.sub(r"\w+\([^)]*\)|#\w+", " ", value)
    return [float(_AMOUNT.match(one)[0]) for one in _LENGTHS.findall(without_colours)]  # type: ignore[index]
