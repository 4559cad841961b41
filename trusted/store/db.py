"""
The database file: how it is made, opened, written to and swept.

One connection, one writer. Every use of it goes through `write` or `read`, which hold one lock, so nobody ever reads
the half of somebody else's transaction. Locks are held for one transaction; a long upload is many short ones.

Each PRAGMA below is set on every connection and read back, then and before every heartbeat: `secure_delete` belongs to
the connection and not to the file (measured: after reopening it is whatever the library was built with). `cache_spill`
stays on: what could be spilt into the write-ahead log before a commit is ciphertext, and with it a 50 MiB file needs no
50 MiB of cache.
"""

import asyncio
import contextlib
import os
import secrets
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar
from urllib.parse import quote

import aiosqlite

from trusted.case.clock import Clock
from trusted.case.errors import Busy, SettingLost, StoreFault
from trusted.store.residue import LOG_PAGES, Residue
from trusted.store.schema import LATER_TABLES, SCHEMA_QUERY, require_schema, schema_text, table_text
from trusted.store.shred import Slots

DATABASE_NAME = "kallskydd.db"
SLOTS_NAME = "shred.slots"
SCHEMA_VERSION = 1
HEARTBEAT_BYTES = 4096
# A checkpoint is refused only while another process reads the file (a backup, an auditor). We ask again for two
# seconds.
CHECKPOINT_TRIES = 14
# SQLite's own wait, during which nobody else gets at the connection; its usual five seconds would stop the service.
BUSY_SECONDS = 0.1
CHECKPOINT_PAUSE_SECONDS = 0.05

# (name, value to set, value to read back)
_PRAGMAS: tuple[tuple[str, str, object], ...] = (
    # A commit survives kill -9 and a power cut, and one writer never waits for a reader.
    ("journal_mode", "WAL", "wal"),
    # An acknowledged report is never lost: every commit is fsynced.
    ("synchronous", "FULL", 2),
    # Until the log is this long it holds every page that was written since it was cut (residue.py).
    ("wal_autocheckpoint", str(LOG_PAGES), LOG_PAGES),
    # Deleted content is overwritten with zeros, also on pages that are given back.
    ("secure_delete", "ON", 1),
    # Sorting and indexing never make a temporary file.
    ("temp_store", "MEMORY", 2),
    # Erasing a case relies on the cascade.
    ("foreign_keys", "ON", 1),
    # A tampered schema cannot call functions.
    ("trusted_schema", "OFF", 0),
    # A page that rots is found when it is read, not much later.
    ("cell_size_check", "ON", 1),
    # Pages are read, not mapped: an I/O error is then an error and not a dead process.
    ("mmap_size", "0", 0),
)
_AUTO_VACUUM_INCREMENTAL = 2

Row: TypeAlias = tuple[Any, ...]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Parts:
    """What the verbs of the store work on."""

    db: "Database"
    slots: Slots
    clock: Clock
    # Held from reading which slots are to be destroyed until no row names them: two who did it at the same time could
    # overwrite a slot that has been given out again between them.
    destroying: asyncio.Lock = field(default_factory=asyncio.Lock)


