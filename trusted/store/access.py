"""
The two acts by which a reporter's words stop working: new ones with approved minutes, and the end of the inbox.

In both the store keeps, in one transaction, the entry that says so and what stands in the place of the old access:

1. New words: their lookup id, and a grant to their keys. The words from before find nothing from then on, and what they
   find is then what words find that never existed.
2. The end: a random lookup id and a decoy. Nothing in these columns tells a case with an inbox from one without. The
   day from which erasing need not wait for the inbox is that of the entry's release: until then no member can know of
   it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import aiosqlite
from nacl.utils import random

from trusted.case.clock import today
from trusted.case.errors import NotAllowed, NotThere, StoreFault
from trusted.crypto.grants import decoy_grant
from trusted.store.db import Parts, change, one
from trusted.store.filing import append_within
from trusted.store.rows import GRANT_BYTES, ReporterEntries

_LOOKUP_BYTES: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class ReporterAccess:
    """By what a reporter finds the case: the lookup id of the words, and the grant to their keys."""

    lookup_id: bytes
    grant: bytes


async def change_access(parts: Parts, entry: ReporterEntries, old_lookup_id: bytes, new: ReporterAccess | None) -> None:
    """
    Keep the entry and change the access; without `new` the inbox ends. Nothing of the old access is left on the disk.

    Raises Conflict when the stream moved, NotThere when the old words find the case no more, NotAllowed for the end of
    an inbox whose case is not closed.
    """
    if new is not None and len(new.grant) != GRANT_BYTES:
        raise StoreFault
    async with parts.db.write() as connection:
        until = await append_within(connection, entry)
        if new is None:
            await _note_end(connection, entry.case_id, until or today(parts.clock))
        put = new or ReporterAccess(random(_LOOKUP_BYTES), decoy_grant())
        query = "UPDATE cases SET lookup_id = ?, reporter_grant = ? WHERE case_id = ? AND lookup_id = ?"
        if await change(connection, query, put.lookup_id, put.grant, entry.case_id, old_lookup_id) != 1:
            raise NotThere
    await parts.db.sweep()


async def inbox_has_ended(connection: aiosqlite.Connection, case_id: bytes, day: date) -> bool:
    """Return whether the reporter has ended the inbox and members can know of it."""
    query = (
        "SELECT 1 FROM ended_inboxes WHERE case_id = ?1 AND from_day <= ?2"
        " AND NOT EXISTS (SELECT 1 FROM entries WHERE case_id = ?1 AND release_on IS NOT NULL)"
    )
    return await one(connection, query, case_id, day.isoformat()) is not None


async def _note_end(connection: aiosqlite.Connection, case_id: bytes, from_day: date) -> None:
    if await one(connection, "SELECT state FROM cases WHERE case_id = ?", case_id) != ("closed",):
        raise NotAllowed("inbox.not_closed")
    await connection.execute(
        "INSERT INTO ended_inboxes (case_id, from_day) VALUES (?, ?)", (case_id, from_day.isoformat())
    )
