"""Reads the text map (ToUnicode) of a rebuilt PDF: from codes of two bytes to text.

The map lines are picked out, and the whole CMap is written again from nothing but them: the two must be the same, byte
for byte. So between the lines there is nothing, and codes stand in order and once. Text is what one glyph can mean: one
character that can be seen, or the letters of a ligature.
"""

import codecs
import itertools
import re
import unicodedata
from typing import Final

from second_reader.pdf.values import demand

_LINE: Final = re.compile(rb"^<([0-9a-f]{4})> <((?:[0-9a-f]{4}){1,6})>$", re.MULTILINE)
_LINES_IN_BLOCK: Final = 100
_LONGEST_LIGATURE: Final = 3
# Letters and marks that are joined in one: of all scripts but the eastern ones, and the forms that are there for print.
_LIGATURES: Final = {"ct", "fft", "fj", "ft", "sp", "Th", "ti", "tt", "tti"} | {
    joined
    for first, end in ((0xC0, 0x3000), (0xF900, 0xFF00))
    for code in range(first, end)
    if unicodedata.category(chr(code)) in ("Lu", "Ll", "Lt", "Lo")
    and 1 < len(joined := unicodedata.normalize("NFKC", chr(code))) <= _LONGEST_LIGATURE
    and {unicodedata.category(part)[0] for part in joined} <= {"L", "M"}
}
# Not controls, joiners, private or unassigned characters, nor separators.
_SEEN: Final = frozenset("LMNPS")


def read_to_unicode(untrusted: bytes) -> dict[int, str]:
    """Return the text of each code; raises Unaccounted."""
    found = _LINE.findall(untrusted.partition(b"endcodespacerange\n")[2])
    lines = [b"<%s> <%s>" % each for each in found]
    parts = [b"/CIDInit /ProcSet findresource begin", b"12 dict begin", b"begincmap", b"/CMapName /K def"]
    parts += [b"/CMapType 2 def", b"1 begincodespacerange", b"<0000> <ffff>", b"endcodespacerange"]
    for start in range(0, len(lines), _LINES_IN_BLOCK):
        block = lines[start : start + _LINES_IN_BLOCK]
        parts += [b"%d beginbfchar" % len(block), *block, b"endbfchar"]
    parts += [b"endcmap", b"CMapName currentdict /CMap defineresource pop", b"end", b"end", b""]
    demand(untrusted == b"\n".join(parts), "a CMap's frame")
    codes = [int(code, 16) for code, _ in found]
    demand(all(first < then for first, then in itertools.pairwise([0, *codes])), "codes in order")
    texts = [_text(bytes.fromhex(text.decode())) for _, text in found]
    demand(all(text == " " or _is_of_a_glyph(text) for text in texts), "a glyph's text")
    return dict(zip(codes, texts, strict=True))


def _text(units: bytes) -> str:
    # Not `decode`: it would look for the codec's module, and in the jail no file can be opened.
    return codecs.utf_16_be_decode(units, "strict", True)[0]


def _is_of_a_glyph(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text)
    if len(text) > 1:
        return text == plain and text in _LIGATURES
    # What Unicode would take apart further, as a half, stays one character; a ligature becomes its letters.
    is_plain = plain == text or (len(plain) > 1 and plain not in _LIGATURES)
    return is_plain and unicodedata.category(text)[0] in _SEEN
