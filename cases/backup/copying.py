"""
A copy of the store while the service runs: rows that live, and nothing else.

The copy is made table by table into a new file. A copy of pages, or VACUUM and deleting afterwards, would carry what
was deleted and what SQLite left of moved rows; here nothing is ever deleted. Left out are: cases that are being
erased, files that belong to no case, slots of older epochs, and the salt of the case codes, which goes into the sealed
part.

All but the chunks of files is read in one transaction. Chunks are nearly all of the bytes and never change, so they are
read in short ones: while a transaction reads, the store cannot cut its log, and an erasure waits with its last step
(measured: docs/decisions/server/0029). A file that was deleted meanwhile is short of chunks, and the copy is made
again.

Shares lie in another file. They are read after the rows, and then the rows are read again: a case whose row is the same
before and after had its share in its slot in between, since an erasure and a new epoch change the row first.
"""

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from cases.backup.errors import HomeBusy
from cases.backup.files import ErasedCase
from cases.errors import Busy, StoreFault
from cases.store.db import DATABASE_NAME, HEARTBEAT_BYTES, SCHEMA_VERSION, SLOTS_NAME
from cases.store.shred import SHARE_BYTES

SALT_BYTES = 16
# A case that changes during the copy makes it void; a municipality has a few cases a week.
TRIES = 5
_OF_LIVING_CASES = "WHERE case_id IN (SELECT case_id FROM main.cases)"
# Every table and what is copied of it, in an order in which each row finds what it belongs to.
TABLES: dict[str, str] = {
    "cases": "WHERE state <> 'erasing'",
    "entries": _OF_LIVING_CASES,
    "heads": _OF_LIVING_CASES,
    "notes_grants": _OF_LIVING_CASES,
    "files": _OF_LIVING_CASES,
    "waiting_items": _OF_LIVING_CASES,
    "batch_items": "",
    "statements": _OF_LIVING_CASES,
    "tombstones": "",
    "tombstone_statements": "",
    "counters": "",
    "ended_inboxes": _OF_LIVING_CASES,
}
# Copied apart, a few at a time: 4 MiB.
CHUNKS = "chunks"
_CHUNKS_AT_ONCE = 16
_SHORT_FILES = (
    "SELECT 1 FROM files WHERE sealed_size <> (SELECT coalesce(sum(length(chunk)), 0) FROM chunks"
    " WHERE chunks.file_id = files.file_id) LIMIT 1"
)
_STANDING = "SELECT case_id, slot, epoch FROM cases WHERE state <> 'erasing' ORDER BY case_id"


@dataclass(frozen=True, slots=True, repr=False)
class Copied:
    """What does not stand in the copy's file."""

    salt: bytes
    # By case id, in hex.
    shares: dict[str, bytes]
    erased: tuple[ErasedCase, ...]


def copy_store(home: Path, target: Path) -> Copied:
    """Copy the rows into the new file `target` and return the rest. Raises HomeBusy, Busy, StoreFault, OSError."""
    for _ in range(TRIES):
        with _plain_faults():
            salt = _copy_rows(home / DATABASE_NAME, target)
            with contextlib.closing(_open(target)) as copy:
                standing = copy.execute(_STANDING).fetchall()
                erased = tuple(_erased(copy))
                whole = copy.execute(_SHORT_FILES).fetchone() is None
            shares = _read_shares(home / SLOTS_NAME, [(case_id, slot) for case_id, slot, _ in standing])
            with contextlib.closing(_open(home / DATABASE_NAME)) as original:
                unchanged = set(standing) <= set(original.execute(_STANDING).fetchall())
        if whole and unchanged:
            return Copied(salt, shares, erased)
        target.unlink()
    raise HomeBusy


def _copy_rows(original: Path, target: Path) -> bytes:
    """Make the new file; return the salt of the original."""
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    schema = files("cases").joinpath("store", "schema.sql").read_text("utf-8")
    with contextlib.closing(
        sqlite3.connect(f"file:{quote(str(target))}?mode=rw", uri=True, isolation_level=None)
    ) as copy:
        # Before the first table, as in the store; no journal and no syncing: a copy that breaks off is thrown away.
        for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = OFF", "temp_store = MEMORY", "synchronous = OFF"):
            copy.execute(f"PRAGMA {pragma}")
        copy.executescript(f"BEGIN;\n{schema}\nCOMMIT;")
        copy.execute("ATTACH ? AS original", (f"file:{quote(str(original))}?mode=rw",))
        copy.execute("BEGIN")
        if copy.execute("PRAGMA original.user_version").fetchone() != (SCHEMA_VERSION,):
            raise StoreFault("store.version")
        home_id, salt, batch, last_release = copy.execute(
            "SELECT home_id, salt, batch, last_release FROM original.home"
        ).fetchone()
        copy.execute(
            "INSERT INTO main.home (only, home_id, salt, batch, last_release, beat) VALUES (1, ?, ?, ?, ?, ?)",
            (home_id, bytes(SALT_BYTES), batch, last_release, secrets.token_bytes(HEARTBEAT_BYTES)),
        )
        for table, which in TABLES.items():
            columns = [row[1] for row in copy.execute(f"PRAGMA main.table_info({table})")]
            named = ", ".join(columns)
            taken = ", ".join("NULL" if column == "spent_slot" else column for column in columns)
            copy.execute(f"INSERT INTO main.{table} ({named}) SELECT {taken} FROM original.{table} {which}")  # noqa: S608 (names of our own schema)
        copy.execute("COMMIT")
        _copy_chunks(copy)
        copy.execute("DETACH original")
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return bytes(salt)


def _copy_chunks(copy: sqlite3.Connection) -> None:
    """Copy the chunks of every file, each statement a short transaction of its own."""
    part = (
        "INSERT INTO main.chunks SELECT file_id, position, chunk FROM original.chunks"
        " WHERE file_id = ? AND position >= ? AND position < ?"
    )
    for (file_id,) in copy.execute("SELECT file_id FROM main.files").fetchall():
        beginning = 0
        while copy.execute(part, (file_id, beginning, beginning + _CHUNKS_AT_ONCE)).rowcount > 0:
            beginning += _CHUNKS_AT_ONCE


def _open(path: Path) -> sqlite3.Connection:
    """Open a database that is there, to read it. Not `mode=ro`: a log needs its index, which may have to be made."""
    connection = sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


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
    """Raise Busy for a database that is held, StoreFault for one that does not read or a full disk."""
    try:
        yield
    except sqlite3.Error as fault:
        held = getattr(fault, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
        raise Busy() if held else StoreFault("store.unreadable") from fault
