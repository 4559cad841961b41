"""Reads one outline of a TrueType font to its end: flags and coordinates, or the glyphs it is put together from."""

import itertools
import re
import struct
from typing import Final

from scrubbers.jailed.verify_pdf_values import demand

_HEADER: Final = 10
_MOST_CONTOURS: Final = 4096
_X_SHORT, _Y_SHORT, _REPEAT, _X_SAME, _Y_SAME, _RESERVED = 0x02, 0x04, 0x08, 0x10, 0x20, 0x80
# How many bytes the coordinates of a point take, by its flags.
_POINT_BYTES: Final = tuple(
    (1 if flags & _X_SHORT else 0 if flags & _X_SAME else 2) + (1 if flags & _Y_SHORT else 0 if flags & _Y_SAME else 2)
    for flags in range(256)
)
_WORDS, _SCALE, _MORE, _TWO_SCALES, _FOUR_SCALES, _INSTRUCTIONS = 0x01, 0x08, 0x20, 0x40, 0x80, 0x100
_COMPONENT_RESERVED: Final = 0xE010
_PADDING: Final = re.compile(rb"\0{0,3}")


def read_glyph(untrusted: bytes) -> frozenset[int]:
    """The glyphs it is put together from; raises Unaccounted, IndexError or struct.error."""
    (contours,) = struct.unpack_from(">h", untrusted)
    parts: set[int] = set()
    if contours < 0:
        demand(contours == -1, "a glyph's parts")
        end = _end_of_components(untrusted, parts)
    else:
        demand(contours <= _MOST_CONTOURS, "a glyph's contours")
        end = _end_of_points(untrusted, contours)
    demand(end <= len(untrusted) and _PADDING.fullmatch(untrusted, end), "what stands behind an outline")
    return frozenset(parts)


def _end_of_points(untrusted: bytes, contours: int) -> int:
    ends = struct.unpack_from(f">{contours}H", untrusted, _HEADER)
    demand(all(first < then for first, then in itertools.pairwise(ends)), "a glyph's contours")
    position = _HEADER + 2 * contours
    if not contours:
        return position
    demand(untrusted[position : position + 2] == b"\0\0", "a glyph's instructions")
    position += 2
    left, coordinates = ends[-1] + 1, 0
    while left > 0:
        flags = untrusted[position]
        demand(not flags & _RESERVED, "a point's flags")
        times = 1
        if flags & _REPEAT:
            position += 1
            times += untrusted[position]
        position += 1
        left -= times
        coordinates += times * _POINT_BYTES[flags]
    demand(left == 0, "a glyph's points")
    return position + coordinates


def _end_of_components(untrusted: bytes, parts: set[int]) -> int:
    position, flags = _HEADER, _MORE
    while flags & _MORE:
        flags, glyph = struct.unpack_from(">HH", untrusted, position)
        demand(not flags & (_COMPONENT_RESERVED | _INSTRUCTIONS), "a part's flags")
        scales = [wide for bit, wide in ((_SCALE, 2), (_TWO_SCALES, 4), (_FOUR_SCALES, 8)) if flags & bit]
        demand(len(scales) <= 1, "a part's flags")
        position += 4 + (4 if flags & _WORDS else 2) + sum(scales)
        parts.add(glyph)
    return position
