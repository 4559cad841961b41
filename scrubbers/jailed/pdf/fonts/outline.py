"""The outline of a glyph in thousandths of its size, and its one way of being written: a Type 2 charstring.

Nothing but the pen's path and the advance is in it: no hint, no subroutine, no name. Technical Note 5177.
"""

import functools
import itertools
from collections.abc import Sequence
from typing import Final, TypeAlias

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

# What a segment begins with; the numbers are the operators of a Type 2 charstring.
MOVE: Final = 21
LINE: Final = 5
CURVE: Final = 8
_END: Final = 14
# Operands that may stand before an operator.
_STACK: Final = 48
MOST_BEGINNINGS: Final = 8  # at one point, that are tried
_LARGEST: Final = 2**15 - 1  # what two bytes hold

# One of the above, then points in absolute coordinates.
Segment: TypeAlias = tuple[int, ...]
Outline: TypeAlias = tuple[Segment, ...]


# A page is written several times before it is what it will be.
@functools.lru_cache(maxsize=65_536)
def charstring(advance: int, outline: Outline) -> bytes:
    """Return the outline as a charstring for a font whose nominal width is 0; raises NotRebuildable."""
    written = bytearray(_number(advance))
    x = y = 0
    waiting: list[bytes] = []
    current = 0
    for operator, *points in outline:
        # Lines are written together, curves too, as long as they follow each other.
        if waiting and (operator != current or operator == MOVE or len(waiting) + len(points) > _STACK):
            written += b"".join(waiting) + bytes((current,))
            waiting.clear()
        current = operator
        for new_x, new_y in zip(points[::2], points[1::2], strict=True):
            waiting += (_number(new_x - x), _number(new_y - y))
            x, y = new_x, new_y
    if waiting:
        written += b"".join(waiting) + bytes((current,))
    written.append(_END)
    return bytes(written)


def in_one_way(outline: Outline) -> Outline:
    """Return it with its contours in order, each from its least point on and without the line that closes it."""
    starts = [at for at, segment in enumerate(outline) if segment[0] == MOVE]
    contours = (outline[start:end] for start, end in itertools.pairwise([*starts, len(outline)]))
    return tuple(segment for contour in sorted(map(_begun, contours)) for segment in contour)


def _begun(contour: Outline) -> Outline:
    first, *segments = contour
    if not segments:
        return contour
    if segments[-1][-2:] != first[1:]:
        segments.append((LINE, *first[1:]))
    least = min(segment[-2:] for segment in segments)
    there = itertools.islice((at for at, segment in enumerate(segments) if segment[-2:] == least), MOST_BEGINNINGS)
    turned = min([*segments[at + 1 :], *segments[: at + 1]] for at in there)
    return ((MOVE, *least), *(turned[:-1] if turned[-1][0] == LINE and len(turned) > 1 else turned))


def is_speck(outline: Sequence[Segment], least: int) -> bool:
    """Whether an outline through these points is smaller than so much in both directions."""
    if not outline:
        return True
    axes = ([value for segment in outline for value in segment[first::2]] for first in (1, 2))
    return all(max(values) - min(values) < least for values in axes)


def _number(value: int) -> bytes:
    if -107 <= value <= 107:  # noqa: PLR2004  the bounds of each form: table 1
        return bytes((value + 139,))
    if 108 <= value <= 1131:  # noqa: PLR2004
        return bytes((247 + ((value - 108) >> 8), (value - 108) & 0xFF))
    if -1131 <= value <= -108:  # noqa: PLR2004
        return bytes((251 + ((-value - 108) >> 8), (-value - 108) & 0xFF))
    if not -_LARGEST <= value <= _LARGEST:
        raise NotRebuildable
    return b"\x1c" + value.to_bytes(2, "big", signed=True)
