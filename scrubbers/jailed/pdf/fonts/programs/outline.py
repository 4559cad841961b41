"""The outline of a glyph, as a pen would draw it, and its one way of being written: a Type 2 charstring.

Nothing but the pen's path and the advance is in it: no hint, no subroutine, no name. Type 1 and CFF programs are both
read into outlines, so what their charstrings carry beside the path is not carried on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

# What a segment begins with; the numbers are the operators of a Type 2 charstring.
MOVE: Final = 21
LINE: Final = 5
CURVE: Final = 8
_END: Final = 14

# A segment: one of the above, then points in absolute coordinates.
Segment: TypeAlias = tuple[float, ...]
Subroutines: TypeAlias = "Sequence[bytes]"

# The most elaborate ornament among the tests' fonts has 700.
MOST_SEGMENTS: Final = 20_000
# Operands that may stand before an operator.
_STACK: Final = 48
_FRACTION: Final = 65536
_LARGEST: Final = 32_000


@dataclass(slots=True, repr=False)
class Outline:
    """Advance and path, both in the units of the program."""

    width: float = 0
    segments: list[Segment] = field(default_factory=list)

    def move(self, x: float, y: float) -> None:
        self._add((MOVE, x, y))

    def line(self, x: float, y: float) -> None:
        self._add((LINE, x, y))

    def curve(self, first: tuple[float, float], second: tuple[float, float], end: tuple[float, float]) -> None:
        self._add((CURVE, *first, *second, *end))

    def add_moved(self, other: "Outline", x: float, y: float) -> None:
        """Another outline's path, moved: an accent over its letter."""
        for operator, *numbers in other.segments:
            moved = [number + (y if index % 2 else x) for index, number in enumerate(numbers)]
            self._add((operator, *moved))

    def _add(self, segment: Segment) -> None:
        if len(self.segments) >= MOST_SEGMENTS:
            raise NotRebuildable
        self.segments.append(segment)


def charstring(outline: Outline) -> bytes:
    """Return the outline as a Type 2 charstring for a font whose nominal width is 0; raises NotRebuildable."""
    written = bytearray(_number(_whole(outline.width)))
    x = y = 0
    waiting: list[bytes] = []
    current = 0
    for operator, *points in outline.segments:
        # Lines are written together, curves too, as long as they follow each other.
        if waiting and (operator != current or operator == MOVE or len(waiting) + len(points) > _STACK):
            written += b"".join(waiting) + bytes((current,))
            waiting.clear()
        current = int(operator)
        for index in range(0, len(points), 2):
            new_x, new_y = _whole(points[index]), _whole(points[index + 1])
            waiting += (_number(new_x - x), _number(new_y - y))
            x, y = new_x, new_y
    if waiting:
        written += b"".join(waiting) + bytes((current,))
    written.append(_END)
    return bytes(written)


def _whole(value: float) -> int:
    """In units of 1/65536, so that what is added up never drifts."""
    if not -_LARGEST <= value <= _LARGEST:
        raise NotRebuildable
    return round(value * _FRACTION)


def _number(value: int) -> bytes:
    whole, rest = divmod(value, _FRACTION)
    if rest:
        if not -(2**31) <= value < 2**31:
            raise NotRebuildable
        return b"\xff" + value.to_bytes(4, "big", signed=True)
    if -107 <= whole <= 107:  # noqa: PLR2004  the bounds of each form: Technical Note 5177, table 1
        return bytes((whole + 139,))
    if 108 <= whole <= 1131:  # noqa: PLR2004
        return bytes((247 + ((whole - 108) >> 8), (whole - 108) & 0xFF))
    if -1131 <= whole <= -108:  # noqa: PLR2004
        return bytes((251 + ((-whole - 108) >> 8), (-whole - 108) & 0xFF))
    if not -(2**15) <= whole < 2**15:
        raise NotRebuildable
    return b"\x1c" + whole.to_bytes(2, "big", signed=True)
