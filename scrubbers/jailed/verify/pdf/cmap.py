"""Reads the CMaps of a rebuilt PDF: from codes to text (ToUnicode), from codes to CIDs (Encoding).

The map lines are picked out, and the whole CMap is said again from nothing but them: the two must be the same, byte for
byte. So between the lines there is nothing, and codes stand in order and once. Text is what one glyph can mean: one
character that can be seen, or those that one of Unicode's ligatures stands for.
"""

import codecs
import itertools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.verify.pdf.values import demand

_TEXT_LINE: Final = re.compile(rb"^<((?:[0-9a-f]{2}){1,4})> <((?:[0-9a-f]{4}){1,12})>$", re.MULTILINE)
_CID_LINE: Final = re.compile(rb"^<((?:[0-9a-f]{2}){1,4})> (0|[1-9][0-9]{0,4})$", re.MULTILINE)
_SPACES: Final = re.compile(rb"begincodespacerange\n((?:<[0-9a-f]{2,8}> <[0-9a-f]{2,8}>\n)*)endcodespacerange")
_SPACE: Final = re.compile(rb"<((?:[0-9a-f]{2}){1,4})> <((?:[0-9a-f]{2}){1,4})>\n")
_MOST_SPACES: Final = 100
_LINES_IN_BLOCK: Final = 100
_HIGHEST_CID: Final = 0xFFFF
_LONGEST_LIGATURE: Final = 3
# Letters and marks that are joined in one: of all scripts but the eastern ones, and the forms that are there for print.
_LIGATURES: Final = frozenset(
    joined
    for first, end in ((0xC0, 0x3000), (0xF900, 0xFF00))
    for code in range(first, end)
    if unicodedata.category(chr(code)) in ("Lu", "Ll", "Lt", "Lo")
    and 1 < len(joined := unicodedata.normalize("NFKC", chr(code))) <= _LONGEST_LIGATURE
    and {unicodedata.category(part)[0] for part in joined} <= {"L", "M"}
)
_UNSEEN: Final = {"Cc", "Cf", "Cs", "Cn"}
# Soft hyphen, and the joiners that some scripts cannot do without.
_KEPT: Final = set("\u00ad\u200c\u200d")


@dataclass(frozen=True, slots=True)
class CidMap:
    """What an encoding says: which codes there can be, the CIDs of those in use, and which way is written."""

    spaces: Sequence[tuple[bytes, bytes]]
    cids: Mapping[bytes, int]
    vertical: bool

    def cut(self, shown: bytes) -> list[bytes]:
        """Return a shown string as codes; raises Unaccounted if it does not come out even."""
        codes, position = [], 0
        while position < len(shown):
            code = next(
                (shown[position : position + n] for n in range(1, 5) if self._has(shown[position : position + n])), b""
            )
            demand(code and len(code) <= len(shown) - position, "codes that come out even")
            codes.append(code)
            position += len(code)
        return codes

    def _has(self, code: bytes) -> bool:
        return any(
            len(code) == len(low) and all(a <= byte <= b for a, byte, b in zip(low, code, high, strict=True))
            for low, high in self.spaces
        )


def read_to_unicode(untrusted: bytes) -> Mapping[bytes, str]:
    """Return the text of each code; raises Unaccounted."""
    found = [(bytes.fromhex(code.decode()), text) for code, text in _TEXT_LINE.findall(_behind_spaces(untrusted))]
    lengths = sorted({len(code) for code, _ in found})
    spaces = [(bytes(length), b"\xff" * length) for length in lengths]
    lines = [b"<%s> <%s>" % (code.hex().encode(), text) for code, text in found]
    _require_same(untrusted, b"/CMapType 2 def\n", spaces, b"bfchar", lines)
    _require_ordered(code for code, _ in found)
    texts = {code: _text(bytes.fromhex(text.decode())) for code, text in found}
    for text in texts.values():
        demand(len(text) == 1 or unicodedata.normalize("NFC", text) in _LIGATURES, "a glyph's text")
        demand(all(unicodedata.category(each) not in _UNSEEN or each in _KEPT for each in text), "text that is seen")
    return texts


def _text(units: bytes) -> str:
    # Not `decode`: it would look for the codec's module, and in the jail no file can be opened.
    return codecs.utf_16_be_decode(units, "strict", True)[0]


def read_cid_map(untrusted: bytes, *, vertical: bool) -> CidMap:
    """Return what an encoding says, whose dictionary says which way is written; raises Unaccounted."""
    said = _SPACES.search(untrusted)
    spaces = [
        (bytes.fromhex(low.decode()), bytes.fromhex(high.decode()))
        for low, high in _SPACE.findall(said[1] if said is not None else b"")
    ]
    demand(1 <= len(spaces) <= _MOST_SPACES, "spaces of codes")
    demand(all(len(low) == len(high) for low, high in spaces), "spaces of codes")
    found = [(bytes.fromhex(code.decode()), int(cid)) for code, cid in _CID_LINE.findall(_behind_spaces(untrusted))]
    lines = [b"<%s> %d" % (code.hex().encode(), cid) for code, cid in found]
    _require_same(untrusted, b"/CMapType 1 def\n/WMode %d def\n" % vertical, spaces, b"cidchar", lines)
    _require_ordered(code for code, _ in found)
    demand(all(cid <= _HIGHEST_CID for _, cid in found), "CIDs")
    return CidMap(spaces, dict(found), vertical)


def _behind_spaces(untrusted: bytes) -> bytes:
    """Return what stands behind the spaces of codes, whose lines look like those of the map."""
    return untrusted.partition(b"endcodespacerange\n")[2]


def _require_ordered(codes: Iterable[bytes]) -> None:
    demand(all(first < then for first, then in itertools.pairwise(codes)), "codes in order")


def _require_same(
    untrusted: bytes, about: bytes, spaces: Sequence[tuple[bytes, bytes]], kind: bytes, lines: Sequence[bytes]
) -> None:
    """Require the CMap to be what these lines in the one frame are."""
    parts = [b"/CIDInit /ProcSet findresource begin", b"12 dict begin", b"begincmap", b"/CMapName /K def"]
    parts += [about + b"%d begincodespacerange" % len(spaces)]
    parts += [b"<%s> <%s>" % (low.hex().encode(), high.hex().encode()) for low, high in spaces]
    parts += [b"endcodespacerange"]
    for start in range(0, len(lines), _LINES_IN_BLOCK):
        block = lines[start : start + _LINES_IN_BLOCK]
        parts += [b"%d begin%s" % (len(block), kind), *block, b"end" + kind]
    parts += [b"endcmap", b"CMapName currentdict /CMap defineresource pop", b"end", b"end", b""]
    demand(untrusted == b"\n".join(parts), "a CMap's frame")
