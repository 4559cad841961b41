"""What of a web page's styles makes text invisible: the few properties that do, from attributes and style sheets.

Not all of CSS is followed, and what is not understood hides nothing: a colour, a unit or a value that is not known.
Where rules disagree, or one may hold or not (for other screens, with a selector of several parts), what it is about
counts as not known. What a style attribute says goes before rules that are not marked as important.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from trusted.jail.stages import Email, TooLarge

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
_PER_CENT: Final = 100
_HEX: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")
_RGB: Final = re.compile(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})(?:,(?:1|1\.0))?\)")
_CLEAR: Final = re.compile(r"transparent|rgba\(\d{1,3},\d{1,3},\d{1,3},(?:0|0?\.0+)\)|#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)")
_AROUND: Final = frozenset({"inherit", "unset", "none", "currentcolor"})
_SIZE: Final = re.compile(r"(?:^|\s)([0-9]{0,9}\.?[0-9]{1,9}(?:px|pt|em|%)?)\s{0,9}(?:/|\s)")
_NUMBER: Final = re.compile(r"(-?[0-9]{0,9}\.?[0-9]{1,9})\s?(px|pt|em|rem|%)?")
_COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_AT_RULE: Final = re.compile(r"@[^{};@]{0,1000}(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
# Rules in these hold on some screens, or in some programs.
_SOMETIMES: Final = re.compile(r"@(?:media(?!\s+print\s*\{)|supports|layer|container)[^{]*\{")
_SELECTOR: Final = re.compile(r"([a-z][a-z0-9]*|\*)?((?:[.#][\w-]+)*)")
_PARTS: Final = re.compile(r"[\s>+~]+")
_PART: Final = re.compile(r"[.#][\w-]+")
_MOST_RULES: Final = 5000
_IMPORTANT: Final = "!important"
_STRUCK: Final = frozenset({"s", "strike", "del"})
_PROPERTIES: Final = frozenset(
    {
        "display",
        "visibility",
        "opacity",
        "font",
        "font-size",
        "font-family",
        "font-weight",
        "color",
        "background",
        "background-color",
        "background-image",
        "height",
        "max-height",
        "overflow",
        "position",
        "left",
        "top",
        "clip",
        "text-decoration",
        "text-decoration-line",
        "white-space",
        "list-style",
        "list-style-type",
        "vertical-align",
        "unicode-bidi",
    }
)
_BACKGROUNDS: Final = ("background", "background-color", "background-image")  # fmt: skip

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
    struck: bool = False
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
        if found.get("visibility") in {"hidden", "collapse", "visible", "initial"}:
            made = replace(made, invisible=found["visibility"] in {"hidden", "collapse"})
        if "font-size" in found:
            size = _length(found["font-size"])
            made = replace(made, tiny=size is not None and size <= _TINY)
        if (short := _SIZE.search(found.get("font", ""))) is not None:
            size = _length(short[1])
            made = replace(made, tiny=size is not None and size <= _TINY)
        if (colour := found.get("color")) is not None:
            clear = _CLEAR.fullmatch(colour.replace(" ", "")) is not None
            made = replace(made, colour=made.colour if clear else _colour(colour, made.colour), clear=clear)
        if (weight := found.get("font-weight")) is not None:
            made = replace(made, bold=weight in {"bold", "bolder", "600", "700", "800", "900"})
        if (family := found.get("font-family")) is not None:
            made = replace(made, font=family)
        if (blanks := found.get("white-space")) is not None:
            made = replace(made, kept_blanks=blanks.startswith("pre") or blanks == "break-spaces")
        return replace(made, background=_background(found, made.background))


def _background(found: Declarations, around: Colour | None) -> Colour | None:
    for name in _BACKGROUNDS:
        if value := found.get(name, ""):
            around = None if "url(" in value or "gradient" in value else _colour(value, around)
    return around


def _is_gone(found: Declarations) -> bool:
    heights = (_length(found.get(name, "")) for name in ("height", "max-height"))
    clipped = found.get("overflow") == "hidden" and any(each is not None and 0 <= each <= _TINY for each in heights)
    away = found.get("position") in {"absolute", "fixed"} and (
        any((_length(found.get(name, "")) or 0) < _FAR for name in ("left", "top"))
        or re.match(r"rect\(0(?:px)?[,\s]0", found.get("clip", "").replace(", ", ",")) is not None
    )
    return found.get("display") == "none" or _opacity(found.get("opacity", "")) < _SEEN or clipped or away


def _opacity(text: str) -> float:
    """Return how much of it is seen; all where it is not known."""
    found = _NUMBER.fullmatch(text)
    if found is None or found[2] not in {None, "%"}:
        return 1
    return float(found[1]) / (_PER_CENT if found[2] else 1)


def _length(text: str) -> float | None:
    """Return a length in pixels or points, as if they were the same; None for what is relative to something else."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    number = float(found[1])
    return number if number == 0 or found[2] in {None, "px", "pt"} else number * 16 if found[2] != "%" else None


