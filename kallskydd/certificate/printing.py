"""How each block of the page is printed and tagged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final, assert_never

from audit.report.blocks import (
    Block,
    Bullets,
    Cell,
    CheckBlock,
    Commands,
    Facts,
    Folded,
    Heading,
    Item,
    Line,
    Numbered,
    Paragraph,
    Ruling,
    Signatures,
    Span,
    Table,
    Tone,
    coded,
)
from kallskydd.certificate.flow import INSIDE, MARGIN, Flow
from kallskydd.certificate.lines import Piece, broken, sentence, shown
from kallskydd.certificate.styles import BAND, INK, LINE, RULE, SOFT, Styles, colour
from kallskydd.pdf.writer import Scope, Style

_BACKGROUNDS: Final = {Tone.GOOD: "soft", Tone.SOME: "warn-soft", Tone.BAD: "bad-soft"}
_EDGES: Final = {Tone.GOOD: "good", Tone.SOME: "warn", Tone.BAD: "bad"}
# Amber letters are too pale on white (WCAG 2); there the background tells it.
_LETTERS: Final = {Tone.GOOD: "good", Tone.SOME: "ink", Tone.BAD: "bad"}
_COLUMNS_APART: Final = 14.0  # points
_BAR: Final = 6.0
_ROUNDED: Final = 0.01  # more than a sum of widths is off, which would break the longest word of a column
_FRAME: Final = 0.7
_WITH_NEXT: Final = 4.0  # so many lines of what follows stand on the page of a heading
_LEAST_ROW: Final = 5.0  # lines: its title, something seen, and a command


class Printer:
    """Prints blocks where the flow is, at one size."""

    def __init__(self, flow: Flow, styles: Styles) -> None:
        """Print there."""
        self._flow = flow
        self._document = flow.document
        self._styles = styles

    def print_all(self, blocks: Iterable[Block]) -> None:
        """Print all of them in their order."""
        for block in blocks:
            self._block(block)

    def _block(self, block: Block) -> None:  # noqa: C901 - one line for each kind
        match block:
            case Heading():
                self._heading(block)
            case Facts(pairs):
                self._facts(pairs)
            case Ruling():
                self._ruling(block)
            case Table():
                self._table(block)
            case Paragraph():
                self._paragraph(block)
            case Numbered(items):
                self._numbered(items)
            case Bullets(items, columns):
                self._bullets(items, columns)
            case Commands(text):
                self._commands(text)
            case Folded():
                self._folded(block)
            case CheckBlock():
                self._row(block)
            case Signatures(fields):
                self._signatures(fields)
            case _:
                assert_never(block)

    def _text(self, kind: str, pieces: Sequence[Piece], x: float, width: float, *, scope: Scope | None = None) -> None:
        """Write a paragraph, cell or label of one element."""
        lines = broken(sentence(pieces), width)
        high = max([self._styles.body.size, *(piece.style.size for piece in pieces)]) * LINE
        with self._document.element(kind, scope=scope):
            self._flow.lines(lines, x, high)

    def _pieces(self, line: Line, style: Style) -> list[Piece]:
        return [Piece(self._style_of(span, style), span.text) for span in line]

    def _style_of(self, span: Span, style: Style) -> Style:
        if span.tone is not None:
            return Style(self._styles.strong.face, style.size, colour(_LETTERS[span.tone]))
        if span.label:
            return Style(self._styles.strong.face, style.size, style.colour)
        if span.code:
            code = self._styles.code
            return Style(code.face, style.size * code.size / self._styles.body.size, style.colour)
        return style

    def _height(self, pieces: Sequence[Piece], width: float) -> float:
        return len(broken(sentence(pieces), width)) * pieces[0].style.size * LINE

    def _heading(self, heading: Heading) -> None:
        flow, styles = self._flow, self._styles
        if heading.level == 1:
            pieces, pad = [Piece(styles.title, heading.text)], styles.gap(0.5)
            width = INSIDE - 2 * pad
            flow.rectangle(MARGIN, flow.y, INSIDE, self._height(pieces, width) + 2 * pad, BAND)
            flow.y += pad
            self._text("H1", pieces, MARGIN + pad, width)
            flow.y += pad + styles.gap(0.5)
            return
        style = styles.heading if heading.level == 2 else styles.strong  # noqa: PLR2004 - the levels are three
        flow.require(styles.gap(_WITH_NEXT))
        flow.y += styles.gap(0.6)
        self._text(f"H{heading.level}", [Piece(style, heading.text)], MARGIN, INSIDE)
        flow.y += styles.gap(0.15)

    def _facts(self, pairs: Sequence[tuple[str, Span]]) -> None:
        styles = self._styles
        names = [Piece(styles.strong, name) for name, _ in pairs]
        x = MARGIN + max(name.width for name in names) + _COLUMNS_APART
        with self._document.element("L"):
            for name, (_, value) in zip(names, pairs, strict=True):
                said = self._pieces((value,), styles.body)
                with self._document.element("LI"):
                    self._flow.beside(
                        partial(self._text, "Lbl", [name], MARGIN, INSIDE),
                        partial(self._text, "LBody", said, x, MARGIN + INSIDE - x),
                    )

    def _ruling(self, ruling: Ruling) -> None:
        flow, styles = self._flow, self._styles
        words, said = [Piece(styles.ruling, ruling.words)], [Piece(styles.body, ruling.said)]
        pad = styles.gap(0.45)
        x, width = MARGIN + _BAR + pad, INSIDE - _BAR - 2 * pad
        high = self._height(words, width) + self._height(said, width) + 2 * pad
        flow.y += styles.gap(0.6)
        flow.rectangle(MARGIN, flow.y, INSIDE, high, colour(_BACKGROUNDS[ruling.tone]))
        flow.rectangle(MARGIN, flow.y, _BAR, high, colour(_EDGES[ruling.tone]))
        flow.y += pad
        self._text("P", words, x, width)
        self._text("P", said, x, width)
        flow.y += pad + styles.gap(0.6)

    def _table(self, table: Table) -> None:
        widths = self._widths(table)
        head = tuple(Cell(name) for name in table.head)
        with self._document.element("Table"):
            self._table_row(head, widths, self._styles.strong, ["Column"] * len(head))
            for row in table.rows:
                self._table_row(row, widths, self._styles.body, ["Row", *[None] * (len(row) - 1)])

    def _table_row(
        self, cells: Sequence[Cell], widths: Sequence[float], style: Style, scopes: Sequence[Scope | None]
    ) -> None:
        flow = self._flow
        drawings, high, x = [], 0.0, MARGIN
        for cell, width, scope in zip(cells, widths, scopes, strict=True):
            pieces = [Piece(Style(style.face, style.size, colour("bad")) if cell.kind == "bad" else style, cell.text)]
            kind = "TD" if scope is None else "TH"
            drawings.append(partial(self._text, kind, pieces, x, width - _COLUMNS_APART, scope=scope))
            high = max(high, self._height(pieces, width - _COLUMNS_APART))
            x += width
        flow.require(min(high, self._styles.gap(_WITH_NEXT)))
        with self._document.element("TR"):
            flow.beside(*drawings)
        flow.y += 1
        flow.rule(MARGIN, INSIDE, RULE, 0.4)
        flow.y += 1

    def _widths(self, table: Table) -> list[float]:
        """Return how wide each column is: as its longest text, and those that want more share what is left."""
        style = self._styles.strong
        columns = zip(table.head, *((cell.text for cell in row) for row in table.rows), strict=True)
        apart = _COLUMNS_APART + _ROUNDED
        wanted = [max(Piece(style, shown(style.face, text)).width for text in one) + apart for one in columns]
        left, shares = INSIDE, {}
        for number, column in enumerate(sorted(range(len(wanted)), key=wanted.__getitem__)):
            shares[column] = min(wanted[column], left / (len(wanted) - number))
            left -= shares[column]
        return [shares[column] for column in range(len(wanted))]

    def _paragraph(self, paragraph: Paragraph) -> None:
        flow, styles = self._flow, self._styles
        pieces = [Piece(styles.body, paragraph.text)]
        if not paragraph.framed:
            self._text("P", self._pieces(coded(paragraph.text), styles.body), MARGIN, INSIDE)
            flow.y += styles.gap(0.3)
            return
        pad = styles.gap(0.4)
        width = INSIDE - 2 * pad
        high = self._height(pieces, width) + 2 * pad
        top = flow.y
        for x, y, wide, tall in (
            (MARGIN, top, INSIDE, _FRAME),
            (MARGIN, top + high - _FRAME, INSIDE, _FRAME),
            (MARGIN, top, _FRAME, high),
            (MARGIN + INSIDE - _FRAME, top, _FRAME, high),
        ):
            flow.rectangle(x, y, wide, tall, INK)
        flow.y += pad
        self._text("P", pieces, MARGIN + pad, width)
        flow.y = top + high + styles.gap(0.3)

    def _numbered(self, items: Sequence[tuple[Line, ...]]) -> None:
        flow, styles = self._flow, self._styles
        indent = styles.gap(1.6)
        with self._document.element("L"):
            for number, lines in enumerate(items, start=1):
                flow.require(styles.gap(_WITH_NEXT))
                label = [Piece(styles.body, f"{number}.")]
                with self._document.element("LI"):
                    flow.beside(
                        partial(self._text, "Lbl", label, MARGIN, indent),
                        partial(self._remark, lines, MARGIN + indent, INSIDE - indent),
                    )
                flow.y += styles.gap(0.25)

    def _remark(self, lines: tuple[Line, ...], x: float, width: float) -> None:
        head, *others = lines
        with self._document.element("LBody"):
            self._text("P", self._pieces(head, self._styles.body), x, width)
            for line in others:
                self._text("P", self._pieces(line, self._styles.body), x, width)

    def _bullets(self, items: Sequence[Item], columns: int) -> None:
        width = (INSIDE - _COLUMNS_APART * (columns - 1)) / columns
        with self._document.element("L"):
            if columns == 1:
                self._items(items, MARGIN, width)
            else:
                half = self._half(items, width)
                self._flow.beside(
                    partial(self._items, items[:half], MARGIN, width),
                    partial(self._items, items[half:], MARGIN + width + _COLUMNS_APART, width),
                )
        self._flow.y += self._styles.gap(0.3)

    def _half(self, items: Sequence[Item], width: float) -> int:
        """Return how many stand in the first of two columns, so that the longer one is as short as can be."""
        indent = self._indent
        high = [self._height(self._pieces(item.line, self._styles.body), width - indent) for item in items]
        return min(range(len(items) + 1), key=lambda half: max(sum(high[:half]), sum(high[half:])))

    @property
    def _indent(self) -> float:
        return self._styles.gap(0.9)

    def _items(self, items: Sequence[Item], x: float, width: float) -> None:
        flow, styles = self._flow, self._styles
        side = 0.3 * styles.body.size
        for item in items:
            flow.require(styles.line)
            flow.rectangle(x + side, flow.y + 0.45 * styles.line, side, side, INK)
            pieces = self._pieces(item.line, styles.strong if item.worse else styles.body)
            other = item.language if item.language != self._document.language else None
            with self._document.element("LI", language=other):
                self._text("LBody", pieces, x + self._indent, width - self._indent)

    def _commands(self, text: str) -> None:
        code, pad = self._styles.code, self._styles.gap(0.4)
        lines: list[list[Piece]] = []
        for line in text.strip("\n").split("\n"):
            lines += broken([Piece(code, shown(code.face, line))], INSIDE - 2 * pad)
        with self._document.element("P"), self._document.element("Code"):
            self._flow.lines(lines, MARGIN + pad, code.size * LINE, panel=(pad, SOFT))
        self._flow.y += self._styles.gap(0.3)

    def _folded(self, folded: Folded) -> None:
        self._text("P", [Piece(self._styles.body, f"{folded.said}:")], MARGIN, INSIDE)
        self._bullets(folded.items, 1)

    def _row(self, row: CheckBlock) -> None:
        flow, styles = self._flow, self._styles
        flow.require(styles.gap(_LEAST_ROW))
        flow.y += styles.gap(0.3)
        title = [Piece(styles.strong, f"{row.title} "), Piece(styles.code, row.name)]
        mark = Piece(Style(styles.strong.face, styles.body.size, colour(_LETTERS[row.tone])), row.mark)
        x = MARGIN + INSIDE - mark.width - 4
        if row.tone is not Tone.GOOD:
            flow.rectangle(x - 4, flow.y, mark.width + 8, styles.line, colour(_BACKGROUNDS[row.tone]))
        flow.beside(
            partial(self._text, "H3", title, MARGIN, x - MARGIN - _COLUMNS_APART),
            partial(self._text, "P", [mark], x, mark.width + 1),
        )
        if row.few:
            self._bullets(row.few, 1)
        self._commands(row.by_hand)
        if row.full is not None:
            self._folded(row.full)
        flow.rule(MARGIN, INSIDE, RULE, 0.4)
        flow.y += styles.gap(0.15)

    def _signatures(self, fields: Sequence[str]) -> None:
        width = (INSIDE - 2 * _COLUMNS_APART) / 2
        for left, right in zip(fields[::2], fields[1::2], strict=True):
            self._flow.beside(
                partial(self._to_sign, left, MARGIN, width),
                partial(self._to_sign, right, MARGIN + width + 2 * _COLUMNS_APART, width),
            )

    def _to_sign(self, name: str, x: float, width: float) -> None:
        self._flow.y += self._styles.gap(1.5)
        self._text("P", [Piece(self._styles.small, name)], x, width)
        self._flow.rule(x, width, INK)
