"""Text that flows down pages of A4: each thing stands below the one before; what has no room goes on overleaf."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from kallskydd.certificate.lines import Piece
from kallskydd.pdf.writer import A4, Colour, TaggedDocument

POINTS_PER_MM: Final = 72 / 25.4
MARGIN: Final = 15 * POINTS_PER_MM  # as the HTML page is printed
TOP: Final = 13 * POINTS_PER_MM
BOTTOM: Final = A4[1] - 15 * POINTS_PER_MM  # below stands the number of the page
INSIDE: Final = A4[0] - 2 * MARGIN
FIRST_BASELINE: Final = 0.78  # in lines


class Flow:
    """A place in the document. With a `bottom` that is never reached all stays on one page."""

    def __init__(self, document: TaggedDocument, bottom: float) -> None:
        """Begin at the top of the first page."""
        self.document = document
        self.bottom = bottom
        self.page = 0
        self.y = TOP

    def go_to(self, page: int, y: float = TOP) -> None:
        """Go on at this place."""
        self.document.turn_to(page)
        self.page, self.y = page, y

    def require(self, height: float) -> None:
        """Go overleaf if there is less room than this."""
        if self.y + height > self.bottom and self.y > TOP:
            self.go_to(self.page + 1)

    def beside(self, *drawings: Callable[[], None]) -> None:
        """Draw things that begin at the same height, and go on below the longest."""
        start = self.page, self.y
        ends = [start]
        for draw in drawings:
            self.go_to(*start)
            draw()
            ends.append((self.page, self.y))
        self.go_to(*max(ends))

    def lines(
        self, lines: Sequence[Sequence[Piece]], x: float, high: float, *, panel: tuple[float, Colour] | None = None
    ) -> None:
        """Write lines, each `high`, as content of the open element; `panel` is the colour behind, and how far out."""
        while lines:
            self.require(high)
            # At least one: a line that is higher than a page would else be looked for room for ever.
            count = max(1, int(min((self.bottom - self.y) / high + 0.001, len(lines))))
            if panel is not None:
                out, colour = panel
                self.rectangle(x - out, self.y, A4[0] - MARGIN - x + out, count * high, colour)
            with self.document.content():
                for number, line in enumerate(lines[:count]):
                    self._line(line, x, self.y + (number + FIRST_BASELINE) * high)
            self.y += count * high
            lines = lines[count:]

    def _line(self, line: Sequence[Piece], x: float, baseline: float) -> None:
        for piece in line:
            self.document.text(x, baseline, piece.style, piece.text)
            x += piece.width

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill one; it is not read aloud."""
        with self.document.artifact():
            self.document.rectangle(x, y, width, height, colour)

    def rule(self, x: float, width: float, colour: Colour, thick: float = 0.6) -> None:
        """Draw a line across."""
        self.rectangle(x, self.y, width, thick, colour)
        self.y += thick
