"""Styles and lists of an OpenDocument file: what text inherits, what is hidden, what stands before an item."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.colours import PAPER, UNKNOWN, hue_of, is_unseen
from scrubbers.jailed.office.drawings import POINTS
from scrubbers.jailed.office.letters import BULLET, bullet
from scrubbers.jailed.office.word.styles import written_number
from scrubbers.jailed.office.xml import Node, number
from scrubbers.jailed.typeset.model import Paint

_MOST_BASES: Final = 20
_SMALLEST_POINTS: Final = 2
_SMALLEST_PART: Final = 5  # per cent of letters of the size around
_FORMATS: Final = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "1": "decimal"}
_LEVELS: Final = 10
_USUAL_WIDTH, _USUAL_HEIGHT = 64.0, 12.8  # points, of a sheet
_MOST_NUMBER: Final = 100_000
_NO_COLOUR: Final = frozenset({"", "transparent", "none"})
_FADING: Final = frozenset({"gradient", "bitmap", "hatch"})
_COLOUR: Final = re.compile("#[0-9A-Fa-f]{6}")
_CLEAR: Final = 5  # per cent; so much is not seen of letters


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How text looks. `hidden`: it or what is around it is not shown. `tiny`: its letters are too small to be seen.

    `colour`: nothing where the program chooses one that is seen. `behind`: the colour behind the letters.
    """

    hidden: bool = False
    tiny: bool = False
    clear: bool = False
    colour: str = ""
    behind: str = PAPER
    drawn: str = ""  # the colour of the cell, which is behind them already
    underlined: bool = False
    bold: bool = False
    italic: bool = False
    raised: bool = False
    struck: bool = False
    capitals: bool = False

    @property
    def paint(self) -> Paint:
        """What of its colours and lines a copy has."""
        return Paint(hue_of(self.colour), None if self.behind == self.drawn else hue_of(self.behind), self.underlined)

    @property
    def unseen(self) -> bool:
        """Whether nobody sees the letters."""
        return self.hidden or self.tiny or self.clear or is_unseen(self.colour, self.behind)


