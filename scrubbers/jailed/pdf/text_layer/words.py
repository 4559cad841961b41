"""The words of a page as PDFium reads them, each letter with its place; what of them is seen is asked elsewhere.

A letter is one character in NFKC form, or those of a ligature, of classes that can be seen: no joiner, no selector, no
private or unassigned character. A word with any other letter is none. Thai and Lao have marks of their own above and
below their letters: one or two stay where they stand after a letter of their script.
"""

import contextlib
import ctypes
import math
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.fonts.letters import LONGEST_LIGATURE
from scrubbers.jailed.pdf.fonts.source_font import address
from scrubbers.jailed.pdf.syntax.matrix import Matrix, bounds
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import things
from trusted.jail.stages import LettersMissing

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points of the page

_MOST_LETTERS: Final = 20_000  # of a page; one of dense print has 6,000
_MOST_MARKS: Final = 100_000  # of marked content on a page
_QUARTER: Final = 90  # degrees
_MARK: Final = "Mn"
_CLASSES: Final = frozenset(
    ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So")
) | {_MARK}
_MARKED: Final = ("THAI", "LAO")
_MOST_MARKS_OF_ONE: Final = 2  # a vowel and a tone
_AT_LETTER: Final = 0.6  # of a letter's size: how far from it a mark may stand, as a tone above a vowel
_FROM_THE_RIGHT: Final = frozenset(("R", "AL"))  # in which letters follow each other
_LAST_OF_ONE_UNIT: Final = 0xFFFF  # of UTF-16
_ENDS: Final = frozenset((0, 9, 10, 13, 32, 0xA0, 0xFFFE))
_UNPAINTED: Final = frozenset((pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP))
_UNREADABLE: Final = "\0"
# What codes of TeX's own text encodings (OT1 and T1) stand for where both agree: the ligatures that only one of them
# has lie where the other has no letters.
_OF_TEX: Final = {
    **{code: code for code in (*b"!()*+,-./0123456789:;=?@[]", *range(0x41, 0x5B), *range(0x61, 0x7B))},
    **{code: code for code in range(0xC0, 0xFF) if code not in (0xD7, 0xDF, 0xF7)},
    **{first + at: 0xFB00 + at for first in (0x0B, 0x1B) for at in range(5)},
}
_SAME_LINE: Final = 0.4  # of a letter's height: how far the baselines of a word's letters may be apart
_LEAST_HEIGHT: Final = 3.0  # points
_FLAT: Final = 0.01  # points
# Letters of one appearance in Latin, Cyrillic and Greek: a word has those of the script of its other letters, or Latin.
_ALIKE: Final = {
    "CYRILLIC": dict(zip("AaBCcEeHIiJjKMOoPpSsTXxyY", "АаВСсЕеНІіЈјКМОоРрЅѕТХхуУ", strict=True)),  # noqa: RUF001
    "GREEK": dict(zip("ABEZHIKMNOoPTYXv", "ΑΒΕΖΗΙΚΜΝΟοΡΤΥΧν", strict=True)),  # noqa: RUF001
}
_TO_LATIN: Final = {other: latin for table in _ALIKE.values() for latin, other in table.items()}


class FontsSay(NamedTuple):
    """What the fonts of a page are known to do (`page_fonts`)."""

    untrue: Collection[str] = ()  # letters that they give to codes of others
    by_code: bool = False  # whether those drawn by pages (Type 3) say that a code without a letter is one itself


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """One letter: what it says, the box of its outline, and how it stands; `turn` in quarters, to the left."""

    text: str
    box: Box
    baseline: float
    size: float
    turn: int


@dataclass(frozen=True, slots=True, repr=False)
class Word:
    """Letters that follow each other, without a space between."""

    letters: Sequence[Letter]
    box: Box

    @property
    def is_readable(self) -> bool:
        text = "".join(letter.text for letter in self.letters)
        return (
            _UNREADABLE not in text
            and _has_marks_in_place(self.letters)
            and unicodedata.normalize("NFKC", text) == text
        )

    def text(self) -> str:
        """Return its letters, those that look alike in one script."""
        text = "".join(letter.text for letter in self.letters)
        clear = [_script(each) for each in text if each.isalpha() and each not in _TO_LATIN]
        plain = "".join(_TO_LATIN.get(each, each) for each in text)
        for script, table in _ALIKE.items():
            if clear.count(script) * 2 > len(clear) - sum(each in table for each in text):
                return "".join(table.get(each, each) for each in plain)
        return plain

    def written(self) -> str:
        """Return its letters from left to right: readers put Arabic and Hebrew in order, as they find it drawn."""
        text = self.text()
        if not any(unicodedata.bidirectional(letter) in _FROM_THE_RIGHT for letter in text):
            return text
        # Numbers among them stand from left to right; the letters of a ligature have one place.
        placed = sorted(enumerate(self.letters), key=lambda each: (_along(each[1]), -each[0]))
        return Word([letter for _, letter in placed], self.box).text()


