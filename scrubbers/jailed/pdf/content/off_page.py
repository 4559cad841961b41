"""Letters that lie wholly off the page, cut by geometry alone: text that runs over an edge is common in tables.

A letter is taken for as wide as it moves the pen, and as high as its font's size. Not asked of text in forms.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from scrubbers.jailed.pdf.content.display_list import (
    ConcatMatrix,
    Matrix,
    RestoreState,
    SaveState,
    Set,
    SetTextMatrix,
    Show,
    Step,
    TextBegun,
    multiplied,
)

_UNIT: Final[Matrix] = (1, 0, 0, 1, 0, 0)
_DESCENT: Final = 0.3  # of its size


@dataclass(frozen=True, slots=True)
class _State:
    matrix: Matrix = _UNIT
    stretch: float = 1.0
    rise: float = 0.0


@dataclass(slots=True)
class _Pen:
    """Where the next letter is put: the state, the matrix of the line, and how far along it."""

    state: _State = field(default_factory=_State)
    saved: list[_State] = field(default_factory=list)
    line: Matrix = _UNIT
    along: float = 0.0

    def follow(self, step: Step) -> None:
        match step:
            case SaveState():
                self.saved.append(self.state)
            case RestoreState():
                self.state = self.saved.pop() if self.saved else self.state
            case ConcatMatrix():
                self.state = replace(self.state, matrix=multiplied(step.line, self.state.matrix))
            case Set(key="Tz", lines=(bytes() as said, *_)):
                self.state = replace(self.state, stretch=float(said.split()[0]) / 100)
            case Set(key="Ts", lines=(bytes() as said, *_)):
                self.state = replace(self.state, rise=float(said.split()[0]))
            case TextBegun():
                self.line, self.along = _UNIT, 0.0
            case SetTextMatrix():
                line = multiplied(step.matrix, _UNIT) if step.matrix is not None else self.line
                self.line, self.along = multiplied(b"1 0 0 1 %s %s" % (step.x, step.y), line), 0.0
            case _:
                pass

    def extent(self, start: float, end: float, size: float) -> tuple[float, float, float, float]:
        """Return the box on the page around what stands from `start` to `end` along the line."""
        a, b, c, d, e, f = self.line
        p, q, r, s, t, u = self.state.matrix
        corners = [
            (a * x + c * y + e, b * x + d * y + f)
            for x in (start, end)
            for y in (self.state.rise - _DESCENT * size, self.state.rise + size)
        ]
        xs, ys = [p * x + r * y + t for x, y in corners], [q * x + s * y + u for x, y in corners]
        return min(xs), min(ys), max(xs), max(ys)


def cut_off_page(steps: Sequence[Step], box: Sequence[float]) -> None:
    """Mark the letters that lie off the box (left, bottom, right, top) as unseen."""
    pen = _Pen()
    for step in steps:
        if not isinstance(step, Show):
            pen.follow(step)
        else:
            _cut(step, pen, box)


def _cut(show: Show, pen: _Pen, box: Sequence[float]) -> None:
    """Mark the letters of one text, and move the pen. Most texts lie within the page: of them the parts are enough."""
    ends = list(_part_ends(show, pen))
    left, bottom, right, top = pen.extent(min(ends), max(ends), show.size)
    if not (left >= box[0] and bottom >= box[1] and right <= box[2] and top <= box[3]) and show.seen is None:
        of_letters = list(_ends(show, pen))
        pairs = zip(of_letters[::2], of_letters[1::2], strict=False)
        seen = [_touches(pen.extent(*each, show.size), box) for each in pairs]
        show.seen = None if all(seen) else seen
    pen.along = ends[-1]


def _part_ends(show: Show, pen: _Pen) -> Iterator[float]:
    """Yield where the text and each of its parts begins and ends along its line."""
    along, stretch, size = pen.along, pen.state.stretch, show.size / 1000
    yield along
    for part in show.parts:
        if isinstance(part, bytes):
            along -= float(part) * size * stretch
        else:
            along += (sum(glyph.advance for glyph in part) * size + show.character_space * len(part)) * stretch
        yield along


def _ends(show: Show, pen: _Pen) -> Iterator[float]:
    """Yield where each letter begins and ends along its line, and at last where the pen is."""
    along, stretch, size = pen.along, pen.state.stretch, show.size / 1000
    for part in show.parts:
        if isinstance(part, bytes):
            along -= float(part) * size * stretch
            continue
        for glyph in part:
            yield along
            along += (glyph.advance * size + show.character_space) * stretch
            yield along
    yield along


def _touches(extent: tuple[float, float, float, float], box: Sequence[float]) -> bool:
    return extent[2] >= box[0] and extent[0] <= box[2] and extent[3] >= box[1] and extent[1] <= box[3]
