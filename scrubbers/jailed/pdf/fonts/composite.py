"""Composite fonts (Type 0: codes of one to four bytes, glyphs by CID) rebuilt.

The codes stay as they are in the pages. Identity stays Identity; an encoding that the document brings along is written
again for the codes in use. What predefined encodings mean is in no table here, so only those with two bytes a code are
understood, and only for fonts that are not in the document and have one width.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

from pypdf.generic import DictionaryObject, NameObject, StreamObject

from scrubbers.jailed.pdf.fonts import cmap
from scrubbers.jailed.pdf.fonts.blank import Blanks
from scrubbers.jailed.pdf.fonts.cid_widths import CidWidths
from scrubbers.jailed.pdf.fonts.descriptor import NONSYMBOLIC, SYMBOLIC, descriptor, stand_in
from scrubbers.jailed.pdf.fonts.programs import write_truetype
from scrubbers.jailed.pdf.fonts.programs.glyf import Glyph
from scrubbers.jailed.pdf.fonts.programs.program import Cubic, Program, Quadratic, program_in
from scrubbers.jailed.pdf.fonts.programs.write_cff import cid_program
from scrubbers.jailed.pdf.fonts.simple import said_texts, text_map
from scrubbers.jailed.pdf.fonts.standard14 import is_italic
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, NotRebuildable, Stream, Value

_IDENTITY: Final = re.compile(r"/Identity-(H|V)")
_TWO_BYTES: Final = re.compile(r"/Uni[A-Za-z]{2,4}-(?:UCS2|UTF16)-(H|V)")
_ORDERINGS: Final = (b"Identity", b"Japan1", b"GB1", b"CNS1", b"Korea1")
_MOST_SUPPLEMENT: Final = 9
_LONGEST_CODE: Final = 4


class CompositeFont:
    """A Type 0 font of the source."""

    def __init__(self, untrusted: DictionaryObject, number: int) -> None:
        self._name = b"F%d" % number
        (descendant,) = access.array(access.entry(untrusted, "/DescendantFonts"))
        self._descendant = access.dictionary(descendant)
        self._descriptor = access.dictionary_in(self._descendant, "/FontDescriptor")
        self._base_font = (access.name_of(self._descendant.get("/BaseFont")) or "/")[1:]
        self._quadratic = access.name_of(self._descendant.get("/Subtype")) == "/CIDFontType2"
        self._texts = text_map(untrusted)
        self._program = program_in(self._descriptor)
        self._encoding_name: str | None = None
        self._encoding = cmap.SourceCMap()
        self.vertical = False
        self._read_encoding(access.entry(untrusted, "/Encoding"))
        self._spaces = self._encoding.spaces or [(b"\0\0", b"\xff\xff")]
        self._widths = CidWidths(self._descendant)
        if self._encoding_name is not None and not _IDENTITY.fullmatch(self._encoding_name):
            self._widths.require_one()
        self._map = self._read_map()
        self._demanded: set[bytes] = set()
        self._blanks = Blanks()

    def _read_encoding(self, said: object) -> None:
        if isinstance(said, StreamObject):
            self._encoding = cmap.read(said.get_data())
            uses = self._encoding.uses or access.name_of(said.get("/UseCMap"))
            if uses is not None or access.entry(said, "/UseCMap") is not None or not self._encoding.spaces:
                raise NotRebuildable
            mode = access.entry(said, "/WMode")
            self.vertical = self._encoding.vertical or (mode is not None and access.number(mode) == 1)
            return
        if not isinstance(said, NameObject):
            raise NotRebuildable
        found = _IDENTITY.fullmatch(said)
        if found is None:
            found = _TWO_BYTES.fullmatch(said)
            if found is None or self._program is not None:
                raise NotRebuildable
        self._encoding_name = str(said)
        self.vertical = found[1] == "V"

    def _read_map(self) -> bytes | None:
        """From CIDs to glyphs, two bytes each; None if they are the same."""
        said = access.entry(self._descendant, "/CIDToGIDMap")
        return said.get_data() if isinstance(said, StreamObject) and self._quadratic else None

    def codes(self, shown: bytes) -> list[bytes]:
        found = self._cut(shown)
        for code in [code for code in dict.fromkeys(found) if code not in self._demanded]:
            if self._program is not None:
                glyph = self._glyph(self._cid(code), self._program)
                self._program.demand(glyph)
                if self._program.is_blank(glyph):
                    self._blanks.add(code, self._texts.text(int.from_bytes(code, "big")))
            self._demanded.add(code)
        return found

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
        return self._blanks.undrawn

    def _cut(self, shown: bytes) -> list[bytes]:
        if self._spaces == [(b"\0\0", b"\xff\xff")]:
            if len(shown) % 2:
                raise NotRebuildable
            return [shown[at : at + 2] for at in range(0, len(shown), 2)]
        found, position = [], 0
        while position < len(shown):
            for length in range(1, _LONGEST_CODE + 1):
                code = shown[position : position + length]
                if len(code) == length and any(_within(code, low, high) for low, high in self._spaces):
                    break
            else:
                raise NotRebuildable
            found.append(code)
            position += len(code)
        return found

    def _spaces_of(self, codes: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
        """Return the spaces that these codes are in, no wider than they are."""
        found = []
        for low, high in self._spaces:
            inside = [code for code in codes if _within(code, low, high)]
            if inside:
                columns = list(zip(*inside, strict=True))
                found.append((bytes(map(min, columns)), bytes(map(max, columns))))
        return found

    def _cid(self, code: bytes) -> int:
        if self._encoding_name is None:
            return self._encoding.cid(int.from_bytes(code, "big"))
        return int.from_bytes(code, "big")

    def advance(self, code: bytes) -> float:
        cid = self._cid(code)
        return self._widths.down(cid) if self.vertical else self._widths.across(cid)

    def _glyph(self, cid: int, program: Program) -> int:
        if self._map is not None:
            return int.from_bytes(self._map[2 * cid : 2 * cid + 2], "big")
        if isinstance(program, Cubic) and program.program.keyed_by_cid and not self._quadratic:
            return program.program.by_cid.get(cid, 0)
        return cid

    def build(self, used: Collection[bytes]) -> Value:
        codes = sorted(set(used))
        cids = {code: self._cid(code) for code in codes}
        encoding: Value
        if self._encoding_name is not None:
            encoding = Name(self._encoding_name[1:].encode())
        else:
            data = cmap.to_cids(cids, self._spaces_of(codes), vertical=self.vertical)
            encoding = Node(
                Stream({b"Type": Name(b"CMap"), b"CMapName": Name(b"K"), b"WMode": int(self.vertical)}, data)
            )
        texts = {code: self._text(code, cid) for code, cid in cids.items()}
        return {
            b"Type": Name(b"Font"),
            b"Subtype": Name(b"Type0"),
            b"BaseFont": Name(self._name),
            b"Encoding": encoding,
            b"DescendantFonts": [Node(self._build_descendant(sorted(set(cids.values()))))],
            **said_texts(texts),
        }

    def _text(self, code: bytes, cid: int) -> str:
        """Return the code's text; what nobody sees says nothing, whatever the document calls it."""
        text = self._texts.text(int.from_bytes(code, "big"))
        if text.isspace() or self._program is None:
            return text
        return "" if self._program.is_blank(self._glyph(cid, self._program)) else text

    def _build_descendant(self, cids: Sequence[int]) -> Value:
        program = self._program
        quadratic = isinstance(program, Quadratic) or (program is None and self._quadratic)
        said_program, said_map, described = None, None, NONSYMBOLIC
        if program is not None:
            glyphs = {cid: self._glyph(cid, program) for cid in cids}
            described = SYMBOLIC
            if isinstance(program, Quadratic):
                stream, said_map = _truetype(program, glyphs)
                said_program = (b"FontFile2", stream)
            else:
                said_program = (b"FontFile3", _cff(program, glyphs))
        made = (
            stand_in(self._descriptor, self._name, italic=is_italic(self._base_font))
            if program is None
            else descriptor(self._descriptor, self._name, described, said_program)
        )
        entries: dict[bytes, Value] = {
            b"Type": Name(b"Font"),
            b"Subtype": Name(b"CIDFontType2" if quadratic else b"CIDFontType0"),
            b"BaseFont": Name(self._name),
            b"CIDSystemInfo": self._collection(embedded=program is not None),
            b"FontDescriptor": made,
            **self._widths.said(cids, vertical=self.vertical),
        }
        if said_map is not None:
            entries[b"CIDToGIDMap"] = Node(Stream({}, said_map))
        elif quadratic:
            entries[b"CIDToGIDMap"] = Name(b"Identity")
        return entries

    def _collection(self, *, embedded: bool) -> Value:
        """Whose CIDs they are: it matters only for fonts that are not in the document."""
        ordering, supplement = b"Identity", 0
        said = access.dictionary_in(self._descendant, "/CIDSystemInfo")
        if not embedded and "/Ordering" in said:
            ordering = access.string(said.get("/Ordering"))
            if ordering not in _ORDERINGS:
                ordering = b"Identity"
            supplement = access.whole(access.entry(said, "/Supplement"), 0, _MOST_SUPPLEMENT)
        return {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(ordering), b"Supplement": supplement}


