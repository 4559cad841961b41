"""The database as it lies on the disk: exactly the known schema, no value finer than a day, no deleted bytes.

The file's header and what is free in it are read byte by byte; SQL is read through a connection that may not write.
With secure_delete SQLite writes zeros over what it frees: over pages on its list, and over blocks within a page. What
lies between a page's list of cells and its cells is counted and not judged: SQLite leaves parts of rows there that it
has moved to another page, and the store overwrites them at each heartbeat and erasure.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from audit.live.checks.files import check_times
from audit.live.checks.packages import program_is_known
from audit.observe.proc import Process
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict, Word, listed

DATABASE = "kallskydd.db"
# Of trusted/store/schema.sql without comments and spaces; a test holds the two together. Our own copy: a schema that
# came with the program that is examined would prove nothing.
SCHEMA_DIGEST = "b9641c8985aa7121c110b472bf73eaee928e986bcad6714ee24d498bb2f20205"
_DAY = r"GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'"
_DAY_VALUE = re.compile(r"\d{4}-\d\d-\d\d")
# What numbers from 2001 to 2100 are as seconds since 1970; as milli-, micro- and nanoseconds they are larger.
_TIME_FROM = 10**9
# 31 random bits by design (docs/FORMATS.md, section 2): it may look like a time and is none.
_RANDOM_NUMBERS = {("files", "number")}
_HEADER = struct.Struct(">16sH")
_WAL = b"\x02\x02"
# Kinds of pages that hold cells, by their first byte, and how long their head is.
_CELL_PAGES = {2: 12, 5: 12, 10: 8, 13: 8}
_FIRST_PAGE_HEAD = 100
_BLOCK_HEAD = 4


def check_schema(inspection: Inspection, scene: Scene) -> None:
    """Require the statements of the known schema, none with a column finer than a day."""
    with _reading(inspection, scene) as database:
        if database is None:
            return
        rows = database.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
        statements = [sql for kind, _name, _table, sql in rows if sql]
        digest = schema_digest(statements)
        inspection.require(
            digest == SCHEMA_DIGEST, "{count} statements, digest {digest}", count=len(statements), digest=digest[:16]
        )
        for kind, name, _table, _sql in rows:
            if kind not in {"table", "index"}:
                inspection.found("there is a {kind} {name}", kind=kind, name=name)
        for kind, name, _table, sql in rows:
            if kind == "table":
                _columns(inspection, database, name, sql)


def check_values(inspection: Inspection, scene: Scene) -> None:
    """Require days in the columns: no finer times, and none in the disguise of a number."""
    with _reading(inspection, scene) as database:
        if database is None:
            return
        examined = 0
        for (table,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            for _number, column, kind, *_ in database.execute(f"PRAGMA table_info({table})").fetchall():
                examined += 1
                _column_values(inspection, database, table, column, kind)
        inspection.saw("{count} columns were looked through", count=examined)


def check_storage(inspection: Inspection, scene: Scene) -> None:
    """How the file is written: log, vacuum, no bytes left where it is free, nothing mapped, no temporary file."""
    with inspection.or_missed("the database cannot be read by this account", OSError):
        _at_rest(inspection, *_read_at_rest(scene.home / DATABASE))
    for process in scene.service.intakes:
        with inspection.or_missed("temp_store and mmap_size: the open and mapped files of the intake"):
            _in_use(inspection, process, str(scene.home / DATABASE))
    _by_construction(inspection, scene)


def _at_rest(inspection: Inspection, raw: bytes, free: _Free) -> None:
    modes = raw[18:20]
    inspection.require(modes == _WAL, "journal_mode: {mode}", mode="wal" if modes == _WAL else modes.hex())
    incremental = struct.unpack_from(">I", raw, 64)[0] != 0 and struct.unpack_from(">I", raw, 52)[0] != 0
    inspection.require(incremental, "auto_vacuum: {mode}", mode="incremental" if incremental else Word("another"))
    version = struct.unpack_from(">I", raw, 60)[0]
    inspection.require(version == 1, "user_version: {version}", version=version)
    inspection.require(free.dirty == 0, "secure_delete: {dirty} of {pages} free pages and {blocks} freed blocks are not"
                " zeros", dirty=free.dirty, pages=free.pages, blocks=free.blocks)  # fmt: skip
    if not free.pages and not free.blocks:
        inspection.saw("secure_delete: nothing was deleted yet by which it would show")
    inspection.saw(
        "out of its reach: {moved} bytes of rows that SQLite has moved within the file, until the next heartbeat writes"
        " over them", moved=free.moved,
    )  # fmt: skip


def _in_use(inspection: Inspection, process: Process, database: str) -> None:
    opened = [one.target for one in process.descriptors()]
    mapped = [path for _, path in process.mappings() if path.startswith(database) and not path.endswith("-shm")]
    # SQLite opens the file once for each connection, so they can be counted from outside. It is open once more, to
    # overwrite what SQLite leaves in it.
    count = opened.count(database) - 1
    inspection.require(count == 1, "connections of the intake to the database: {count}", count=count)
    temporary = [one for one in opened if one.endswith(" (deleted)") and not one.startswith("/memfd:")]
    inspection.require(not temporary, "temp_store: unlinked files open: {files}", files=listed(temporary) or "0")
    inspection.require(not mapped, "mmap_size: the database is mapped: {mapped}", mapped=bool(mapped))


def schema_digest(statements: list[str]) -> str:
    """Of statements, without comments and spaces and in any order."""
    plain = sorted(re.sub(r"\s+", "", re.sub(r"--[^\n]*", "", one)).removesuffix(";") for one in statements)
    return hashlib.sha256("\n".join(plain).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Free:
    """Pages and blocks within pages that are free, how many of them are not zeros, and what bytes lie between."""

    pages: int
    blocks: int
    dirty: int
    moved: int


def free_parts(path: Path) -> _Free:
    """Return what is free in a file that nobody writes to, for the canary; raises OSError."""
    return _read_at_rest(path)[1]


def _read_at_rest(path: Path) -> tuple[bytes, _Free]:
    """Return the file, and what is free in it; raises OSError.

    The intake may fold its log in while we read: then the list of free pages is older than the pages. So it is read
    again; bytes that were left stay.
    """
    for pause in (0.1, 0.1, 0.0):
        raw = path.read_bytes()
        pages = [any(page) for _number, page in _free_pages(raw)]
        cells = list(_cell_pages(raw))
        blocks = [any(block) for page, head in cells for block in _blocks_of(page, head)]
        moved = sum(len(gap) - gap.count(0) for gap in (_gap_of(page, head) for page, head in cells))
        free = _Free(len(pages), len(blocks), sum(pages) + sum(blocks), moved)
        if not free.dirty:
            break
        time.sleep(pause)
    return raw, free


def _by_construction(inspection: Inspection, scene: Scene) -> None:
    """Judge settings of a connection that leave no mark outside: the reviewed program ends without them."""
    heartbeats = Inspection()
    check_times(heartbeats, scene)
    if program_is_known(scene) and heartbeats.verdict is Verdict.CLEAN:
        inspection.saw(
            "clean by construction, as no mark outside shows them: synchronous, foreign_keys, trusted_schema,"
            " cell_size_check and the rest of"
            " secure_delete and temp_store; the program, which own-files knows, reads all back at its opening and at"
            " each heartbeat, the last of which times shows, and ends where one does not hold"
        )
        return
    inspection.missed(
        "synchronous, foreign_keys, trusted_schema and cell_size_check: no mark outside, and own-files or times is not"
        " clean, by which the program would be known to end without them"
    )


@contextlib.contextmanager
def _reading(inspection: Inspection, scene: Scene) -> Iterator[sqlite3.Connection | None]:
    try:
        with contextlib.closing(_open(scene.home / DATABASE)) as database:
            yield database
    except sqlite3.Error:
        inspection.missed("the database cannot be read by this account")
        yield None


def _open(path: Path) -> sqlite3.Connection:
    # "ro" and not "immutable": what is still in the log counts too.
    database = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)
    database.execute("PRAGMA query_only = ON")
    database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return database


def _columns(inspection: Inspection, database: sqlite3.Connection, table: str, sql: str) -> None:
    """By the form of a table alone, whatever the digest says: strict, without row numbers, days where there is text."""
    plain = re.sub(r"--[^\n]*", "", sql)
    inspection.require(
        bool(re.search(r"\)\s*STRICT,\s*WITHOUT ROWID\s*$", plain)), "table {table}: STRICT, WITHOUT ROWID", table=table
    )
    for _number, column, kind, *_ in database.execute(f"PRAGMA table_info({table})").fetchall():
        if kind not in {"BLOB", "INTEGER", "TEXT"}:
            inspection.found("{table}.{column} is of type {kind}", table=table, column=column, kind=kind)
        if kind == "TEXT" and not re.search(rf"\b{column}\s+TEXT[^,]*CHECK \({column} (IN|{re.escape(_DAY)})", plain):
            inspection.found("{table}.{column} is a text that need not be a day", table=table, column=column)


def _column_values(inspection: Inspection, database: sqlite3.Connection, table: str, column: str, kind: str) -> None:
    if kind == "TEXT":
        values = [row[0] for row in database.execute(_select(f'DISTINCT "{column}"', table)) if row[0]]
        dates = [value for value in values if value[:1].isdigit()]
        fine = all(_DAY_VALUE.fullmatch(value) for value in dates)
        if not fine:
            inspection.found("{table}.{column} holds more than a day", table=table, column=column)
    elif kind == "INTEGER" and (table, column) not in _RANDOM_NUMBERS:
        (largest,) = database.execute(_select(f'max("{column}")', table)).fetchone()
        if largest is not None and largest >= _TIME_FROM:
            inspection.found("{table}.{column} holds numbers that could be times", table=table, column=column)


def _select(what: str, table: str) -> str:
    # Names come from the schema itself, which cannot be bound as values.
    return f'SELECT {what} FROM "{table}"'  # noqa: S608


def _free_pages(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the leaves of SQLite's list of free pages: zeros with secure_delete, old content without it."""
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


