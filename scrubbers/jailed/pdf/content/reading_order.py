"""The order in which texts are read, by where they stand alone: by columns, blocks, lines, and from the left."""

from collections.abc import Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from scrubbers.jailed.pdf.content.page_path import Box

# Heights of letters: a gap this wide parts columns, or blocks.
_COLUMN, _BLOCK = 1.6, 0.9
_DEEPEST_CUT: Final = 12  # cuts in cuts; beyond, lines from the top down
# A column has lines beside it with some words in each, or a table would be read down.
_ROWS: Final = 4
_LETTERS: Final = 15  # to a line of a column, on average

_Thing = TypeVar("_Thing")


class Block(NamedTuple, Generic[_Thing]):
    """A text: the box around it (left, bottom, right, top), how many letters it has, and what it is for who asks."""

    box: Box
    baseline: float
    letters: int
    thing: _Thing


def in_reading_order(blocks: Sequence[Block[_Thing]], depth: int = 0) -> list[Block[_Thing]]:
    """Cut at the widest gap, columns before rows; where there is none, by lines."""
    if len(blocks) > 1 and depth < _DEEPEST_CUT:
        height = _usual_height(blocks)
        boxes = [block.box for block in blocks]
        for axis, least in ((0, _COLUMN), (1, _BLOCK)):
            cut = _widest_gap(boxes, axis, least * height)
            if cut is None:
                continue
            before = [block for block in blocks if block.box[axis + 2] <= cut]
            after = [block for block in blocks if block.box[axis + 2] > cut]
            if axis == 0 and not (_is_column(before, height) and _is_column(after, height)):
                continue
            first, then = (before, after) if axis == 0 else (after, before)
            return in_reading_order(first, depth + 1) + in_reading_order(then, depth + 1)
    return _by_lines(blocks)


def _usual_height(blocks: Sequence[Block[_Thing]]) -> float:
    """Return the height that half of the letters do not exceed."""
    left = sum([letters for _, _, letters, _ in blocks]) / 2
    for height, letters in sorted([(box[3] - box[1], letters) for box, _, letters, _ in blocks]):
        left -= letters
        if left <= 0:
            return height or 1.0
    return 1.0


def _is_column(blocks: Sequence[Block[_Thing]], height: float) -> bool:
    rows = len({round(block.baseline / height) for block in blocks})
    return rows >= _ROWS and sum(block.letters for block in blocks) >= _LETTERS * rows


def _widest_gap(boxes: Sequence[Box], axis: int, least: float) -> float | None:
    """Return the middle of the widest gap that none reaches into; None if it is no wider than `least`."""
    starts, ends = [box[axis] for box in boxes], [box[axis + 2] for box in boxes]
    if max(starts) - min(ends) <= least:
        return None
    spans = sorted(zip(starts, ends, strict=True))
    reached, best, cut = spans[0][1], least, None
    for start, end in spans[1:]:
        if start - reached > best:
            best, cut = start - reached, (start + reached) / 2
        reached = max(reached, end)
    return cut


def _by_lines(blocks: Sequence[Block[_Thing]]) -> list[Block[_Thing]]:
    lines: list[list[Block[_Thing]]] = []
    for block in sorted(blocks, key=lambda each: (-round(each.baseline, 1), each.box)):
        if lines and lines[-1][0].baseline - block.baseline <= (block.box[3] - block.box[1]) / 2:
            lines[-1].append(block)
        else:
            lines.append([block])
    return [block for line in lines for block in sorted(line, key=lambda each: each.box[0])]
