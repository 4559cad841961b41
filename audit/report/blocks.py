"""What stands on the page that is signed and in its annexes, as blocks: what prints them decides the form alone.

`audit.report.page` makes them, `audit.report.html` prints them for a browser; another printer may stand elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from audit.language import Language

Level = Literal[1, 2, 3]


class Tone(StrEnum):
    """Which of the three colours a thing has: in order, to be remarked, or grave."""

    GOOD = "clean"
    SOME = "some"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. `label` names what follows it; one with a tone is strong."""

    text: str
    code: bool = False
    label: bool = False
    tone: Tone | None = None


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of the page (1), of a part or an annex (2), or inside of an annex (3)."""

    level: Level
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Names, each with its value."""

    pairs: tuple[tuple[str, Span], ...]


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict in a box, and what it says besides."""

    words: str
    said: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Cell:
    """Of a table; a `day` is not broken into lines."""

    text: str
    kind: Literal["", "day", "bad"] = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The first cell of each row names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more, in which `…` is code; `framed` is what is certified."""

    text: str
    framed: bool = False


@dataclass(frozen=True, slots=True)
class Numbered:
    """Remarks, each of several lines: the first names it, the others are smaller."""

    items: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True, slots=True)
class Item:
    """Of a list. `worse`: not in order. `language` is there where it is not that of the page."""

    line: Line
    worse: bool = False
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list without numbers, in two columns where there is little room."""

    items: tuple[Item, ...]
    columns: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Commands:
    """Lines of shell; their ends and blanks stay."""

    text: str


@dataclass(frozen=True, slots=True)
class Folded:
    """A list that is folded on a screen, and open on paper."""

    said: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class CheckBlock:
    """One check: its verdict, what was seen in few lines, how to repeat it, and all that was seen where it is more."""

    title: str
    name: str
    mark: str
    tone: Tone
    few: tuple[Item, ...]
    by_hand: str
    full: Folded | None


@dataclass(frozen=True, slots=True)
class Signatures:
    """Lines to write on, two beside one another."""

    fields: tuple[str, ...]


Block = Heading | Facts | Ruling | Table | Paragraph | Numbered | Bullets | Commands | Folded | CheckBlock | Signatures


@dataclass(frozen=True, slots=True)
class Annex:
    """One, by the name of its heading in WORDS, with its letter."""

    name: str
    letter: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """The sheet to sign, and what follows it."""

    title: str
    language: Language
    # Below each page on paper.
    foot: str
    sheet: tuple[Block, ...]
    annexes: tuple[Annex, ...]


def plain(text: str) -> Line:
    """Return a line of one piece."""
    return (Span(text),)


def coded(text: str) -> Line:
    """Return a sentence in which `…` is code."""
    return tuple(Span(part, code=bool(number % 2)) for number, part in enumerate(text.split("`")) if part)
