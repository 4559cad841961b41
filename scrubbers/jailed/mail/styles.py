"""What of a web page's styles makes text invisible: the few properties that do, from attributes and style sheets.

Not all of CSS is followed. Of a selector with several parts the last decides, if it names a class or an id; rules for
other screens and for a moment (such as a pointer over a link) are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

Colour: TypeAlias = tuple[int, int, int]
_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
_NAMED: Final = {
    "white": _WHITE, "snow": (255, 250, 250), "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245), "black": _BLACK,
    "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "navy": (0, 0, 128), "yellow": (255, 255, 0),
    "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192), "windowtext": _BLACK,
    "window": _WHITE, "orange": (255, 165, 0), "purple": (128, 0, 128), "maroon": (128, 0, 0), "teal": (0, 128, 128),
}  # fmt: skip
_ALIKE: Final = 24  # of 255; less of a difference nobody reads
_TINY: Final = 2.0  # in pixels or points
_SEEN: Final = 0.05  # of opacity
_FAR: Final = -400.0  # pixels to the left or above
_HEX: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})\b")
_RGB: Final = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})")
_CLEAR: Final = re.compile(r"transparent|rgba\([^)]*,\s*0?\.?0*\)")
_SIZE: Final = re.compile(r"(?:^|\s)([0-9]*\.?[0-9]+(?:px|pt|em|%)?)\s*(?:/|\s)")
_NUMBER: Final = re.compile(r"(-?[0-9]*\.?[0-9]+)\s*(px|pt|em|rem|%)?")
_DECLARATION: Final = re.compile(r"([a-z-]+)\s*:\s*([^;]*)")
_COMMENT: Final = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
_RULE: Final = re.compile(r"([^{}]{1,2000})\{([^{}]*)\}")
_AT_RULE: Final = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)")
_PART: Final = re.compile(r"[.#][\w-]+")
_MOST_RULES: Final = 5000
_PROPERTIES: Final = frozenset({
    "display", "visibility", "opacity", "font", "font-size", "font-family", "font-weight", "color", "background",
    "background-color", "background-image", "height", "max-height", "width", "max-width", "overflow", "text-indent",
    "position", "left", "top", "clip",
})  # fmt: skip

Declarations: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """How text looks here: what is inherited of what can hide it."""

    gone: bool = False  # with everything inside
    invisible: bool = False
    tiny: bool = False
    clear: bool = False
    colour: Colour | None = _BLACK
    background: Colour | None = _WHITE
    bold: bool = False
    italic: bool = False
    raised: bool = False
    kept_blanks: bool = False
    font: str = ""
    quotes: int = 0

    @property
    def hidden(self) -> bool:
        """Whether nobody sees text that looks like this."""
        alike = (
            self.colour is not None
            and self.background is not None
            and max(abs(one - other) for one, other in zip(self.colour, self.background, strict=True)) < _ALIKE
        )
        return self.gone or self.invisible or self.tiny or self.clear or alike

    def styled(self, found: Declarations) -> Look:
        """Return how text inside looks, with these declarations."""
        made = replace(self, gone=self.gone or _is_gone(found))
        if "visibility" in found:
            made = replace(made, invisible=found["visibility"] in {"hidden", "collapse"})
        size = _length(found.get("font-size", ""))
        if size is not None:
            made = replace(made, tiny=size <= _TINY)
        if (short := _SIZE.search(found.get("font", ""))) is not None:
            size = _length(short[1])
            made = replace(made, tiny=size is not None and size <= _TINY)
        if (colour := found.get("color")) is not None:
            made = replace(made, colour=_colour(colour, made.colour), clear=_CLEAR.search(colour) is not None)
        if (weight := found.get("font-weight")) is not None:
            made = replace(made, bold=weight in {"bold", "bolder", "600", "700", "800", "900"})
        if (family := found.get("font-family")) is not None:
            made = replace(made, font=family)
        for name in ("background", "background-color", "background-image"):
            value = found.get(name, "")
            if "url(" in value or "gradient" in value:
                made = replace(made, background=None)
            elif value:
                made = replace(made, background=_colour(value, made.background))
        return made


def _is_gone(found: Declarations) -> bool:
    clipped = found.get("overflow") == "hidden" and any(
        _length(found.get(name, "")) == 0 for name in ("height", "max-height", "width", "max-width")
    )
    away = found.get("position") in {"absolute", "fixed"} and any(
        (_length(found.get(name, "")) or 0) < _FAR for name in ("left", "top")
    )
    return (
        found.get("display") == "none"
        or (("opacity" in found) and (_length(found["opacity"]) or 0) < _SEEN)
        or (_length(found.get("text-indent", "")) or 0) < _FAR
        or clipped
        or away
        or found.get("clip", "").replace(" ", "").startswith("rect(0")
    )


def _length(text: str) -> float | None:
    """Return a length in pixels or points, as if they were the same; None for what is relative to something else."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    number = float(found[1])
    return number if number == 0 or found[2] in {None, "px", "pt"} else number * 16 if found[2] != "%" else None


