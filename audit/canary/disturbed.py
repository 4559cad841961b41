"""What makes a whole run void: something happened meanwhile that two equal services answer with a difference.

1. The clock of one of its services passed an hour at which the service's day changes.
2. A part of a service died while visitors came, or was started again.
3. The computer's clock was set, or the computer stood still.

What differs after that follows from it or not, which nobody can tell, so no finding is reported.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from audit.canary.table import TABLE
from audit.observe.strace import Call
from audit.verdict import Check, Inspection, Verdict

ZONE = ZoneInfo("Europe/Stockholm")
# The day changes at midnight, reports are released at six, an hour later the first page may name another day, and what
# comes after eighteen waits a day longer.
_PARTS_BEGIN = (0, 6, 7, 18)
# A zygote that ends by itself, or that the keeper ends, is what the program does: a finding of another row.
_BY_ITSELF, _PARTS = frozenset({"keeper", "intake", "tor"}), frozenset({"keeper", "intake", "zygote", "tor"})
_BY_THE_KEEPER = "SIGTERM"
_MOST_SECONDS = 1.0  # by which a clock that is only slewed drifts from one that nobody sets


def _drift() -> float:
    return time.time() - time.monotonic()


@dataclass(slots=True)
class Watched:
    """From when until when one service was visited, and by how much its clock is moved."""

    shift: int = 0
    began: float = field(default_factory=time.time)
    drift: float = field(default_factory=_drift)
    ended: float = 0.0
    moved: float = 0.0
    starts: int = 1  # of its intake
    died: list[str] = field(default_factory=list)

    def end(self, starts: int) -> None:
        """Note the end, the first time."""
        if not self.ended:
            self.ended, self.moved, self.starts = time.time(), _drift() - self.drift, starts


def part_of_the_day(moment: float) -> tuple[date, int]:
    """Return the service's day of a moment, and the part of that day."""
    here = datetime.fromtimestamp(moment, ZONE)
    return here.date(), sum(here.hour >= begins for begins in _PARTS_BEGIN)


def parts_that_ended(calls: Sequence[Call], watched: Watched) -> list[str]:
    """Return which parts of the service ended while visitors came; forks that started no program are none."""
    programs = {call.process.pid for call in calls if call.name == "execve" and call.result == "0"}
    mine = [one for one in calls if watched.began < one.at < watched.ended and one.process.pid in programs]
    killed = {one.role for one in mine if one.name == "killed" and one.arguments != _BY_THE_KEEPER}
    return sorted(killed & _PARTS | {one.role for one in mine if one.name == "exit_group"} & _BY_ITSELF)


def disturbed(watched: Sequence[Watched]) -> Inspection:
    """Say what happened to any of these services; nothing where nothing did."""
    said = Inspection()
    if len({part_of_the_day(at + one.shift) for one in watched for at in (one.began, one.ended)}) > 1:
        said.void("the clock of a service passed 00, 06, 07 or 18 o'clock: nothing that was found counts")
    for number, one in enumerate(watched):
        about = said.about(run=number)
        if abs(one.moved) > _MOST_SECONDS:
            about.void(
                "run {run}: the computer's clock was set by {seconds} s, or stood still: nothing that was found counts",
                seconds=round(one.moved, 1),
            )
        if one.starts > 1 or one.died:
            about.void(
                "run {run}: a part of the service ended while visitors came ({what}): nothing that was found counts",
                what=", ".join(one.died) or "intake",
            )
    return said


def void(said: Inspection) -> list[Check]:
    """Return every row as void, the first with the reasons."""
    other = Inspection()
    other.void("void: the row requests says why")
    return [(said if row is TABLE[0] else other).of(row) for row in TABLE]


def is_void(checks: Sequence[Check]) -> bool:
    """Whether these are such rows: of others only the first can be void."""
    return checks[-1].verdict is Verdict.VOID
