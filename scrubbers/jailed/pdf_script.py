"""What a stream of drawing operators does, as steps, and how the steps are said anew.

A script holds only what reaches the page: states, paths, shown text, things drawn. Resources stand in it as objects and
get their names when it is said, in the order of first use, so what no step uses is not in the result. Saying it again
after something was taken out gives a smaller stream, and nothing of what went.

    Saved, Restored        q Q; a pair between which nothing is painted is not said
    Set                    a state (line width, colour, font …) by key: said when something is painted and it differs
    Moved, GoneTo          cm and gs, which take effect at once
    Placed                 Tm, Td, T*: where the next text stands; said before a shown text alone
    Path                   its segments, and how it is painted or clips
    Show                   text, with its font and what is needed to replace a glyph by a gap
    Drawn, Shaded          Do of a picture or a form, sh
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from scrubbers.jailed.pdf_objects import Node, Value, number


class ShownFont(Protocol):
    """What a script needs of a font."""

    node: Node

    @property
    def is_coloured(self) -> bool:
        """Whether its glyphs may have colours of their own."""

    def codes(self, shown: bytes) -> list[bytes]: ...

    def advance(self, code: bytes) -> float: ...


@dataclass(slots=True, frozen=True)
class Use:
    """A line that names a resource: operands, the resource, the operator."""

    before: bytes
    letter: bytes
    resource: Node
    operator: bytes


Line: TypeAlias = "bytes | Use"


@dataclass(slots=True)
class Saved: ...


@dataclass(slots=True)
class Restored: ...


@dataclass(slots=True)
class Set:
    key: str
    lines: tuple[Line, ...]


@dataclass(slots=True)
class Moved:
    line: bytes


@dataclass(slots=True)
class GoneTo:
    """gs: several states at once."""

    resource: Node


@dataclass(slots=True)
class TextBegun: ...


@dataclass(slots=True)
class TextEnded: ...


@dataclass(slots=True)
class Placed:
    """`matrix` (six numbers as they are written) for Tm, else None; then a move by (x, y)."""

    matrix: bytes | None
    x: bytes
    y: bytes


@dataclass(slots=True)
class Path:
    segments: bytes
    painted: bytes
    clips: bytes
    hidden: bool = False


@dataclass(slots=True)
class Show:
    """One show operator: strings as lists of codes, numbers as they are written.

    `seen` says of each code whether it stays; None while all do. `spelled`: each code is shown by an operator of its
    own, so that PDFium knows it as a thing of its own.
    """

    font: ShownFont
    size: float
    character_space: float
    word_space: float
    parts: list[list[bytes] | bytes]
    seen: Sequence[bool] | None = None
    spelled: bool = False

    def may_hide_letters(self) -> bool:
        """Whether a letter may lie on another one of the same text: the pen goes back or stays; or be of any colour."""
        if self.font.is_coloured:
            return True
        apart = 1000 * self.character_space / self.size if self.size else 0.0
        steps = [self.font.advance(code) + apart for code in set(self.codes())]
        # In a vertical font the pen goes down: all its steps are negative, and a negative number is a move back.
        forward = 1 if steps and max(steps) > 0 else -1
        moves = (float(part) for part in self.parts if isinstance(part, bytes))
        return any(step * forward < _STANDS for step in steps) or any(move * forward > _MOVES_BACK for move in moves)

    def count(self) -> int:
        return sum(len(part) for part in self.parts if isinstance(part, list))

    def operators(self) -> int:
        """By how many operators it is said, if anything of it is shown."""
        return self.count() if self.spelled else 1

    def shows_anything(self) -> bool:
        """Whether any code of it stays."""
        if self.seen is not None:
            return any(self.seen)
        return any(isinstance(part, list) for part in self.parts)

    def add_codes(self, used: set[bytes]) -> None:
        """Adds the codes that stay."""
        if self.seen is not None:
            used.update(self.shown_codes())
            return
        for part in self.parts:
            if isinstance(part, list):
                used.update(part)

    def codes(self) -> Iterator[bytes]:
        for part in self.parts:
            if isinstance(part, list):
                yield from part

    def shown_codes(self) -> Iterator[bytes]:
        """The codes that stay."""
        if self.seen is None:
            return self.codes()
        return (code for code, seen in zip(self.codes(), self.seen, strict=True) if seen)


@dataclass(slots=True)
class Drawn:
    """A picture or a form. What is drawn has a node, and a script of its own if it is a form."""

    thing: "Drawable"
    hidden: bool = False


@dataclass(slots=True)
class Shaded:
    resource: Node


class Drawable(Protocol):
    node: Node


Matrix: TypeAlias = tuple[float, float, float, float, float, float]

Step: TypeAlias = (
    "Saved | Restored | Set | Moved | GoneTo | TextBegun | TextEnded | Placed | Path | Show | Drawn | Shaded"
)

# Thousandths of the font's size: how far the pen may go back, as for accents and close pairs; as narrow as letters are.
_MOVES_BACK: Final = 600
_STANDS: Final = 100
_SPACE_CODE: Final = b" "
# Written as digits, strings made the contents of a report a tenth larger.
_TO_ESCAPE: Final = re.compile(rb"[\\()\r\n]")
_ESCAPES: Final = {b"\\": b"\\\\", b"(": b"\\(", b")": b"\\)", b"\r": b"\\r", b"\n": b"\\n"}
_KINDS: Final = {
    b"F": b"Font", b"X": b"XObject", b"G": b"ExtGState", b"C": b"ColorSpace", b"P": b"Pattern", b"S": b"Shading",
}  # fmt: skip


class Names:
    """Gives resources their names, in the order of first use."""

    def __init__(self) -> None:
        self._given: dict[bytes, dict[Node, bytes]] = {}

    def name(self, letter: bytes, resource: Node) -> bytes:
        of_kind = self._given.setdefault(letter, {})
        return of_kind.setdefault(resource, b"%s%d" % (letter, len(of_kind)))

    def resources(self) -> "dict[bytes, Value]":
        """The Resources dictionary."""
        return {
            _KINDS[letter]: {given: resource for resource, given in of_kind.items()}
            for letter, of_kind in sorted(self._given.items())
        }


@dataclass(slots=True)
class _Level:
    """What has been said between a q and its Q, and what is still to be said when something is painted."""

    lines: list[Line]
    pending: dict[str, tuple[Line, ...]]
    said: dict[str, tuple[Line, ...]]
    painted: bool = False


# States that an ExtGState can change as well.
_OF_GRAPHICS_STATE: Final = ("w", "J", "j", "M", "d")


@dataclass(slots=True)
class _Teller:
    """Says a script. One pass; the names are given at the end, when it is known which lines stay."""

    levels: list[_Level] = field(default_factory=lambda: [_Level([], {}, {})])
    in_text: bool = False
    # Where the next text goes: None while it follows the last one.
    matrix: bytes | None = None
    move: tuple[float, float] | None = None
    single: tuple[bytes, bytes] | None = None
    gap: float = 0.0

    def tell(self, steps: Sequence[Step]) -> list[Line]:
        for step in steps:
            _TELLING[type(step)](self, step)
        self._leave_text()
        while len(self.levels) > 1:
            self._restore()
        return self.levels[0].lines

    def saved(self, _step: Step) -> None:
        self._leave_text()
        level = self.levels[-1]
        self.levels.append(_Level([], dict(level.pending), dict(level.said)))

    def restored(self, _step: Step) -> None:
        self._leave_text()
        if len(self.levels) > 1:
            self._restore()

    def _restore(self) -> None:
        level = self.levels.pop()
        if level.painted:
            outer = self.levels[-1]
            outer.lines += [b"q", *level.lines, b"Q"]
            outer.painted = True

    def set(self, step: Set) -> None:
        level = self.levels[-1]
        level.pending.pop(step.key, None)
        level.pending[step.key] = step.lines

    def moved(self, step: Moved) -> None:
        self._leave_text()
        self.levels[-1].lines.append(step.line)

    def gone_to(self, step: GoneTo) -> None:
        # What it changes is no longer what was said, and what waits must come before it. It may stand amid text.
        self._flush()
        level = self.levels[-1]
        for key in _OF_GRAPHICS_STATE:
            level.said.pop(key, None)
        level.lines.append(Use(b"", b"G", step.resource, b"gs"))

    def text_begun(self, _step: Step) -> None:
        self._leave_text()
        self.matrix, self.move, self.single, self.gap = None, None, None, 0.0

    def text_ended(self, _step: Step) -> None:
        self._leave_text()

    def placed(self, step: Placed) -> None:
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
        painted = b"n" if step.hidden else step.painted
        if painted == b"n" and not step.clips:
            return
        level = self.levels[-1]
        if painted != b"n":
            self._flush()
            level.painted = True
        level.lines += [step.segments, *([step.clips] if step.clips else []), painted]

    def show(self, step: Show) -> None:
        if step.spelled:
            for part in step.parts:
                if isinstance(part, bytes):
                    self.gap += float(part)
                else:
                    for code in part:
                        self._show(replace(step, parts=[[code]], spelled=False))
        else:
            self._show(step)

    def _show(self, step: Show) -> None:
        said, gap_after = _said(step, self.gap)
        if said is None:
            self.gap = gap_after
            return
        self.gap = 0.0
        level = self.levels[-1]
        level.painted = True
        self._flush(for_text=True)
        if not self.in_text:
            level.lines.append(b"BT")
            self.in_text = True
        self._place(level)
        level.lines.append(said)
        self.gap = gap_after

    def _place(self, level: _Level) -> None:
        if self.matrix is not None:
            level.lines.append(self.matrix + b" Tm")
        if self.move is not None and (self.matrix is None or self.move != (0.0, 0.0)):
            x, y = self.single or (number(self.move[0]), number(self.move[1]))
            level.lines.append(b"%s %s Td" % (x, y))
        self.matrix, self.move, self.single = None, None, None

    def drawn(self, step: Drawn) -> None:
        self._leave_text()
        if not step.hidden:
            self._paint(Use(b"", b"X", step.thing.node, b"Do"))

    def shaded(self, step: Shaded) -> None:
        self._leave_text()
        self._paint(Use(b"", b"S", step.resource, b"sh"))

    def _paint(self, line: Line) -> None:
        self._flush()
        self.levels[-1].painted = True
        self.levels[-1].lines.append(line)

    def _flush(self, *, for_text: bool = False) -> None:
        """Says what waits. A font is said before a text alone: one that shows nothing is not in the document."""
        level = self.levels[-1]
        waiting = level.pending
        level.pending = {} if for_text else {key: lines for key, lines in waiting.items() if key == "Tf"}
        for key, lines in waiting.items():
            if key not in level.pending and level.said.get(key) != lines:
                level.lines += lines
                level.said[key] = lines

    def _leave_text(self) -> None:
        if self.in_text:
            self.levels[-1].lines.append(b"ET")
            self.in_text = False


_TELLING: Final[dict[type, Callable[..., None]]] = {
    Saved: _Teller.saved, Restored: _Teller.restored, Set: _Teller.set, Moved: _Teller.moved, GoneTo: _Teller.gone_to,
    TextBegun: _Teller.text_begun, TextEnded: _Teller.text_ended, Placed: _Teller.placed, Path: _Teller.path,
    Show: _Teller.show, Drawn: _Teller.drawn, Shaded: _Teller.shaded,
}  # fmt: skip


def multiplied(line: bytes, then: Matrix) -> Matrix:
    """The matrix of a `Moved` line, before another one."""
    a, b, c, d, e, f = (float(part) for part in line.split()[:6])
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def say(steps: Sequence[Step], names: Names) -> bytes:
    """The stream of operators, one a line; resources get their names here."""
    return b"".join(
        b"%s/%s %s\n" % (line.before, names.name(line.letter, line.resource), line.operator)
        if isinstance(line, Use)
        else line + b"\n"
        for line in _Teller().tell(steps)
    )


def _said(show: Show, gap_before: float) -> tuple[bytes | None, float]:
    """The show operator's line, or None when no glyph of it stays; and the gap that is left behind it."""
    if show.seen is None and not gap_before:
        items, gap = [part if isinstance(part, bytes) else _string(part) for part in show.parts], 0.0
    else:
        items, gap = _with_gaps(show, gap_before)
    if not any(item.startswith(b"(") for item in items):
        return None, gap + sum(float(item) for item in items)
    if len(items) == 1:
        return items[0] + b" Tj", gap
    return b"[%s] TJ" % b" ".join(items), gap


