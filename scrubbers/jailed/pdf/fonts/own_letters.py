"""Which letters a font itself has for its codes, beside its text map (ToUnicode), which can say anything.

    simple fonts                    the names of their encoding or program, as PDFium reads them without the text map
    TrueType programs               the characters that the program's Unicode map ("cmap") has for a glyph; the encoding
                                    of a simple font counts only where it chooses glyphs by that map
    Chinese, Japanese, Korean sets  the characters of the set, or of the encoding

A font with none of these has no letters of its own: its codes are numbers that a writer gave to its glyphs.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pypdf.generic import DictionaryObject, NameObject, StreamObject

from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

EASTERN: Final = {"Japan1", "GB1", "CNS1", "Korea1", "KR"}
_UNICODE: Final = {(0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 6), (3, 1), (3, 10)}  # platform and encoding
_MOST_TABLES: Final = 64  # of a program, or maps in one; the others are not looked at
_MOST_CHARACTERS: Final = 100_000  # the largest fonts in use have 65,000
_LAST_CHARACTER: Final = 0x10FFFF  # of Unicode

Letters = Mapping[int, frozenset[str]]


class OwnLetters:
    """The letters of one font. A font that is broken has none."""

    def __init__(self, font: DictionaryObject) -> None:
        self._font = DictionaryObject({NameObject(key): font.raw_get(key) for key in font if key != "/ToUnicode"})
        self._is_read = self._is_of_glyphs = False
        # By glyph; None when there is no TrueType program.
        self._characters: Letters | None = None
        self._glyphs: bytes | None = None
        try:
            self._describe()
        except (NotRebuildable, struct.error, *access.BROKEN):
            self._is_read = self._is_of_glyphs = False

    def _describe(self) -> None:
        descendants = access.entry(self._font, "/DescendantFonts")
        described = self._font if descendants is None else access.dictionary(access.array(descendants)[0])
        encoding = access.entry(self._font, "/Encoding")
        ordering = access.entry(access.dictionary_in(described, "/CIDSystemInfo"), "/Ordering")
        if descendants is not None and (str(ordering) in EASTERN or str(encoding).startswith("/Uni")):
            self._is_read = True
            return
        descriptor = access.dictionary_in(described, "/FontDescriptor")
        program = access.entry(descriptor, "/FontFile2")
        if isinstance(program, StreamObject):
            self._characters = _by_glyph(program.get_data())
        if descendants is None:
            is_numbered = "/FontFile2" in descriptor or "/FontFile3" in descriptor
            self._is_read = (
                not is_numbered or encoding is not None or access.name_of(described.get("/Subtype")) != "/TrueType"
            )
        else:
            table = access.entry(described, "/CIDToGIDMap")
            self._glyphs = table.get_data() if isinstance(table, StreamObject) else None
            self._is_of_glyphs = self._characters is not None

    def of(self, codes: Sequence[int], read: Callable[[DictionaryObject], Mapping[int, str]]) -> Letters:
        """Return them for those of the codes that have any. `read`: what PDFium reads of the codes of such a font."""
        if self._is_read:
            found = {code: frozenset((text,)) for code, text in read(self._font).items() if text}
            if self._characters is None:
                return found
            alike = {letter: letters for letters in self._characters.values() for letter in letters}
            return {code: alike[text] for code, (text,) in found.items() if text in alike}
        if self._characters is None or not self._is_of_glyphs:
            return {}
        glyphs = ((code, self._glyph(code)) for code in codes)
        return {code: self._characters[glyph] for code, glyph in glyphs if glyph in self._characters}

    def codes(self) -> Sequence[int]:
        """Return the codes of two bytes that have any: none of a set, which has too many to ask for."""
        known = self._characters if self._is_of_glyphs and self._characters else {}
        if self._glyphs is None:
            return sorted(known)
        return [code for code in range(len(self._glyphs) // 2) if self._glyph(code) in known]

    def _glyph(self, code: int) -> int:
        return code if self._glyphs is None else int.from_bytes(self._glyphs[2 * code : 2 * code + 2], "big")


def _by_glyph(program: bytes) -> Letters:
    """Return the characters of each glyph by the program's Unicode maps; raises NotRebuildable or struct.error."""
    found: dict[int, set[str]] = {}
    for count, (character, glyph) in enumerate(_characters(program)):
        if count > _MOST_CHARACTERS:
            raise NotRebuildable
        if glyph and character <= _LAST_CHARACTER:
            found.setdefault(glyph, set()).add(chr(character))
    return {glyph: frozenset(letters) for glyph, letters in found.items()}


def _characters(program: bytes) -> Iterator[tuple[int, int]]:
    """Yield character and glyph, from each Unicode map of the program in format 4 or 12."""
    (tables,) = struct.unpack_from(">4xH", program)
    entries = (struct.unpack_from(">4s4xL4x", program, 12 + 16 * at) for at in range(min(tables, _MOST_TABLES)))
    start = next((at for tag, at in entries if tag == b"cmap"), None)
    if start is None:
        return
    (maps,) = struct.unpack_from(">2xH", program, start)
    for at in range(min(maps, _MOST_TABLES)):
        platform, encoding, offset = struct.unpack_from(">HHL", program, start + 4 + 8 * at)
        (kind,) = struct.unpack_from(">H", program, start + offset)
        if (platform, encoding) in _UNICODE and kind in _READERS:
            yield from _READERS[kind](program, start + offset)


def _runs(program: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Format 4: runs of characters up to U+FFFF."""
    (twice,) = struct.unpack_from(">6xH", program, at)
    count = twice // 2
    # Ends, beginnings, steps, offsets; after the ends stand two bytes.
    parts = [struct.unpack_from(f">{count}H", program, at + 14 + part * twice + 2 * bool(part)) for part in range(4)]
    for number, (end, first, step, offset) in enumerate(zip(*parts, strict=True)):
        for character in range(first, end + 1):
            glyph = character
            if offset:
                place = at + 16 + 3 * twice + 2 * number + offset + 2 * (character - first)
                glyph = int.from_bytes(program[place : place + 2], "big")
            yield character, (glyph + step) & 0xFFFF if glyph else 0


def _groups(program: bytes, at: int) -> Iterator[tuple[int, int]]:
    """Format 12: runs of any characters."""
    (count,) = struct.unpack_from(">12xL", program, at)
    for number in range(count):
        first, end, glyph = struct.unpack_from(">3L", program, at + 16 + 12 * number)
        yield from ((character, glyph + character - first) for character in range(first, end + 1))


_READERS: Final = {4: _runs, 12: _groups}
