"""A file out of an archive or an e-mail, on its way into the case as a part of a form is.

It has come already (decision 0040).
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from intake.http.form import MinimumRate, Part
from scrubbers.memory_file import MemoryFile

_PIECE_BYTES: Final = 256 * 1024


@contextmanager
def closed_at_last(members: Sequence[MemoryFile]) -> Iterator[Sequence[MemoryFile]]:
    """Close every file of an archive or an e-mail, whatever became of it."""
    try:
        yield members
    finally:
        for each in members:
            each.close()


class Member(Part):
    """What `accept_attachment` reads of it. Closing the file is left to who made it."""

    def __init__(self, untrusted: MemoryFile, rate: MinimumRate) -> None:
        """`rate` is that of the form which brought what it was in."""
        self._untrusted = untrusted
        self._rate = rate

    @property
    def rate(self) -> MinimumRate:
        return self._rate

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in self._untrusted.chunks(_PIECE_BYTES):
            yield piece
