"""Reads a JPEG as our encoder writes it: one frame, one scan, no application block but a bare JFIF header."""

import hashlib
import mmap
import re
from typing import Final

_START, _END = b"\xff\xd8", b"\xff\xd9"
# Version 1.1, density 1x1 without a unit, no thumbnail.
_JFIF: Final = b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_APP0, _FRAME, _SCAN = 0xE0, 0xC0, 0xDA
# SHA-256 of the two quantization tables of quality 90 and of the four Huffman tables of the standard's Annex K, each
# with its number in front. A table of another content could carry some hundred bytes.
_QUANTIZATION_TABLES: Final = {
    "3317b18f21c2dc87905fc171b9dc5814",
    "a53395798d68723717c2758c3c7bd5ad",
}
_HUFFMAN_TABLES: Final = {
    "9fb04cb1a8076318f33f273ffef967a9",
    "f27ce9b718f91cd426885e6ce4a37d0b",
    "af48d4f608dfb682fd19ee479c66dad5",
    "8cf60aa835f8474bb590e73332bee9c2",
}
_DIGITS: Final = 32
# Grey, or three components with the colours at half resolution, as their numbers and factors stand in the header.
_COMPONENTS: Final = {b"\x01\x01\x22\x00", b"\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01"}
_SCANS: Final = {b"\x01\x01\x00\x00\x3f\x00", b"\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"}
_EIGHT_BITS: Final = 8
# In compressed data 0xFF stands before a zero; what else could follow it is a mark.
_MARK_IN_DATA: Final = re.compile(rb"\xff[^\x00]")


def is_clean(untrusted: mmap.mmap) -> bool:
    """Whether every byte is accounted for."""
    return end_of_clean(untrusted, 0) == len(untrusted)


def end_of_clean(untrusted: mmap.mmap, start: int) -> int:
    """Where the clean JPEG that begins at `start` ends; -1 when it is not clean."""
    if untrusted[start : start + 2] != _START:
        return -1
    position = start + 2
    seen: set[int] = set()
    while True:
        mark, marker = untrusted[position], untrusted[position + 1]
        length = int.from_bytes(untrusted[position + 2 : position + 4], "big")
        body = untrusted[position + 4 : position + 2 + length]
        if mark != _END[0] or not _segment_is_clean(marker, body) or (marker in {_APP0, _FRAME} and marker in seen):
            return -1
        seen.add(marker)
        position += 2 + length
        if marker == _SCAN:
            break
    if not {_APP0, _FRAME} <= seen:
        return -1
    data_end = _MARK_IN_DATA.search(untrusted, position)
    if data_end is None or data_end[0] != _END:
        return -1
    return data_end.end()


def _segment_is_clean(marker: int, body: bytes) -> bool:
    match marker:
        case 0xE0:
            return body == _JFIF
        case 0xDB:
            return _digest(body) in _QUANTIZATION_TABLES
        case 0xC0:
            # precision, height, width, components
            return body[0] == _EIGHT_BITS and body[5:] in _COMPONENTS
        case 0xC4:
            return _digest(body) in _HUFFMAN_TABLES
        case 0xDA:
            return body in _SCANS
        case _:
            return False


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:_DIGITS]
