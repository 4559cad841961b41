"""Reads the CFF font program of a rebuilt PDF, from its first byte to its last.

    head · name F · top dictionary · Adobe and Identity · no subroutines · charset · one part for all glyphs ·
    outlines · the part's dictionary · private dictionary

Each stands where the one before ends, and the dictionaries say just that (Technical Note 5176). A glyph is its advance
and a path of moves, lines and curves, each a whole number in its shortest form, and nothing behind its end (5177). No
notice, no family, no hint. The first glyph stands for missing ones and is empty; the others have the CIDs 1, 2, 3 …
"""

import itertools
import re
import struct
from typing import Final

from second_reader.pdf.values import Unaccounted, demand

_HEAD: Final = b"\1\0\4\4" + b"\0\1\1\1\2F"
_PRIVATE: Final = b"\x8b\x14"
_REGISTRY: Final = [b"Adobe", b"Identity"]
_NOTDEF: Final = b"\x8b\x0e"
_WHOLE: Final = rb"\x1d([\0-\x7f][\0-\xff]{3})"  # in five bytes
_TOP: Final = re.compile(
    rb"\x1d\0\0\x01\x87\x1d\0\0\x01\x88\x1d\0\0\0\0\x0c\x1e%s\x0f%s\x11%s\x0c\x24%s\x0c\x25"
    % (_WHOLE, _WHOLE, _WHOLE, _WHOLE)
)
_PART: Final = re.compile(rb"\x1d\0\0\0\x02%s\x12" % _WHOLE)

# Numbers of a charstring: one byte, two, three; each in the shortest form that holds it.
_N: Final = rb"(?:[\x20-\xf6]|[\xf7-\xfe][\0-\xff]|\x1c(?:[\x05-\xfa][\0-\xff]|\x04[\x6c-\xff]|\xfb[\0-\x94]))"
# The width, then moves, lines and curves, as many of a kind as the stack holds, and the end.
_GLYPH: Final = re.compile(
    rb"(%s)(?:%s%s\x15|(?:%s%s){1,24}\x05|(?:(?:%s){6}){1,8}\x08)*\x0e" % ((_N,) * 6)
)  # fmt: skip


class _Cursor:
    """Where we are in the program."""

    def __init__(self, untrusted: bytes) -> None:
        self.untrusted = untrusted
        self.position = 0

    def take(self, size: int) -> bytes:
        taken = self.untrusted[self.position : self.position + size]
        demand(len(taken) == size, "a program's end")
        self.position += size
        return taken

    def index(self) -> list[bytes]:
        """Return the items of an INDEX, whose offsets take as few bytes as they need."""
        count = int.from_bytes(self.take(2), "big")
        if not count:
            return []
        wide = self.take(1)[0]
        demand(wide in {1, 2, 4}, "an index")
        table = self.take((count + 1) * wide)
        offsets = struct.unpack(f">{count + 1}{'BHIL'[wide - 1]}", table)
        end = offsets[-1]
        demand(offsets[0] == 1 and wide == (1 if end < 2**8 else 2 if end < 2**16 else 4), "an index")
        demand(all(first <= then for first, then in itertools.pairwise(offsets)), "an index")
        data = self.take(end - 1)
        return [data[first - 1 : then - 1] for first, then in itertools.pairwise(offsets)]


def read_cff(untrusted: bytes) -> list[int]:
    """Return the advances of the glyphs from CID 1 on; raises Unaccounted or struct.error."""
    cursor = _Cursor(untrusted)
    demand(cursor.take(len(_HEAD)) == _HEAD, "the head of a program")
    tops = cursor.index()
    top = _TOP.fullmatch(tops[0]) if len(tops) == 1 else None
    if top is None:
        raise Unaccounted("a font's dictionary")
    demand(cursor.index() == _REGISTRY, "whose CIDs they are")
    demand(not cursor.index(), "no subroutines")
    charset_at, glyphs_at, parts_at, select_at = (int.from_bytes(place, "big") for place in top.groups())
    count = int.from_bytes(untrusted[glyphs_at : glyphs_at + 2], "big")
    demand(cursor.position == charset_at and cursor.take(5) == struct.pack(">BHH", 2, 1, count - 2), "a charset")
    demand(cursor.position == select_at, "the parts' place")
    demand(cursor.take(8) == struct.pack(">BHHBH", 3, 1, 0, 0, count), "one part for all glyphs")
    demand(cursor.position == glyphs_at, "the outlines' place")
    glyphs = cursor.index()
    demand(cursor.position == parts_at, "a dictionary's place")
    parts = cursor.index()
    part = _PART.fullmatch(parts[0]) if len(parts) == 1 else None
    demand(part is not None and int.from_bytes(part[1], "big") == cursor.position, "a part's dictionary")
    demand(untrusted[cursor.position :] == _PRIVATE, "what is private")
    demand(glyphs[0] == _NOTDEF, "an empty first glyph")
    return [_advance(glyph) for glyph in glyphs[1:]]


def _advance(charstring: bytes) -> int:
    found = _GLYPH.fullmatch(charstring)
    if found is None:
        raise Unaccounted("a glyph's path")
    first, *rest = found[1]
    if not rest:
        return first - 139
    if first == 28:  # noqa: PLR2004  a number in two more bytes; the others: Technical Note 5177, table 1
        return int.from_bytes(bytes(rest), "big", signed=True)
    return (first - 247) * 256 + rest[0] + 108 if first < 251 else (251 - first) * 256 - rest[0] - 108  # noqa: PLR2004
