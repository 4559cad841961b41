"""How full the disk may become for files (docs/decisions/site/0052)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileBounds:
    """In bytes: what of the disk text alone may use, and how much of files may wait for a release."""

    reserve: int
    waiting: int
