"""The faces of what is typeset: their files are read before the locks, and opened when a document needs them.

They are our own files, unchanged, with their licences beside them (`scrubbers/fonts`), each regular and bold. DejaVu
Sans has the letters of Latin, Greek and Cyrillic scripts and most signs, Noto Sans those of Arabic, Hebrew and Ethiopic
scripts. Letters that no face has, or of another script from right to left, are refused, not drawn wrongly.

A document has one font (`writer`), of the outlines of the glyphs that it shows and no others.
"""

import io
import re
import unicodedata
from functools import cache
from typing import Any, Final, NamedTuple

from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

from scrubbers.jailed.pdf.fonts.outline import CURVE, LINE, MOVE, Outline, Segment
from scrubbers.jailed.pdf.fonts.shipped import BOLD, REGULAR, content
from scrubbers.jailed.pdf.syntax.memo import Memo

_MOST_LETTERS: Final = 2**16  # more than a font file can have
UNITS: Final = 1000  # of a width, to the em: ISO 32000-1, 9.2.4
# Scripts with faces of their own, by blocks of Unicode.
_SCRIPTS: Final = {
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Hebrew": "\u0590-\u05ff\ufb1d-\ufb4f",
    "Ethiopic": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
}
_OF_SCRIPT: Final = re.compile("|".join(f"(?P<{script}>[{letters}])" for script, letters in _SCRIPTS.items()))
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


def name_for(letter: str, *, bold: bool) -> str:
    """Return the face that a letter is drawn with."""
    found = _OF_SCRIPT.match(letter)
    if found is None:
        return BOLD if bold else REGULAR
    return f"NotoSans{found.lastgroup}-{'Bold' if bold else 'Regular'}"


def needs_other_faces(text: str) -> bool:
    """Return whether a text has letters that DejaVu Sans is not taken for."""
    return not text.isascii() and _OF_SCRIPT.search(text) is not None


def can_draw(letter: str) -> bool:
    """Return whether a letter can be drawn as it is written, in both weights."""
    return all(face(name_for(letter, bold=bold)).has(letter) for bold in (False, True))


def read_all() -> None:
    """Read the file of every face, so that nothing has to be opened later. Opening them waits until they are needed."""
    for letter in ("A", *(letters[0] for letters in _SCRIPTS.values())):
        for bold in (False, True):
            content(name_for(letter, bold=bold))


class GlyphPart(NamedTuple):
    """A glyph of a face by its number, and how far it is moved, in units of the face."""

    number: int
    across: int = 0
    up: int = 0


class Glyph(NamedTuple):
    """The letter that a glyph of a document shows, what it is made of, and how wide it is."""

    text: str
    parts: tuple[GlyphPart, ...]
    advance: int


class Face:
    """One font file, opened. Widths are of a thousandth of the em."""

    def __init__(self, name: str) -> None:
        """Open the file that was read."""
        self._font = TTFont(io.BytesIO(content(name)))
        self._drawable: Any = self._font.getGlyphSet()
        self._names: dict[int, str] = self._font.getBestCmap()
        self._metrics: Any = self._font["hmtx"].metrics
        self._has_all = name not in (REGULAR, BOLD)
        self.units: int = self._font["head"].unitsPerEm
        self._glyphs: dict[str, Glyph] = {}
        # Each worked out once: a large table asks for millions.
        widths: Memo[str, int] = Memo(lambda letter: self.thousandths(self.glyph(letter).advance), _MOST_LETTERS)
        self._width_of = widths.__getitem__

    def has(self, letter: str) -> bool:
        """Return whether the face has the letter, and what else it takes to draw it."""
        known = ord(letter) in self._names
        return known and (self._has_all or unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT)

    def number(self, letter: str) -> int:
        """Return the number of a letter's own glyph; zero for a letter that has none."""
        return int(self._font.getGlyphID(self._names.get(ord(letter), ".notdef")))

    def glyph(self, letter: str) -> Glyph:
        """Return a letter as it is where nothing is joined to it."""
        found = self._glyphs.get(letter)
        if found is None:
            advance, _ = self._metrics[self._names[ord(letter)]]
            found = self._glyphs[letter] = Glyph(letter, (GlyphPart(self.number(letter)),), advance)
        return found

    def thousandths(self, advance: int) -> int:
        """Return a width of the face as a document says it."""
        return round(advance * UNITS / self.units)

    def width(self, text: str) -> float:
        """Return how wide a text is at a size of one point, letter by letter."""
        return sum(map(self._width_of, text)) / UNITS

    def outline(self, glyph: Glyph) -> Outline:
        """Return what a glyph draws, in thousandths of the em."""
        segments: list[Segment] = []
        for part in glyph.parts:
            # A glyph that is made of others draws them.
            pen = _Pen(segments, part, UNITS / self.units, self._drawable)
            self._drawable[self._font.getGlyphName(part.number)].draw(pen)
        return tuple(segments)


class _Pen(BasePen):  # type: ignore[misc]  # fontTools has no types
    """Collects moves, lines and curves of a part in its place; the class it comes from makes quadratic curves cubic."""

    def __init__(self, into: list[Segment], part: GlyphPart, scale: float, drawable: Any) -> None:
        super().__init__(drawable)
        self._into, self._part, self._scale = into, part, scale

    def _add(self, operator: int, *points: tuple[float, float]) -> None:
        moved = ((x + self._part.across, y + self._part.up) for x, y in points)
        self._into.append((operator, *(round(value * self._scale) for point in moved for value in point)))

    def _moveTo(self, pt: tuple[float, float]) -> None:  # noqa: N802  the library's names
        self._add(MOVE, pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:  # noqa: N802
        self._add(LINE, pt)

    def _curveToOne(  # noqa: N802
        self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]
    ) -> None:
        self._add(CURVE, pt1, pt2, pt3)


@cache
def face(name: str) -> Face:
    """Open a face."""
    return Face(name)
