"""Reads a Type 2 charstring into an outline. Raises NotRebuildable for what cannot be understood.

Technical Note 5177. Hints are passed over. Of the arithmetic there is what old converters wrote; a charstring that
stores, compares or draws lots is not understood.
"""

from collections.abc import Callable
from typing import Final

from scrubbers.jailed.pdf.fonts.programs.outline import Outline, Subroutines
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_DEEPEST: Final = 10
_MOST_STEPS: Final = 60_000
_RETURN, _ESCAPE = 11, 12
_CALLS: Final = (10, 29)
_MASKS: Final = (19, 20)
_MOST_OPERANDS: Final = 192  # four times what the note allows, as other readers do


class Type2Reader:
    """Runs one charstring. `accented`: the outline of a glyph by its code in the standard encoding."""

    def __init__(
        self,
        local: Subroutines,
        general: Subroutines,
        widths: tuple[float, float],
        accented: Callable[[int], Outline] | None,
    ) -> None:
        self._local, self._general = local, general
        self._default, self._nominal = widths
        self._accented = accented
        self._outline = Outline(self._default)
        self._stack: list[float] = []
        self._x = self._y = 0.0
        self._stems = 0
        self._width_read = False
        self._left = _MOST_STEPS
        self._ended = False

    def read(self, untrusted: bytes) -> Outline:
        """Return the outline; a charstring that ends without saying so is taken as it is."""
        self._run(untrusted, 0)
        return self._outline

    def _run(self, code: bytes, depth: int) -> None:
        if depth > _DEEPEST:
            raise NotRebuildable
        position, end, stack = 0, len(code), self._stack
        while position < end and not self._ended:
            byte = code[position]
            position += 1
            if byte >= 32 or byte == 28:  # noqa: PLR2004  numbers
                value, position = _number(code, byte, position)
                stack.append(value)
                if len(stack) > _MOST_OPERANDS:
                    raise NotRebuildable
                continue
            self._left -= 1
            if self._left < 0:
                raise NotRebuildable
            if byte == _RETURN:
                return
            position = self._operate(code, byte, position, depth)

    def _operate(self, code: bytes, byte: int, position: int, depth: int) -> int:
        """Run one operator; returns where the next byte is."""
        if byte in _CALLS:
            self._run(self._subroutine(self._local if byte == _CALLS[0] else self._general), depth + 1)
            return position
        if byte in _MASKS:
            self._take_stems()
            return position + (self._stems + 7) // 8
        if byte == _ESCAPE:
            byte = 100 * _ESCAPE + (code[position] if position < len(code) else 0)
            position += 1
        operator = _OPERATORS.get(byte)
        if operator is None:
            raise NotRebuildable
        operator(self)
        return position

    def _subroutine(self, of: Subroutines) -> bytes:
        bias = 107 if len(of) < 1240 else 1131 if len(of) < 33900 else 32768  # noqa: PLR2004  the note's, section 4.7
        if not self._stack:
            raise NotRebuildable
        number = int(self._stack.pop()) + bias
        if not 0 <= number < len(of):
            raise NotRebuildable
        return of[number]

    def _take_width(self, *, given: bool) -> None:
        """Take the width, which the first operator that clears the stack may have before its operands."""
        if not self._width_read:
            self._width_read = True
            if given and self._stack:
                self._outline.width = self._nominal + self._stack.pop(0)

    def _take_stems(self) -> None:
        self._take_width(given=len(self._stack) % 2 == 1)
        self._stems += len(self._stack) // 2
        self._stack.clear()

    def _taken(self, least: int) -> list[float]:
        if len(self._stack) < least:
            raise NotRebuildable
        taken = self._stack[:]
        self._stack.clear()
        return taken

    # Moves

    def move(self) -> None:
        self._take_width(given=len(self._stack) > 2)  # noqa: PLR2004
        x, y = self._taken(2)[-2:]
        self._move_by(x, y)

    def move_across(self) -> None:
        self._take_width(given=len(self._stack) > 1)
        self._move_by(self._taken(1)[-1], 0)

    def move_up(self) -> None:
        self._take_width(given=len(self._stack) > 1)
        self._move_by(0, self._taken(1)[-1])

    def _move_by(self, x: float, y: float) -> None:
        self._x += x
        self._y += y
        self._outline.move(self._x, self._y)

    # Lines

    def _line_by(self, x: float, y: float) -> None:
        self._x += x
        self._y += y
        self._outline.line(self._x, self._y)

    def lines(self) -> None:
        taken = self._taken(2)
        for index in range(0, len(taken) - 1, 2):
            self._line_by(taken[index], taken[index + 1])

    def lines_across(self) -> None:
        self._lines_in_turn(across=True)

    def lines_up(self) -> None:
        self._lines_in_turn(across=False)

    def _lines_in_turn(self, *, across: bool) -> None:
        for value in self._taken(1):
            self._line_by(*((value, 0) if across else (0, value)))
            across = not across

    # Curves

    def _curve_by(self, *by: float) -> None:
        a, b, c, d, e, f = by
        x1, y1 = self._x + a, self._y + b
        x2, y2 = x1 + c, y1 + d
        self._x, self._y = x2 + e, y2 + f
        self._outline.curve((x1, y1), (x2, y2), (self._x, self._y))

    def curves(self) -> None:
        taken = self._taken(6)
        for index in range(0, len(taken) - 5, 6):
            self._curve_by(*taken[index : index + 6])

    def curves_then_line(self) -> None:
        taken = self._taken(8)
        for index in range(0, len(taken) - 7, 6):
            self._curve_by(*taken[index : index + 6])
        self._line_by(*taken[-2:])

    def lines_then_curve(self) -> None:
        taken = self._taken(8)
        for index in range(0, len(taken) - 7, 2):
            self._line_by(taken[index], taken[index + 1])
        self._curve_by(*taken[-6:])

    def curves_up(self) -> None:
        taken = self._taken(4)
        first = taken.pop(0) if len(taken) % 4 else 0
        for index in range(0, len(taken) - 3, 4):
            a, b, c, d = taken[index : index + 4]
            self._curve_by(first, a, b, c, 0, d)
            first = 0

    def curves_across(self) -> None:
        taken = self._taken(4)
        first = taken.pop(0) if len(taken) % 4 else 0
        for index in range(0, len(taken) - 3, 4):
            a, b, c, d = taken[index : index + 4]
            self._curve_by(a, first, b, c, d, 0)
            first = 0

    def curves_begun_up(self) -> None:
        self._curves_in_turn(across=False)

    def curves_begun_across(self) -> None:
        self._curves_in_turn(across=True)

    def _curves_in_turn(self, *, across: bool) -> None:
        taken = self._taken(4)
        last = len(taken) // 4 * 4 - 4
        for index in range(0, last + 1, 4):
            a, b, c, d = taken[index : index + 4]
            # The last curve may end at a slant.
            slant = taken[index + 4] if index == last and len(taken) % 4 else 0
            if across:
                self._curve_by(a, 0, b, c, slant, d)
            else:
                self._curve_by(0, a, b, c, d, slant)
            across = not across

    def flex(self) -> None:
        taken = self._taken(12)
        self._curve_by(*taken[:6])
        self._curve_by(*taken[6:12])

    def flex_across(self) -> None:
        a, b, c, d, e, f, g = self._taken(7)[:7]
        self._curve_by(a, 0, b, c, d, 0)
        self._curve_by(e, 0, f, -c, g, 0)

    def flex_across_1(self) -> None:
        a, b, c, d, e, f, g, h, i = self._taken(9)[:9]
        self._curve_by(a, b, c, d, e, 0)
        self._curve_by(f, 0, g, h, i, -(b + d + h))

    def flex_1(self) -> None:
        taken = self._taken(11)
        x, y = sum(taken[0:10:2]), sum(taken[1:10:2])
        self._curve_by(*taken[:6])
        last = (taken[10], -y) if abs(x) > abs(y) else (-x, taken[10])
        self._curve_by(*taken[6:10], *last)

    # The rest

    def clear(self) -> None:
        self._stack.clear()

    def divide(self) -> None:
        if len(self._stack) < 2 or not self._stack[-1]:  # noqa: PLR2004
            raise NotRebuildable
        divisor = self._stack.pop()
        self._stack[-1] /= divisor

    def negate(self) -> None:
        if not self._stack:
            raise NotRebuildable
        self._stack[-1] = -self._stack[-1]

    def end(self) -> None:
        self._take_width(given=len(self._stack) in {1, 5})
        self._ended = True
        if len(self._stack) >= 4:  # noqa: PLR2004  a letter and its accent
            x, y, letter, accent = self._stack[-4:]
            if self._accented is None:
                raise NotRebuildable
            self._outline.add_moved(self._accented(int(letter)), 0, 0)
            self._outline.add_moved(self._accented(int(accent)), x, y)


