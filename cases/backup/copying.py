"""
A copy of the store while the service runs: rows that live, and nothing else.

The copy is made row by row into a new file. A copy of pages, or VACUUM and deleting afterwards, would carry what was
deleted and what SQLite left of moved rows; here nothing is ever deleted. Left out are: cases that are being erased,
files that belong to no case, slots of older epochs, and the salt of the case codes, which goes into the sealed part.

Every read is a short transaction: while one reads, the store cannot cut its log, so a heartbeat fails and an erasure
waits with its last step (docs/decisions/server/0041). What the pieces must have in common is checked at the end, and a
copy during which it changed is thrown away and made again:

1. The number of the last batch is read before anything else.
2. Cases are read by ranges of their ids, all rows of a case in one transaction: each case is as it was at one moment.
3. Then tombstones with their statements: a case that was left out since it is being erased has its own among them.
4. Post boxes, counters, and the chunks of files. Chunks are nearly all of the bytes and never change.
5. Shares, from their file.
6. Every case, entry and file of the copy must still be in the store, under the same keys: so nothing is in the copy
   that was erased, taken back or replaced while it was made, and each share was in its slot when it was read, since an
   erasure and a new epoch change the row first.
7. The last batch must be the same. A release moves items from cases to post boxes: of a copy that has seen one half of
   it, a member would get a case twice or never.
"""

import contextlib
import errno
import os
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import quote

from cases.backup.errors import HomeBusy
from cases.backup.register import ErasedCase
from trusted.case.errors import Busy, StoreFault
from trusted.store.db import DATABASE_NAME, HEARTBEAT_BYTES, SCHEMA_VERSION, SLOTS_NAME, Row
from trusted.store.schema import schema_text
from trusted.store.shred import SHARE_BYTES

SALT_BYTES = 16
# A case that is erased or a release during the copy makes it void; a municipality has a few cases a week.
TRIES = 5
# Every table, in an order in which each row finds what it belongs to. First those whose rows belong to one case.
OF_CASES: Final = (
    "cases", "entries", "heads", "notes_grants", "files", "waiting_items", "statements", "ended_inboxes"
)  # fmt: skip
OF_TOMBSTONES: Final = ("tombstones", "tombstone_statements")
BOXES, COUNTERS, CHUNKS = "batch_items", "counters", "chunks"
# What one transaction reads: some two milliseconds, and 4 MiB of chunks.
_CASES_AT_ONCE, _ITEMS_AT_ONCE, _CHUNKS_AT_ONCE = 64, 2000, 16
# The copy goes to its disk so much at a time: half a gigabyte in one fsync would hold up the heartbeat's own where both
# lie on one file system.
_SYNCED_BYTES: Final = 8 * 2**20
_HIGHEST_ID: Final = b"\xff" * 16
_IN_RANGE: Final = "case_id > ?1 AND case_id <= ?2"
_LIVING: Final = (
    "case_id > ?1 AND case_id <= ?2 AND case_id IN"
    " (SELECT case_id FROM cases WHERE case_id > ?1 AND case_id <= ?2 AND state <> 'erasing')"
)
# What of a case must still stand when it has been copied: its keys, and the rows that only go with what is erased.
_STANDING: Final = (
    (
        "SELECT case_id, lookup_id, reporter_grant, epoch, access_key, slot FROM cases"
        " WHERE case_id > ?1 AND case_id <= ?2 AND state <> 'erasing'"
    ),
    "SELECT case_id, stream, number, header FROM entries WHERE case_id > ?1 AND case_id <= ?2",
    "SELECT case_id, file_id, header FROM files WHERE case_id > ?1 AND case_id <= ?2",
)
_LAST_BATCH: Final = "SELECT home_id, salt, batch, last_release FROM home"


@dataclass(frozen=True, slots=True, repr=False)
class Copied:
    """What does not stand in the copy's file."""

    salt: bytes
    # By case id, in hex.
    shares: dict[str, bytes]
    erased: tuple[ErasedCase, ...]


