"""Breaks the text of a paragraph into lines, at blanks; a word longer than a line is broken where it must be."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.typeset.faces import BOLD, REGULAR, face
from scrubbers.jailed.typeset.model import Run
from scrubbers.jailed.typeset.writer import Letters

_WORDS: Final = re.compile(r"\n|[ \t]+|[^ \t\n]+")
_TAB: Final = "    "
_RAISED_SCALE: Final = 0.7
_RAISED_BY: Final = 0.35  # of the size


@dataclass(frozen=True, slots=True)
class Look:
    """How letters are drawn."""

    face: str
    size: float
    italic: bool
    rise: float


@dataclass(slots=True, repr=False)
class Line:
    """Pieces of one line, each with the place where it begins."""

    pieces: list[tuple[float, Look, str]]
    width: float


def broken(runs: Sequence[Run], size: float, width: float, *, bold: bool = False) -> list[Line]:
    """Return the lines of a paragraph; an empty paragraph has none."""
    breaker = _Breaker(width)
    for run in runs:
        name = BOLD if bold or run.bold else REGULAR
        scale = _RAISED_SCALE if run.raised else 1
        look = Look(name, size * scale, run.italic, size * _RAISED_BY if run.raised else 0)
        for found in _WORDS.finditer(run.text):
            breaker.add(look, found[0])
    return breaker.finished()


class _Breaker:
    """A line in the making; a word may consist of several pieces with looks of their own."""

    def __init__(self, width: float) -> None:
        self._room = width
        self._lines: list[Line] = []
        self._pieces: list[tuple[float, Look, str]] = []
        self._x = 0.0
        self._blank: tuple[Look, str] | None = None

    def add(self, look: Look, word: str) -> None:
        if word == "\n":
            self._end()
        elif word[0] in " \t":
            self._blank = look, word.replace("\t", _TAB)
        else:
            self._add_word(look, word)

    def finished(self) -> list[Line]:
        if self._pieces:
            self._end()
        return self._lines

    def _add_word(self, look: Look, word: str) -> None:
        wide = _width(look, word)
        blank = _width(*self._blank) if self._blank else 0
        if self._pieces and self._blank and self._x + blank + wide > self._room:
            self._end()
        elif self._blank and self._x + blank + wide <= self._room:
            self._put(*self._blank)
        self._blank = None
        for part in _fitting(look, word, self._room - self._x, self._room) if self._x + wide > self._room else (word,):
            if self._x + _width(look, part) > self._room and self._pieces:
                self._end()
            self._put(look, part)

    def _put(self, look: Look, text: str) -> None:
        if self._pieces and self._pieces[-1][1] == look:
            start, _, before = self._pieces[-1]
            self._pieces[-1] = start, look, before + text
        else:
            self._pieces.append((self._x, look, text))
        self._x += _width(look, text)

    def _end(self) -> None:
        self._lines.append(Line(self._pieces, self._x))
        self._pieces, self._x, self._blank = [], 0.0, None


def _width(look: Look, text: str) -> float:
    return face(look.face).width(text) * look.size


def _fitting(look: Look, word: str, first: float, width: float) -> Iterator[str]:
    """Cut a word that does not fit into parts: what fits on this line, then as much as a line holds."""
    part, used, room = "", 0.0, first
    for letter in word:
        wide = face(look.face).letter_width(letter) * look.size / 1000
        if part and used + wide > room:
            yield part
            part, used, room = "", 0.0, width
        part += letter
        used += wide
    yield part


def drawn(line: Line, x: float, baseline: float) -> Iterator[Letters]:
    """Yield the line's letters in their places."""
    for start, look, text in line.pieces:
        yield Letters(x + start, baseline - look.rise, look.face, look.size, look.italic, text)
