"""Reads a TIFF as our encoder writes it: pages of deflated strips, the tags that describe them, and no gap between.

The encoder writes pages one after the other as small TIFFs of their own and chains them. What that leaves between two
pages is known: zeros for alignment, and the eight bytes of the page's own header, which point at its directory.
"""

import mmap
import struct
from dataclasses import dataclass, field
from typing import Final

from second_reader.inflate import InflatedSize

_HEADER: Final = b"II*\x00"
_ENTRY: Final = struct.Struct("<HHII")
_SHORT, _LONG = 3, 4
_FORMATS: Final = {_SHORT: "H", _LONG: "I"}
_SIZES: Final = {_SHORT: 2, _LONG: 4}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _CHANNELS, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANES, _EXTRA = 273, 277, 278, 279, 284, 338
_REQUIRED: Final = {_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_BYTES, _PLANES}
_ALLOWED: Final = _REQUIRED | {_BITS, _CHANNELS, _EXTRA}
# BitsPerSample, SamplesPerPixel (left out for one), PhotometricInterpretation, ExtraSamples (2: alpha): as they go
# together in the five modes that we write.
_MODES: Final = {
    ((1,), None, 1, None),
    ((8,), None, 1, None),
    ((8, 8), 2, 1, 2),
    ((8, 8, 8), 3, 2, None),
    ((8, 8, 8, 8), 4, 2, 2),
}
_DEFLATE: Final = 8
_MOST_PAGES: Final = 200
_MOST_VALUES: Final = 1_000_000
# Pages are aligned: the padding is less than this, and the file's length a multiple of it.
_ALIGNMENT: Final = 16


@dataclass
class _Covered:
    """Which bytes were accounted for, and where each page's directory is."""

    parts: list[tuple[int, int]] = field(default_factory=lambda: [(0, 8)])
    directories: set[int] = field(default_factory=set)


def is_clean(untrusted: mmap.mmap) -> bool:
    """Return whether every byte is accounted for."""
    if untrusted[:4] != _HEADER or len(untrusted) % _ALIGNMENT:
        return False
    covered = _Covered()
    directory = int.from_bytes(untrusted[4:8], "little")
    while directory:
        if directory in covered.directories or len(covered.directories) == _MOST_PAGES:
            return False
        covered.directories.add(directory)
        tags, following = _read_directory(untrusted, directory, covered)
        if not _page_is_clean(untrusted, tags, covered):
            return False
        directory = following
    return bool(covered.directories) and _gaps_are_clean(untrusted, covered)


def _read_directory(untrusted: mmap.mmap, start: int, covered: _Covered) -> tuple[dict[int, tuple[int, ...]], int]:
    """Return one page's tags and the offset of the next directory. Raises ValueError for a type we do not write."""
    count = int.from_bytes(untrusted[start : start + 2], "little")
    end = start + 2 + count * _ENTRY.size
    covered.parts.append((start, end + 4))
    tags: dict[int, tuple[int, ...]] = {}
    for position in range(start + 2, end, _ENTRY.size):
        tag, kind, length, value = _ENTRY.unpack(untrusted[position : position + _ENTRY.size])
        # Only in rising order, so that the order can encode nothing.
        if kind not in _FORMATS or tag <= max(tags, default=0) or length > _MOST_VALUES:
            raise ValueError
        size = length * _SIZES[kind]
        if size > 4:  # noqa: PLR2004  up to four bytes stand in the entry itself
            covered.parts.append((value, value + size))
            raw = untrusted[value : value + size]
        else:
            raw = untrusted[position + 8 : position + 8 + size]
            if any(untrusted[position + 8 + size : position + 12]):
                raise ValueError
        tags[tag] = struct.unpack(f"<{length}{_FORMATS[kind]}", raw)
    return tags, int.from_bytes(untrusted[end : end + 4], "little")


def _page_is_clean(untrusted: mmap.mmap, tags: dict[int, tuple[int, ...]], covered: _Covered) -> bool:
    """Return whether the tags are the allowed ones and each strip holds its rows exactly."""
    if not _REQUIRED <= set(tags) <= _ALLOWED or tags[_COMPRESSION] != (_DEFLATE,) or tags[_PLANES] != (1,):
        return False
    bits = tags.get(_BITS, (1,))
    if (bits, _single(tags, _CHANNELS), _single(tags, _PHOTOMETRIC), _single(tags, _EXTRA)) not in _MODES:
        return False
    (width,), (height,), (rows,) = tags[_WIDTH], tags[_HEIGHT], tags[_ROWS_PER_STRIP]
    row_bytes = (width * sum(bits) + 7) // 8
    offsets, lengths = tags[_STRIP_OFFSETS], tags[_STRIP_BYTES]
    if not (width and height and 1 <= rows <= height):
        return False
    if len(offsets) != len(lengths) or len(offsets) != -(-height // rows):
        return False
    for number, (offset, length) in enumerate(zip(offsets, lengths, strict=True)):
        pixels = InflatedSize(row_bytes * min(rows, height - number * rows))
        pixels.feed(untrusted, offset, offset + length)
        if not pixels.is_exact():
            return False
        covered.parts.append((offset, offset + length))
    return True


def _single(tags: dict[int, tuple[int, ...]], tag: int) -> int | None:
    """Return the one value of a tag, None without it; raises ValueError for several."""
    if tag not in tags:
        return None
    (value,) = tags[tag]
    return value


def _gaps_are_clean(untrusted: mmap.mmap, covered: _Covered) -> bool:
    """Return whether no parts overlap and the gaps between them are clean."""
    position = 0
    for start, end in sorted(covered.parts):
        if start < position or start - position > _ALIGNMENT + len(_HEADER) + 4:
            return False
        if not _gap_is_clean(untrusted[position:start], position, covered.directories):
            return False
        position = end
    rest = untrusted[position:]
    return len(rest) < _ALIGNMENT and not any(rest)


def _gap_is_clean(gap: bytes, position: int, directories: set[int]) -> bool:
    found = gap.find(_HEADER)
    if found >= 0:
        points_at = position + found + int.from_bytes(gap[found + 4 : found + 8], "little")
        if len(gap) - found < 8 or points_at not in directories:  # noqa: PLR2004  mark and offset
            return False
        gap = gap[:found] + gap[found + 8 :]
    return not any(gap)