class _Original:
    """The store's own database. It is read for half of the time at most, so that the store's log can be cut between."""

    def __init__(self, path: Path) -> None:
        # Not `mode=ro`: a log needs its index, which may have to be made.
        self._connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")
        self._rest_until = 0.0

    def close(self) -> None:
        """Close it; what the store has in its log stays there, unless nobody else has it open."""
        self._connection.close()

    def read(self, queries: Sequence[str], values: Sequence[object] = ()) -> list[list[Row]]:
        """Return what each of the queries finds, all in one transaction, which is over when this returns."""
        time.sleep(max(0.0, self._rest_until - time.monotonic()))
        began = time.monotonic()
        self._connection.execute("BEGIN")
        try:
            return [self._connection.execute(query, values).fetchall() for query in queries]
        finally:
            self._connection.rollback()
            ended = time.monotonic()
            self._rest_until = ended + (ended - began)


class _Copy(sqlite3.Connection):
    """The new file, which nobody else has open, and a descriptor of it."""

    descriptor: int
    synced_bytes = 0

    def sync_if_grown(self) -> None:
        """Have on the disk what has been written, once it is enough."""
        size = os.fstat(self.descriptor).st_size
        if size - self.synced_bytes >= _SYNCED_BYTES:
            os.fsync(self.descriptor)
            self.synced_bytes = size

    def close(self) -> None:
        """Close both."""
        super().close()
        os.close(self.descriptor)


def copy_store(home: Path, target: Path) -> Copied:
    """Copy the rows into the new file `target` and return the rest. Raises HomeBusy, Busy, StoreFault, OSError."""
    for _ in range(TRIES):
        with _plain_faults():
            copied = _copied_once(home, target)
        if copied is not None:
            return copied
        target.unlink()
    raise HomeBusy


def _copied_once(home: Path, target: Path) -> Copied | None:
    """Return None if the store changed so that the pieces do not belong together."""
    with contextlib.closing(_Original(home / DATABASE_NAME)) as original, contextlib.closing(_new(target)) as copy:
        # 1.
        ((last_batch,),) = original.read([_LAST_BATCH])
        try:
            _copy_rows(original, copy, last_batch)
        except sqlite3.IntegrityError as fault:
            if fault.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
                # The slot of a case that was erased after it was copied, given out again.
                return None
            raise
        os.fsync(copy.descriptor)
        # 5.
        places = copy.execute("SELECT case_id, slot FROM cases").fetchall()
        shares = _read_shares(home / SLOTS_NAME, places)
        # 6. and 7.
        if not _still_stands(original, copy) or original.read([_LAST_BATCH]) != [[last_batch]]:
            return None
        return Copied(bytes(last_batch[1]), shares, tuple(_erased(copy)))


def _new(target: Path) -> _Copy:
    """Make the file of the copy, with its tables."""
    descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    copy = sqlite3.connect(f"file:{quote(str(target))}?mode=rw", uri=True, isolation_level=None, factory=_Copy)
    copy.descriptor = descriptor
    # Before the first table, as in the store; no journal and no syncing: a copy that breaks off is thrown away.
    for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = OFF", "temp_store = MEMORY", "synchronous = OFF"):
        copy.execute(f"PRAGMA {pragma}")
    copy.executescript(f"BEGIN;\n{schema_text()}\nCOMMIT;")
    return copy


def _copy_rows(original: _Original, copy: _Copy, last_batch: Row) -> None:
    if original.read(["PRAGMA user_version"]) != [[(SCHEMA_VERSION,)]]:
        raise StoreFault("store.version")
    home_id, _salt, batch, last_release = last_batch
    copy.execute("BEGIN")
    copy.execute(
        "INSERT INTO home (only, home_id, salt, batch, last_release, beat) VALUES (1, ?, ?, ?, ?, ?)",
        (home_id, bytes(SALT_BYTES), batch, last_release, secrets.token_bytes(HEARTBEAT_BYTES)),
    )
    # 2. and 3.
    for tables, which in ((OF_CASES, _LIVING), (OF_TOMBSTONES, _IN_RANGE)):
        queries = [f"SELECT {_columns(copy, table)} FROM {table} WHERE {which}" for table in tables]  # noqa: S608 (names of our own schema)
        for _limits, found in _pieces(original, tables[0], queries):
            for table, rows in zip(tables, found, strict=True):
                _insert(copy, table, rows)
    # 4.
    _copy_boxes(original, copy)
    (counters,) = original.read([f"SELECT {_columns(copy, COUNTERS)} FROM {COUNTERS}"])  # noqa: S608
    _insert(copy, COUNTERS, counters)
    _copy_chunks(original, copy)
    copy.execute("COMMIT")


