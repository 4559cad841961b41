"""What the keeper knows and `kallskydd status` asks: three facts in `run/keeper.json`, none of which follows a report.

The file is written when a fact changes, and each is coarser than what it comes from: the version of tor once a tor is
connected, the hour of the last descriptor that a directory took (tor sends one every hour or two, by its own clock),
and the day of which the daily work (release and erasing) was last done whole, as it is each day, whatever there is.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import msgspec

from kallskydd.mirror.folder import read_bounded
from trusted.case.clock import Clock, due_day, utc_now

NOTES_NAME: Final = "keeper.json"
NOTES_BYTES: Final = 200  # with all three facts it has some hundred


class Notes(msgspec.Struct, frozen=True, kw_only=True):
    """None for what has not happened since the keeper started."""

    tor: str | None = None
    descriptor: datetime | None = None  # rounded down to the hour
    daily: date | None = None


class Notebook:
    """The keeper's own, begun empty at each start."""

    def __init__(self, run: Path, clock: Clock = utc_now) -> None:
        self._path = run / NOTES_NAME
        self._clock = clock
        self._notes = Notes()
        self._write()

    def tor_runs(self, version: str) -> None:
        """Note that a tor of this version is connected."""
        self._note(msgspec.structs.replace(self._notes, tor=version))

    def descriptor_was_taken(self) -> None:
        """Note that a directory has taken a descriptor of the public address."""
        hour = self._clock().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        self._note(msgspec.structs.replace(self._notes, descriptor=hour))

    def daily_work_is_done(self) -> None:
        """Note that what was due is released, and what was due to be erased is erased."""
        self._note(msgspec.structs.replace(self._notes, daily=due_day(self._clock())))

    def _note(self, notes: Notes) -> None:
        if notes != self._notes:
            self._notes = notes
            # A disk that is full must not end the keeper: `status` has a line for the disk, and reads old notes here.
            with suppress(OSError):
                self._write()

    def _write(self) -> None:
        """Write in place, in one call, and with blanks after it so that no reader meets the end of a longer one."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            os.pwrite(descriptor, msgspec.json.encode(self._notes).ljust(NOTES_BYTES), 0)
        finally:
            os.close(descriptor)


def read_notes(run: Path) -> Notes:
    """Return the keeper's notes; empty ones if nothing reads."""
    try:
        return msgspec.json.decode(read_bounded(run / NOTES_NAME) or b"", type=Notes)
    except msgspec.MsgspecError:
        return Notes()
