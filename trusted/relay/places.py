"""Which connection makes room when all places are taken.

The rule is the intake's (docs/decisions/site/0014), for here too nothing says whose a connection is:
1. A connection counts from the moment it is accepted.
2. When all places are taken, a newcomer gets that of the connection with the least progress. Progress is bytes
   forwarded in either direction, faded with a half-life: a place is held by a steady stream of them.
3. The newest are exempt, and only so many make room in a second, so that each newcomer has time to begin.
"""

import asyncio
from collections.abc import Callable
from itertools import islice

from trusted.relay.limits import RelayLimits


class Slot:
    """One connection's place: how much it has moved, and the task that ends with the place."""

    __slots__ = ("_at", "_clock", "_half_life", "_moved", "visit")

    def __init__(self, clock: Callable[[], float], half_life_seconds: float) -> None:
        self._clock = clock
        self._half_life = half_life_seconds
        self._moved = 0.0
        self._at = clock()
        self.visit: asyncio.Task[None] | None = None

    def moved(self, size: int) -> None:
        """Count bytes that were forwarded."""
        self._moved = self.progress() + size
        self._at = self._clock()

    def progress(self) -> float:
        """Return the bytes that have moved, faded."""
        return float(self._moved * 0.5 ** ((self._clock() - self._at) / self._half_life))


class Places:
    """All places, in the order in which they were taken."""

    def __init__(self, limits: RelayLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._taken: dict[Slot, None] = {}
        self._evictions_left = float(limits.evictions_at_once)
        self._counted_at = clock()

    def __len__(self) -> int:
        return len(self._taken)

    def may_come(self) -> bool:
        """Say whether one more may be accepted now."""
        if len(self._taken) < self._limits.connections:
            return True
        now = self._clock()
        come = self._evictions_left + (now - self._counted_at) * self._limits.evictions_a_second
        self._evictions_left = min(come, float(self._limits.evictions_at_once))
        self._counted_at = now
        return self._evictions_left >= 1

    def take(self) -> Slot:
        """Return a place for a newcomer; the connection with the least progress ends if there are too many now."""
        place = Slot(self._clock, self._limits.half_life_seconds)
        self._taken[place] = None
        if len(self._taken) > self._limits.connections:
            self._evictions_left -= 1
            older = islice(self._taken, max(1, len(self._taken) - self._limits.newest))
            least = min(older, key=Slot.progress)
            self.leave(least)
            if least.visit is not None:
                least.visit.cancel()
        return place

    def leave(self, place: Slot) -> None:
        """Give a place back; does nothing when it made room already."""
        self._taken.pop(place, None)
