"""Breaks the text of a paragraph into lines, at blanks; a word longer than a line is broken where it must be.

Lines are filled in the order in which the text is read, and then put in the order in which it is seen (`bidi`). A piece
is letters of one look: of one face, and of one direction.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, groupby
from typing import Final

from scrubbers.jailed.pdf.fonts.shipped import BOLD, REGULAR
from scrubbers.jailed.typeset import bidi
from scrubbers.jailed.typeset.faces import face, name_for, needs_other_faces
from scrubbers.jailed.typeset.model import PLAIN, Paint, Run
from scrubbers.jailed.typeset.shaping import NON_JOINER, Shaped, shaped
from scrubbers.jailed.typeset.writer import INKS, TINTS, Letters, Rule

_WORDS: Final = re.compile(r"\n|[ \t]+|[^ \t\n]+")
_UNSEEN: Final = frozenset(" \t\n" + NON_JOINER)
_TAB: Final = "    "
_RAISED_SCALE: Final = 0.7
# Of the size.
_RAISED_BY: Final = 0.35
_MARKED: Final = 1.3
_LINE, _UNDER, _THROUGH = 0.06, 0.12, 0.31
_THIN: Final = 0.01  # points


@dataclass(frozen=True, slots=True)
class LetterStyle:
    """How letters are drawn. An odd level goes from right to left."""

    face: str
    size: float
    italic: bool
    rise: float
    level: int = 0
    paint: Paint = PLAIN
    struck: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether each letter is one glyph, after the one before it."""
        return self.level % 2 == 0 and self.face in (REGULAR, BOLD)


@dataclass(slots=True, repr=False)
class TextLine:
    """Pieces of one line, each with the place where it begins."""

    pieces: list[tuple[float, LetterStyle, str]]
    width: float


def broken(runs: Sequence[Run], size: float, width: float, *, bold: bool = False) -> list[TextLine]:
    """Return the lines of a paragraph; an empty paragraph has none."""
    if (whole := _in_one_line(runs, size, width, bold=bold)) is not None:
        return [whole]
    runs = tuple(_blanks_as_before(runs))
    breaker = _Breaker(width)
    levels = bidi.levels("".join(run.text for run in runs))
    start = 0
    # Letters join over the border of two runs that look the same.
    for look, same in groupby(runs, partial(_look_of, size=size, bold=bold)):
        text = "".join(run.text for run in same)
        if levels or needs_other_faces(text):
            for word, of_word in _looks(look, text, levels[start : start + len(text)]):
                breaker.add(of_word, word)
        else:
            for found in _WORDS.finditer(text):
                breaker.add(look, found[0])
        start += len(text)
    return breaker.finished()


def _look_of(run: Run, size: float, *, bold: bool) -> LetterStyle:
    face_name, rise = BOLD if bold or run.bold else REGULAR, size * _RAISED_BY if run.raised else 0
    scale = _RAISED_SCALE if run.raised else 1
    return LetterStyle(face_name, size * scale, run.italic, rise, paint=run.paint, struck=run.struck)


def _blanks_as_before(runs: Sequence[Run]) -> Iterator[Run]:
    """Yield the runs with blanks in the look of the letters before them: nobody sees whether they are bold."""
    before = Run("")
    for run in runs:
        seen = run.text.lstrip(" \t\n")
        if blanks := run.text[: len(run.text) - len(seen)]:
            ink = run.paint.ink if run.paint.underlined or run.struck else before.paint.ink
            yield replace(before, text=blanks, struck=run.struck, paint=replace(run.paint, ink=ink))
        if seen:
            before = run
            yield replace(run, text=seen)


def _in_one_line(runs: Sequence[Run], size: float, width: float, *, bold: bool) -> TextLine | None:
    """Return the line of a short text of one look, as most cells of a table have it, where it is one."""
    if len(runs) != 1 or runs[0].raised or not runs[0].text.isascii() or not runs[0].text.isprintable():
        return None
    run = runs[0]
    look = _look_of(run, size, bold=bold)
    wide = face(look.face).width(run.text) * size
    is_bare = run.text and run.text[0] != " " and run.text[-1] != " "
    return TextLine([(0.0, look, run.text)], wide) if is_bare and wide <= width else None


def _looks(look: LetterStyle, text: str, levels: Sequence[int]) -> Iterator[tuple[str, LetterStyle]]:
    """Yield words, blanks and line ends, cut where the face or the direction changes."""
    is_bold = look.face == BOLD
    names = list(accumulate(text, partial(_face_after, bold=is_bold), initial=look.face))[1:]
    for found in _WORDS.finditer(text):
        part = slice(*found.span())
        of_word = levels[part] or (0,) * len(found[0])
        for (name, level), letters in groupby(zip(names[part], of_word, found[0], strict=True), lambda one: one[:2]):
            yield "".join(letter for _, _, letter in letters), replace(look, face=name, level=level)


