"""
How much of what visitors send may be in memory at once, over all of them; the rest waits.

There are four rooms: for files of forms that announce little, so that an ordinary report with a picture always gets
in; for all other files; for the files of archives that grew (`GrownRoom`); and for text (`trusted/rooms/text.py`). In
each of them:

1. What has come is counted, and not what was announced.
2. Two that each hold half and wait for the other would wait for ever. So the one that began first leads, and as much as
   anybody may still need in all is left for the leader: it can always finish, then the next leads.
3. Of those who wait, the one that needs least goes first. One that waits too long is refused (`NoRoomNow`).
4. Nobody waits for a slow sender. As soon as somebody waits, any upload that has been coming for longer than
   `GRACE_SECONDS` and at less than `CROWD_BYTES_A_SECOND` gives way, the slowest first, the leader as well: what it
   holds is freed. As long as there is room for all, everybody may take the time that `form.MinimumRate` allows.
5. What has come whole gives way to nobody, but for the files of an archive that grew.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from trusted.jail.protocol import ATTACHMENT_BYTES
from trusted.web.errors import NoRoomNow

TOTAL_BYTES: Final = 256 * 2**20  # 256 MiB for files, design: numbers
# A file of a form that is no longer than this in all has its place in the small room: a text with a photograph or two.
SMALL_BYTES: Final = 8 * 2**20
TEXT_BYTES: Final = 64 * 2**20  # Of the longest text, with four bytes a character, some thirty; of 20,000 letters, 800.
_SMALL_SHARE: Final = 4  # The small room is a quarter of the room for files: 64 MiB.
# On top of that, for archives that unpack to more than was sent: the largest, and small ones beside it.
GROWN_BYTES: Final = ATTACHMENT_BYTES + 14 * 2**20
ROOM_SECONDS: Final = 120.0  # How long one upload waits for room before its file is left out.
GRACE_SECONDS: Final = 30.0  # A circuit of Tor that broke is replaced within this.
# Of an archive that grew: it costs its sender next to nothing. It waits holding what was sent, so not for long either.
GROWN_ROOM_SECONDS: Final = 30.0
GROWN_GRACE_SECONDS: Final = 5.0
# All are looked at no more often than that, and no more seldom while somebody waits.
_LOOK_SECONDS: Final = 0.1
_LOOK_SECONDS_AT_MOST: Final = 1.0
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

    def give_back(self, size: int) -> None:
        """Hold `size` bytes less; harmless when it gave way."""
        self._room.take_back(self, size)

    def whole(self) -> None:
        """Note that all has come. Raises `NoRoomNow` if it had given way before."""
        if self.gave_way:
            raise NoRoomNow
        self.is_whole = True
        self._room.hand_out()

    @property
    def behind(self) -> float | None:
        """By how many seconds it is behind the rate of a crowd, or ahead (below zero); None if that is not asked."""
        if self._progress is None or self.is_whole:
            return None
        waited = self._progress.waited - self._before[0]
        return waited - self._room.grace_seconds - (self._progress.moved - self._before[1]) / CROWD_BYTES_A_SECOND


class Room:
    """One of the four rooms."""

    def __init__(self, total: int, room_seconds: float = ROOM_SECONDS) -> None:
        self.total = self.free = total
        self.room_seconds = room_seconds
        # Dictionaries, because hundreds may come and go at once. In the order in which they began, without those that
        # gave way; and who waits for how much.
        self._holds: dict[Hold, None] = {}
        self._waiting: dict[Hold, tuple[int, asyncio.Future[None]]] = {}
        self._look_again: asyncio.TimerHandle | None = None

    @property
    def grace_seconds(self) -> float:
        """How long one may be slow before it gives way."""
        return GRACE_SECONDS

    @asynccontextmanager
    async def hold(
        self, claim: int, progress: Progress | None, on_give_way: Callable[[], None] = lambda: None
    ) -> AsyncIterator[Hold]:
        """Begin to hold; `claim` is the most that `take` will ask for in all. Everything is given back at the end."""
        hold = Hold(self, claim, progress, on_give_way)
        self._holds[hold] = None
        try:
            yield hold
        finally:
            self._let_go(hold)
            self.hand_out()

    async def take(self, hold: Hold, size: int) -> None:
        """Give `size` bytes to `hold`, when it is its turn. Raises `NoRoomNow`."""
        if hold.gave_way:
            raise NoRoomNow
        turn = asyncio.get_running_loop().create_future()
        self._waiting[hold] = (size, turn)
        try:
            self.hand_out()
            async with asyncio.timeout(self.room_seconds):
                await turn
        except TimeoutError:
            raise NoRoomNow from None
        finally:
            if self._waiting.pop(hold, None) is not None:
                self.hand_out()
        # It may have got room and given way again before it came to its turn here.
        if hold.gave_way:
            raise NoRoomNow

    def take_back(self, hold: Hold, size: int) -> None:
        """Have `hold` hold `size` bytes less."""
        size = min(size, hold.held)
        hold.held -= size
        self.free += size
        self.hand_out()

    def hand_out(self) -> None:
        """Give room to everybody whose turn it is. Call it whenever something has changed."""
        while self._waiting:
            if not self._one_gets_room() and not self._one_gives_way():
                return

    def _one_gets_room(self) -> bool:
        leader, modest = self._leader(), min(self._waiting, key=lambda one: one.claim - one.held)
        for hold in (leader, modest):
            if hold is not None and hold in self._waiting and self._fits(hold, self._waiting[hold][0]):
                size, turn = self._waiting.pop(hold)
                if not turn.done():
                    self.free -= size
                    hold.held += size
                    turn.set_result(None)
                return True
        return False

    def _one_gives_way(self) -> bool:
        """Have the slowest give way, or see to it that we look again when somebody may have fallen behind."""
        if self._look_again is not None:
            return False
        sending = [
            (behind, one) for one in self._holds if self._may_give_way(one) and (behind := one.behind) is not None
        ]
        behind, slowest = max(sending, key=lambda pair: pair[0], default=(-math.inf, None))
        if slowest is None or behind <= 0:
            later = min(max(_LOOK_SECONDS, -behind), _LOOK_SECONDS_AT_MOST)
            self._look_again = asyncio.get_running_loop().call_later(later, self._look)
            return False
        slowest.gave_way = True
        self._let_go(slowest)
        slowest.on_give_way()
        return True

    def _may_give_way(self, hold: Hold) -> bool:
        return hold not in self._waiting

    def _look(self) -> None:
        self._look_again = None
        self.hand_out()

    def _let_go(self, hold: Hold) -> None:
        self._holds.pop(hold, None)
        self.free += hold.held
        hold.held = 0

    def _leader(self) -> Hold | None:
        return next((one for one in self._holds if not one.is_whole), None)

    def _fits(self, hold: Hold, size: int) -> bool:
        leader = self._leader()
        if leader is None or hold is leader:
            return size <= self.free
        largest = max(one.claim for one in self._holds if not one.is_whole)
        return size <= self.free - max(0, largest - leader.held)


class GrownRoom(Room):
    """
    The room for the files of archives that unpack to more than was sent.

    Each takes all it needs at once, so nobody in it waits for another: there is no leader, and who needs least goes
    first. The files are there and wait for the jail only. When that has not cleaned enough of them for a while, they
    give way, to somebody who needs less than they hold: for an archive of 60 kB that becomes 50 MiB everybody else
    waits no longer than that.
    """

    def __init__(self, total: int = GROWN_BYTES, room_seconds: float = GROWN_ROOM_SECONDS) -> None:
        super().__init__(total, room_seconds)

    @property
    def grace_seconds(self) -> float:
        return GROWN_GRACE_SECONDS

    def _leader(self) -> Hold | None:
        return None

    def _may_give_way(self, hold: Hold) -> bool:
        return super()._may_give_way(hold) and hold.held > min(size for size, _turn in self._waiting.values())


class MemoryBudget:
    """The rooms for files."""

    def __init__(self, total: int = TOTAL_BYTES, room_seconds: float = ROOM_SECONDS) -> None:
        self.small = Room(total // _SMALL_SHARE, room_seconds)
        self.large = Room(total - self.small.total, room_seconds)
        self.grown = GrownRoom()

    @property
    def free(self) -> int:
        """What is free of the rooms for what is sent."""
        return self.small.free + self.large.free

    @property
    def total(self) -> int:
        return self.small.total + self.large.total

    def room_for(self, claim: int) -> Room:
        """Return the room in which somebody belongs who may come to hold as much as this."""
        return self.small if claim <= SMALL_BYTES else self.large
