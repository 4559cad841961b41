"""Lays a document out on pages: everything becomes slices of a fixed height, which are put one under the other.

A paragraph is a slice for each line, a picture is one. A row of a table is a slice too; one that is higher than what
is left of the page goes on on the next. In a cell or a frame a table is read cell by cell. Tables with more columns
than a page holds come in groups of columns, with every row and the first columns in each.

Nothing is left out: in the end the letters on the pages must be those of the document, and of what comes again,
counted; else WouldNotVouch.
"""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scrubbers.jailed.typeset.bidi import goes_right_to_left
from scrubbers.jailed.typeset.columns import ROWS_MEASURED, column_groups, count_columns
from scrubbers.jailed.typeset.lines import TextLine, broken, drawn
from scrubbers.jailed.typeset.model import (
    Align,
    Block,
    Cell,
    Frame,
    PageBreak,
    Paragraph,
    Picture,
    Run,
    Table,
    all_text,
    paragraphs,
)
from scrubbers.jailed.typeset.shaping import NON_JOINER
from scrubbers.jailed.typeset.writer import A4, GREY, TINTS, Element, Letters, Pages, Placed, Rule
from trusted.jail.stages import TooLarge, TooManyPages, WouldNotVouch

# All in points.
_MARGIN: Final = 56
_WIDTH: Final = A4[0] - 2 * _MARGIN
_BOTTOM: Final = A4[1] - _MARGIN
_SIZE: Final = 9.5
_CELL_SIZES: Final = ((6, 8.5), (9, 7.5))  # with so many columns
_SMALLEST_SIZE: Final = 6.5
_HEADING_SIZES: Final = (9.5, 16.0, 13.5, 12.0, 11.0, 10.0, 9.5)
_LEADING: Final = 1.4
_ASCENT: Final = 1.05  # of the size, from the top of a line to its baseline
_AFTER: Final = 5
_BEFORE_HEADING: Final = 9
_INDENT: Final = 16
_MARKER_ROOM: Final = 18
_DEEPEST_LEVEL: Final = 8
_FRAME_INDENT: Final = 9
_BAR: Final = 1.5
_PADDING: Final = 3
_BORDER: Final = 0.5
_NARROWEST_COLUMN: Final = 36
_WIDEST_WORD: Final = 110
_MOST_COLUMNS: Final = 12
# What a sheet calls its rows and columns, in the margin and above the table.
_NAME_SIZE: Final = 5
_NAME_HEIGHT: Final = 8
_NAME_ROOM: Final = 30
_MOST_PAGES: Final = 2000
# Of a table: more do not fit on so many pages.
MOST_ROWS: Final = 50 * _MOST_PAGES
# Of all tables, cells with something in them, and all cells. 160,000 with something took 15 seconds to read and write
# and 11 to verify, of the 20 that a job has.
MOST_FILLED_CELLS: Final = 100_000
_MOST_CELLS: Final = 3 * MOST_FILLED_CELLS
_MOST_WITH_NAMES: Final = 150_000


@dataclass(frozen=True, slots=True, repr=False)
class _Slice:
    """What is drawn, from the slice's own upper left corner. `before` is left out at the top of a page."""

    height: float
    drawn: tuple[Letters | Rule | Placed, ...]
    element: Element
    before: float = 0
    holds_on: bool = False  # to the next slice
    bars: tuple[float, ...] = ()  # where the bars of frames are


def laid_out(blocks: Sequence[Block]) -> Pages:
    """Return the pages.

    Raises TooManyPages, TooLarge for more cells than there is time for, WouldNotVouch if a letter was lost or added.
    """
    flow = _Flow()
    flow.add(blocks)
    shown, given = _counted(flow.pages.letters()), _counted(all_text(blocks))
    if shown != given + flow.again:
        raise WouldNotVouch
    return flow.pages


def _counted(texts: Iterator[str]) -> Counter[str]:
    counted = Counter("".join(texts))
    for unseen in (" ", "\t", "\n", NON_JOINER):
        del counted[unseen]
    return counted