class Database:
    """The one connection and its lock."""

    def __init__(self, connection: aiosqlite.Connection, path: Path, residue: Residue) -> None:
        """Take over a connection that `open` has prepared."""
        self._connection = connection
        self._residue = residue
        self._files = [f"{path}{ending}" for ending in ("", "-wal", "-shm")]
        self._lock = asyncio.Lock()

    @staticmethod
    def create(path: Path) -> bytes:
        """Make the file with schema, home id and salt; returns the home id. Raises FileExistsError if there is one."""
        # SQLite gives its -wal and -shm the mode of the database, so this mode is the mode of all three.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        home_id = secrets.token_bytes(16)
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            # Must stand before the first table is made; later it would need a VACUUM.
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN;\n{schema_text()}\nCOMMIT;")
            connection.execute(
                "INSERT INTO home (only, home_id, salt, beat) VALUES (1, ?, ?, ?)",
                (home_id, secrets.token_bytes(16), secrets.token_bytes(HEARTBEAT_BYTES)),
            )
        return home_id

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Open the file; raises SettingLost if a PRAGMA does not hold, StoreFault if the schema is another's."""
        # mode=rw: a missing file is a fault, never a new and empty home.
        address = f"file:{quote(str(path))}?mode=rw"
        async with contextlib.AsyncExitStack() as stack:
            try:
                residue = Residue(path)
                stack.callback(residue.close)
                connection = await aiosqlite.connect(address, uri=True, isolation_level=None, timeout=BUSY_SECONDS)
                stack.push_async_callback(connection.close)
                await _prepare(connection)
            except sqlite3.Error as fault:
                raise _fault_of(fault) or StoreFault("store.unreadable") from fault
            except OSError as fault:
                raise StoreFault("store.unreadable") from fault
            stack.pop_all()
        return cls(connection, path, residue)

    async def close(self) -> None:
        """
        Cut the log and close the connection; raises Busy if somebody else reads, and then closes all the same.

        SQLite folds the log in by itself when the last connection closes, and deletes it. The intake may delete no
        file of the home, so without the cut what was filed last would stay in the log of a service that is stopped.
        """
        try:
            await self.sweep()
        finally:
            async with self._lock:
                self.stamp()
                await self._connection.close()
                self._residue.close()

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[aiosqlite.Connection]:
        """
        Hold the lock and one transaction: all of it is on the disk when the block ends, or none of it.

        What SQLite raises in the block comes out as StoreFault, here as in `read`.
        """
        async with self._lock:
            with _plain_faults():
                try:
                    await self._connection.execute("BEGIN IMMEDIATE")
                    yield self._connection
                    await self._connection.execute("COMMIT")
                except BaseException:
                    # Shielded: a transaction left open by a cancelled task would swallow the next writer's.
                    await asyncio.shield(self._connection.rollback())
                    raise

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[aiosqlite.Connection]:
        """Hold the lock for queries that belong together."""
        async with self._lock:
            with _plain_faults():
                yield self._connection

    async def require_settings(self) -> None:
        """Read every PRAGMA back; raises SettingLost, and another StoreFault where they cannot be read."""
        async with self.read() as connection:
            await _require_settings(connection)

    def stamp(self) -> None:
        """
        Give all three files the time of now; never raises, since where no time can be set none is kept either.

        The log's index is mapped memory: the kernel moves its time when a clean page is first written, so after a
        filing it could keep the filing's time through a heartbeat that writes to the same page.
        """
        for name in self._files:
            with contextlib.suppress(OSError):
                os.utime(name)

    async def sweep(self) -> None:
        """
        Fold the log into the file, overwrite what SQLite leaves (residue.py), give back free pages, and cut the log.

        Raises Busy if it could not be cut, StoreFault if the file could not be written.

        A passive checkpoint leaves the deleted bytes in the log, and a busy one says so only in the flag it returns.
        """
        for attempt in range(CHECKPOINT_TRIES):
            async with self.read() as connection:
                if await self._sweep_once(connection):
                    return
            await asyncio.sleep(CHECKPOINT_PAUSE_SECONDS if attempt + 1 < CHECKPOINT_TRIES else 0)
        raise Busy("store.log_not_cut")

    async def _sweep_once(self, connection: aiosqlite.Connection) -> bool:
        """Return False if somebody else reads in the log, or wrote to it meanwhile."""
        seen = await one(connection, "PRAGMA data_version")
        if not await _fold_log(connection, "RESTART"):
            return False
        # Nothing is written in this transaction: it keeps every other program from writing.
        await connection.execute("BEGIN IMMEDIATE")
        try:
            if await one(connection, "PRAGMA data_version") != seen:
                return False
            free_at_the_end = await _to_its_end(self._residue.overwrite)
        finally:
            await asyncio.shield(connection.rollback())
        # Pages as they were before stand in the connection's memory, and would be written again.
        await connection.execute_fetchall("PRAGMA shrink_memory")
        if free_at_the_end:
            await connection.execute_fetchall(f"PRAGMA incremental_vacuum({free_at_the_end})")
        return await _fold_log(connection, "TRUNCATE")


