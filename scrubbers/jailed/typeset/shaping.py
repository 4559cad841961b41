"""Which glyphs show a word of a script whose letters join or carry marks: HarfBuzz, with our own faces.

The glyphs come in the order in which they stand from left to right, each with the letter or mark that it shows. What is
put together of parts (a letter and its dots) is one glyph here, and a mark is moved upon its letter: the outline is, so
that in a copy all glyphs of a word follow each other, and every reader finds the letters in their order. No ligature is
used that a script can do without. Nothing here opens a file.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import Any, Final

import uharfbuzz

from scrubbers.jailed.pdf.fonts.shipped import content
from scrubbers.jailed.typeset.faces import Glyph, GlyphPart, face
from trusted.jail.stages import LettersMissing

# Visible only in that the letters beside it do not join: it has no glyph, and is in no copy.
NON_JOINER: Final = "\u200c"
# Without it two marks would be one glyph, and a ligature one for several letters.
_WITHOUT: Final[Mapping[str, Any]] = {"kern": False, "liga": False, "dlig": False}
_FLAGS: Final = uharfbuzz.BufferFlags.REMOVE_DEFAULT_IGNORABLES | uharfbuzz.BufferFlags.DO_NOT_INSERT_DOTTED_CIRCLE
_SCRIPTS: Final = {"NotoSansArabic": "Arab", "NotoSansHebrew": "Hebr", "NotoSansEthiopic": "Ethi"}


@dataclass(frozen=True, slots=True, repr=False)
class Shaped:
    """Glyphs, and how wide they are at a size of one point."""

    glyphs: tuple[Glyph, ...]
    width: float


@dataclass(frozen=True, slots=True, repr=False)
class _Drawn:
    """A glyph as HarfBuzz gives it: which letters it is of, where the pen is, how far it goes."""

    cluster: int
    pen: int
    advance: int
    part: GlyphPart


@lru_cache(2**14)
def shaped(name: str, text: str, *, right_to_left: bool) -> Shaped:
    """Return the glyphs of a text in one face; raises LettersMissing where a letter has none."""
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    # Nothing is guessed: what the library guesses it takes from the environment.
    buffer.direction = "rtl" if right_to_left else "ltr"
    buffer.script = _SCRIPTS.get(name.partition("-")[0], "Zyyy")
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.flags = _FLAGS
    marks = [(place, place + 1, False) for place, one in enumerate(text) if unicodedata.combining(one)]
    uharfbuzz.shape(_font(name), buffer, {**_WITHOUT, "ccmp": marks} if marks else _WITHOUT)
    infos, positions = buffer.glyph_infos, buffer.glyph_positions
    pens = list(accumulate((position.x_advance for position in positions), initial=0))
    drawn = [
        _Drawn(info.cluster, pen, position.x_advance, GlyphPart(info.codepoint, position.x_offset, position.y_offset))
        for info, position, pen in zip(infos, positions, pens, strict=False)
    ]
    starts = sorted({each.cluster for each in drawn})
    glyphs: dict[int, Glyph] = {}
    for start, end in pairwise([*starts, len(text)]):
        letters = [one for one in text[start:end] if one != NON_JOINER]
        glyphs |= _of_letters(name, letters, {place: one for place, one in enumerate(drawn) if one.cluster == start})
    return Shaped(tuple(glyphs[place] for place in sorted(glyphs)), pens[-1] / face(name).units)


def _of_letters(name: str, letters: Sequence[str], drawn: dict[int, _Drawn]) -> dict[int, Glyph]:
    """Return, by their places, the glyphs of letters that belong together; raises LettersMissing."""
    free = dict(drawn)
    shows: dict[int, str] = {}
    for letter in letters:
        # Marks that were put in another order are told apart by their glyphs, a letter from its dots by its width.
        alike = [place for place, one in free.items() if one.part.number == face(name).number(letter)]
        place = max(alike or free, key=lambda place: drawn[place].advance, default=None)
        if place is None or not drawn[place].part.number:
            raise LettersMissing
        shows[place] = letter
        del free[place]
    widest = max(shows, key=lambda place: drawn[place].advance)
    parts = {place: [drawn[place].part] for place in shows}
    for one in free.values():
        parts[widest].append(one.part._replace(across=one.part.across + one.pen - drawn[widest].pen))
    return {place: Glyph(letter, tuple(parts[place]), drawn[place].advance) for place, letter in shows.items()}


@cache
def _font(name: str) -> Any:
    return uharfbuzz.Font(uharfbuzz.Face(content(name)))
