"""Builds a matrix/TRC colour profile from the chromaticities of the primaries and white, and a gamma.

Of the tags that ICC.1 requires, those that a converter reads.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

Chromaticity = tuple[float, float]
"""CIE x and y."""
_Triple = tuple[float, float, float]

# The white point of the profile connection space (D50), and the Bradford matrix of cone responses.
_PROFILE_WHITE: Final = (0.9642, 1.0, 0.8249)
_BRADFORD: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_HEAD_BYTES, _TAG_BYTES = 128, 12
_VERSION: Final = b"\x04\x20\0\0"
_FIXED: Final = 65536
# The least determinant of the primaries: below it they are nearly on a line. sRGB's is 0.2.
_LEAST_BETWEEN: Final = 1e-3
# sRGB's curve in IEC 61966-2-1: exponent, slope and offset, slope of the linear part and where that ends.
_SRGB_CURVE: Final = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_POWER_ALONE, _POWER_AND_STRAIGHT = 0, 3


@dataclass(frozen=True, slots=True)
class RgbSpace:
    """Three primaries, their white, and the exponent from a channel to light; None for the curve of sRGB."""

    red: Chromaticity
    green: Chromaticity
    blue: Chromaticity
    white: Chromaticity
    power: float | None = None


def rgb_profile(space: RgbSpace) -> bytes | None:
    """Return the profile of this space; None for numbers that make none."""
    try:
        columns = _columns(space)
    except ZeroDivisionError:
        return None
    if columns is None:
        return None
    tags = [(b"desc", _text("described")), (b"cprt", _text("")), (b"wtpt", _xyz(_PROFILE_WHITE))]
    tags += [(name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)]
    tags += [(name, _curve(space.power)) for name in (b"rTRC", b"gTRC", b"bTRC")]
    return _profile(tags)


def _columns(space: RgbSpace) -> list[_Triple] | None:
    """Return the XYZ of the three primaries, adapted to the profile's white point; None for impossible numbers."""
    primaries = [_xyz_at_full_light(primary) for primary in (space.red, space.green, space.blue)]
    white = _xyz_at_full_light(space.white)
    across = tuple(zip(*primaries, strict=True))
    if abs(_determinant(across)) < _LEAST_BETWEEN:
        return None
    shares = _solved(across, white)
    source_white, target_white = _times(_BRADFORD, white), _times(_BRADFORD, _PROFILE_WHITE)
    if min(source_white) <= 0:
        return None
    columns = []
    for primary, share in zip(primaries, shares, strict=True):
        cones = _times(_BRADFORD, [share * one for one in primary])
        adapted = [one * to / of for one, to, of in zip(cones, target_white, source_white, strict=True)]
        columns.append(_solved(_BRADFORD, adapted))
    return columns if all(abs(one) < _PROFILE_WHITE[1] * 4 for column in columns for one in column) else None


def _xyz_at_full_light(chromaticity: Chromaticity) -> _Triple:
    x, y = chromaticity
    return x / y, 1.0, (1 - x - y) / y


def _times(matrix: Sequence[Sequence[float]], column: Sequence[float]) -> _Triple:
    one, two, three = (sum(a * b for a, b in zip(row, column, strict=True)) for row in matrix)
    return one, two, three


def _solved(matrix: Sequence[Sequence[float]], wanted: Sequence[float]) -> _Triple:
    """Solve three linear equations by Cramer's rule."""
    whole = _determinant(matrix)
    one, two, three = (
        _determinant([[wanted[row] if at == column else matrix[row][at] for at in range(3)] for row in range(3)])
        / whole
        for column in range(3)
    )
    return one, two, three


def _determinant(m: Sequence[Sequence[float]]) -> float:
    return sum(
        m[0][at] * (m[1][(at + 1) % 3] * m[2][(at + 2) % 3] - m[1][(at + 2) % 3] * m[2][(at + 1) % 3])
        for at in range(3)
    )


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(_FIXED * value) for value in values))


def _curve(power: float | None) -> bytes:
    kind, numbers = (_POWER_AND_STRAIGHT, _SRGB_CURVE) if power is None else (_POWER_ALONE, (power,))
    return b"para\0\0\0\0" + struct.pack(f">HH{len(numbers)}i", kind, 0, *(round(_FIXED * one) for one in numbers))


def _text(text: str) -> bytes:
    written = text.encode("utf-16-be")
    return b"mluc\0\0\0\0" + struct.pack(">II4sII", 1, 12, b"enUS", len(written), 28) + written


def _profile(tags: list[tuple[bytes, bytes]]) -> bytes:
    start = _HEAD_BYTES + 4 + _TAG_BYTES * len(tags)
    listed, data = b"", b""
    for name, body in tags:
        listed += struct.pack(">4sII", name, start + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = bytearray(_HEAD_BYTES)
    head[0:4] = struct.pack(">I", start + len(data))
    head[8:12], head[12:16], head[16:20], head[20:24] = _VERSION, b"mntr", b"RGB ", b"XYZ "
    head[36:40], head[68:80] = b"acsp", _xyz(_PROFILE_WHITE)[8:]
    return bytes(head) + struct.pack(">I", len(tags)) + listed + data
