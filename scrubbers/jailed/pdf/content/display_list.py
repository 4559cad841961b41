"""The display list of a stream of drawing operators: what it does, as steps, which `emitter` writes as operators again.

It holds only what reaches the page: states, paths, shown text, pictures and forms. A resource stands in it as an object
and gets its name when it is emitted, in the order of first use, so that what no step uses is not in the result. Emitted
again after something was redacted it gives a smaller stream, and nothing of what is gone.

    SaveState, RestoreState    q Q; a pair between which nothing is painted is not emitted
    Set                        a state (line width, colour, font …) by key: emitted once something is painted with it
    ConcatMatrix, SetExtGState cm and gs, which take effect at once
    SetTextMatrix              Tm, Td, T*: where the next text stands; emitted before a shown text alone
    Path                       its segments, and how it is painted or clips
    Show                       text, with what is needed to replace a glyph by a gap
    Drawn                      Do of a picture or a form
    Unsaid                     what cannot be said in these steps: gradients, patterns, masks, blends; never emitted
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeAlias

from scrubbers.jailed.pdf.fonts.document_font import GAP_DECIMALS
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.syntax.writer import Node, Value


@dataclass(slots=True, frozen=True)
class Use:
    """A line that names a resource: operands, the resource, the operator."""

    before: bytes
    letter: bytes
    resource: Node
    operator: bytes


Line: TypeAlias = "bytes | Use"


@dataclass(slots=True)
class SaveState: ...


@dataclass(slots=True)
class RestoreState: ...


@dataclass(slots=True)
class Set:
    key: str
    line: bytes


@dataclass(slots=True)
class ConcatMatrix:
    line: bytes


@dataclass(slots=True)
class SetExtGState:
    """gs: alpha of areas (ca) and of lines (CA), as numbers are written."""

    alphas: Mapping[str, bytes]


@dataclass(slots=True)
class TextBegun: ...


@dataclass(slots=True)
class TextEnded: ...


@dataclass(slots=True)
class SetTextMatrix:
    """`matrix` (six numbers as they are written) for Tm, else None; then a move by (x, y)."""

    matrix: bytes | None
    x: bytes
    y: bytes


@dataclass(slots=True)
class Path:
    """`trial`: its segments while some are taken away for a moment. `placed`: where it was drawn last, and how."""

    segments: bytes
    painted: bytes
    clips: bytes
    hidden: bool = False
    trial: bytes | None = None
    placed: tuple[object, Any] | None = field(default=None, compare=False)

    def is_drawn(self) -> bool:
        """Whether it is painted and has more than one point."""
        return self.painted != b"n" and not self.hidden and _HAS_EXTENT.search(self.segments) is not None

    def fills(self) -> bytes:
        """Return how its area is painted: f, f* or not at all."""
        return b"" if self.painted == b"S" else self.painted.lower().replace(b"b", b"f")

    def strokes(self) -> bool:
        return self.painted[:1] in b"SB"

    def is_rectangle(self) -> bool:
        """Whether it is a single one, upright."""
        return self.segments.endswith(b" re") and self.segments.count(b"\n") == 0


# A run, and how far before it the one before ends, in thousandths of the size.
Piece: TypeAlias = tuple[float, Run]


@dataclass(slots=True)
class Show:
    """One show operator: runs of glyphs that draw something, and between them how far the pen goes back (as in TJ).

    `seen` says of each glyph whether it stays; None while all do.
    """

    size: float
    character_space: float
    parts: list[Run | float]
    seen: Sequence[bool] | None = None
    _said: tuple[Sequence[bool] | None, float, list[Piece], float] | None = field(default=None, compare=False)
    _reach: tuple[float, float, float] | None = field(default=None, compare=False)

    def leaves_out_ink(self) -> bool:
        """Whether a glyph does not stay."""
        return self.seen is not None and not all(self.seen)

    def may_hide_letters(self) -> bool:
        """Whether a letter may lie on another one of the same text: the pen goes back or stays."""
        least = _STANDS - (1000 * self.character_space / self.size if self.size else 0.0)
        for part in self.parts:
            if part.least < least if type(part) is Run else part > _MOVES_BACK:
                return self.count() > 1
        return False

    def pieces(self) -> tuple[float, list[Piece], float]:
        """Return where the first glyph that stays begins, what is shown from there, and where it ends."""
        if self._said is None or self._said[0] is not self.seen:
            self._said = self.seen, *self._pieces()
        return self._said[1:]

    def _pieces(self) -> tuple[float, list[Piece], float]:
        found: list[Piece] = []
        start, pen = None, 0.0
        for at, run in self._runs():
            if start is None:
                start = pen = at
            gap = round(at - pen, GAP_DECIMALS)
            found.append((gap, run))
            pen += gap + run.advance
        return start or 0.0, found, pen

    def _runs(self) -> Iterator[tuple[float, Run]]:
        """Yield the glyphs that stay, and how far from the text's beginning, in thousandths of its size."""
        if self.seen is not None or self.character_space:
            seen = self.seen if self.seen is not None else itertools.repeat(True)
            yield from ((at, glyph.alone) for (at, glyph), stays in zip(self.places(), seen, strict=False) if stays)
            return
        position = 0.0
        for part in self.parts:
            if type(part) is Run:
                yield position, part
                position += part.advance
            else:
                position -= part

    def places(self) -> Iterator[tuple[float, Glyph]]:
        """Yield each glyph, and how far from the text's beginning, in thousandths of its size."""
        apart = 1000 * self.character_space / self.size if self.size else 0.0
        position = 0.0
        for part in self.parts:
            if not isinstance(part, Run):
                position -= part
                continue
            for glyph in part.glyphs:
                yield position, glyph
                position += glyph.advance + apart

    def length(self) -> float:
        """Return how far it moves the pen, in points before any matrix."""
        return self._reached()[2]

    def extent(self) -> tuple[float, float]:
        """Return from where to where it reaches, in points before any matrix."""
        return self._reached()[:2]

    def _reached(self) -> tuple[float, float, float]:
        """Return the least and the greatest place of the pen, and where it ends; asked only once all is read."""
        if self._reach is None:
            along, size, apart = 0.0, self.size / 1000, self.character_space
            ends = [along]
            for part in self.parts:
                if type(part) is Run:
                    along += part.advance * size + apart * len(part.glyphs)
                else:
                    along -= part * size
                ends.append(along)
            self._reach = min(ends), max(ends), along
        return self._reach

    def count(self) -> int:
        return sum([len(part.glyphs) for part in self.parts if type(part) is Run])

    def shows_anything(self) -> bool:
        """Whether any glyph of it stays."""
        if self.seen is not None:
            return any(self.seen)
        return Run in map(type, self.parts)

    def glyphs(self) -> Iterator[Glyph]:
        for part in self.parts:
            if isinstance(part, Run):
                yield from part.glyphs


