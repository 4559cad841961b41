"""Reads a CFF program: its glyphs' outlines, names or CIDs, and its own encoding. Raises NotRebuildable.

Technical Note 5176. Only offsets, charstrings, subroutines, widths, matrices and glyph names are read; notices, family
names and whatever else stands in the dictionaries is passed over. Glyphs are read when they are asked for.
"""

import struct
from collections.abc import Sequence
from typing import Final

from fontTools.cffLib import cffExpertSubsetStrings, cffIExpertStrings, cffISOAdobeStrings, cffStandardStrings
from fontTools.encodings.StandardEncoding import StandardEncoding

from scrubbers.jailed.pdf.fonts.programs.outline import Outline
from scrubbers.jailed.pdf.fonts.programs.type2_charstring import Type2Reader
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

Matrix = tuple[float, ...]

USUAL_MATRIX: Final[Matrix] = (0.001, 0, 0, 0.001, 0, 0)
_CHARSET, _ENCODING, _CHARSTRINGS, _PRIVATE, _SUBRS, _DEFAULT_WIDTH, _NOMINAL_WIDTH = 15, 16, 17, 18, 19, 20, 21
_CHARSTRING_TYPE, _MATRIX, _REGISTRY, _FD_ARRAY, _FD_SELECT = 1206, 1207, 1230, 1236, 1237
_CHARSETS: Final = (cffISOAdobeStrings, cffIExpertStrings, cffExpertSubsetStrings)
_NIBBLES: Final = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "E", "E-", "", "-")
_NIBBLE_END: Final = 15
_TYPE_2: Final = 2
_LONGEST_REAL: Final = 40


class _Index(Sequence[bytes]):
    """An INDEX: items are cut out when asked for."""

    def __init__(self, data: bytes, position: int) -> None:
        self._data = data
        (count,) = struct.unpack_from(">H", data, position)
        self._offsets: list[int] = []
        self.end = position + 2
        if count:
            size = data[position + 2]
            if not 1 <= size <= 4:  # noqa: PLR2004
                raise NotRebuildable
            table = data[position + 3 : position + 3 + (count + 1) * size]
            if len(table) != (count + 1) * size:
                raise NotRebuildable
            start = position + 2 + len(table)
            offsets = (int.from_bytes(table[at : at + size], "big") for at in range(0, len(table), size))
            self._offsets = [start + offset for offset in offsets]
            self.end = self._offsets[-1]

    def __len__(self) -> int:
        return max(len(self._offsets) - 1, 0)

    def __getitem__(self, number: int) -> bytes:  # type: ignore[override]  # no slices are taken
        if not 0 <= number < len(self):
            raise IndexError
        return self._data[self._offsets[number] : self._offsets[number + 1]]


class _Private:
    """Widths and subroutines of one Private dictionary."""

    def __init__(self, data: bytes, place: Sequence[float]) -> None:
        self.widths: tuple[float, float] = (0, 0)
        self.subroutines: Sequence[bytes] = ()
        if len(place) == 2:  # noqa: PLR2004
            size, offset = int(place[0]), int(place[1])
            entries = _dictionary(data[offset : offset + size])
            self.widths = (_first(entries, _DEFAULT_WIDTH), _first(entries, _NOMINAL_WIDTH))
            if _first(entries, _SUBRS):
                self.subroutines = _Index(data, offset + int(_first(entries, _SUBRS)))


