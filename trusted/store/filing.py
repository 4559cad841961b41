"""
What a reporter writes: a new case, additions, and what is taken back before its release.

Filing keeps this order:

1. The share is written to a free slot and fsynced.
2. One transaction: the case's row, its entries, head, box items for every member, and the staged files.

A crash after 1 leaves 32 random bytes in a slot that no row names, and it is free again. A crash in 2 leaves nothing.
After 2 the case is there and complete, also after a crash.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import aiosqlite

from trusted.case.clock import today
from trusted.case.entry import ItemKind, Stream
from trusted.case.errors import Conflict, NotAllowed, NotThere, StoreFault
from trusted.crypto.envelope import Place, Sealed, read_header
from trusted.crypto.streams import Head
from trusted.store.boxes import first_release, release_stream
from trusted.store.db import Parts, change, one
from trusted.store.files import claim_files
from trusted.store.rows import GRANT_BYTES, Filing, Replacement, ReporterEntries


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """Where the next entry of a stream goes. Only `stream_end` finds one; a new case begins at 0."""

    case_id: bytes
    epoch: int
    stream: Stream
    count: int


async def file_case(parts: Parts, filing: Filing) -> None:
    """Keep a new case; when this returns it is on the disk. Raises StoreFault if it is not whole."""
    _check_filing(filing)
    slot = parts.slots.take()
    try:
        # 1.
        await asyncio.to_thread(parts.slots.write, slot, filing.keys.share)
        # 2.
        async with parts.db.write() as connection:
            await _insert_case(connection, filing, slot)
            await insert_grants(connection, filing.keys.case_id, filing.grants)
            if filing.at_once:
                await release_stream(connection, filing.keys.case_id, date.max)
                await first_release(connection, filing.keys.case_id, today(parts.clock), tuple(filing.grants))
    except BaseException:
        await asyncio.to_thread(parts.slots.overwrite, slot)
        parts.slots.free(slot)
        raise
    if filing.at_once:
        await parts.db.sweep()


async def append_reporter(parts: Parts, new: ReporterEntries) -> None:
    """
    Add entries to the reporter's stream, all or none, to wait for their release. Raises Conflict.

    `at_once` shows them, and what waits before them, without waiting. In a case that is not released itself they wait
    with it: the members have no grant yet, and `release_now` is what gives it to them.
    """
    async with parts.db.write() as connection:
        await append_within(connection, new)


async def append_within(connection: aiosqlite.Connection, new: ReporterEntries) -> date | None:
    """Do what `append_reporter` does, in the caller's transaction; return the day for which the entries wait."""
    end = await stream_end(connection, new.case_id, Stream.REPORTER, new.expected_count)
    last = await _last_waiting(connection, new.case_id)
    released = await one(connection, "SELECT released FROM cases WHERE case_id = ?", new.case_id)
    wait_until: date | None = None
    if not new.at_once or released != (1,):
        wait_until = _wait_until(new.release_on, last)
    await insert_entries(connection, end, new.entries, wait_until)
    await insert_head(connection, new.case_id, Stream.REPORTER, end.count + len(new.entries), new.head)
    await claim_files(connection, new.case_id, new.file_ids, wait_until)
    if wait_until is None:
        await release_stream(connection, new.case_id, date.max)
    return wait_until


async def replace_pending(parts: Parts, new: Replacement) -> None:
    """
    Rewrite the end of the reporter's stream that nobody has seen, and drop files that only it named.

    Raises Conflict when a part of it has been released, or the stream moved since it was read: what came in between
    would be lost, new keys and the end of the inbox among it. All that still waits in the case then waits together,
    until the latest of its days: the heads in between are gone, and nothing is released before its twelve hours.
    """
    case_id, keep_count, count = new.case_id, new.keep_count, new.keep_count + len(new.entries)
    async with parts.db.write() as connection:
        old_end = await stream_end(connection, case_id, Stream.REPORTER, new.expected_count)
        visible = await count_entries(connection, case_id, Stream.REPORTER, visible_only=True)
        wait_until = await _last_waiting(connection, case_id)
        if keep_count < visible or wait_until is None or count == 0:
            raise Conflict
        await connection.execute(
            "DELETE FROM entries WHERE case_id = ? AND stream = 1 AND number >= ?", (case_id, keep_count)
        )
        await connection.execute("DELETE FROM heads WHERE case_id = ? AND stream = 1 AND count > ?", (case_id, visible))
        if await count_entries(connection, case_id, Stream.REPORTER, visible_only=False) != keep_count:
            raise Conflict
        await insert_entries(connection, replace(old_end, count=keep_count), new.entries, wait_until)
        if count > visible:
            await insert_head(connection, case_id, Stream.REPORTER, count, new.head)
        for file_id in new.drop_files:
            query = "DELETE FROM files WHERE file_id = ? AND case_id = ? AND release_on IS NOT NULL"
            if await change(connection, query, file_id, case_id) != 1:
                raise Conflict
        await _wait_together(connection, case_id, wait_until)
    await parts.db.sweep()


async def live_epoch(connection: aiosqlite.Connection, case_id: bytes) -> int:
    """Return the epoch of a case that is there; raises NotThere."""
    found = await one(connection, "SELECT epoch FROM cases WHERE case_id = ? AND state <> 'erasing'", case_id)
    if found is None:
        raise NotThere
    return int(found[0])


