"""Tables and sheets of an OpenDocument file: what is seen of rows, columns and cells, values and no formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice, repeat
from typing import Final, TypeAlias

from scrubbers.jailed.office.colours import hue_of
from scrubbers.jailed.office.odf.covering import require_no_cell_under
from scrubbers.jailed.office.odf.shared import ReadsBlocks
from scrubbers.jailed.office.odf.styles import Styles, TextStyle, named_colour
from scrubbers.jailed.office.odf.values import colour_of, shown_instead
from scrubbers.jailed.office.sheet_rows import MOST_COLUMNS, SheetRows, filled
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.layout import MOST_ROWS
from scrubbers.jailed.typeset.model import Block, Cell, Hue, Table
from trusted.jail.stages import Lost, TooLarge, TooManyPages, What, Where

_GROUPS: Final = frozenset(
    {"table:table-rows", "table:table-row-group", "table:table-columns", "table:table-column-group"}
)
_HEADS: Final = frozenset({"table:table-header-rows"})
_HIDDEN: Final = frozenset({"collapse", "filter"})
_HIDDEN_WHOLE: Final = "hidden-and-protected"
_CELL_STYLE: Final = "table:default-cell-style-name"
_COVERED: Final = "table:covered-table-cell"
_DOWN: Final = "table:number-rows-spanned"
_CELLS: Final = frozenset({"table:table-cell", _COVERED})
_OF_EMPTY: Final = {"table:style-name", "table:number-columns-repeated", "table:content-validation-name"}


def read_table(table: Node, reader: ReadsBlocks, look: TextStyle) -> list[Block]:
    """Return the table, unless nothing of it is seen; drawings that stand on a sheet come after it."""
    hidden, columns, widths = _columns(table, reader.shared.styles)
    styles = reader.shared.styles
    if reader.shared.is_sheet:
        seen = (
            (row, _count(row, "table:number-rows-repeated")) for row, _ in _rows(table) if not _is_hidden(row, styles)
        )
        require_no_cell_under(table, seen, widths, reader.shared)
    around = replace(look, behind=styles.behind("table", table.get("table:style-name"), look.behind))
    is_locked = table.get("table:protected") == "true"
    merged: _Merged = {}
    rows, named = list[tuple[Cell, ...]](), SheetRows()
    is_sheet = table is reader.shared.sheet
    headings, number = 0, 1
    colours = {name: hue_of(styles.look("table-cell", name, around).behind) for name in set(columns.values())}
    last_tinted = max((place for place, name in columns.items() if colours[name] and place not in hidden), default=-1)
    for row, is_head in _rows(table):
        looks = _Looks(reader, around, columns, row, last_tinted, is_locked=is_locked)
        count = _count(row, "table:number-rows-repeated")
        if _is_hidden(row, styles):
            _hide(row, looks, reader, merged)
        else:
            cells = _cells(row, hidden, looks, reader, merged)
            if is_sheet:
                named.add(range(number, number + count), cells)
            elif any(cell.blocks for cell in cells):
                rows += [cells] * min(count, MOST_ROWS)
            headings = len(rows or named.rows) if is_head else headings
        if len(rows) > MOST_ROWS:
            raise TooManyPages
        _pass(merged, count, reader)
        number += count
    found = named.table(hidden, headings) if is_sheet else Table(_trimmed(rows), headings) if rows else None
    blocks: list[Block] = [found] if found is not None else []
    if named.loses_tints or table.find("?:conditional-formats") is not None:
        reader.shared.findings.lose(Lost.TEXT_COLOURS)
    for shapes in table.elements():
        if shapes.name == "table:shapes":
            blocks += reader.blocks(shapes)
    return blocks


def _rows(parent: Node, *, is_head: bool = False) -> Iterator[tuple[Node, bool]]:
    for node in parent.elements():
        if node.name == "table:table-row":
            yield node, is_head
        elif node.name in _GROUPS or node.name in _HEADS:
            yield from _rows(node, is_head=is_head or node.name in _HEADS)


def _is_hidden(row: Node, styles: Styles) -> bool:
    return row.get("table:visibility") in _HIDDEN or styles.is_squeezed(row.get("table:style-name"))


def _columns(table: Node, known: Styles) -> tuple[frozenset[int], dict[int, str], list[float]]:
    """Return which columns are hidden, the style of cells that have none of their own, and how wide columns are."""
    hidden: set[int] = set()
    widths: list[float] = []
    styles: dict[int, str] = {}
    place = 0
    for column in table.all("table:table-column", outside="table:table-row"):
        count = min(_count(column, "table:number-columns-repeated"), MOST_COLUMNS)
        if column.get("table:visibility") in _HIDDEN:
            hidden.update(range(place, place + count))
        widths += [0.0 if place in hidden else known.column_width(column.get("table:style-name"))] * count
        if style := column.get(_CELL_STYLE):
            styles |= dict.fromkeys(range(place, min(place + count, MOST_COLUMNS)), style)
        place += count
        if place > MOST_COLUMNS:
            break
    return frozenset(hidden), styles, widths + [known.column_width("")] * (MOST_COLUMNS - len(widths))


class _Looks:
    """How the cells of one row look: by their own style, else the row's, else the column's (ODF 1.3, 19.615)."""

    def __init__(
        self,
        reader: ReadsBlocks,
        around: TextStyle,
        columns: Mapping[int, str],
        row: Node,
        last_tinted: int,
        *,
        is_locked: bool,
    ) -> None:
        self.last_tinted = last_tinted  # the last column that gives a colour to cells
        self._is_locked = is_locked
        self._styles = reader.shared.styles
        behind = self._styles.behind("table-row", row.get("table:style-name"), around.behind)
        self._around = replace(around, behind=behind)
        self._columns, self._row = columns, row.get(_CELL_STYLE)
        self._known: dict[str, TextStyle] = {}

    def style_of(self, cell: Node, column: int) -> str:
        return cell.get("table:style-name") or self._row or self._columns.get(column, "")

    def of(self, name: str) -> TextStyle:
        if name not in self._known:
            look = self._styles.look("table-cell", name, self._around)
            locked = self._styles.value("table-cell", name, "table-cell", "style:cell-protect")
            # On a sheet that is protected, nothing of such a cell is seen (ODF 1.3, part 3, 20.254).
            self._known[name] = replace(look, hidden=look.hidden or (self._is_locked and locked == _HIDDEN_WHOLE))
        return self._known[name]

    def tint(self, name: str) -> Hue | None:
        return hue_of(self.of(name).behind)


@dataclass(slots=True)
class _Waiting:
    """What a merged cell shows whose first row is hidden: it stands in the first row of it that is seen."""

    blocks: list[Block]
    columns: int
    rows: int  # of it, from the next one on
    text: str


_Merged: TypeAlias = dict[int, _Waiting]


def _hide(row: Node, looks: _Looks, reader: ReadsBlocks, merged: _Merged) -> None:
    """Report what a hidden row holds, and keep what is seen of it in the rows below."""
    texts: list[str] = []
    for column, node in enumerate(islice(each_cell(row), MOST_COLUMNS)):
        down = _count(node, _DOWN)
        if down > 1 and node.name != _COVERED:
            merged[column] = _Waiting(_content(node, looks, column, reader), _across(node), down, node.text())
        else:
            texts.append(node.text())
    if text := "".join(texts).strip():
        reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, text)


def _pass(merged: _Merged, count: int, reader: ReadsBlocks) -> None:
    """Go on by so many rows; report what no row of its cell has shown."""
    for column, waiting in list(merged.items()):
        waiting.rows -= count
        if waiting.rows <= 0:
            del merged[column]
            if waiting.blocks:
                reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, waiting.text)


@dataclass(slots=True)
class _Row:
    """The cells of a row that are seen. What one shows whose first column is hidden stands in its next one."""

    hidden: frozenset[int]
    made: list[Cell] = field(default_factory=list)
    column: int = 0
    _waiting: list[Block] = field(default_factory=list)
    _waits_until: int = 0

    def add(self, blocks: list[Block], columns: int, tint: Hue | None, *, is_covered: bool) -> bool:
        """Add the next cell, with how many columns it covers; returns whether something in it is not seen."""
        column = self.column
        self.column += 1
        if column in self.hidden:
            end = column + columns
            if is_covered or self.hidden.issuperset(range(column, end)):
                return bool(blocks)
            self._waiting, self._waits_until = blocks, end
            return False
        shown = blocks
        if is_covered:
            shown = self._waiting if column < self._waits_until else []
            self._waiting = []
        seen = sum(each not in self.hidden for each in range(column, column + columns))
        self.made.append(Cell(tuple(shown), 1 if is_covered else seen, None if is_covered else tint))
        return is_covered and bool(blocks)


def _cells(row: Node, hidden: frozenset[int], looks: _Looks, reader: ReadsBlocks, merged: _Merged) -> tuple[Cell, ...]:
    cells = _Row(hidden)
    findings = reader.shared.findings
    filled_cells, empty = _counted(row)
    for node in _each(filled_cells):
        column = cells.column
        if column >= MOST_COLUMNS:
            if node.text().strip():
                raise TooLarge
            continue
        is_covered = node.name == _COVERED
        blocks = _content(node, looks, column, reader)
        if is_covered and column in merged:
            if blocks:
                findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, node.text())
            waiting = merged.pop(column)
            blocks, columns, is_covered = waiting.blocks, waiting.columns, False
        else:
            columns = _across(node)
        # That of a covered cell is not seen.
        tint = None if node.name == _COVERED else looks.tint(looks.style_of(node, column))
        if tint is not None and not blocks:
            # A drawing may be over it.
            if column not in hidden:
                findings.lose(Lost.TEXT_COLOURS)
            tint = None
        if cells.add(blocks, columns, tint, is_covered=is_covered):
            findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, node.text())
    if _is_tinted(empty, cells.column, looks, hidden):
        findings.lose(Lost.TEXT_COLOURS)
    return tuple(cells.made)


def each_cell(row: Node) -> Iterator[Node]:
    """Yield the cells of a row, up to one beyond the last column each as often as it is repeated.

    Empty ones at the end are left out: programs fill each row up to 1,024 or 16,384 columns with them.
    """
    return _each(_counted(row)[0])


def _each(cells: list[tuple[Node, int]]) -> Iterator[Node]:
    for node, count in cells:
        yield from repeat(node, min(count, MOST_COLUMNS + 1))


def _counted(row: Node) -> tuple[list[tuple[Node, int]], list[tuple[Node, int]]]:
    """Return the cells of a row, each with how often it comes, and the empty ones at its end."""
    cells = [(node, _count(node, "table:number-columns-repeated")) for node in row.elements() if node.name in _CELLS]
    end = len(cells)
    while (
        end and (last := cells[end - 1][0]).name != _COVERED and not last.kids and last.attributes.keys() <= _OF_EMPTY
    ):
        end -= 1
    return cells[:end], cells[end:]


def _is_tinted(empty: list[tuple[Node, int]], column: int, looks: _Looks, hidden: frozenset[int]) -> bool:
    """Return whether empty cells at the end of a row have a colour, of which the first is in this column."""
    for node, count in empty:
        own = looks.style_of(node, MOST_COLUMNS)
        if (
            looks.last_tinted >= column
            if not own
            else looks.tint(own) and not hidden.issuperset(range(column, column + count))
        ):
            return True
        column += count
    return False


def _across(node: Node) -> int:
    return min(_count(node, "table:number-columns-spanned"), MOST_COLUMNS)


def _content(node: Node, looks: _Looks, column: int, reader: ReadsBlocks) -> list[Block]:
    """Return what is seen of a cell; of one of a sheet its value."""
    if node.get("table:formula"):
        reader.shared.findings.add(What.OTHER, Where.DOCUMENT)
    style = looks.style_of(node, column)
    instead = shown_instead(node, style, reader.shared.styles) if reader.shared.is_sheet else None
    if instead is not None:
        kept = [each for each in node.elements() if each.name != "text:p"]
        stored = "".join(each.text() for each in node.elements() if each.name == "text:p")
        if stored.strip():
            reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, stored)
        node = Node(node.name, node.attributes, [Node("text:p", {}, [instead]), *kept])
    look = looks.of(style)
    if reader.shared.is_sheet and (colour := colour_of(node, style, reader.shared.styles)):
        look = replace(look, colour=named_colour(colour))
    return reader.blocks(node, replace(look, drawn=look.behind))


def _trimmed(rows: list[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Leave out empty columns at the right: a sheet has a thousand."""
    widest = max((place + 1 for row in rows for place, cell in enumerate(row) if cell.blocks), default=0)
    return tuple(filled(row[:widest], widest) for row in rows)


def _count(node: Node, attribute: str) -> int:
    text = node.get(attribute, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1  # noqa: PLR2004  digits
