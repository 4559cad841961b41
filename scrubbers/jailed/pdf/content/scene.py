"""What a page paints, thing by thing, in its own points: forms entered, matrices applied, each thing with its states.

So there is no saved state, form, matrix of a form or order of states that could be written in one way or another.
"""

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from scrubbers.jailed.pdf.content.display_list import (
    ConcatMatrix,
    Drawn,
    Matrix,
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
    Unsaid,
    multiplied,
    product,
)
from scrubbers.jailed.pdf.content.forms import Form
from scrubbers.jailed.pdf.content.graphics_state import ALPHA_DECIMALS
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

_MOST_ITEMS: Final = 100_000
_MOST_STEPS: Final = 200_000
AS_IT_IS: Final[Matrix] = (1, 0, 0, 1, 0, 0)
_DECIMALS: Final = 3
_CORNERS: Final = 4
_KEPT_BYTES: Final = 4096
_BOXES: Final = [[b"m", *[b"l"] * lines, *closed] for lines in (3, 4) for closed in ([], [b"h"])]

# Paths that clip, each with the matrix from where it is defined to the page.
Clips: TypeAlias = tuple[tuple[Path, Matrix], ...]
Painted: TypeAlias = Show | Path | Drawn | Unsaid


@dataclass(slots=True)
class Item:
    """One thing that is painted. `matrix`: from where it is defined to the page. `states`: by key, as they were set."""

    step: Painted
    matrix: Matrix
    states: Mapping[str, bytes]
    clips: Clips
    scale: float = 1.0  # of lines
    in_form: bool = False  # which other pages may draw as well


@dataclass(slots=True)
class _State:
    matrix: Matrix
    states: Mapping[str, bytes] = field(default_factory=dict)
    clips: Clips = ()
    group_alpha: float = 1.0  # of the groups around

    def copy(self) -> "_State":
        return _State(self.matrix, self.states, self.clips, self.group_alpha)


def items_of(steps: Sequence[Step]) -> tuple[list[Item], int]:
    """Return what the steps paint, in the order of drawing, and how many steps there are; raises NotRebuildable."""
    walk = _Walk()
    walk.through(steps)
    return walk.items, walk.steps