async def count_entries(connection: aiosqlite.Connection, case_id: bytes, stream: Stream, *, visible_only: bool) -> int:
    """Return the number of entries in a stream, or of those that members see."""
    query = "SELECT count(*) FROM entries WHERE case_id = ? AND stream = ?"
    if visible_only:
        query += " AND release_on IS NULL"
    found = await one(connection, query, case_id, int(stream))
    return 0 if found is None else int(found[0])


async def stream_end(connection: aiosqlite.Connection, case_id: bytes, stream: Stream, expected: int) -> StreamEnd:
    """Return where a stream ends. Raises NotThere, and Conflict when somebody wrote to it since it was read."""
    epoch = await live_epoch(connection, case_id)
    if await count_entries(connection, case_id, stream, visible_only=False) != expected:
        raise Conflict
    return StreamEnd(case_id, epoch, stream, expected)


async def insert_entries(
    connection: aiosqlite.Connection, end: StreamEnd, entries: Sequence[Sealed], release_on: date | None
) -> None:
    """Insert entries at the end of a stream; raises SealBroken or StoreFault for a header that names another place."""
    day = None if release_on is None else release_on.isoformat()
    for number, entry in enumerate(entries, start=end.count):
        header = read_header(entry.header)
        if header.place != Place(end.stream, number, ItemKind.ENTRY):
            raise StoreFault
        if header.epoch != end.epoch:
            # Sealed under the keys of before a re-key: nobody could open it any more.
            raise Conflict
        await connection.execute(
            "INSERT INTO entries (case_id, stream, number, header, body, release_on) VALUES (?, ?, ?, ?, ?, ?)",
            (end.case_id, int(end.stream), number, entry.header, entry.body, day),
        )


async def insert_head(connection: aiosqlite.Connection, case_id: bytes, stream: Stream, count: int, head: Head) -> None:
    """Keep the head for this count; raises StoreFault if it is of another."""
    if head.count != count:
        raise StoreFault
    await connection.execute(
        "INSERT INTO heads (case_id, stream, count, tag) VALUES (?, ?, ?, ?)",
        (case_id, int(stream), count, head.tag),
    )


async def insert_grants(connection: aiosqlite.Connection, case_id: bytes, grants: Mapping[bytes, bytes]) -> None:
    """Keep one item for each member until the release; an older one that still waits is replaced."""
    await connection.executemany(
        "INSERT OR REPLACE INTO waiting_items (case_id, member_id, item) VALUES (?, ?, ?)",
        [(case_id, member, item) for member, item in grants.items()],
    )


async def _require_new(connection: aiosqlite.Connection, filing: Filing) -> None:
    """Return if neither id is in use, also by what is left of an erased case; raise Conflict.

    A desk that got no answer sends the same case again.
    """
    query = "SELECT 1 FROM cases WHERE case_id = ?1 OR lookup_id = ?2 UNION SELECT 1 FROM tombstones WHERE case_id = ?1"
    if await one(connection, query, filing.keys.case_id, filing.lookup_id) is not None:
        raise Conflict


async def _insert_case(connection: aiosqlite.Connection, filing: Filing, slot: int) -> None:
    await _require_new(connection, filing)
    keys = filing.keys
    await connection.execute(
        "INSERT INTO cases (case_id, lookup_id, reporter_grant, epoch, commitment, access_key, slot, release_day,"
        " released, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 'open')",
        (
            keys.case_id,
            filing.lookup_id,
            filing.reporter_grant,
            keys.epoch,
            keys.commitment,
            keys.access_key,
            slot,
            filing.release_on.isoformat(),
        ),
    )
    beginning = StreamEnd(keys.case_id, keys.epoch, Stream.REPORTER, 0)
    await insert_entries(connection, beginning, filing.entries, filing.release_on)
    await insert_head(connection, keys.case_id, Stream.REPORTER, len(filing.entries), filing.head)
    await claim_files(connection, keys.case_id, filing.file_ids, filing.release_on)


async def _last_waiting(connection: aiosqlite.Connection, case_id: bytes) -> date | None:
    query = (
        "SELECT max(day) FROM (SELECT release_on AS day FROM entries WHERE case_id = ?1"
        " UNION ALL SELECT release_on FROM files WHERE case_id = ?1)"
    )
    found = await one(connection, query, case_id)
    return None if found is None or found[0] is None else date.fromisoformat(found[0])


def _wait_until(release_on: date | None, last: date | None) -> date:
    """Return the day to wait for: not before what already waits, since a stream is released from its start."""
    days = [day for day in (release_on, last) if day is not None]
    if not days:
        raise StoreFault
    return max(days)


async def _wait_together(connection: aiosqlite.Connection, case_id: bytes, until: date) -> None:
    day = until.isoformat()
    for query in (
        "UPDATE entries SET release_on = ? WHERE case_id = ? AND release_on IS NOT NULL",
        "UPDATE files SET release_on = ? WHERE case_id = ? AND release_on IS NOT NULL",
        "UPDATE cases SET release_day = ? WHERE case_id = ? AND released = 0",
    ):
        await connection.execute(query, (day, case_id))


def _check_filing(filing: Filing) -> None:
    """Raise unless there is at least a report, and one item of the one size for every member."""
    if not filing.entries or not filing.grants:
        raise NotAllowed("store.empty_filing")
    if any(len(item) != GRANT_BYTES for item in (*filing.grants.values(), filing.reporter_grant)):
        raise StoreFault