async def _fold_log(connection: aiosqlite.Connection, how: Literal["RESTART", "TRUNCATE"]) -> bool:
    """Put all that the log holds into the file; returns False while somebody else reads in it."""
    (flags,) = await connection.execute_fetchall(f"PRAGMA wal_checkpoint({how})")
    return bool(flags[0] == 0)


async def _to_its_end(call: Callable[[], _T]) -> _T:
    """Run a call in a thread and wait until it is over, also when the caller is cancelled: nobody else may write."""
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait({running})
        raise


async def one(connection: aiosqlite.Connection, query: str, *values: object) -> Row | None:
    """Return the first row, or None."""
    async with connection.execute(query, values) as cursor:
        row = await cursor.fetchone()
    return None if row is None else tuple(row)


async def every(connection: aiosqlite.Connection, query: str, *values: object) -> list[Row]:
    """Return all rows."""
    return [tuple(row) for row in await connection.execute_fetchall(query, values)]


async def change(connection: aiosqlite.Connection, query: str, *values: object) -> int:
    """Run a statement that changes rows; returns how many."""
    async with connection.execute(query, values) as cursor:
        return cursor.rowcount


@contextlib.contextmanager
def _plain_faults() -> Iterator[None]:
    """Raise Busy for a database that somebody else holds, StoreFault for a full disk, a fault or a damaged page."""
    try:
        yield
    except sqlite3.OperationalError as fault:
        raise _fault_of(fault) or StoreFault("store.not_written") from fault
    except sqlite3.DatabaseError as fault:
        if (damaged := _fault_of(fault)) is None:
            raise
        raise damaged from fault


def _fault_of(fault: sqlite3.Error) -> StoreFault | None:
    """Return what it means for the operator, or None for what is not a fault of the disk or of the file."""
    match getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF:
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return Busy()
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreFault("store.unreadable")
        case sqlite3.SQLITE_FULL | sqlite3.SQLITE_IOERR | sqlite3.SQLITE_READONLY:
            return StoreFault("store.not_written")
    return None


async def _prepare(connection: aiosqlite.Connection) -> None:
    """Set and read back every PRAGMA and look at the version and the schema."""
    for name, value, _ in _PRAGMAS:
        await connection.execute_fetchall(f"PRAGMA {name} = {value}")
    await _require_settings(connection)
    version = await one(connection, "PRAGMA user_version")
    if version != (SCHEMA_VERSION,):
        # A newer home is refused: an older program would write what the newer one no longer expects.
        raise StoreFault("store.newer" if version is not None and version[0] > SCHEMA_VERSION else "store.version")
    require_schema(await every(connection, SCHEMA_QUERY))
    await _add_later_tables(connection)


async def _require_settings(connection: aiosqlite.Connection) -> None:
    """Raise SettingLost unless every PRAGMA reads as it was set."""
    for name, _, expected in _PRAGMAS:
        row = await one(connection, f"PRAGMA {name}")
        # A library built without memory mapping answers mmap_size with no row at all, which is as good as 0.
        if row is None and name == "mmap_size":
            continue
        if row is None or row[0] != expected:
            raise SettingLost
    if await one(connection, "PRAGMA auto_vacuum") != (_AUTO_VACUUM_INCREMENTAL,):
        raise SettingLost


async def _add_later_tables(connection: aiosqlite.Connection) -> None:
    """Make what an older home lacks, by the words of the schema; nothing else in it changes."""
    present = {name for (name,) in await every(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'")}
    for table in LATER_TABLES - present:
        await connection.execute(table_text(table))
