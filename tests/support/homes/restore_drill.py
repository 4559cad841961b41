"""What the restore drills begin with: a home, its members' desks, and a backup of before and of after a removal."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import subprocess
from dataclasses import dataclass
from pathlib import Path

from desks.harness import running_desks
from visitors.intake_harness import MadeHome, SetClock

from cases.backup.files import hash_of
from homes.upkeep import (
    backup,
    both_answers,
    kallskydd,
    member_desk,
    real_home,
    version_without,
)
from trusted.case.clock import utc_now

NOT_WHOLE = "The backup is not whole"
# What is in the folder of the new home once the question is made: no home.
QUESTION_ALONE = {"restore.key", "ask.json"}


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


def rewrite_manifest(folder: Path, **changed: str) -> None:
    """Give the manifest the hashes of what lies there now: it takes no key, so anyone who holds the copy can."""
    path = folder / "backup.json"
    manifest = json.loads(path.read_text()) | changed
    names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file() and one != path]
    path.write_text(json.dumps(manifest | {"files": {name: hash_of(folder / name) for name in names}}))


def second_go(drill: Drill, desks: list, *slots: str | Path) -> subprocess.CompletedProcess[str]:
    """The question, both answers, and what the restore then says."""
    answers = both_answers(drill.new, drill.out, desks, *slots)
    return kallskydd("restore", "--home", drill.new, "--from", drill.out, *slots, *answers, check=False)


def nothing_is_half_restored(drill: Drill) -> bool:
    return {path.name for path in drill.new.iterdir()} == QUESTION_ALONE


def altered_rows(folder: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "kallskydd.db")) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            copy.execute(statement)
        copy.commit()
