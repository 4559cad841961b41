"""Widths and places of glyphs by CID: W, DW, W2, DW2 of the source, and the same for the CIDs in use."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, FloatObject, NumberObject

from scrubbers.jailed.pdf.fonts.descriptor import measure
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, Value

_USUAL_WIDTH: Final = 1000
_USUAL_PLACE: Final = (880, -1000)
_MOST_CID: Final = 0xFFFF

_Numbers = tuple[float, ...]


class _ByCid:
    """An array of `first [a b …]` and `first last a` in its groups of one or three numbers."""

    def __init__(self, untrusted: object, size: int) -> None:
        self.single: dict[int, _Numbers] = {}
        self.ranges: list[tuple[int, int, _Numbers]] = []
        if isinstance(untrusted, ArrayObject):
            self._read(access.array(untrusted), size)
        self.ranges.sort(key=lambda each: each[0])

    def _read(self, items: Sequence[object], size: int) -> None:
        position = 0
        while position + 1 < len(items):
            first, then = access.whole(items[position], 0, _MOST_CID), items[position + 1]
            if isinstance(then, ArrayObject):
                values = [measure(item) for item in access.array(then)]
                for place in range(len(values) // size):
                    self.single.setdefault(first + place, tuple(values[place * size : (place + 1) * size]))
                position += 2
            elif isinstance(then, NumberObject | FloatObject):
                values = [measure(item) for item in items[position + 2 : position + 2 + size]]
                if len(values) != size:
                    return
                self.ranges.append((first, access.whole(then, 0, _MOST_CID), tuple(values)))
                position += 2 + size
            else:
                raise NotRebuildable

    def __bool__(self) -> bool:
        return bool(self.single or self.ranges)

    def get(self, cid: int) -> _Numbers | None:
        found = self.single.get(cid)
        if found is not None:
            return found
        at = bisect_right(self.ranges, cid, key=lambda each: each[0]) - 1
        return self.ranges[at][2] if at >= 0 and cid <= self.ranges[at][1] else None


class CidWidths:
    """What a descendant font says of its glyphs' widths and places."""

    def __init__(self, descendant: DictionaryObject) -> None:
        usual = access.entry(descendant, "/DW")
        self._usual = measure(usual) if usual is not None else _USUAL_WIDTH
        self._across = _ByCid(access.entry(descendant, "/W"), 1)
        self._down = _ByCid(access.entry(descendant, "/W2"), 3)
        places = access.entry(descendant, "/DW2")
        self._place: Sequence[float] = _USUAL_PLACE
        if places is not None:
            above, down = access.array(places)
            self._place = (measure(above), measure(down))

    def across(self, cid: int) -> float:
        """How far to the right the pen goes after a glyph."""
        found = self._across.get(cid)
        return found[0] if found is not None else self._usual

    def down(self, cid: int) -> float:
        """How far up it goes, in a font that is written from top to bottom."""
        found = self._down.get(cid)
        return found[0] if found is not None else self._place[1]

    def require_one(self) -> None:
        """Raise NotRebuildable unless all glyphs are as wide."""
        if self._across or self._down:
            raise NotRebuildable

    def said(self, cids: Sequence[int], *, vertical: bool) -> dict[bytes, Value]:
        """Return the entries that say it for these CIDs, in ascending order."""
        entries: dict[bytes, Value] = {b"DW": self._usual}
        widths = [(cid, found) for cid in cids if (found := self._across.get(cid)) is not None]
        if widths:
            entries[b"W"] = _rows(widths)
        if vertical:
            entries[b"DW2"] = list(self._place)
            places = [(cid, found) for cid in cids if (found := self._down.get(cid)) is not None]
            if places:
                entries[b"W2"] = _rows(places)
        return entries


def _rows(found: Sequence[tuple[int, _Numbers]]) -> list[Value]:
    """`first [a b …]` for each unbroken row of CIDs."""
    said: list[Value] = []
    row: list[Value] = []
    expected = -1
    for cid, numbers in found:
        if cid != expected:
            row = []
            said += [cid, row]
        row += numbers
        expected = cid + 1
    return said
