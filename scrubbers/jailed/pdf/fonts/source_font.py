"""A font of the source as PDFium draws it: which outline a code has, how far it moves the pen, which text it has.

Nothing here reads a font program, an encoding or a text map. The font is copied into a document that never leaves the
job's memory (`source_copy`), and PDFium, which draws the pages too, is asked for each code in use. So a font of any
sort becomes outlines in thousandths of its size, those that are not in the document included.

Not understood (NotRebuildable): fonts whose glyphs are drawn as pages are (Type 3), lines from top to bottom, codes of
other than one byte, or two in composite fonts.
"""

import contextlib
import ctypes
import re
import struct
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts.drawn_outline import UNITS, glyph_outline, whole
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.fonts.letters import said_of_glyph
from scrubbers.jailed.pdf.fonts.outline import Outline, in_one_way, is_speck
from scrubbers.jailed.pdf.fonts.own_letters import EASTERN, OwnLetters
from scrubbers.jailed.pdf.fonts.shapes import says_no_letters, silent
from scrubbers.jailed.pdf.syntax import access, source_copy
from scrubbers.jailed.pdf.syntax.memo import Memo
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

FILES: Final = ("/FontFile", "/FontFile2", "/FontFile3")
SIMPLE: Final = ("/Type1", "/MMType1", "/TrueType")
_TWO_BYTES: Final = re.compile(r"/Identity-H|/Uni[A-Za-z]{2,4}-(?:UCS2|UTF16)-H")
# The encoding of fonts that are rewritten (`lent`): each code of one byte has the glyph of the next number.
ONE_BYTE: Final = (
    b"/CIDInit/ProcSet findresource begin begincmap /CMapName/B def 1 begincodespacerange <00> <ff> "
    b"endcodespacerange 1 begincidrange <00> <ff> 1 endcidrange endcmap"
)
_SPACE: Final = 0x20  # the code that word spacing is for
_FIRST_CID: Final = 1  # a space in all of the orderings of eastern fonts
_BLOCK: Final = 256  # codes that one page of the copied font stands for
_FIRST_LETTER: Final = 0xE000  # of a block's codes in `document_of_font`
_LEAST_SIGN: Final = 20  # thousandths; a full stop has five times as much
_MOST_CODES: Final = 4000  # of two bytes that are asked for in one font
_MOST_RUNS: Final = 20_000  # that are made once
_SEGMENT_WORK: Final = 0.002  # milliseconds, as in `cost`
_FONT_WORK: Final = 1.0  # the same, to open a font
# Of the page on which codes are written to be read: each stands alone and twice, as PDFium takes no text from a box
# that has no width.
_READ_SIZE, _APART, _IN_ROW = 10, 200, 64


class Gap(NamedTuple):
    """How far codes that draw nothing move the pen: by themselves, and by the two sorts of spacing so many times."""

    advance: int
    characters: int
    words: int


