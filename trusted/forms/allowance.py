"""
What one form may still bring, and the room in memory that each of its files holds (trusted/rooms/uploads.py).

An archive or an e-mail is no file of the form: the files in it are. It has one place in the rooms with all of them:

1. What comes is held in the room of its form, and then an eighth more and a little.
2. Files that are no larger than that in all stay in it. They were paid for in bytes, as a file that was chosen is.
3. Larger ones go on in the room for what grew, all at once or not at all, and give way there. Whatever of them is being
   cleaned then is cancelled, and the archive is left out.
4. As each file is sealed or refused, its bytes are given back.

So no file in an archive waits for room, and nobody who holds room in which others wait for him waits for any.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import TooMuchInArchive
from trusted.rooms.disk import DiskRoom
from trusted.rooms.uploads import Hold, MemoryBudget
from trusted.web.errors import FileTooLarge, NoRoomNow, ReportTooLarge, TooManyFiles
from trusted.web.form import MinimumRate
from trusted.web.limits import Limits

# Photographs in a ZIP file are a hundredth larger than it, and the files of an e-mail smaller.
_GROWS_BY: Final = 8
_GROWS_BYTES: Final = 64 * 2**10


class Allowance:
    """What one form may still bring."""

    def __init__(self, limits: Limits, budget: MemoryBudget, disk: DiskRoom, announced: int | None) -> None:
        """`announced` is the length of the whole form, if its sender said it."""
        self.limits = limits
        self.budget = budget
        self.disk = disk
        self.renew(announced, 0, 0)

    def renew(self, announced: int | None, files: int, size: int) -> None:
        """Go on with a later form of the same case, of which so many files of so many bytes are accepted."""
        self._most = self.limits.file_bytes if announced is None else min(self.limits.file_bytes, announced)
        self.files_left = self.limits.files - files
        self.bytes_left = self.limits.report_bytes - size

    @asynccontextmanager
    async def one_file(self, untrusted: MemoryFile, rate: MinimumRate) -> AsyncIterator["FileRoom"]:
        """Give room for one file, held until it is sealed; let go of it if it gives way. Raises a `FileRefused`."""
        self.disk.require_open()
        self._count_file()
        async with self.budget.room_for(self._most).hold(self._most, rate, untrusted.close) as hold:
            yield FileRoom(self, hold)

    @asynccontextmanager
    async def one_archive(self, untrusted: MemoryFile, rate: MinimumRate) -> AsyncIterator["ArchiveRoom"]:
        """Give room for an archive or an e-mail and the files in it. Raises `NoRoomNow` where these gave way."""
        self.disk.require_open()
        room = self.budget.room_for(self._most)
        try:
            async with asyncio.timeout(None) as patience, AsyncExitStack() as stack:
                hold = await stack.enter_async_context(
                    room.hold(self._most + _little(self._most), rate, untrusted.close)
                )
                now = asyncio.get_running_loop().time
                yield ArchiveRoom(self, hold, stack, lambda: patience.reschedule(now()))
        except TimeoutError:
            if patience.expired():
                raise NoRoomNow from None
            raise

    def count_unpacked(self, size: int) -> None:
        """Count a file out of an archive. Raises a `FileRefused`."""
        self._count_file()
        self.count(size)

    def _count_file(self) -> None:
        if self.files_left == 0:
            raise TooManyFiles
        self.files_left -= 1

    def count(self, size: int) -> None:
        """Count `size` bytes. Raises `ReportTooLarge`."""
        if size > self.bytes_left:
            raise ReportTooLarge
        self.bytes_left -= size


@dataclass(slots=True)
class FileRoom:
    """The room of one file."""

    allowance: Allowance
    hold: Hold

    async def take(self, size: int) -> None:
        """Count `size` bytes more. Raises a `FileRefused`."""
        if self.hold.held + size > self.allowance.limits.file_bytes:
            raise FileTooLarge
        self.allowance.count(size)
        await self.hold.take(size)

    async def whole(self) -> None:
        """Note that all has come. Raises `NoRoomNow`."""
        self.hold.whole()


class _Cleaning:
    """How far the files of an archive have come: the progress that a crowd asks of it."""

    def __init__(self) -> None:
        self.moved = 0
        self._since: float | None = None

    def begin(self) -> None:
        self._since = asyncio.get_running_loop().time()

    @property
    def waited(self) -> float:
        return 0.0 if self._since is None else asyncio.get_running_loop().time() - self._since


@dataclass(slots=True)
class ArchiveRoom(FileRoom):
    """The room of an archive or an e-mail, and then of the files in it."""

    stack: AsyncExitStack
    # Ends whatever is done in it.
    give_way: Callable[[], None]
    _came: int = 0
    _cleaning: _Cleaning = field(default_factory=_Cleaning)

    async def whole(self) -> None:
        """Note that all has come, and hold a little more for the files in it. Raises `NoRoomNow`. Steps 1 and 2."""
        self._came = self.hold.held
        await self.hold.take(_little(self.hold.held))
        self.hold.whole()

    async def take_members(self, lengths: Sequence[int], may_wait: bool) -> bool:
        """Hold the files instead of the archive; return False if there is no room now and it may not wait. Step 3.

        Raises `TooMuchInArchive`, `NoRoomNow`.
        """
        size, grown = sum(lengths), self.allowance.budget.grown
        if len(lengths) > self.allowance.files_left or size > self.allowance.limits.file_bytes:
            raise TooMuchInArchive
        if size > self.hold.held:
            if size > grown.free and not may_wait:
                return False
            hold = await self.stack.enter_async_context(grown.hold(size, self._cleaning, self.give_way))
            await hold.take(size)
            self._cleaning.begin()
            self.hold.give_back(self.hold.held)
            self.hold = hold
        self.hold.give_back(self.hold.held - size)
        # The files count for the report, and not what they came in.
        self.allowance.bytes_left += self._came
        return True

    def cleaned(self, size: int) -> None:
        """Note that a file of `size` bytes is sealed or refused. Step 4."""
        self._cleaning.moved += size
        self.hold.give_back(size)


def _little(size: int) -> int:
    return size // _GROWS_BY + _GROWS_BYTES
