"""The three faces of what we print: what they measure, and the outlines of their letters.

They are Atkinson Hyperlegible, made by the Braille Institute so that letters and digits are not taken for one another,
which is what an address on a wall needs. The files lie beside this code in `fonts/`, unchanged, with their licence.
They are our own files and no stranger's, so they are read here and not in the jail.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

REGULAR: Final = "AtkinsonHyperlegibleNext-Regular"
BOLD: Final = "AtkinsonHyperlegibleNext-Bold"
MONO: Final = "AtkinsonHyperlegibleMono-Medium"
UNITS: Final = 1000  # to the em, in all three


class LetterMissing(Exception):
    """A text has a letter that the face lacks."""

    def __init__(self, letter: str) -> None:
        """Keep the letter."""
        super().__init__(f"U+{ord(letter):04X}")
        self.letter = letter


@dataclass(frozen=True, slots=True)
class Face:
    """One font file, opened."""

    name: str
    content: bytes
    glyph_of: dict[int, int]
    widths: dict[int, int]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int
    cap_height: int
    opened: TTFont = field(repr=False)

    def glyphs(self, text: str) -> list[int]:
        """Return the number of each letter's glyph; raises LetterMissing."""
        missing = next((letter for letter in text if ord(letter) not in self.glyph_of), None)
        if missing is not None:
            raise LetterMissing(missing)
        return [self.glyph_of[ord(letter)] for letter in text]

    def width(self, text: str, size: float) -> float:
        """Return how wide the text is at this size, in the size's own unit; raises LetterMissing."""
        return sum(self.widths[glyph] for glyph in self.glyphs(text)) * size / UNITS


class _PathPen(BasePen):  # type: ignore[misc]  # the library carries no types
    """Writes what a glyph draws as steps of a PDF page; the base turns quadratic curves into cubic ones."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.steps: list[str] = []

    def _step(self, operator: str, *points: tuple[float, float]) -> None:
        self.steps.append(f"{' '.join(f'{x:.1f} {y:.1f}' for x, y in points)} {operator}")

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 - the base calls it so
        self._step("m", point)

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._step("l", point)

    def _curveToOne(  # noqa: N802
        self, first: tuple[float, float], second: tuple[float, float], end: tuple[float, float]
    ) -> None:
        self._step("c", first, second, end)

    def _closePath(self) -> None:  # noqa: N802
        self.steps.append("h")


@cache
def outline(name: str, letter: str) -> str:
    """Return the letter of a face as a path of a PDF page, a thousand units to the em; raises LetterMissing."""
    opened = face(name).opened
    (number,) = face(name).glyphs(letter)
    shapes = opened.getGlyphSet()
    pen = _PathPen(shapes)
    shapes[opened.getGlyphName(number)].draw(pen)
    return " ".join(pen.steps)


@cache
def face(name: str) -> Face:
    """Open one of the three."""
    content = files("kallskydd").joinpath("fonts", f"{name}.ttf").read_bytes()
    opened = TTFont(io.BytesIO(content))
    numbers = opened.getReverseGlyphMap()
    head, metrics = opened["head"], opened["hmtx"].metrics
    return Face(
        name=name,
        content=content,
        glyph_of={code: numbers[glyph] for code, glyph in opened.getBestCmap().items()},
        widths={numbers[glyph]: advance for glyph, (advance, _bearing) in metrics.items()},
        box=(head.xMin, head.yMin, head.xMax, head.yMax),
        ascent=opened["hhea"].ascent,
        descent=opened["hhea"].descent,
        cap_height=opened["OS/2"].sCapHeight,
        opened=opened,
    )
