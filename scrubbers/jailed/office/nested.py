"""Tables in the cells of others: they follow the table that holds them, and are named where they stood.

In a cell there is no room for columns, and read cell by cell a value would lose the names of its row and column. A
table tells something where two of its rows and two of its columns have something in them. One that does not and holds
others is a layout: what is in its cells comes one after the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import labels
from scrubbers.jailed.typeset.model import Block, Cell, Paragraph, Run, Table
from trusted.jail.stages import Lost

_FEWEST: Final = 2


def unnested(blocks: Sequence[Block], findings: Findings) -> list[Block]:
    """Return the blocks, in which no cell holds a table that tells something."""
    return list(_Unnesting(findings).blocks(blocks))


class _Unnesting:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._count = 0

    def blocks(self, blocks: Sequence[Block]) -> Iterator[Block]:
        for block in blocks:
            if not isinstance(block, Table) or not _holds_others(block):
                yield block
            elif _tells(block):
                yield from self._parted(block)
            else:
                yield from self.blocks(self._inside(block))

    def _parted(self, table: Table) -> Iterator[Block]:
        """Yield a table and then those that stood in its cells."""
        after: list[tuple[str, Table]] = []
        rows = (
            tuple(replace(cell, blocks=tuple(self._named(cell.blocks, after))) for cell in row) for row in table.rows
        )
        yield replace(table, rows=tuple(rows))
        for name, each in after:
            yield Paragraph((Run(name, bold=True),))
            yield from self.blocks([each])

    def _named(self, blocks: Sequence[Block], after: list[tuple[str, Table]]) -> Iterator[Block]:
        """Yield what stays in a cell; adds to `after` the tables that are only named there."""
        for block in blocks:
            if isinstance(block, Table) and _tells(block):
                self._count += 1
                name = labels.TABLE.format(self._count)
                after.append((name, block))
                yield Paragraph((Run(f"[{name}]"),))
            elif isinstance(block, Table) and _holds_others(block):
                yield from self._named(self._inside(block), after)
            else:
                yield block

    def _inside(self, table: Table) -> list[Block]:
        """Return what is in the cells of a layout, and report that they had colours."""
        if any(cell.tint for cell in _cells(table)):
            self._findings.lose(Lost.TEXT_COLOURS)
        return [block for cell in _cells(table) for block in cell.blocks]


def _cells(table: Table) -> Iterator[Cell]:
    return (cell for row in table.rows for cell in row)


def _holds_others(table: Table) -> bool:
    """Return whether a table that tells something is in a cell, or in a table there."""
    inside = (block for cell in _cells(table) for block in cell.blocks if isinstance(block, Table))
    return any(_tells(block) or _holds_others(block) for block in inside)


def _tells(table: Table) -> bool:
    filled = [sum(bool(cell.blocks) for cell in row) for row in table.rows]
    return sum(map(bool, filled)) >= _FEWEST and max(filled) >= _FEWEST
