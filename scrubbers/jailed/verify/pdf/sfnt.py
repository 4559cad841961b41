"""Reads a TrueType font program of a rebuilt PDF, from its first byte to its last.

Seven tables, or eight with a map from codes, by their tags, one after the other. Outlines are read point by point; all
that can be worked out from them (boxes, counts, places, checksums) must be what it works out to. No names, no dates, no
vendor, no bytecode, no glyph made of others. What remains free is each glyph's points, advance and place.
"""

import itertools
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.verify.pdf.values import demand

_TAGS: Final = [b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"post"]
_TAGS_WITH_CODES: Final = [b"cmap", *_TAGS]
_DIRECTORY, _ENTRY = 12, 16
_WHOLE: Final = 0xB1B0AFBA
_NO_OUTLINES: Final = bytes(4)
_POST: Final = b"\0\3" + bytes(30)
# Of the flags in head those that change where things are drawn.
_FLAGS: Final = 0b1011
_SYMBOLS: Final = 0xF000
_ON, _X_SHORT, _Y_SHORT, _X_SAME, _Y_SAME = 1, 2, 4, 16, 32
_POINT_FLAGS: Final = _ON | _X_SHORT | _Y_SHORT | _X_SAME | _Y_SAME


@dataclass(frozen=True, slots=True)
class TrueTypeProgram:
    """How many glyphs a program has, whether the first (for missing ones) draws, and which glyph a code leads to."""

    glyph_count: int
    first_is_drawn: bool
    codes: Mapping[int, int] | None


@dataclass(frozen=True, slots=True)
class _Outline:
    """What is worked out from the points of one glyph."""

    box: tuple[int, int, int, int]
    points: int
    contours: int


def read_truetype(untrusted: bytes) -> TrueTypeProgram:
    """Return what the program holds; raises Unaccounted, IndexError or struct.error where it is not what it must be."""
    tables = _tables(untrusted)
    places = struct.unpack(f">{len(tables[b'loca']) // 4}L", tables[b"loca"])
    glyf = tables[b"glyf"]
    demand(len(places) > 1 and places[0] == 0, "the outlines' places")
    demand(places[-1] == len(glyf) or (places[-1] == 0 and glyf == _NO_OUTLINES), "the outlines' places")
    demand(all(start <= end for start, end in itertools.pairwise(places)), "the outlines' places")
    outlines = [_outline(glyf[start:end]) for start, end in itertools.pairwise(places) if start < end]
    count = len(places) - 1
    demand(len(tables[b"hmtx"]) == 4 * count, "a width for each glyph")
    widest = max(struct.unpack(">" + "Hxx" * count, tables[b"hmtx"]))
    _require_worked_out(tables, outlines, count, widest)
    return TrueTypeProgram(count, places[1] > 0, _codes(tables[b"cmap"]) if b"cmap" in tables else None)


def _tables(untrusted: bytes) -> dict[bytes, bytes]:
    """Return the tables by their tags: one after the other, padded with zeros, with right checksums."""
    count = int.from_bytes(untrusted[4:6], "big")
    tags = _TAGS_WITH_CODES if count == len(_TAGS_WITH_CODES) else _TAGS
    wide = 8 * _ENTRY
    power = 3
    if count < len(_TAGS_WITH_CODES):
        wide, power = wide // 2, 2
    head = struct.pack(">4sHHHH", b"\0\1\0\0", len(tags), wide, power, _ENTRY * len(tags) - wide)
    position = _DIRECTORY + _ENTRY * len(tags)
    demand(untrusted[:_DIRECTORY] == head, "a font's head")
    tables: dict[bytes, bytes] = {}
    total = _sum(untrusted[:position])
    for at, tag in zip(range(_DIRECTORY, position, _ENTRY), tags, strict=True):
        said_tag, checksum, offset, length = struct.unpack_from(">4sLLL", untrusted, at)
        padded = untrusted[position : position + length + -length % 4]
        demand((said_tag, offset) == (tag, position) and len(padded) == length + -length % 4, "a table's place")
        demand(not any(padded[length:]), "bytes behind a table")
        counted = padded if tag != b"head" else padded[:8] + bytes(4) + padded[12:]
        demand(_sum(counted) == checksum, "a table's checksum")
        total += checksum
        position += len(padded)
        tables[tag] = padded[:length]
    demand(position == len(untrusted), "bytes behind the tables")
    demand(tables[b"head"][8:12] == struct.pack(">L", (_WHOLE - total) & 0xFFFFFFFF), "a font's checksum")
    return tables


