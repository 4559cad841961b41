"""Fonts of the source, rebuilt with what the shown codes need and nothing else.

1 the dictionary is read: encoding, widths, text map, descriptor, program     (SourceFont, once)
2 a shown string is cut into codes; each new code's outline is read           (codes)
3 a new dictionary and a new program are made for the codes that stay         (build, as often as asked)
What cannot be understood raises NotRebuildable at any of these; nothing else is raised.

Programs are written by us from outlines: points and curves in units of the font. No hint, bytecode, subroutine, name,
date, notice or table of the source is in them, and no glyph that no code in use reaches.

New dictionaries, keys in this order (F<n>: the font's neutral name; *: not always there):

in the document, bytes as codes
    Type Font, Subtype TrueType, BaseFont F<n>, FirstChar, LastChar, Widths (0 for codes not in use), FontDescriptor,
      ToUnicode*. The program (FontFile2, Length1) maps exactly the used codes that have a glyph, by (1, 0) and by
      (3, 0) from F000 on; glyphs are numbered without gaps in the order of the source.
    Type Font, Subtype Type1, BaseFont, FirstChar, LastChar, Widths, FontDescriptor, Encoding* {Type Encoding,
      Differences [code /g1 …]}, ToUnicode*. The program is FontFile3, Subtype Type1C; its glyphs are .notdef, g1, g2 …
not in the document
    Type, Subtype Type1, BaseFont one of the fourteen, FirstChar*, LastChar*, Widths*, Encoding* (WinAnsiEncoding |
      MacRomanEncoding | StandardEncoding | {Type Encoding, BaseEncoding*, Differences: known names only}), ToUnicode*
    the same with Subtype Type1 | TrueType, BaseFont F<n> and a FontDescriptor without program before Encoding
composite
    Type, Subtype Type0, BaseFont F<n>, Encoding (Identity-H | Identity-V | Uni…-UCS2|UTF16-H|V for fonts not in the
      document | stream {Type CMap, CMapName K, WMode 0|1}), DescendantFonts [one node], ToUnicode*
    the descendant: Type, Subtype CIDFontType2 | CIDFontType0, BaseFont F<n>, CIDSystemInfo {Registry <Adobe>, Ordering,
      Supplement} (Adobe Identity 0 if in the document), FontDescriptor, DW, W*, DW2* and W2* (vertical ones),
      CIDToGIDMap (CIDFontType2: a stream if in the document, else Identity). Programs: FontFile2; FontFile3, Subtype
      CIDFontType0C, keyed by CIDs.
descriptor
    Type, FontName F<n>, Flags (of 1 2 8 64, and 4 or 32), FontBBox*, ItalicAngle*, Ascent*, Descent*, CapHeight*,
      XHeight*, StemV* (whole numbers all), FontFile2 | FontFile3

CMaps: see `pdf_cmap`. Modules of fontTools that are used (tables of names only) are imported with these.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TypeAlias

from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.fonts.composite import CompositeFont
from scrubbers.jailed.pdf.fonts.simple import SimpleFont
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, Value

_Kind: TypeAlias = "SimpleFont | CompositeFont"


class SourceFont:
    """One font of the source, read once. Raises NotRebuildable when it cannot be understood.

    `number` makes its neutral name. Fonts whose glyphs are drawn as pages are (Type 3) are not understood.
    """

    def __init__(self, untrusted: DictionaryObject, number: int) -> None:
        with _understanding():
            self._font = _read(untrusted, number)
        self.vertical = self._font.vertical

    @property
    def says_more(self) -> bool:
        """Whether its text map gave a glyph more letters than one may show."""
        return self._font.says_more

    @property
    def blanks(self) -> Collection[bytes]:
        """Codes that draw nothing, spaces among them."""
        return self._font.blanks

    @property
    def undrawn(self) -> Collection[bytes]:
        """Codes that move the pen and draw nothing, though they are no spaces."""
        return self._font.undrawn

    def codes(self, shown: bytes) -> list[bytes]:
        """Return a shown string cut into codes."""
        with _understanding():
            return self._font.codes(shown)

    def advance(self, code: bytes) -> float:
        """How far the pen goes after a code (across, or up in a vertical font), in thousandths of text space."""
        with _understanding():
            return self._font.advance(code)

    def build(self, used: Collection[bytes]) -> Value:
        """Return the new font dictionary, with what these codes need."""
        with _understanding():
            return self._font.build(used)


def _read(untrusted: DictionaryObject, number: int) -> _Kind:
    match access.name_of(untrusted.get("/Subtype")):
        case "/Type0":
            return CompositeFont(untrusted, number)
        case "/Type1" | "/TrueType" | "/MMType1":
            return SimpleFont(untrusted, number)
        case _:
            raise NotRebuildable


@contextmanager
def _understanding() -> Iterator[None]:
    """Whatever malformed bytes raise is NotRebuildable."""
    try:
        yield
    except access.BROKEN:
        raise NotRebuildable from None