class Styles:
    """All styles of both parts, by family and name."""

    def __init__(self, *roots: Node) -> None:
        self._styles: dict[tuple[str, str], Node] = {}
        self.lists: dict[str, Node] = {}
        self.outline: Node | None = None
        self.masters: dict[str, Node] = {}
        self.master_names: set[str] = set()
        self.hidden_layers: set[str] = set()
        self.data_styles: dict[str, Node] = {}
        # Of a sheet with many cells, each is asked for many times.
        self.codes: dict[int, str] = {}  # formats of values, by their `id`, as Excel has them
        self._looks: dict[tuple[str, str, TextStyle], TextStyle] = {}
        self._formats: dict[str, Node | None] = {}
        self._layouts: dict[str, Node] = {}
        self._pages: set[str] = set()  # backgrounds of pages that state one
        for root in roots:
            for each in root.all(*_KEPT):
                # Nothing refers to a style or a layer without a name; that of headings needs none.
                if each.get("style:name") or each.get("draw:name") or each.name == "text:outline-style":
                    self._keep(each)

    def _keep(self, each: Node) -> None:
        match each.name:
            case "style:style":
                self._styles[each.get("style:family"), each.get("style:name")] = each
                if each.get("style:master-page-name"):
                    self.master_names.add(each.get("style:master-page-name"))
            case "text:list-style":
                self.lists[each.get("style:name")] = each
            case "text:outline-style":
                self.outline = each
            case "style:page-layout":
                self._layouts[each.get("style:name")] = each
                parts = each.all("style:page-layout-properties", "style:header-footer-properties")
                self._pages.update(_ground(part) for part in parts)
            case name if name in _DATA:
                self.data_styles[each.get("style:name")] = each
            case "draw:layer":
                if each.get("draw:display") == "none":
                    self.hidden_layers.add(each.get("draw:name"))
            case _:
                self.masters[each.get("style:name")] = each

    def page_size(self, master: str) -> tuple[float, float] | None:
        """Return width and height of the pages of a master in points; None where they are not known."""
        node = self.masters.get(master)
        layout = self._layouts.get(node.get("style:page-layout-name")) if node is not None else None
        found = layout.find("style:page-layout-properties") if layout is not None else None
        if found is None:
            return None
        width, height = points(found.get("fo:page-width")), points(found.get("fo:page-height"))
        return (width, height) if width > 0 and height > 0 else None

    def chain(self, family: str, name: str) -> Iterator[Node]:
        """Yield a style and those that it is based on."""
        for _ in range(_MOST_BASES):
            style = self._styles.get((family, name))
            if style is None:
                return
            yield style
            name = style.get("style:parent-style-name")

    def list_of(self, paragraph: Node | None) -> str:
        """Return the list that a paragraph's style names; empty for none."""
        chain = self.chain("paragraph", paragraph.get("text:style-name")) if paragraph is not None else ()
        return next((name for style in chain if (name := style.get("style:list-style-name"))), "")

    def value(self, family: str, name: str, properties: str, attribute: str) -> str:
        """Return the nearest value of an attribute; empty without one."""
        for style in self.chain(family, name):
            if found := style.value(f"style:{properties}-properties", of=attribute):
                return found
        return ""

    def look(self, family: str, name: str, before: TextStyle) -> TextStyle:
        """Return how text with this style looks inside text that looks as before."""
        if not name:
            return before
        key = family, name, before
        if key not in self._looks:
            self._looks[key] = self._read_look(family, name, before)
        return self._looks[key]

    def _read_look(self, family: str, name: str, before: TextStyle) -> TextStyle:
        values = {key: self.value(family, name, "text", key) for key in _READ}
        weight, leaning, line = values["fo:font-weight"], values["fo:font-style"], values["style:text-underline-style"]
        return TextStyle(
            hidden=before.hidden or values["text:display"] == "none",
            tiny=_is_tiny(values["fo:font-size"], before=before.tiny),
            clear=self._is_clear(family, name, before=before.clear),
            colour=self._colour(family, name, before.colour),
            behind=self.behind(family, name, before.behind),
            drawn=before.drawn,
            underlined=before.underlined if not line else line != "none",
            bold=before.bold if not weight else weight == "bold" or number(weight) >= 600,  # noqa: PLR2004
            italic=before.italic if not leaning else leaning != "normal",
            raised=before.raised or _is_raised(values["style:text-position"]),
            struck=self._is_struck(family, name, before),
            capitals=before.capitals or values["fo:text-transform"] == "uppercase",
        )

    def data_style(self, name: str) -> Node | None:
        """Return the format of the values of cells with this style."""
        if name not in self._formats:
            named = (style.get("style:data-style-name") for style in self.chain("table-cell", name))
            self._formats[name] = self.data_styles.get(next((each for each in named if each), ""))
        return self._formats[name]

    @property
    def paper(self) -> TextStyle:
        """How text looks before a style says more. Pages of a colour may be those that it stands on."""
        return TextStyle(behind=PAPER if self._pages <= _NO_COLOUR | {PAPER} else UNKNOWN)

    def behind(self, family: str, name: str, around: str) -> str:
        """Return the colour that a style puts behind letters, as that of its own letters or of all of it."""
        for kind in ("text", family):
            parts = (style.find(f"style:{kind}-properties") for style in self.chain(family, name))
            found = next((ground for part in parts if part is not None and (ground := _ground(part))), "")
            if found not in _NO_COLOUR:
                return found
        return around

    def behind_shape(self, name: str) -> str:
        """Return the colour of a shape that is filled with one, for there may be anything behind others."""
        if self.value("graphic", name, "graphic", "draw:fill") != "solid":
            return UNKNOWN
        return named_colour(self.value("graphic", name, "graphic", "draw:fill-color"))

    def is_squeezed(self, row: str) -> bool:
        """Return whether a row of a table has no height in which letters are seen."""
        kind = "table-row"
        if self.value(kind, row, kind, "style:use-optimal-row-height") == "true":
            return False
        return 0 < points(self.value(kind, row, kind, "style:row-height")) <= _SMALLEST_POINTS

    def row_height(self, row: str) -> float:
        """Return how high a row is, in points."""
        return points(self.value("table-row", row, "table-row", "style:row-height")) or _USUAL_HEIGHT

    def column_width(self, column: str) -> float:
        """Return how wide a column is, in points."""
        return points(self.value("table-column", column, "table-column", "style:column-width")) or _USUAL_WIDTH

    def _colour(self, family: str, name: str, before: str) -> str:
        """Return the colour of letters; the nearest style that names one, or leaves it to the program, counts."""
        for style in self.chain(family, name):
            if style.value("style:text-properties", of="style:use-window-font-color") == "true":
                return ""
            if found := style.value("style:text-properties", of="fo:color"):
                return named_colour(found)
        return before

    def _is_clear(self, family: str, name: str, *, before: bool) -> bool:
        """Return whether letters can be looked through; of a colour that the program chooses that says nothing."""
        for style in self.chain(family, name):
            if style.value("style:text-properties", of="style:use-window-font-color") == "true":
                return False
            if found := style.value("style:text-properties", of="?:opacity"):
                return number(found.rstrip("%")) <= _CLEAR
        return before

    def _is_struck(self, family: str, name: str, before: TextStyle) -> bool:
        """Return whether a line goes through the text; the nearest style that has one of both attributes counts."""
        for style in self.chain(family, name):
            found = {style.value("style:text-properties", of=one) for one in _LINES} - {None, ""}
            if found:
                return "none" not in found
        return before.struck


