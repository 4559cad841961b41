"""Whether a home may lie there: not where the file system writes a change beside the old block and keeps both.

Erasing a case overwrites its share in place (trusted/store/shred.py). On a copy-on-write or log-structured file system
the old block stays, in a snapshot or until it is used again. What lies under an overlay, a network share or a virtual
disk cannot be seen from here: `kallskydd ready` asks for it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cases.home import CopiesOnWrite
from kallskydd.machine.file_system import file_system_of

CONSENT = "--erased-reports-may-stay-on-this-disk"


def add_consent(parser: argparse.ArgumentParser) -> None:
    """Add the option whose name says what it costs."""
    parser.add_argument(
        CONSENT,
        action="store_true",
        help="make the home on a copy-on-write file system all the same, where erasing does not reach every copy",
    )


def require_plain_file_system(home: Path, *, consents: bool) -> None:
    """Return if an overwritten block is gone there, or the operator took it upon herself. Raises CopiesOnWrite."""
    name = copying_file_system(home)
    if name is not None and not consents:
        raise CopiesOnWrite(
            f"The home would lie on {name}, which writes a change beside the old block: what is erased stays readable.",
            f"Use ext4 or XFS on an encrypted disk. Who accepts that erased reports stay adds {CONSENT}.",
        )


def copying_file_system(home: Path) -> str | None:
    """Return the name of the copy-on-write file system on which a home lies, or would; None for another."""
    return file_system_of(next(level for level in (home, *home.parents) if level.exists()))
