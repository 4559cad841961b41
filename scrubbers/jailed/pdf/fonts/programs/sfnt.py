"""Reads the tables of a TrueType or OpenType program: which glyph a code or a name means. Raises NotRebuildable.

Programs inside documents often lack tables and end too early; what is not there is empty, as for other readers. Nothing
is read of the tables of names, signatures, vendors and typographic rules.
"""

import struct
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from fontTools.ttLib.standardGlyphOrder import standardGlyphOrder

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

COLLECTION: Final = b"ttcf"
_VERSIONS: Final = (b"\0\1\0\0", b"true", b"OTTO", b"\0\2\0\0")
_MOST_TABLES: Final = 200
_MOST_SUBTABLES: Final = 64
_NAMED: Final = 0x00020000

# From a code to a glyph; 0 where there is none.
Lookup = Callable[[int], int]


def is_sfnt(untrusted: bytes) -> bool:
    """Whether the program begins as one made of tables."""
    return untrusted[:4] in {*_VERSIONS, COLLECTION}


class Tables:
    """The tables of one program, and its maps by (platform, encoding)."""

    def __init__(self, untrusted: bytes) -> None:
        start = int.from_bytes(untrusted[12:16], "big") if untrusted.startswith(COLLECTION) else 0
        if untrusted[start : start + 4] not in _VERSIONS:
            raise NotRebuildable
        (count,) = struct.unpack_from(">H", untrusted, start + 4)
        self._tables: dict[bytes, bytes] = {}
        for at in range(start + 12, start + 12 + 16 * min(count, _MOST_TABLES), 16):
            tag, _, offset, length = struct.unpack_from(">4sLLL", untrusted, at)
            self._tables.setdefault(tag, untrusted[offset : offset + length])
        self.maps = _maps(self.table(b"cmap"))
        self._by_name: dict[str, int] | None = None

    def table(self, tag: bytes) -> bytes:
        """Return a table's bytes; empty if there is none."""
        return self._tables.get(tag, b"")

    @property
    def by_name(self) -> dict[str, int]:
        """Glyphs by their names in the post table."""
        if self._by_name is None:
            self._by_name = _names(self.table(b"post"))
        return self._by_name


def _maps(cmap: bytes) -> dict[tuple[int, int], Lookup]:
    found: dict[tuple[int, int], Lookup] = {}
    if len(cmap) < 4:  # noqa: PLR2004
        return found
    (count,) = struct.unpack_from(">H", cmap, 2)
    for at in range(4, min(4 + 8 * min(count, _MOST_SUBTABLES), len(cmap) - 7), 8):
        platform, encoding, offset = struct.unpack_from(">HHL", cmap, at)
        try:
            lookup = _lookup(cmap[offset:])
        except (struct.error, IndexError):
            lookup = None
        if lookup is not None:
            found.setdefault((platform, encoding), lookup)
    return found


def _lookup(untrusted: bytes) -> Lookup | None:
    (form,) = struct.unpack_from(">H", untrusted)
    maker = {0: _by_bytes, 4: _by_segments, 6: _by_array, 12: _by_groups}.get(form)
    return maker(untrusted) if maker is not None else None


def _by_bytes(untrusted: bytes) -> Lookup:
    glyphs = untrusted[6:262]
    return lambda code: glyphs[code] if 0 <= code < len(glyphs) else 0


def _by_array(untrusted: bytes) -> Lookup:
    first, count = struct.unpack_from(">HH", untrusted, 6)
    count = min(count, (len(untrusted) - 10) // 2)
    glyphs = struct.unpack_from(f">{count}H", untrusted, 10)
    return lambda code: glyphs[code - first] if first <= code < first + count else 0


def _by_groups(untrusted: bytes) -> Lookup:
    (count,) = struct.unpack_from(">L", untrusted, 12)
    count = min(count, (len(untrusted) - 16) // 12)
    groups = sorted(struct.iter_unpack(">LLL", untrusted[16 : 16 + 12 * count]), key=lambda group: int(group[1]))
    ends = [end for _, end, _ in groups]

    def lookup(code: int) -> int:
        at = bisect_left(ends, code)
        if at == len(groups) or code < groups[at][0]:
            return 0
        return int(groups[at][2]) + code - int(groups[at][0])

    return lookup


def _by_segments(untrusted: bytes) -> Lookup:
    count = struct.unpack_from(">H", untrusted, 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", untrusted, 14)
    starts, deltas, offsets = (struct.unpack_from(f">{count}H", untrusted, 16 + 2 * count * part) for part in (1, 2, 3))
    at_offsets = 16 + 6 * count

    def lookup(code: int) -> int:
        if code > 0xFFFF:  # noqa: PLR2004
            return 0
        # Segments ought to stand in order; those that do not are found as other readers find them, or not at all.
        at = bisect_left(ends, code)
        if at >= count or code < starts[at]:
            return 0
        if offsets[at] in {0, 0xFFFF}:
            return (code + deltas[at]) & 0xFFFF if not offsets[at] else 0
        place = at_offsets + 2 * at + offsets[at] + 2 * (code - starts[at])
        glyph = int.from_bytes(untrusted[place : place + 2], "big")
        return (glyph + deltas[at]) & 0xFFFF if glyph else 0

    return lookup


def _names(post: bytes) -> dict[str, int]:
    form = int.from_bytes(post[:4], "big")
    if form != _NAMED:
        return {name: glyph for glyph, name in enumerate(standardGlyphOrder)} if form == 0x00010000 else {}  # noqa: PLR2004
    count = int.from_bytes(post[32:34], "big")
    if 34 + 2 * count > len(post):
        return {}
    numbers = struct.unpack_from(f">{count}H", post, 34)
    own: list[str] = []
    position = 34 + 2 * count
    while position < len(post):
        length = post[position]
        own.append(post[position + 1 : position + 1 + length].decode("latin-1"))
        position += 1 + length
    found: dict[str, int] = {}
    for glyph, number in enumerate(numbers):
        if number < len(standardGlyphOrder):
            found.setdefault(standardGlyphOrder[number], glyph)
        elif number - len(standardGlyphOrder) < len(own):
            found.setdefault(own[number - len(standardGlyphOrder)], glyph)
    return found