def _face_after(before: str, letter: str, *, bold: bool) -> str:
    """Return the face of a letter; what is not seen is of the face before it."""
    return before if letter in _UNSEEN else name_for(letter, bold=bold)


class _Breaker:
    """A line in the making; a word may consist of several pieces with looks of their own."""

    def __init__(self, width: float) -> None:
        self._room = width
        self._lines: list[TextLine] = []
        self._pieces: list[tuple[float, LetterStyle, str]] = []
        self._x = 0.0
        self._blank: tuple[LetterStyle, str] | None = None
        self._word: list[tuple[LetterStyle, str]] = []

    def add(self, look: LetterStyle, piece: str) -> None:
        """Add a line end, blanks, or a word or a part of one."""
        if piece == "\n":
            self._place_word()
            self._end()
        elif piece[0] in " \t":
            self._place_word()
            self._blank = look, piece.replace("\t", _TAB)
        else:
            self._word.append((look, piece))

    def finished(self) -> list[TextLine]:
        self._place_word()
        if self._pieces:
            self._end()
        return self._lines

    def _place_word(self) -> None:
        if not self._word:
            return
        wide = sum(_width(*piece) for piece in self._word)
        blank = _width(*self._blank) if self._blank else 0
        if self._pieces and self._blank and self._x + blank + wide > self._room:
            self._end()
        elif self._blank and self._x + blank + wide <= self._room:
            self._put(*self._blank)
        self._blank = None
        fits = self._x + wide <= self._room
        for look, piece in self._word:
            for part in (piece,) if fits else _fitting(look, piece, self._room - self._x, self._room):
                if self._x + _width(look, part) > self._room and self._pieces:
                    self._end()
                self._put(look, part)
        self._word = []

    def _put(self, look: LetterStyle, text: str) -> None:
        if self._pieces and self._pieces[-1][1] == look:
            start, _, before = self._pieces[-1]
            self._pieces[-1] = start, look, before + text
        else:
            self._pieces.append((self._x, look, text))
        self._x += _width(look, text)

    def _end(self) -> None:
        pieces = self._pieces
        if any(look.level for _, look, _ in pieces):
            ordered = bidi.in_order(pieces, [look.level for _, look, _ in pieces])
            ends = accumulate((_width(look, text) for _, look, text in ordered), initial=0.0)
            pieces = [(x, look, text) for x, (_, look, text) in zip(ends, ordered, strict=False)]
        self._lines.append(TextLine(pieces, self._x))
        self._pieces, self._x, self._blank = [], 0.0, None


def _width(look: LetterStyle, text: str) -> float:
    if look.is_plain:
        return face(look.face).width(text) * look.size
    return _shaped(look, text).width * look.size


def _shaped(look: LetterStyle, text: str) -> Shaped:
    return shaped(look.face, text, right_to_left=look.level % 2 == 1)


def _fitting(look: LetterStyle, word: str, first: float, width: float) -> Iterator[str]:
    """Cut a word that does not fit into parts: what fits on this line, then as much as a line holds."""
    part, used, room = "", 0.0, first
    for letter in word:
        # A mark stays with its letter.
        wide = 0.0 if unicodedata.category(letter)[0] == "M" else _width(look, letter)
        if part and used + wide > room:
            yield part
            part, used, room = "", 0.0, width
        part += letter
        used += wide
    yield part


def drawn(line: TextLine, x: float, baseline: float) -> Iterator[Letters | Rule]:
    """Yield the line's letters in their places, with what is behind them and the lines under and through them."""
    for start, look, text in line.pieces:
        glyphs = () if look.is_plain else _shaped(look, text).glyphs
        at, ink = baseline - look.rise, INKS[look.paint.ink]
        if look.paint != PLAIN or look.struck:
            yield from _rules(look, x + start, at, _width(look, text))
        yield Letters(x + start, at, look.face, look.size, look.italic, text, glyphs, ink)


def _rules(look: LetterStyle, x: float, baseline: float, width: float) -> Iterator[Rule]:
    if width <= _THIN:
        return
    ink, thick = INKS[look.paint.ink], look.size * _LINE
    if look.paint.behind is not None:
        yield Rule(x, baseline - look.size, width, look.size * _MARKED, TINTS[look.paint.behind])
    if look.paint.underlined:
        yield Rule(x, baseline + look.size * _UNDER, width, thick, ink)
    if look.struck:
        yield Rule(x, baseline - look.size * _THROUGH, width, thick, ink)
