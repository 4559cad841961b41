"""Who is next in the jail: whoever has used least of the processors and asks for least.

1. Each form has an account. A job is charged to it by its estimate when it begins, and by what the kernel counted once
   it has ended.
2. What a job will take is estimated from the pixels of the picture, which a job of its own reads from its head
   (`Operation.MEASURE`): nothing of a file is parsed on this side. A file that comes while nobody else is here is not
   measured.
3. Of those who wait, the one goes first whose account and estimate together are lowest. Each second of waiting takes
   a quarter of a second off, so that nobody waits for ever.
4. Every zygote has a slot more than it has for others, for jobs of which it was measured that they are quick: they do
   not wait for the slow ones.
5. `MOST_WAITING` may wait. One more, and whoever would be last is refused (NoJail), which says to come again in a few
   minutes.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from scrubbers.protocol import JOB_LIMITS
from scrubbers.stages import Kind, NoJail

MOST_WAITING: Final = 64
# Measured on two cores: 80 megapixels in 3 to 6 seconds, by kind and content; starting and ending a job.
_SECONDS_A_MEGAPIXEL: Final = 0.06
_SECONDS_A_JOB: Final = 0.05
_PIXELS: Final = 1_000_000
QUICK_SECONDS: Final = 1.0  # 16 megapixels: what most telephones take
UNKNOWN_SECONDS: Final = 2.0  # A picture that was not measured, and a document: it has pages and not pixels.
WORST_SECONDS: Final = float(JOB_LIMITS.cpu_seconds)
_WAITING_COUNTS: Final = 0.25


@dataclass(slots=True, eq=False)
class Account:
    """What one form has used, in seconds of a processor."""

    used: float = 0.0
    # What its last job took, or was thought to take: the second reading of a file takes no more than the first.
    last: float = UNKNOWN_SECONDS


@dataclass(slots=True, eq=False)
class Turn:
    """One job that waits, or runs."""

    account: Account
    # The estimate; None for the second reading, which is taken to be what the first one was, once that is known.
    estimate: float | None
    since: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    refused: bool = False

    @property
    def seconds(self) -> float:
        return self.account.last if self.estimate is None else self.estimate

    @property
    def is_quick(self) -> bool:
        return self.seconds <= QUICK_SECONDS

    @property
    def rank(self) -> float:
        """The lower, the sooner. What all have waited since the beginning of time is left out: it changes no order."""
        return self.account.used + self.seconds + _WAITING_COUNTS * self.since

    def begin(self) -> None:
        self.estimate = self.account.last = self.seconds
        self.account.used += self.estimate

    def end(self, used: float) -> None:
        """Charge what was used in the place of what was estimated."""
        self.account.used += used - self.seconds
        self.account.last = used


class FairQueue:
    """Those who wait for a zygote of one role."""

    def __init__(self) -> None:
        self._waiting: list[Turn] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, turn: Turn) -> None:
        """Wait. One too many marks whoever would be last as refused, which may be this one."""
        self._waiting.append(turn)
        waiting = [one for one in self._waiting if not one.refused]
        if len(waiting) > MOST_WAITING:
            # Of equals the one that came last.
            max(reversed(waiting), key=lambda one: one.rank).refused = True

    def leave(self, turn: Turn) -> None:
        self._waiting.remove(turn)

    def is_next(self, turn: Turn, *, quick_alone: bool) -> bool:
        """Whether it is this one's turn, of all or of the quick ones alone. Raises NoJail if it was refused."""
        if turn.refused:
            raise NoJail
        able = [one for one in self._waiting if not one.refused and (one.is_quick or not quick_alone)]
        return bool(able) and turn is min(able, key=lambda one: one.rank)


def seconds_of_picture(pixels: int) -> float:
    """Return what a picture of so many pixels will take, about."""
    return min(WORST_SECONDS, _SECONDS_A_JOB + _SECONDS_A_MEGAPIXEL * pixels / _PIXELS)


def is_measured(kind: Kind) -> bool:
    return kind is not Kind.PDF