def _cell_pages(raw: bytes) -> Iterator[tuple[bytes, int]]:
    """Pages that hold cells, and where the head of each begins."""
    _magic, size = _HEADER.unpack_from(raw)
    size = 65536 if size == 1 else size
    # Every so many pages, from the second on, one says which page leads to which.
    step = (size - raw[20]) // 5 + 1
    for number in range(1, len(raw) // size + 1):
        if number > 1 and (number - 2) % step == 0:
            continue
        page = raw[(number - 1) * size : number * size]
        head = _FIRST_PAGE_HEAD if number == 1 else 0
        if page[head] in _CELL_PAGES:
            yield page, head


def _gap_of(page: bytes, head: int) -> bytes:
    """Return what lies between the list of cells and the first cell."""
    count, first = struct.unpack_from(">HH", page, head + 3)
    return page[head + _CELL_PAGES[page[head]] + 2 * count : first or len(page)]


def _blocks_of(page: bytes, head: int) -> Iterator[bytes]:
    """Yield each freed block of a page in use, without its head; with secure_delete these are zeros."""
    (block,) = struct.unpack_from(">H", page, head + 1)
    before = head + _CELL_PAGES[page[head]] - 1
    # The list goes upwards; what does not is no list.
    while before < block <= len(page) - _BLOCK_HEAD:
        following, length = struct.unpack_from(">HH", page, block)
        yield page[block + _BLOCK_HEAD : block + length]
        before, block = block, following
