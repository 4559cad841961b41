"""How long ago something was, by the clock that has gone furthest: a computer that sleeps stops no lock.

The loop's clock stands still while a computer sleeps. The wall's goes on, and can be set back; the one that counts from
the start of the system goes on too, and cannot. Windows has no such one, and its monotonic clock goes on in sleep.
"""

import time
from collections.abc import Callable
from typing import Final

# One moment, by each of the clocks.
Moment = tuple[float, float]
Now = Callable[[], Moment]
_BOOT: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)


def now() -> Moment:
    """Return this moment."""
    return time.time(), time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)


def seconds_since(moment: Moment, later: Moment) -> float:
    """Return how long after the first the second is, by the clock that says more."""
    return max(after - before for before, after in zip(moment, later, strict=True))
