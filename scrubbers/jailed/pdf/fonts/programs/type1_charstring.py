"""Reads a Type 1 charstring into an outline. Raises NotRebuildable for what cannot be understood.

Adobe Type 1 Font Format, 1990, chapters 6 and 8. Hints are passed over; flex becomes its two curves; an accented letter
becomes its two parts. Programs with several masters are not understood.
"""

from collections.abc import Callable
from typing import Final

from scrubbers.jailed.pdf.fonts.programs.outline import Outline
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_DEEPEST: Final = 10
_MOST_STEPS: Final = 60_000
_MOST_OPERANDS: Final = 48
_FLEX_POINTS: Final = 7
_FLEX_END, _FLEX_BEGIN, _FLEX_POINT, _NEW_HINTS = 0, 1, 2, 3
_COUNTER_HINTS: Final = (12, 13)


class Type1Reader:
    """Runs one charstring. `subroutine` gives one by its number, `accented` an outline by its standard code."""

    def __init__(self, subroutine: Callable[[int], bytes], accented: Callable[[int], Outline] | None) -> None:
        self._subroutine = subroutine
        self._accented = accented
        self._outline = Outline()
        self._stack: list[float] = []
        self._handed: list[float] = []  # what an other subroutine leaves for pop
        self._flex: list[tuple[float, float]] | None = None
        self._x = self._y = self._side = 0.0
        self._left = _MOST_STEPS
        self._ended = False
        self._open = False

    def read(self, untrusted: bytes) -> Outline:
        """Return the outline; a charstring that ends without saying so is taken as it is."""
        self._run(untrusted, 0)
        return self._outline

    def _run(self, code: bytes, depth: int) -> None:
        if depth > _DEEPEST:
            raise NotRebuildable
        position, end = 0, len(code)
        while position < end and not self._ended:
            byte = code[position]
            position += 1
            if byte >= 32:  # noqa: PLR2004  numbers
                value, position = _number(code, byte, position)
                self._stack.append(value)
                if len(self._stack) > _MOST_OPERANDS:
                    raise NotRebuildable
                continue
            self._left -= 1
            if self._left < 0:
                raise NotRebuildable
            if byte == 11:  # noqa: PLR2004  return
                return
            if byte == 10:  # noqa: PLR2004  callsubr
                self._run(self._subroutine(int(self._pop())), depth + 1)
                continue
            if byte == 12:  # noqa: PLR2004  two bytes
                byte = 1200 + (code[position] if position < end else 0)
                position += 1
            operator = _OPERATORS.get(byte)
            if operator is None:
                raise NotRebuildable
            operator(self)

    def _pop(self) -> float:
        if not self._stack:
            raise NotRebuildable
        return self._stack.pop()

    def _taken(self, count: int) -> list[float]:
        """Return the last operands; the stack is cleared."""
        if len(self._stack) < count:
            raise NotRebuildable
        taken = self._stack[-count:]
        self._stack.clear()
        return taken

    # Metrics

    def side_and_width(self) -> None:
        side, width = self._taken(2)
        self._begin(side, 0, width)

    def sides_and_widths(self) -> None:
        x, y, width, _ = self._taken(4)
        self._begin(x, y, width)

    def _begin(self, x: float, y: float, width: float) -> None:
        self._x, self._y, self._side = x, y, x
        self._outline.width = width

    # The path

    def move(self) -> None:
        self._move_by(*self._taken(2))

    def move_across(self) -> None:
        self._move_by(self._taken(1)[0], 0)

    def move_up(self) -> None:
        self._move_by(0, self._taken(1)[0])

    def _move_by(self, x: float, y: float) -> None:
        self._x += x
        self._y += y
        self._open = False

    def _start(self) -> None:
        """Say a move once something follows it."""
        if not self._open:
            self._outline.move(self._x, self._y)
            self._open = True

    def line(self) -> None:
        self._line_by(*self._taken(2))

    def line_across(self) -> None:
        self._line_by(self._taken(1)[0], 0)

    def line_up(self) -> None:
        self._line_by(0, self._taken(1)[0])

    def _line_by(self, x: float, y: float) -> None:
        self._start()
        self._x += x
        self._y += y
        self._outline.line(self._x, self._y)

    def curve(self) -> None:
        self._curve_by(*self._taken(6))

    def curve_up_across(self) -> None:
        a, b, c, d = self._taken(4)
        self._curve_by(0, a, b, c, d, 0)

    def curve_across_up(self) -> None:
        a, b, c, d = self._taken(4)
        self._curve_by(a, 0, b, c, 0, d)

    def _curve_by(self, *by: float) -> None:
        self._start()
        a, b, c, d, e, f = by
        x1, y1 = self._x + a, self._y + b
        x2, y2 = x1 + c, y1 + d
        self._x, self._y = x2 + e, y2 + f
        self._outline.curve((x1, y1), (x2, y2), (self._x, self._y))

    def close(self) -> None:
        # The next piece of path need not begin with a move.
        self._open = False
        self._stack.clear()

    # The rest

    def clear(self) -> None:
        self._stack.clear()

    def divide(self) -> None:
        divisor = self._pop()
        if not divisor:
            raise NotRebuildable
        self._stack.append(self._pop() / divisor)

    def pop(self) -> None:
        self._stack.append(self._handed.pop() if self._handed else 0)

    def other_subroutine(self) -> None:
        number, count = int(self._pop()), int(self._pop())
        if not 0 <= count <= len(self._stack):
            raise NotRebuildable
        operands = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        if number == _FLEX_BEGIN:
            self._flex = []
            # What moves the pen between now and the end of flex moves it through the points of two curves.
            self._flex_open = self._open
            self._flex_start = (self._x, self._y)
        elif number == _FLEX_POINT and self._flex is not None:
            self._flex.append((self._x, self._y))
        elif number == _FLEX_END and self._flex is not None:
            self._end_flex(operands)
        elif number == _NEW_HINTS:
            self._handed = [3]
        elif number in _COUNTER_HINTS:
            self._handed = []
        else:
            raise NotRebuildable

    def _end_flex(self, operands: list[float]) -> None:
        points, self._flex = self._flex or [], None
        if len(points) != _FLEX_POINTS or len(operands) != 3:  # noqa: PLR2004
            raise NotRebuildable
        # The first point is the height from which the others were measured, not one of the curves'.
        self._open = self._flex_open
        end, (self._x, self._y) = (self._x, self._y), self._flex_start
        self._start()
        self._outline.curve(points[1], points[2], points[3])
        self._outline.curve(points[4], points[5], points[6])
        self._x, self._y = end
        self._open = True
        self._handed = [operands[2], operands[1]]

    def set_point(self) -> None:
        self._stack.clear()

    def accented(self) -> None:
        side, x, y, letter, accent = self._taken(5)
        if self._accented is None:
            raise NotRebuildable
        self._outline.add_moved(self._accented(int(letter)), 0, 0)
        self._outline.add_moved(self._accented(int(accent)), self._side - side + x, y)
        self._ended = True

    def end(self) -> None:
        self._ended = True


