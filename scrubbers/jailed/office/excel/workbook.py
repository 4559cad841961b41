"""Reads an Excel workbook (.xlsx): of the sheets, rows and columns that are seen, the values that cells show.

Not seen: formulas, comments, hidden sheets, rows and columns, defined names, conditions, filters, connections, pivot
caches. A number is written as its format shows it, where the format can be told (`number_formats`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.colours import PAPER, UNKNOWN, hue_of, is_lost, is_unseen, scheme_of
from scrubbers.jailed.office.covering import Covered, Fill, covered_by
from scrubbers.jailed.office.drawings import Drawings
from scrubbers.jailed.office.excel.conditions import Conditions, Content, Shade
from scrubbers.jailed.office.excel.covered import Grid, cells_under, drawn_on
from scrubbers.jailed.office.excel.looks import ON, CellStyle, behind_of, look_of, palette_of, unescaped
from scrubbers.jailed.office.excel.merged import (
    PLACE,
    column_of,
    covered_cells,
    hidden_columns,
    is_hidden_row,
    placed_rows,
    seen_spans,
)
from scrubbers.jailed.office.excel.number_formats import NumberFormats, is_blank
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.sheet_rows import MOST_COLUMNS, SheetRows
from scrubbers.jailed.office.slides.shapes import Shapes
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.layout import MOST_FILLED_CELLS
from scrubbers.jailed.typeset.model import (
    Block,
    Cell,
    Frame,
    Hue,
    PageBreak,
    Paint,
    Paragraph,
    Picture,
    Run,
)
from trusted.jail.stages import Lost, TooLarge, What, Where

_HIDDEN: Final = frozenset({"hidden", "veryHidden"})
_MOST_CELLS: Final = 1_000_000
_TRUTHS: Final = {"1": "TRUE", "0": "FALSE"}


@dataclass(frozen=True, slots=True)
class _Style:
    """What of a cell's format matters. `blank`: nothing of it is seen. `behind`: the colour behind its letters."""

    number: int
    look: CellStyle
    blank: bool
    behind: str
    tint: Hue | None = None
    lost: bool = False  # a colour that the copy does not have


@dataclass(frozen=True, slots=True, repr=False)
class _Piece:
    """Part of a text. Without a look of its own (None) it has the cell's."""

    text: str
    look: CellStyle | None = None


