"""What of a web page's styles makes text invisible: the few properties that do, from attributes and style sheets.

Not all of CSS is followed, and what is not understood hides nothing: a colour, a unit or a value that is not known.
Where rules disagree, or one may hold or not (for other screens, with a selector of several parts), what it is about
counts as not known. What a style attribute says goes before rules that are not marked as important.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from scrubbers.jailed.mail import covers
from scrubbers.jailed.office.colours import NAMED, PAPER, hue_of
from scrubbers.jailed.typeset.model import Hue, Paint
from trusted.jail.stages import Email, TooLarge

Colour: TypeAlias = str  # six hexadecimal digits
_BLACK: Final = "000000"
_ALIKE: Final = 24  # of 255; less of a difference nobody reads
_TINY: Final = 2.0  # in pixels or points
_SEEN: Final = 0.05  # of opacity
_FAR: Final = range(-400, 5000)  # pixels; what is moved further is on no screen
_PER_CENT: Final = 100
_PIXELS: Final = {  # in one of these, about; of two as if they were the same
    "": 1, "px": 1, "pt": 1, "em": 16, "rem": 16, "ex": 8, "ch": 8, "in": 96, "cm": 38, "mm": 3.8, "pc": 16, "vw": 10,
    "vh": 8,
}  # fmt: skip
_HEX: Final = re.compile(r"#([0-9a-f]{6}|[0-9a-f]{3})")
_OPAQUE: Final = r"(?:,(?:1|1\.0|100%))?\)"
_RGB: Final = re.compile(r"rgba?\((\d{1,3}),(\d{1,3}),(\d{1,3})" + _OPAQUE)
_HSL: Final = re.compile(r"hsla?\((\d{1,3})(?:deg)?,(\d{1,3})%?,(\d{1,3})%?" + _OPAQUE)
_CLEAR: Final = re.compile(
    r"transparent|(?:rgb|hsl)a?\((?:[\w.]{1,9}%?,){3}(?:0|0?\.0(?:[0-4]\d{0,9})?|[0-4](?:\.\d{1,9})?%)\)"
    r"|#(?:[0-9a-f]{3}0|[0-9a-f]{6}0[0-9a-c])"
)
_FILTERED: Final = re.compile(r"opacity\(\s?([0-9.%]{1,9})\s?\)")
_FUNCTION: Final = re.compile(r"\s*\(([^()]*)\)")
_AROUND: Final = frozenset({"inherit", "unset", "none", "currentcolor"})
_SIZE: Final = re.compile(r"(?:^|\s)([0-9]{0,9}\.?[0-9]{1,9}(?:px|pt|em|%)?)\s{0,9}(?:/|\s)")
_NUMBER: Final = re.compile(r"(-?[0-9]{0,9}\.?[0-9]{1,9}(?:e-?[0-9]{1,2})?)\s?(px|pt|r?em|ex|ch|in|cm|mm|pc|v[wh]|%)?")
# Also what is cut away at one side by its whole size, or from a point of which nothing goes out.
_NO_SIZE: Final = re.compile(
    r"inset\(\s?(?:(?:[5-9]\d|\d{3})(?:\.\d{1,9})?%\s?\)|(?:[^)]{1,40}\s)?100%)|(?:circle|ellipse)\(\s?0(?![.\d])|polygon\((?:0|px|%|,|\s){1,80}\)"
)
# Of these alone it is sure that nothing is cut off.
_WHOLE: Final = re.compile(
    r"(?:none|initial|inherit|unset|inset\(\s?0(?:px|%)?(?:\s[^)]*)?\)|polygon\(0 0, ?100% 0, ?100% 100%, ?0 100%\))?"
)
_TURNS: Final = re.compile(r"rotate[xy]|rotate3d|matrix3d|perspective|skew|\brotate: .*[xy\s]")
# What else a filter may do leaves letters to be seen, or browsers do not know it.
_FADES: Final = re.compile(r"(?:^|[\s)])(?:blur|brightness|contrast|invert|url)\(")
_CLOSEST: Final = -4.0  # pixels or points between letters; any less, and they stand on each other
_SQUEEZES: Final = re.compile(r"(scale|matrix)\w{0,2}\(([^)]*)\)")
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
_UNDERLINED: Final = frozenset({"u", "ins"})
_MOVES: Final = (*covers.MARGINS, "transform", "translate")
_PLACED: Final = frozenset({"absolute", "fixed", "relative", "sticky"})
_CLIPPED: Final = frozenset({"absolute", "fixed"})  # fmt: skip
# Of these only what is above or to the left is unseen: a browser scrolls down to the rest.
_DOWN: Final = frozenset({"top", "inset", "margin", "margin-top", "margin-bottom", "transform", "translate"})
_SIZES: Final = (
    "height", "max-height", "width", "max-width", "block-size", "max-block-size", "inline-size", "max-inline-size",
)  # fmt: skip
_OVERFLOWS: Final = ("overflow", "overflow-x", "overflow-y")
_NOT_CUT: Final = frozenset({"", "visible", "initial", "inherit", "unset"})
_PROPERTIES: Final = frozenset({
    *_MOVES, *covers.OFFSETS, *_SIZES, *_OVERFLOWS, "scale", "display", "visibility", "opacity", "font", "font-size",
    "font-family", "font-weight", "color", "background", "background-color", "background-image", "position", "clip",
    "clip-path", "text-indent", "text-decoration", "text-decoration-line", "white-space", "list-style",
    "list-style-type", "vertical-align", "unicode-bidi", "zoom", "filter", "mask", "mask-image", "rotate",
    "text-fill-color", "text-security", "letter-spacing", "content-visibility", *covers.PROPERTIES,
})  # fmt: skip

Declarations: TypeAlias = dict[str, str]


@dataclass(frozen=True, slots=True)
class InheritedStyle:
    """How text looks here: what is inherited of what can hide it."""

    gone: bool = False  # with everything inside
    invisible: bool = False
    tiny: bool = False
    beside: bool = False  # by how far its first line stands in
    clear: bool = False
    colour: Colour | None = _BLACK
    background: Colour | None = PAPER
    paper: Colour | None = PAPER  # of the whole page
    unsure: bool = False  # whether it is seen, by a way of hiding that is not followed
    moved: bool = False  # out of its place, with everything inside
    covers: bool = False  # the element may lie over other text
    underlined: bool = False
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
            and max(
                abs(one - other) for one, other in zip(*map(bytes.fromhex, (self.colour, self.background)), strict=True)
            )
            < _ALIKE
        )
        return self.gone or self.invisible or self.tiny or self.beside or self.clear or alike

    @property
    def may_cover(self) -> bool:
        """Whether the element is seen, and may lie over the text of another."""
        return self.covers and not self.gone and not self.invisible

    @property
    def tint(self) -> Hue | None:
        """What a copy has of the colour behind letters."""
        return None if self.background == self.paper else hue_of(self.background or "")

    @property
    def paint(self) -> Paint:
        """What a copy has of the colours and lines of letters."""
        return Paint(hue_of(self.colour or ""), self.tint, self.underlined)

    def styled(self, found: Declarations) -> InheritedStyle:
        """Return how text inside looks, with these declarations."""
        made = replace(self, gone=self.gone or _is_gone(found), unsure=self.unsure or _is_unsure(found))
        if found.get("visibility") in {"hidden", "collapse", "visible", "initial"}:
            made = replace(made, invisible=found["visibility"] in {"hidden", "collapse"})
        if "font-size" in found:
            size = _length(found["font-size"])
            made = replace(made, tiny=size is not None and size <= _TINY)
        if (indent := found.get("text-indent")) is not None:
            made = replace(made, beside=_is_far(indent) or indent in {"100%", "-100%"})
        if (short := _SIZE.search(found.get("font", ""))) is not None:
            size = _length(short[1])
            made = replace(made, tiny=size is not None and size <= _TINY)
        if (colour := found.get("text-fill-color", found.get("color"))) is not None:
            clear = _CLEAR.fullmatch(_joined(colour)) is not None
            made = replace(made, colour=made.colour if clear else _colour(colour, made.colour), clear=clear)
        if (weight := found.get("font-weight")) is not None:
            made = replace(made, bold=weight in {"bold", "bolder", "600", "700", "800", "900"})
        if (family := found.get("font-family")) is not None:
            made = replace(made, font=family)
        if (blanks := found.get("white-space")) is not None:
            made = replace(made, kept_blanks=blanks.startswith("pre") or blanks == "break-spaces")
        return replace(made, background=_background(found, made.background))


def _background(found: Declarations, around: Colour | None) -> Colour | None:
    for name in covers.BACKGROUNDS:
        if value := found.get(name, ""):
            around = None if "url(" in value or "gradient" in value else _colour(value, around)
    return around


def _is_gone(found: Declarations) -> bool:
    """Return whether an element is nowhere on the page, or without a size in which its text could be."""
    cut = any(found.get(name, "") not in _NOT_CUT for name in _OVERFLOWS)
    clipped = cut and any((each := _length(found.get(name, ""))) is not None and 0 <= each <= _TINY for name in _SIZES)
    place = found.get("position", "")
    squeezes = f"{found.get('transform', '')} scale({found.get('scale', 1)}) scale({found.get('zoom', 1)})"
    no_size = _NO_SIZE.search(found.get("clip-path", "")) or (
        _is_squeezed(squeezes) or (place in _CLIPPED and _is_cut_away(found.get("clip", "")))
    )
    moves = _MOVES + (covers.OFFSETS if place in _PLACED else ())
    away = any(_is_far(found.get(name, ""), down=name in _DOWN) for name in moves)
    clear = min(_opacity(found.get("opacity", "")), *map(_opacity, _FILTERED.findall(found.get("filter", ""))), 1)
    gone = found.get("display") == "none" or clear < _SEEN or found.get("content-visibility") == "hidden"
    return gone or clipped or away or bool(no_size)


def _is_squeezed(transform: str) -> bool:
    """Return whether nothing is left of what is made smaller: in one direction, or by a matrix."""
    for kind, given in _SQUEEZES.findall(transform):
        parts = [_opacity(one) for one in re.split(r"[\s,]+", given.strip())]
        if kind == "scale" and min(map(abs, parts)) < _SEEN:
            return True
        if kind == "matrix" and len(parts) == len("abcdef") and abs(parts[0] * parts[3] - parts[1] * parts[2]) < _SEEN:
            return True
    return False


def _is_unsure(found: Declarations) -> bool:
    """Return whether more may be hidden than is followed here."""
    none = all(found.get(name, "none") == "none" for name in ("mask", "mask-image", "text-security"))
    turned = _TURNS.search(f"{found.get('transform', '')} rotate: {found.get('rotate', '')}") is not None
    close = (_length(found.get("letter-spacing", "")) or 0) < _CLOSEST
    faded = _FADES.search(found.get("filter", "")) is not None
    return turned or close or faded or not none or _WHOLE.fullmatch(found.get("clip-path", "")) is None


def _is_cut_away(clip: str) -> bool:
    """Return whether nothing is left of a rectangle: top, right, bottom and left, each a length or "auto"."""
    sides = [_length(one) for one in re.split(r"[,\s]+", clip.removeprefix("rect(").rstrip(") "))]
    if not clip.startswith("rect(") or len(sides) != len(("top", "right", "bottom", "left")):
        return False
    top, right, bottom, left = sides
    flat = bottom is not None and bottom - (top or 0) <= _TINY
    return flat or (right is not None and right - (left or 0) <= _TINY)


def _is_far(text: str, *, down: bool = False) -> bool:
    """Return whether one of the lengths moves what it is about off the page; `down`: only one that is negative."""
    lengths = (int(length) for one in re.split(r"[,()\s]+", text) if (length := _length(one)) is not None)
    return any(one < _FAR.start or (one >= _FAR.stop and not down) for one in lengths)


def _opacity(text: str) -> float:
    """Return how much of it is seen; all where it is not known."""
    found = _NUMBER.fullmatch(text)
    if found is None or found[2] not in {None, "%"}:
        return 1
    return float(found[1]) / (_PER_CENT if found[2] else 1)


def _length(text: str) -> float | None:
    """Return a length in pixels or points, as if they were the same; None for what is relative to something else."""
    found = _NUMBER.fullmatch(text)
    if found is None or (found[2] == "%" and float(found[1])):
        return None
    return float(found[1]) * _PIXELS.get(found[2] or "", 1)


def _colour(text: str, around: Colour | None) -> Colour | None:
    """Return the colour that a value names; None where it is not known, and what is around where it changes nothing."""
    found: Colour | None = None
    for word in _joined(text[:1000]).split():
        if word in _AROUND or _CLEAR.fullmatch(word):
            found = around
        elif (digits := _HEX.fullmatch(word)) is not None:
            found = (digits[1] if len(digits[1]) == 6 else "".join(2 * one for one in digits[1])).upper()  # noqa: PLR2004
        elif (numbers := _RGB.fullmatch(word)) is not None:
            found = bytes(min(int(one), 255) for one in numbers.groups()).hex().upper()
        elif (numbers := _HSL.fullmatch(word)) is not None:
            turn, full, light = (float(one) for one in numbers.groups())
            parts = colorsys.hls_to_rgb(turn / 360, min(light / 100, 1), min(full / 100, 1))
            found = bytes(round(0xFF * one) for one in parts).hex().upper()
        else:
            found = NAMED.get(word, found)
    return found


def _joined(text: str) -> str:
    """Return a value in which each function is one word, its numbers with commas between them."""
    return _FUNCTION.sub(lambda found: "(" + ",".join(re.split(r"[\s,/]+", found[1].strip())) + ")", text)


def declarations(text: str) -> Declarations:
    """Return the properties that matter here, of a style attribute or a rule."""
    made: Declarations = {}
    for one in _COMMENT.sub(" ", text.lower()).split(";"):
        name, _, value = one.partition(":")
        # All browsers take this name for the other.
        name, value = name.strip().removeprefix("-webkit-"), value.strip()
        if name in _PROPERTIES and (_IMPORTANT in value or _IMPORTANT not in made.get(name, "")):
            made[name] = value
    return made


@dataclass(frozen=True, slots=True)
class _Rule:
    tag: str
    names: frozenset[str]
    found: Declarations
    may_hold: bool  # or not


class StyleSheet:
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


def _is_put_away(tag: str, attributes: Mapping[str, str], *, shown: bool) -> bool:
    """Return whether an element is hidden by an attribute, or waits to be opened."""
    waits = "popover" in attributes or (tag == "dialog" and "open" not in attributes)
    return not shown and ("hidden" in attributes or waits)


def look_of(tag: str, attributes: Mapping[str, str], sheet: StyleSheet, around: InheritedStyle) -> InheritedStyle:
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
    if tag in {"td", "th"}:
        # A cell is as wide as its text, whatever it says.
        found = {name: value for name, value in found.items() if name not in {"width", "max-width"}}
    line = found.get("text-decoration-line", found.get("text-decoration"))
    moved = made.moved or (tag not in {"html", "body"} and covers.is_moved(found))
    made = replace(
        made,
        moved=moved,
        covers=(moved and covers.paints(tag, attributes, found)) or covers.casts(found),
        paper=_background(found, made.background) if tag in {"html", "body"} else made.paper,
        underlined=made.underlined or (tag in _UNDERLINED if line is None else "underline" in line),
        gone=made.gone or _is_put_away(tag, attributes, shown="display" in found and "display" not in unknown),
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
    return styled if unknown.isdisjoint(covers.BACKGROUNDS) else replace(styled, background=None)
