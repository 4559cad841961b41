"""What the restore drills begin with: a home, its members' desks, and a backup of before and of after a removal."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desk_harness import running_desks
from intake_harness import MadeHome, SetClock
from upkeep_harness import (
    backup,
    member_desk,
    real_home,
    version_without,
)

from cases.clock import utc_now


@dataclass
class Drill:
    """A home with two cases, a backup of before Handler 3 was removed (`before`), and one of after (`out`)."""

    folder: Path
    made: MadeHome

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def slots(self) -> Path:
        return self.folder / "slots"

    @property
    def new(self) -> Path:
        return self.folder / "new"

    def desks(self, name: str = "desk") -> list:
        """The desks of the first two; by another name ones that never saw a roster."""
        return [member_desk(self.folder / f"{name}{number}", self.made, number) for number in (0, 1)]


async def prepare(folder: Path) -> Drill:
    """Two cases and a backup; then Handler 3 is removed, two desks see it, and another backup is made."""
    made = real_home(folder / "home")
    drill = Drill(folder, made)
    drill.desks()
    async with running_desks(folder, made, SetClock(utc_now())) as desks:
        for text in ("Fakturor utan arbete.", "Körjournaler som inte stämmer."):
            await desks.file(text)
        backup(made, folder / "before", "--slots", folder / "before-slots")
        version_without(made, 2)
        for number in (0, 1):
            await desks.listed(number)
        backup(made, drill.out, "--slots", drill.slots)
    return drill
