"""How the first frame of a WebP is stored, and which part of the picture it covers: what its decoder does not tell."""

import os
from collections.abc import Iterator
from typing import Final

_MOST_BLOCKS: Final = 64
_FIRST_BLOCK_AT, _BLOCK_HEAD_BYTES = 12, 8
# A frame begins with where it lies and how large it is, in steps of two pixels and less one, and then has blocks of
# its own.
_FRAME_HEAD_BYTES, _NUMBER_BYTES = 16, 3


def is_lossless(untrusted_descriptor: int) -> bool:
    """Whether the first frame is; its block may stand behind others, a profile above all, or within a frame's."""
    last = b""
    for last, _ in _blocks(untrusted_descriptor):
        if last in {b"VP8L", b"VP8 "}:
            break
    return last == b"VP8L"


def first_frame(untrusted_descriptor: int) -> tuple[int, int, int, int] | None:
    """Return an animation's first frame as left, top, right, bottom; None for a still picture."""
    for name, start in _blocks(untrusted_descriptor):
        if name == b"ANMF":
            head = os.pread(untrusted_descriptor, _FRAME_HEAD_BYTES, start)
            left, top, across, down = (
                int.from_bytes(head[_NUMBER_BYTES * place : _NUMBER_BYTES * (place + 1)], "little")
                for place in range(4)
            )
            return 2 * left, 2 * top, 2 * left + across + 1, 2 * top + down + 1
    return None


def _blocks(untrusted_descriptor: int) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk's name and the offset of its content; the chunks within a frame follow it."""
    position = _FIRST_BLOCK_AT
    for _ in range(_MOST_BLOCKS):
        head = os.pread(untrusted_descriptor, _BLOCK_HEAD_BYTES, position)
        name, length = head[:4], int.from_bytes(head[4:], "little")
        if not name:
            return
        position += _BLOCK_HEAD_BYTES
        yield name, position
        position += _FRAME_HEAD_BYTES if name == b"ANMF" else length + length % 2
