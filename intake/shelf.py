"""
How much is kept for a while of all visitors together, so that nobody learns from it that somebody else is here.

A visitor who fills a place that all share sees when somebody else comes: where the oldest makes room, her own goes at
each act of another. So nothing that comes drives anything out, and no act decides by itself:

1. What comes is taken or refused by chance: never refused up to half of the bound, always beyond all of it, and in
   between with a probability that rises with how full it is (random early detection, Floyd and Jacobson 1993), as the
   square of a sine: then each try tells equally little. By `n` tries somebody's `size` is off from nothing by
   `pi * size / (bound / 2) * sqrt(n)` standard deviations.
2. Room is made by the clock (`sweep`): down to a level drawn each time, in random order. By `n` sweeps that is
   `6.5 * size / (bound / 2) * sqrt(n)` (the Fisher information of a place under Beta(4, 4) is 42).

So it tells of what is large beside the bound; docs/decisions/site/0052 has the figures of each.
"""

import math
import secrets
from typing import Final, Generic, TypeVar

CHANCE: Final = secrets.SystemRandom()
_Key = TypeVar("_Key")


def refused_by_chance(over: float) -> bool:
    """Return whether to refuse: never at 0 and below, always beyond 1, in between by chance. Rule 1."""
    return over > 0 and (over > 1 or CHANCE.random() < math.sin(math.pi / 2 * over) ** 2)


def drawn_level(least: float, most: float) -> float:
    """Return a level between these two, in the middle more often: what lies beyond it goes. Rule 2."""
    return least + (most - least) * CHANCE.betavariate(4, 4)


class Shelf(Generic[_Key]):
    """How much each thing takes. It holds none of them."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._sizes: dict[_Key, int] = {}
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def put(self, key: _Key, size: int) -> bool:
        """Count this in, in the place of what was there of this key, or return False: there is no room for it now."""
        self.drop(key)
        half = self._most / 2
        if refused_by_chance((self.bytes + size - half) / half):
            return False
        self._sizes[key] = size
        self.bytes += size
        return True

    def drop(self, key: _Key) -> None:
        """Count this out; one that is not there is no fault."""
        self.bytes -= self._sizes.pop(key, 0)

    def sweep(self) -> list[_Key]:
        """Count out what has to go, and return it; for the clock, and for nobody who comes. Rule 2."""
        level = drawn_level(self._most / 4, self._most * 3 / 4)
        if self.bytes <= level:
            return []
        going = []
        keys = list(self._sizes)
        CHANCE.shuffle(keys)
        while self.bytes > level:
            going.append(keys.pop())
            self.drop(going[-1])
        return going
