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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from scrubbers.jailed.pdf.fonts.document_font import GAP_DECIMALS
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.syntax.lexer import VALUES
from scrubbers.jailed.pdf.syntax.matrix import Matrix, product
from scrubbers.jailed.pdf.syntax.memo import Memo
from scrubbers.jailed.pdf.syntax.writer import Node, Value


@dataclass(slots=True, frozen=True)
class Use:
    """A line that names a resource: the letter of its name, itself, and what stands behind the name."""

    letter: bytes
    resource: Node
    after: bytes


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


# Where the first run begins, the runs, the gaps between them, where the last one ends: in thousandths of the size.
Pieces: TypeAlias = tuple[float, list[Run], list[float], float]


@dataclass(slots=True)
class Show:
    """One show operator: runs of glyphs that draw something, and how far the pen goes back (as in TJ) between them.

    `moves` has one for before each run, and one for after the last. `seen` says of each glyph whether it stays; None
    while all do.
    """

    size: float
    character_space: float
    runs: list[Run]
    moves: list[float]
    seen: Sequence[bool] | None = None
    _said: tuple[Sequence[bool] | None, Pieces] | None = field(default=None, compare=False)
    _reach: tuple[float, float, float] | None = field(default=None, compare=False)

    def leaves_out_ink(self) -> bool:
        """Whether a glyph does not stay."""
        return self.seen is not None and not all(self.seen)

    def may_hide_letters(self) -> bool:
        """Whether a letter may lie on another one of the same text: the pen goes back or stays."""
        if len(self.runs) < 2 and self.count() < 2:  # noqa: PLR2004  one letter
            return False
        apart = 1000 * self.character_space / self.size if self.size else 0.0
        return min([run.least for run in self.runs]) + apart < _STANDS or max(self.moves) > _MOVES_BACK

    def pieces(self) -> Pieces:
        """Return what stays, of which there is something."""
        if self._said is None or self._said[0] is not self.seen:
            self._said = self.seen, self._pieces()
        return self._said[1]

    def _pieces(self) -> Pieces:
        start, inner = -self.moves[0], self.moves[1:-1]
        if self.seen is None and not self.character_space and [GAPS[move] for move in inner] == inner:
            # As in most documents, nothing has to be rounded that a later gap would have to make up for.
            end = start + sum([run.advance for run in self.runs]) - sum(inner)
            return start, self.runs, [-move for move in inner], end
        (start, first), *others = self._places()
        runs, gaps, pen = [first], list[float](), start + first.advance
        for at, run in others:
            gaps.append(round(at - pen, GAP_DECIMALS))
            runs.append(run)
            pen += gaps[-1] + run.advance
        return start, runs, gaps, pen

    def _places(self) -> Iterator[tuple[float, Run]]:
        """Yield what stays, and how far from the text's beginning, in thousandths of its size."""
        if self.seen is not None or self.character_space:
            seen = self.seen if self.seen is not None else itertools.repeat(True)
            yield from ((at, glyph.alone) for (at, glyph), stays in zip(self.places(), seen, strict=False) if stays)
            return
        position = 0.0
        for move, run in zip(self.moves, self.runs, strict=False):
            position -= move
            yield position, run
            position += run.advance

    def places(self) -> Iterator[tuple[float, Glyph]]:
        """Yield each glyph, and how far from the text's beginning, in thousandths of its size."""
        apart = 1000 * self.character_space / self.size if self.size else 0.0
        position = 0.0
        for move, run in zip(self.moves, self.runs, strict=False):
            position -= move
            for glyph in run.glyphs:
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
            size, apart = self.size / 1000, self.character_space
            along = least = most = 0.0
            for move, run in zip(self.moves, self.runs, strict=False):
                along -= move * size
                if along < least:
                    least = along
                elif along > most:
                    most = along
                along += run.advance * size + apart * len(run.glyphs) if apart else run.advance * size
                if along > most:
                    most = along
                elif along < least:
                    least = along
            along -= self.moves[-1] * size
            self._reach = min(least, along), max(most, along), along
        return self._reach

    def count(self) -> int:
        return sum([len(run.glyphs) for run in self.runs])

    def shows_anything(self) -> bool:
        """Whether any glyph of it stays."""
        return bool(self.runs) if self.seen is None else any(self.seen)

    def glyphs(self) -> Iterator[Glyph]:
        return (glyph for run in self.runs for glyph in run.glyphs)


@dataclass(slots=True)
class Drawn:
    """A picture (`image.Picture`), or a form (`forms.Form`), which is entered where it is drawn."""

    thing: object
    hidden: bool = False


@dataclass(slots=True)
class Unsaid:
    """Something that only a drawing of the page can show."""


Step: TypeAlias = (
    "SaveState | RestoreState | Set | ConcatMatrix | SetExtGState | TextBegun | SetTextMatrix | Path | Show"
    " | Drawn | Unsaid"
)
# Thousandths of the font's size: how far the pen may go back, as for accents and close pairs; as narrow as letters are.
_MOVES_BACK: Final = 600
_STANDS: Final = 100  # the same: what moves the pen by less stands on the letter before it
MOST_STEPS: Final = 200_000  # of a page with its forms; more is a plan or a map, and becomes pixels
# A segment that leads from one point to another.
_HAS_EXTENT: Final = re.compile(rb" (?:[lcvy]|re)(?:\n|$)")
_KINDS: Final = {b"F": b"Font", b"X": b"XObject", b"G": b"ExtGState"}


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


# Gaps in their decimals: the words of a line stand as far apart each time.
GAPS: Final[Memo[float, float]] = Memo(lambda gap: round(gap, GAP_DECIMALS), 20_000)


def multiplied(line: bytes, then: Matrix) -> Matrix:
    """Return the matrix of a `ConcatMatrix` line, before another one."""
    a, b, c, d, e, f = [VALUES[part] for part in line.split()[:6]]
    return product((a, b, c, d, e, f), then)