_OPERATORS: Final[dict[int, Callable[[Type1Reader], None]]] = {
    1: Type1Reader.clear,
    3: Type1Reader.clear,
    4: Type1Reader.move_up,
    5: Type1Reader.line,
    6: Type1Reader.line_across,
    7: Type1Reader.line_up,
    8: Type1Reader.curve,
    9: Type1Reader.close,
    13: Type1Reader.side_and_width,
    14: Type1Reader.end,
    21: Type1Reader.move,
    22: Type1Reader.move_across,
    30: Type1Reader.curve_up_across,
    31: Type1Reader.curve_across_up,
    1200: Type1Reader.clear,
    1201: Type1Reader.clear,
    1202: Type1Reader.clear,
    1206: Type1Reader.accented,
    1207: Type1Reader.sides_and_widths,
    1212: Type1Reader.divide,
    1216: Type1Reader.other_subroutine,
    1217: Type1Reader.pop,
    1233: Type1Reader.set_point,
}


def _number(code: bytes, byte: int, position: int) -> tuple[float, int]:
    if byte <= 246:  # noqa: PLR2004  the bounds of each form: the format's chapter 6.2
        return byte - 139, position
    size = 4 if byte == 255 else 1  # noqa: PLR2004
    if position + size > len(code):
        raise NotRebuildable
    value = int.from_bytes(code[position : position + size], "big", signed=size > 1)
    if size > 1:
        return value, position + 4
    return ((byte - 247) * 256 + value + 108 if byte < 251 else -(byte - 251) * 256 - value - 108), position + 1  # noqa: PLR2004
