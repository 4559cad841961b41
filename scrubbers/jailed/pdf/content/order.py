"""The one order of what a page paints: only things that touch each other and differ in colour keep theirs.

Paths come before pictures, and these before texts, as far as that holds. Paths stand by what they are painted with and
by place, texts in reading order. So the order in which the source happened to draw things is not in the result.
"""

import heapq
import math
from collections.abc import Sequence
from typing import Any, Final

from scrubbers.jailed.pdf.content.display_list import Drawn, Path, Show, Unsaid
from scrubbers.jailed.pdf.content.page_path import Box
from scrubbers.jailed.pdf.content.paint import colour_of, wanted
from scrubbers.jailed.pdf.content.reading_order import Block, in_reading_order
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.content.scene_boxes import box_of, clips_of, path_of

_TOUCH: Final = 0.5  # points
_MOST_COMPARED: Final = 200_000  # boxes of one page; one that has more of them keeps its order
_DESCENT, _ASCENT = 0.2, 0.8  # of a text's size, where lines are parted
_PATH, _PICTURE, _TEXT = range(3)


def in_order(items: Sequence[Item], size: tuple[float, float]) -> list[Item]:
    """Return what a page of this size paints in its order, and then what it does not paint."""
    page: Box = 0.0, 0.0, *size
    shown = [item for item in items if _is_shown(item)]
    hidden = [item for item in items if not _is_shown(item)]
    later = _kept_orders(shown)
    if later is None:
        return [*items]
    keys = _keys(shown, page)
    before = [0] * len(shown)
    for each in later:
        for at in each:
            before[at] += 1
    ready = [(keys[at], at) for at, count in enumerate(before) if not count]
    heapq.heapify(ready)
    found: list[Item] = []
    while ready:
        _, at = heapq.heappop(ready)
        found.append(shown[at])
        for then in later[at]:
            before[then] -= 1
            if not before[then]:
                heapq.heappush(ready, (keys[then], then))
    return found + hidden


def _is_shown(item: Item) -> bool:
    match item.step:
        case Show() as show:
            return show.shows_anything()
        case Path() as path:
            return not path.hidden
        case Drawn() as drawn:
            return not drawn.hidden
        case Unsaid():
            return True


def _kept_orders(items: Sequence[Item]) -> list[list[int]] | None:
    """Return for each thing which others must come after it; None when that would take too long."""
    colours = [None if isinstance(item.step, Drawn) else colour_of(item) for item in items]
    later: list[list[int]] = [[] for _ in items]
    if None not in colours and len(set(colours)) < 2:  # noqa: PLR2004  black text on paper
        return later
    boxes = [_grown(box_of(item)) for item in items]
    beside: dict[bytes | None, list[int]] = {}
    compared = 0
    for at in sorted(range(len(items)), key=lambda each: boxes[each][1]):
        left, bottom, right, _ = boxes[at]
        for colour, others in beside.items():
            if colour == colours[at] and colour is not None:
                continue
            compared += len(others)
            others[:] = [other for other in others if boxes[other][3] >= bottom]
            for other in others:
                if boxes[other][0] <= right and left <= boxes[other][2]:
                    first, then = sorted((at, other))
                    later[first].append(then)
        if compared > _MOST_COMPARED:
            return None
        beside.setdefault(colours[at], []).append(at)
    return later


def _grown(box: Box) -> Box:
    return box[0] - _TOUCH, box[1] - _TOUCH, box[2] + _TOUCH, box[3] + _TOUCH


def _keys(items: Sequence[Item], page: Box) -> list[tuple[Any, ...]]:
    """Return what each comes by when nothing keeps it waiting."""
    read = {id(item): at for at, item in enumerate(_read([item for item in items if isinstance(item.step, Show)]))}
    return [
        (_TEXT, read[id(item)])
        if isinstance(item.step, Show)
        else (_PATH, *_by_paint(item, item.step, page))
        if isinstance(item.step, Path)
        else (_PICTURE, -item.matrix[5], item.matrix)
        for item in items
    ]


def _by_paint(item: Item, path: Path, page: Box) -> tuple[Any, ...]:
    lines = path_of(item, path).lines
    left, _, _, top = box_of(item)
    return clips_of(item, page), sorted(wanted(item, lines).items()), path.painted, -top, left, lines


def _read(texts: Sequence[Item]) -> list[Item]:
    """Return texts in reading order: those that stand upright, then others by how they are turned."""
    turned: dict[float, list[Block[Item]]] = {}
    for item in texts:
        if isinstance(item.step, Show):
            angle = round(math.degrees(math.atan2(item.matrix[1], item.matrix[0])) % 360, 1) % 360
            turned.setdefault(angle, []).append(_block(item, item.step))
    return [block.thing for angle in sorted(turned) for block in in_reading_order(turned[angle])]


def _block(item: Item, show: Show) -> Block[Item]:
    """Return the text as a block, in directions of its own."""
    a, b, c, d, e, f = item.matrix
    long = math.hypot(a, b) or 1.0
    across, up = a / long, b / long
    start, end = show.extent()
    size = abs(show.size) * math.hypot(c, d)
    x, y = e * across + f * up, f * across - e * up
    box = x + start * long, y - _DESCENT * size, x + end * long, y + _ASCENT * size
    return Block(box, y, show.count(), item)
