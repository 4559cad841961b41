"""
Overwrite on the disk what SQLite leaves behind: the log's old frames, and parts of rows between the cells of a page.

Three things stay after SQLite has deleted a row with `secure_delete` (measured on ext4, docs/decisions/server/0028):

1. The write-ahead log is cut and not overwritten: every row ever written stays in the blocks that it gives back. So it
   is overwritten before it is cut, its head first: with the head gone no frame counts, so a power cut in between never
   brings back a part of the log.
2. A row that SQLite moves to another page stays where it was, between that page's list of cells and its cells. So what
   lies there is overwritten in every page that holds rows and was written since the last time, as the log tells; in
   all of them the first time, and when the log has been so long that SQLite may have begun it again. Nothing reads it:
   to SQLite and to every reader the page is the same before and after, and at every moment in between.
3. `incremental_vacuum` moves the file's last pages and cuts off where they were. So no page is ever moved: only free
   pages at the end, which are zeros, are given back.

All of it is done while the log is folded into the file and nobody else writes. The database stays open here for as long
as the connection is: closing any descriptor of the file lets go of the locks that SQLite has on it in this process.
"""

import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from trusted.case.errors import StoreFault

# https://www.sqlite.org/fileformat2.html, sections 1.3, 1.6 and 1.8.
_FILE_HEAD_BYTES: Final = 100
PAGE_BYTES: Final = 4096  # SQLite's own default since 3.12, which no home has another than
_PAGE_SIZE: Final = struct.Struct(">16xH2xB")
_CELLS: Final = struct.Struct(">HH")
_CELLS_AT: Final = 3
# Kinds of pages that hold rows, by their first byte, and how long their head is.
_HEADS: Final = {2: 12, 5: 12, 10: 8, 13: 8}
# In an auto-vacuum file the second page, and then every so many, has five bytes for each page behind it: the kind of
# the page and the page that leads to it.
_ENTRY_BYTES: Final = 5
_ROOT, _FREE, _BTREE = 1, 2, 5
_LOG_HEAD_BYTES: Final = 32
_FRAME_HEAD_BYTES: Final = 24
LOG_PAGES: Final = 1000  # SQLite's own default: 4 MiB
_PAGE_NUMBER_BYTES: Final = 4
_PIECE_BYTES: Final = 2**20


class Residue:
    """The database file and its log, as bytes. All methods block, for a few reads of each page that holds rows."""

    def __init__(self, path: Path) -> None:
        """Open the file; raises OSError."""
        self._log = f"{path}-wal"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        # What an earlier run left may be in any page.
        self._everywhere = True

    def close(self) -> None:
        """Close the file; only after the connection, whose locks go with it."""
        os.close(self._descriptor)

    def overwrite(self) -> int:
        """
        Overwrite the log and the gaps, and return how many free pages lie at the end of the file.

        The log must be folded in, and nobody may write meanwhile. Raises StoreFault.
        """
        everywhere, self._everywhere = self._everywhere, True
        try:
            written = self._overwrite_log()
            told_all = len(written) < LOG_PAGES and not everywhere
            self._overwrite_gaps(filter(self._has_rows, set(written)) if told_all else self._pages_with_rows())
            free = self._free_at_the_end()
        except (OSError, struct.error) as fault:
            raise StoreFault("store.not_written") from fault
        self._everywhere = False
        return free

    def _overwrite_log(self) -> list[int]:
        """Return the number of the page of each frame that stood in it."""
        try:
            log = os.open(self._log, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return []
        try:
            size = os.fstat(log).st_size
            if size == 0:
                return []
            frames = range(_LOG_HEAD_BYTES, size - _FRAME_HEAD_BYTES, _FRAME_HEAD_BYTES + PAGE_BYTES)
            written = [int.from_bytes(os.pread(log, _PAGE_NUMBER_BYTES, at)) for at in frames]
            os.pwrite(log, bytes(_LOG_HEAD_BYTES), 0)
            os.fsync(log)
            for at in range(_LOG_HEAD_BYTES, size, _PIECE_BYTES):
                os.pwrite(log, bytes(min(_PIECE_BYTES, size - at)), at)
            os.fsync(log)
            return written
        finally:
            os.close(log)

    def _overwrite_gaps(self, pages: Iterable[int]) -> None:
        size, _count, _step = self._layout()
        written = False
        for number in pages:
            start = (number - 1) * size
            page = os.pread(self._descriptor, size, start)
            first, last = _gap_of(page, _FILE_HEAD_BYTES if number == 1 else 0)
            if page.count(0, first, last) != last - first:
                os.pwrite(self._descriptor, bytes(last - first), start + first)
                written = True
        if written:
            os.fsync(self._descriptor)

    def _has_rows(self, number: int) -> bool:
        size, count, step = self._layout()
        if number == 1 or not 1 < number <= count:
            return number == 1
        behind = (number - 2) % step
        if behind == 0:
            return False
        entry = (number - behind - 1) * size + (behind - 1) * _ENTRY_BYTES
        return os.pread(self._descriptor, 1, entry)[0] in {_ROOT, _BTREE}

    def _pages_with_rows(self) -> Iterator[int]:
        yield 1
        for first, kinds in self._kinds():
            yield from (first + place for place, kind in enumerate(kinds) if kind in {_ROOT, _BTREE})

    def _free_at_the_end(self) -> int:
        free = 0
        for _first, kinds in reversed(list(self._kinds())):
            tail = len(kinds) - len(kinds.rstrip(bytes((_FREE,))))
            free += tail
            if tail < len(kinds):
                break
        return free

    def _kinds(self) -> Iterator[tuple[int, bytes]]:
        """Yield a page's number and the kinds of it and of those behind it, for each page that tells kinds."""
        size, count, step = self._layout()
        for map_page in range(2, count + 1, step):
            entries = os.pread(self._descriptor, min(step - 1, count - map_page) * _ENTRY_BYTES, (map_page - 1) * size)
            yield map_page + 1, entries[::_ENTRY_BYTES]

    def _layout(self) -> tuple[int, int, int]:
        """Return the size of a page, how many there are, and from one page that tells kinds to the next."""
        size, reserved = _PAGE_SIZE.unpack(os.pread(self._descriptor, _PAGE_SIZE.size, 0))
        if size != PAGE_BYTES:
            raise StoreFault("store.unreadable")
        return size, os.fstat(self._descriptor).st_size // size, (size - reserved) // _ENTRY_BYTES + 1


def _gap_of(page: bytes, head: int) -> tuple[int, int]:
    """Return where the list of cells ends and the first cell begins; raises StoreFault for a page that has neither."""
    length = _HEADS.get(page[head]) if len(page) > head else None
    if length is None:
        raise StoreFault("store.unreadable")
    cells, last = _CELLS.unpack_from(page, head + _CELLS_AT)
    first = head + length + 2 * cells
    # A zero stands for 65,536, as does the end of a page without a cell.
    last = last or len(page)
    if not first <= last <= len(page):
        raise StoreFault("store.unreadable")
    return first, last