def _with_gaps(show: Show, gap: float) -> tuple[list[bytes], float]:
    """Strings, and numbers for what lies between them: moves of the source and glyphs that went."""
    items: list[bytes] = []
    run: list[bytes] = []
    seen = iter(show.seen) if show.seen is not None else itertools.repeat(True)
    for part in show.parts:
        if isinstance(part, bytes):
            gap += float(part)
            continue
        for code in part:
            if not next(seen):
                gap -= _advance(show, code)
                continue
            if gap:
                if run:
                    items.append(_string(run))
                items.append(number(round(gap, 3)))
                run, gap = [], 0.0
            run.append(code)
    if run:
        items.append(_string(run))
    return items, gap


def _string(codes: Sequence[bytes]) -> bytes:
    """A string between brackets. Its line ends are escaped, so that an operator stays one line."""
    shown = b"".join(codes)
    if _TO_ESCAPE.search(shown):
        shown = _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], shown)
    return b"(%s)" % shown


def _advance(show: Show, code: bytes) -> float:
    """How far a glyph moves the next one, in thousandths of the font's size. ISO 32000-1, 9.4.4."""
    if not show.size:
        return 0.0
    space = show.character_space + (show.word_space if code == _SPACE_CODE else 0.0)
    return show.font.advance(code) + 1000 * space / show.size
