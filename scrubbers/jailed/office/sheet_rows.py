"""The rows of a sheet as its copy has them: with the sheet's own numbers and letters, so that "row 14" can be found.

What is hidden leaves its gap in the numbers. Blank rows between others are kept; many of them are one line.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from scrubbers.jailed.office import labels
from scrubbers.jailed.typeset.layout import MOST_ROWS
from scrubbers.jailed.typeset.model import Align, Cell, Paragraph, Run, Table, joined
from trusted.jail.stages import TooManyPages

MOST_COLUMNS: Final = 1024
_MOST_BLANK: Final = 3


class SheetRows:
    """Rows that are seen, each with its number in the sheet, from one."""

    def __init__(self) -> None:
        self.rows: list[tuple[int | None, tuple[Cell, ...]]] = []
        self._blank: list[range] = []
        # Whether a colour of cells stands where the copy has no row or column.
        self.loses_tints = False

    def add(self, numbers: range, cells: tuple[Cell, ...]) -> None:
        """Add the next rows, which have the same cells; raises TooManyPages."""
        if not any(cell.blocks for cell in cells):
            self._blank.append(numbers)
            self.loses_tints = self.loses_tints or any(cell.tint for cell in cells)
            return
        blank = sum(map(len, self._blank)) if self.rows else 0
        if blank > _MOST_BLANK:
            self.rows.append((None, (_cell(labels.BLANK_ROWS.format(blank)),)))
        elif blank:
            self.rows += [(number, ()) for each in self._blank for number in each]
        self._blank = []
        self.rows += [(number, cells) for number in numbers[: MOST_ROWS + 1]]
        if len(self.rows) > MOST_ROWS:
            raise TooManyPages

    def table(self, hidden: Collection[int], headings: int = 0) -> Table | None:
        """Return the table, without the columns at its sides in which no row has anything; `hidden`: columns."""
        used = {at for number, row in self.rows for at, cell in enumerate(row) if cell.blocks and number is not None}
        if not used:
            return None
        first, last = min(used), max(used) + 1
        beside = (cell for _, row in self.rows for cell in (*row[:first], *row[last:]))
        self.loses_tints = self.loses_tints or any(cell.tint for cell in beside)
        seen = [column for column in range(MOST_COLUMNS) if column not in hidden][first:last]
        names = (Cell(()), *(_cell(letters(column)) for column in seen))
        return Table((names, *self._named(first, last)), headings, is_named=True)

    def _named(self, first: int, last: int) -> Iterator[tuple[Cell, ...]]:
        for number, row in self.rows:
            if number is None:
                yield Cell(()), Cell(row[0].blocks, last - first)
            else:
                yield _cell(str(number), Align.RIGHT), *filled(row[first:last], last - first)


def filled(row: Sequence[Cell], columns: int) -> tuple[Cell, ...]:
    """Return a row of so many columns."""
    return joined((*row, *[Cell(())] * (columns - len(row))))


def letters(column: int) -> str:
    """Return the name of a column, which counts from zero."""
    named = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        named = chr(ord("A") + place) + named
    return named


def _cell(text: str, align: Align = Align.LEFT) -> Cell:
    return Cell((Paragraph((Run(text),), align=align),))
