"""Emits a display list: one pass over its steps gives the stream of operators, one a line, and resources their names.

A graphics-state operator is emitted only once something is painted with it and it differs from the last one emitted; a
saved state that paints nothing is left out; where text stands is emitted before a shown text alone; a glyph that was
redacted leaves the width it had, if another one follows it.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.pdf.content.display_list import (
    ConcatMatrix,
    Drawn,
    Line,
    Names,
    Path,
    RestoreState,
    SaveState,
    Set,
    SetExtGState,
    SetTextMatrix,
    Show,
    Step,
    TextBegun,
    TextEnded,
    Use,
    multiplied,
)
from scrubbers.jailed.pdf.content.graphics_state import states_in
from scrubbers.jailed.pdf.content.state_use import FILLED, needed
from scrubbers.jailed.pdf.fonts.document_font import SPACE, DocumentFont
from scrubbers.jailed.pdf.fonts.source_font import Glyph
from scrubbers.jailed.pdf.syntax.writer import number

_MOVES: Final = b" cm"
_STAYS_THERE: Final = b"1 0 0 1 0 0 cm"
_ONLY_MOVES: Final = b"1 0 0 1 "
_LEAST_SCALE: Final = 0.01
_SPACE_FROM: Final = -150.0  # thousandths of the size: kerned letters are closer, words in tight lines further apart
# Written as digits, strings made the contents of a report a tenth larger.
_TO_ESCAPE: Final = re.compile(rb"[\\()\r\n]")
_ESCAPES: Final = {b"\\": b"\\\\", b"(": b"\\(", b")": b"\\)", b"\r": b"\\r", b"\n": b"\\n"}


@dataclass(slots=True)
class _Level:
    """What is emitted between a q and its Q, and the states that wait until something is painted."""

    lines: list[Line]
    pending: dict[str, tuple[Line, ...]]
    emitted: dict[str, tuple[Line, ...]]
    painted: bool = False
    painted_to: int = 0  # how many of the lines something that is painted needs
    states: list[int] = field(default_factory=list)  # which of the lines since then are a gs


@dataclass(slots=True)
class _Emitter:
    """Emits a display list. One pass; the names are given at the end, when it is known which lines stay."""

    font: DocumentFont
    levels: list[_Level] = field(default_factory=lambda: [_Level([], {}, {})])
    within: bool = False
    in_text: bool = False
    # Where the next text goes: None while it follows the last one.
    matrix: bytes | None = None
    move: tuple[float, float] | None = None
    single: tuple[bytes, bytes] | None = None
    gap: float = 0.0

    def emit(self, steps: Sequence[Step]) -> list[Line]:
        for step in steps:
            _BY_STEP[type(step)](self, step)
        self._leave_text()
        while len(self.levels) > 1:
            self._restore()
        return self.levels[0].lines[: self.levels[0].painted_to]

    def save(self, _step: Step) -> None:
        self._leave_text()
        level = self.levels[-1]
        self.levels.append(_Level([], dict(level.pending), dict(level.emitted)))

    def restore(self, _step: Step) -> None:
        self._leave_text()
        if len(self.levels) > 1:
            self._restore()

    def _restore(self) -> None:
        level = self.levels.pop()
        if level.painted:
            outer = self.levels[-1]
            outer.lines += [b"q", *level.lines[: level.painted_to], b"Q"]
            self._painted(outer)

    def set(self, step: Set) -> None:
        level = self.levels[-1]
        level.pending.pop(step.key, None)
        level.pending[step.key] = step.lines

    def concatenate(self, step: ConcatMatrix) -> None:
        self._leave_text()
        level = self.levels[-1]
        last = level.lines[-1] if level.lines else None
        line: bytes | None = step.line
        if isinstance(last, bytes) and last.endswith(_MOVES):
            line = _moved_twice(last, step.line)
            if line is not None:
                level.lines.pop()
        if line != _STAYS_THERE:
            level.lines.append(line or step.line)

    def set_ext_state(self, step: SetExtGState) -> None:
        level = self.levels[-1]
        keys = states_in(step.resource)
        for at in reversed(level.states):
            before = level.lines[at]
            if isinstance(before, Use) and states_in(before.resource) <= keys:
                # Nothing was painted with it.
                del level.lines[at]
                level.states.remove(at)
                level.states = [other - (other > at) for other in level.states]
        level.states.append(len(level.lines))
        level.lines.append(Use(b"", b"G", step.resource, b"gs"))

    def text_begun(self, _step: Step) -> None:
        self._leave_text()
        self.matrix, self.move, self.single, self.gap = None, None, None, 0.0

    def text_ended(self, _step: Step) -> None:
        self._leave_text()

    def place(self, step: SetTextMatrix) -> None:
        self.gap = 0.0
        if step.matrix is not None:
            self.matrix, self.move, self.single = step.matrix, None, None
        if step.x == b"0" and step.y == b"0":
            # Even a move by nothing goes back to the line's beginning.
            self.move = self.move or (0.0, 0.0)
            self.single = self.single or (b"0", b"0")
            return
        x, y = self.move or (0.0, 0.0)
        self.single = (step.x, step.y) if (x, y) == (0.0, 0.0) else None
        self.move = (x + float(step.x), y + float(step.y))

    def path(self, step: Path) -> None:
        self._leave_text()
        painted = b"n" if step.hidden or step.trial == b"" else step.painted
        if painted == b"n" and not step.clips:
            return
        segments = step.segments if step.trial is None else step.trial.removesuffix(b"\n")
        level = self.levels[-1]
        if painted != b"n":
            self._flush(step)
        level.lines += [segments, *([step.clips] if step.clips else []), painted]
        if painted != b"n":
            self._painted(level)

    def show(self, step: Show) -> None:
        shown, gap_after = _shown(step, self.font, self.gap)
        if shown is None:
            self.gap = gap_after
            return
        self.gap = 0.0
        level = self.levels[-1]
        self._flush(step)
        if not self.in_text:
            level.lines.append(b"BT")
            self._move_alone()
            self.in_text = True
        self._place(level)
        level.lines.append(shown)
        self._painted(level)
        self.gap = gap_after

    def _move_alone(self) -> None:
        """At the beginning of a text, say a matrix that only moves as the move that it is."""
        if self.matrix is not None and self.matrix.startswith(_ONLY_MOVES):
            x, y = self.matrix[len(_ONLY_MOVES) :].split()
            if self.move is not None and self.move != (0.0, 0.0):
                x, y = number(round(float(x) + self.move[0], 6)), number(round(float(y) + self.move[1], 6))
            self.matrix, self.move, self.single = None, (float(x), float(y)), (x, y)

    def _place(self, level: _Level) -> None:
        if self.matrix is not None:
            level.lines.append(self.matrix + b" Tm")
        if self.move is not None and (self.matrix is None or self.move != (0.0, 0.0)):
            x, y = self.single or (number(self.move[0]), number(self.move[1]))
            level.lines.append(b"%s %s Td" % (x, y))
        self.matrix, self.move, self.single = None, None, None

    def draw(self, step: Drawn) -> None:
        self._leave_text()
        if not step.hidden and step.thing.paints():
            self._paint(step, Use(b"", b"X", step.thing.node, b"Do"))

    def _paint(self, step: Step, line: Line) -> None:
        self._flush(step)
        self.levels[-1].lines.append(line)
        self._painted(self.levels[-1])

    @staticmethod
    def _painted(level: _Level) -> None:
        level.painted = True
        level.painted_to = len(level.lines)
        level.states.clear()

    def _flush(self, step: Step) -> None:
        """Says what waits of what the step is painted with."""
        level = self.levels[-1]
        waiting = level.pending
        if not waiting:
            return
        modes = waiting.get("Tr") or level.emitted.get("Tr") or ((None,) if self.within else (FILLED,))
        keys = needed(step, modes[0])
        level.pending = {key: lines for key, lines in waiting.items() if key not in keys}
        for key, lines in waiting.items():
            if key in keys and level.emitted.get(key) != lines:
                level.lines += lines
                level.emitted[key] = lines

    def _leave_text(self) -> None:
        if self.in_text:
            level = self.levels[-1]
            level.lines.append(b"ET")
            level.painted_to = len(level.lines)
            self.in_text = False


_BY_STEP: Final[dict[type, Callable[..., None]]] = {
    SaveState: _Emitter.save,
    RestoreState: _Emitter.restore,
    Set: _Emitter.set,
    ConcatMatrix: _Emitter.concatenate,
    SetExtGState: _Emitter.set_ext_state,
    TextBegun: _Emitter.text_begun,
    TextEnded: _Emitter.text_ended,
    SetTextMatrix: _Emitter.place,
    Path: _Emitter.path,
    Show: _Emitter.show,
    Drawn: _Emitter.draw,
}


def emit(steps: Sequence[Step], names: Names, font: DocumentFont, *, within: bool = False) -> bytes:
    """Return the stream of operators, one a line; resources get their names here, and glyphs of `font` their codes.

    `within`: a form, which begins with the states of who draws it.
    """
    return b"".join(
        b"%s/%s %s\n" % (line.before, names.name(line.letter, line.resource), line.operator)
        if isinstance(line, Use)
        else line + b"\n"
        for line in _Emitter(font, within=within).emit(steps)
    )


def _moved_twice(first: bytes, second: bytes) -> bytes | None:
    """One line for two that follow each other; None where six decimals are too few for it."""
    moved = multiplied(second, multiplied(first, (1, 0, 0, 1, 0, 0)))
    if any(part and abs(part) < _LEAST_SCALE for part in moved[:4]):
        return None
    return b"%s cm" % b" ".join(number(round(part, 6)) for part in moved)


def _shown(show: Show, font: DocumentFont, gap: float) -> tuple[bytes | None, float]:
    """Return the show operator's line, or None when no glyph of it stays; and the gap that is left behind it.

    `gap`: what was left before it. One as wide as a space gets a space, whatever the source had there.
    """
    apart = 1000 * show.character_space / show.size if show.size else 0.0
    items: list[bytes] = []
    codes = b""
    for run in _runs(show, apart):
        if isinstance(run, float):
            gap += run
            continue
        if codes and gap <= _SPACE_FROM:
            codes += font.codes((SPACE,))
            gap += SPACE.advance + apart
        moved = number(round(gap, 3))
        if moved != b"0":
            items += [string_of(codes), moved] if codes else [moved]
            codes = b""
        codes += font.codes(run)
        gap = 0.0
    if not codes:
        return None, gap
    items.append(string_of(codes))
    if len(items) == 1:
        return items[0] + b" Tj", gap
    return b"[%s] TJ" % b" ".join(items), gap


def _runs(show: Show, apart: float) -> Iterator[Sequence[Glyph] | float]:
    """Yield runs of glyphs that stay, and numbers for what lies between: moves of the source and glyphs that went."""
    seen = iter(show.seen or ())
    for part in show.parts:
        if isinstance(part, bytes):
            yield float(part)
        elif show.seen is None:
            yield part
        else:
            for glyph in part:
                yield [glyph] if next(seen) else -(glyph.advance + apart)


def string_of(codes: bytes) -> bytes:
    """Return a string between brackets. Its line ends are escaped, so that an operator stays one line."""
    return b"(%s)" % _TO_ESCAPE.sub(_escaped, codes)


def _escaped(found: "re.Match[bytes]") -> bytes:
    return _ESCAPES[found[0]]
