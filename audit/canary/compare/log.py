"""Which pages of the database the log was given between two moments: every write of SQLite is one of them.

A change that is taken back leaves all rows as they were, and its pages lie in the log until that is folded in.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from audit.canary.compare.release import copied

if TYPE_CHECKING:
    from pathlib import Path

_HEADER, _FRAME_HEADER, _PAGE = 32, 24, 4096
_SALTS = slice(16, 24)  # new each time the log begins again


def pages_written(before: bytes, after: bytes) -> set[int]:
    """Return the numbers of the pages that `after` has more than `before`; all, where the log has begun again."""
    same = before[_SALTS] == after[_SALTS]
    start = len(before) if same and len(before) > _HEADER else _HEADER
    places = range(start, len(after), _FRAME_HEADER + _PAGE)
    return {struct.unpack_from(">I", after, place)[0] for place in places if len(after) - place > _FRAME_HEADER}


def pages_of(table: str, home: Path, folder: Path) -> set[int]:
    """Return the first page of a table and of each of its indexes, which hold all of it as long as it is small."""
    with copied(home, folder) as database:
        asked = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = ? AND rootpage > 0"
        return {number for (number,) in database.execute(asked, (table,))}
