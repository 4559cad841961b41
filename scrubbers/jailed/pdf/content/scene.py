"""What a page paints, thing by thing, in its own points: forms entered, matrices applied, each thing with its states.

So there is no saved state, form, matrix of a form or order of states that could be written in one way or another.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from scrubbers.jailed.pdf.content.display_list import (
    MOST_STEPS,
    ConcatMatrix,
    Drawn,
    Path,
    RestoreState,
    SaveState,
    Set,
    SetExtGState,
    SetTextMatrix,
    Show,
    Step,
    TextBegun,
    Unsaid,
    multiplied,
)
from scrubbers.jailed.pdf.content.forms import Form
from scrubbers.jailed.pdf.content.graphics_state import ALPHA_DECIMALS
from scrubbers.jailed.pdf.syntax.lexer import VALUES
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS, Matrix, product
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

_MOST_ITEMS: Final = 100_000  # of a page; one of dense text, each letter shown by itself, has 6,000

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


def items_of(steps: Sequence[Step], matrix: Matrix) -> tuple[list[Item], int]:
    """Return what the steps paint, in the order of drawing, and how many steps there are; raises NotRebuildable.

    `matrix`: from the points of the source's page to those of the new one.
    """
    walk = _Walk(matrix)
    walk.through(steps)
    return walk.items, walk.steps


class _Walk:
    """Goes through display lists. `_line`, `_along`: where the line of text begins, and how far along it the pen is."""

    def __init__(self, matrix: Matrix) -> None:
        self.items: list[Item] = []
        self.steps = 0
        self._state = _State(matrix)
        self._saved: list[_State] = []
        self._line, self._along = AS_IT_IS, 0.0
        self._depth = 0

    def through(self, steps: Sequence[Step]) -> None:
        self.steps += len(steps)
        if self.steps > MOST_STEPS:
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

    def place(self, step: SetTextMatrix) -> None:
        a, b, c, d, e, f = self._line if step.matrix is None else multiplied(step.matrix, AS_IT_IS)
        x, y = VALUES[step.x], VALUES[step.y]
        self._line, self._along = (a, b, c, d, x * a + y * c + e, x * b + y * d + f), 0.0

    def show(self, step: Show) -> None:
        line, states = self._line, self._state.states
        if self._along or "Tz" in states or "Ts" in states:
            stretch = _number_of(self._state, "Tz", 100) / 100
            line = product((stretch, 0, 0, 1, self._along * stretch, _number_of(self._state, "Ts", 0)), line)
        self._add(step, product(line, self._state.matrix))
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
    SetTextMatrix: _Walk.place,
    Show: _Walk.show,
    Path: _Walk.path,
    Drawn: _Walk.draw,
    Unsaid: _Walk.unsaid,
}
