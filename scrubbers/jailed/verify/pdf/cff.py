"""Reads a CFF font program of a rebuilt PDF, from its first byte to its last.

    head · name F · top dictionary · names of glyphs, or Adobe and Identity · no subroutines · charset · which glyphs
    belong to the one part (programs keyed by CIDs) · outlines · the part's dictionary (the same) · private dictionary

Each stands where the one before ends, and the dictionaries say just that (Technical Note 5176). A glyph is its advance
and a path of moves, lines and curves, each number in its shortest form, and nothing behind its end (5177). No notice,
no family, no hint. Says which glyphs there are, for the reader of fonts to compare with what is shown.
"""

import itertools
import re
import struct
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.verify.pdf.values import Unaccounted, demand

_HEAD: Final = b"\1\0\4\4" + b"\0\1\1\1\2F"
_PRIVATE: Final = b"\x8b\x14"
_FIRST_OWN_STRING: Final = 391
_REGISTRY: Final = [b"Adobe", b"Identity"]

# A whole number in five bytes; a real one, as hexadecimal digits: a is the point, e the minus, f the end.
_WHOLE: Final = rb"\x1d([\0-\x7f][\0-\xff]{3})"
_REAL: Final = rb"\x1e[\0-\xff]{1,12}?(?<=[\x0f\x1f\x2f\x3f\x4f\x5f\x6f\x7f\x8f\x9f\xff])"
_MATRIX: Final = rb"(?P<matrix>(?:%s){6}\x0c\x07)?" % _REAL
_REAL_DIGITS: Final = re.compile(r"1ee?(?:0|[1-9][0-9]{0,9})(?:a[0-9]{0,8}[1-9])?ff?")
_TOP: Final = re.compile(rb"%s%s\x0f%s\x11\x1d\0\0\0\x02%s\x12" % (_MATRIX, _WHOLE, _WHOLE, _WHOLE))
_TOP_OF_CIDS: Final = re.compile(
    rb"\x1d\0\0\x01\x87\x1d\0\0\x01\x88\x1d\0\0\0\0\x0c\x1e%s%s\x0f%s\x11%s\x0c\x24%s\x0c\x25"
    % (_MATRIX, _WHOLE, _WHOLE, _WHOLE, _WHOLE)
)
_PART: Final = re.compile(rb"\x1d\0\0\0\x02%s\x12" % _WHOLE)

# Numbers of a charstring: one byte, two, three, five; each in the shortest form that holds it.
_N: Final = (
    rb"(?:[\x20-\xf6]|[\xf7-\xfe][\0-\xff]"
    rb"|\x1c(?:[\x05-\xfa][\0-\xff]|\x04[\x6c-\xff]|\xfb[\0-\x94])"
    rb"|\xff[\0-\xff]{2}(?!\0\0)[\0-\xff]{2})"
)
# The width, then moves, lines and curves, as many of a kind as the stack holds, and the end.
_GLYPH: Final = re.compile(
    rb"%s(?P<path>(?:%s%s\x15|(?:%s%s){1,24}\x05|(?:(?:%s){6}){1,8}\x08)*)\x0e" % ((_N,) * 6)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CffProgram:
    """What a program holds: its glyphs by name or by CID, but for .notdef, and the numbers of those that draw."""

    names: tuple[bytes, ...]
    cids: tuple[int, ...] | None
    outlined: frozenset[int]


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


def read_cff(untrusted: bytes) -> CffProgram:
    """Return what the program holds; raises Unaccounted or struct.error where it is not what it must be."""
    cursor = _Cursor(untrusted)
    demand(cursor.take(len(_HEAD)) == _HEAD, "the head of a program")
    tops = cursor.index()
    demand(len(tops) == 1, "one font")
    strings = cursor.index()
    demand(not cursor.index(), "no subroutines")
    by_cid = _TOP_OF_CIDS.fullmatch(tops[0])
    by_name = _TOP.fullmatch(tops[0])
    top = by_cid or by_name
    if top is None:
        raise Unaccounted("a font's dictionary")
    if top["matrix"]:
        _require_real_numbers(top["matrix"])
    # In the order of the file: the charset, what belongs to which part, outlines, the part or what is private.
    places = [int.from_bytes(place, "big") for place in top.groups()[1:]]
    charset_at, glyphs_at, *others = places
    demand(cursor.position == charset_at and cursor.take(1) == b"\0", "a charset's place")
    count = _glyph_count(untrusted, glyphs_at)
    charset = struct.unpack(f">{count - 1}H", cursor.take(2 * (count - 1)))
    if by_cid:
        demand(cursor.position == others[1], "the parts' place")
        demand(cursor.take(8) == struct.pack(">BHHBH", 3, 1, 0, 0, count), "one part for all glyphs")
    demand(cursor.position == glyphs_at, "the outlines' place")
    outlined = _outlined(cursor.index())
    demand(cursor.position == others[0], "a dictionary's place")
    if by_cid:
        parts = cursor.index()
        part = _PART.fullmatch(parts[0]) if len(parts) == 1 else None
        demand(part is not None and int.from_bytes(part[1], "big") == cursor.position, "a part's dictionary")
    demand(untrusted[cursor.position :] == _PRIVATE, "what is private")
    return _named(charset, strings, outlined, by_cid=by_cid is not None)


def _named(charset: tuple[int, ...], strings: list[bytes], outlined: frozenset[int], *, by_cid: bool) -> CffProgram:
    if by_cid:
        demand(strings == _REGISTRY, "whose CIDs they are")
        demand(all(first < then for first, then in itertools.pairwise((0, *charset))), "CIDs in order")
        return CffProgram((), charset, outlined)
    own = range(_FIRST_OWN_STRING, _FIRST_OWN_STRING + len(strings))
    demand(charset == tuple(own) and len(set(strings)) == len(strings), "a name for each glyph")
    return CffProgram(tuple(strings), None, outlined)


def _glyph_count(untrusted: bytes, start: int) -> int:
    count = int.from_bytes(untrusted[start : start + 2], "big")
    demand(count, "a glyph")
    return count


def _outlined(glyphs: list[bytes]) -> frozenset[int]:
    """Numbers of the glyphs that draw something; raises Unaccounted unless each is a width and a path."""
    outlined = set()
    for glyph, charstring in enumerate(glyphs):
        found = _GLYPH.fullmatch(charstring)
        if found is None:
            raise Unaccounted("a glyph's path")
        if found["path"]:
            outlined.add(glyph)
    return frozenset(outlined)


def _require_real_numbers(matrix: bytes) -> None:
    """Each number of the matrix in its one form: digits two a byte, one or two ends."""
    for real in re.findall(_REAL, matrix):
        demand(_REAL_DIGITS.fullmatch(real.hex()) and real.hex() != "1ee0ff", "a matrix")
