"""Reads a JPEG as our encoder writes it: one of two heads, in which only height and width vary, and one scan.

The heads are constant because the encoder's settings are: a bare JFIF header, the quantization tables of quality 90, a
frame, the Huffman tables of the standard's Annex K, the beginning of a scan, in this order and each once. A table of
another content could carry some hundred bytes, and the order and number of tables a few more.
"""

import hashlib
import mmap
import re
from dataclasses import dataclass
from typing import Final

_END: Final = b"\xff\xd9"
_DIGITS: Final = 32
_SIZE_BYTES: Final = 4
# In compressed data 0xFF stands before a zero; what else could follow it is a mark.
_MARK_IN_DATA: Final = re.compile(rb"\xff[^\x00]")


@dataclass(frozen=True, slots=True)
class _Head:
    """All in front of the compressed data: its length, where height and width stand, and the SHA-256 of the rest."""

    length: int
    size_at: int
    digest: str


_HEADS: Final = (
    # Three components, the colours at half the resolution.
    _Head(623, 163, "99d15d958a7eeee140dda4ddcd20b601"),
    # Grey.
    _Head(328, 94, "4c263d901394ef20c4cd960e5048ff9f"),
)


def is_clean(untrusted: mmap.mmap) -> bool:
    """Whether every byte is accounted for."""
    return end_of_clean(untrusted, 0) == len(untrusted)


def end_of_clean(untrusted: mmap.mmap, start: int) -> int:
    """Where the clean JPEG that begins at `start` ends; -1 when it is not clean."""
    for head in _HEADS:
        if _begins_with(untrusted, start, head):
            data_end = _MARK_IN_DATA.search(untrusted, start + head.length)
            return data_end.end() if data_end is not None and data_end[0] == _END else -1
    return -1


def _begins_with(untrusted: mmap.mmap, start: int, head: _Head) -> bool:
    found = untrusted[start : start + head.length]
    height_and_width = found[head.size_at : head.size_at + _SIZE_BYTES]
    rest = found[: head.size_at] + found[head.size_at + _SIZE_BYTES :]
    if hashlib.sha256(rest).hexdigest()[:_DIGITS] != head.digest:
        return False
    return b"\0\0" not in {height_and_width[:2], height_and_width[2:]}
