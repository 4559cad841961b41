"""The operator's alarm: one command without content, run by `kallskydd status --quiet` and `host status --quiet`.

It is given no word of what is wrong, and nothing that could hold one: a fixed environment, no standard input, its
output goes nowhere. That it ran says that something is not well; the same command without `--quiet` says what.

When it runs, with `troubles` the set of lines that are not well:
0. once for a command that is new, whatever is seen: so it is tried where it has to work;
1. else never when there are none, and at most once a day;
2. when they are others than those that it ran for last;
3. else again each week while they last, since a message can be lost.
A run that fails is tried again at the next hour.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection
from datetime import date, timedelta
from pathlib import Path
from typing import Final, Protocol

from cases.upkeep import NEVER, Upkeep

AGAIN_AFTER: Final = timedelta(days=7)
COMMAND_SECONDS: Final = 60.0
# The same for every alarm, whatever the timer or a shell has.
ENVIRONMENT: Final = {"PATH": os.defpath, "LANG": "C.UTF-8"}


class Seen(Protocol):
    """What a look saw on a day, or what the last alarm was for."""

    @property
    def day(self) -> date: ...

    @property
    def troubles(self) -> Collection[str]: ...


def is_due(seen: Seen, alarmed: Seen) -> bool:
    """Whether the command has to run for what was seen, the last alarm having been for `alarmed`."""
    if not seen.troubles or seen.day == alarmed.day:
        return False
    # Either way: a clock that was ahead for a while must not silence the alarm until it is there again.
    return set(seen.troubles) != set(alarmed.troubles) or abs(seen.day - alarmed.day) >= AGAIN_AFTER


def remembered(seen: Upkeep, alarmed: Upkeep) -> Upkeep:
    """Return what to remember of the last alarm when none is due: once nothing is wrong, its day alone."""
    return alarmed if seen.troubles else Upkeep(alarmed.day, NEVER.signs)


def is_program(command: tuple[str, ...]) -> bool:
    """Whether the command names a program that may be run here."""
    return Path(command[0]).is_file() and os.access(command[0], os.X_OK)


def sound(command: tuple[str, ...]) -> bool:
    """Run the command; whether it ended well and in time."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=ENVIRONMENT, cwd="/", timeout=COMMAND_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
