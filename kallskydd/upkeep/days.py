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
        # Root of a host asks too, and a tenant may put a link or a pipe in its place: a day is all that comes of it.
        descriptor = os.open(home / BACKUP_DAY, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        try:
            return date.fromisoformat(file.read(len("2026-01-01\n")).decode("ascii").strip())
        except (OSError, ValueError, TypeError, AttributeError):
            return None
