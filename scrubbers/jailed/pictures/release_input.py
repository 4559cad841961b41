"""Gives the memory of a large untrusted file back while its job still runs: beside its pixels it is a second copy.

`give_back` does so once the file was read, `Consumed` while it is read: the sealed file can be cut off at its end alone
and is read from its beginning, so it is first moved into the job's own memory, piece by piece from its end.

The trusted side seals the file against writing and growing and leaves it to the job to cut it off. Who calls this has
no mapping of the file left, and reads no more of it: an access behind the cut is a SIGBUS.
"""

import io
import mmap
import os
from contextlib import suppress
from typing import Final

# A job that loses its zygote after this cannot be done again, and the reporter has to send the file once more. An
# ordinary photograph is smaller and keeps its second attempt.
LARGE_BYTES: Final = 16 * 2**20
_PIECE_BYTES: Final = 2**20


def is_large(untrusted_descriptor: int) -> bool:
    """Whether its memory is worth giving back."""
    return os.fstat(untrusted_descriptor).st_size >= LARGE_BYTES


def give_back(untrusted_descriptor: int) -> None:
    """Empties a large file for every holder; one that was sealed whole stays as it is."""
    if not is_large(untrusted_descriptor):
        return
    _cut(untrusted_descriptor, 0)


class Consumed:
    """A large file that is read once, from beginning to end; what was read is not kept. Empties it for every holder."""

    def __init__(self, untrusted_descriptor: int) -> None:
        size = os.fstat(untrusted_descriptor).st_size
        self._held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._position = 0
        for start in reversed(range(0, size, _PIECE_BYTES)):
            piece = os.pread(untrusted_descriptor, _PIECE_BYTES, start)
            self._held[start : start + len(piece)] = piece
            _cut(untrusted_descriptor, start)

    def read(self, length: int) -> bytes:
        """Up to `length` bytes."""
        piece = self._held[self._position : self._position + length]
        page = self._position - self._position % mmap.PAGESIZE
        self._position += len(piece)
        if behind := self._position - self._position % mmap.PAGESIZE - page:
            self._held.madvise(mmap.MADV_DONTNEED, page, behind)
        return piece

    def seek(self, position: int) -> int:
        """Where it stands already; what lies behind cannot be read again. Raises UnsupportedOperation."""
        if position != self._position:
            raise io.UnsupportedOperation
        return position


def _cut(untrusted_descriptor: int, length: int) -> None:
    """Does nothing to a file that was sealed whole."""
    with suppress(PermissionError):
        os.ftruncate(untrusted_descriptor, length)
