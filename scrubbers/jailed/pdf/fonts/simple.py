"""Simple fonts (a byte a code) rebuilt: Type 1 and TrueType, in the document or not."""

import functools
from collections.abc import Collection, Sequence
from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.fonts import cmap
from scrubbers.jailed.pdf.fonts.blank import Blanks
from scrubbers.jailed.pdf.fonts.descriptor import SYMBOLIC, descriptor, flags_of, measure, stand_in
from scrubbers.jailed.pdf.fonts.encoding import NamedCodes, TableCodes
from scrubbers.jailed.pdf.fonts.glyph_names import BY_NAME, Encoding, known_name, one_letter, text_of
from scrubbers.jailed.pdf.fonts.programs import write_truetype
from scrubbers.jailed.pdf.fonts.programs.glyf import Glyph
from scrubbers.jailed.pdf.fonts.programs.program import Cubic, Program, Quadratic, program_in
from scrubbers.jailed.pdf.fonts.programs.write_cff import named_program
from scrubbers.jailed.pdf.fonts.standard14 import (
    DINGBATS,
    SYMBOL,
    is_italic,
    standard_name,
    standard_width,
    symbol_width,
)
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value

_CODES: Final = 256
_ENCODING_NAMES: Final = ("/WinAnsiEncoding", "/MacRomanEncoding", "/StandardEncoding")


