"""Which cells of a sheet stand under a filled shape or a picture: where rows, columns and anchors are, about.

A text may go on over the empty cells at its right. Charts hide nothing: people put them over their numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from scrubbers.jailed.office.covering import Box, Covered, Fill, Thing, things_at
from scrubbers.jailed.office.drawings import Drawings
from scrubbers.jailed.office.excel.merged import PLACE, column_of, is_hidden_row, merges, placed_rows
from scrubbers.jailed.office.sheet_rows import MOST_COLUMNS
from scrubbers.jailed.office.xml import Node, number
from trusted.jail.stages import OfficeDocument

_EMU: Final = 12_700  # to a point
_LETTER: Final = 7 * 9525  # seven dots: a digit of the usual face (ECMA-376, 18.3.1.13)
_USUAL_WIDTH, _USUAL_HEIGHT = 9.14, 15.0
_EDGE: Final = 2 * _EMU  # so much over the edge of a cell covers nothing of it


class Grid:
    """Where columns and rows begin, both from zero."""

    def __init__(self, sheet: Node, hidden: frozenset[int]) -> None:
        about = sheet.find("s:sheetFormatPr") or Node("", {})
        widths = [number(about.get("defaultColWidth")) or _USUAL_WIDTH] * MOST_COLUMNS
        columns = sheet.find("s:cols")
        for each in columns.elements() if columns is not None else ():
            first, last = int(number(each.get("min"))), min(int(number(each.get("max"))), MOST_COLUMNS)
            for column in range(max(first, 1) - 1, last):
                widths[column] = number(each.get("width")) or widths[column]
        self._columns = [0, *accumulate(0 if at in hidden else one * _LETTER for at, one in enumerate(widths))]
        self._height = (number(about.get("defaultRowHeight")) or _USUAL_HEIGHT) * _EMU
        self.rows = list(placed_rows(sheet))
        heights = {at: 0 if is_hidden_row(row) else number(row.get("ht")) * _EMU for at, row in self.rows
                   if row.get("ht") or is_hidden_row(row)}  # fmt: skip
        self._given = sorted(heights)
        self._more = [0.0, *accumulate(heights[at] - self._height for at in self._given)]

    def x(self, column: int) -> float:
        return self._columns[min(max(column, 0), MOST_COLUMNS)]

    def y(self, row: int) -> float:
        return row * self._height + self._more[bisect_left(self._given, row)]

    def place(self, corner: Node) -> tuple[float, float]:
        """Return where a corner of an anchor is (ECMA-376, 20.5.2.15)."""
        column, row, across, down = (
            number(found.text()) if (found := corner.find(f"xdr:{name}")) is not None else 0
            for name in ("col", "row", "colOff", "rowOff")
        )
        left, top = self.x(int(column)), self.y(int(row))
        return min(left + across, self.x(int(column) + 1)), min(top + down, self.y(int(row) + 1))

    def is_squeezed(self, anchor: Node) -> bool:
        """Return whether an anchor from cell to cell has no size on what is seen; a line has no height either."""
        if anchor.find("xdr:to") is None or next(anchor.all("xdr:cxnSp"), None) is not None:
            return False
        box = self.box(anchor)
        return min(box.right - box.left, box.bottom - box.top) <= _EDGE

    def box(self, anchor: Node) -> Box:
        """Return where an anchor stands."""
        first, last, size, at = (anchor.find(f"xdr:{name}") for name in ("from", "to", "ext", "pos"))
        left, top = self.place(first) if first is not None else (0, 0)
        if at is not None:
            left, top = number(at.get("x")), number(at.get("y"))
        if last is not None:
            return Box(left, top, *self.place(last))
        wide, high = (number(size.get(one)) if size is not None else 0 for one in ("cx", "cy"))
        return Box(left, top, left + wide, top + high)


def drawn_on(anchors: Node, grid: Grid, drawings: Drawings) -> list[Thing]:
    """Return what is drawn on a sheet."""
    seen = (each for each in anchors.elements() if not grid.is_squeezed(each))
    return [one for each in seen for one in things_at(each, grid.box(each), drawings.is_opaque)]


def cells_under(
    sheet: Node, grid: Grid, above: Sequence[Thing], texts: dict[int, int]
) -> tuple[frozenset[str], set[int]]:
    """Return the cells that are covered whole, as "column:row", and what is over them; raises OfficeDocument.

    `texts`: of cells with text, by their `id`, how many letters.
    """
    above = [each for each in above if each.fill is not Fill.NONE]
    covered, names = Covered(), {}
    ends = {(one.columns[0], one.rows[0] - 1): (one.columns[-1], one.rows[-1] - 1) for one in merges(sheet)}
    for at, row in grid.rows:
        for cell, column, until in _filled(row):
            last = ends.get((column, at), (column, at))
            left, right = grid.x(column), grid.x(last[0] + 1)
            right = max(right, min(left + texts.get(id(cell), 0) * _LETTER, grid.x(until)))
            inside = Box(left + _EDGE, grid.y(at) + _EDGE, right - _EDGE, grid.y(last[1] + 1) - _EDGE)
            covered.add(Thing(cell, inside, Fill.NONE, inside), above)
            names[id(cell)] = f"{column}:{at + 1}" if cell.get("r") else ""
    found = frozenset(names[each] for each in covered.gone)
    if "" in found:
        raise OfficeDocument
    return found, covered.over


def _filled(row: Node) -> Iterator[tuple[Node, int, int]]:
    """Yield the cells with something in them, their columns, and those of the next ones in the row."""
    cells, column = [], -1
    for cell in row.elements():
        found = PLACE.fullmatch(cell.get("r"))
        column = column_of(found[1]) if found else column + 1
        if cell.find("s:v") is not None or cell.find("s:is") is not None:
            cells.append((cell, column))
    after = [*(column for _, column in cells[1:]), MOST_COLUMNS]
    for (cell, column), until in zip(cells, after, strict=False):  # A row of nothing has an end alone.
        yield cell, column, until
