"""Reads the glyphs of a TrueType program as points on and off their contours. Raises NotRebuildable.

A glyph made of others is read into one: its parts' points, moved and scaled. The bytecode that fits glyphs to pixels
is passed over, because it can carry anything unseen. Without it the edges of small print lie a part of a pixel beside
where they were (text of 8 to 12 points at a pixel a point: no pixel changes by more than 60 of 255); large print is the
same.
"""

import itertools
import struct
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.pdf.fonts.programs.sfnt import Tables
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_DEEPEST: Final = 6
_MOST_PARTS: Final = 64
MOST_POINTS: Final = 20_000

_ON, _X_SHORT, _Y_SHORT, _REPEAT, _X_SAME, _Y_SAME = 1, 2, 4, 8, 16, 32
_WORDS, _ARE_XY, _SCALE, _MORE, _SCALE_XY, _TWO_BY_TWO, _METRICS, _SCALED_OFFSET = 1, 2, 8, 32, 64, 128, 512, 2048


@dataclass(slots=True, repr=False)
class Glyph:
    """Points, by contour in the order of drawing. `shift`: how far its left edge stands from where it is drawn."""

    ends: list[int] = field(default_factory=list)
    xs: list[int] = field(default_factory=list)
    ys: list[int] = field(default_factory=list)
    on: list[bool] = field(default_factory=list)
    width: int = 0
    shift: int = 0


