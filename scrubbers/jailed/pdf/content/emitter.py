"""Emits what a page paints: each thing with the states it needs, operators one a line, resources by their names.

There is one way to say each thing. All stands in points of the page: a path's points to a thousandth, a text's place
to a twentieth; a text has the matrix of its first glyph, and numbers for what lies between glyphs. A clip that holds
all of a thing is none. States are said where they change, and what is not painted with is not said.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.pdf.content.display_list import Drawn, Line, Names, Path, Show, Use
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.content.page_path import Box
from scrubbers.jailed.pdf.content.paint import USUAL, wanted
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.content.scene_boxes import clips_of, path_of
from scrubbers.jailed.pdf.fonts.document_font import GAP_DECIMALS, DocumentFont
from scrubbers.jailed.pdf.fonts.glyph import Run
from scrubbers.jailed.pdf.syntax.memo import Memo
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, number

# PDFium puts each glyph on a whole pixel: a place that moves by more than this moves some of them by a pixel.
_PLACE_DECIMALS: Final = 4
_SAME_PLACE: Final = 0.0005  # points: how far beside a line the next text may stand and be on it
_OF_A_LINE: Final = (-100, 3000)  # the same: how far back or on the next text may begin
_SPACED_OUT: Final = 3  # glyphs
_CLEARLY_APART: Final = 30  # thousandths of the size


def emit(
    items: Sequence[Item], size: tuple[float, float], names: Names, font: DocumentFont, *, joins: bool
) -> tuple[bytes, bool]:
    """Return the stream of operators; resources get their names here, and glyphs of `font` their codes.

    `joins`: texts that follow each other on a line are one. Else each is one thing of its own. The second value says
    whether there are such texts: if not, both ways give the same stream.
    """
    emitter = _Emitter((0.0, 0.0, *size), font, joins)
    made = b"".join(
        b"/%s %s\n" % (names.name(line.letter, line.resource), line.after) if isinstance(line, Use) else line + b"\n"
        for line in emitter.emitted(items)
    )
    return made, emitter.may_join


# A text's matrix without its place, and its size, as they are written.
_Key = tuple[bytes, bytes]


@dataclass(slots=True)
class _Text:
    """A line of text under way, from its first glyph on; lengths in thousandths of its size."""

    key: _Key
    origin: tuple[float, float]
    along: tuple[float, float]  # a thousandth of the size, on the page
    pen: float = 0.0
    runs: list[Run] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)

    def add(self, position: float, show: Show) -> None:
        """Add the glyphs of a text that begins at this place."""
        start, runs, gaps, end = show.pieces()
        if self.runs:
            self.gaps.append(round(position - self.pen, GAP_DECIMALS))
        self.runs += runs
        self.gaps += gaps
        self.pen = position + end - start

    def apart(self) -> int:
        """Return how far all letters stand apart; their glyphs are as much wider, so that they still make words."""
        if len(self.runs) < _SPACED_OUT or any(len(run.glyphs) > 1 for run in self.runs):
            return 0
        least = min(self.gaps)
        return round(least) if least >= _CLEARLY_APART else 0


@dataclass(slots=True)
class _Emitter:
    box: Box
    font: DocumentFont
    joins: bool
    lines: list[Line] = field(default_factory=list)
    said: dict[str, bytes] = field(default_factory=lambda: dict(USUAL))
    said_outside: dict[str, bytes] | None = None
    clips: tuple[bytes, ...] = ()
    in_text: bool = False
    text: _Text | None = None
    may_join: bool = False

    def emitted(self, items: Sequence[Item]) -> list[Line]:
        for item in items:
            match item.step:
                case Show() if item.step.shows_anything():
                    self._show(item, item.step)
                case Path() if not item.step.hidden:
                    self._path(item, item.step)
                case Drawn() if not item.step.hidden:
                    self._draw(item, item.step)
        self._leave_text()
        self._clip(())
        return self.lines

    def _path(self, item: Item, path: Path) -> None:
        lines, is_convex, _, _ = path_of(item, path)
        if not lines:
            return
        self._clip(clips_of(item, self.box))
        self._leave_text()
        self._say(wanted(item, lines))
        self.lines += [lines, path.painted.rstrip(b"*") if is_convex else path.painted]

    def _draw(self, item: Item, drawn: Drawn) -> None:
        self._clip(clips_of(item, self.box))
        self._leave_text()
        if not isinstance(drawn.thing, Picture):
            raise NotRebuildable
        self._say(wanted(item))
        matrix = b" ".join([number(round(value, 4)) for value in item.matrix])
        self.lines += [b"q", matrix + b" cm", Use(b"X", drawn.thing.node, b"Do"), b"Q"]

    # Text

    def _show(self, item: Item, show: Show) -> None:
        *directions, e, f = item.matrix
        key, along = _said_of_line(*directions, show.size)
        start = show.pieces()[0]
        x, y = e + along[0] * start, f + along[1] * start
        states = wanted(item)
        text = self.text
        clips = clips_of(item, self.box)
        position = None
        if text and clips == self.clips and key == text.key and states.items() <= self.said.items():
            position = _position(text, x, y)
            self.may_join |= position is not None
            position = position if self.joins else None
        if position is None:
            self._end_line()
            self._clip(clips)
            self._begin_line(states, key, along, (x, y))
            text, position = self.text, 0.0
        if text is not None:
            text.add(position, show)

    def _begin_line(
        self, states: Mapping[str, bytes], key: _Key, along: tuple[float, float], origin: tuple[float, float]
    ) -> None:
        if not self.in_text:
            self.lines.append(b"BT")
            self.in_text = True
        self._say(states)
        matrix, size = key
        if self.said.get("Tf") != size:
            self.said["Tf"] = size
            self.lines.append(Use(b"F", self.font.node, size + b" Tf"))
        (x, said_x), (y, said_y) = _PLACES[origin[0]], _PLACES[origin[1]]
        self.lines.append(b"%s %s %s Tm" % (matrix, said_x, said_y))
        self.text = _Text(key, (x, y), along)

    def _end_line(self) -> None:
        if self.text is not None:
            self.lines.append(self.font.line(self.text.runs, self.text.gaps, self.text.apart()))
            self.text = None

    def _leave_text(self) -> None:
        self._end_line()
        if self.in_text:
            self.lines.append(b"ET")
            self.in_text = False

    # States and clips

    def _say(self, states: Mapping[str, bytes]) -> None:
        for key, value in states.items():
            if self.said[key] != value:
                self.said[key] = value
                self.lines.append(Use(b"G", _alphas(value), b"gs") if key == "gs" else value)

    def _clip(self, clips: tuple[bytes, ...]) -> None:
        if clips == self.clips:
            return
        self._leave_text()
        if self.clips and self.said_outside is not None:
            self.lines.append(b"Q")
            self.said = self.said_outside
        self.clips = clips
        if clips:
            self.said_outside = dict(self.said)
            self.lines += [b"q", *clips]


def _position(text: _Text, x: float, y: float) -> float | None:
    """Return where along a line of text a place is, in thousandths; None if it is beside it or too far from its end."""
    across, up = text.along
    square = across * across + up * up
    dx, dy = x - text.origin[0], y - text.origin[1]
    if not square or abs(dx * up - dy * across) > _SAME_PLACE * math.sqrt(square):
        return None
    position = (dx * across + dy * up) / square
    return position if _OF_A_LINE[0] <= position - text.pen <= _OF_A_LINE[1] else None


# The coordinates of columns, and of lines in pages of one design: as numbers, and as they are written.
_PLACES: Final[Memo[float, tuple[float, bytes]]] = Memo(
    lambda value: (round(value, _PLACE_DECIMALS), number(round(value, _PLACE_DECIMALS))), 20_000
)


@functools.lru_cache(maxsize=1024)
def _said_of_line(a: float, b: float, c: float, d: float, size: float) -> tuple[_Key, tuple[float, float]]:
    """Return the numbers of a text's matrix and its size, and how far a thousandth of the size leads on the page."""
    up = math.copysign(math.hypot(c, d), size)
    matrix = b" ".join([number(value / up) for value in (a, b, c, d)])
    return (matrix, number(round(size * up, _PLACE_DECIMALS))), (a * size / 1000, b * size / 1000)


@functools.cache
def _alphas(alphas: bytes) -> Node:
    fill, stroke = alphas.split()
    return Node({b"Type": Name(b"ExtGState"), b"CA": float(stroke), b"ca": float(fill)})
