"""Bring a home of an earlier version up to this one: copy, migrate, check; with a way back.

Contract. The caller holds the home, so no keeper runs. `upgrade` takes these steps, and puts everything back when one
of them fails:

1. Database and configuration are copied to `before-upgrade/` inside the home: same disk, same owner. The slots are not
   copied: a second copy of a share would outlive an erasure, and no migration changes them.
2. The configuration gets today's shape, the database the tables that came later.
3. The check: the home reads, the database is whole, every table has as many rows as before, every case has its slot.

`roll_back` puts the copy back as long as nothing has come in since; `keep` destroys it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.config import CONFIG_NAME, parse_config
from cases.home import HomeFault, HomeMissing, read_home
from kallskydd.upkeep.migrations import migrated_config
from trusted.case.clock import utc_now
from trusted.case.errors import CaseError, StoreFault
from trusted.crypto.envelope import blake
from trusted.store.db import DATABASE_NAME
from trusted.store.schema import LATER_TABLES
from trusted.store.store import Store

COPY_FOLDER: Final = "before-upgrade"
_STATE: Final = "rows.json"
# Of these less than all: heartbeat and release change by themselves, and a start sweeps files that no case has claimed.
_OF_TABLES: Final = {
    "home": "SELECT home_id, salt FROM home",
    "files": "SELECT file_id, case_id FROM files WHERE case_id IS NOT NULL",
    "chunks": "SELECT file_id, position FROM chunks NATURAL JOIN files WHERE case_id IS NOT NULL",
}
# What a service that ran without anybody writes: batches of decoys, and how far desks have counted. A roll-back carries
# on from there: with a number given twice, a desk would not ask for the second batch.
_CARRIED: Final = frozenset({"batch_items", "counters"})
_SQLITE_OWN: Final = (f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm")


class UpgradeFailed(HomeFault):
    """The check found something, and the home is as it was."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What was changed, in sentences; nothing when the home was of today's shape."""

    changes: tuple[str, ...]


def upgrade(home: Path) -> Upgraded:
    """Take the steps. Raises ConfigFault, HomeFault, StoreFault or OSError, and the home is as it was then."""
    config = home / CONFIG_NAME
    text, said = migrated_config(config.read_text("utf-8"))
    # Before anything is changed: the operator learns first what has to be mended by hand.
    parse_config(text)
    missing = _missing_tables(home / DATABASE_NAME)
    if not said and not missing:
        return Upgraded(())
    # 1.
    before = _copy(home)
    try:
        # 2.
        _replace_file(config, text.encode())
        # Opening the store makes the tables that came later.
        asyncio.run(_open_store(home))
        # 3.
        _check(home, before)
    except (CaseError, OSError, sqlite3.Error) as failed:
        _put_back(home)
        if isinstance(failed, CaseError) and not isinstance(failed, StoreFault):
            raise
        raise UpgradeFailed(
            "The check after the upgrade found the database other than before, so everything was put back.",
            "Serve it with the version from before, and keep a backup.",
        ) from failed
    return Upgraded((*said, *(f"The database has the table `{name}` now." for name in missing)))


def roll_back(home: Path) -> None:
    """Put the copy back. Raises HomeFault when there is none, or when something came in since."""
    copy = home / COPY_FOLDER
    if not (copy / _STATE).is_file():
        raise HomeFault("There is no copy from before an upgrade in this home.", "Nothing was changed.")
    before = json.loads((copy / _STATE).read_text("ascii"))
    if _rows(home / DATABASE_NAME, list(before)) != before:
        raise HomeFault(
            "Something was written since the upgrade, and the copy from before has not got it. Nothing was put back.",
            "Go on with this version; `kallskydd restore` makes a home from a backup.",
        )
    _carry_on(home / DATABASE_NAME, copy / DATABASE_NAME)
    _put_back(home)


def _carry_on(live: Path, copy: Path) -> None:
    """Give the copy the numbers that the service and its desks have counted to."""
    with contextlib.closing(_open(live)) as now, contextlib.closing(_open(copy)) as before:
        before.execute(
            "UPDATE home SET batch = ?, last_release = ?",
            now.execute("SELECT batch, last_release FROM home").fetchone(),
        )
        counters = now.execute("SELECT member_id, counter FROM counters").fetchall()
        before.executemany("INSERT OR REPLACE INTO counters (member_id, counter) VALUES (?, ?)", counters)


def keep(home: Path) -> bool:
    """Destroy the copy from before; returns whether there was one."""
    copy = home / COPY_FOLDER
    if not copy.exists():
        return False
    shutil.rmtree(copy)
    return True


def _missing_tables(database: Path) -> tuple[str, ...]:
    with contextlib.closing(_open(database)) as connection:
        present = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return tuple(sorted(LATER_TABLES - present))


def _copy(home: Path) -> dict[str, str]:
    """Take step 1; return what each table held."""
    copy = home / COPY_FOLDER
    keep(home)
    copy.mkdir(mode=0o700)
    with contextlib.closing(_open(home / DATABASE_NAME)) as original:
        tables = [name for (name,) in original.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        os.close(os.open(copy / DATABASE_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        with contextlib.closing(sqlite3.connect(copy / DATABASE_NAME)) as target:
            original.backup(target)
    before = _rows(home / DATABASE_NAME, tables)
    _replace_file(copy / CONFIG_NAME, (home / CONFIG_NAME).read_bytes())
    # Last: a copy without it is not whole.
    _replace_file(copy / _STATE, json.dumps(before).encode())
    return before


def _put_back(home: Path) -> None:
    copy = home / COPY_FOLDER
    for name in _SQLITE_OWN:
        (home / name).unlink(missing_ok=True)
    for name in (DATABASE_NAME, CONFIG_NAME):
        (copy / name).replace(home / name)
    shutil.rmtree(copy)


async def _open_store(home: Path) -> None:
    store = await Store.open(home, utc_now)
    await store.close()


def _check(home: Path, before: dict[str, str]) -> None:
    """Take step 3. Raises CaseError or sqlite3.Error; StoreFault when rows differ."""
    read_home(home)
    with contextlib.closing(_open(home / DATABASE_NAME)) as connection:
        if connection.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            raise StoreFault("store.unreadable")
        if connection.execute("PRAGMA foreign_key_check").fetchall():
            raise StoreFault("store.unreadable")
    if _rows(home / DATABASE_NAME, list(before)) != before:
        raise StoreFault("store.unreadable")


def _rows(database: Path, tables: list[str]) -> dict[str, str]:
    """Return what each table holds, as a number of rows and a hash over them."""
    found = {}
    with contextlib.closing(_open(database)) as connection:
        for table in sorted(set(tables) - _CARRIED):
            found[table] = _digest(connection, _OF_TABLES.get(table, f"SELECT * FROM {table}"))  # noqa: S608 (our schema)
    return found


def _digest(connection: sqlite3.Connection, query: str) -> str:
    """Return the number of rows and the XOR of their hashes: the same in whichever order they come."""
    count = mixed = 0
    for row in connection.execute(query):
        count += 1
        mixed ^= int.from_bytes(blake(16, "ks1-rows", repr(row).encode()))
    return f"{count} {mixed:032x}"


def _open(database: Path) -> sqlite3.Connection:
    if not database.is_file():
        raise HomeMissing
    return sqlite3.connect(database, isolation_level=None)


def _replace_file(path: Path, content: bytes) -> None:
    """Write a file for its owner alone, on the disk before it takes the name."""
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
