"""Writes a TrueType program from glyphs: ten tables, and the same bytes for the same glyphs.

    cmap  codes to glyphs, as (1, 0) and as (3, 0) from F000 on; only for fonts whose codes are single bytes
    glyf  each glyph's contours and nothing else; no glyph is made of others, none has bytecode
    head  no date, no revision; the box of all glyphs          hhea, hmtx, maxp, loca: what the glyphs say
    post  no names

Glyph 0 is what stands for missing ones.
"""

import struct
from collections.abc import Mapping, Sequence
from typing import Final

from scrubbers.jailed.pdf.fonts.programs.glyf import Glyph
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_ON, _X_SHORT, _Y_SHORT, _X_SAME, _Y_SAME = 1, 2, 4, 16, 32
_CHECKSUM_MAGIC: Final = 0xB1B0AFBA
_HEAD_MAGIC: Final = 0x5F0F3CF5
_SYMBOLS: Final = 0xF000
# That lefts and scales are whole numbers of pixels changes where things are drawn; the other flags do not.
_FLAGS_KEPT: Final = 0b1011
_MOST_GLYPHS: Final = 65_000
_LEAST, _MOST = -(2**15), 2**15 - 1


def program(glyphs: Sequence[Glyph], units: int, flags: int, codes: Mapping[int, int] | None) -> bytes:
    """Return the program; raises NotRebuildable if a glyph does not fit its format."""
    if len(glyphs) > _MOST_GLYPHS:
        raise NotRebuildable
    written = [_glyph(glyph) for glyph in glyphs]
    places = [0]
    for data in written:
        places.append(places[-1] + len(data))
    boxes = [_box(glyph) for glyph in glyphs if glyph.xs] or [(0, 0, 0, 0)]
    box = (
        min(each[0] for each in boxes), min(each[1] for each in boxes),
        max(each[2] for each in boxes), max(each[3] for each in boxes),
    )  # fmt: skip
    lefts = [(min(glyph.xs) if glyph.xs else 0) - glyph.shift for glyph in glyphs]
    if not all(_LEAST <= left <= _MOST for left in lefts):
        raise NotRebuildable
    widths = [glyph.width for glyph in glyphs]
    tables = {
        b"glyf": b"".join(written),
        b"head": struct.pack(
            ">LLLLHHQQ4hHHhhh",
            0x00010000, 0, 0, _HEAD_MAGIC, flags & _FLAGS_KEPT, units, 0, 0, *box, 0, 8, 2, 1, 0,
        ),
        b"hhea": struct.pack(
            ">L3hH3h3h4hhH", 0x00010000, box[3], box[1], 0, max(widths), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, len(glyphs)
        ),
        b"hmtx": b"".join(struct.pack(">Hh", width, left) for width, left in zip(widths, lefts, strict=True)),
        b"loca": struct.pack(f">{len(places)}L", *places),
        b"maxp": _most(glyphs),
        b"post": struct.pack(">L28x", 0x00030000),
    }  # fmt: skip
    if codes is not None:
        tables[b"cmap"] = _cmap(codes)
    return _assembled(tables)


def _box(glyph: Glyph) -> tuple[int, int, int, int]:
    return min(glyph.xs), min(glyph.ys), max(glyph.xs), max(glyph.ys)


def _most(glyphs: Sequence[Glyph]) -> bytes:
    points = max(len(glyph.xs) for glyph in glyphs)
    contours = max(len(glyph.ends) for glyph in glyphs)
    return struct.pack(">L14H", 0x00010000, len(glyphs), points, contours, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0)


def _glyph(glyph: Glyph) -> bytes:
    if not glyph.xs:
        return b""
    box = _box(glyph)
    if box[0] < _LEAST or box[1] < _LEAST or box[2] > _MOST or box[3] > _MOST:
        raise NotRebuildable
    flags, across, up = bytearray(), bytearray(), bytearray()
    x = y = 0
    for new_x, new_y, on in zip(glyph.xs, glyph.ys, glyph.on, strict=True):
        flags.append(
            on * _ON | _difference(across, new_x - x, _X_SHORT, _X_SAME) | _difference(up, new_y - y, _Y_SHORT, _Y_SAME)
        )
        x, y = new_x, new_y
    ends = struct.pack(f">{len(glyph.ends)}H", *glyph.ends)
    data = struct.pack(">5h", len(glyph.ends), *box) + ends + b"\0\0" + flags + across + up
    return data + bytes(-len(data) % 4)


def _difference(into: bytearray, value: int, short: int, same: int) -> int:
    """Append a coordinate's change in its shortest form; returns the flags that say which it is."""
    if not value:
        return same
    if -256 < value < 256:  # noqa: PLR2004
        into.append(abs(value))
        return short | (same if value > 0 else 0)
    if not _LEAST <= value <= _MOST:
        raise NotRebuildable
    into += value.to_bytes(2, "big", signed=True)
    return 0


def _cmap(codes: Mapping[int, int]) -> bytes:
    if any(glyph > 0xFF for glyph in codes.values()):  # noqa: PLR2004  no more than 256 codes, so no more glyphs
        raise NotRebuildable
    by_bytes = struct.pack(">3H", 0, 262, 0) + bytes(codes.get(code, 0) for code in range(256))
    # One segment for all 256 codes, whose glyphs stand in the array behind it, and the last one that must be there.
    array = struct.pack(">256H", *(codes.get(code, 0) for code in range(256)))
    segments = struct.pack(
        ">7H2HH2H2H2H",
        4, 32 + len(array), 0, 4, 4, 1, 0, _SYMBOLS + 0xFF, 0xFFFF, 0, _SYMBOLS, 0xFFFF, 0, 1, 4, 0,
    )  # fmt: skip
    return struct.pack(">HHHHLHHL", 0, 2, 1, 0, 20, 3, 0, 20 + len(by_bytes)) + by_bytes + segments + array


def _assembled(tables: Mapping[bytes, bytes]) -> bytes:
    count = len(tables)
    power = count.bit_length() - 1
    head = struct.pack(">4sHHHH", b"\0\1\0\0", count, 16 << power, power, 16 * count - (16 << power))
    position = 12 + 16 * count
    entries, bodies = [], []
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        entries.append(struct.pack(">4sLLL", tag, _checksum(padded), position, len(data)))
        bodies.append(padded)
        position += len(padded)
    whole = head + b"".join(entries) + b"".join(bodies)
    at = _place_of_head(tables)
    adjustment = (_CHECKSUM_MAGIC - _checksum(whole)) & 0xFFFFFFFF
    return whole[: at + 8] + struct.pack(">L", adjustment) + whole[at + 12 :]


def _place_of_head(tables: Mapping[bytes, bytes]) -> int:
    before = (data for tag, data in tables.items() if tag < b"head")
    return 12 + 16 * len(tables) + sum(len(data) + -len(data) % 4 for data in before)


def _checksum(padded: bytes) -> int:
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF
