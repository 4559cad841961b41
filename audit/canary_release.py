"""Around a report: what the desks are told and what the disk shows, before and after it, on the same running service.

Before the release nothing may differ for a member. On the disk may differ, and nothing else: the sizes of the
database and its log, in whole pages, and the bytes in the database, its log and the slots.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from audit.canary_http import Answer
    from audit.verdict import Look

_EQUAL_LOOKS, _MOST_LOOKS, _BETWEEN_LOOKS_SECONDS = 3, 30, 0.4
_PAGE = 4096
_LOG_HEADER, _LOG_FRAME = 32, 24 + _PAGE
_MAY_CHANGE = ("kallskydd.db", "kallskydd.db-wal", "kallskydd.db-shm", "shred.slots")
# A moment as text, or as a number since 1970 in any of the usual units, within a day of now.
_CLOCK_TEXT = re.compile(r"\d\d:\d\d|\d{8}T\d{4}|T\d\d")
_UNITS = (1, 10**3, 10**6, 10**9)
_DAY_SECONDS = 86_400
_RANDOM_NUMBERS = {("files", "number")}  # 31 random bits, docs/FORMATS.md section 2
# Tables that a report may add to. In all others every row stays as it is.
_MAY_GROW = {"cases", "entries", "heads", "files", "chunks", "waiting_items", "counters"}
# Tables and how many rows a report of two files and a message add to each; each table is stated in schema.sql.
_REPORT_ADDS = {"cases": 2, "waiting_items": 2}


@dataclass(frozen=True, slots=True)
class State:
    """What can be seen at one moment."""

    told: dict[str, bytes]
    files: dict[str, tuple[int, str]]
    rows: dict[str, int]
    others: dict[str, str]  # digests of the tables that no report may touch


def look_around(home: Path, told: dict[str, Answer], copy: Path) -> State:
    """Everything now."""
    files = {}
    for path in sorted(home.rglob("*")):
        name = str(path.relative_to(home))
        # tor's folder is tor's; sockets have no content.
        if path.is_file() and not name.startswith("tor/"):
            content = path.read_bytes()
            files[name] = (len(content), "" if name in _MAY_CHANGE else hashlib.sha256(content).hexdigest())
    rows, others = _tables(home, copy)
    return State({verb: answer.body for verb, answer in told.items()}, files, rows, others)


def look_at_rest(home: Path, told: dict[str, Answer], copy: Path) -> State:
    """The same, once several looks in a row find the same: a service that has just begun writes its first heartbeat.

    One that never rests is looked at as it is, and what goes on in it is found.
    """
    looks = [look_around(home, told, copy)]
    while len(looks) < _MOST_LOOKS and (
        len(looks) < _EQUAL_LOOKS or any(one != looks[-1] for one in looks[-_EQUAL_LOOKS:])
    ):
        time.sleep(_BETWEEN_LOOKS_SECONDS)
        looks.append(look_around(home, told, copy))
    return looks[-1]


def compare(look: Look, before: State, after: State) -> None:
    """Say what differs."""
    for verb, answer in before.told.items():
        same = after.told.get(verb) == answer and bool(answer)
        look.demand(
            same, "what the desk is told by {verb} is the same bytes after the reports: {same}", verb=verb, same=same
        )
    for name in sorted(before.files.keys() ^ after.files.keys()):
        look.found("the file {name} came or went with the reports", name=name)
    for name in sorted(before.files.keys() & after.files.keys()):
        (size, digest), (new_size, new_digest) = before.files[name], after.files[name]
        if digest != new_digest:
            look.found("the file {name} is another after the reports", name=name)
        elif size != new_size and not _whole_pages(name, new_size):
            look.found("the file {name} has {size} bytes, which is no number of pages", name=name, size=new_size)
    for table in sorted(before.others.keys() | after.others.keys()):
        if before.others.get(table) != after.others.get(table):
            look.found("the table {table}, which no report may touch, is another after the reports", table=table)
    look.saw("the database and its log grew by whole pages, and no other file changed its size")


def demand_rows(before: State, after: State) -> str:
    """What is missing in the store of what was sent, in words; nothing if all is there."""
    wrong = [
        f"{table}: {after.rows.get(table, 0) - before.rows.get(table, 0)} rows more and not {more}"
        for table, more in _REPORT_ADDS.items()
        if after.rows.get(table, 0) - before.rows.get(table, 0) != more
    ]
    return ", ".join(wrong)


def no_clock(look: Look, home: Path, copy: Path) -> None:
    """No value in any column is a moment."""
    with _copied(home, copy) as database:
        looked = 0
        for table, column in _columns(database):
            looked += 1
            for (value,) in database.execute(f'SELECT DISTINCT "{column}" FROM "{table}"'):  # noqa: S608 - names from the schema
                if (table, column) not in _RANDOM_NUMBERS and _is_moment(value):
                    look.found("{table}.{column} holds a moment: {value}", table=table, column=column, value=value)
    look.saw("{count} columns hold no moment finer than a day", count=looked)


def _is_moment(value: object) -> bool:
    if isinstance(value, str):
        return bool(_CLOCK_TEXT.search(value))
    if isinstance(value, bytes):
        return bool(re.search(rb"\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d", value))
    if isinstance(value, float):
        return True
    return isinstance(value, int) and any(abs(value / unit - time.time()) < _DAY_SECONDS for unit in _UNITS)


def _columns(database: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return [(table, row[1]) for table in tables for row in database.execute(f'PRAGMA table_info("{table}")')]


def _tables(home: Path, copy: Path) -> tuple[dict[str, int], dict[str, str]]:
    """How many rows each table has, and the digest of what is in those that no report may touch."""
    rows, others = {}, {}
    # Names from the schema, in a copy that is thrown away.
    everything = "SELECT * FROM {}"
    with _copied(home, copy) as database:
        for table in sorted({table for table, _column in _columns(database)}):
            content = sorted(map(repr, database.execute(everything.format(table))))
            rows[table] = len(content)
            if table not in _MAY_GROW:
                others[table] = hashlib.sha256("\n".join(content).encode()).hexdigest()
    return rows, others


@contextlib.contextmanager
def _copied(home: Path, copy: Path) -> Iterator[sqlite3.Connection]:
    """A copy of database and log: reading the one in use would write to its index."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(mode=0o700)
    for ending in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            shutil.copyfile(home / f"kallskydd.db{ending}", copy / f"kallskydd.db{ending}")
    with contextlib.closing(sqlite3.connect(copy / "kallskydd.db")) as database:
        yield database


def _whole_pages(name: str, size: int) -> bool:
    if name.endswith("-wal"):
        return size == 0 or (size - _LOG_HEADER) % _LOG_FRAME == 0
    return name.startswith("kallskydd.db") and size % _PAGE == 0
