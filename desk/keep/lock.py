"""One command at a time in a desk home.

Two commands that read and write desk.toml at once could lose a counter or a pinned roster. The lock must end with its
process on every system, so neither a lock file with a number in it (it survives a crash) nor flock (there is none on
Windows) will do. SQLite has a lock that both systems release by themselves, and it is in the standard library:
an exclusive transaction on a database that stays empty.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from desk.errors import DeskBusy

# The longest a command waits for the one before it; a list over Tor takes a few seconds.
WAIT_SECONDS = 60.0


@contextlib.contextmanager
def desk_lock(path: Path, wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the desk home while the block runs. Raises DeskBusy after the wait."""
    try:
        connection = _begin(path, wait_seconds)
    except sqlite3.OperationalError as busy:
        raise DeskBusy from busy
    except sqlite3.DatabaseError:
        # Damaged, so nobody holds it; there is nothing in it to lose.
        path.unlink()
        connection = _begin(path, wait_seconds)
    with contextlib.closing(connection):
        yield


def _begin(path: Path, wait_seconds: float) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
