"""A file that exists in memory only and can be handed to a jailed process.

It is a memfd: it has no name in any file system and never reaches a disk as a file (it can be swapped: the server runs
without swap). It is written in pieces and then gets memfd seals: the kernel lets no holder change it any more. A job's
input can still be truncated, so that the job can release the memory before it ends. "Sealed" in this file means memfd
seals, not encryption. Linux only.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from typing import Final, Self

# One name for all, visible under /proc: it says nothing of the content.
_NAME: Final = "kallskydd"
# MFD_NOEXEC_SEAL of linux/memfd.h, since 6.3: the file can never be run. Older kernels refuse the flag.
_NOEXEC: Final = 0x8
_ALL_BUT_SHRINK: Final = fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
_ALL_SEALS: Final = _ALL_BUT_SHRINK | fcntl.F_SEAL_SHRINK


class NotSealed(Exception):
    """A writable mapping of the file is still open, so it cannot be sealed."""


class MemoryFile:
    """Bytes in memory. Close it when done: the memory is freed with the last descriptor."""

    __slots__ = ("_descriptor",)

    def __init__(self) -> None:
        flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
        try:
            self._descriptor = os.memfd_create(_NAME, flags | _NOEXEC)
        except OSError:
            self._descriptor = os.memfd_create(_NAME, flags)

    @classmethod
    def sealed(cls, content: bytes) -> Self:
        """Return a finished file of these bytes, with all memfd seals."""
        made = cls()
        made.write(content)
        made.seal()
        return made

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Append. Raises OSError once sealed or closed."""
        rest = memoryview(chunk)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def seal(self) -> None:
        """Put on all memfd seals: nobody can change the file any more; harmless when done twice. Raises NotSealed."""
        self._seal(_ALL_SEALS)

    def seal_except_shrinking(self) -> None:
        """Put on all memfd seals but F_SEAL_SHRINK: any holder may still truncate, and so free it. Raises NotSealed.

        Afterwards it must not be mapped or read here: beyond the new end a read stops short and a mapping is a SIGBUS.
        """
        self._seal(_ALL_BUT_SHRINK)

    def _seal(self, seals: int) -> None:
        if fcntl.fcntl(self._descriptor, fcntl.F_GET_SEALS) & seals == seals:
            return
        try:
            fcntl.fcntl(self._descriptor, fcntl.F_ADD_SEALS, seals)
        except OSError:
            raise NotSealed from None

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return os.fstat(self._descriptor).st_size

    def read(self, length: int = -1, offset: int = 0) -> bytes:
        """Read up to `length` bytes (all by default) from `offset`."""
        left = self.size - offset if length < 0 else length
        pieces = []
        while left > 0 and (piece := os.pread(self._descriptor, left, offset)):
            pieces.append(piece)
            left -= len(piece)
            offset += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def chunks(self, length: int) -> Iterator[bytes]:
        """Yield the content in pieces of `length` bytes, the last one shorter: for callers that must not hold all."""
        offset = 0
        while piece := self.read(length, offset):
            yield piece
            offset += len(piece)

    def map(self) -> mmap.mmap:
        """Map the content read-only, without a copy. Raises ValueError when empty."""
        return mmap.mmap(self._descriptor, 0, prot=mmap.PROT_READ)

    def fileno(self) -> int:
        return self._descriptor

    @property
    def closed(self) -> bool:
        return self._descriptor < 0

    def close(self) -> None:
        """Free it, unless another process holds it too. Harmless when done twice."""
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # An upload whose request was cancelled between two stages must not keep its plaintext.
        self.close()
