"""What a reader sees of a document, before it is laid out: paragraphs, pictures, tables and frames, in their order."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias


class Align(enum.Enum):
    LEFT = 0
    CENTRE = 1
    RIGHT = 2


class Source(enum.Enum):
    """What kind of file is typeset, as each page says it."""

    WORD = "Word"
    EXCEL = "Excel"
    POWERPOINT = "PowerPoint"
    OPENDOCUMENT = "OpenDocument"
    RICH_TEXT = "RTF"
    MAIL = "e-post / e-mail"
    PAGE = "HTML"


class Hue(enum.Enum):
    """The colours that a copy has beside black: each is one dark ink and one light tint (`writer`), none is finer."""

    RED = 0
    ORANGE = 1
    YELLOW = 2
    GREEN = 3
    BLUE = 4
    PURPLE = 5


@dataclass(frozen=True, slots=True)
class Paint:
    """What colours and lines say of letters; without an ink they are black."""

    ink: Hue | None = None
    behind: Hue | None = None
    underlined: bool = False


PLAIN: Final = Paint()


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """Letters of one look. A line end in the text is one on the page. `struck`, `change`: later marked in words."""

    text: str
    bold: bool = False
    italic: bool = False
    raised: bool = False
    struck: bool = False
    paint: Paint = PLAIN
    change: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Paragraph:
    """`heading`: 1 to 6, or 0 for ordinary text. `marker`: what stands before an item of a list, at `level`."""

    runs: tuple[Run, ...]
    heading: int = 0
    marker: str = ""
    level: int = 0
    align: Align = Align.LEFT


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """Pixels that the picture scrubber has made, as JPEG or deflated; the size is in points, as the document has it."""

    data: bytes
    is_jpeg: bool
    is_grey: bool
    pixels: tuple[int, int]
    size: tuple[float, float]


@dataclass(frozen=True, slots=True, repr=False)
class Cell:
    blocks: tuple[Block, ...]
    span: int = 1
    tint: Hue | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """Rows of cells; the first `headings` rows say what the columns are.

    `is_named`: before these stands a row of what a sheet calls its columns, and in each row first its number.
    """

    rows: tuple[tuple[Cell, ...], ...]
    headings: int = 0
    is_named: bool = False


def joined(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """Return a row in which each cell is followed by those that it spans without them, as far as they are empty."""
    made: list[Cell] = []
    place = 0
    while place < len(row):
        last = place + 1
        while last < min(place + row[place].span, len(row)) and not row[last].blocks:
            last += 1
        made.append(replace(row[place], span=last - place))
        place = last
    return tuple(made)


@dataclass(frozen=True, slots=True, repr=False)
class Frame:
    """What stands apart: a text box, a note, a header; or in the place of what cannot be laid out."""

    label: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, repr=False)
class PageBreak:
    pass


Block: TypeAlias = "Paragraph | Picture | Table | Frame | PageBreak"


def paragraphs(blocks: Sequence[Block]) -> Iterator[Paragraph]:
    """Yield every paragraph, in order."""
    for block in blocks:
        match block:
            case Paragraph():
                yield block
            case Frame():
                yield Paragraph((Run(block.label),))
                yield from paragraphs(block.blocks)
            case Table():
                for row in block.rows:
                    for cell in row:
                        yield from paragraphs(cell.blocks)
            case _:
                pass


def all_text(blocks: Sequence[Block]) -> Iterator[str]:
    """Yield every piece of text that a page has to show, in order."""
    for paragraph in paragraphs(blocks):
        yield paragraph.marker
        for run in paragraph.runs:
            yield run.text
