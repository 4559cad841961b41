"""Reads an Excel workbook (.xlsx): of the sheets, rows and columns that are seen, the values that cells show.

Not seen: formulas, comments, hidden sheets, rows and columns, defined names, conditions, filters, connections, pivot
caches. A number is written as its format shows it, where the format can be told (`number_formats`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.colours import is_light
from scrubbers.jailed.office.drawings import Drawings
from scrubbers.jailed.office.excel.number_formats import NumberFormats
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.slides.shapes import Shapes
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.layout import MOST_FILLED_CELLS, MOST_ROWS
from scrubbers.jailed.typeset.model import Block, Cell, Frame, PageBreak, Paragraph, Picture, Run, Table
from scrubbers.stages import TooLarge, TooManyPages, What, Where

_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_ON: Final = frozenset({"1", "true"})
_HIDDEN: Final = frozenset({"hidden", "veryHidden"})
_MOST_COLUMNS: Final = 1024
_MOST_CELLS: Final = 1_000_000
_MOST_MERGED: Final = 200_000
_TRUTHS: Final = {"1": "TRUE", "0": "FALSE"}
_BLANK_FORMAT: Final = ";;;"
_COLOUR_DIGITS: Final = 8  # alpha first


@dataclass(frozen=True, slots=True)
class _Style:
    """What of a cell's format matters. `hidden`: nothing of the cell is seen."""

    number: int
    bold: bool
    struck: bool
    hidden: bool


@dataclass(frozen=True, slots=True, repr=False)
class _Piece:
    """Part of a text. A look of its own says whether it is struck out; without one (None) the cell's does."""

    text: str
    bold: bool = False
    struck: bool | None = None


