"""
The store of a home that is restored: rows and shares put in place, erasures carried out, and what is there counted.

In this order (steps 6 to 8 of restoring.py); nothing else opens the store meanwhile, for the folder is no home yet.
"""

import asyncio
import contextlib
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from cases.backup.errors import BackupDamaged
from cases.backup.register import ErasedCase
from trusted.case.clock import Clock
from trusted.case.errors import StoreFault
from trusted.store.db import DATABASE_NAME, SLOTS_NAME
from trusted.store.schema import SCHEMA_QUERY, require_schema
from trusted.store.shred import FIRST_SLOTS, SHARE_BYTES, Slots
from trusted.store.store import Store


def put_in_place(home: Path, salt: bytes, shares: Mapping[str, bytes], erased: AbstractSet[str]) -> int:
    """Give the copied rows their salt and shares; return how many cases had no share and were left out.

    The shares of cases that were erased since are not written: their slots are random from the first.
    Raises BackupDamaged, before anything is written, for a database with another schema than the store's.
    """
    with contextlib.closing(_connect(home / DATABASE_NAME)) as connection:
        try:
            require_schema(connection.execute(SCHEMA_QUERY))
        except (StoreFault, sqlite3.Error):
            raise BackupDamaged from None
        rows = connection.execute("SELECT case_id, slot FROM cases").fetchall()
        without = [case_id for case_id, _slot in rows if case_id.hex() not in shares]
        connection.executemany("DELETE FROM cases WHERE case_id = ?", [(case_id,) for case_id in without])
        # So that nothing of what was left out is in the new file.
        connection.execute("VACUUM")
        # Last: what VACUUM writes beside the file must not hold it.
        connection.execute("UPDATE home SET salt = ?", (salt,))
    living = {case: share for case, share in shares.items() if case not in erased}
    taken = [
        (living.get(case_id.hex()) or secrets.token_bytes(SHARE_BYTES), slot)
        for case_id, slot in rows
        if case_id.hex() in shares
    ]
    _write_slots(home / SLOTS_NAME, taken)
    return len(without)


def erase_registered(home: Path, erased: Sequence[ErasedCase], clock: Clock) -> int:
    """Erase what the registers name, as the store itself does; return how many cases that were there."""
    marked = _mark_erased(home / DATABASE_NAME, erased)
    asyncio.run(_finish_erasures(home, clock))
    return marked


def count_cases(home: Path) -> int:
    """Return how many cases are in the store."""
    with contextlib.closing(_connect(home / DATABASE_NAME)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM cases").fetchone()
    return int(count)


def _write_slots(path: Path, taken: Sequence[tuple[bytes, int]]) -> None:
    size = FIRST_SLOTS
    while size <= max((slot for _share, slot in taken), default=0):
        size *= 2
    Slots.create(path, size)
    slots = Slots(path)
    try:
        for share, slot in taken:
            slots.write(slot, share)
    finally:
        slots.close()


def _mark_erased(database: Path, erased: Sequence[ErasedCase]) -> int:
    """Decide on the erasures, as the store itself does; return how many cases that were there."""
    marked = 0
    with contextlib.closing(_connect(database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for one in erased:
            case_id = bytes.fromhex(one.case)
            changed = connection.execute("UPDATE cases SET state = 'erasing' WHERE case_id = ?", (case_id,)).rowcount
            marked += changed
            known = connection.execute("SELECT 1 FROM tombstones WHERE case_id = ?", (case_id,)).fetchone()
            if known is None:
                connection.execute(
                    "INSERT INTO tombstones VALUES (?, ?, ?)", (case_id, one.access_key, one.day.isoformat())
                )
                connection.executemany(
                    "INSERT INTO tombstone_statements VALUES (?, ?, ?)",
                    [(case_id, position, blob) for position, blob in enumerate(one.statements)],
                )
        connection.execute("COMMIT")
    return marked


async def _finish_erasures(home: Path, clock: Clock) -> None:
    """Open the store, which finishes every erasure that was decided."""
    store = await Store.open(home, clock)
    await store.close()


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as fault:
        raise StoreFault("store.unreadable") from fault
    return connection
