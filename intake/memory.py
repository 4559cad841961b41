"""
How much of what visitors send may be in memory at once, over all of them; the rest waits.

There are three rooms: for files of forms that announce little, so that an ordinary report with a picture always gets
in; for all other files; and for text (`intake/text_room.py`). In each of them:

1. What has come is counted, and not what was announced.
2. Two that each hold half and wait for the other would wait for ever. So whoever began first leads, and as much as
   anybody may still need in all is left for the leader: it can always finish, then the next leads.
3. Of those who wait, whoever needs least goes first. Who waits too long is told so (`NoRoomNow`).
4. Nobody waits for who dawdles. As soon as somebody waits, whoever has been sending for longer than `GRACE_SECONDS` and
   at less than `CROWD_BYTES_A_SECOND` gives way, the slowest first, the leader as well: what it holds is let go of. As
   long as there is room for all, everybody may take the time that `form.Pace` allows.
5. What has come whole gives way to nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from intake.errors import NoRoomNow

TOTAL_BYTES: Final = 256 * 2**20  # 256 MiB for files, design: numbers
# A file of a form that is no longer than this in all has its place in the small room: a text with a photograph or two.
SMALL_BYTES: Final = 8 * 2**20
TEXT_BYTES: Final = 64 * 2**20  # Of the longest text, with four bytes a character, some thirty; of 20,000 letters, 800.
_SMALL_SHARE: Final = 4  # The small room is a quarter of the room for files: 64 MiB.
ROOM_SECONDS: Final = 120.0  # How long one upload waits for room before its file is left out.
GRACE_SECONDS: Final = 30.0  # A circuit of Tor that broke is replaced within this.
_LOOK_SECONDS: Final = (
    0.1  # Nobody is looked at more often than that: who is not being waited for falls no further behind.
)
# In a crowd only: a photograph of 5 MiB in 40 seconds. Through the private network of the tests it is ten times this.
CROWD_BYTES_A_SECOND: Final = 128 * 2**10


class Progress(Protocol):
    """How far somebody's sending, or reading, has come."""

    @property
    def waited(self) -> float:
        """Seconds in which we waited for it, and for nothing else."""

    @property
    def moved(self) -> int:
        """Bytes."""


class Hold:
    """What one upload holds. Without `progress` it comes from our own disk, and gives way to nobody."""

    def __init__(self, room: "Room", claim: int, progress: Progress | None, on_give_way: Callable[[], None]) -> None:
        self._room = room
        self._progress = progress
        self._before = (0.0, 0) if progress is None else (progress.waited, progress.moved)
        self.claim = claim
        self.held = 0
        self.gave_way = False
        self.is_whole = False
        # Lets go of what is held.
        self.on_give_way = on_give_way

    async def take(self, size: int) -> None:
        """Hold `size` bytes more, waiting for room. Raises `NoRoomNow` when none comes free in time, or it gave way."""
        await self._room.take(self, size)

    def whole(self) -> None:
        """Note that all has come. Raises `NoRoomNow` if it had given way before."""
        if self.gave_way:
            raise NoRoomNow
        self.is_whole = True
        self._room.notify()

    @property
    def behind(self) -> float | None:
        """By how many seconds it is behind the pace of a crowd, or ahead (below zero); None if that is not asked."""
        if self._progress is None or self.is_whole:
            return None
        waited = self._progress.waited - self._before[0]
        return waited - GRACE_SECONDS - (self._progress.moved - self._before[1]) / CROWD_BYTES_A_SECOND


class Room:
    """One of the three rooms."""

    def __init__(self, total: int, room_seconds: float = ROOM_SECONDS) -> None:
        self.total = self.free = total
        self.room_seconds = room_seconds
        self._holds: list[Hold] = []  # in the order in which they began; without those that gave way
        self._waiting: list[Hold] = []
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def hold(
        self, claim: int, progress: Progress | None, on_give_way: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Hold]:
        """Begin to hold; `claim` is the most that `take` will ask for in all. Everything is given back at the end."""
        hold = Hold(self, claim, progress, on_give_way)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._let_go(hold)

    async def take(self, hold: Hold, size: int) -> None:
        if self._waiting or not self._fits(hold, size):
            await self._turn(hold, size)
        if hold.gave_way:
            raise NoRoomNow
        self.free -= size
        hold.held += size

    def notify(self) -> None:
        """Wake all who wait, to look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    async def _turn(self, hold: Hold, size: int) -> None:
        """Wait until it is this one's turn, and there is room. Raises `NoRoomNow`."""
        self._waiting.append(hold)
        try:
            async with asyncio.timeout(self.room_seconds):
                while not hold.gave_way and not (self._is_next(hold) and self._fits(hold, size)):
                    await self._change()
        except TimeoutError:
            raise NoRoomNow from None
        finally:
            self._waiting.remove(hold)
            self.notify()

    async def _change(self) -> None:
        """Have the slowest give way, or wait until something has changed or somebody has fallen behind."""
        sending = [one for one in self._holds if one not in self._waiting and one.behind is not None]
        slowest = max(sending, key=_behind, default=None)
        if slowest is not None and _behind(slowest) > 0:
            slowest.gave_way = True
            slowest.on_give_way()
            self._let_go(slowest)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(None if slowest is None else max(_LOOK_SECONDS, -_behind(slowest))):
                await self._changed.wait()

    def _let_go(self, hold: Hold) -> None:
        if hold in self._holds:
            self._holds.remove(hold)
        self.free += hold.held
        hold.held = 0
        self.notify()

    def _leader(self) -> Hold | None:
        return next((one for one in self._holds if not one.is_whole), None)

    def _is_next(self, hold: Hold) -> bool:
        return hold is self._leader() or hold is min(self._waiting, key=lambda one: one.claim - one.held)

    def _fits(self, hold: Hold, size: int) -> bool:
        leader = self._leader()
        if leader is None or hold is leader:
            return size <= self.free
        largest = max(one.claim for one in self._holds if not one.is_whole)
        return size <= self.free - max(0, largest - leader.held)


def _behind(hold: Hold) -> float:
    return hold.behind if hold.behind is not None else -GRACE_SECONDS


class MemoryBudget:
    """The rooms for files."""

    def __init__(self, total: int = TOTAL_BYTES, room_seconds: float = ROOM_SECONDS) -> None:
        self.small = Room(total // _SMALL_SHARE, room_seconds)
        self.large = Room(total - self.small.total, room_seconds)

    @property
    def free(self) -> int:
        return self.small.free + self.large.free

    @property
    def total(self) -> int:
        return self.small.total + self.large.total

    def room_for(self, claim: int) -> Room:
        """Return the room in which somebody belongs who may come to hold as much as this."""
        return self.small if claim <= SMALL_BYTES else self.large
