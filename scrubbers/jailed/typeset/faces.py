"""The faces of what is typeset: their files are read before the locks, and opened when a document needs them.

They are our own files, unchanged, with their licences beside them (`scrubbers/fonts`), each regular and bold. DejaVu
Sans has the letters of Latin, Greek and Cyrillic scripts and most signs, Noto Sans those of Arabic, Hebrew and Ethiopic
scripts. Letters that no face has, or of another script from right to left, are refused, not drawn wrongly.

A program in a document has the glyphs that the document shows and no others, in the order of the characters they show.
"""

import io
import re
import struct
import unicodedata
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

from fontTools.ttLib import TTFont

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
UNITS: Final = 1000  # of a width, to the em: ISO 32000-1, 9.2.4
# Scripts with faces of their own, by blocks of Unicode.
_SCRIPTS: Final = {
    "Arabic": "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff",
    "Hebrew": "\u0590-\u05ff\ufb1d-\ufb4f",
    "Ethiopic": "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f",
}
_OF_SCRIPT: Final = re.compile("|".join(f"(?P<{script}>[{letters}])" for script, letters in _SCRIPTS.items()))
_ON, _X_SHORT, _Y_SHORT, _X_SAME, _Y_SAME = 1, 2, 4, 16, 32
_CHECKSUM_MAGIC: Final = 0xB1B0AFBA
_HEAD_MAGIC: Final = 0x5F0F3CF5
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})
_SHORT_LIMIT: Final = 256


def name_for(letter: str, *, bold: bool) -> str:
    """Return the face that a letter is drawn with."""
    found = _OF_SCRIPT.match(letter)
    if found is None:
        return BOLD if bold else REGULAR
    return f"NotoSans{found.lastgroup}-{'Bold' if bold else 'Regular'}"


def needs_other_faces(text: str) -> bool:
    """Return whether a text has letters that DejaVu Sans is not taken for."""
    return not text.isascii() and _OF_SCRIPT.search(text) is not None


def can_draw(letter: str) -> bool:
    """Return whether a letter can be drawn as it is written, in both weights."""
    return all(face(name_for(letter, bold=bold)).has(letter) for bold in (False, True))


@cache
def content(name: str) -> bytes:
    """Return the file of a face."""
    return files("scrubbers").joinpath("fonts", f"{name}.ttf").read_bytes()


def read_all() -> None:
    """Read the file of every face, so that nothing has to be opened later. Opening them waits until they are needed."""
    for letter in ("A", *(letters[0] for letters in _SCRIPTS.values())):
        for bold in (False, True):
            content(name_for(letter, bold=bold))


class Part(NamedTuple):
    """A glyph of a face by its number, and how far it is moved, in units of the face."""

    number: int
    across: int = 0
    up: int = 0


class Glyph(NamedTuple):
    """The letter that a glyph of a document shows, what it is made of, and how wide it is."""

    text: str
    parts: tuple[Part, ...]
    advance: int


class Face:
    """One font file, opened. Widths are of a thousandth of the em."""

    def __init__(self, name: str) -> None:
        """Open the file that was read."""
        self._font = TTFont(io.BytesIO(content(name)))
        self._glyf: Any = self._font["glyf"]
        self._names: dict[int, str] = self._font.getBestCmap()
        self._metrics: Any = self._font["hmtx"].metrics
        self._has_all = name not in (REGULAR, BOLD)
        self.units: int = self._font["head"].unitsPerEm
        self._glyphs: dict[str, Glyph] = {}
        self._width_of = _Widths(self).__getitem__

    def has(self, letter: str) -> bool:
        """Return whether the face has the letter, and what else it takes to draw it."""
        known = ord(letter) in self._names
        return known and (self._has_all or unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT)

    def number(self, letter: str) -> int:
        """Return the number of a letter's own glyph; zero for a letter that has none."""
        return int(self._font.getGlyphID(self._names.get(ord(letter), ".notdef")))

    def glyph(self, letter: str) -> Glyph:
        """Return a letter as it is where nothing is joined to it."""
        found = self._glyphs.get(letter)
        if found is None:
            advance, _ = self._metrics[self._names[ord(letter)]]
            found = self._glyphs[letter] = Glyph(letter, (Part(self.number(letter)),), advance)
        return found

    def thousandths(self, advance: int) -> int:
        """Return a width of the face as a document says it."""
        return round(advance * UNITS / self.units)

    def width(self, text: str) -> float:
        """Return how wide a text is at a size of one point, letter by letter."""
        return sum(map(self._width_of, text)) / UNITS

    def program(self, glyphs: Sequence[Glyph]) -> bytes:
        """Return a TrueType program with an empty glyph and these: tables that say nothing else."""
        outlines = [self._outline(glyph) for glyph in glyphs]
        return _program([_EMPTY, *outlines], [0, *(glyph.advance for glyph in glyphs)], self.units)

    def _outline(self, glyph: Glyph) -> "_Outline":
        whole = _Outline([], [], [])
        for part in glyph.parts:
            # The coordinates of a glyph that is made of others come out as one outline.
            points, ends, flags = self._glyf[self._font.getGlyphName(part.number)].getCoordinates(self._glyf)
            whole.ends += [len(whole.points) + end for end in ends]
            whole.points += [(round(x) + part.across, round(y) + part.up) for x, y in points]
            whole.on += [flag & _ON for flag in flags]
        return whole


class _Widths(dict[str, int]):
    """Letters and their widths in thousandths, each worked out once: a large table asks for millions."""

    def __init__(self, of: Face) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, letter: str) -> int:
        found = self[letter] = self._of.thousandths(self._of.glyph(letter).advance)
        return found


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
    """Open a face."""
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