def _along(letter: Letter) -> float:
    """Return how far a letter stands along its line."""
    left, bottom, right, top = letter.box
    return (left, bottom, -right, -top)[letter.turn]


def turned(word: Word, matrix: Matrix, turn: int) -> Word:
    """Return a word of a page that is turned by so many degrees, where it stands on the page as it is seen."""
    letters = [_turned(letter, matrix, turn // _QUARTER) for letter in word.letters]
    return Word(letters, bounds(matrix, word.box))


def _turned(letter: Letter, matrix: Matrix, quarters: int) -> Letter:
    before, after = letter.turn, (letter.turn - quarters) % 4
    left, bottom, _, _ = letter.box
    x, y = (letter.baseline, bottom) if before % 2 else (left, letter.baseline)
    across, up, _, _ = bounds(matrix, (x, y, x, y))
    baseline = across if after % 2 else up
    return Letter(letter.text, bounds(matrix, letter.box), baseline, letter.size, after)


def is_mark(letter: str) -> bool:
    """Whether it stands above or below the letter before it."""
    return unicodedata.category(letter[0]) == _MARK


def _has_marks_in_place(letters: Sequence[Letter]) -> bool:
    """Whether each mark in a word stands at a letter of its script, which has few."""
    base: Letter | None = None
    script, marks = "", 0
    for letter, said in ((each, said) for each in letters for said in each.text):
        if not is_mark(said):
            base, script, marks = letter, _script(said) if said.isalpha() else "", 0
            continue
        marks += 1
        if marks > _MOST_MARKS_OF_ONE or _script(said) not in _MARKED or _script(said) != script:
            return False
        if base is None or max(_apart(base.box, letter.box)) > _AT_LETTER * base.size:
            return False
    return True


def _apart(one: Box, other: Box) -> tuple[float, float]:
    """Return how far apart two boxes are, across and up; less than nothing where they overlap."""
    return max(one[0], other[0]) - min(one[2], other[2]), max(one[1], other[1]) - min(one[3], other[3])


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0]


def words_on(page: pypdfium2.PdfPage, handles: Sequence[Any], *, by_code: bool = False) -> list[Word]:
    """Return the words; raises NotRebuildable where there are too many letters.

    `by_code`: as in FontsSay. `handles`: all that is drawn on the page. What marked content says of itself
    (ActualText) is taken off it first: PDFium would spread it over the letters that are drawn.
    """
    _take_off_marks(handles)
    with contextlib.closing(page.get_textpage()) as text:
        if pdfium.FPDFText_CountChars(text) > _MOST_LETTERS:
            raise NotRebuildable
        return [_word(run) for run in _runs(text, by_code=by_code)]


def _take_off_marks(handles: Sequence[Any]) -> None:
    taken = 0
    for handle in handles:
        while pdfium.FPDFPageObj_CountMarks(handle) > 0:
            taken += 1
            if taken > _MOST_MARKS or not pdfium.FPDFPageObj_RemoveMark(handle, pdfium.FPDFPageObj_GetMark(handle, 0)):
                raise NotRebuildable


def _word(letters: Sequence[Letter]) -> Word:
    lefts, bottoms, rights, tops = zip(*(letter.box for letter in letters), strict=True)
    return Word(letters, (min(lefts), min(bottoms), max(rights), max(tops)))


def _runs(text: Any, *, by_code: bool) -> Iterator[list[Letter]]:
    run: list[Letter] = []
    for at in range(pdfium.FPDFText_CountChars(text)):
        code = pdfium.FPDFText_GetUnicode(text, at)
        # PDFium hands out the code itself where it knows no letter.
        is_code = pdfium.FPDFText_HasUnicodeMapError(text, at) == 1
        said = code if not is_code else _OF_TEX.get(code) if by_code and _is_drawn_by_pages(text, at) else None
        letter = _letter(text, at, said) if is_code or code not in _ENDS else None
        if letter is None:
            if run:
                yield run
            run = []
        elif letter.box[2] - letter.box[0] >= _FLAT or letter.box[3] - letter.box[1] >= _FLAT:
            # What cannot be read is no part of a word, nor is it nothing: it stands for itself.
            if run and (not _continues(run[-1], letter) or _UNREADABLE in (run[-1].text, letter.text)):
                yield run
                run = []
            run.append(letter)
    if run:
        yield run


def _is_drawn_by_pages(text: Any, at: int) -> bool:
    """Whether a letter's font is one whose glyphs are drawn as pages are: it alone has no program in PDFium."""
    thing, size = pdfium.FPDFText_GetTextObject(text, at), ctypes.c_size_t(1)
    font = pdfium.FPDFTextObj_GetFont(thing) if thing else None
    return bool(font) and pdfium.FPDFFont_GetFontData(font, None, 0, size) == 1 and not size.value


def _letter(text: Any, at: int, code: int | None) -> Letter | None:
    """Return the letter, unreadable without a code; None for what ends a word.

    That was added by PDFium, is never painted, or has no place.
    """
    thing = pdfium.FPDFText_GetTextObject(text, at)
    left, right, bottom, top, x, y = (ctypes.c_double() for _ in range(6))
    if (
        pdfium.FPDFText_IsGenerated(text, at) == 1
        or not thing
        or pdfium.FPDFTextObj_GetTextRenderMode(thing) in _UNPAINTED
        or not pdfium.FPDFText_GetCharBox(text, at, left, right, bottom, top)
        or not pdfium.FPDFText_GetCharOrigin(text, at, x, y)
    ):
        return None
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFText_GetMatrix(text, at, matrix)
    size = pdfium.FPDFText_GetFontSize(text, at) * math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c))
    # PDFium counts clockwise.
    turn = -round(math.degrees(pdfium.FPDFText_GetCharAngle(text, at)) / _QUARTER) % 4
    said = _UNREADABLE if code is None else _one_letter(code)
    box = left.value, bottom.value, right.value, top.value
    if not math.isfinite(sum(box) + x.value + y.value + size):
        return None
    return Letter(said, box, x.value if turn % 2 else y.value, size, turn)


