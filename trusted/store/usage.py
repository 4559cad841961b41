"""
How full the disk is for files: what is free, and what waits for its release. For the intake and for `kallskydd status`.

Two bounds are the operator's (`FileBounds`): room that text alone may use, and how much of files may wait. Waiting is
what no member can see yet: files of reports until their release, and those that no case has claimed.
Free pages of the database count as free: the next file is written there.
"""

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from trusted.case.errors import StoreFault
from trusted.case.file_bounds import FileBounds
from trusted.store.db import DATABASE_NAME, Parts, one
from trusted.store.residue import PAGE_BYTES

_QUERY: Final = (
    "SELECT coalesce(sum(sealed_size), 0), (SELECT freelist_count FROM pragma_freelist_count)"
    " FROM files WHERE case_id IS NULL OR release_on IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class DiskUse:
    """In bytes."""

    free: int
    waiting: int

    def fullness(self, bounds: FileBounds) -> float:
        """Return 0 or less while each file is taken, 1 or more when none is; files are refused by chance in between.

        It begins where twice the reserve is free, and where half of what may wait is waiting.
        """
        return max(2 - self.free / bounds.reserve, 2 * self.waiting / bounds.waiting - 1)


async def disk_use(parts: Parts) -> DiskUse:
    """Return how full it is now. Raises StoreFault."""
    async with parts.db.read() as connection:
        found = await one(connection, _QUERY)
    if found is None:
        raise StoreFault
    return DiskUse(parts.slots.free_on_disk() + found[1] * PAGE_BYTES, found[0])


def disk_use_from_outside(home: Path) -> DiskUse:
    """Return how full it is, in a process that has not opened the store. Raises StoreFault."""
    # Read only: as the last to close it, SQLite would otherwise delete its log without overwriting it.
    address = f"file:{quote(str(home / DATABASE_NAME))}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            waiting, free_pages = connection.execute(_QUERY).fetchone()
    except sqlite3.Error as fault:
        raise StoreFault("store.unreadable") from fault
    return DiskUse(shutil.disk_usage(home).free + free_pages * PAGE_BYTES, waiting)