def _ground(properties: Node) -> str:
    """Return the colour of a background: UNKNOWN for a picture or a gradient, empty or transparent without one."""
    picture = properties.find("style:background-image")
    if properties.get("draw:fill") in _FADING or (picture is not None and picture.get("xlink:href")):
        return UNKNOWN
    found = properties.get("fo:background-color")
    return found if found in _NO_COLOUR else named_colour(found)


def named_colour(colour: str) -> str:
    """Return a colour as six digits; UNKNOWN for what is none."""
    return colour[1:].upper() if _COLOUR.fullmatch(colour) else UNKNOWN


def _is_raised(position: str) -> bool:
    """Return whether letters stand above the line: "super", or by a part of their height."""
    first = position.partition(" ")[0]
    return first == "super" or (first.endswith("%") and number(first[:-1]) > 0)


_DATA: Final = tuple(
    f"number:{kind}-style" for kind in ("number", "currency", "percentage", "date", "time", "boolean", "text")
)
_KEPT: Final = (
    *_DATA,
    "style:style", "text:list-style", "text:outline-style", "style:master-page", "style:page-layout", "draw:layer",
)  # fmt: skip
_LINES: Final = ("style:text-line-through-style", "style:text-line-through-type")
_READ: Final = (
    "text:display", "fo:font-weight", "fo:font-style", "style:text-position", "fo:text-transform", "fo:font-size",
    "style:text-underline-style",
)  # fmt: skip


def _is_tiny(size: str, *, before: bool) -> bool:
    """Return whether letters are too small to be seen; of a part of the size around, where it is very small."""
    if size.endswith("%"):
        return before or number(size[:-1]) <= _SMALLEST_PART
    return points(size) <= _SMALLEST_POINTS if size[-2:] in POINTS else before


class Counter:
    """Counts the items of one list, or headings, on all levels."""

    def __init__(self, style: Node | None) -> None:
        self._levels = {each.get("text:level"): each for each in style.elements()} if style is not None else {}
        self._counts = [0] * _LEVELS

    def marker(self, level: int, start: str = "") -> str:
        """Count one item of a level, from 1, and return what stands before it."""
        level = min(max(level, 1), _LEVELS)
        style = self._levels.get(str(level))
        if style is None:
            return ""
        if style.name.endswith("-bullet"):
            return bullet(
                style.get("text:bullet-char"), style.value("style:text-properties", of="fo:font-family") or ""
            )
        if style.name.endswith("-image"):
            return BULLET
        begun = _whole(start) or (_whole(style.get("text:start-value")) if not self._counts[level - 1] else 0)
        self._counts[level - 1] = begun or self._counts[level - 1] + 1
        self._counts[level:] = [0] * (_LEVELS - level)
        if not style.get("style:num-format"):
            return ""
        shown = min(_whole(style.get("text:display-levels")) or 1, level)
        numbers = [self._number(each) for each in range(level - shown + 1, level + 1)]
        text = ".".join(one for one in numbers if one)
        return f"{style.get('style:num-prefix')}{text}{style.get('style:num-suffix')}".strip()

    def _number(self, level: int) -> str:
        style = self._levels.get(str(level))
        kind = _FORMATS.get(style.get("style:num-format") if style is not None else "", "none")
        return written_number(max(self._counts[level - 1], 1), kind)


def _whole(text: str) -> int:
    return min(int(text), _MOST_NUMBER) if text.isascii() and text.isdigit() else 0


def points(length: str) -> float:
    """Return a length in points; zero for what is none."""
    return number(length[:-2]) * POINTS.get(length[-2:], 0)


def size_of(node: Node) -> tuple[float, float] | None:
    """Return width and height of a frame; None where it has none."""
    width, height = points(node.get("svg:width")), points(node.get("svg:height"))
    return (width, height) if width > 0 and height > 0 else None
