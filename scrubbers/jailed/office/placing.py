"""The order of what stands on a slide: by its place, since the file has it in the order in which it was drawn.

A number that stands beside a name comes beside it: what stands side by side becomes cells of a row. The slide is cut
where nothing stands, first across and then down, and each part again (Nagy and Seth, "Hierarchical representation of
optically scanned documents", 1984).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from scrubbers.jailed.office.covering import EVERYWHERE, Box
from scrubbers.jailed.typeset.model import Block, Cell, Paragraph, Table

# Of its height and width: so far boxes may stand over each other, for text keeps from their edges.
_EDGES: Final = {True: 0.2, False: 0.05}
_DEEPEST: Final = 20
_Extent: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True, repr=False)
class Standing:
    """What is shown of one thing, and the box in which it stands; EVERYWHERE where that is not known."""

    box: Box
    blocks: tuple[Block, ...]

    def extent(self, *, down: bool) -> _Extent:
        """Return where it begins and ends, without its edges."""
        first, last = (self.box.top, self.box.bottom) if down else (self.box.left, self.box.right)
        edge = (last - first) * _EDGES[down]
        return first + edge, last - edge


_Things: TypeAlias = Sequence[Standing]


def in_places(things: _Things) -> list[Block]:
    """Return the blocks in the order of their places; before them, in the order given, those without a known place."""
    known = [one for one in things if one.box is not EVERYWHERE and one.blocks]
    unknown = [one for one in things if one.box is EVERYWHERE]
    return [*_in_order(unknown), *_cut(known, 0)]


def _in_order(things: _Things) -> list[Block]:
    return [block for one in things for block in one.blocks]


def _cut(things: _Things, depth: int) -> list[Block]:
    """Return the blocks of things that all have a place."""
    if len(things) <= 1:
        return _in_order(things)
    if depth >= _DEEPEST:
        return _in_order(sorted(things, key=lambda one: one.extent(down=True)))
    rows = [part for _, part in _parts(things, down=True)]
    if len(rows) > 1:
        return [block for grid in _grids(rows) for block in _laid(grid, depth)]
    columns = [part for _, part in _parts(things, down=False)]
    if len(columns) > 1:
        return [Table((tuple(Cell(tuple(_cut(each, depth + 1))) for each in columns),))]
    # They stand over each other: what the others stand on comes first.
    largest = max(range(len(things)), key=lambda place: _area(things[place]))
    return [*things[largest].blocks, *_cut([*things[:largest], *things[largest + 1 :]], depth + 1)]


def _parts(things: _Things, *, down: bool) -> list[tuple[_Extent, list[Standing]]]:
    """Return the things in parts between which nothing stands, in their order, each with its extent."""
    parts: list[tuple[_Extent, list[Standing]]] = []
    for one in sorted(things, key=lambda each: each.extent(down=down)):
        first, last = one.extent(down=down)
        if parts and first < parts[-1][0][1]:
            (begun, end), part = parts[-1]
            part.append(one)
            parts[-1] = (begun, max(end, last)), part
        else:
            parts.append(((first, last), [one]))
    return parts


def _grids(rows: Sequence[_Things]) -> Iterator[list[_Things]]:
    """Yield the rows in groups that have columns in common."""
    grid: list[_Things] = []
    common: list[_Extent] = []
    for row in rows:
        joined = _merged([*common, *(extent for extent, _ in _parts(row, down=False))])
        if grid and (
            len(joined) == 1
            or _is_heading(row)
            or _is_heading(grid[0])
            or any(_joins(joined, each) for each in [*grid, row])
        ):
            yield grid
            grid, joined = [], [extent for extent, _ in _parts(row, down=False)]
        grid, common = [*grid, row], joined
    yield grid


def _is_heading(row: _Things) -> bool:
    return any(isinstance(block, Paragraph) and block.heading for one in row for block in one.blocks)


def _merged(extents: Sequence[_Extent]) -> list[_Extent]:
    merged: list[_Extent] = []
    for first, last in sorted(extents):
        if merged and first < merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], last)
        else:
            merged.append((first, last))
    return merged


def _joins(columns: Sequence[_Extent], row: _Things) -> bool:
    """Return whether a row has more than one thing side by side in one of the columns."""
    own = [extent for extent, _ in _parts(row, down=False)]
    return len({_column(columns, extent) for extent in own}) < len(own)


def _column(columns: Sequence[_Extent], extent: _Extent) -> int:
    return next(place for place, (first, last) in enumerate(columns) if first <= extent[0] and extent[1] <= last)


def _laid(grid: Sequence[_Things], depth: int) -> list[Block]:
    """Return rows as a table of the columns that they have in common, or one under the other where that is one."""
    columns = _merged([extent for row in grid for extent, _ in _parts(row, down=False)])
    if len(columns) == 1:
        return [block for row in grid for block in _cut(row, depth + 1)]
    return [Table(tuple(_row(row, columns, depth) for row in grid))]


def _row(row: _Things, columns: Sequence[_Extent], depth: int) -> tuple[Cell, ...]:
    cells = {_column(columns, extent): _cut(part, depth + 1) for extent, part in _parts(row, down=False)}
    return tuple(Cell(tuple(cells.get(place, ()))) for place in range(len(columns)))


def _area(one: Standing) -> float:
    return (one.box.right - one.box.left) * (one.box.bottom - one.box.top)
