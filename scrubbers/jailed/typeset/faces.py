"""The two faces of what is typeset: DejaVu Sans, regular and bold, read once before the locks.

They are our own files, unchanged, with their licence beside them (`scrubbers/fonts`). They have the letters of Latin,
Greek and Cyrillic scripts and most signs. Scripts that are written from right to left or whose letters join need more
than a font: text in them is refused, not drawn wrongly.

A program in a document has the glyphs that the document shows and no others, in the order of their characters.
"""

import io
import struct
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final

from fontTools.ttLib import TTFont

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
UNITS: Final = 1000  # of a width, to the em: ISO 32000-1, 9.2.4
_ON, _X_SHORT, _Y_SHORT, _X_SAME, _Y_SAME = 1, 2, 4, 16, 32
_CHECKSUM_MAGIC: Final = 0xB1B0AFBA
_HEAD_MAGIC: Final = 0x5F0F3CF5
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_SHORT_LIMIT: Final = 256


class Face:
    """One font file, opened. Widths are of a thousandth of the em."""

    def __init__(self, name: str) -> None:
        """Read the whole file, so that nothing has to be opened later."""
        content = files("scrubbers").joinpath("fonts", f"{name}.ttf").read_bytes()
        font = TTFont(io.BytesIO(content))
        self.name = name
        self._glyf: Any = font["glyf"]
        self._names: dict[int, str] = font.getBestCmap()
        self._metrics: Any = font["hmtx"].metrics
        self.units: int = font["head"].unitsPerEm
        self._widths: dict[str, int] = {}
        self._words: dict[str, float] = {}

    def has(self, letter: str) -> bool:
        """Return whether the letter can be drawn as it is written."""
        return ord(letter) in self._names and unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT

    def letter_width(self, letter: str) -> int:
        found = self._widths.get(letter)
        if found is None:
            advance, _ = self._metrics[self._names[ord(letter)]]
            found = self._widths[letter] = round(advance * UNITS / self.units)
        return found

    def width(self, text: str) -> float:
        """Return how wide a text is at a size of one point."""
        found = self._words.get(text)
        if found is None:
            found = self._words[text] = sum(self.letter_width(letter) for letter in text) / UNITS
        return found

    def program(self, letters: Sequence[str]) -> bytes:
        """Return a TrueType program with an empty glyph and one for each letter: tables that say nothing else."""
        outlines = [self._outline(letter) for letter in letters]
        widths = [0, *(self._metrics[self._names[ord(letter)]][0] for letter in letters)]
        return _program([_EMPTY, *outlines], widths, self.units)

    def _outline(self, letter: str) -> "_Outline":
        # The coordinates of a glyph that is made of others come out as one outline.
        points, ends, flags = self._glyf[self._names[ord(letter)]].getCoordinates(self._glyf)
        whole = [(round(x), round(y)) for x, y in points]
        return _Outline(whole, [flag & _ON for flag in flags], list(ends))


class _Outline:
    __slots__ = ("ends", "on", "points")

    def __init__(self, points: list[tuple[int, int]], on: list[int], ends: list[int]) -> None:
        self.points, self.on, self.ends = points, on, ends

    @property
    def box(self) -> tuple[int, int, int, int]:
        xs, ys = zip(*self.points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


_EMPTY: Final = _Outline([], [], [])


@cache
def face(name: str) -> Face:
    """Open one of the two."""
    return Face(name)


def _program(glyphs: Sequence[_Outline], widths: Sequence[int], units: int) -> bytes:
    written = [_glyph(glyph) for glyph in glyphs]
    places = [0]
    for data in written:
        places.append(places[-1] + len(data))
    boxes = [glyph.box for glyph in glyphs if glyph.points] or [(0, 0, 0, 0)]
    left, low, right, high = (
        pick(side) for pick, side in zip((min, min, max, max), zip(*boxes, strict=True), strict=True)
    )
    lefts = [glyph.box[0] if glyph.points else 0 for glyph in glyphs]
    most_points = max(len(glyph.points) for glyph in glyphs)
    most_contours = max(len(glyph.ends) for glyph in glyphs)
    count = len(glyphs)
    head = struct.pack(
        ">LLLLHHQQ4hHHhhh", 0x00010000, 0, 0, _HEAD_MAGIC, 0b11, units, 0, 0, left, low, right, high, 0, 8, 2, 1, 0
    )
    tables = {
        b"glyf": b"".join(written) or bytes(4),
        b"head": head,
        b"hhea": struct.pack(">L3hH3h3h4hhH", 0x00010000, high, low, 0, max(widths), 0, 0, 0, 1, *(0,) * 7, count),
        b"hmtx": b"".join(struct.pack(">Hh", *pair) for pair in zip(widths, lefts, strict=True)),
        b"loca": struct.pack(f">{len(places)}L", *places),
        b"maxp": struct.pack(">L14H", 0x00010000, count, most_points, most_contours, 0, 0, 2, *(0,) * 8),
        b"post": struct.pack(">L28x", 0x00030000),
    }
    return _assembled(tables)


def _glyph(glyph: _Outline) -> bytes:
    """Write contours and points, in their shortest form."""
    if not glyph.points:
        return b""
    flags, across, up = bytearray(), bytearray(), bytearray()
    x = y = 0
    for (new_x, new_y), on in zip(glyph.points, glyph.on, strict=True):
        flags.append(on | _change(across, new_x - x, _X_SHORT, _X_SAME) | _change(up, new_y - y, _Y_SHORT, _Y_SAME))
        x, y = new_x, new_y
    ends = struct.pack(f">{len(glyph.ends)}H", *glyph.ends)
    data = struct.pack(">5h", len(glyph.ends), *glyph.box) + ends + b"\0\0" + flags + across + up
    return data + bytes(-len(data) % 4)


def _change(into: bytearray, value: int, short: int, same: int) -> int:
    if not value:
        return same
    if abs(value) < _SHORT_LIMIT:
        into.append(abs(value))
        return short | (same if value > 0 else 0)
    into += value.to_bytes(2, "big", signed=True)
    return 0


def _assembled(tables: dict[bytes, bytes]) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    directory = struct.pack(">4sHHHH", b"\0\1\0\0", count, 16 << power, power, 16 * count - (16 << power))
    position = head_at = 12 + 16 * count
    bodies = b""
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        head_at = position if tag == b"head" else head_at
        directory += struct.pack(">4sLLL", tag, _checksum(padded), position, len(data))
        bodies += padded
        position += len(padded)
    whole = directory + bodies
    adjustment = (_CHECKSUM_MAGIC - _checksum(whole)) & 0xFFFFFFFF
    return whole[: head_at + 8] + struct.pack(">L", adjustment) + whole[head_at + 12 :]


def _checksum(padded: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF
