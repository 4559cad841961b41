"""Merged cells of a sheet (ECMA-376, 18.3.1.55): which are covered, and where what the first one holds is seen.

A merged cell whose first column or row is hidden shows its content in what is left of it: there the content goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.excel.looks import ON
from scrubbers.jailed.office.sheet_rows import MOST_COLUMNS, letters
from scrubbers.jailed.office.xml import Node, number
from trusted.jail.stages import TooLarge

PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_MOST_MERGED: Final = 200_000
_MOST_MOVED: Final = 1000
_SQUEEZED: Final = 2  # points: of letters no more is seen


@dataclass(frozen=True, slots=True)
class _Merge:
    """Columns count from zero, rows from one; both ends are inside."""

    columns: range
    rows: range


def is_hidden_row(row: Node) -> bool:
    """Return whether a row is hidden, or has no height in which letters are seen."""
    height = row.get("ht")
    return row.get("hidden") in ON or (height != "" and number(height) <= _SQUEEZED)


def placed_rows(sheet: Node) -> Iterator[tuple[int, Node]]:
    """Yield the rows of a sheet with their places, from zero; one that does not say where it is follows the last."""
    place = -1
    data = sheet.find("s:sheetData")
    for row in data.elements() if data is not None else ():
        given = row.get("r")
        place = int(given) - 1 if PLACE.fullmatch(f"A{given}") else place + 1
        yield place, row


def column_of(name: str) -> int:
    """Return the number of a column, from zero."""
    number_so_far = 0
    for letter in name:
        number_so_far = number_so_far * 26 + ord(letter) - ord("A") + 1
    return number_so_far - 1


def hidden_columns(sheet: Node, *, flat: bool = False) -> frozenset[int]:
    """Return which columns are not seen; `flat`: those alone that have no width."""
    hidden: set[int] = set()
    columns = sheet.find("s:cols")
    for each in columns.elements() if columns is not None else ():
        first, last, width = each.get("min"), each.get("max"), each.get("width")
        is_flat = width != "" and number(width) <= 0
        if (is_flat or (not flat and each.get("hidden") in ON)) and first.isdigit() and last.isdigit():
            hidden.update(range(int(first) - 1, min(int(last), MOST_COLUMNS)))
    return frozenset(hidden)


def covered_cells(sheet: Node, hidden_columns: frozenset[int], flat: frozenset[int]) -> frozenset[str]:
    """Return the cells that others cover, as "column:row"; moves what hidden cells show, but from `flat` columns.

    Raises TooLarge.
    """
    rows = _Rows(sheet)
    covered: set[str] = set()
    for merge in merges(sheet):
        is_flat = merge.columns[0] in flat
        place = (merge.columns[0], merge.rows[0]) if is_flat else rows.seen_place(merge, hidden_columns)
        count = len(merge.columns) * len(merge.rows)
        if len(covered) + count > _MOST_MERGED:
            raise TooLarge
        covered.update(f"{column}:{row}" for row in merge.rows for column in merge.columns)
        covered.discard(f"{place[0]}:{place[1]}")
    return frozenset(covered)


def seen_spans(sheet: Node, hidden_columns: frozenset[int]) -> dict[str, int]:
    """Return how many columns merged cells cover that are seen, from the first of these, in each of their rows."""
    spans: dict[str, int] = {}
    for merge in merges(sheet):
        seen = [one for one in merge.columns if one not in hidden_columns]
        spans |= {f"{seen[0]}:{row}": len(seen) for row in merge.rows if len(seen) > 1}
    return spans


def merges(sheet: Node) -> Iterator[_Merge]:
    """Yield the merged cells."""
    found = sheet.find("s:mergeCells")
    for each in found.elements() if found is not None else ():
        ends = [PLACE.fullmatch(end) for end in each.get("ref").split(":")]
        if len(ends) != 2 or ends[0] is None or ends[1] is None:  # noqa: PLR2004  two corners
            continue
        first, last = ends[0], ends[1]
        columns = range(column_of(first[1]), min(column_of(last[1]), MOST_COLUMNS) + 1)
        if columns and int(first[2]) <= int(last[2]):
            yield _Merge(columns, range(int(first[2]), int(last[2]) + 1))


class _Rows:
    """The rows of a sheet by their number."""

    def __init__(self, sheet: Node) -> None:
        self._data = sheet.find("s:sheetData")
        rows = self._data.elements() if self._data is not None else ()
        self._by_number = {int(row.get("r")): row for row in rows if PLACE.fullmatch(f"A{row.get('r')}")}
        self._hidden = {number for number, row in self._by_number.items() if is_hidden_row(row)}
        self._moved = 0

    def seen_place(self, merge: _Merge, hidden_columns: frozenset[int]) -> tuple[int, int]:
        """Return the first cell of a merge that is seen, with the content of the very first one in it."""
        first = merge.columns[0], merge.rows[0]
        column = next((one for one in merge.columns if one not in hidden_columns), first[0])
        row = next((one for one in merge.rows if one not in self._hidden), first[1])
        if (column, row) != first and first[1] in self._by_number:
            self._moved += 1
            if self._moved > _MOST_MOVED:
                raise TooLarge
            self._move(first, (column, row))
        return column, row

    def _move(self, source: tuple[int, int], target: tuple[int, int]) -> None:
        holder = self._by_number[source[1]]
        cell = next((one for one in holder.elements() if _column_of(one) == source[0]), None)
        if cell is None:
            return
        holder.kids = [one for one in holder.kids if one is not cell]
        cell.attributes["r"] = f"{letters(target[0])}{target[1]}"
        row = self._row(target[1])
        cells = [one for one in row.elements() if _column_of(one) != target[0]]
        place = next((at for at, one in enumerate(cells) if _column_of(one) > target[0]), len(cells))
        row.kids = [*cells[:place], cell, *cells[place:]]

    def _row(self, number: int) -> Node:
        """Return a row; one that the file leaves out is made in its place."""
        if number not in self._by_number and self._data is not None:
            made = self._by_number[number] = Node("s:row", {"r": str(number)})
            rows = list(self._data.elements())
            numbers = [int(row.get("r")) if row.get("r").isdigit() else 0 for row in rows]
            place = next((at for at, one in enumerate(numbers) if one > number), len(rows))
            self._data.kids = [*rows[:place], made, *rows[place:]]
        return self._by_number[number]


def _column_of(cell: Node) -> int:
    found = PLACE.fullmatch(cell.get("r"))
    return -1 if found is None else column_of(found[1])