_OPERATORS: Final[dict[int, Callable[[Type2Reader], None]]] = {
    1: Type2Reader._take_stems,  # noqa: SLF001
    3: Type2Reader._take_stems,  # noqa: SLF001
    18: Type2Reader._take_stems,  # noqa: SLF001
    23: Type2Reader._take_stems,  # noqa: SLF001
    4: Type2Reader.move_up,
    5: Type2Reader.lines,
    6: Type2Reader.lines_across,
    7: Type2Reader.lines_up,
    8: Type2Reader.curves,
    14: Type2Reader.end,
    21: Type2Reader.move,
    22: Type2Reader.move_across,
    24: Type2Reader.curves_then_line,
    25: Type2Reader.lines_then_curve,
    26: Type2Reader.curves_up,
    27: Type2Reader.curves_across,
    30: Type2Reader.curves_begun_up,
    31: Type2Reader.curves_begun_across,
    1200: Type2Reader.clear,
    1212: Type2Reader.divide,
    1214: Type2Reader.negate,
    1234: Type2Reader.flex_across,
    1235: Type2Reader.flex,
    1236: Type2Reader.flex_across_1,
    1237: Type2Reader.flex_1,
}


def _number(code: bytes, byte: int, position: int) -> tuple[float, int]:
    if byte <= 246 and byte != 28:  # noqa: PLR2004  the bounds of each form: the note's table 1
        return byte - 139, position
    size = 4 if byte == 255 else 2 if byte == 28 else 1  # noqa: PLR2004
    if position + size > len(code):
        raise NotRebuildable
    value = int.from_bytes(code[position : position + size], "big", signed=size > 1)
    if size == 4:  # noqa: PLR2004
        return value / 65536, position + 4
    if size == 2:  # noqa: PLR2004
        return value, position + 2
    return ((byte - 247) * 256 + value + 108 if byte < 251 else -(byte - 251) * 256 - value - 108), position + 1  # noqa: PLR2004
