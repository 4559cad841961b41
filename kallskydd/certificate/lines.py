"""Breaks text into lines, by the widths of the letters.

Lines end after a blank; a word that is wider than a line (a digest, a path) is broken where the line is full, as the
HTML page does it. A letter that a face lacks is shown by its number: what is printed here was seen on a computer, so it
may hold anything, also marks that turn a line around, and an auditor should see that they are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kallskydd.pdf.fonts import Face
from kallskydd.pdf.writer import Style

_LETTERS_OR_BLANKS = re.compile(r"\S+|\s+")


@dataclass(frozen=True, slots=True)
class Piece:
    """Letters of one style."""

    style: Style
    text: str

    @property
    def width(self) -> float:
        """How wide it is, in points."""
        return self.style.face.width(self.text, self.style.size)

    @property
    def seen_width(self) -> float:
        """How wide it is without the blanks at its end."""
        return self.style.face.width(self.text.rstrip(), self.style.size)


def shown(face: Face, text: str) -> str:
    """Return the text with the number of each letter that the face lacks."""
    return "".join(letter if ord(letter) in face.glyph_of else f"[U+{ord(letter):04X}]" for letter in text)


def sentence(pieces: Iterable[Piece]) -> list[Piece]:
    """Return the pieces with one blank wherever there are several, and none at both ends."""
    made: list[Piece] = []
    blank = True
    for piece in pieces:
        text = re.sub(r"[ \t\r\n\f]+", " ", piece.text)
        text = shown(piece.style.face, text.lstrip(" ") if blank else text)
        if text.startswith(" "):
            # It ends the piece before: where a line ends there, a piece of a blank alone would show nothing, and
            # programs take that for hidden text.
            made[-1] = Piece(made[-1].style, f"{made[-1].text} ")
            text, blank = text[1:], True
        if text:
            made.append(Piece(piece.style, text))
            blank = text.endswith(" ")
    if made:
        made[-1] = Piece(made[-1].style, made[-1].text.rstrip(" "))
    return made


def broken(pieces: Sequence[Piece], width: float) -> list[list[Piece]]:
    """Return the lines, each of pieces. The blank at which a line was broken stays at its end."""
    lines: list[list[Piece]] = [[]]
    used = 0.0
    for word in _words(pieces):
        needed = sum(piece.width for piece in word[:-1]) + word[-1].seen_width
        if lines[-1] and used + needed > width:
            lines.append([])
            used = 0.0
        for piece in word if needed <= width else _letters(word):
            if lines[-1] and used + piece.seen_width > width:
                lines.append([])
                used = 0.0
            lines[-1].append(piece)
            used += piece.width
    return [_joined(line) for line in lines]


def _words(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return what stays together: letters and the blanks after them, also across a change of style."""
    words: list[list[Piece]] = []
    ended = True
    for piece in pieces:
        for text in _LETTERS_OR_BLANKS.findall(piece.text):
            if words and (text.isspace() or not ended):
                words[-1].append(Piece(piece.style, text))
            else:
                words.append([Piece(piece.style, text)])
            ended = text.isspace()
    return words


def _letters(word: Sequence[Piece]) -> list[Piece]:
    return [Piece(piece.style, letter) for piece in word for letter in piece.text]


def _joined(line: Sequence[Piece]) -> list[Piece]:
    """Return the line with pieces of one style put together."""
    made: list[Piece] = []
    for piece in line:
        if made and made[-1].style == piece.style:
            made[-1] = Piece(piece.style, made[-1].text + piece.text)
        else:
            made.append(piece)
    return made
