"""Reads a JPEG as our encoder writes it: one of four headers, in which only height and width vary, and one scan.

A large picture is written in strips: then the header has a restart interval before the scan, and the scan a restart
marker between each two strips. Interval and count follow from the size, and markers count round from 0 to 7.

The headers are constant, for the settings are: a bare JFIF header, the quantization tables of quality 90 or 80,
a frame, the Huffman tables of the standard's Annex K, the beginning of a scan, in this order and each once. A table of
another content could carry some hundred bytes, and the order and number of tables a few more.
"""

import hashlib
import mmap
import re
import struct
from dataclasses import dataclass
from typing import Final

_END: Final = b"\xff\xd9"
_DIGITS: Final = 32
_SIZE_BYTES: Final = 4
# In scan data 0xFF is followed by zero; anything else after it is a marker.
_MARK_IN_DATA: Final = re.compile(rb"\xff[^\x00]")
# Strips have whole blocks of 16 rows, of half a million pixels together where one block is not more.
_LARGE_PIXELS: Final = 16 * 2**20
_BLOCK: Final = 16
_STRIP_PIXELS: Final = 2**19
# Marker and length of the segment, and then how many blocks a strip has.
_STRIP_HEAD: Final = struct.Struct(">4sH")
_STRIP_MARK: Final = b"\xff\xdd\x00\x04"
_HEIGHT_AND_WIDTH: Final = struct.Struct(">HH")
_SCAN_HEAD_BYTES: Final = 14
_FIRST_RESTART, _RESTARTS = 0xD0, 8


@dataclass(frozen=True, slots=True)
class _Head:
    """All before the scan data: its length, the offset of height and width, and the SHA-256 of the rest."""

    length: int
    size_at: int
    digest: str


_HEADS: Final = (
    # Three components, the colours at half the resolution.
    _Head(623, 163, "99d15d958a7eeee140dda4ddcd20b601"),
    # Grey.
    _Head(328, 94, "4c263d901394ef20c4cd960e5048ff9f"),
    # Both for scanned pages.
    _Head(623, 163, "94a885707d1013af76aadc1405166dad"),
    _Head(328, 94, "bb39a8c92574b653c439225fff4fd322"),
)


def is_clean(untrusted: mmap.mmap) -> bool:
    """Return whether every byte is accounted for."""
    return len(untrusted) in {end_of_clean(untrusted, 0), _end_of_strips(untrusted)}


def end_of_clean(untrusted: mmap.mmap, start: int) -> int:
    """Return where the clean JPEG that begins at `start` ends; -1 if it is not clean."""
    for head in _HEADS:
        if _begins_with(untrusted, start, head):
            data_end = _MARK_IN_DATA.search(untrusted, start + head.length)
            return data_end.end() if data_end is not None and data_end[0] == _END else -1
    return -1


def _end_of_strips(untrusted: mmap.mmap) -> int:
    """Return where the clean JPEG of strips at the file's start ends; -1 if there is none."""
    head = _HEADS[0]
    scan_at = head.length - _SCAN_HEAD_BYTES
    found = untrusted[: head.length + _STRIP_HEAD.size]
    if not _is_head(found[:scan_at] + found[scan_at + _STRIP_HEAD.size :], head):
        return -1
    height, width = _HEIGHT_AND_WIDTH.unpack_from(found, head.size_at)
    rows = _BLOCK * max(1, _STRIP_PIXELS // (_BLOCK * width))
    blocks = -(-width // _BLOCK) * (rows // _BLOCK)
    if width * height <= _LARGE_PIXELS or found[scan_at:][: _STRIP_HEAD.size] != _STRIP_HEAD.pack(_STRIP_MARK, blocks):
        return -1
    position = len(found)
    for number in range(-(-height // rows)):
        is_last = (number + 1) * rows >= height
        expected = _END if is_last else bytes([0xFF, _FIRST_RESTART + number % _RESTARTS])
        mark = _MARK_IN_DATA.search(untrusted, position)
        if mark is None or mark[0] != expected:
            return -1
        position = mark.end()
    return position


def _begins_with(untrusted: mmap.mmap, start: int, head: _Head) -> bool:
    return _is_head(untrusted[start : start + head.length], head)


def _is_head(found: bytes, head: _Head) -> bool:
    height_and_width = found[head.size_at : head.size_at + _SIZE_BYTES]
    rest = found[: head.size_at] + found[head.size_at + _SIZE_BYTES :]
    if hashlib.sha256(rest).hexdigest()[:_DIGITS] != head.digest:
        return False
    return b"\0\0" not in {height_and_width[:2], height_and_width[2:]}