@dataclass(slots=True)
class Drawn:
    """A picture or a form. What is drawn has a node, and a display list of its own if it is a form."""

    thing: "Drawable"
    hidden: bool = False


@dataclass(slots=True)
class Unsaid:
    """Something that only a drawing of the page can show."""


class Drawable(Protocol):
    """A picture, or a form, which is entered where it is drawn."""


Matrix: TypeAlias = tuple[float, float, float, float, float, float]

Step: TypeAlias = (
    "SaveState | RestoreState | Set | ConcatMatrix | SetExtGState | TextBegun | TextEnded | SetTextMatrix | Path | Show"
    " | Drawn | Unsaid"
)
# Thousandths of the font's size: how far the pen may go back, as for accents and close pairs; as narrow as letters are.
_MOVES_BACK: Final = 600
_STANDS: Final = 100
# A segment that leads from one point to another.
_HAS_EXTENT: Final = re.compile(rb" (?:[lcvy]|re)(?:\n|$)")
_KINDS: Final = {
    b"F": b"Font", b"X": b"XObject", b"G": b"ExtGState",
}  # fmt: skip


class Names:
    """Gives resources their names, in the order of first use."""

    def __init__(self) -> None:
        self._given: dict[bytes, dict[Node, bytes]] = {}

    def name(self, letter: bytes, resource: Node) -> bytes:
        of_kind = self._given.setdefault(letter, {})
        return of_kind.setdefault(resource, b"%s%d" % (letter, len(of_kind)))

    def resources(self) -> "dict[bytes, Value]":
        """Return the Resources dictionary."""
        return {
            _KINDS[letter]: {given: resource for resource, given in of_kind.items()}
            for letter, of_kind in sorted(self._given.items())
        }


def joined(parts: Iterable[Run | float]) -> list[Run | float]:
    """Of a show: runs that follow each other in one; of moves that follow each other only where they lead."""
    found: list[Run | float] = []
    runs: list[Run] = []
    moved = 0.0
    for part in parts:
        if type(part) is not Run:
            moved = round(moved + part, GAP_DECIMALS) if moved else part
            continue
        if moved:
            if runs:
                found.append(_one(runs))
            found.append(moved)
            runs, moved = [], 0.0
        runs.append(part)
    if runs:
        found.append(_one(runs))
    return [*found, moved] if moved else found


def _one(runs: list[Run]) -> Run:
    return runs[0] if len(runs) == 1 else Run(glyph for run in runs for glyph in run.glyphs)


def product(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that does one and then the other."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def multiplied(line: bytes, then: Matrix) -> Matrix:
    """Return the matrix of a `ConcatMatrix` line, before another one."""
    a, b, c, d, e, f = (float(part) for part in line.split()[:6])
    return product((a, b, c, d, e, f), then)