class SimpleFont:
    """A Type 1 or TrueType font of the source."""

    vertical: Final = False

    def __init__(self, untrusted: DictionaryObject, number: int) -> None:
        self._name = b"F%d" % number
        self._base_font = (access.name_of(untrusted.get("/BaseFont")) or "/")[1:]
        self._descriptor = access.dictionary_in(untrusted, "/FontDescriptor")
        self._subtype = access.name_of(untrusted.get("/Subtype"))
        self._encoding = Encoding(untrusted)
        self._texts = text_map(untrusted)
        self._widths, first = widths(untrusted)
        missing = access.entry(self._descriptor, "/MissingWidth")
        self._missing = measure(missing) if missing is not None else 0
        self._program = program_in(self._descriptor)
        self._codes = self._found_codes(first)
        self._demanded: set[int] = set()
        self._blanks = Blanks()

    def _found_codes(self, first: int) -> NamedCodes | TableCodes | None:
        flags, program = flags_of(self._descriptor), self._program
        if isinstance(program, Quadratic):
            names = program.tables.by_name
            return TableCodes(program.tables, names, self._encoding, flags, first=first, said=self._texts.text)
        if isinstance(program, Cubic):
            if program.program.keyed_by_cid:
                raise NotRebuildable
            if program.tables is not None and self._subtype == "/TrueType":
                names = program.program.by_name
                return TableCodes(program.tables, names, self._encoding, flags, first=first, said=self._texts.text)
            return NamedCodes(program.program, self._encoding, flags)
        return None

    def codes(self, shown: bytes) -> list[bytes]:
        for code in [code for code in dict.fromkeys(shown) if code not in self._demanded]:
            glyph = self._glyph(code)
            if self._program is not None:
                if glyph is not None:
                    self._program.demand(glyph)
                if self._is_blank(glyph, self._program):
                    self._blanks.add(bytes((code,)), self._text(code))
            elif self._encoding.name(code, BY_NAME["/StandardEncoding"]) == "space":
                self._blanks.all.add(bytes((code,)))
            self._demanded.add(code)
        return [shown[at : at + 1] for at in range(len(shown))]

    def advance(self, code: bytes) -> float:
        number = code[0]
        if number in self._widths:
            return self._widths[number]
        if self._widths:
            return self._missing
        if self._program is not None:
            return self._program.width(self._glyph(number) or 0)
        standard = standard_name(self._base_font)
        width = self._standard_width(standard, number) if standard else None
        if width is None:
            raise NotRebuildable
        return width

    def _standard_width(self, standard: str, code: int) -> float | None:
        if bytes((code,)) in self._without_glyph:
            return standard_width(standard, "space")
        if standard == SYMBOL and code not in self._encoding.differences:
            return symbol_width(code)
        return standard_width(standard, self._encoding.name(code, BY_NAME["/StandardEncoding"]))

    @property
    def says_more(self) -> bool:
        return self._texts.says_more

    @property
    def blanks(self) -> Collection[bytes]:
        """Codes, of those that were cut out so far, that draw nothing."""
        return self._blanks.all

    @property
    def undrawn(self) -> Collection[bytes]:
        """Codes, of those that were cut out so far, that draw nothing and are no spaces."""
        return self._blanks.undrawn if self._program is not None else self._without_glyph

    @functools.cached_property
    def _without_glyph(self) -> frozenset[bytes]:
        """Codes for which one of the fourteen fonts, outside the document, has no glyph, as for tabs and line ends."""
        standard = standard_name(self._base_font)
        if self._program is not None or standard in {None, DINGBATS}:
            return frozenset()
        base = BY_NAME["/StandardEncoding"]
        codes = {bytes((code,)) for code in range(_CODES) if code not in self._encoding.differences}
        if standard == SYMBOL:
            return frozenset(code for code in codes if symbol_width(code[0]) is None)
        return frozenset(code for code in codes if self._encoding.name(code[0], base) is None)

    def _glyph(self, code: int) -> int | None:
        return self._codes.glyph(code) if self._codes is not None else None

    def build(self, used: Collection[bytes]) -> Value:
        codes = sorted({code[0] for code in used})
        program = self._program
        if program is None:
            return self._not_embedded(codes)
        return self._embedded(codes, program)

    # Fonts that are in the document

    def _embedded(self, codes: Sequence[int], program: Program) -> Value:
        glyphs = {code: self._glyph(code) for code in codes}
        drawn = sorted({glyph for glyph in glyphs.values() if glyph})
        places = {glyph: place for place, glyph in enumerate(drawn, 1)}
        placed = {code: places[glyph] for code, glyph in glyphs.items() if glyph}
        notdef = any(glyph == 0 for glyph in glyphs.values())
        quadratic = isinstance(program, Quadratic)
        stream = (
            _truetype(program, drawn, notdef, placed)
            if isinstance(program, Quadratic)
            else _type1(program, drawn, notdef)
        )
        entries: dict[bytes, Value] = {
            b"Type": Name(b"Font"),
            b"Subtype": Name(b"TrueType" if quadratic else b"Type1"),
            b"BaseFont": Name(self._name),
            **self._said_widths(codes),
            b"FontDescriptor": descriptor(
                self._descriptor, self._name, SYMBOLIC, (b"FontFile2" if quadratic else b"FontFile3", stream)
            ),
        }
        if not quadratic and placed:
            names = {code: b"g%d" % place for code, place in placed.items()}
            entries[b"Encoding"] = {b"Type": Name(b"Encoding"), b"Differences": differences(names)}
        # What nobody sees says nothing, whatever the document calls it.
        blank = {code for code in codes if self._is_blank(glyphs[code], program)}
        texts = {bytes((code,)): text for code in codes if (text := self._text(code)).isspace() or code not in blank}
        return {**entries, **said_texts(texts)}

    @staticmethod
    def _is_blank(glyph: int | None, program: Program) -> bool:
        return glyph is None or program.is_blank(glyph)

    def _text(self, code: int) -> str:
        return self._texts.text(code) or (self._codes.text(code) if self._codes is not None else "")

    def _said_widths(self, codes: Sequence[int]) -> dict[bytes, Value]:
        return said_widths({code: self.advance(bytes((code,))) for code in codes})

    # Fonts that are not

    def _not_embedded(self, codes: Sequence[int]) -> Value:
        standard = standard_name(self._base_font)
        entries: dict[bytes, Value] = {b"Type": Name(b"Font")}
        if standard is not None:
            entries |= {b"Subtype": Name(b"Type1"), b"BaseFont": Name(standard.encode())}
        else:
            subtype = b"TrueType" if self._subtype == "/TrueType" else b"Type1"
            entries |= {b"Subtype": Name(subtype), b"BaseFont": Name(self._name)}
        if self._widths:
            entries |= self._said_widths(codes)
        if standard is None:
            entries[b"FontDescriptor"] = stand_in(self._descriptor, self._name, italic=is_italic(self._base_font))
        encoding = self._said_encoding(codes, dingbats=standard == DINGBATS)
        if encoding is not None and (standard not in {SYMBOL, DINGBATS} or self._encoding.differences):
            entries[b"Encoding"] = encoding
        names = {code: self._encoding.name(code, BY_NAME["/StandardEncoding"]) for code in codes}
        spaces = {code for code in codes if standard not in {SYMBOL, DINGBATS} and text_of(names[code]).isspace()}
        texts = {
            bytes((code,)): text for code in codes if (text := self._texts.text(code)).isspace() or code not in spaces
        }
        return {**entries, **said_texts(texts)}

    def _said_encoding(self, codes: Sequence[int], *, dingbats: bool) -> Value:
        base = next((name for name in _ENCODING_NAMES if self._encoding.base is BY_NAME[name]), None)
        names = {
            code: self._encoding.differences[code].encode()
            for code in codes
            if known_name(self._encoding.differences.get(code, ""), dingbats=dingbats)
        }
        base_name = Name(base[1:].encode()) if base is not None else None
        if not names:
            return base_name
        said: dict[bytes, Value] = {b"Type": Name(b"Encoding")}
        if base_name is not None:
            said[b"BaseEncoding"] = base_name
        return {**said, b"Differences": differences(names)}