class Workbook:
    """A workbook's strings and formats, and its sheets."""

    def __init__(self, package: Package, part: str, findings: Findings) -> None:
        self._package = package
        self._part = part
        self._findings = findings
        self._drawable = Drawable(findings)
        self._pictures: dict[object, Picture | None] = {}
        self._filled = 0
        self._covered = Covered()
        self._is_covered = False  # whether something on a sheet may hide a cell
        root = package.tree(part)
        self._sheets = list(root.all("s:sheet"))
        self._from_1904 = root.value("s:workbookPr", of="date1904") in ON
        strings, styles = package.by_kind(part, "sharedStrings"), package.by_kind(part, "styles")
        looks = package.tree(styles) if styles else None
        self._palette = palette_of(looks, scheme_of(package, part))
        self._strings = list(self._read_strings(package.tree(strings))) if strings else []
        self._styles, self._formats = self._read_styles(looks)
        self._conditional = _children(looks, "s:dxfs") if looks is not None else []
        self._conditions = Conditions(root, (), {}, ())

    def read(self) -> Iterator[Block]:
        """Yield a heading and a table for each sheet that is seen."""
        shown = 0
        for sheet in self._sheets:
            target = self._package.target(self._part, sheet.get("r:id"))
            if sheet.get("state") in _HIDDEN:
                self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, sheet.get("name"))
                continue
            blocks = [*self._sheet(target), *self._drawn(target)] if target is not None else []
            if not blocks:
                continue
            if shown:
                yield PageBreak()
            shown += 1
            yield Paragraph((Run(self._drawable.text(sheet.get("name"))),), heading=1)
            yield from blocks

    def _sheet(self, part: str) -> Iterator[Block]:
        root = self._package.tree(part)
        hidden = hidden_columns(root)
        covered, spans = covered_cells(root, hidden, hidden_columns(root, flat=True)), seen_spans(root, hidden)
        covered |= self._under_drawings(root, part, hidden)
        shades = [Shade(each.look, each.behind, each.blank) for each in (_PLAIN, *self._styles)]
        self._conditions = Conditions(root, self._conditional, self._palette, shades)
        rows = SheetRows()
        total, before = 0, -1
        others_are_seen = root.value("s:sheetFormatPr", of="zeroHeight") not in ON
        for place, row in placed_rows(root):
            if others_are_seen:
                rows.add(range(before + 2, place + 1), ())
            before = place
            cells = list(_placed(row))
            total += len(cells)
            if total > _MOST_CELLS:
                raise TooLarge
            if is_hidden_row(row):
                self._report_hidden(cells)
                continue
            made = self._row(cells, place + 1, hidden, covered, spans)
            self._filled += sum(bool(cell.blocks) for cell in made)
            if self._filled > MOST_FILLED_CELLS:
                raise TooLarge
            rows.add(range(place + 1, place + 2), made)
        edges = root.find("s:headerFooter")
        if edges is not None and (text := edges.text().strip()):
            # It is for paper, and nobody sees it on a screen.
            self._findings.add(What.HIDDEN_TEXT, Where.PAGES, text)
        if (table := rows.table(hidden)) is not None:
            yield table
        # What stands in rows and columns without a text, and what conditions and styles of tables colour.
        if rows.loses_tints or root.find("s:conditionalFormatting") or root.find("s:tableParts", "s:tablePart"):
            self._findings.lose(Lost.TEXT_COLOURS)

    def _report_hidden(self, cells: Sequence[tuple[int, str, Node]]) -> None:
        if any(node.find("s:v") is not None or node.find("s:is") is not None for _, _, node in cells):
            self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT)

    def _row(
        self,
        cells: Sequence[tuple[int, str, Node]],
        number: int,
        hidden: frozenset[int],
        covered: frozenset[str],
        spans: Mapping[str, int],
    ) -> tuple[Cell, ...]:
        made: list[Cell] = []
        column = 0
        for place, name, node in cells:
            made += [Cell(())] * sum(each not in hidden for each in range(column, place))
            if node.find("s:f") is not None:
                self._findings.add(What.OTHER, Where.DOCUMENT)
            if is_unseen := place in hidden or name in covered:
                self._report_hidden([(place, name, node)])
            runs = () if is_unseen else self._runs(node, (place, number))
            if place not in hidden:
                tint = None if name in covered else self._style(node).tint
                if tint is not None and not runs and self._is_covered:
                    self._findings.lose(Lost.TEXT_COLOURS)
                    tint = None
                made.append(Cell((Paragraph(runs),) if runs else (), spans.get(name, 1), tint))
            column = place + 1
        return tuple(made)

    def _style(self, cell: Node) -> _Style:
        number = cell.get("s", "0")
        return self._styles[int(number)] if number.isdigit() and int(number) < len(self._styles) else _PLAIN

    def _runs(self, cell: Node, place: tuple[int, int] | None = None) -> tuple[Run, ...]:
        """Return what a cell shows; at a column and a row as conditions colour it. Raises OfficeDocument."""
        style = self._coloured(cell, self._style(cell), place)
        if style.lost:
            self._findings.lose(Lost.TEXT_COLOURS)
        stored = cell.find("s:v")
        value = stored.text() if stored is not None else ""
        kind = cell.get("t", "n")
        # A text that is empty is a value, and stands in the file as one.
        is_missing = kind != "inlineStr" and not value and (kind != "str" or stored is None)
        if is_missing and cell.find("s:f") is not None:
            return tuple(self._seen((_Piece(labels.NO_VALUE),), style))
        match kind:
            case "s":
                pieces = self._strings[int(value)] if value.isdigit() and int(value) < len(self._strings) else ()
                pieces = self._as_text(pieces, style.number)
            case "inlineStr":
                pieces = self._as_text(self._rich(cell.find("s:is")), style.number)
            case "b":
                pieces = self._plain(_TRUTHS.get(value, value))
            case "str":
                pieces = self._as_text(self._plain(value), style.number)
            case "e" | "d":
                pieces = self._plain(value)
            case _:
                pieces = self._plain(self._formats.shown(value, style.number) if value else "")
        return tuple(self._seen(pieces, style))

    def _coloured(self, cell: Node, style: _Style, place: tuple[int, int] | None) -> _Style:
        """Return a style with what a format of numbers and conditions say of its colours. Raises OfficeDocument."""
        kind, value = cell.get("t", "n"), cell.find("s:v")
        text = value.text() if value is not None else ""
        is_text = kind in {"s", "str", "inlineStr"}
        named = self._palette.get(self._formats.colour(text, style.number, is_text=is_text), "")
        look = replace(style.look, colour=named) if named else style.look
        shade = Shade(look, style.behind, style.blank)
        if place is not None and self._conditions and (text or cell.find("s:is") is not None):
            if kind == "s" and text.isdigit() and int(text) < len(self._strings):
                text = "".join(one.text for one in self._strings[int(text)])
            elif kind == "inlineStr":
                text = "".join(one.text for one in self._rich(cell.find("s:is")))
            shade = self._conditions.over(shade, place, Content("s" if is_text else kind, text))
        return replace(style, look=shade.look, behind=shade.behind, blank=shade.blank)

    def _seen(self, pieces: Sequence[_Piece], style: _Style) -> Iterator[Run]:
        """Yield what is seen of a cell's text; the rest is reported."""
        for one in pieces:
            look = style.look if one.look is None else one.look
            if style.blank or look.tiny or is_unseen(look.colour, style.behind):
                self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, one.text)
            else:
                if is_lost(look.colour):
                    self._findings.lose(Lost.TEXT_COLOURS)
                paint = Paint(hue_of(look.colour), underlined=look.underlined)
                bold = look.bold or style.look.bold
                yield Run(one.text, bold, raised=look.raised, struck=look.struck, paint=paint)

    def _as_text(self, pieces: tuple[_Piece, ...], number: int) -> tuple[_Piece, ...]:
        """Return a text as the cell's format shows it: with words of its own around it, or not at all."""
        text = "".join(one.text for one in pieces)
        shown = self._formats.text(text, number)
        if shown == text:
            return pieces
        if text not in shown:
            self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, text)
        return self._plain(shown)

    def _plain(self, text: str) -> tuple[_Piece, ...]:
        shown = self._drawable.text(unescaped(text))
        return (_Piece(shown),) if shown.strip() else ()

    def _rich(self, item: Node | None) -> tuple[_Piece, ...]:
        """Return a string with looks of its own; what tells how to say it aloud is not shown."""
        pieces: list[_Piece] = []
        for each in item.elements() if item is not None else ():
            if each.name == "s:t":
                pieces.append(_Piece(self._drawable.text(unescaped(each.text()))))
            elif each.name == "s:r":
                text = each.find("s:t")
                look = each.find("s:rPr")
                shown = self._drawable.text(unescaped(text.text() if text is not None else ""))
                pieces.append(_Piece(shown, None if look is None else look_of(look, self._palette)))
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
            look, behind = look_of(font, self._palette), behind_of(fill, self._palette)
            lost = behind == UNKNOWN or is_lost(behind) or is_lost(look.colour)
            styles.append(_Style(number, look, is_blank(own.get(number, "")), behind, hue_of(behind), lost))
        return styles, NumberFormats(own, from_1904=self._from_1904)

    def _drawn(self, part: str) -> Iterator[Block]:
        """Yield what stands on a sheet: pictures, charts, text boxes."""
        anchors = self._anchors(part)
        if anchors is None:
            return
        shapes = Shapes(anchors[1], self._drawable, self._findings, covered=self._covered)
        grid = Grid(self._package.tree(part), hidden_columns(self._package.tree(part)))
        for anchor in anchors[0].elements():
            if grid.is_squeezed(anchor):
                self._findings.add(What.HIDDEN_DRAWING, Where.PAGES, "".join(each.text() for each in anchor.all("a:t")))
                continue
            for block in shapes.read(anchor):
                yield block if not isinstance(block, Paragraph) else Frame(labels.TEXT_BOX, (block,))

    def _anchors(self, part: str) -> tuple[Node, Drawings] | None:
        where = self._package.by_kind(part, "drawing")
        if where is None:
            return None
        drawings = Drawings(self._package, where, self._drawable, self._findings, self._pictures)
        return self._package.tree(where), drawings

    def _under_drawings(self, root: Node, part: str, hidden: frozenset[int]) -> frozenset[str]:
        """Return the cells that shapes and pictures hide; raises OfficeDocument."""
        anchors = self._anchors(part)
        self._is_covered = False
        if anchors is None:
            return frozenset()
        grid = Grid(root, hidden)
        things = drawn_on(anchors[0], grid, anchors[1])
        self._covered = covered_by(things)
        if all(each.fill is Fill.NONE for each in things):
            return frozenset()
        self._is_covered = True
        under, over = cells_under(root, grid, things, self._lengths(root))
        self._covered.over |= over
        return under

    def _lengths(self, sheet: Node) -> dict[int, int]:
        """Return how many letters the texts of cells have."""
        texts = (cell for cell in sheet.all("s:c") if cell.get("t") in {"s", "str", "inlineStr"})
        return {id(cell): sum(len(run.text) for run in self._runs(cell)) for cell in texts}


_PLAIN: Final = _Style(0, look_of(None, {}), blank=False, behind=PAPER)


def _children(root: Node, name: str) -> list[Node]:
    found = root.find(name)
    return list(found.elements()) if found is not None else []


def _at(nodes: Sequence[Node], number: str) -> Node | None:
    return nodes[int(number)] if number.isdigit() and int(number) < len(nodes) else None


def _placed(row: Node) -> Iterator[tuple[int, str, Node]]:
    """Yield the cells of a row with their columns, from zero, which never go back. Raises TooLarge beyond the last."""
    column = 0
    for cell in row.elements():
        if cell.name != "s:c":
            continue
        found = PLACE.fullmatch(cell.get("r"))
        column = max(column, column_of(found[1])) if found else column
        if column >= MOST_COLUMNS:
            if cell.find("s:v") is not None or cell.find("s:is") is not None:
                raise TooLarge
            return
        yield column, f"{column}:{found[2]}" if found else "", cell
        column += 1