def _continues(last: Letter, letter: Letter) -> bool:
    height = max(last.box[3] - last.box[1], _LEAST_HEIGHT)
    return letter.turn == last.turn and abs(letter.baseline - last.baseline) <= _SAME_LINE * height


def _one_letter(code: int) -> str:
    said = unicodedata.normalize("NFKC", chr(code)) if code <= _LAST_OF_ONE_UNIT else ""
    if not 1 <= len(said) <= LONGEST_LIGATURE or any(unicodedata.category(each) not in _CLASSES for each in said):
        return _UNREADABLE
    return said


def flatten(page: pypdfium2.PdfPage) -> None:
    """Make what annotations and fields look like part of the page, which keeps its size; it has to be opened again."""
    box = page.get_bbox()
    # PDFium takes no box from the node above for one, and would make the page one of letter paper.
    page.set_mediabox(*box)
    page.set_cropbox(*box)
    pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY)


def require_letters(page: pypdfium2.PdfPage) -> int:
    """Return how many characters PDFium reads on the page, spaces among them.

    Raises LettersMissing if a letter or digit is shown in a font that is not in the document and draws nothing.
    """
    with contextlib.closing(page.get_textpage()) as text:
        count = int(pdfium.FPDFText_CountChars(text))
        # First all of them in all of its fonts: letter by letter takes 19 ms for the 5,000 of a dense page, this 0.5.
        with contextlib.suppress(NotRebuildable):
            fonts = {address(font): font for thing in things(page) if (font := _font_outside(thing.handle))}
            letters = [ord(each) for each in set(text.get_text_range() if fonts else "") if each.isalnum()]
            if all(_draws(font, code) for font in fonts.values() for code in letters):
                return count
        for at in range(count):
            code, thing = pdfium.FPDFText_GetUnicode(text, at), pdfium.FPDFText_GetTextObject(text, at)
            font = _font_outside(thing) if thing and chr(code).isalnum() else None
            if font and not pdfium.FPDFText_HasUnicodeMapError(text, at) and not _draws(font, code):
                raise LettersMissing
    return count


def _font_outside(thing: Any) -> Any:
    """Return the font of a text that is painted, if it is not in the document; else None."""
    if pdfium.FPDFPageObj_GetType(thing) != pdfium.FPDF_PAGEOBJ_TEXT:
        return None
    font = pdfium.FPDFTextObj_GetFont(thing)
    is_painted = pdfium.FPDFTextObj_GetTextRenderMode(thing) not in _UNPAINTED
    return font if is_painted and pdfium.FPDFFont_GetIsEmbedded(font) == 0 else None


def _draws(font: Any, code: int) -> bool:
    return bool(pdfium.FPDFFont_GetGlyphPath(font, code, 1.0))
