"""Tables and sheets of an OpenDocument file: what is seen of rows, columns and cells, values and no formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from scrubbers.jailed.office.odf.shared import ReadsBlocks
from scrubbers.jailed.office.odf.styles import Look
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.layout import MOST_ROWS
from scrubbers.jailed.typeset.model import Block, Cell, Table
from scrubbers.stages import TooLarge, TooManyPages, What, Where

_GROUPS: Final = frozenset(
    {"table:table-rows", "table:table-row-group", "table:table-columns", "table:table-column-group"}
)
_HEADS: Final = frozenset({"table:table-header-rows"})
_HIDDEN: Final = frozenset({"collapse", "filter"})
_MOST_COLUMNS: Final = 1024
_HIDDEN_WHOLE: Final = "hidden-and-protected"
_CELL_STYLE: Final = "table:default-cell-style-name"
_COVERED: Final = "table:covered-table-cell"
_CELLS: Final = frozenset({"table:table-cell", _COVERED})


def read_table(table: Node, reader: ReadsBlocks, look: Look) -> list[Block]:
    """Return the table, unless nothing of it is seen; drawings that stand on a sheet come after it."""
    hidden, styles = _columns(table)
    is_locked = table.get("table:protected") == "true"
    rows: list[tuple[Cell, ...]] = []
    headings = 0
    for row, is_head in _rows(table):
        if row.get("table:visibility") in _HIDDEN:
            if row.text().strip():
                reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, row.text())
            continue
        cells = _cells(row, hidden, _Looks(reader, look, styles, row, is_locked=is_locked), reader)
        if any(cell.blocks for cell in cells):
            rows += [cells] * min(_count(row, "table:number-rows-repeated"), MOST_ROWS)
            if len(rows) > MOST_ROWS:
                raise TooManyPages
            headings += is_head
    blocks: list[Block] = [Table(_trimmed(rows), headings)] if rows else []
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


def _columns(table: Node) -> tuple[frozenset[int], dict[int, str]]:
    """Return which columns are hidden, and the style of cells that have none of their own."""
    hidden: set[int] = set()
    styles: dict[int, str] = {}
    place = 0
    for column in table.all("table:table-column", outside="table:table-row"):
        count = min(_count(column, "table:number-columns-repeated"), _MOST_COLUMNS)
        if column.get("table:visibility") in _HIDDEN:
            hidden.update(range(place, place + count))
        if style := column.get(_CELL_STYLE):
            styles |= dict.fromkeys(range(place, min(place + count, _MOST_COLUMNS)), style)
        place += count
        if place > _MOST_COLUMNS:
            break
    return frozenset(hidden), styles


class _Looks:
    """How the cells of one row look: by their own style, else the row's, else the column's (ODF 1.3, 19.615)."""

    def __init__(
        self, reader: ReadsBlocks, around: Look, columns: Mapping[int, str], row: Node, *, is_locked: bool
    ) -> None:
        self._is_locked = is_locked
        self._styles, self._around = reader.shared.styles, around
        self._columns, self._row = columns, row.get(_CELL_STYLE)
        self._known: dict[str, Look] = {}

    def of(self, cell: Node, column: int) -> Look:
        name = cell.get("table:style-name") or self._row or self._columns.get(column, "")
        if name not in self._known:
            look = self._styles.look("table-cell", name, self._around)
            locked = self._styles.value("table-cell", name, "table-cell", "style:cell-protect")
            # On a sheet that is protected, nothing of such a cell is seen (ODF 1.3, part 3, 20.254).
            self._known[name] = replace(look, hidden=look.hidden or (self._is_locked and locked == _HIDDEN_WHOLE))
        return self._known[name]


@dataclass(slots=True)
class _Row:
    """The cells of a row that are seen. What one shows whose first column is hidden stands in its next one."""

    hidden: frozenset[int]
    made: list[Cell] = field(default_factory=list)
    column: int = 0
    _waiting: list[Block] = field(default_factory=list)
    _waits_until: int = 0

    def add(self, node: Node, blocks: list[Block]) -> bool:
        """Add the next cell; returns whether something in it is not seen."""
        column, is_covered = self.column, node.name == _COVERED
        self.column += 1
        if column in self.hidden:
            end = column + min(_count(node, "table:number-columns-spanned"), _MOST_COLUMNS)
            if is_covered or self.hidden.issuperset(range(column, end)):
                return bool(blocks)
            self._waiting, self._waits_until = blocks, end
            return False
        shown = blocks
        if is_covered:
            shown = self._waiting if column < self._waits_until else []
            self._waiting = []
        self.made.append(Cell(tuple(shown)))
        return is_covered and bool(blocks)


def _cells(row: Node, hidden: frozenset[int], looks: _Looks, reader: ReadsBlocks) -> tuple[Cell, ...]:
    cells = _Row(hidden)
    for node in row.elements():
        if node.name not in _CELLS:
            continue
        if node.get("table:formula"):
            reader.shared.findings.add(What.OTHER, Where.DOCUMENT)
        for _ in range(_count(node, "table:number-columns-repeated")):
            if cells.column >= _MOST_COLUMNS:
                if node.text().strip():
                    raise TooLarge
                break
            if cells.add(node, reader.blocks(node, looks.of(node, cells.column))):
                reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, node.text())
    return tuple(cells.made)


def _trimmed(rows: list[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Leave out empty columns at the right: a sheet has a thousand."""
    widest = max((place + 1 for row in rows for place, cell in enumerate(row) if cell.blocks), default=0)
    return tuple((*row[:widest], *[Cell(())] * (widest - len(row))) for row in rows)


def _count(node: Node, attribute: str) -> int:
    text = node.get(attribute, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1  # noqa: PLR2004  digits
