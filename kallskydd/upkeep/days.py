"""On which day the last backup of a home was made: one file, `backup.day`, for `ready` and `status`."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

BACKUP_DAY = "backup.day"


def note_backup(home: Path, day: date) -> None:
    """Keep the day. Raises OSError."""
    path = home / BACKUP_DAY
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{day.isoformat()}\n")


def last_backup(home: Path) -> date | None:
    """Return the day of the last backup; None before the first, or when the file does not read."""
    try:
        return date.fromisoformat((home / BACKUP_DAY).read_text("ascii").strip())
    except (OSError, ValueError):
        return None