class CffProgram:
    """A CFF program of the source. `names` by glyph, or `by_cid` if it is keyed by CIDs."""

    def __init__(self, untrusted: bytes) -> None:
        self._data = untrusted
        names = _Index(untrusted, untrusted[2])
        tops = _Index(untrusted, names.end)
        strings = _Index(untrusted, tops.end)
        self._general = _Index(untrusted, strings.end)
        top = _dictionary(tops[0])
        if _first(top, _CHARSTRING_TYPE, _TYPE_2) != _TYPE_2:
            raise NotRebuildable
        self._charstrings = _Index(untrusted, _place(top, _CHARSTRINGS))
        self.count = len(self._charstrings)
        if not self.count:
            raise NotRebuildable
        self.keyed_by_cid = _REGISTRY in top
        self.matrix: Matrix = _matrix(top) or USUAL_MATRIX
        self._outlines: dict[int, Outline] = {}
        self._select: Sequence[int] = bytes(self.count)
        self.names: list[str] = []
        self.by_name: dict[str, int] = {}
        self.by_cid: dict[int, int] = {}
        self.encoding: dict[int, int] = {}
        if self.keyed_by_cid:
            self._read_cids(top)
        else:
            self._privates = [_Private(untrusted, top.get(_PRIVATE, ()))]
            self._read_names(top, strings)

    def outline(self, glyph: int) -> Outline:
        """Return the glyph's outline; raises NotRebuildable."""
        found = self._outlines.get(glyph)
        if found is None:
            found = self._outlines[glyph] = self._read(glyph, accents=True)
        return found

    def _read(self, glyph: int, *, accents: bool) -> Outline:
        if not 0 <= glyph < self.count:
            raise NotRebuildable
        private = self._privates[self._select[glyph]]
        accented = self._accented if accents and not self.keyed_by_cid else None
        reader = Type2Reader(private.subroutines, self._general, private.widths, accented)
        return reader.read(self._charstrings[glyph])

    def _accented(self, code: int) -> Outline:
        if not 0 <= code < len(StandardEncoding):
            raise NotRebuildable
        glyph = self.by_name.get(StandardEncoding[code])
        if glyph is None:
            raise NotRebuildable
        return self._read(glyph, accents=False)

    def _read_cids(self, top: dict[int, list[float]]) -> None:
        offset = int(_first(top, _CHARSET))
        order = range(self.count) if offset < len(_CHARSETS) else _charset(self._data, offset, self.count)
        self.by_cid = {cid: glyph for glyph, cid in reversed(list(enumerate(order)))}
        fonts = [_dictionary(each) for each in _Index(self._data, _place(top, _FD_ARRAY))]
        self._privates = [_Private(self._data, font.get(_PRIVATE, ())) for font in fonts]
        own = {_matrix(font) for font in fonts}
        if len(own) != 1:
            raise NotRebuildable
        # Programs differ in where they say the matrix: in the font, in its parts, or the one as a factor of the other.
        (matrix,) = own
        if matrix is not None:
            self.matrix = _times(matrix, self.matrix) if _MATRIX in top else matrix
        self._select = _selection(self._data, _place(top, _FD_SELECT), self.count)

    def _read_names(self, top: dict[int, list[float]], strings: _Index) -> None:
        offset = int(_first(top, _CHARSET))
        if offset < len(_CHARSETS):
            self.names = list(_CHARSETS[offset][: self.count])
            self.names += [""] * (self.count - len(self.names))
        else:
            self.names = [_string(number, strings) for number in _charset(self._data, offset, self.count)]
        self.names[0] = ".notdef"
        self.by_name = {name: glyph for glyph, name in reversed(list(enumerate(self.names))) if name}
        self.encoding = self._own_encoding(int(_first(top, _ENCODING)), strings)

    def _own_encoding(self, offset: int, strings: _Index) -> dict[int, int]:
        if offset <= 1:
            return {
                code: self.by_name[name]
                for code, name in enumerate(StandardEncoding)
                if name in self.by_name and name != ".notdef" and offset == 0
            }
        data, found = self._data, {}
        form, count = data[offset] & 0x7F, data[offset + 1]
        position, glyph = offset + 2, 1
        for _ in range(count):
            if form == 0:
                found[data[position]] = glyph
                position, glyph = position + 1, glyph + 1
            elif form == 1:
                for code in range(data[position], data[position] + data[position + 1] + 1):
                    found[code] = glyph
                    glyph += 1
                position += 2
            else:
                raise NotRebuildable
        if data[offset] & 0x80:
            for at in range(position + 1, position + 1 + 3 * data[position], 3):
                code, number = struct.unpack_from(">BH", data, at)
                found[code] = self.by_name.get(_string(number, strings), 0)
        return {code: glyph for code, glyph in found.items() if 0 < glyph < self.count and code <= 0xFF}  # noqa: PLR2004