def _within(code: bytes, low: bytes, high: bytes) -> bool:
    return len(code) == len(low) and all(
        least <= byte <= most for byte, least, most in zip(code, low, high, strict=True)
    )


def _truetype(program: Quadratic, glyphs: dict[int, int]) -> tuple[Stream, bytes]:
    """Return the program, and the map from CIDs to its glyphs."""
    drawn = sorted({glyph for glyph in glyphs.values() if glyph})
    places = {glyph: place for place, glyph in enumerate(drawn, 1)}
    outlines = program.outlines
    missing = any(not glyph for glyph in glyphs.values())
    first = outlines.glyph(0) if missing else Glyph()
    data = write_truetype.program(
        [first, *(outlines.glyph(glyph) for glyph in drawn)], outlines.units, outlines.flags, None
    )
    said = bytearray(2 * (max(glyphs, default=0) + 1))
    for cid, glyph in glyphs.items():
        said[2 * cid : 2 * cid + 2] = places.get(glyph, 0).to_bytes(2, "big")
    return Stream({b"Length1": len(data)}, data), bytes(said)


def _cff(program: Cubic, glyphs: dict[int, int]) -> Stream:
    source = program.program
    drawn = [(cid, source.outline(glyph)) for cid, glyph in sorted(glyphs.items()) if cid and 0 < glyph < source.count]
    missing = len(drawn) < len(glyphs)
    data = cid_program(drawn, source.matrix, source.outline(0) if missing else None)
    return Stream({b"Subtype": Name(b"CIDFontType0C")}, data)
