"""
Whether files may come: some of the disk is for text alone, and only so many files wait for a release.

What visitors send together fills both, so a refusal could tell one of them that another was here. Therefore:

1. The clock decides whether files are taken, every ten minutes and after each release, and then for everybody: with
   twice the reserve free and less than half of the bound waiting they are, and beyond that by chance, as on a shelf
   (trusted/web/shelf.py). Nobody's coming decides, and asking more often tells no more.
2. Beneath it is a hard stop at the reserve and at the bound, before each file is written and with all that are being
   written. The file at which it is met is refused, and so is every other one until the clock decides again.
3. What members attach is asked for the reserve alone.

docs/decisions/site/0052 has what can be learnt of it.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from trusted.case.file_bounds import FileBounds
from trusted.store.store import Store
from trusted.store.usage import DiskUse
from trusted.web.errors import DiskFull
from trusted.web.shelf import refused_by_chance


class DiskRoom:
    """The room on the disk, for all files."""

    def __init__(self, store: Store, bounds: FileBounds) -> None:
        self._store = store
        self._bounds = bounds
        self._being_written = 0
        self.is_open = True

    async def decide(self) -> None:
        """Decide whether files are taken from here on; for the clock. Raises StoreFault. Rule 1."""
        use = await self._store.disk_use()
        self.is_open = not refused_by_chance(use.fullness(self._bounds))

    def require_open(self) -> None:
        """Return if files are taken; raises DiskFull. Called before a file is received and cleaned."""
        if not self.is_open:
            raise DiskFull

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes while a reporter's file is written. Raises DiskFull, StoreFault. Rule 2."""
        async with self._room(size) as use:
            if use.fullness(self._bounds) > 1:
                self.is_open = False
                raise DiskFull
            yield

    @asynccontextmanager
    async def hold_for_member(self, size: int) -> AsyncIterator[None]:
        """Hold `size` bytes while a member's file is written. Raises DiskFull, StoreFault. Rule 3."""
        async with self._room(size) as use:
            if use.free < self._bounds.reserve:
                raise DiskFull
            yield

    @asynccontextmanager
    async def _room(self, size: int) -> AsyncIterator[DiskUse]:
        """Yield how full it is with all that are being written, this one among them."""
        self._being_written += size
        try:
            use = await self._store.disk_use()
            yield DiskUse(use.free - self._being_written, use.waiting + self._being_written)
        finally:
            self._being_written -= size