def _truetype(program: Quadratic, drawn: Sequence[int], notdef: bool, placed: dict[int, int]) -> Stream:
    outlines = program.outlines
    glyphs = [outlines.glyph(0) if notdef else Glyph(), *(outlines.glyph(glyph) for glyph in drawn)]
    data = write_truetype.program(glyphs, outlines.units, outlines.flags, placed)
    return Stream({b"Length1": len(data)}, data)


def _type1(program: Cubic, drawn: Sequence[int], notdef: bool) -> Stream:
    source = program.program
    glyphs = [(f"g{place}", source.outline(glyph)) for place, glyph in enumerate(drawn, 1)]
    data = named_program(glyphs, source.matrix, source.outline(0) if notdef else None)
    return Stream({b"Subtype": Name(b"Type1C")}, data)


def widths(untrusted: DictionaryObject) -> tuple[dict[int, float], int]:
    """Widths by code, and the first code."""
    first = access.entry(untrusted, "/FirstChar")
    start = access.whole(first, 0, _CODES - 1) if first is not None else 0
    said = access.entry(untrusted, "/Widths")
    if not isinstance(said, ArrayObject):
        return {}, start
    values = access.array(said)[: _CODES - start]
    return {code: measure(value) if value is not None else 0 for code, value in enumerate(values, start)}, start


def said_widths(by_code: dict[int, float]) -> dict[bytes, Value]:
    """FirstChar, LastChar and Widths: 0 for codes that are not in use."""
    if not by_code:
        return {}
    first, last = min(by_code), max(by_code)
    return {
        b"FirstChar": first,
        b"LastChar": last,
        b"Widths": [by_code.get(code, 0) for code in range(first, last + 1)],
    }


def differences(names: dict[int, bytes]) -> list[Value]:
    """Return the array of codes and names; a code is said where the row breaks."""
    said: list[Value] = []
    expected = -1
    for code, name in sorted(names.items()):
        if code != expected:
            said.append(code)
        said.append(Name(name))
        expected = code + 1
    return said


def text_map(untrusted: DictionaryObject) -> cmap.SourceCMap:
    """Return what the source says of the text of codes. A broken map is none: the glyphs are drawn all the same."""
    found = access.entry(untrusted, "/ToUnicode")
    if not isinstance(found, StreamObject):
        return cmap.SourceCMap()
    try:
        return cmap.read(found.get_data())
    except (NotRebuildable, *access.BROKEN):
        return cmap.SourceCMap()


def said_texts(texts: dict[bytes, str]) -> dict[bytes, Value]:
    """ToUnicode, if any code has a text: what a glyph's name means, too, is one letter."""
    kept = {code: one_letter(text) for code, text in texts.items() if text}
    return {b"ToUnicode": Node(Stream({}, cmap.to_unicode(kept)))} if kept else {}