class Workbook:
    """A workbook's strings and formats, and its sheets."""

    def __init__(self, package: Package, part: str, findings: Findings) -> None:
        self._package = package
        self._part = part
        self._findings = findings
        self._drawable = Drawable(findings)
        self._pictures: dict[object, Picture | None] = {}
        self._filled = 0
        root = package.tree(part)
        self._sheets = list(root.all("s:sheet"))
        self._from_1904 = root.value("s:workbookPr", of="date1904") in _ON
        strings, styles = package.by_kind(part, "sharedStrings"), package.by_kind(part, "styles")
        self._strings = list(self._read_strings(package.tree(strings))) if strings else []
        self._styles, self._formats = self._read_styles(package.tree(styles) if styles else None)

    def read(self) -> Iterator[Block]:
        """Yield a heading and a table for each sheet that is seen."""
        relations = self._package.relations(self._part)
        shown = 0
        for sheet in self._sheets:
            relation = relations.get(sheet.get("r:id"))
            if sheet.get("state") in _HIDDEN:
                self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, sheet.get("name"))
                continue
            if relation is None or relation.is_external or not self._package.has(relation.target):
                continue
            blocks = [*self._sheet(relation.target), *self._drawn(relation.target)]
            if not blocks:
                continue
            if shown:
                yield PageBreak()
            shown += 1
            yield Paragraph((Run(self._drawable.text(sheet.get("name"))),), heading=1)
            yield from blocks

    def _sheet(self, part: str) -> Iterator[Block]:
        root = self._package.tree(part)
        hidden = _hidden_columns(root)
        merged = dict(_merged(root))
        rows: list[tuple[Cell, ...]] = []
        total = 0
        data = root.find("s:sheetData")
        for row in data.elements() if data is not None else ():
            cells = list(_placed(row))
            total += len(cells)
            if total > _MOST_CELLS:
                raise TooLarge
            if row.get("hidden") in _ON or row.get("ht") == "0":
                self._report_hidden(cells)
                continue
            made = self._row(cells, hidden, merged)
            self._filled += sum(bool(cell.blocks) for cell in made)
            if self._filled > MOST_FILLED_CELLS:
                raise TooLarge
            if any(cell.blocks for cell in made):
                rows.append(made)
            if len(rows) > MOST_ROWS:
                raise TooManyPages
        if rows:
            yield Table(_trimmed(rows))

    def _report_hidden(self, cells: Sequence[tuple[int, str, Node]]) -> None:
        if any(node.find("s:v") is not None or node.find("s:is") is not None for _, _, node in cells):
            self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT)

    def _row(
        self, cells: Sequence[tuple[int, str, Node]], hidden: frozenset[int], merged: dict[str, int]
    ) -> tuple[Cell, ...]:
        made: list[Cell] = []
        column = 0
        for place, name, node in cells:
            made += [Cell(())] * sum(each not in hidden for each in range(column, place))
            span = merged.get(name, 1)
            if node.find("s:f") is not None:
                self._findings.add(What.OTHER, Where.DOCUMENT)
            runs = self._runs(node)
            if place in hidden or span == 0:
                if runs:
                    self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT)
                runs = ()
            if place not in hidden:
                made.append(Cell((Paragraph(runs),) if runs else ()))
            column = place + 1
        return tuple(made)

    def _runs(self, cell: Node) -> tuple[Run, ...]:
        """Return what a cell shows."""
        number = cell.get("s", "0")
        style = self._styles[int(number)] if number.isdigit() and int(number) < len(self._styles) else _PLAIN
        stored = cell.find("s:v")
        value = stored.text() if stored is not None else ""
        match cell.get("t", "n"):
            case "s":
                pieces = self._strings[int(value)] if value.isdigit() and int(value) < len(self._strings) else ()
            case "inlineStr":
                pieces = self._rich(cell.find("s:is"))
            case "b":
                pieces = self._plain(_TRUTHS.get(value, value))
            case "str" | "e" | "d":
                pieces = self._plain(value)
            case _:
                pieces = self._plain(self._formats.shown(value, style.number) if value else "")
        if style.hidden:
            if pieces:
                self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, "".join(one.text for one in pieces))
            return ()
        return tuple(
            Run(one.text, one.bold or style.bold, struck=style.struck if one.struck is None else one.struck)
            for one in pieces
        )

    def _plain(self, text: str) -> tuple[_Piece, ...]:
        shown = self._drawable.text(text)
        return (_Piece(shown),) if shown.strip() else ()

    def _rich(self, item: Node | None) -> tuple[_Piece, ...]:
        """Return a string with looks of its own; what tells how to say it aloud is not shown."""
        pieces: list[_Piece] = []
        for each in item.elements() if item is not None else ():
            if each.name == "s:t":
                pieces.append(_Piece(self._drawable.text(each.text())))
            elif each.name == "s:r":
                text = each.find("s:t")
                look = each.find("s:rPr")
                struck = None if look is None else _is_on(look, "s:strike")
                shown = self._drawable.text(text.text() if text is not None else "")
                pieces.append(_Piece(shown, _is_on(look, "s:b"), struck))
        return tuple(pieces) if any(one.text.strip() for one in pieces) else ()

    def _read_strings(self, root: Node) -> Iterator[tuple[_Piece, ...]]:
        return (self._rich(item) for item in root.elements())

    def _read_styles(self, root: Node | None) -> tuple[list[_Style], NumberFormats]:
        if root is None:
            return [], NumberFormats({}, from_1904=self._from_1904)
        formats = (each for each in root.all("s:numFmt") if each.get("numFmtId").isdigit())
        own = {int(each.get("numFmtId")): each.get("formatCode") for each in formats}
        fonts, fills, cells = (_children(root, name) for name in ("s:fonts", "s:fills", "s:cellXfs"))
        styles = []
        for each in cells:
            font, fill = _at(fonts, each.get("fontId")), _at(fills, each.get("fillId"))
            number = int(each.get("numFmtId", "0")) if each.get("numFmtId", "0").isdigit() else 0
            # A format of three empty parts shows neither numbers nor text.
            hidden = own.get(number) == _BLANK_FORMAT or _is_light(font, fill)
            styles.append(_Style(number, _is_on(font, "s:b"), _is_on(font, "s:strike"), hidden))
        return styles, NumberFormats(own, from_1904=self._from_1904)

    def _drawn(self, part: str) -> Iterator[Block]:
        """Yield what stands on a sheet: pictures, charts, text boxes."""
        where = self._package.by_kind(part, "drawing")
        if where is None:
            return
        drawings = Drawings(self._package, where, self._drawable, self._findings, self._pictures)
        shapes = Shapes(drawings, self._drawable, self._findings)
        for anchor in self._package.tree(where).elements():
            for block in shapes.read(anchor):
                yield block if not isinstance(block, Paragraph) else Frame(labels.TEXT_BOX, (block,))


