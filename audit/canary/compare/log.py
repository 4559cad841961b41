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


def pages_of_rows(home: Path, folder: Path) -> int:
    """Return how many pages the log was given, but those that depend on where random keys fall.

    A tree that has divided has its rows on pages of which the keys decide, and divides again sooner or later: two pages
    more. So nodes are counted of trees that are one page alone; of the others, what no page has room for, as each
    report and file has. Where pages lie (the first one, the map of pages, those that were freed) follows from both.
    """
    log = read_unseen(home / "kallskydd.db-wal")
    with copied(home, folder) as database:
        roots = {number for (number,) in database.execute("SELECT rootpage FROM sqlite_schema WHERE rootpage > 0")}
    counted = 0
    for place in range(_HEADER, len(log) - _PAGE, _FRAME_HEADER + _PAGE):
        if log[place + 8 : place + 16] != log[_SALTS]:
            break
        number = struct.unpack_from(">I", log, place)[0]
        page = log[place + _FRAME_HEADER : place + _FRAME_HEADER + _PAGE]
        is_node = page[0] in {_INTERIOR, _LEAF}
        if number > _MAP_OF_PAGES and any(page) and (not is_node or (page[0] == _LEAF and number in roots)):
            counted += 1
    return counted


def pages_of(table: str, home: Path, folder: Path) -> set[int]:
    """Return the first page of a table and of each of its indexes, which hold all of it as long as it is small."""
    with copied(home, folder) as database:
        asked = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = ? AND rootpage > 0"
        return {number for (number,) in database.execute(asked, (table,))}
