"""How the first frame of a WebP is coded, and which part of the canvas it covers: its decoder does not expose that."""

import os
from collections.abc import Iterator
from typing import Final

_MOST_CHUNKS: Final = 64
_FIRST_CHUNK_AT, _CHUNK_HEAD_BYTES = 12, 8
# An ANMF chunk begins with the frame's position in steps of two pixels and its size less one; its own chunks follow.
_FRAME_HEAD_BYTES, _NUMBER_BYTES = 16, 3


def is_lossless(untrusted_descriptor: int) -> bool:
    """Return whether the first frame is lossless; its chunk may follow others, as a profile, or lie within ANMF."""
    last = b""
    for last, _ in _chunks(untrusted_descriptor):
        if last in {b"VP8L", b"VP8 "}:
            break
    return last == b"VP8L"


def first_frame(untrusted_descriptor: int) -> tuple[int, int, int, int] | None:
    """Return an animation's first frame as left, top, right, bottom; None for a still picture."""
    for name, start in _chunks(untrusted_descriptor):
        if name == b"ANMF":
            head = os.pread(untrusted_descriptor, _FRAME_HEAD_BYTES, start)
            left, top, across, down = (
                int.from_bytes(head[_NUMBER_BYTES * place : _NUMBER_BYTES * (place + 1)], "little")
                for place in range(4)
            )
            return 2 * left, 2 * top, 2 * left + across + 1, 2 * top + down + 1
    return None


def _chunks(untrusted_descriptor: int) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk's name and the offset of its content; the chunks within a frame follow it."""
    position = _FIRST_CHUNK_AT
    for _ in range(_MOST_CHUNKS):
        head = os.pread(untrusted_descriptor, _CHUNK_HEAD_BYTES, position)
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if not name:
            return
        position += _CHUNK_HEAD_BYTES
        yield name, position
        # Only past the head of a frame, into its own chunks; an odd length has a padding byte.
        position += _FRAME_HEAD_BYTES if name == b"ANMF" else length + length % 2