def _colour(text: str, around: Colour | None) -> Colour | None:
    """Return the colour that a value names; None where it is not known, and what is around where it changes nothing."""
    found: Colour | None = None
    for word in re.sub(r"\s*([(),])\s*", r"\1", text[:1000]).split():
        if word in _AROUND or _CLEAR.fullmatch(word):
            found = around
        elif (digits := _HEX.fullmatch(word)) is not None:
            whole = digits[1] if len(digits[1]) == 6 else "".join(2 * one for one in digits[1])  # noqa: PLR2004
            found = int(whole[:2], 16), int(whole[2:4], 16), int(whole[4:], 16)
        elif (numbers := _RGB.fullmatch(word)) is not None:
            found = min(int(numbers[1]), 255), min(int(numbers[2]), 255), min(int(numbers[3]), 255)
        else:
            found = _NAMED.get(word, found)
    return found


def declarations(text: str) -> Declarations:
    """Return the properties that matter here, of a style attribute or a rule."""
    made: Declarations = {}
    for one in _COMMENT.sub(" ", text.lower()).split(";"):
        name, _, value = one.partition(":")
        name, value = name.strip(), value.strip()
        if name in _PROPERTIES and (_IMPORTANT in value or _IMPORTANT not in made.get(name, "")):
            made[name] = value
    return made


@dataclass(frozen=True, slots=True)
class _Rule:
    tag: str
    names: frozenset[str]
    found: Declarations
    may_hold: bool  # or not


class Sheet:
    """The rules of a page's style sheets."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []

    def add(self, text: str) -> None:
        """Add a style sheet; raises TooLarge."""
        text = _COMMENT.sub(" ", text.lower())
        for each in _AT_RULE.findall(text):
            if _SOMETIMES.match(each):
                self._add(each.partition("{")[2], sometimes=True)
        self._add(_AT_RULE.sub(" ", text), sometimes=False)

    def _add(self, text: str, *, sometimes: bool) -> None:
        for each in text.split("}"):
            selectors, _, body = each.partition("{")
            found = declarations(body)
            for selector in selectors.split(",") if found else ():
                parts = _PARTS.split(selector.strip())
                matched = _SELECTOR.match(parts[-1])
                if matched is None or not parts[-1]:
                    continue
                if len(self._rules) >= _MOST_RULES:
                    raise TooLarge
                may_hold = sometimes or len(parts) > 1 or matched.end() < len(parts[-1])
                names = frozenset(_PART.findall(matched[2]))
                self._rules.append(_Rule(matched[1] or "*", names, found, may_hold))

    def of(self, tag: str, attributes: Mapping[str, str]) -> tuple[Declarations, frozenset[str]]:
        """Return what rules and the style attribute say of an element, and of what it is not known."""
        names = {f".{one}" for one in attributes.get("class", "").lower().split()}
        names.add(f"#{attributes.get('id', '').lower()}")
        inline = declarations(attributes.get("style", ""))
        made: Declarations = {}
        unknown: set[str] = set()
        for rule in self._rules:
            if rule.tag not in {"*", tag} or not rule.names <= names:
                continue
            for name, value in rule.found.items():
                if name in inline and (_IMPORTANT not in value or _IMPORTANT in inline[name]):
                    continue
                if _plain(inline.get(name, made.get(name, "" if rule.may_hold else value))) != _plain(value):
                    unknown.add(name)
                made[name] = value
        return {name: _plain(value) for name, value in (made | inline).items()}, frozenset(unknown)


def _plain(value: str) -> str:
    return value.replace(_IMPORTANT, "").strip()


def look_of(tag: str, attributes: Mapping[str, str], sheet: Sheet, around: Look) -> Look:
    """Return how text in an element looks, by its tag, its attributes and its styles.

    Raises Email where all letters are shown from the right: the copy would have them the other way round.
    """
    made = around
    if colour := attributes.get("bgcolor", ""):
        made = replace(made, background=_colour(colour.lower(), made.background))
    if attributes.get("background"):
        made = replace(made, background=None)
    if colour := attributes.get("color" if tag == "font" else "text" if tag == "body" else "", ""):
        made = replace(made, colour=_colour(colour.lower(), made.colour))
    if tag == "font" and "face" in attributes:
        made = replace(made, font=attributes["face"].lower())
    found, unknown = sheet.of(tag, attributes)
    if "override" in found.get("unicode-bidi", "") or (tag == "bdo" and attributes.get("dir", "").lower() == "rtl"):
        raise Email
    line = found.get("text-decoration-line", found.get("text-decoration"))
    made = replace(
        made,
        gone=made.gone or ("hidden" in attributes and "display" not in found),
        bold=made.bold or tag in {"b", "strong", "th"},
        italic=made.italic or tag in {"i", "em"},
        raised=made.raised or tag == "sup" or found.get("vertical-align") == "super",
        struck=made.struck or (tag in _STRUCK if line is None else "line-through" in line),
        kept_blanks=made.kept_blanks or tag == "pre",
        quotes=made.quotes + (tag == "blockquote"),
    )
    styled = made.styled(found)
    if not unknown:
        return styled
    if styled.hidden:
        styled = made.styled({name: value for name, value in found.items() if name not in unknown})
    if "color" in unknown:
        styled = replace(styled, colour=None, clear=False)
    return styled if unknown.isdisjoint(_BACKGROUNDS) else replace(styled, background=None)
