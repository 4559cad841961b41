"""Tables and sheets of an OpenDocument file: what is seen of rows, columns and cells, values and no formulas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from scrubbers.jailed.office.odf.shared import ReadsBlocks
from scrubbers.jailed.office.odf.styles import Look
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.layout import MOST_ROWS
from scrubbers.jailed.typeset.model import Block, Cell, Table
from scrubbers.stages import TooManyPages, What, Where

_GROUPS: Final = frozenset(
    {"table:table-rows", "table:table-row-group", "table:table-columns", "table:table-column-group"}
)
_HEADS: Final = frozenset({"table:table-header-rows"})
_HIDDEN: Final = frozenset({"collapse", "filter"})
_MOST_COLUMNS: Final = 1024
_CELL_STYLE: Final = "table:default-cell-style-name"
_CELLS: Final = frozenset({"table:table-cell", "table:covered-table-cell"})


def read_table(table: Node, reader: ReadsBlocks, look: Look) -> list[Block]:
    """Return the table, unless nothing of it is seen; drawings that stand on a sheet come after it."""
    hidden, styles = _columns(table)
    rows: list[tuple[Cell, ...]] = []
    headings = 0
    for row, is_head in _rows(table):
        if row.get("table:visibility") in _HIDDEN:
            if row.text().strip():
                reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, row.text())
            continue
        cells = _cells(row, hidden, _Looks(reader, look, styles, row), reader)
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

    def __init__(self, reader: ReadsBlocks, around: Look, columns: Mapping[int, str], row: Node) -> None:
        self._styles, self._around = reader.shared.styles, around
        self._columns, self._row = columns, row.get(_CELL_STYLE)
        self._known: dict[str, Look] = {}

    def of(self, cell: Node, column: int) -> Look:
        name = cell.get("table:style-name") or self._row or self._columns.get(column, "")
        if name not in self._known:
            self._known[name] = self._styles.look("table-cell", name, self._around)
        return self._known[name]


def _cells(row: Node, hidden: frozenset[int], looks: _Looks, reader: ReadsBlocks) -> tuple[Cell, ...]:
    made: list[Cell] = []
    column = 0
    for node in row.elements():
        if node.name not in _CELLS:
            continue
        if node.get("table:formula"):
            reader.shared.findings.add(What.OTHER, Where.DOCUMENT)
        is_covered = node.name == "table:covered-table-cell"
        for _ in range(_count(node, "table:number-columns-repeated")):
            if column >= _MOST_COLUMNS:
                break
            blocks = reader.blocks(node, looks.of(node, column))
            if blocks and (column in hidden or is_covered):
                reader.shared.findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, node.text())
                blocks = []
            if column not in hidden:
                made.append(Cell(tuple(blocks)))
            column += 1
    return tuple(made)


def _trimmed(rows: list[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Leave out empty columns at the right: a sheet has a thousand."""
    widest = max((place + 1 for row in rows for place, cell in enumerate(row) if cell.blocks), default=0)
    return tuple((*row[:widest], *[Cell(())] * (widest - len(row))) for row in rows)


def _count(node: Node, attribute: str) -> int:
    text = node.get(attribute, "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else 1  # noqa: PLR2004  digits