class _Flow:
    """Pages, and how far the last one is filled."""

    def __init__(self) -> None:
        self.pages = Pages()
        self._y: float = _MARGIN
        self._cells = self._filled = 0
        self._names: tuple[Sequence[Cell], Sequence[float], Element] | None = None  # of the columns of this table
        self.again: Counter[str] = Counter()  # letters that stand in a further group of columns too

    def add(self, blocks: Sequence[Block]) -> None:
        listed: list[_Slice] = []
        for block in blocks:
            match block:
                case Table():
                    self._place_all(listed)
                    self._add_table(block)
                    listed = []
                case PageBreak():
                    self._place_all(listed)
                    self._turn_unless_empty()
                    listed = []
                case _:
                    listed += _slices((block,), _WIDTH, self.pages.root, _SIZE)
        self._place_all(listed)

    def _place_all(self, slices: Sequence[_Slice]) -> None:
        for place, each in enumerate(slices):
            held, at = each.height, place
            while slices[at].holds_on and at + 1 < len(slices):
                at += 1
                held += slices[at].before + slices[at].height
            self._place(each, held)

    def _place(self, each: _Slice, held: float) -> None:
        room = _BOTTOM - self._y
        if each.before + held > room and (held <= _BOTTOM - _MARGIN or each.before + each.height > room):
            self._turn_unless_empty()
        if self._y > _MARGIN:
            self._y += each.before
        for bar in each.bars:
            self.pages.draw(each.element, Rule(_MARGIN + bar, self._y, _BAR, each.height, GREY))
        self._draw(each, _MARGIN, self._y)
        self._y += each.height

    def _draw(self, each: _Slice, x: float, y: float) -> None:
        self.pages.draw(each.element, *(_moved(one, x, y) for one in each.drawn))

    def _turn_unless_empty(self) -> None:
        if self._y > _MARGIN:
            if len(self.pages) >= _MOST_PAGES:
                raise TooManyPages
            self.pages.turn()
            self._y = _MARGIN
            if self._names is not None:
                self._name_columns(*self._names)
                self.again.update(_counted(all_text([one for cell in self._names[0] for one in cell.blocks])))

    def _add_table(self, table: Table) -> None:
        if len(table.rows) > MOST_ROWS:
            raise TooManyPages
        for group, again in column_groups(table, _MOST_COLUMNS):
            columns, named = count_columns(group.rows) - group.is_named, group.is_named
            self.again.update(_counted(all_text(again)))
            self._cells += columns * len(group.rows)
            self._filled += sum(bool(cell.blocks) for row in group.rows for cell in row)
            most = _MOST_WITH_NAMES if named else MOST_FILLED_CELLS
            if self._filled > most or self._cells > _MOST_CELLS:
                raise TooLarge
            if not columns:
                continue
            size = next((size for most, size in _CELL_SIZES if columns <= most), _SMALLEST_SIZE)
            widths = _column_widths(group, columns, size)
            element = self.pages.root.add("Table")
            if named:
                self._y += _NAME_HEIGHT if self._y > _MARGIN else 0
                if self._y > _BOTTOM - _NAME_HEIGHT - 3 * size:
                    self._turn_unless_empty()
                self._names = group.rows[0][1:], widths, element
                self._name_columns(*self._names)
            for number, row in enumerate(group.rows[named:]):
                self._add_row(row, widths, element.add("TR"), size, heading=number < group.headings, is_named=named)
            self._names = None
            self._y += _AFTER

    def _name_columns(self, names: Sequence[Cell], widths: Sequence[float], table: Element) -> None:
        row = table.add("TR")
        for place, cell in enumerate(names):
            for each in _slices(cell.blocks, _NAME_ROOM, row.add("TH"), _NAME_SIZE):
                self._draw(each, _MARGIN + sum(widths[:place]) + _PADDING, self._y - _NAME_HEIGHT)

    def _add_row(
        self,
        row: Sequence[Cell],
        widths: Sequence[float],
        parent: Element,
        size: float,
        *,
        heading: bool,
        is_named: bool,
    ) -> None:
        waiting: list[tuple[float, float, deque[_Slice]]] = []
        column = 0
        if is_named:
            inside = _slices(row[0].blocks, _NAME_ROOM - 2 * _PADDING, parent.add("TH"), _NAME_SIZE)
            waiting.append((-_NAME_ROOM, _NAME_ROOM, deque(_on_line(each, size) for each in inside)))
        for cell in row[is_named:]:
            x, width = sum(widths[:column]), sum(widths[column : column + cell.span])
            element = parent.add("TH" if heading else "TD")
            slices = _slices(cell.blocks, width - 2 * _PADDING, element, size, bold=heading)
            waiting.append((x, width, deque(slices)))
            column += cell.span
        whole = max((_height(slices) for _, _, slices in waiting), default=0) + 2 * _PADDING
        if whole > _BOTTOM - self._y and whole <= _BOTTOM - _MARGIN:
            self._turn_unless_empty()
        while True:
            taken = [(x, width, _take(slices, _BOTTOM - self._y - 2 * _PADDING)) for x, width, slices in waiting]
            if any(slices for _, _, slices in taken) or not any(slices for _, _, slices in waiting):
                self._draw_row(taken, row)
            elif self._y == _MARGIN:
                # A slice is never higher than a page.
                raise WouldNotVouch
            if not any(slices for _, _, slices in waiting):
                return
            self._turn_unless_empty()

    def _draw_row(self, cells: Sequence[tuple[float, float, Sequence[_Slice]]], row: Sequence[Cell]) -> None:
        height = max((_height(slices) for _, _, slices in cells), default=0) + 2 * _PADDING
        if self._y + height > _BOTTOM:
            self._turn_unless_empty()
        for (x, width, slices), cell in zip(cells, row, strict=True):
            ground = TINTS.get(cell.tint)
            if ground is not None:
                self.pages.draw(self.pages.root, Rule(_MARGIN + x, self._y, width, height, ground))
            y = self._y + _PADDING
            for place, each in enumerate(slices):
                y += each.before if place else 0
                kept = tuple(one for one in each.drawn if not isinstance(one, Rule) or one.colour != ground)
                self._draw(replace(each, drawn=kept), _MARGIN + x + _PADDING, y)
                y += each.height
        self._border(cells, height)
        self._y += height

    def _border(self, cells: Sequence[tuple[float, float, Sequence[_Slice]]], height: float) -> None:
        """Draw a line above the row, one below, and one beside each cell."""
        cells = [each for each in cells if each[0] >= 0]
        left, top = _MARGIN + cells[0][0], self._y
        right = _MARGIN + cells[-1][0] + cells[-1][1]
        across = (Rule(left, y, right - left, _BORDER, GREY) for y in (top, top + height))
        down = (Rule(x, top, _BORDER, height, GREY) for x in (*(_MARGIN + x for x, _, _ in cells), right))
        self.pages.draw(self.pages.root, *across, *down)


