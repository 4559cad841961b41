"""Reads a WebP as our encoder writes it: one picture, lossy, lossless, or lossy with a separate alpha channel.

The size stands in up to three places, in the file, the canvas and the pixels' own header, which must agree.
"""

import mmap
import struct
from typing import Final

# Flags and size; of the flags only "has alpha" may be set.
_EXTENDED: Final = struct.Struct("<B3s3s3s")
_ALPHA_ONLY: Final = 0x10
# A shown key frame of version 0; the other bits are the length of its first partition.
_FRAME_BITS, _SHOWN_KEY_FRAME = 0x1F, 0x10
_LOSSY_START: Final = b"\x9d\x01\x2a"
_LOSSLESS_START: Final = b"\x2f"
_SIDE: Final = 0x3FFF
_NAMES: Final = {(b"VP8 ",), (b"VP8L",), (b"VP8X", b"ALPH", b"VP8 "), (b"VP8X", b"VP8L")}

Size = tuple[int, int]


def is_clean(untrusted: mmap.mmap) -> bool:
    """Return whether every byte is accounted for."""
    riff, length, webp = struct.unpack("<4sI4s", untrusted[:12])
    if (riff, webp) != (b"RIFF", b"WEBP") or length + 8 != len(untrusted):
        return False
    names: list[bytes] = []
    sizes: set[Size] = set()
    position = 12
    while position < len(untrusted):
        name, length = struct.unpack("<4sI", untrusted[position : position + 8])
        size = _size_of_clean(name, untrusted[position + 8 : position + 8 + min(length, 10)])
        names.append(name)
        if size is not None:
            sizes.add(size)
        position += 8 + length
        if length % 2:
            if untrusted[position] != 0:
                return False
            position += 1
    return position == len(untrusted) and tuple(names) in _NAMES and len(sizes) == 1


def _size_of_clean(name: bytes, start: bytes) -> Size | None:
    """Return the size in a chunk; None for a chunk without one. Raises ValueError for a chunk that we do not write."""
    match name:
        case b"VP8X":
            flags, reserved, width, height = _EXTENDED.unpack(start)
            if flags == _ALPHA_ONLY and reserved == b"\0\0\0":
                return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
        case b"VP8 ":
            width, height = struct.unpack("<HH", start[6:10])
            if (
                start[0] & _FRAME_BITS == _SHOWN_KEY_FRAME
                and start[3:6] == _LOSSY_START
                and max(width, height) <= _SIDE
            ):
                return width, height
        case b"VP8L":
            bits = int.from_bytes(start[1:5], "little")
            # The last three of its bits are a version.
            if start[:1] == _LOSSLESS_START and bits >> 29 == 0:
                return (bits & _SIDE) + 1, (bits >> 14 & _SIDE) + 1
        case b"ALPH":
            # Filter and compression; two reserved bits must be zero.
            if start[0] & 0xC0 == 0:
                return None
    raise ValueError