class _Walk:
    """Goes through display lists. `_line`, `_along`: where the line of text begins, and how far along it the pen is."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.steps = 0
        self._state = _State(AS_IT_IS)
        self._saved: list[_State] = []
        self._line, self._along = AS_IT_IS, 0.0
        self._depth = 0

    def through(self, steps: Sequence[Step]) -> None:
        self.steps += len(steps)
        if self.steps > _MOST_STEPS:
            raise NotRebuildable
        for step in steps:
            _BY_STEP[type(step)](self, step)

    def save(self, _step: SaveState) -> None:
        self._saved.append(self._state.copy())

    def restore(self, _step: RestoreState) -> None:
        if self._saved:
            self._state = self._saved.pop()

    def set(self, step: Set) -> None:
        self._state.states = {**self._state.states, step.key: step.line}

    def set_ext_state(self, step: SetExtGState) -> None:
        self._state.states = {**self._state.states, **step.alphas}

    def concatenate(self, step: ConcatMatrix) -> None:
        self._state.matrix = multiplied(step.line, self._state.matrix)

    def begin_text(self, _step: TextBegun) -> None:
        self._line, self._along = AS_IT_IS, 0.0

    def end_text(self, _step: TextEnded) -> None:
        pass

    def place(self, step: SetTextMatrix) -> None:
        line = multiplied(step.matrix, AS_IT_IS) if step.matrix is not None else self._line
        self._line, self._along = product((1, 0, 0, 1, float(step.x), float(step.y)), line), 0.0

    def show(self, step: Show) -> None:
        stretch = _number_of(self._state, "Tz", 100) / 100
        placed_in_line = stretch, 0.0, 0.0, 1.0, self._along * stretch, _number_of(self._state, "Ts", 0)
        self._add(step, product(product(placed_in_line, self._line), self._state.matrix))
        self._along += step.length()

    def path(self, step: Path) -> None:
        if step.painted != b"n":
            self._add(step, self._state.matrix)
        if step.clips:
            self._state.clips = (*self._state.clips, (step, self._state.matrix))

    def draw(self, step: Drawn) -> None:
        if isinstance(step.thing, Form):
            self._enter(step.thing)
        else:
            self._add(step, self._state.matrix)

    def unsaid(self, step: Unsaid) -> None:
        self._add(step, self._state.matrix)

    def _enter(self, form: Form) -> None:
        outside = self._state, self._saved, self._line, self._along
        inner = self._state.copy()
        inner.matrix = product(form.matrix, inner.matrix)
        inner.clips = (*inner.clips, (form.box, inner.matrix))
        if form.is_group:
            # A group is painted as one. Where things in it lie on each other, the page looks different.
            inner.group_alpha *= float(inner.states.get("ca", b"1"))
            inner.states = {key: value for key, value in inner.states.items() if key not in {"ca", "CA"}}
        self._state, self._saved, self._depth = inner, [], self._depth + 1
        self.through(form.steps)
        self._state, self._saved, self._line, self._along = outside
        self._depth -= 1

    def _add(self, step: Painted, matrix: Matrix) -> None:
        if len(self.items) >= _MOST_ITEMS or not math.isfinite(sum(matrix)):
            raise NotRebuildable
        state = self._state
        if isinstance(step, Show) and (not step.size or not _area(matrix)):
            step.seen = [False] * step.count()
        states = state.states
        if state.group_alpha != 1:
            alphas = {key: float(states.get(key, b"1")) * state.group_alpha for key in ("ca", "CA")}
            states = {**states, **{key: number(round(alpha, ALPHA_DECIMALS)) for key, alpha in alphas.items()}}
        scale = math.sqrt(_area(state.matrix))
        self.items.append(Item(step, matrix, states, state.clips, scale, in_form=self._depth > 0))


def _number_of(state: _State, key: str, usual: float) -> float:
    return float(state.states[key].split()[0]) if key in state.states else usual


def _area(matrix: Matrix) -> float:
    """Return what a square of one point becomes."""
    a, b, c, d, _, _ = matrix
    return abs(a * d - b * c)


_BY_STEP: Final[dict[type, Callable[..., None]]] = {
    SaveState: _Walk.save,
    RestoreState: _Walk.restore,
    Set: _Walk.set,
    SetExtGState: _Walk.set_ext_state,
    ConcatMatrix: _Walk.concatenate,
    TextBegun: _Walk.begin_text,
    TextEnded: _Walk.end_text,
    SetTextMatrix: _Walk.place,
    Show: _Walk.show,
    Path: _Walk.path,
    Drawn: _Walk.draw,
    Unsaid: _Walk.unsaid,
}


# Paths in points of the page

_BEGINS: Final = re.compile(rb"(?<=\n)(?=[^\n]* (?:m|re)(?:\n|\Z))")
_Point: TypeAlias = tuple[float, float]


def placed(segments: bytes, matrix: Matrix, *, strokes: bool = False) -> bytes:
    """Return a path's segments in points of the page: m, l, c and h, and re for upright boxes.

    A box in four lines is one, if its last corner needs no joining: it is filled, or closed.
    """
    return (_all_placed if len(segments) > _KEPT_BYTES else _placed_before)(segments, matrix, strokes)


@functools.lru_cache(maxsize=1024)
def _placed_before(segments: bytes, matrix: Matrix, strokes: bool) -> bytes:
    """Return it at once if it was asked before, as for every writing of a page."""
    return _all_placed(segments, matrix, strokes)


def _all_placed(segments: bytes, matrix: Matrix, strokes: bool) -> bytes:
    return b"\n".join(
        line for subpath in _BEGINS.split(segments) for line in _placed(subpath.removesuffix(b"\n"), matrix, strokes)
    )


def _placed(subpath: bytes, matrix: Matrix, strokes: bool) -> Iterator[bytes]:
    lines = list(_moved(subpath, matrix))
    operators = [operator for operator, _ in lines]
    is_box = operators in _BOXES and (operators[-1] == b"h" or not strokes)
    corners = [points[0] for _, points in lines if points]
    if is_box and (len(corners) == _CORNERS or corners[-1] == corners[0]):
        box = _box_of(corners[:_CORNERS])
        if box is not None:
            yield box
            return
    for operator, points in lines:
        yield (
            b"%s %s" % (b" ".join([number(value) for point in points for value in point]), operator)
            if points
            else operator
        )


def _moved(subpath: bytes, matrix: Matrix) -> Iterator[tuple[bytes, list[_Point]]]:
    """Yield operators and their points on the page; a box as its corners."""
    a, b, c, d, e, f = matrix
    last: _Point = (0.0, 0.0)
    for line in subpath.split(b"\n"):
        *words, operator = line.split(b" ")
        values = [float(word) for word in words]
        if operator == b"re":
            x, y, width, height = values
            values = [x, y, x + width, y, x + width, y + height, x, y + height]
        elif operator == b"v":
            values, operator = [*last, *values], b"c"
        elif operator == b"y":
            values, operator = [*values, *values[-2:]], b"c"
        if values:
            last = values[-2], values[-1]
        points = [
            (round(a * x + c * y + e, _DECIMALS), round(b * x + d * y + f, _DECIMALS))
            for x, y in zip(values[::2], values[1::2], strict=True)
        ]
        if operator == b"re":
            yield b"m", points[:1]
            yield from ((b"l", [point]) for point in points[1:])
            yield b"h", []
        else:
            yield operator, points


def _box_of(corners: Sequence[_Point]) -> bytes | None:
    """Return the upright box with these corners, from below on the left, with its direction; None if it is none."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    across_first = y0 == y1 and x1 == x2 and y2 == y3 and x3 == x0
    up_first = x0 == x1 and y1 == y2 and x2 == x3 and y3 == y0
    if not (across_first or up_first):
        return None
    left, bottom, right, top = min(x0, x2), min(y0, y2), max(x0, x2), max(y0, y2)
    turns_left = ((x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1)) >= 0
    sides = (left, bottom, right - left, top - bottom) if turns_left else (left, top, right - left, bottom - top)
    return b"%s re" % b" ".join([number(round(side, _DECIMALS)) for side in sides])
