"""Glyphs, and runs of them: what a text shows between two moves of its pen. Lengths: thousandths of the font size."""

from collections.abc import Iterable
from functools import cached_property
from typing import final

from scrubbers.jailed.pdf.fonts.outline import Outline


class Glyph:
    """A code of a font of the source. `stands`: it is no gap. `text` is known once it has been asked for."""

    def __init__(self, code: int, advance: int, outline: Outline) -> None:
        self.code = code
        self.advance = advance
        self.outline = outline
        self.stands = outline != ()
        self.text: str | None = None

    @cached_property
    def alone(self) -> "Run":
        """The run of this glyph alone."""
        return Run((self,))


@final
class Run:
    """Glyphs that follow each other, at least one: how far they move the pen, and the least that one of them does.

    Most runs are a few letters between two kerns, and there are a hundred times as many on the pages of a report as
    differ. So each is cut once, and what is asked of it is worked out once.
    """

    __slots__ = ("advance", "glyphs", "least")

    def __init__(self, glyphs: Iterable[Glyph]) -> None:
        self.glyphs = tuple(glyphs)
        advances = [glyph.advance for glyph in self.glyphs]
        self.advance = sum(advances)
        self.least = min(advances)