def _colour(text: str, otherwise: Colour | None) -> Colour | None:
    """Return the first colour in a value; what it was before where there is none that is known."""
    if (found := _HEX.search(text)) is not None:
        digits = found[1] if len(found[1]) == 6 else "".join(2 * one for one in found[1])  # noqa: PLR2004
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if (found := _RGB.search(text)) is not None:
        return min(int(found[1]), 255), min(int(found[2]), 255), min(int(found[3]), 255)
    return next((_NAMED[word] for word in text.split() if word in _NAMED), otherwise)


def declarations(text: str) -> Declarations:
    """Return the properties that matter here, of a style attribute or a rule."""
    found = _DECLARATION.findall(_COMMENT.sub(" ", text.lower()))
    return {name: value.replace("!important", "").strip() for name, value in found if name in _PROPERTIES}


class Sheet:
    """The rules of a page's style sheets."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, frozenset[str], Declarations]] = []

    def add(self, text: str) -> None:
        """Add a style sheet."""
        text = _AT_RULE.sub(" ", _COMMENT.sub(" ", text.lower()))
        for selectors, body in _RULE.findall(text):
            found = declarations(body)
            for selector in selectors.split(",") if found else ():
                parts = selector.split()
                matched = _SELECTOR.fullmatch(parts[-1]) if parts else None
                if matched is None or (len(parts) > 1 and not matched[2]) or len(self._rules) >= _MOST_RULES:
                    continue
                self._rules.append(((matched[1] or "*"), frozenset(_PART.findall(matched[2])), found))

    def of(self, tag: str, attributes: Mapping[str, str]) -> Declarations:
        """Return what the rules and the style attribute say of an element."""
        names = {f".{one}" for one in attributes.get("class", "").lower().split()}
        names.add(f"#{attributes.get('id', '').lower()}")
        made: Declarations = {}
        for of_tag, of_names, found in self._rules:
            if of_tag in {"*", tag} and of_names <= names:
                made |= found
        return made | declarations(attributes.get("style", ""))


def look_of(tag: str, attributes: Mapping[str, str], sheet: Sheet, around: Look) -> Look:
    """Return how text in an element looks, by its tag, its attributes and its styles."""
    made = around
    if colour := attributes.get("bgcolor", ""):
        made = replace(made, background=_colour(colour.lower(), made.background))
    if attributes.get("background"):
        made = replace(made, background=None)
    if colour := attributes.get("color" if tag == "font" else "text" if tag == "body" else "", ""):
        made = replace(made, colour=_colour(colour.lower(), made.colour))
    if tag == "font" and "face" in attributes:
        made = replace(made, font=attributes["face"].lower())
    made = replace(
        made,
        gone=made.gone or "hidden" in attributes,
        bold=made.bold or tag in {"b", "strong", "th"},
        italic=made.italic or tag in {"i", "em"},
        raised=made.raised or tag == "sup",
        kept_blanks=made.kept_blanks or tag == "pre",
        quotes=made.quotes + (tag == "blockquote"),
    )
    return made.styled(sheet.of(tag, attributes))
