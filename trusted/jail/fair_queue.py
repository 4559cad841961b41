"""The order of jobs in the jail: the form that has used least processor time, with the shortest job, goes first.

1. Each form has an account. A job is charged to it by its estimate when it begins, and by the processor time that the
   kernel counted once it has ended.
2. A job's time is estimated from the pixels of the picture, which a separate job reads from the file's header
   (`Operation.MEASURE`): nothing of a file is parsed on the trusted side. A file that comes while the jail is idle is
   not measured. That of a text, a table or a message, and of taking a file apart, is estimated from its bytes.
3. What waits to be verified holds its copy in memory, so it goes before all that waits to be cleaned. Of the others,
   the one with the lowest sum of account and estimate goes first. Each second of waiting takes a quarter of a second
   off, so that none waits for ever.
4. Every zygote has one extra slot for jobs that were estimated as quick: they do not wait for slow ones.
5. `MOST_WAITING` jobs may wait. One more, and the last in order is refused (NoJail), with the advice to come again in a
   few minutes.
"""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from trusted.jail.protocol import JOB_LIMITS
from trusted.jail.stages import Kind, NoJail

MOST_WAITING: Final = 64
# Measured on two cores: 80 megapixels in 3 to 6 seconds, by kind and content; starting and ending a job.
_SECONDS_A_MEGAPIXEL: Final = 0.06
_SECONDS_A_JOB: Final = 0.05
_PIXELS: Final = 1_000_000
QUICK_SECONDS: Final = 1.0  # 16 megapixels: what most telephones take
UNKNOWN_SECONDS: Final = 2.0  # A picture that was not measured, and a document: it has pages and not pixels.
# Measured on two cores: 2.4 MiB of short lines in 2.8 seconds; a ZIP of 50 MiB in 0.6, an e-mail of 36 MiB in 2.
_SECONDS_A_MIB_OF_TEXT: Final = 1.2
_SECONDS_A_ZIP: Final = 0.6
_SECONDS_A_MIB_OF_EMAIL: Final = 0.05
_MIB: Final = 2**20
_TYPESET: Final = frozenset({Kind.TEXT, Kind.CSV, Kind.EMAIL})
WORST_SECONDS: Final = float(JOB_LIMITS.cpu_seconds)
_WAITING_COUNTS: Final = 0.25


@dataclass(slots=True, eq=False)
class Account:
    """What one form has used, in seconds of a processor."""

    used: float = 0.0
    # What its last job took, or its estimate: verifying a file takes no longer than scrubbing it.
    last: float = UNKNOWN_SECONDS


@dataclass(slots=True, eq=False)
class Turn:
    """One job that waits, or runs."""

    account: Account
    # The estimate; None for verifying, which takes the last job's time once that is known.
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
    def rank(self) -> tuple[bool, float]:
        """The lower, the sooner. Adding the start instead of subtracting the wait gives the same order at any time."""
        return self.estimate is not None, self.account.used + self.seconds + _WAITING_COUNTS * self.since

    def begin(self) -> None:
        self.estimate = self.account.last = self.seconds
        self.account.used += self.estimate

    def end(self, used: float) -> None:
        """Replace the estimate by the processor seconds used."""
        self.account.used += used - self.seconds
        self.account.last = used


class FairQueue:
    """The jobs that wait for a zygote of one role."""

    def __init__(self) -> None:
        self._waiting: list[Turn] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def join(self, turn: Turn) -> None:
        """Add a job. If that is one too many, mark the last in order as refused, which may be this one."""
        self._waiting.append(turn)
        waiting = [one for one in self._waiting if not one.refused]
        if len(waiting) > MOST_WAITING:
            # Of equal ranks the one that came last.
            max(reversed(waiting), key=lambda one: one.rank).refused = True

    def leave(self, turn: Turn) -> None:
        self._waiting.remove(turn)

    def is_next(self, turn: Turn, *, quick_alone: bool) -> bool:
        """Return whether this job is next, of all or of the quick ones alone. Raises NoJail if it was refused."""
        if turn.refused:
            raise NoJail
        able = [one for one in self._waiting if not one.refused and (one.is_quick or not quick_alone)]
        return bool(able) and turn is min(able, key=lambda one: one.rank)


def seconds_of_picture(pixels: int) -> float:
    """Estimate the processor seconds for a picture of so many pixels."""
    return min(WORST_SECONDS, _SECONDS_A_JOB + _SECONDS_A_MEGAPIXEL * pixels / _PIXELS)


def seconds_of_bytes(kind: Kind, size: int) -> float:
    """Estimate the processor seconds for a file that is not measured."""
    if kind not in _TYPESET:
        return UNKNOWN_SECONDS
    return min(WORST_SECONDS, _SECONDS_A_JOB + _SECONDS_A_MIB_OF_TEXT * size / _MIB)


def seconds_of_unpacking(size: int) -> float:
    """Estimate the processor seconds for taking apart an archive or an e-mail of so many bytes."""
    return _SECONDS_A_ZIP + _SECONDS_A_MIB_OF_EMAIL * size / _MIB


def is_measured(kind: Kind) -> bool:
    return kind not in {Kind.PDF, Kind.OFFICE, Kind.SOUND, Kind.FILM, *_TYPESET}
