"""
What members write to a case: entries that are visible at once, and a new epoch.

Re-keying keeps this order:

1. The new share is written to a free slot and fsynced.
2. One transaction: the case's row with both slots, the rewrapped headers, new heads, and box items for every member.
3. The old share is overwritten and fsynced, and the row forgets its slot.

Between 2 and 3 the old share is of no use to the new headers but could open a copy of the old ones, so a crash there is
finished when the store is next opened.
"""

import asyncio
import secrets
from collections.abc import Sequence

import aiosqlite

from trusted.case.entry import ItemKind, Stream
from trusted.case.errors import Conflict, NotAllowed, StoreFault
from trusted.crypto.envelope import read_header
from trusted.crypto.grants import decoy_grant
from trusted.crypto.streams import Head
from trusted.store.boxes import padded_count
from trusted.store.db import Parts, change, every, one
from trusted.store.filing import count_entries, insert_entries, insert_grants, insert_head, stream_end
from trusted.store.reading import check_access
from trusted.store.rows import GRANT_BYTES, CaseProof, MemberEntries, Rekeying


async def append_member(parts: Parts, new: MemberEntries, stream: Stream, notes_grants: Sequence[bytes] | None) -> int:
    """Add entries to the members' stream or the notes; returns the new count. Raises NotThere or Conflict."""
    if stream not in {Stream.MEMBERS, Stream.NOTES}:
        raise StoreFault
    case_id, count = new.proof.case_id, new.expected_count + len(new.entries)
    async with parts.db.write() as connection:
        await check_access(connection, new.proof, "append")
        end = await stream_end(connection, case_id, stream, new.expected_count)
        await insert_entries(connection, end, new.entries, None)
        await _replace_head(connection, case_id, stream, new.head, count)
        if notes_grants is not None:
            await _replace_notes_grants(connection, case_id, notes_grants)
    return count


async def rekey(parts: Parts, proof: CaseProof, rekeying: Rekeying) -> None:
    """
    Move a case to a new epoch. Raises Conflict when the case moved, NotAllowed while a part of it waits.

    What waits is invisible to the desk, so it cannot rewrap it, and overwriting the old share would destroy it.
    """
    _check_rekeying(rekeying)
    case_id = proof.case_id
    slot = parts.slots.take()
    try:
        await asyncio.to_thread(parts.slots.write, slot, rekeying.share)
        async with parts.db.write() as connection:
            await check_access(connection, proof, "rekey")
            await _change_epoch(connection, case_id, slot, rekeying)
            # They are sealed under the old key, and were signed by holders of it.
            await connection.execute("DELETE FROM statements WHERE case_id = ?", (case_id,))
            await _replace_headers(connection, case_id, rekeying)
            await insert_grants(connection, case_id, rekeying.grants)
            await _change_notes_grants(connection, case_id, rekeying.notes_grants)
    except BaseException:
        await asyncio.to_thread(parts.slots.overwrite, slot)
        parts.slots.free(slot)
        raise
    await overwrite_spent_slots(parts)
    await parts.db.sweep()


async def overwrite_spent_slots(parts: Parts) -> None:
    """Take step 3 of re-keying wherever it is still to be taken."""
    async with parts.destroying:
        async with parts.db.read() as connection:
            spent = await every(connection, "SELECT case_id, spent_slot FROM cases WHERE spent_slot IS NOT NULL")
        for case_id, slot in spent:
            await asyncio.to_thread(parts.slots.overwrite, slot)
            async with parts.db.write() as connection:
                await connection.execute("UPDATE cases SET spent_slot = NULL WHERE case_id = ?", (case_id,))
            parts.slots.free(slot)


async def accept_counter(parts: Parts, member_id: bytes, counter: int) -> None:
    """Keep the counter of a member's request; raises NotAllowed unless it is higher than every one before."""
    query = (
        "INSERT INTO counters (member_id, counter) VALUES (?, ?)"
        " ON CONFLICT (member_id) DO UPDATE SET counter = excluded.counter WHERE excluded.counter > counter"
    )
    async with parts.db.write() as connection:
        if await change(connection, query, member_id, counter) != 1:
            raise NotAllowed("request.replayed")


def _check_rekeying(rekeying: Rekeying) -> None:
    """Raise unless everything has its length; what it contains is the desks' business, and they check it."""
    blobs = (*rekeying.grants.values(), *rekeying.notes_grants, rekeying.reporter_grant)
    if not rekeying.grants or any(len(item) != GRANT_BYTES for item in blobs):
        raise StoreFault


