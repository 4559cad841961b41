"""What `kallskydd status` saw last, as the members' desks are shown it: a day, and one sign for each line.

`upkeep.seen` in the home is two lines of one length for ever (docs/FORMATS.md, section 10): what was seen at the last
run of the timer, and what the last alarm was for. It is written in place, since the intake may read this very file, and
read without moving its access time, which would be the moment of a desk's visit. No line follows from a report.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

UPKEEP_NAME: Final = "upkeep.seen"
# The lines of `kallskydd status`, in the order of the signs.
LINES: Final = (
    "disk", "clock", "slots", "daily work", "roster", "audit", "backup", "libraries", "onion", "descriptor", "tor",
    "mirror certificate", "mirror CAA", "mirror", "alarm",
)  # fmt: skip
_LINE: Final = re.compile(rf"(\d{{4}}-\d\d-\d\d) ([+!-]{{{len(LINES)}}})")
_LENGTH: Final = len("2026-01-01 ") + len(LINES)


class UpkeepUnreadable(ValueError):
    """The line does not read as one."""


class Sign(StrEnum):
    """How one line was."""

    WELL = "+"
    TROUBLE = "!"
    # Of what this home does not have.
    ABSENT = "-"


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What was seen on a day."""

    day: date
    signs: Mapping[str, Sign]

    @property
    def troubles(self) -> tuple[str, ...]:
        """The lines that were not well."""
        return tuple(name for name in LINES if self.signs[name] is Sign.TROUBLE)

    @property
    def line(self) -> str:
        """As it rests and travels, always as long."""
        return f"{self.day.isoformat()} {''.join(self.signs[name] for name in LINES)}"


# Before the first run, and before the first alarm.
NEVER: Final = Upkeep(date.min, dict.fromkeys(LINES, Sign.ABSENT))


def parse_upkeep(untrusted: str) -> Upkeep:
    """Return what a line says; raises UpkeepUnreadable."""
    found = _LINE.fullmatch(untrusted)
    if found is None:
        raise UpkeepUnreadable
    try:
        signs = {name: Sign(sign) for name, sign in zip(LINES, found[2], strict=True)}
        return Upkeep(date.fromisoformat(found[1]), signs)
    except ValueError as fault:
        raise UpkeepUnreadable from fault


def make_upkeep_file(home: Path) -> None:
    """Make the file if it is not there: what the intake may read must be there before it closes itself."""
    if not (home / UPKEEP_NAME).exists():
        write_upkeep(home, NEVER, NEVER)


def read_upkeep(home: Path) -> tuple[Upkeep, Upkeep]:
    """Return what was seen last, and what the last alarm was for. Raises UpkeepUnreadable or OSError."""
    # O_NOATIME is for the owner alone, which the service is.
    descriptor = os.open(home / UPKEEP_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NOATIME)
    try:
        untrusted = os.read(descriptor, 2 * (_LENGTH + 1) + 1)
    finally:
        os.close(descriptor)
    lines = untrusted.decode("ascii", errors="replace").split("\n")
    if len(lines) != 3 or lines[2]:  # noqa: PLR2004 - two lines, each with its end
        raise UpkeepUnreadable
    return parse_upkeep(lines[0]), parse_upkeep(lines[1])


def write_upkeep(home: Path, seen: Upkeep, alarmed: Upkeep) -> None:
    """Write both lines over those before; on the disk when this returns. Raises OSError."""
    descriptor = os.open(home / UPKEEP_NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        os.pwrite(descriptor, f"{seen.line}\n{alarmed.line}\n".encode("ascii"), 0)
        os.ftruncate(descriptor, 2 * (_LENGTH + 1))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
