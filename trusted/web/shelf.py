"""
How much is kept for a while of all visitors together, so that nobody learns from it that somebody else is here.

A visitor who fills a place that all share sees when somebody else comes: where the oldest makes room, her own goes at
each act of another. So nothing that comes drives anything out, and no act decides by itself:

1. Room is made by the clock (`sweep`): down to a level drawn each time, in random order. By `n` sweeps somebody's
   `size` is off from nothing by `6.5 * size / (bound / 2) * sqrt(n)` standard deviations (the Fisher information of a
   place under Beta(4, 4) is 42).
2. What comes is taken or refused by chance (random early detection, Floyd and Jacobson 1993). How probable that is,
   the clock decides for all who come until it looks again: never up to half of the bound, then rising as the square of
   a sine, and of a fullness that is blurred each time by `BLUR` of the bound. So tries without number tell no more
   than one look: `size / (BLUR * bound)` standard deviations, by `n` looks `sqrt(n)` times that.
3. Between two looks the last quarter fills by chance as well, and nothing goes beyond the bound. There each try tells
   a little, to somebody who sends a quarter of the bound between two looks of the clock.

So it tells of what is large beside the bound; docs/decisions/site/0052 has the figures of each.
"""

import math
import secrets
from typing import Final, Generic, TypeVar

CHANCE: Final = secrets.SystemRandom()
BLUR: Final = 0.1
_LAST_QUARTER: Final = 0.75
_Key = TypeVar("_Key")


def refused_by_chance(over: float) -> bool:
    """Return whether to refuse: never at 0 and below, always beyond 1, in between by chance."""
    return over > 1 or CHANCE.random() < _chance(over)


def _chance(over: float) -> float:
    return math.sin(math.pi / 2 * min(1.0, max(0.0, over))) ** 2


def drawn_level(least: float, most: float) -> float:
    """Return a level between these two, in the middle more often: what lies beyond it goes. Rule 1."""
    return least + (most - least) * CHANCE.betavariate(4, 4)


class Shelf(Generic[_Key]):
    """How much each thing takes. It holds none of them."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._sizes: dict[_Key, int] = {}
        self.bytes = 0
        # Of being refused, until the next look.
        self._chance = 0.0

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, key: _Key, size: int) -> bool:
        """Count this in, in the place of what was there of this key, or return False: there is no room for it now."""
        self.drop(key)
        fullness = (self.bytes + size) / self._most
        if CHANCE.random() < self._chance or refused_by_chance((fullness - _LAST_QUARTER) / (1 - _LAST_QUARTER)):
            return False
        self._sizes[key] = size
        self.bytes += size
        return True

    def drop(self, key: _Key) -> None:
        """Count this out; one that is not there is no fault."""
        self.bytes -= self._sizes.pop(key, 0)

    def sweep(self) -> list[_Key]:
        """Count out what has to go, and return it; for the clock, and for nobody who comes. Rules 1 and 2."""
        level = drawn_level(self._most / 4, self._most * 3 / 4)
        going = []
        keys = list(self._sizes)
        CHANCE.shuffle(keys)
        while self.bytes > level:
            going.append(keys.pop())
            self.drop(going[-1])
        self._chance = _chance(2 * (self.bytes / self._most + CHANCE.gauss(0, BLUR)) - 1)
        return going
