"""Looks through a browser's profile folder for what must not be there: raw bytes, Firefox's packed JSON, databases.

A marker is looked for as UTF-8 and as UTF-16, in both as it stands; databases are read table by table as well, since a
long value may lie on several pages of the file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PACKED = b"mozLz40\0"
_DATABASE = b"SQLite format 3\0"
_GZIP = b"\x1f\x8b"
_LOOKS = 20


@dataclass
class Search:
    """How many files were looked at, and which marker stands in which of them."""

    looked_at: int = 0
    found: set[tuple[str, str]] = field(default_factory=set)


def searched(profile: Path, markers: Sequence[str]) -> Search:
    """Look through every file below a profile, each read and unpacked once, for every marker."""
    found = Search()
    forms = [(marker, form) for marker in markers for form in (marker.encode(), marker.encode("utf-16-le"))]
    for path in _files(profile):
        found.looked_at += 1
        try:
            contents = _whole(path)
        except FileNotFoundError:
            # Gone between the two looks; a browser tidies up all the time.
            continue
        there = {marker for content in contents for marker, form in forms if form in content}
        found.found |= {(marker, str(path.relative_to(profile))) for marker in there}
    return found


def _files(profile: Path) -> list[Path]:
    """Every file; a folder may go while it is listed."""
    return sorted(
        path
        for folder, _, names in os.walk(profile)
        for path in (Path(folder) / name for name in names)
        if path.is_file() and not path.is_symlink()
    )


def _whole(path: Path) -> list[bytes]:
    """What is in a file. One that is being written cannot be unpacked, and can be a moment later."""
    for _ in range(_LOOKS - 1):
        with contextlib.suppress(zlib.error, IndexError, AssertionError):
            return list(_contents(path))
        time.sleep(0.1)
    return list(_contents(path))


def _contents(path: Path) -> Iterator[bytes]:
    raw = path.read_bytes()
    yield raw
    if raw.startswith(_PACKED):
        yield unpacked(raw)
    elif raw.startswith(_GZIP):
        yield zlib.decompress(raw, wbits=31)
    elif raw.startswith(_DATABASE):
        yield from _rows(path)


def _rows(path: Path) -> Iterator[bytes]:
    """Every value of every table, read from a copy: the browser holds the file itself."""
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("", "-wal"):
            one = path.with_name(path.name + suffix)
            # The log goes when the browser folds it in.
            with contextlib.suppress(FileNotFoundError):
                (Path(folder) / f"copy{suffix}").write_bytes(one.read_bytes())
        connection = sqlite3.connect(Path(folder) / "copy")
        connection.text_factory = bytes
        try:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                    yield from (value for value in row if isinstance(value, bytes))
        except sqlite3.DatabaseError:
            # Caught in the middle of a write, or of a kind that needs the browser's own extensions: its bytes were read.
            return
        finally:
            connection.close()


def unpacked(raw: bytes) -> bytes:
    """Firefox's mozLz4: a magic, the size, one block of LZ4."""
    size = int.from_bytes(raw[8:12], "little")
    block, made, at = raw[12:], bytearray(), 0
    while at < len(block):
        token = block[at]
        at += 1
        length, at = _length(block, at, token >> 4)
        made += block[at : at + length]
        at += length
        if at >= len(block):
            break
        back = int.from_bytes(block[at : at + 2], "little")
        length, at = _length(block, at + 2, token & 15)
        for _ in range(length + 4):
            made.append(made[-back])
    assert len(made) == size
    return bytes(made)


def _length(block: bytes, at: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            more = block[at]
            at += 1
            length += more
            if more != 255:
                break
    return length, at
