"""Reads a clean recording: frames of one form from the first byte to the last, and in each no bit that nobody plays.

ISO/IEC 11172-3: a header of 32 bits, side information of 136 bits in one channel, main data. What is left of a frame
after its two granules is filled by the encoder with its own name and then zeros; it is the place where a recording
could carry something that is not heard.
"""

import functools
import mmap
from typing import Final

# Layer III without a checksum, 64 kbit/s, 32,000 Hz, no padding, not private; one channel, original, no emphasis.
_HEADERS: Final = frozenset((b"\xff\xfb\x58\xc4", b"\xff\xfb\x58\xc0"))
_FRAME_BYTES: Final = 288  # 144 x 64,000 / 32,000
_HEADER_BYTES, _SIDE_BYTES = 4, 17
_MAIN_BITS: Final = 8 * (_FRAME_BYTES - _HEADER_BYTES - _SIDE_BYTES)
# Side information: where main data begin (9 bits), private (5), four bits of sharing, then two granules of 59 bits that
# begin with their length (12).
_BEGIN_AND_PRIVATE_BITS: Final = 14
_GRANULES_AT: Final = (18, 77)
_LENGTH_BITS: Final = 12
# What LAME 3.100 fills with (drain_into_ancillary in its bitstream.c): whole letters of its name, those of its version
# only where 32 bits are left after that, and zeros.
_NAME, _VERSION = b"LAME", b"3.100"
_VERSION_FROM_BITS: Final = 32


def is_clean_sound(untrusted: mmap.mmap) -> bool:
    """Return whether every frame is of the one form, and holds nothing after what is played."""
    return are_clean_frames(untrusted, 0, len(untrusted))


def are_clean_frames(untrusted: mmap.mmap, start: int, end: int) -> bool:
    """Return whether there is at least one frame here, and nothing else."""
    return (
        start < end
        and (end - start) % _FRAME_BYTES == 0
        and all(_is_clean_frame(untrusted[at : at + _FRAME_BYTES]) for at in range(start, end, _FRAME_BYTES))
    )


def _is_clean_frame(frame: bytes) -> bool:
    if frame[:_HEADER_BYTES] not in _HEADERS:
        return False
    side = int.from_bytes(frame[_HEADER_BYTES : _HEADER_BYTES + _SIDE_BYTES], "big")
    if _bits(side, 0, _BEGIN_AND_PRIVATE_BITS):
        return False
    left = _MAIN_BITS - sum(_bits(side, at, _LENGTH_BITS) for at in _GRANULES_AT)
    if left < 0:
        return False
    rest = int.from_bytes(frame[_HEADER_BYTES + _SIDE_BYTES :], "big") & ((1 << left) - 1)
    return rest == _filling(left)


@functools.cache
def _filling(left: int) -> int:
    """Return what stands in so many bits after the last granule."""
    letters = _NAME[: left // 8]
    if left - 8 * len(_NAME) >= _VERSION_FROM_BITS:
        letters += _VERSION[: left // 8 - len(_NAME)]
    return int.from_bytes(letters, "big") << (left - 8 * len(letters))


def _bits(side: int, at: int, count: int) -> int:
    return side >> (8 * _SIDE_BYTES - at - count) & ((1 << count) - 1)
