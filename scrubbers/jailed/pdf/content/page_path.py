"""Paths in points of the page, each said in one way, whichever way round and from whichever point the source draws it.

m, l, c, h, and re for upright boxes; v, y and a line back to the first point are none of its own
a straight curve is a line; a point on the way between two others is none; nor is a line that leads nowhere
what is closed begins at its least point and goes to the right first; what is open begins at the lesser of its ends;
what is dashed stays as it is
subpaths stand in the order of their points, each once, unless the even-odd rule counts them
which way round is kept where it matters: under the winding rule, for subpaths that touch each other
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from scrubbers.jailed.pdf.fonts.outline import MOST_BEGINNINGS
from scrubbers.jailed.pdf.syntax.matrix import Matrix
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

DECIMALS: Final = 3  # of a point: a thousandth
_CORNERS: Final = 4  # of a box
_SIDE: Final = 2  # corners
_STRAIGHT: Final = 0.0015  # points: what rounding moves a point by, a little more
_COMPARED: Final = 32  # subpaths of one path, of which it is asked whether they touch

Point: TypeAlias = tuple[float, float]
Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top
# The points that a line or a curve leads through: one or three.
_Leg: TypeAlias = tuple[Point, ...]


class How(NamedTuple):
    """What the path is drawn with."""

    fills: bytes = b""  # f, f* or nothing
    strokes: bool = False
    dashed: bool = False


class Placed(NamedTuple):
    """The lines of the path; whether it is one convex area, which both rules fill alike; its box; whether it is one."""

    lines: bytes
    is_convex: bool
    extent: Box
    is_rectangle: bool


@dataclass(frozen=True, slots=True, order=True)
class _Subpath:
    start: Point
    legs: tuple[_Leg, ...]
    is_closed: bool

    def reversed(self) -> "_Subpath":
        ends = [self.start, *(leg[-1] for leg in self.legs)]
        legs = tuple((*leg[-2::-1], before) for leg, before in zip(self.legs[::-1], ends[-2::-1], strict=True))
        return _Subpath(ends[-1], legs, self.is_closed).begun() if self.is_closed else _Subpath(ends[-1], legs, False)

    def begun(self) -> "_Subpath":
        """Return a closed one from its least point on; its last leg leads back there."""
        ends = [leg[-1] for leg in self.legs]
        least = min(ends)
        there = itertools.islice((at for at, end in enumerate(ends) if end == least), MOST_BEGINNINGS)
        return _Subpath(least, min((*self.legs[at + 1 :], *self.legs[: at + 1]) for at in there), True)

    def points(self) -> list[Point]:
        return [self.start, *(point for leg in self.legs for point in leg)]


def placed(segments: bytes, matrix: Matrix, how: How) -> Placed:
    """Return a path in points of the page; raises NotRebuildable."""
    found = [_simplified(each, how) for each in _subpaths(segments, matrix, how)]
    if how.dashed:
        found.sort()
    elif how.fills == b"f" and not _are_apart(found):
        # All of them the other way round fill the same.
        found = max(sorted(found), sorted(each.reversed() for each in found))
    else:
        found = sorted(map(_in_one_direction, found))
    if how.fills != b"f*":
        found = list(dict.fromkeys(found))
    lines = b"\n".join(line for each in found for line in _said(each, how))
    if not lines:
        return NOWHERE
    is_rectangle = lines.endswith(b" re") and b"\n" not in lines
    return Placed(lines, len(found) == 1 and _is_convex(found[0]), extent_of(lines), is_rectangle)


def _in_one_direction(subpath: _Subpath) -> _Subpath:
    """Return it from its lesser end; if it is closed, to the right first, as a box is drawn."""
    return max(subpath, subpath.reversed()) if subpath.is_closed else min(subpath, subpath.reversed())


def _subpaths(segments: bytes, matrix: Matrix, how: How) -> Iterator[_Subpath]:
    """Yield the subpaths; what is only filled is closed, and ends where it begins."""
    start: Point | None = None
    legs: list[_Leg] = []
    for operator, points in (*_moved(segments, matrix), (b"m", ((0.0, 0.0),))):
        if operator in (b"m", b"h"):
            if start is not None and legs:
                is_closed = operator == b"h" or not how.strokes
                back = [(start,)] if is_closed and legs[-1][-1] != start else []
                yield _Subpath(start, (*legs, *back), is_closed)
                legs.clear()
            if operator == b"m":
                start = points[0]
        elif start is None:
            raise NotRebuildable
        else:
            legs.append(points)


def _moved(segments: bytes, matrix: Matrix) -> Iterator[tuple[bytes, tuple[Point, ...]]]:
    """Yield m, h, lines and curves, and their points on the page; a box as its sides."""
    a, b, c, d, e, f = matrix
    last: list[float] = []
    for line in segments.split(b"\n"):
        *words, operator = line.split(b" ")
        values = [float(word) for word in words]
        if operator == b"re":
            x, y, width, height = values
            values = [x, y, x + width, y, x + width, y + height, x, y + height]
        elif operator == b"v":
            values = [*last, *values]
        elif operator == b"y":
            values += values[-2:]
        points = tuple([
            (round(a * x + c * y + e, DECIMALS) + 0.0, round(b * x + d * y + f, DECIMALS) + 0.0)
            for x, y in zip(values[::2], values[1::2], strict=True)
        ])  # fmt: skip
        if operator == b"re":
            yield b"m", points[:1]
            yield from ((b"l", (point,)) for point in points[1:])
            yield b"h", ()
            last = values[:2]
        else:
            yield operator, points
            last = values[-2:] or last


def _simplified(subpath: _Subpath, how: How) -> _Subpath:
    """Return it without what changes nothing, and a closed one from its least point."""
    legs: list[_Leg] = []
    before = subpath.start
    starts: list[Point] = []
    for leg in subpath.legs:
        is_straight = len(leg) > 1 and all(_is_between(before, point, leg[-1]) for point in leg[:-1])
        straight = leg[-1:] if is_straight else leg
        if straight == (before,):
            continue
        if len(straight) == 1 and legs and len(legs[-1]) == 1 and _is_between(starts[-1], before, straight[0]):
            legs[-1] = straight
        else:
            legs.append(straight)
            starts.append(before)
        before = straight[-1]
    if not legs:
        return _Subpath(subpath.start, ((subpath.start,),), subpath.is_closed)
    if not subpath.is_closed:
        return _Subpath(subpath.start, tuple(legs), False)
    if len(legs) > 2 and len(legs[0]) == len(legs[-1]) == 1 and _is_between(starts[-1], legs[-1][0], legs[0][0]):  # noqa: PLR2004  lines there and back
        legs = [*legs[1:-1], legs[0]]
    closed = _Subpath(legs[-1][-1], tuple(legs), True)
    return closed if how.dashed else closed.begun()


def _is_between(start: Point, point: Point, end: Point) -> bool:
    """Whether a point lies on the way from one to another."""
    across, up = end[0] - start[0], end[1] - start[1]
    dx, dy = point[0] - start[0], point[1] - start[1]
    square = across * across + up * up
    along = dx * across + dy * up
    return 0 <= along <= square and abs(dx * up - dy * across) <= _STRAIGHT * square**0.5 and square > 0


def _are_apart(subpaths: Sequence[_Subpath]) -> bool:
    """Whether no two of them touch, as far as boxes tell."""
    if len(subpaths) > _COMPARED:
        return False
    boxes = []
    for each in subpaths:
        xs, ys = zip(*each.points(), strict=True)
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return not any(
        one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
        for at, one in enumerate(boxes)
        for other in boxes[:at]
    )


def _is_convex(subpath: _Subpath) -> bool:
    """Whether it is made of lines that always turn the same way, once around."""
    if not subpath.is_closed or any(len(leg) > 1 for leg in subpath.legs):
        return False
    corners = [leg[0] for leg in subpath.legs]
    steps = [(x - u, y - v) for (u, v), (x, y) in zip([corners[-1], *corners], corners, strict=False)]
    pairs = list(zip([steps[-1], *steps], steps, strict=False))
    turns = {one[0] * other[1] > one[1] * other[0] for one, other in pairs}
    back_and_forth = sum((one[0] > 0) != (other[0] > 0) for one, other in pairs)
    return len(turns) == 1 and back_and_forth <= 2  # noqa: PLR2004  to the right, and to the left


def _said(subpath: _Subpath, how: How) -> Iterator[bytes]:
    box = _box_of(subpath)
    if box is not None:
        yield b"%s re" % b" ".join([number(side) for side in box])
        return
    legs = subpath.legs
    if subpath.is_closed and len(legs[-1]) == 1 and len(legs) > 1:
        legs = legs[:-1]
    yield b"%s %s m" % tuple(map(number, subpath.start))
    for leg in legs:
        said = b" ".join([number(value) for point in leg for value in point])
        yield said + (b" l" if len(leg) == 1 else b" c")
    if subpath.is_closed and how.strokes:
        yield b"h"


def _box_of(subpath: _Subpath) -> tuple[float, float, float, float] | None:
    """Return left, bottom, width and height if it is an upright box; the height is negative if it turns right.

    There and back along one side is a box without extent: PDFium draws both as a line.
    """
    corners = [leg[0] for leg in subpath.legs if len(leg) == 1]
    if not subpath.is_closed or len(corners) < len(subpath.legs) or len(corners) not in (_SIDE, _CORNERS):
        return None
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners if len(corners) == _CORNERS else sorted(corners * 2)
    across_first = y0 == y1 and x1 == x2 and y2 == y3 and x3 == x0
    up_first = x0 == x1 and y1 == y2 and x2 == x3 and y3 == y0
    if not (across_first or up_first):
        return None
    left, bottom, right, top = min(x0, x2), min(y0, y2), max(x0, x2), max(y0, y2)
    turns_left = ((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)) >= 0
    width, height = round(right - left, DECIMALS), round(top - bottom, DECIMALS)
    return (left, bottom, width, height) if turns_left else (left, top, width, -height)


def extent_of(segments: bytes) -> Box:
    """Return the box around the points of a path, those of curves that they do not lead through among them."""
    xs: list[float] = []
    ys: list[float] = []
    for line in segments.split(b"\n"):
        *values, operator = line.split(b" ")
        numbers = [float(value) for value in values]
        if operator == b"re":
            numbers[2:] = [numbers[0] + numbers[2], numbers[1] + numbers[3]]
        xs += numbers[::2]
        ys += numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


# A box without extent.
NOWHERE: Final = Placed(b"", False, (0.0, 0.0, 0.0, 0.0), True)
