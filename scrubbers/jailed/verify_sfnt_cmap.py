"""Reads the table of a TrueType font that leads from codes to glyphs: formats 0, 4, 6 and 12, each to its end."""

import struct
from collections.abc import Callable, Mapping
from typing import Final

from scrubbers.jailed.verify_pdf_values import demand

# Macintosh Roman; Windows symbols, Unicode, all of Unicode.
_ENCODINGS: Final = {(1, 0), (3, 0), (3, 1), (3, 10)}
_HEADER: Final = 4
_RECORD: Final = 8
_MOST_CODES: Final = 65_536


def read_cmap(untrusted: bytes, glyphs: int) -> dict[tuple[int, int], Mapping[int, int]]:
    """By platform and encoding, which glyph a code leads to; raises Unaccounted, IndexError or struct.error."""
    version, count = struct.unpack_from(">HH", untrusted)
    demand(version == 0, "cmap")
    found: dict[tuple[int, int], Mapping[int, int]] = {}
    maps: dict[int, Mapping[int, int]] = {}
    end = _HEADER + _RECORD * count
    for position in range(_HEADER, end, _RECORD):
        platform, encoding, offset = struct.unpack_from(">HHL", untrusted, position)
        key = platform, encoding
        demand(key in _ENCODINGS and (not found or key > max(found)), "cmap")
        if offset not in maps:
            # A map that two encodings share stands there once; each new one follows the last.
            demand(offset == end, "a map's place")
            maps[offset], length = _read_map(untrusted[offset:])
            end += length
        found[key] = maps[offset]
    demand(end == len(untrusted), "the end of cmap")
    for codes in maps.values():
        demand(all(glyph < glyphs for glyph in codes.values()), "a glyph that is not there")
    return found


def _read_map(untrusted: bytes) -> tuple[Mapping[int, int], int]:
    (form,) = struct.unpack_from(">H", untrusted)
    read = _READERS.get(form)
    demand(read is not None, "a map's format")
    return read(untrusted) if read is not None else ({}, 0)


def _read_bytes(untrusted: bytes) -> tuple[Mapping[int, int], int]:
    """Format 0: a glyph for each of 256 codes."""
    _, length, language = struct.unpack_from(">HHH", untrusted)
    demand(length == 262 and language == 0 and len(untrusted) >= length, "a map of bytes")  # noqa: PLR2004  6 + 256
    return {code: glyph for code, glyph in enumerate(untrusted[6:262]) if glyph}, length


def _read_segments(untrusted: bytes) -> tuple[Mapping[int, int], int]:
    """Format 4: segments of codes, with a difference or a list of glyphs; each entry of the list is used."""
    _, length, language, twice, search, power, rest = struct.unpack_from(">7H", untrusted)
    count = twice // 2
    widest = 2 << max(count.bit_length() - 1, 0)
    demand(language == 0 and twice % 2 == 0 and count > 0, "a map of segments")
    demand((search, 1 << power << 1, rest) == (widest, widest, twice - widest), "a map of segments")
    ends = struct.unpack_from(f">{count}H", untrusted, 14)
    starts = struct.unpack_from(f">{count}H", untrusted, 16 + twice)
    deltas = struct.unpack_from(f">{count}H", untrusted, 16 + 2 * twice)
    offsets = struct.unpack_from(f">{count}H", untrusted, 16 + 3 * twice)
    listed = 16 + 4 * twice
    demand(untrusted[14 + twice : 16 + twice] == b"\0\0" and ends[-1] == 0xFFFF, "a map of segments")  # noqa: PLR2004
    demand(listed <= length <= len(untrusted) and (length - listed) % 2 == 0, "a map of segments")
    codes: dict[int, int] = {}
    used: set[int] = set()
    last = -1
    for index, (start, end, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
        demand(last < start <= end, "a map of segments")
        last = end
        for code in range(start, end + 1):
            glyph = code
            if offset:
                place = 16 + 3 * twice + 2 * index + offset + 2 * (code - start)
                demand(listed <= place <= length - 2, "a map of segments")
                used.add(place)
                (glyph,) = struct.unpack_from(">H", untrusted, place)
            if glyph or not offset:
                codes[code] = (glyph + delta) & 0xFFFF
    demand(len(used) == (length - listed) // 2, "a map's list")
    return {code: glyph for code, glyph in codes.items() if glyph}, length


def _read_array(untrusted: bytes) -> tuple[Mapping[int, int], int]:
    """Format 6: glyphs for codes that follow each other."""
    _, length, language, first, count = struct.unpack_from(">5H", untrusted)
    demand(language == 0 and length == 10 + 2 * count, "a map of codes in a row")
    glyphs = struct.unpack_from(f">{count}H", untrusted, 10)
    return {first + index: glyph for index, glyph in enumerate(glyphs) if glyph}, length


def _read_groups(untrusted: bytes) -> tuple[Mapping[int, int], int]:
    """Format 12: groups of codes that follow each other, with glyphs that do."""
    _, reserved, length, language, count = struct.unpack_from(">HHLLL", untrusted)
    demand(reserved == 0 and language == 0 and length == 16 + 12 * count, "a map of groups")
    codes: dict[int, int] = {}
    last = -1
    for index in range(count):
        start, end, glyph = struct.unpack_from(">LLL", untrusted, 16 + 12 * index)
        demand(last < start <= end <= start + _MOST_CODES, "a map of groups")
        last = end
        codes.update((start + step, glyph + step) for step in range(end - start + 1))
        demand(len(codes) <= _MOST_CODES, "a map of groups")
    return codes, length


_READERS: Final[dict[int, Callable[[bytes], tuple[Mapping[int, int], int]]]] = {
    0: _read_bytes,
    4: _read_segments,
    6: _read_array,
    12: _read_groups,
}
