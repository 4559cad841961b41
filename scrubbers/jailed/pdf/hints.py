"""TrueType fonts of the source without their hints: PDFium draws their letters as the new document will have them.

Hints are a font's own programs, which move the edges of its letters (OpenType, "The TrueType instruction set"). The new
document has none. With them every line of the source would be drawn a little otherwise, and a comparison that lets that
pass lets pale text pass. So each font gets a program that says to run none, unless its letters look otherwise then.
"""

import contextlib
import math
import re
import struct
import zlib
from collections import Counter
from collections.abc import Sequence
from typing import Final

import pypdf
import pypdfium2
from PIL import Image

from scrubbers.jailed.pdf.renderer import drawn
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.source_copy import document_of_letters
from scrubbers.jailed.pdf.syntax.update import stream_body, updated
from scrubbers.jailed.pdf.visibility.visual_diff import differing

# As PDFium writes them: a descriptor, with nothing but plain values before what it refers to; and a program.
_DESCRIPTOR: Final = re.compile(
    rb"\n([1-9]\d*) 0 obj\r\n<<(?:[^][<>()]|\[[-\d. ]*\]|\([^()]*\)|<[\dA-Fa-f]*>){0,2000}?/FontFile2 ([1-9]\d*) 0 R"
)
_STREAM: Final = re.compile(rb"\d+ 0 obj\r\n<</Filter/FlateDecode/Length (\d+)(?:/Length1 \d+)?>>stream\r\n")
# Of a document, bytes of a program, glyphs in it: what is beyond keeps its hints.
_MOST_FONTS, _MOST_BYTES, _MOST_LETTERS = 40, 2 * 2**20, 1000
_TABLE: Final = struct.Struct(">4sIII")  # tag, checksum, place, length
_NO_HINTS: Final = b"\xb1\1\1\x8e"  # PUSHB[1] 1 1, INSTCTRL: the programs of letters are not run
_OF_HINTS: Final = (b"prep", b"fpgm", b"cvt ", b"gasp", b"hdmx", b"VDMX", b"LTSH")  # the first makes room for it
_SIZE, _CELL = 12, 18  # points: at this size hints change less than a comma, of 264 of 266 faces


def without_hints(rewritten: bytes, reader: pypdf.PdfReader) -> bytes:
    """Return the document as PDFium wrote it, with hints only where they matter; `reader` is pypdf's of the same."""
    listed, bodies = rewritten[int(rewritten.rpartition(b"startxref")[2].split()[0]) :], {}
    for number in _programs(rewritten):
        at = reader.xref.get(0, {}).get(number, -1)  # also of what PDFium's own table has not
        plain = _plain(rewritten, at) if b"%010d 00000 n" % at in listed else None
        if plain is not None:
            bodies[number] = stream_body(plain)
    return updated(rewritten, reader, bodies)


def _programs(rewritten: bytes) -> list[int]:
    """Return the numbers of what is a font's program and nothing else: PDFium has a space before each reference."""
    some, uses = _DESCRIPTOR.findall(rewritten)[:_MOST_FONTS], rewritten.count
    own = (each for each in some if uses(b" %s 0 R" % each[0]) == uses(b"/FontDescriptor %s 0 R" % each[0]))
    found = Counter(int(program) for _, program in own)
    return sorted(number for number, count in found.items() if uses(b" %d 0 R" % number) == count)


def _plain(rewritten: bytes, at: int) -> bytes | None:
    """Return the font program that stands here without its hints; None if none are known, or if it needs them."""
    try:
        stream = _STREAM.match(rewritten, at)
        stored = b"" if stream is None else rewritten[stream.end() : stream.end() + int(stream[1])]
        program = zlib.decompressobj().decompress(stored, _MOST_BYTES + 1)
        kind, count = struct.unpack_from(">4sH", program)
        tables = {program[at : at + 4]: at for at in range(12, 12 + count * _TABLE.size, _TABLE.size)}
        room = next((tables[tag] for tag in _OF_HINTS if tag in tables), None)
        letters = _letters(program, {tag: _TABLE.unpack_from(program, at)[2] for tag, at in tables.items()})
        reach = max(sum(_TABLE.unpack_from(program, at)[2:]) for at in tables.values())
        is_usual = kind in (b"\0\1\0\0", b"true") and len(tables) == count and reach <= len(program) <= _MOST_BYTES
        if not is_usual or room is None or not 0 < len(letters) <= _MOST_LETTERS:
            return None
        made = _TABLE.pack(b"prep", 0, len(program), len(_NO_HINTS))
        plain = program[:room] + made + program[room + len(made) :] + _NO_HINTS
        return None if differing(_drawn(program, letters), _drawn(plain, letters), nearby=True) else plain
    except (*access.BROKEN, pypdfium2.PdfiumError):
        return None


def _letters(program: bytes, places: dict[bytes, int]) -> Sequence[int]:
    """Return the numbers of the glyphs that are not empty."""
    (count,) = struct.unpack_from(">H", program, places[b"maxp"] + 4)
    (is_long,) = struct.unpack_from(">H", program, places[b"head"] + 50)
    outlines = struct.unpack_from(f">{count + 1}{'I' if is_long else 'H'}", program, places[b"loca"])
    return [number for number in range(count) if outlines[number] != outlines[number + 1]]


def _drawn(program: bytes, letters: Sequence[int]) -> Image.Image:
    """Draw these glyphs of a font, in a square."""
    side = math.ceil(math.sqrt(len(letters)))
    rows = [letters[at : at + side] for at in range(0, len(letters), side)]
    shown = b"".join([b"<%s> Tj T*\n" % struct.pack(f">{len(row)}H", *row).hex().encode() for row in rows])
    size = side * _CELL
    contents = b"BT /F %d Tf %d Tc %d TL 0 %d Td\n%sET" % (_SIZE, _CELL, _CELL, size - _SIZE, shown)
    document = pypdfium2.PdfDocument(document_of_letters(program, contents, (size, size)))
    with contextlib.closing(document), contextlib.closing(document[0]) as page:
        return drawn(page, (size, size))
