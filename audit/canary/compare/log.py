"""Which pages of the database the log was given between two moments: every write of SQLite is one of them.

A change that is taken back leaves all rows as they were, and its pages lie in the log until that is folded in.
"""

from __future__ import annotations

import struct
from pathlib import Path

from audit.canary.compare.release import copied
from audit.canary.compare.snapshot import read_unseen

_HEADER, _FRAME_HEADER, _PAGE = 32, 24, 4096
_SALTS = slice(16, 24)  # new each time the log begins again
# The first byte of a page that is a node of a tree without row numbers, below others or at the end.
_INTERIOR, _LEAF = 2, 10
_MAP_OF_PAGES = 2  # auto_vacuum's, after the first page


def pages_written(before: bytes, after: bytes) -> set[int]:
    """Return the numbers of the pages that `after` has more than `before`; all, where the log has begun again."""
    same = before[_SALTS] == after[_SALTS]
    start = len(before) if same and len(before) > _HEADER else _HEADER
    places = range(start, len(after), _FRAME_HEADER + _PAGE)
    return {struct.unpack_from(">I", after, place)[0] for place in places if len(after) - place > _FRAME_HEADER}


def pages_of_rows(home: Path) -> int:
    """Return how many commits the log was given, and pages of what no node has room for, as each report and file has.

    The nodes of a tree divide and are joined again where random keys fall: two pages more, or one that is the root in
    one run and below it in another. Where pages lie (the first one, the map of pages, those that were freed) follows
    from that. Which rows there are is compared by themselves.
    """
    log = read_unseen(home / "kallskydd.db-wal")
    counted = 0
    for place in range(_HEADER, len(log) - _PAGE, _FRAME_HEADER + _PAGE):
        if log[place + 8 : place + 16] != log[_SALTS]:
            break
        number, ends_commit = struct.unpack_from(">II", log, place)
        kind, length = struct.unpack_from(">B3xI", log, place + _FRAME_HEADER)
        # Of a page that was freed this is how many others its list has, and zero; of ciphertext it is more than that.
        has_content = number > _MAP_OF_PAGES and kind not in {_INTERIOR, _LEAF} and length > _PAGE
        counted += has_content + (ends_commit > 0)
    return counted


def pages_of(table: str, home: Path, folder: Path) -> set[int]:
    """Return the first page of a table and of each of its indexes, which hold all of it as long as it is small."""
    with copied(home, folder) as database:
        asked = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = ? AND rootpage > 0"
        return {number for (number,) in database.execute(asked, (table,))}