class QuadraticOutlines:
    """The glyphs of a program that has a glyf table."""

    def __init__(self, tables: Tables) -> None:
        head, hhea = tables.table(b"head"), tables.table(b"hhea")
        if len(head) < 52 or len(hhea) < 36:  # noqa: PLR2004  without them nobody draws the font
            raise NotRebuildable
        self.units: int = struct.unpack_from(">H", head, 18)[0]
        self.flags: int = struct.unpack_from(">H", head, 16)[0]
        if not self.units:
            raise NotRebuildable
        self._glyf = tables.table(b"glyf")
        loca = tables.table(b"loca")
        if struct.unpack_from(">h", head, 50)[0]:
            self._offsets = list(struct.unpack_from(f">{len(loca) // 4}L", loca))
        else:
            self._offsets = [2 * offset for offset in struct.unpack_from(f">{len(loca) // 2}H", loca)]
        maxp = tables.table(b"maxp")
        said = struct.unpack_from(">H", maxp, 4)[0] if len(maxp) >= 6 else len(self._offsets) - 1  # noqa: PLR2004
        self.count: int = max(min(said, len(self._offsets)), 0)
        self._hmtx = tables.table(b"hmtx")
        self._long: int = struct.unpack_from(">H", hhea, 34)[0]
        self._glyphs: dict[int, Glyph] = {}

    def glyph(self, number: int) -> Glyph:
        """Return the glyph with its advance and its place; raises NotRebuildable."""
        found = self._glyphs.get(number)
        if found is None:
            found = self._glyphs[number] = self._read(number, 0)
        return found

    def width(self, number: int) -> float:
        """Its advance in thousandths of the text space."""
        return self._metrics(number)[0] * 1000 / self.units

    def _metrics(self, number: int) -> tuple[int, int]:
        """Advance and left side bearing; glyphs behind the last long entry have its advance."""
        long = min(self._long, len(self._hmtx) // 4)
        if not long:
            return 0, 0
        advance, bearing = struct.unpack_from(">Hh", self._hmtx, 4 * min(number, long - 1))
        if number >= long:
            at = 4 * long + 2 * (number - long)
            bearing = struct.unpack_from(">h", self._hmtx, at)[0] if at + 2 <= len(self._hmtx) else 0
        return advance, bearing

    def _data(self, number: int) -> bytes:
        if not 0 <= number < self.count:
            return b""
        start = self._offsets[number]
        end = self._offsets[number + 1] if number + 1 < len(self._offsets) else len(self._glyf)
        # A table of places that runs backwards leaves the rest of the glyphs, as for other readers.
        return self._glyf[start:end] if end >= start else self._glyf[start:]

    def _read(self, number: int, depth: int) -> Glyph:
        if depth > _DEEPEST:
            raise NotRebuildable
        data = self._data(number)
        advance, bearing = self._metrics(number)
        if len(data) < 10:  # noqa: PLR2004  nothing to draw
            return Glyph(width=advance)
        contours, left = struct.unpack_from(">hh", data)
        glyph = _simple(data, contours) if contours >= 0 else self._composite(data, depth)
        if contours >= 0 or glyph.width < 0:
            glyph.width, glyph.shift = advance, left - bearing
        return glyph

    def _composite(self, data: bytes, depth: int) -> Glyph:
        """Return the parts in one. Its width is -1 unless one of the parts lends it its own."""
        whole = Glyph(width=-1)
        position = 10
        for _ in range(_MOST_PARTS):
            flags, number = struct.unpack_from(">HH", data, position)
            position += 4
            layout = ">hh" if flags & _WORDS else ">bb"
            if not flags & _ARE_XY:
                layout = layout.upper()
            first, second = struct.unpack_from(layout, data, position)
            position += struct.calcsize(layout)
            scale, position = _scale(data, position, flags)
            part = self._read(number, depth + 1)
            _join(whole, part, scale, (first, second), flags)
            if flags & _METRICS:
                whole.width, whole.shift = part.width, part.shift
            if not flags & _MORE:
                return whole
        raise NotRebuildable


def _scale(data: bytes, position: int, flags: int) -> tuple[tuple[float, ...], int]:
    count = 1 if flags & _SCALE else 2 if flags & _SCALE_XY else 4 if flags & _TWO_BY_TWO else 0
    values = [value / 16384 for value in struct.unpack_from(f">{count}h", data, position)]
    position += 2 * count
    if count == 4:  # noqa: PLR2004
        return tuple(values), position
    if not count:
        return (1, 0, 0, 1), position
    return (values[0], 0, 0, values[-1]), position


def _join(whole: Glyph, part: Glyph, scale: tuple[float, ...], place: tuple[int, int], flags: int) -> None:
    a, b, c, d = scale
    xs, ys = part.xs, part.ys
    if scale != (1, 0, 0, 1):
        xs, ys = (
            [round(x * a + y * c) for x, y in zip(part.xs, part.ys, strict=True)],
            [round(x * b + y * d) for x, y in zip(part.xs, part.ys, strict=True)],
        )
    x, y = place
    if not flags & _ARE_XY:
        # A point of the part is laid on a point of the whole.
        if x >= len(whole.xs) or y >= len(xs):
            raise NotRebuildable
        x, y = whole.xs[x] - xs[y], whole.ys[x] - ys[y]
    elif flags & _SCALED_OFFSET:
        x, y = round(x * (a * a + b * b) ** 0.5), round(y * (c * c + d * d) ** 0.5)
    if len(whole.xs) + len(xs) > MOST_POINTS:
        raise NotRebuildable
    whole.ends += [end + len(whole.xs) for end in part.ends]
    whole.xs += [value + x for value in xs]
    whole.ys += [value + y for value in ys]
    whole.on += part.on


def _simple(data: bytes, contours: int) -> Glyph:
    ends = list(struct.unpack_from(f">{contours}H", data, 10))
    position = 10 + 2 * contours
    count = ends[-1] + 1 if ends else 0
    if count > MOST_POINTS or any(after < before for before, after in itertools.pairwise(ends)):
        raise NotRebuildable
    if not count:
        return Glyph()
    (bytecode,) = struct.unpack_from(">H", data, position)
    position += 2 + bytecode
    flags = bytearray()
    while len(flags) < count:
        flag = data[position]
        position += 1
        flags.append(flag)
        if flag & _REPEAT:
            flags += bytes((flag,)) * data[position]
            position += 1
    del flags[count:]
    xs, position = _coordinates(data, position, flags, _X_SHORT, _X_SAME)
    ys, position = _coordinates(data, position, flags, _Y_SHORT, _Y_SAME)
    return Glyph(ends, xs, ys, [bool(flag & _ON) for flag in flags])


def _coordinates(data: bytes, position: int, flags: bytearray, short: int, same: int) -> tuple[list[int], int]:
    found, value = [], 0
    for flag in flags:
        if flag & short:
            value += data[position] if flag & same else -data[position]
            position += 1
        elif not flag & same:
            value += ((data[position] ^ 0x80) - 0x80) * 256 + data[position + 1]
            position += 2
        found.append(value)
    return found, position
