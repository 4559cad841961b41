"""Which box of the page a thing is painted in, at most, in points."""

from typing import Final, TypeAlias

from scrubbers.jailed.pdf.content.display_list import Matrix, Path, Show
from scrubbers.jailed.pdf.content.scene import Item, placed

Box: TypeAlias = tuple[float, float, float, float]  # left, bottom, right, top
_DESCENT, _ASCENT, _BESIDE = -0.5, 1.3, 0.5  # of a text's size: how far its letters reach
_MITRE: Final = 2.0  # widths of a line, to each side
_CLOSE: Final = 0.01


def box_of(item: Item) -> Box:
    """Return the box."""
    match item.step:
        case Show() as show:
            start, end = show.extent()
            size = abs(show.size)
            low, high = sorted((show.size * _DESCENT, show.size * _ASCENT))
            return around(item.matrix, (start - _BESIDE * size, low, end + _BESIDE * size, high))
        case Path() as path:
            left, bottom, right, top = _extent(placed(path.segments, item.matrix))
            beside = (
                _MITRE * item.scale * float(item.states.get("w", b"1 w").split()[0])
                if path.painted[:1] in b"SsBb"
                else 0
            )
            return left - beside, bottom - beside, right + beside, top + beside
        case _:
            return around(item.matrix, (0, 0, 1, 1))


def around(matrix: Matrix, box: Box) -> Box:
    """Return the upright box around one that went through the matrix."""
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in box[::2] for y in box[1::2]]
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _extent(segments: bytes) -> Box:
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


def rectangle_in(segments: bytes) -> Box | None:
    """Return the box that a path is, if it is one that stands upright."""
    if not segments.endswith(b" re") or b"\n" in segments:
        return None
    left, first, width, height = (float(value) for value in segments.split(b" ")[:4])
    bottom, top = sorted((first, first + height))
    return left, bottom, left + width, top


def intersection(one: Box, other: Box) -> Box:
    """Return what lies in both; a box without extent if nothing does."""
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


def holds(whole: Box, part: Box) -> bool:
    """Whether all of the part lies in the whole."""
    return (
        whole[0] - _CLOSE <= part[0]
        and whole[1] - _CLOSE <= part[1]
        and part[2] <= whole[2] + _CLOSE
        and part[3] <= whole[3] + _CLOSE
    )