def _pieces(
    original: _Original, table: str, queries: Sequence[str]
) -> Iterator[tuple[tuple[bytes, bytes], list[list[Row]]]]:
    """Yield what the queries find in each range of ids, with its limits: the first is not in it, the second is."""
    following = f"SELECT case_id FROM {table} WHERE case_id > ?2 ORDER BY case_id LIMIT 1 OFFSET {_CASES_AT_ONCE - 1}"  # noqa: S608
    limits = (b"", b"")
    while limits[0] != _HIGHEST_ID:
        *found, ahead = original.read([*queries, following], limits)
        yield limits, found
        limits = (limits[1], ahead[0][0] if ahead else _HIGHEST_ID)


def _copy_boxes(original: _Original, copy: _Copy) -> None:
    items = (
        "SELECT member_id, batch, position, item FROM batch_items WHERE (member_id, batch, position) > (?, ?, ?)"
        " ORDER BY member_id, batch, position LIMIT ?"
    )
    last: Row = (b"", 0, 0)
    while rows := original.read([items], (*last, _ITEMS_AT_ONCE))[0]:
        _insert(copy, BOXES, rows)
        last = rows[-1][:3]


def _copy_chunks(original: _Original, copy: _Copy) -> None:
    """Copy the chunks of every file; one that was deleted meanwhile is found when the copy is checked."""
    part = "SELECT file_id, position, chunk FROM chunks WHERE file_id = ? AND position >= ? AND position < ?"
    for (file_id,) in copy.execute("SELECT file_id FROM files").fetchall():
        beginning = 0
        while rows := original.read([part], (file_id, beginning, beginning + _CHUNKS_AT_ONCE))[0]:
            _insert(copy, CHUNKS, rows)
            beginning += _CHUNKS_AT_ONCE


def _columns(copy: sqlite3.Connection, table: str) -> str:
    """Return what is copied of a row, in the order of the table; a slot of an older epoch is not."""
    names = [row[1] for row in copy.execute(f"PRAGMA table_info({table})")]
    return ", ".join("NULL" if name == "spent_slot" else name for name in names)


def _insert(copy: _Copy, table: str, rows: Sequence[Row]) -> None:
    if rows:
        copy.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)  # noqa: S608
        copy.sync_if_grown()


def _still_stands(original: _Original, copy: sqlite3.Connection) -> bool:
    """Whether the store still has every case, entry and file that was copied, under the same keys."""
    for limits, stands in _pieces(original, "cases", _STANDING):
        copied = [copy.execute(query, limits).fetchall() for query in _STANDING]
        if any(not set(one) <= set(other) for one, other in zip(copied, stands, strict=True)):
            return False
    return True


def _read_shares(slots: Path, places: list[tuple[bytes, int]]) -> dict[str, bytes]:
    with slots.open("rb") as file:
        found = {}
        for case_id, slot in places:
            file.seek(slot * SHARE_BYTES)
            found[case_id.hex()] = file.read(SHARE_BYTES)
    if any(len(share) != SHARE_BYTES for share in found.values()):
        raise StoreFault("store.slots_damaged")
    return found


def _erased(copy: sqlite3.Connection) -> Iterator[ErasedCase]:
    """Yield the tombstones, as lines of the register."""
    of_case = "SELECT statement FROM tombstone_statements WHERE case_id = ? ORDER BY position"
    for case_id, access_key, day in copy.execute("SELECT case_id, access_key, erased_day FROM tombstones").fetchall():
        statements = tuple(statement for (statement,) in copy.execute(of_case, (case_id,)))
        yield ErasedCase(case_id.hex(), access_key, date.fromisoformat(day), statements)


@contextlib.contextmanager
def _plain_faults() -> Iterator[None]:
    """Raise Busy for a database that is held, OSError when the disk of the copy is full, StoreFault for the rest."""
    try:
        yield
    except sqlite3.Error as fault:
        code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
        # The home is only read.
        if code == sqlite3.SQLITE_FULL:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from fault
        held = code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        raise Busy() if held else StoreFault("store.unreadable") from fault