def _sum(padded: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF


def _require_worked_out(tables: Mapping[bytes, bytes], outlines: Sequence[_Outline], count: int, widest: int) -> None:
    """Require the tables that follow from the outlines."""
    boxes = [outline.box for outline in outlines] or [(0, 0, 0, 0)]
    left, low, right, high = (
        pick(side) for pick, side in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
    )
    head = tables[b"head"]
    flags, units = struct.unpack_from(">HH", head, 16)
    demand(not flags & ~_FLAGS and units > 0, "head")
    box = struct.pack(">4h", left, low, right, high)
    demand(head[:8] == b"\0\1\0\0" + bytes(4) and head[12:16] == b"\x5f\x0f\x3c\xf5", "head")
    demand(head[20:] == bytes(16) + box + struct.pack(">HHhhh", 0, 8, 2, 1, 0), "head")
    hhea = struct.pack(">L3hH3h3h4hhH", 0x00010000, high, low, 0, widest, 0, 0, 0, 1, *(0,) * 7, count)
    demand(tables[b"hhea"] == hhea, "hhea")
    points = max((outline.points for outline in outlines), default=0)
    contours = max((outline.contours for outline in outlines), default=0)
    demand(tables[b"maxp"] == struct.pack(">L14H", 0x00010000, count, points, contours, 0, 0, 2, *(0,) * 8), "maxp")
    demand(tables[b"post"] == _POST, "post")


def _outline(untrusted: bytes) -> _Outline:
    """One glyph: contours, no bytecode, points in their shortest form, zeros up to the next word."""
    contours, *box = struct.unpack_from(">5h", untrusted)
    demand(contours > 0, "a glyph's contours")
    ends = struct.unpack_from(f">{contours}H", untrusted, 10)
    demand(all(first <= then for first, then in itertools.pairwise(ends)), "a glyph's contours")
    points = ends[-1] + 1
    position = 10 + 2 * contours
    demand(untrusted[position : position + 2] == b"\0\0", "a glyph's bytecode")
    position += 2
    flags = untrusted[position : position + points]
    demand(len(flags) == points and not any(each & ~_POINT_FLAGS for each in flags), "a point's flags")
    xs, position = _coordinates(untrusted, position + points, flags, _X_SHORT, _X_SAME)
    ys, position = _coordinates(untrusted, position, flags, _Y_SHORT, _Y_SAME)
    demand(untrusted[position:] == bytes(-position % 4), "bytes behind an outline")
    found = min(xs), min(ys), max(xs), max(ys)
    demand(found == tuple(box), "a glyph's box")
    return _Outline(found, points, contours)


def _coordinates(untrusted: bytes, position: int, flags: bytes, short: int, same: int) -> tuple[list[int], int]:
    """One coordinate of each point, and where they end."""
    changes = []
    for flag in flags:
        if flag & short:
            change = untrusted[position]
            position += 1
            demand(change, "a coordinate's shortest form")
            changes.append(change if flag & same else -change)
        elif flag & same:
            changes.append(0)
        else:
            change = (untrusted[position] << 8 | untrusted[position + 1]) - (untrusted[position] >> 7 << 16)
            position += 2
            demand(not -256 < change < 256, "a coordinate's shortest form")  # noqa: PLR2004  what one byte holds
            changes.append(change)
    return list(itertools.accumulate(changes)), position


def _codes(untrusted: bytes) -> Mapping[int, int]:
    """Which glyph each of 256 codes leads to: said twice, for Macintosh and for Windows symbols, and the same."""
    start = 20
    glyphs = untrusted[start + 6 : start + 262]
    expected = struct.pack(">HHHHLHHL", 0, 2, 1, 0, start, 3, 0, start + 262) + struct.pack(">3H", 0, 262, 0) + glyphs
    expected += struct.pack(">7H", 4, 32 + 512, 0, 4, 4, 1, 0)
    expected += struct.pack(">9H", _SYMBOLS + 0xFF, 0xFFFF, 0, _SYMBOLS, 0xFFFF, 0, 1, 4, 0)
    demand(untrusted == expected + b"".join(b"\0%c" % glyph for glyph in glyphs), "a map of codes")
    return {code: glyph for code, glyph in enumerate(glyphs) if glyph}
