"""Fonts that are not in the document, and that lack letters in PDFium: they get a program that has them.

PDFium draws such a font with one that it carries, which has the letters of western Europe. A letter of another language
would be gone without a word, as it is in any viewer whose computer lacks it. So the font is rewritten, with the
outlines that PDFium has for its codes and, for those of letters and digits that have none, those of our own face, made
as narrow as the document says. A font with a letter that our face lacks stays as it is: who shows that letter is
refused (`source_font`, `missing`).
"""

import contextlib
import ctypes
import functools
import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import pypdf
import pypdfium2
import pypdfium2.raw as pdfium
from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts import write_cff
from scrubbers.jailed.pdf.fonts.document_font import to_unicode
from scrubbers.jailed.pdf.fonts.drawn_outline import glyph_outline
from scrubbers.jailed.pdf.fonts.outline import Outline, charstring
from scrubbers.jailed.pdf.fonts.shipped import BOLD, REGULAR, content
from scrubbers.jailed.pdf.fonts.source_font import FILES, ONE_BYTE, SIMPLE, Font
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.update import stream_body, updated
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from trusted.jail.stages import LettersMissing

# As PDFium writes them.
_FONT: Final = re.compile(rb"\n([1-9]\d*) 0 obj\r\n(?=<<[^\n]{0,9000}/Subtype ?/(?:Type1|MMType1|TrueType)\b)")
_MOST_FONTS: Final = 40  # of a document that are looked at
_CODES: Final = range(256)
_NARROWEST: Final = 0.25  # of a letter of our face; the most condensed faces have twice that
_NO_LETTER: Final = 0  # is drawn as any that the face lacks
_LETTER_OF: Final = {unicodedata.normalize("NFKC", each): each for each in map(chr, range(0xFB00, 0xFB05))}
_HEAD: Final = b"/Type/Font/BaseFont/F/Subtype"
_DESCRIPTOR: Final = (
    b"<</Type/FontDescriptor/FontName/F/Flags 4/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800/Descent -200"
    b"/CapHeight 700/StemV 80/FontFile3 %d 0 R>>"
)


class _Code(NamedTuple):
    """What a code draws, and how far it moves the pen."""

    advance: int
    outline: Outline


class _Face:
    """One of our faces, opened by PDFium."""

    def __init__(self, name: str) -> None:
        program = content(name)
        self._program = (ctypes.c_ubyte * len(program)).from_buffer_copy(program)
        self._document = pypdfium2.PdfDocument.new()
        self._font: Any = pdfium.FPDFText_LoadFont(
            self._document, self._program, len(program), pdfium.FPDF_FONT_TRUETYPE, 1
        )
        self._none = glyph_outline(self._font, _NO_LETTER)

    def letter(self, text: str) -> _Code | None:
        """Return what a letter draws; None if the face lacks it."""
        letter, width = _LETTER_OF.get(text, text), ctypes.c_float()
        found = glyph_outline(self._font, ord(letter)) if len(letter) == 1 else ()
        if found in ((), self._none) or not pdfium.FPDFFont_GetGlyphWidth(self._font, ord(letter), 1000.0, width):
            return None
        return _Code(round(width.value), found)


def with_letters(written: bytes, reader: pypdf.PdfReader) -> tuple[bytes, set[str]]:
    """Return the document as PDFium wrote it, with fonts that lack letters rewritten, and the letters they got.

    `reader` is pypdf's of it. Raises LettersMissing.
    """
    bodies: dict[int, bytes] = {}
    lent: set[str] = set()
    free, work, face = int(access.number(reader.trailer["/Size"])), Work(), functools.cache(_Face)
    for number in [int(each) for each in _FONT.findall(written)][:_MOST_FONTS]:
        with contextlib.suppress(NotRebuildable, *access.BROKEN):
            font = access.dictionary(reader.get_object(number))
            if _may_lack(font):
                made = _rewritten(font, work, free, face, lent)
                bodies |= {number: made[0], **dict(enumerate(made[1:], free))} if made else {}
                free += len(made)
    return updated(written, reader, bodies), lent


def _may_lack(font: DictionaryObject) -> bool:
    """Whether it is a font that is not in the document, with codes of its own; PDFium has all of the usual ones."""
    descriptor = access.dictionary_in(font, "/FontDescriptor")
    is_plain = access.name_of(font.get("/Encoding")) is not None and "/ToUnicode" not in font
    return access.name_of(font.get("/Subtype")) in SIMPLE and not is_plain and descriptor.keys().isdisjoint(FILES)


def _rewritten(
    font: DictionaryObject, work: Work, free: int, face: Callable[[str], _Face], lent: set[str]
) -> list[bytes]:
    """Return the font's body, and those of the objects that it needs, numbered from `free` on; none if it needs none.

    None either if our face lacks a letter or a digit of it, or if only its text map tells of one: no viewer has to draw
    that, and what nobody sees must not become visible. Adds to the letters that were lent. Raises NotRebuildable, or
    LettersMissing: PDFium takes a width below zero for a very large one, which puts letters off the page.
    """
    has_widths = "/Widths" in font
    if has_widths and min(access.numbers(access.entry(font, "/Widths")), default=0) < 0:
        raise LettersMissing
    source = Font(font, work)
    letters, named = source.letters(_CODES)
    drawn = {code: _Code(*source.drawn(code)) for code in _CODES}
    missing = [code for code in _CODES if letters[code].strip() and not drawn[code].outline]
    if not any(letters[code].isalnum() for code in missing):
        return []
    name = str(access.entry(font, "/BaseFont"))
    ours = face(BOLD if "Bold" in name else REGULAR)
    for code in missing:
        said = drawn[code].advance
        own = ours.letter(letters[code]) if code in named else None
        if own is None and letters[code].isalnum():
            return []
        if own is not None:
            drawn[code] = _Code(said, _narrowed(own, said)) if has_widths else own
    own_codes = [code for code in missing if drawn[code].outline]
    lent.update(letters[code] for code in own_codes)
    program = write_cff.program([charstring(each.advance, each.outline) for each in drawn.values()])
    widths = b" ".join(b"%d" % each.advance for each in drawn.values())
    descendant = b"<<%s/CIDFontType0/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>" % _HEAD
    descendant += b"/DW 0/W[1[%s]]/FontDescriptor %s>>" % (widths, _DESCRIPTOR % free)
    texts = to_unicode({bytes((code,)): text for code, text in letters.items() if text})
    return [
        b"<<%s/Type0/Encoding %d 0 R/ToUnicode %d 0 R/DescendantFonts[%d 0 R]/Lent[%s]>>"
        % (_HEAD, free + 1, free + 2, free + 3, b" ".join(b"%d" % code for code in own_codes)),
        stream_body(program, b"/Subtype/CIDFontType0C"),
        stream_body(ONE_BYTE, b"/Type/CMap/CMapName/B"),
        stream_body(texts),
        descendant,
    ]


def _narrowed(own: _Code, advance: int) -> Outline:
    """Return the outline no wider than this advance asks for; as it is where that is less than any letter's."""
    by = min(1.0, advance / max(1, own.advance))
    if by < _NARROWEST:
        return own.outline
    return tuple(
        (segment[0], *(round(at * by) if number % 2 == 0 else at for number, at in enumerate(segment[1:])))
        for segment in own.outline
    )
