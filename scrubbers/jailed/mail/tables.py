"""A table of a web page under construction. Most of those in e-mails are there for the layout: their cells stay.

One whose rows and columns say something stays a table: two of each have something in them, and it holds no other table
unless it has lines or names its columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from scrubbers.jailed.typeset.model import Block, Cell, Paragraph, Run, Table

_WIDEST: Final = 50  # columns that one cell may span
_FEWEST: Final = 2


@dataclass(slots=True)
class Flow:
    """Blocks, and the paragraph that is not finished."""

    blocks: list[Block] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    marker: str = ""
    level: int = 0
    heading: int = 0

    def end_paragraph(self, quotes: int = 0) -> None:
        while self.runs and not self.runs[-1].text.strip():
            self.runs.pop()
        if self.runs:
            marker = self.marker or ">" * quotes
            self.blocks.append(Paragraph(tuple(self.runs), self.heading, marker, self.level))
            self.marker = ""
        self.runs = []

    @property
    def ends_blank(self) -> bool:
        return not self.runs or self.runs[-1].text.endswith((" ", "\n"))


@dataclass(slots=True)
class TableFlow:
    """The rows so far. Cells that a cell above reaches into are empty."""

    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    row: list[Cell] = field(default_factory=list)
    is_ruled: bool = False  # has lines, or cells that name others
    is_nested: bool = False  # holds another one
    loses_tints: bool = False  # of cells without a text
    _reaching: dict[int, int] = field(default_factory=dict)

    def end_cell(self, cell: Cell, across: str, down: str) -> None:
        self._skip_reached()
        span = min(max(1, int(across)), _WIDEST) if across.isascii() and across.isdigit() else 1
        rows = min(max(1, int(down)), 1000) if down.isascii() and down.isdigit() and len(down) < 5 else 1  # noqa: PLR2004
        column = sum(cell.span for cell in self.row)
        self.row.append(replace(cell, span=span))
        if rows > 1:
            self._reaching |= dict.fromkeys(range(column, column + span), rows)

    def end_row(self) -> None:
        self._skip_reached()
        if self.row:
            self.rows.append(tuple(self.row))
        self._reaching = {column: left - 1 for column, left in self._reaching.items() if left > 1}
        self.row = []

    def _skip_reached(self) -> None:
        column = sum(cell.span for cell in self.row)
        while self._reaching.get(column, 0) and len(self.rows) and self._is_from_above(column):
            self.row.append(Cell(()))
            column += 1

    def _is_from_above(self, column: int) -> bool:
        return column < sum(cell.span for cell in self.rows[-1])

    def blocks(self) -> list[Block]:
        """Return the table, or what is in it where it has no rows and columns to tell apart."""
        filled = [row for row in self.rows if any(cell.blocks for cell in row)]
        columns = max((sum(bool(cell.blocks) for cell in row) for row in filled), default=0)
        is_layout = (self.is_nested and not self.is_ruled) or columns < _FEWEST or len(filled) < _FEWEST
        left_out = self.rows if is_layout else [row for row in self.rows if row not in filled]
        self.loses_tints = any(cell.tint and not cell.blocks for row in left_out for cell in row)
        if is_layout:
            return [block for row in filled for cell in row for block in cell.blocks]
        return [Table(tuple(filled))]