class Font:
    """One font of the source. Raises NotRebuildable when it cannot be understood."""

    def __init__(self, untrusted: DictionaryObject, work: Work) -> None:
        self._untrusted = untrusted
        self._work = work
        self._bytes = _code_length(untrusted)
        self.is_left_to_the_reader = self._bytes > 1 and _is_left_to_the_reader(untrusted)
        self._has_unicodes = str(access.entry(untrusted, "/Encoding")).startswith("/Uni")
        self._glyphs: dict[int, Glyph] = {}
        self._runs: Memo[tuple[Glyph, ...], Run] = Memo(Run, _MOST_RUNS)
        # A shown string as glyphs, and gaps between them.
        self.cut: Memo[bytes, list[Run | Gap]] = Memo(self._parts, _MOST_RUNS)
        self.says_more = False
        # Codes whose letters are of our own face (`lent`), and whether one of them was cut.
        self._lent = access.numbers(access.entry(untrusted, "/Lent")) if "/Lent" in untrusted else ()
        self.shows_lent = False
        self.lacks = False  # whether a letter was cut that stands for something and draws nothing
        self._own = OwnLetters(untrusted)
        self._untrue: frozenset[str] | None = None
        self._document = _opened(source_copy.document_of_font(untrusted, self._bytes))
        # By the number of the page that it belongs to: PDFium's font, and the page.
        self._fonts: dict[int, tuple[Any, pypdfium2.PdfPage]] = {}

    def _parts(self, shown: bytes) -> list[Run | Gap]:
        """Return runs of glyphs, and gaps. Word spacing is for codes of one byte alone, whatever they draw."""
        if len(shown) % self._bytes:
            raise NotRebuildable
        found: list[Run | Gap] = []
        run: list[Glyph] = []
        advance = characters = words = 0
        space = _SPACE if self._bytes == 1 else None
        for code in shown if self._bytes == 1 else struct.unpack(f">{len(shown) // 2}H", shown):
            glyph = self._glyphs.get(code) or self._glyph(code)
            if glyph.stands:
                if characters or words:
                    found.append(Gap(advance, characters, words))
                    advance = characters = words = 0
                run.append(glyph)
            else:
                advance, characters = advance + glyph.advance, characters + 1
            if run and (code == space or not glyph.stands):
                found.append(self._runs[tuple(run)])
                run = []
            words += code == space
        if run:
            found.append(self._runs[tuple(run)])
        if characters or words:
            found.append(Gap(advance, characters, words))
        return found

    def _glyph(self, code: int) -> Glyph:
        advance, outline = self.drawn(code)
        self.shows_lent |= code in self._lent
        if is_speck(outline, _LEAST_SIGN):
            outline = ()
        found = self._glyphs[code] = Glyph(code, advance, in_one_way(outline))
        # A letter that is missing is no gap. As pixels it would be missing too, and nobody would see that it is.
        if not outline and self._is_missing(code):
            found.stands = self.lacks = True
        return found

    def _is_missing(self, code: int) -> bool:
        """Whether a code that draws nothing stands for a letter, or a digit, of a font that is not in the document."""
        if self.is_left_to_the_reader:
            return not self._is_space(code)
        is_here = pdfium.FPDFFont_GetIsEmbedded(self._fonts[code // _BLOCK][0]) == 1
        return not is_here and self.letters([code])[0][code].isalnum()

    def drawn(self, code: int) -> tuple[int, Outline]:
        """Return advance and outline of a code."""
        block, number = divmod(code, _BLOCK)
        if block not in self._fonts:
            self._fonts[block] = self._pdfium_font(block)
        font, page = self._fonts[block]
        width = ctypes.c_float()
        # PDFium takes a code of 0 for none, and looks the letter up in the font's own encoding.
        letter = _FIRST_LETTER + number if number or block else _first_letter(page)
        if not pdfium.FPDFFont_GetGlyphWidth(font, letter, float(UNITS), width):
            raise NotRebuildable
        found = glyph_outline(font, letter)
        self._work.painted(len(found) * _SEGMENT_WORK)
        if self._work.is_far_too_much:
            raise NotRebuildable
        return whole(width.value), found

    def _pdfium_font(self, number: int) -> tuple[Any, pypdfium2.PdfPage]:
        self._work.painted(_FONT_WORK)
        page = self._document[number]
        font = pdfium.FPDFTextObj_GetFont(pdfium.FPDFPage_GetObject(page, 0))
        if not font:
            raise NotRebuildable
        return font, page

    def _is_space(self, code: int) -> bool:
        return chr(code).isspace() if self._has_unicodes else code == _FIRST_CID

    def glyphs(self) -> Iterable[Glyph]:
        """Return the glyphs that were cut so far."""
        return self._glyphs.values()

    def read_texts(self) -> None:
        """Ask for the text of the glyphs that were cut so far: what the text map says, where the font agrees."""
        unread = [glyph for glyph in self._glyphs.values() if glyph.text is None and glyph.outline]
        if not unread:
            return
        said, own = self._said_and_own([glyph.code for glyph in unread])
        for glyph in unread:
            untrusted = said.get(glyph.code, "")
            glyph.text = said_of_glyph(untrusted)
            letters = own[glyph.code]
            if letters and glyph.text not in letters:
                self.says_more |= glyph.text.isalnum() and min(letters).isalnum()
                glyph.text = min(letters)
            self.says_more |= len(unicodedata.normalize("NFC", untrusted)) > max(1, len(glyph.text))

    def letters(self, codes: Sequence[int]) -> tuple[dict[int, str], Collection[int]]:
        """Return what each code stands for: the font's own letter, or else what is read of it, which may be a space.

        Also the codes that have letters of the font's own.
        """
        said = self._read(self._untrusted, codes)
        own = self._own.of(codes, lambda without_map: self._read(without_map, codes))
        texts: dict[int, str] = {}
        for code in codes:
            untrusted = said.get(code, "")
            letters = own.get(code, ()) or (untrusted,)
            text = untrusted if untrusted in letters else min(letters)
            texts[code] = said_of_glyph(text) or " " * text.isspace()
        return texts, own.keys()

    def untrue_letters(self, *, printed: bool) -> Collection[str]:
        """Return the letters that the text map gives to codes for which the font has others of its own.

        `printed`: to those that were cut so far; else to any.
        """
        if "/ToUnicode" not in self._untrusted or (self._untrue is not None and not printed):
            return self._untrue or ()
        codes = range(_BLOCK) if self._bytes == 1 else self._own.codes()[:_MOST_CODES]
        said, own = self._said_and_own(sorted(self._glyphs) if printed else codes)
        given = ((said_of_glyph(untrusted), own[code]) for code, untrusted in said.items())
        found = frozenset(text for text, letters in given if text and letters and text not in letters)
        self._untrue = self._untrue if printed else found
        return found

    def _said_and_own(self, codes: Sequence[int]) -> tuple[dict[int, str], dict[int, set[str]]]:
        """Return what PDFium reads of the codes, and the letters that the font itself has for them, if any."""
        said = self._read(self._untrusted, codes)
        own = self._own.of(codes, lambda without_map: self._read(without_map, codes))
        return said, {code: {said_of_glyph(letter) for letter in own.get(code, ())} - {""} for code in codes}

    def _read(self, font: DictionaryObject, codes: Sequence[int]) -> dict[int, str]:
        """Return what PDFium reads of the codes, in this font or the same with another text map."""
        with contextlib.closing(self._showing(font, codes)) as document:
            return {codes[at]: text for at, text in _texts_on(document, len(codes)).items()}

    def _showing(self, font: DictionaryObject, codes: Sequence[int]) -> pypdfium2.PdfDocument:
        """Return a document with a page on which the codes of a font stand one by one."""
        self._work.painted(_FONT_WORK)
        lines = [b"/F %d Tf" % _READ_SIZE]
        for at, code in enumerate(codes):
            row, column = divmod(at, _IN_ROW)
            shown = code.to_bytes(self._bytes, "big").hex().encode()
            lines.append(b"1 0 0 1 %d %d Tm [<%s> -100 <%s>] TJ" % (column * _APART, row * _APART, shown, shown))
        resources = DictionaryObject({NameObject("/Font"): DictionaryObject({NameObject("/F"): font})})
        size = _IN_ROW * _APART, (len(codes) // _IN_ROW + 1) * _APART
        return _opened(source_copy.document_drawing(b"BT %s ET" % b"\n".join(lines), resources, size))


def read_texts(fonts: Sequence[Font]) -> None:
    """Ask for the texts of what was cut so far; what does not look like it (`shapes`) has none."""
    for font in fonts:
        with contextlib.suppress(NotRebuildable):
            font.read_texts()
    said = [(font, glyph, (glyph.outline, glyph.text)) for font in fonts for glyph in font.glyphs() if glyph.text]
    mute = silent(called for _, _, called in said)
    no_letters = [font for font in fonts if says_no_letters(called for own, _, called in said if own is font)]
    for font, glyph, called in said:
        if called in mute or font in no_letters:
            glyph.text, font.says_more = "", True


def _opened(document: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(document)
    except pypdfium2.PdfiumError:
        raise NotRebuildable from None


def _code_length(font: DictionaryObject) -> int:
    kind = access.name_of(font.get("/Subtype"))
    if kind in SIMPLE:
        return 1
    encoding = access.entry(font, "/Encoding")
    if kind == "/Type0" and isinstance(encoding, StreamObject) and encoding.get_data() == ONE_BYTE:
        return 1
    if kind == "/Type0" and _TWO_BYTES.fullmatch(access.name_of(font.get("/Encoding")) or ""):
        return 2
    raise NotRebuildable


def _is_left_to_the_reader(font: DictionaryObject) -> bool:
    """Whether it is a Chinese, Japanese or Korean font that the reader's computer has to have: PDFium draws nothing."""
    descendant = access.dictionary(access.array(access.entry(font, "/DescendantFonts"))[0])
    ordering = access.entry(access.dictionary_in(descendant, "/CIDSystemInfo"), "/Ordering")
    descriptor = access.dictionary_in(descendant, "/FontDescriptor")
    return str(ordering) in EASTERN and descriptor.keys().isdisjoint(FILES)


def _first_letter(page: pypdfium2.PdfPage) -> int:
    """Return the letter of the first code of a block, which its page shows."""
    with contextlib.closing(page.get_textpage()) as text:
        return int(pdfium.FPDFText_GetUnicode(text, 0)) if pdfium.FPDFText_CountChars(text) else 0


def _texts_on(document: pypdfium2.PdfDocument, count: int) -> dict[int, str]:
    """Return what PDFium reads of each thing on the page, of which there are so many, by its number."""
    units: dict[int, list[int]] = {}
    with contextlib.closing(document[0]) as page, contextlib.closing(page.get_textpage()) as text:
        if pdfium.FPDFPage_CountObjects(page) != count:
            raise NotRebuildable
        numbers = {address(pdfium.FPDFPage_GetObject(page, at)): at for at in range(count)}
        for at in range(pdfium.FPDFText_CountChars(text)):
            number = numbers.get(address(pdfium.FPDFText_GetTextObject(text, at)))
            generated = pdfium.FPDFText_IsGenerated(text, at) or pdfium.FPDFText_HasUnicodeMapError(text, at)
            if number is not None and not generated:
                units.setdefault(number, []).append(pdfium.FPDFText_GetUnicode(text, at))
    halves = ((number, found, found[: len(found) // 2]) for number, found in units.items())
    return {number: _joined(half if half * 2 == found else found) for number, found, half in halves}


def address(handle: Any) -> int | None:
    """Return where a thing of PDFium's stands in memory: two handles of the same one differ."""
    return ctypes.cast(handle, ctypes.c_void_p).value


def _joined(units: Sequence[int]) -> str:
    """Return the text of UTF-16 units, or of whole characters, from left to right; empty if they are none."""
    try:
        text = "".join(map(chr, units)).encode("utf-16-be", "surrogatepass").decode("utf-16-be")
    except (ValueError, OverflowError):
        return ""
    # PDFium hands out the letters of one glyph as they would stand from left to right.
    return text[::-1] if text and unicodedata.bidirectional(text[0]) in {"R", "AL"} else text
