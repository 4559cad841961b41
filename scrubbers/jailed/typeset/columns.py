"""Tables with more columns than a page holds: groups of columns, each with all rows and what names them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from scrubbers.jailed.typeset.model import Block, Cell, Table, all_text

ROWS_MEASURED: Final = 400  # for the width of columns, and for what names rows


def column_groups(table: Table, most: int) -> Iterator[tuple[Table, list[Block]]]:
    """Yield the table as it is, or group by group of columns if it has more than a page holds; with what comes again.

    Each group has every row, and before its own columns the first ones, which say what the rows are. What stands over
    the columns of several groups stands in each.
    """
    columns, most = count_columns(table.rows), most + table.is_named
    if columns <= most:
        yield table, []
        return
    lead = _lead(table)
    for start in range(lead, columns, most - lead):
        end = min(start + most - lead, columns)
        own = range(0 if start == lead else start, end)
        again: list[Block] = []
        rows = tuple(tuple(_columns_of(row, (range(lead), range(start, end)), own, again)) for row in table.rows)
        seen = (cell for row in table.rows[table.is_named :] for column, cell in _placed(row) if column in own)
        if any(cell.blocks or cell.tint for cell in seen):
            yield replace(table, rows=rows), again


def count_columns(rows: Sequence[Sequence[Cell]]) -> int:
    """Return how many columns the widest row has."""
    return max((sum(cell.span for cell in row) for row in rows), default=0)


def _placed(row: Sequence[Cell]) -> Iterator[tuple[int, Cell]]:
    """Yield the cells of a row with the columns in which they begin."""
    column = 0
    for cell in row:
        yield column, cell
        column += cell.span


def _columns_of(row: Sequence[Cell], parts: tuple[range, range], own: range, again: list[Block]) -> Iterator[Cell]:
    """Yield the cells of a row in two ranges of columns; adds to `again` what begins in none of the group's own."""
    filled = 0
    for column, cell in _placed(row):
        span = sum(max(0, min(column + cell.span, part.stop) - max(column, part.start)) for part in parts)
        if span:
            again += cell.blocks if column not in own else ()
            filled += span
            yield replace(cell, span=span)
    if filled < (whole := sum(map(len, parts))):
        yield Cell((), whole - filled)


def _lead(table: Table) -> int:
    """Return how many columns say what a row is: the first, and the second where there are words in most rows.

    The number of a row counts as one more, before these.
    """
    second, rows = 1 + table.is_named, table.rows[table.is_named : ROWS_MEASURED]
    texts = ["".join(all_text(cell.blocks)) for row in rows for at, cell in _placed(row) if at == second]
    words = sum(any(letter.isalpha() for letter in text) for text in texts)
    return second + (2 * words > sum(map(bool, texts)))