def _dictionary(data: bytes) -> dict[int, list[float]]:
    """Operators with their operands."""
    found: dict[int, list[float]] = {}
    operands: list[float] = []
    position = 0
    while position < len(data):
        byte = data[position]
        position += 1
        if byte <= 21:  # noqa: PLR2004  the forms: the note's table 3
            if byte == 12:  # noqa: PLR2004
                byte, position = 1200 + data[position], position + 1
            found.setdefault(byte, operands)
            operands = []
        elif byte == 28:  # noqa: PLR2004
            operands.append(int.from_bytes(data[position : position + 2], "big", signed=True))
            position += 2
        elif byte == 29:  # noqa: PLR2004
            operands.append(int.from_bytes(data[position : position + 4], "big", signed=True))
            position += 4
        elif byte == 30:  # noqa: PLR2004
            value, position = _real(data, position)
            operands.append(value)
        elif 32 <= byte <= 246:  # noqa: PLR2004
            operands.append(byte - 139)
        elif 247 <= byte <= 254:  # noqa: PLR2004
            above = (byte - 247) * 256 + data[position] + 108
            operands.append(above if byte < 251 else 1024 - above)  # noqa: PLR2004  the same row, below zero
            position += 1
        else:
            raise NotRebuildable
    return found


def _real(data: bytes, position: int) -> tuple[float, int]:
    text = ""
    while len(text) < _LONGEST_REAL:
        byte = data[position]
        position += 1
        for nibble in (byte >> 4, byte & 15):
            if nibble == _NIBBLE_END:
                return float(text), position
            text += _NIBBLES[nibble]
    raise NotRebuildable


def _first(entries: dict[int, list[float]], operator: int, otherwise: float = 0) -> float:
    values = entries.get(operator)
    return values[0] if values else otherwise


def _place(entries: dict[int, list[float]], operator: int) -> int:
    offset = int(_first(entries, operator))
    if offset <= 0:
        raise NotRebuildable
    return offset


def _matrix(entries: dict[int, list[float]]) -> Matrix | None:
    values = entries.get(_MATRIX)
    return tuple(values) if values and len(values) == 6 else None  # noqa: PLR2004


def _times(first: Matrix, then: Matrix) -> Matrix:
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u


def _string(number: int, strings: _Index) -> str:
    if number < len(cffStandardStrings):
        return str(cffStandardStrings[number])
    number -= len(cffStandardStrings)
    return strings[number].decode("latin-1") if number < len(strings) else ""


def _charset(data: bytes, position: int, count: int) -> list[int]:
    """Return the number of each glyph's name, or its CID."""
    form = data[position]
    position += 1
    if form == 0:
        return [0, *struct.unpack_from(f">{count - 1}H", data, position)]
    found = [0]
    layout = {1: ">HB", 2: ">HH"}[form]
    while len(found) < count:
        first, more = struct.unpack_from(layout, data, position)
        position += struct.calcsize(layout)
        found += range(first, first + more + 1)
    return found[:count]


def _selection(data: bytes, position: int, count: int) -> Sequence[int]:
    """Which part of the font each glyph belongs to."""
    if data[position] == 0:
        return data[position + 1 : position + 1 + count]
    if data[position] != 3:  # noqa: PLR2004
        raise NotRebuildable
    (ranges,) = struct.unpack_from(">H", data, position + 1)
    found = bytearray(count)
    for at in range(position + 3, position + 3 + 3 * ranges, 3):
        first, part, until = struct.unpack_from(">HBH", data, at)
        found[first:until] = bytes((part,)) * (min(until, count) - first)
    return found[:count]
