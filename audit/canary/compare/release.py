"""Around visits: what the desks are told and which rows there are, before and after them, on the same running service.

Before the release nothing may differ for a member, byte by byte, headers too; and in the database only the tables to
which a report adds rows.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.canary.compare.rows import Tables
from audit.canary.compare.snapshot import read_unseen
from audit.canary.visits.http import Answer
from audit.canary.visits.requests import SHORT
from audit.verdict import Inspection

# A moment as text, or as a number since 1970 in any of the usual units, within a day of now.
_CLOCK_TEXT = re.compile(r"\d\d:\d\d|\d{8}T\d{4}|T\d\d")
_UNITS = (1, 10**3, 10**6, 10**9)
_DAY_SECONDS = 86_400
_RANDOM_NUMBERS = {("files", "number")}  # 31 random bits, docs/FORMATS.md section 2
# Tables that a report may add to. In all others every row stays as it is.
_MAY_GROW = {"cases", "entries", "heads", "files", "chunks", "waiting_items", "counters"}
# How many rows the reports of `audit.canary.reports` add that wait: with files, with files that are refused, one that
# names a member, short ones. Each adds an item for both members.
_REPORTS_ADD = {"cases": 3 + SHORT, "waiting_items": 2 * (3 + SHORT)}


@dataclass(frozen=True, slots=True)
class MemberView:
    """What can be seen at one moment."""

    answers: dict[str, bytes]
    rows: dict[str, int]
    others: dict[str, str]  # digests of the tables that no report may touch


def member_view(home: Path, answers: dict[str, Answer], copy: Path) -> MemberView:
    """Everything now."""
    counts, others = {}, {}
    for table, rows in rows_of(home, copy).items():
        counts[table] = len(rows)
        if table not in _MAY_GROW:
            others[table] = hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()
    return MemberView({verb: answer.whole for verb, answer in answers.items()}, counts, others)


def compare(inspection: Inspection, before: MemberView, after: MemberView, what: str) -> None:
    """Say what differs."""
    for verb, answer in before.answers.items():
        same = after.answers.get(verb) == answer and bool(answer)
        inspection.require(
            same, "what the desk is told by {verb} is the same bytes after {what}: {same}", verb=verb, what=what,
            same=same,
        )  # fmt: skip
    for table in sorted(before.others.keys() | after.others.keys()):
        if before.others.get(table) != after.others.get(table):
            inspection.found(
                "the table {table}, which no report may touch, is another after {what}", table=table, what=what
            )


def missing_rows(before: MemberView, after: MemberView) -> str:
    """Describe what was sent and is missing in the store; return nothing if all is there."""
    wrong = [
        f"{table}: {after.rows.get(table, 0) - before.rows.get(table, 0)} rows more and not {more}"
        for table, more in _REPORTS_ADD.items()
        if after.rows.get(table, 0) - before.rows.get(table, 0) != more
    ]
    return ", ".join(wrong)


def rows_of(home: Path, copy: Path) -> Tables:
    """Every row of every table, its values by their columns."""
    found: Tables = {}
    # Names from the schema, in a copy that is thrown away.
    everything = "SELECT * FROM {}"
    with copied(home, copy) as database:
        for table in sorted({table for table, _column in _columns(database)}):
            asked = database.execute(everything.format(table))
            names = [column[0] for column in asked.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in asked]
    return found


def no_clock(inspection: Inspection, home: Path, copy: Path) -> None:
    """No value in any column is a moment."""
    with copied(home, copy) as database:
        examined = 0
        for table, column in _columns(database):
            examined += 1
            for (value,) in database.execute(f'SELECT DISTINCT "{column}" FROM "{table}"'):  # noqa: S608 - names from the schema
                if (table, column) not in _RANDOM_NUMBERS and _is_moment(value):
                    inspection.found(
                        "{table}.{column} holds a moment: {value}", table=table, column=column, value=value
                    )
    inspection.saw("{count} columns hold no moment finer than a day", count=examined)


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


@contextlib.contextmanager
def copied(home: Path, copy: Path) -> Iterator[sqlite3.Connection]:
    """Open a copy of database and log: reading the one in use would write to its index."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(mode=0o700)
    for ending in ("", "-wal"):
        with contextlib.suppress(FileNotFoundError):
            (copy / f"kallskydd.db{ending}").write_bytes(read_unseen(home / f"kallskydd.db{ending}"))
    with contextlib.closing(sqlite3.connect(copy / "kallskydd.db")) as database:
        yield database
