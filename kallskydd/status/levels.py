"""What monitoring makes of a line: the levels and exit codes of its plugins, and the first line that it shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from kallskydd.finding import Finding


class Level(IntEnum):
    """The exit codes of a plugin, by the rules that Nagios, Icinga and others have in common."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


# The first of these that any line has is that of the whole.
_WORST_FIRST: Final = (Level.CRITICAL, Level.UNKNOWN, Level.WARNING, Level.OK)


@dataclass(frozen=True, slots=True)
class StatusLine:
    """One line, its level, and what of it is a number."""

    level: Level
    finding: Finding
    seconds: float | None = None
    days: int | None = None


def level_of(seen: list[StatusLine]) -> Level:
    """Return the level of the whole; UNKNOWN without a line."""
    return next((level for level in _WORST_FIRST if any(one.level is level for one in seen)), Level.UNKNOWN)


def first_line(seen: list[StatusLine]) -> str:
    """Return what monitoring shows and measures: the level, the words of what decides it, the numbers."""
    level = level_of(seen)
    deciding = [one for one in seen if one.level is level]
    # What follows the stroke is for numbers.
    words = " ".join(f"{one.finding.what}: {one.finding.words}" for one in deciding).replace("|", "/")
    numbers = [f" seconds={one.seconds:.2f}s" for one in seen if one.seconds is not None]
    numbers += [f" certificate_days={one.days}" for one in seen if one.days is not None]
    return f"KALLSKYDD {level.name} - {words}{' |' + ''.join(numbers) if numbers else ''}"