_PLAIN: Final = _Style(0, bold=False, struck=False, hidden=False)


def _children(root: Node, name: str) -> list[Node]:
    found = root.find(name)
    return list(found.elements()) if found is not None else []


def _at(nodes: Sequence[Node], number: str) -> Node | None:
    return nodes[int(number)] if number.isdigit() and int(number) < len(nodes) else None


def _is_on(font: Node | None, name: str) -> bool:
    """Return whether a font has a switch that is on; one without a value is."""
    value = font.value(name, of="val") if font is not None else None
    return value is not None and (value or "1") in _ON


def _is_light(font: Node | None, fill: Node | None) -> bool:
    """Return whether letters are white on no colour; a colour of the theme is left alone but for white itself."""
    kind = fill.value("s:patternFill", of="patternType") if fill is not None else "none"
    if kind not in {"none", None, ""} or (fill is not None and fill.find("s:gradientFill") is not None):
        return False
    colour = font.find("s:color") if font is not None else None
    if colour is None:
        return False
    rgb = colour.get("rgb")
    if len(rgb) != _COLOUR_DIGITS:
        return colour.get("theme") == "0" and not colour.get("tint")
    return is_light(rgb[2:])


def _hidden_columns(root: Node) -> frozenset[int]:
    hidden: set[int] = set()
    for each in _children(root, "s:cols"):
        first, last = each.get("min"), each.get("max")
        if (each.get("hidden") in _ON or each.get("width") == "0") and first.isdigit() and last.isdigit():
            hidden.update(range(int(first) - 1, min(int(last), _MOST_COLUMNS)))
    return frozenset(hidden)


def _merged(root: Node) -> Iterator[tuple[str, int]]:
    """Yield each cell that another one covers, with a span of zero."""
    count = 0
    for each in _children(root, "s:mergeCells"):
        found = [_PLACE.fullmatch(end) for end in each.get("ref").split(":")]
        if len(found) != 2 or found[0] is None or found[1] is None:  # noqa: PLR2004  two corners
            continue
        first, last = found[0], found[1]
        for row in range(int(first[2]), int(last[2]) + 1):
            for column in range(_column(first[1]), min(_column(last[1]), _MOST_COLUMNS) + 1):
                count += 1
                if count > _MOST_MERGED:
                    raise TooLarge
                if (row, column) != (int(first[2]), _column(first[1])):
                    yield f"{column}:{row}", 0


def _placed(row: Node) -> Iterator[tuple[int, str, Node]]:
    """Yield the cells of a row with their columns, from zero, which never go back."""
    column = 0
    for cell in row.elements():
        if cell.name != "s:c":
            continue
        found = _PLACE.fullmatch(cell.get("r"))
        column = max(column, _column(found[1])) if found else column
        if column >= _MOST_COLUMNS:
            return
        yield column, f"{column}:{found[2]}" if found else "", cell
        column += 1


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _trimmed(rows: Sequence[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Leave out columns in which no row has anything, at the left and at the right."""
    used = {place for row in rows for place, cell in enumerate(row) if cell.blocks}
    first, last = min(used), max(used) + 1
    return tuple((*row[first:last], *[Cell(())] * (last - max(first, len(row)))) for row in rows)
