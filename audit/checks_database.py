"""The database as it lies on the disk: exactly the known schema, no value finer than a day, no deleted bytes.

The file's header and its free pages are read byte by byte; SQL is read through a connection that may not write.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from audit.proc import NotSeen
from audit.scene import Scene
from audit.verdict import Look, listed

DATABASE = "kallskydd.db"
# Of cases/schema.sql without comments and spaces; a test holds the two together. Our own copy: a schema that came with
# the program that is examined would prove nothing.
SCHEMA_DIGEST = "b9641c8985aa7121c110b472bf73eaee928e986bcad6714ee24d498bb2f20205"
_DAY = r"GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
_DAY_VALUE = re.compile(r"\d{4}-\d\d-\d\d")
# What numbers from 2001 to 2100 are as seconds since 1970; as milli-, micro- and nanoseconds they are larger.
_TIME_FROM = 10**9
# 31 random bits by design (docs/FORMATS.md, section 2): it may look like a time and is none.
_RANDOM_NUMBERS = {("files", "number")}
_HEADER = struct.Struct(">16sH")
_WAL = b"\x02\x02"


def check_schema(look: Look, scene: Scene) -> None:
    """The statements in the database are those of the known schema, and none has a column finer than a day."""
    with _reading(look, scene) as database:
        if database is None:
            return
        rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
        statements = [sql for kind, _name, _table, sql in rows if sql]
        digest = schema_digest(statements)
        look.demand(
            digest == SCHEMA_DIGEST, "{count} statements, digest {digest}", count=len(statements), digest=digest[:16]
        )
        for kind, name, _table, _sql in rows:
            if kind not in {"table", "index"}:
                look.found("there is a {kind} {name}", kind=kind, name=name)
        for kind, name, _table, sql in rows:
            if kind == "table":
                _columns(look, database, name, sql)


def check_values(look: Look, scene: Scene) -> None:
    """What is in the columns: days, no finer times, in no disguise as a number."""
    with _reading(look, scene) as database:
        if database is None:
            return
        looked = 0
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for _number, column, kind, *_ in database.execute(f"PRAGMA table_info({table})").fetchall():
                looked += 1
                _column_values(look, database, table, column, kind)
        look.saw("{count} columns were looked through", count=looked)


def check_storage(look: Look, scene: Scene) -> None:
    """How the file is written: log, vacuum, no bytes left in free pages, nothing mapped, no temporary file."""
    try:
        raw, free, dirty = _read_at_rest(scene.home / DATABASE)
    except OSError:
        look.missed("the database cannot be read by this account")
        return
    modes = raw[18:20]
    look.demand(modes == _WAL, "journal_mode: {mode}", mode="wal" if modes == _WAL else modes.hex())
    incremental = struct.unpack_from(">I", raw, 64)[0] != 0 and struct.unpack_from(">I", raw, 52)[0] != 0
    look.demand(incremental, "auto_vacuum: {mode}", mode="incremental" if incremental else "another")
    version = struct.unpack_from(">I", raw, 60)[0]
    look.demand(version == 1, "user_version: {version}", version=version)
    look.demand(not dirty, "secure_delete: {dirty} of {free} free pages hold old bytes", dirty=dirty, free=free)
    for process in scene.service.intakes:
        try:
            deleted = [one.target for one in process.descriptors() if one.target.endswith(" (deleted)")]
            mapped = [path for _, path in process.mappings() if path.startswith(str(scene.home / DATABASE))]
        except NotSeen:
            look.missed("temp_store and mmap_size: the open and mapped files of the intake")
            continue
        temporary = [target for target in deleted if not target.startswith("/memfd:")]
        look.demand(not temporary, "temp_store: unlinked files open: {files}", files=listed(temporary) or "0")
        wrong = [path for path in mapped if not path.endswith("-shm")]
        look.demand(not wrong, "mmap_size: the database is mapped: {mapped}", mapped=bool(wrong))
    look.saw(
        "synchronous, foreign_keys, trusted_schema and cell_size_check belong to a connection and cannot be seen from"
        " outside: the program sets them and reads them back at each opening, and the row on our own files proves it"
        " is that program"
    )


def schema_digest(statements: list[str]) -> str:
    """Of statements, without comments and spaces and in any order."""
    plain = sorted(re.sub(r"\s+", "", re.sub(r"--[^\n]*", "", one)).removesuffix(";") for one in statements)
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()


def _read_at_rest(path: Path) -> tuple[bytes, int, int]:
    """The file, how many free pages it has and how many of them hold bytes; raises OSError.

    The intake may fold its log in while we read: then the list of free pages is older than the pages. So it is read
    again; bytes that were left stay.
    """
    for pause in (0.1, 0.1, 0.0):
        raw = path.read_bytes()
        pages = [any(page) for _number, page in _free_pages(raw)]
        if not any(pages):
            break
        time.sleep(pause)
    return raw, len(pages), sum(pages)


@contextlib.contextmanager
def _reading(look: Look, scene: Scene) -> Iterator[sqlite3.Connection | None]:
    try:
        with contextlib.closing(_open(scene.home / DATABASE)) as database:
            yield database
    except sqlite3.Error:
        look.missed("the database cannot be read by this account")
        yield None


def _open(path: Path) -> sqlite3.Connection:
    # "ro" and not "immutable": what is still in the log counts too.
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)
    database.execute("PRAGMA query_only = ON")
    database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return database


def _columns(look: Look, database: sqlite3.Connection, table: str, sql: str) -> None:
    """By the form of a table alone, whatever the digest says: strict, without row numbers, days where there is text."""
    plain = re.sub(r"--[^\n]*", "", sql)
    look.demand(bool(re.search(r"\)\s*STRICT,\s*WITHOUT ROWID\s*$", plain)), "table {table}: STRICT, WITHOUT ROWID",
                table=table)  # fmt: skip
    for _number, column, kind, *_ in database.execute(f"PRAGMA table_info({table})").fetchall():
        if kind not in {"BLOB", "INTEGER", "TEXT"}:
            look.found("{table}.{column} is of type {kind}", table=table, column=column, kind=kind)
        if kind == "TEXT" and not re.search(rf"\b{column}\s+TEXT[^,]*CHECK \({column} (IN|{re.escape(_DAY)})", plain):
            look.found("{table}.{column} is a text that need not be a day", table=table, column=column)


def _column_values(look: Look, database: sqlite3.Connection, table: str, column: str, kind: str) -> None:
    if kind == "TEXT":
        values = [row[0] for row in database.execute(_select(f'DISTINCT "{column}"', table)) if row[0]]
        dates = [value for value in values if value[:1].isdigit()]
        fine = all(_DAY_VALUE.fullmatch(value) for value in dates)
        if not fine:
            look.found("{table}.{column} holds more than a day", table=table, column=column)
    elif kind == "INTEGER" and (table, column) not in _RANDOM_NUMBERS:
        (largest,) = database.execute(_select(f'max("{column}")', table)).fetchone()
        if largest is not None and largest >= _TIME_FROM:
            look.found("{table}.{column} holds numbers that could be times", table=table, column=column)


def _select(what: str, table: str) -> str:
    # Names come from the schema itself, which cannot be bound as values.
    return f'SELECT {what} FROM "{table}"'  # noqa: S608


def _free_pages(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """The leaves of SQLite's list of free pages: with secure_delete they are zeros, without it they are old content."""
    _magic, size = _HEADER.unpack_from(raw)
    size = 65536 if size == 1 else size
    (trunk,) = struct.unpack_from(">I", raw, 32)
    seen = set()
    while trunk and trunk not in seen:
        seen.add(trunk)
        page = raw[(trunk - 1) * size : trunk * size]
        if len(page) < size:
            return
        following, count = struct.unpack_from(">II", page)
        for (leaf,) in struct.iter_unpack(">I", page[8 : 8 + 4 * min(count, size // 4 - 2)]):
            yield leaf, raw[(leaf - 1) * size : leaf * size]
        trunk = following