def _slices(blocks: Sequence[Block], width: float, parent: Element, size: float, *, bold: bool = False) -> list[_Slice]:
    """Return the slices of blocks one under the other, in elements of their own inside the parent."""
    made: list[_Slice] = []
    for block in blocks:
        match block:
            case Paragraph():
                made += _paragraph(block, width, parent, size, bold=bold)
            case Picture():
                made.append(_picture(block, width, parent))
            case Frame():
                label = Paragraph((Run(block.label, bold=True),))
                inside = _slices((label, *block.blocks), width - _FRAME_INDENT, parent.add("Div"), size, bold=bold)
                made += [_indented(each) for each in inside]
            case Table():
                flat = [one for row in block.rows for cell in row for one in cell.blocks]
                made += _slices(flat, width, parent, size, bold=bold)
            case PageBreak():
                pass
    return made


def _indented(each: _Slice) -> _Slice:
    drawn_there = tuple(_moved(one, _FRAME_INDENT, 0) for one in each.drawn)
    return replace(each, drawn=drawn_there, bars=(0, *(bar + _FRAME_INDENT for bar in each.bars)))


def _on_line(name: _Slice, size: float) -> _Slice:
    """Return the small name of a row on the same line as letters of a size."""
    down = (size - _NAME_SIZE) * _ASCENT
    return replace(name, height=size * _LEADING, drawn=tuple(_moved(one, 0, down) for one in name.drawn))


