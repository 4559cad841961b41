"""Releases the memory of a large untrusted file while its job still runs: beside the pixels it is a second copy.

`release_input` does so after the file was read, `ReleasedInput` while it is read. A memfd can only be truncated at its
end and is read from its beginning, so `ReleasedInput` first moves it into the job's own memory, piece by piece from its
end.

The trusted side puts memfd seals against writing and growing on the file and leaves truncating to the job. The caller
must hold no mapping of the file and read no more of it: an access beyond the new end is a SIGBUS.
"""

import io
import mmap
import os
from contextlib import suppress
from typing import Final

# A job that loses its zygote after this cannot be tried again, and the reporter has to send the file once more. An
# ordinary photograph is smaller and keeps its second attempt.
LARGE_BYTES: Final = 16 * 2**20
_PIECE_BYTES: Final = 2**20


def is_large(untrusted_descriptor: int) -> bool:
    """Return whether the file's memory is worth releasing."""
    return os.fstat(untrusted_descriptor).st_size >= LARGE_BYTES


def release_input(untrusted_descriptor: int) -> None:
    """Truncate a large file to nothing, for every holder; one with all memfd seals stays as it is."""
    if not is_large(untrusted_descriptor):
        return
    _cut(untrusted_descriptor, 0)


class ReleasedInput:
    """A large file to be read once, from beginning to end: frees memory on the way. Truncates it for every holder."""

    def __init__(self, untrusted_descriptor: int) -> None:
        size = os.fstat(untrusted_descriptor).st_size
        self._held = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._position = 0
        for start in reversed(range(0, size, _PIECE_BYTES)):
            piece = os.pread(untrusted_descriptor, _PIECE_BYTES, start)
            self._held[start : start + len(piece)] = piece
            _cut(untrusted_descriptor, start)

    def read(self, length: int) -> bytes:
        """Read up to `length` bytes."""
        piece = self._held[self._position : self._position + length]
        page = self._position - self._position % mmap.PAGESIZE
        self._position += len(piece)
        if behind := self._position - self._position % mmap.PAGESIZE - page:
            self._held.madvise(mmap.MADV_DONTNEED, page, behind)
        return piece

    def seek(self, position: int) -> int:
        """Accept only the current position: what was read is gone. Raises UnsupportedOperation."""
        if position != self._position:
            raise io.UnsupportedOperation
        return position


def _cut(untrusted_descriptor: int, length: int) -> None:
    """Truncate the file, unless it has all memfd seals."""
    with suppress(PermissionError):
        os.ftruncate(untrusted_descriptor, length)
