"""
How much of what reporters upload may be in memory at once, over all of them; the rest waits.

Two uploads that each hold half and wait for the other would wait for ever. The rule against that: the upload that
began first is the leader, and what it may still need is never given to anybody else. So the leader can always finish,
then the next leads. Ten slow uploads hold what they have sent so far and no more.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from intake.errors import NoRoomNow

TOTAL_BYTES: Final = 256 * 2**20  # 256 MiB, design: numbers
ROOM_SECONDS: Final = 120.0  # How long one upload waits for room before its file is left out.


class Hold:
    """What one upload holds."""

    __slots__ = ("_budget", "claim", "held")

    def __init__(self, budget: "MemoryBudget", claim: int) -> None:
        self._budget = budget
        self.claim = claim
        self.held = 0

    async def take(self, size: int) -> None:
        """Hold `size` bytes more, waiting for room. Raises `NoRoomNow` when none comes free in time."""
        await self._budget.take(self, size)


class MemoryBudget:
    """The room for uploads."""

    def __init__(self, total: int = TOTAL_BYTES, room_seconds: float = ROOM_SECONDS) -> None:
        self._total = self._free = total
        self._room_seconds = room_seconds
        self._holds: list[Hold] = []  # in the order in which they began
        self._changed = asyncio.Condition()

    @property
    def free(self) -> int:
        return self._free

    @property
    def total(self) -> int:
        return self._total

    @asynccontextmanager
    async def hold(self, claim: int) -> AsyncIterator[Hold]:
        """Begin to hold; `claim` is the most that `take` will ask for in all. Everything is given back at the end."""
        hold = Hold(self, claim)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            self._holds.remove(hold)
            self._free += hold.held
            async with self._changed:
                self._changed.notify_all()

    async def take(self, hold: Hold, size: int) -> None:
        if not self._fits(hold, size):
            try:
                async with asyncio.timeout(self._room_seconds), self._changed:
                    await self._changed.wait_for(lambda: self._fits(hold, size))
            except TimeoutError:
                raise NoRoomNow from None
        self._free -= size
        hold.held += size

    def _fits(self, hold: Hold, size: int) -> bool:
        leader = self._holds[0]
        kept_for_leader = 0 if hold is leader else leader.claim - leader.held
        return size <= self._free - kept_for_leader