def _paragraph(paragraph: Paragraph, width: float, parent: Element, size: float, *, bold: bool) -> list[_Slice]:
    if paragraph.heading:
        size = max(size, _HEADING_SIZES[paragraph.heading])
    indent = _INDENT * min(paragraph.level, _DEEPEST_LEVEL) if width > 2 * _INDENT * _DEEPEST_LEVEL else 0
    is_bold = bold or paragraph.heading > 0
    from_right = goes_right_to_left("".join(run.text for run in paragraph.runs))
    marker = broken((Run(paragraph.marker),), size, width, bold=is_bold) if paragraph.marker else []
    room = max(_MARKER_ROOM, marker[0].width + _PADDING) if len(marker) == 1 else 0
    lines = broken(paragraph.runs, size, max(width - indent - room, size), bold=is_bold)
    if len(marker) > 1:
        # A marker that is longer than a line stands above its item.
        lines, marker = [*marker, *lines], []
    lines = lines or ([TextLine([], 0)] if marker else [])
    element = _paragraph_element(paragraph, parent) if lines else parent
    height, made = size * _LEADING, []
    for place, line in enumerate(lines):
        left = width - indent - room - line.width
        # What begins at the right has its indent and its marker there. It stands there also where it is aligned to the
        # right, which means the other side for who wrote with a program that knows of that direction.
        align = Align.RIGHT if from_right and paragraph.align is not Align.CENTRE else paragraph.align
        x = _aligned(align, left) + (0 if from_right else indent + room)
        letters = tuple(drawn(line, x, size * _ASCENT))
        if marker and not place:
            at = width - indent - marker[0].width if from_right else indent
            letters = (*drawn(marker[0], at, size * _ASCENT), *letters)
        before = 0 if place else _BEFORE_HEADING if paragraph.heading else _AFTER
        made.append(_Slice(height, letters, element, before, holds_on=paragraph.heading > 0))
    return made


def _aligned(align: Align, left: float) -> float:
    return max(0, left / 2 if align is Align.CENTRE else left if align is Align.RIGHT else 0)


def _paragraph_element(paragraph: Paragraph, parent: Element) -> Element:
    if paragraph.heading:
        return parent.add(f"H{paragraph.heading}")
    if not paragraph.marker:
        return parent.add("P")
    # Items that follow each other are one list.
    last = parent.kids[-1] if parent.kids else None
    listed = last if last is not None and last.kind == "L" else parent.add("L")
    return listed.add("LI").add("LBody")


def _picture(picture: Picture, width: float, parent: Element) -> _Slice:
    wide, high = picture.size
    scale = min(1, width / wide, (_BOTTOM - _MARGIN - 2 * _PADDING - _AFTER) / high)
    placed = Placed(0, 0, max(1, wide * scale), max(1, high * scale), picture)
    return _Slice(placed.height, (placed,), parent.add("Figure"), _AFTER)


def _moved(one: Letters | Rule | Placed, x: float, y: float) -> Letters | Rule | Placed:
    match one:
        case Letters():
            place = one.x + x, one.baseline + y
            return Letters(*place, one.face, one.size, one.italic, one.text, one.glyphs, one.colour)
        case _:
            return replace(one, x=one.x + x, y=one.y + y)


def _height(slices: Sequence[_Slice]) -> float:
    return sum(each.height + (each.before if place else 0) for place, each in enumerate(slices))


def _take(slices: deque[_Slice], room: float) -> list[_Slice]:
    """Take from the front what fits into so much height."""
    taken: list[_Slice] = []
    while slices:
        needed = slices[0].height + (slices[0].before if taken else 0)
        if needed > room:
            break
        room -= needed
        taken.append(slices.popleft())
    return taken


def _column_widths(table: Table, columns: int, size: float) -> list[float]:
    """Return widths that fill the page at most, by the longest word and the longest text of each column."""
    least, natural = [float(_NARROWEST_COLUMN)] * columns, [float(_NARROWEST_COLUMN)] * columns
    for row in table.rows[table.is_named : ROWS_MEASURED]:
        column = 0
        for cell in row[table.is_named :]:
            if cell.span == 1 and column < columns:
                word, text = _measured(cell, size)
                least[column] = max(least[column], min(word, _WIDEST_WORD))
                natural[column] = max(natural[column], min(text, _WIDTH))
            column += cell.span
    if sum(natural) <= _WIDTH:
        return natural
    if sum(least) >= _WIDTH:
        return [_WIDTH * one / sum(least) for one in least]
    spare, wanted = _WIDTH - sum(least), sum(natural) - sum(least)
    return [low + spare * (high - low) / wanted for low, high in zip(least, natural, strict=True)]


def _measured(cell: Cell, size: float) -> tuple[float, float]:
    """Return how wide a cell's longest word and its longest paragraph are."""
    word = text = 0.0
    for paragraph in paragraphs(cell.blocks):
        for line in broken(paragraph.runs, size, 1e9, bold=True):
            whole = "".join(piece for _, _, piece in line.pieces)
            text = max(text, line.width)
            longest = max(whole.split(), key=len, default="")
            word = max(word, line.width * len(longest) / max(1, len(whole)))
    pictures = [block.size[0] for block in cell.blocks if isinstance(block, Picture)]
    return word + 2 * _PADDING + 2, max([text, *pictures]) + 2 * _PADDING + 2
