"""Reads a WebP as our encoder writes it: one picture, lossy, lossless, or lossy with a separate alpha channel."""

import mmap
import struct
from typing import Final

# Flags and size; of the flags only "has alpha" may be set.
_EXTENDED: Final = struct.Struct("<B3s6s")
_ALPHA_ONLY: Final = 0x10
_LOSSY_START: Final = b"\x9d\x01\x2a"
_LOSSLESS_START: Final = b"\x2f"
_NAMES: Final = {(b"VP8 ",), (b"VP8L",), (b"VP8X", b"ALPH", b"VP8 "), (b"VP8X", b"VP8L")}


def is_clean(untrusted: mmap.mmap) -> bool:
    """Whether every byte is accounted for."""
    riff, length, webp = struct.unpack("<4sI4s", untrusted[:12])
    if (riff, webp) != (b"RIFF", b"WEBP") or length + 8 != len(untrusted):
        return False
    names = []
    position = 12
    while position < len(untrusted):
        name, length = struct.unpack("<4sI", untrusted[position : position + 8])
        if not _chunk_is_clean(name, untrusted[position + 8 : position + 18]):
            return False
        names.append(name)
        position += 8 + length
        if length % 2:
            if untrusted[position] != 0:
                return False
            position += 1
    return position == len(untrusted) and tuple(names) in _NAMES


def _chunk_is_clean(name: bytes, start: bytes) -> bool:
    match name:
        case b"VP8X":
            flags, reserved, _ = _EXTENDED.unpack(start)
            return bool(flags == _ALPHA_ONLY and reserved == b"\0\0\0")
        case b"VP8 ":
            return start[3:6] == _LOSSY_START
        case b"VP8L":
            return start[:1] == _LOSSLESS_START
        case _:
            return name == b"ALPH"