async def _change_epoch(connection: aiosqlite.Connection, case_id: bytes, slot: int, rekeying: Rekeying) -> None:
    waiting = await one(
        connection,
        "SELECT 1 FROM entries WHERE case_id = ?1 AND release_on IS NOT NULL"
        " UNION ALL SELECT 1 FROM files WHERE case_id = ?1 AND release_on IS NOT NULL",
        case_id,
    )
    if waiting is not None:
        raise NotAllowed("rekey.wait_for_release")
    changed = await change(
        connection,
        # Where the reporter has ended the inbox, a decoy stands in the grant's place, and stay: with a new one the
        # words would open the case again to anybody who has them and the disk.
        "UPDATE cases SET epoch = ?1, commitment = ?2, access_key = ?3, reporter_grant = CASE"
        " WHEN EXISTS (SELECT 1 FROM ended_inboxes WHERE case_id = ?6) THEN reporter_grant ELSE ?4 END,"
        " spent_slot = slot, slot = ?5 WHERE case_id = ?6 AND epoch = ?1 - 1 AND spent_slot IS NULL",
        rekeying.epoch,
        rekeying.commitment,
        rekeying.access_key,
        rekeying.reporter_grant,
        slot,
        case_id,
    )
    if changed != 1:
        raise Conflict


async def _replace_headers(connection: aiosqlite.Connection, case_id: bytes, rekeying: Rekeying) -> None:
    """Put each header where it says that it belongs; raises Conflict unless exactly the whole case was rewrapped."""
    row = await one(
        connection,
        "SELECT (SELECT count(*) FROM entries WHERE case_id = ?1) + (SELECT count(*) FROM files WHERE case_id = ?1)",
        case_id,
    )
    if row != (len(rekeying.headers),):
        raise Conflict
    places = set()
    for blob in rekeying.headers:
        header = read_header(blob)
        place = header.place
        if header.epoch != rekeying.epoch or place in places:
            raise StoreFault
        places.add(place)
        if place.item_kind is ItemKind.ENTRY:
            query = "UPDATE entries SET header = ? WHERE case_id = ? AND stream = ? AND number = ?"
            changed = await change(connection, query, blob, case_id, int(place.stream), place.number)
        else:
            query = "UPDATE files SET header = ? WHERE case_id = ? AND item_kind = ? AND number = ?"
            changed = await change(connection, query, blob, case_id, int(place.item_kind), place.number)
        if changed != 1:
            raise Conflict
    for stream in (Stream.REPORTER, Stream.MEMBERS, Stream.NOTES):
        count = await count_entries(connection, case_id, stream, visible_only=False)
        if count:
            if stream not in rekeying.heads:
                raise Conflict
            await _replace_head(connection, case_id, stream, rekeying.heads[stream], count)


async def _replace_head(
    connection: aiosqlite.Connection, case_id: bytes, stream: Stream, head: Head, count: int
) -> None:
    await connection.execute("DELETE FROM heads WHERE case_id = ? AND stream = ?", (case_id, int(stream)))
    await insert_head(connection, case_id, stream, count, head)


async def _change_notes_grants(connection: aiosqlite.Connection, case_id: bytes, items: Sequence[bytes]) -> None:
    """Raise Conflict for notes without grants: those of the old epoch would open nothing any more."""
    written = await count_entries(connection, case_id, Stream.NOTES, visible_only=False)
    if bool(written) != bool(items):
        raise Conflict
    if items:
        await _replace_notes_grants(connection, case_id, items)


async def _replace_notes_grants(connection: aiosqlite.Connection, case_id: bytes, items: Sequence[bytes]) -> None:
    """Keep the grants shuffled and padded: the disk shall not tell how many members read the notes."""
    if any(len(item) != GRANT_BYTES for item in items):
        raise StoreFault
    padded = [*items, *(decoy_grant() for _ in range(padded_count(len(items)) - len(items)))]
    secrets.SystemRandom().shuffle(padded)
    await connection.execute("DELETE FROM notes_grants WHERE case_id = ?", (case_id,))
    await connection.executemany(
        "INSERT INTO notes_grants (case_id, position, item) VALUES (?, ?, ?)",
        [(case_id, position, item) for position, item in enumerate(padded)],
    )
