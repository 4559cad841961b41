"""
The schema of the database, and whether a file has it.

A file may come from a server that was in other hands, through a backup. A trigger, view or table of its own would work
inside our transactions and keep what they erase, or when they were. So a file that has anything beside the words of
schema.sql is not opened.
"""

import contextlib
import functools
import re
import sqlite3
from collections.abc import Iterable
from importlib.resources import files
from typing import Any, Final

from trusted.case.errors import StoreFault

# Tables that came later than version 1. They are as in schema.sql; a program from before them leaves them alone.
LATER_TABLES = frozenset({"ended_inboxes"})
SCHEMA_QUERY: Final = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
# What SQLite takes for white space, and nothing that may stand in a name.
_WHITE_SPACE: Final = re.compile(r"[ \t\n\f\r]+")


def schema_text() -> str:
    """Return the words of schema.sql."""
    return files("trusted").joinpath("store", "schema.sql").read_text("utf-8")


def table_text(table: str) -> str:
    """Return the statement that makes one table."""
    beginning = f"CREATE TABLE {table} ("
    return beginning + schema_text().split(beginning)[1].split(";")[0]


def require_schema(found: Iterable[tuple[Any, ...]]) -> None:
    """Return if the rows of SCHEMA_QUERY are those of this program, without later tables too. Raises StoreFault."""
    rows = sorted(_plain(row) for row in found)
    absent = LATER_TABLES - {table for _kind, _name, table, _sql in rows}
    if rows != [row for row in _own() if row[2] not in absent]:
        raise StoreFault("store.schema")


@functools.cache
def _own() -> tuple[tuple[str, ...], ...]:
    with contextlib.closing(sqlite3.connect(":memory:")) as fresh:
        fresh.executescript(schema_text())
        return tuple(sorted(_plain(row) for row in fresh.execute(SCHEMA_QUERY)))


def _plain(row: tuple[Any, ...]) -> tuple[str, ...]:
    # The indexes that SQLite makes by itself have no statement.
    return tuple(_WHITE_SPACE.sub(" ", str(part or "")) for part in row)
