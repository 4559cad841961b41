"""Which alarm of a home was run where it has to work, by `status --quiet`: `alarm.tried`, for `ready` and `status`."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

TRIED_NAME: Final = "alarm.tried"


def mark_of(command: tuple[str, ...]) -> str:
    """Return what a command that was tried is known by: another one has to be tried again."""
    return hashlib.blake2b("\0".join(command).encode(), digest_size=16).hexdigest()


def is_tried(home: Path, command: tuple[str, ...]) -> bool:
    """Whether a look with `--quiet` has run this very command, and it ended well."""
    try:
        return (home / TRIED_NAME).read_text("ascii").strip() == mark_of(command)
    except (OSError, ValueError):
        return False


def note_tried(home: Path, command: tuple[str, ...]) -> None:
    """Keep that it has. Raises OSError."""
    path = home / TRIED_NAME
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{mark_of(command)}\n")
