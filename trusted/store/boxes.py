"""
Post boxes and the release.

Nobody can see that a case exists which they cannot open. For every case each member has one item of one size: a
grant, or a decoy. They wait until the release; then each box gets one batch, with the same number of items in
every box (4, 8, 16 …), shuffled, the rest filled with decoys, and the link from item to case is deleted. A
daily release makes a batch also when nothing was filed.

A release sees a day and never an hour. An entry is visible to members when its day has come, every entry before it is
visible too, and a head is kept for exactly that count: a stream never opens at a place where nobody sealed an end.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date

import aiosqlite

from trusted.case.clock import today as clock_day
from trusted.case.errors import NotThere
from trusted.crypto.grants import decoy_grant
from trusted.store.db import Parts, change, every, one
from trusted.store.rows import Batch

SMALLEST_BATCH = 4
_EVER = date.max


def padded_count(count: int) -> int:
    """Return the number of items that hides `count`: 4, 8, 16 and so on."""
    size = SMALLEST_BATCH
    while size < count:
        size *= 2
    return size


async def release(parts: Parts, today: date, members: Sequence[bytes]) -> int:
    """
    Make visible what is due and give every box its batch; returns the batch number.

    A second call on the same day makes a second batch only if a case has become due, so that a restart tells nothing.
    A day that has not come yet is a trial's "release all now", and always makes one.
    """
    real_day = clock_day(parts.clock)
    async with parts.db.write() as connection:
        newly = await _release_due(connection, today, real_day)
        home = await one(connection, "SELECT batch, last_release FROM home")
        number, last = home if home is not None else (0, None)
        if last is None or today.isoformat() > last or today > real_day or newly:
            number = await make_batch(connection, members)
        await connection.execute(
            "UPDATE home SET last_release = max(coalesce(last_release, ?1), ?1)", (min(today, real_day).isoformat(),)
        )
    await parts.db.sweep()
    return int(number)


async def release_now(parts: Parts, case_id: bytes, members: Sequence[bytes]) -> int:
    """
    Release one case at once; its box items get a batch of their own. Returns its number. Raises NotThere.

    A case that is released already gets no second batch, only its new entries are shown; the number is then 0.
    """
    async with parts.db.write() as connection:
        found = await one(connection, "SELECT released FROM cases WHERE case_id = ? AND state <> 'erasing'", case_id)
        if found is None:
            raise NotThere
        await release_stream(connection, case_id, _EVER)
        number = 0 if found[0] else await first_release(connection, case_id, clock_day(parts.clock), members)
    await parts.db.sweep()
    return number


async def last_release(parts: Parts) -> date | None:
    """Return the day of the last daily release, so that a missed one can be made up for."""
    async with parts.db.read() as connection:
        row = await one(connection, "SELECT last_release FROM home")
    return None if row is None or row[0] is None else date.fromisoformat(row[0])


async def box(parts: Parts, member_id: bytes, after: int) -> tuple[Batch, ...]:
    """Return the batches of a member's box after a batch number; somebody without a box has an empty one."""
    query = "SELECT batch, item FROM batch_items WHERE member_id = ? AND batch > ? ORDER BY batch, position"
    async with parts.db.read() as connection:
        rows = await every(connection, query, member_id, after)
    batches: dict[int, list[bytes]] = {}
    for number, item in rows:
        batches.setdefault(number, []).append(item)
    return tuple(Batch(number, tuple(items)) for number, items in batches.items())


async def first_release(connection: aiosqlite.Connection, case_id: bytes, today: date, members: Sequence[bytes]) -> int:
    """Mark a case as released and put its items into a batch of their own, inside the caller's transaction."""
    await _mark_released(connection, case_id, today)
    return await make_batch(connection, members, only=case_id)


async def _mark_released(connection: aiosqlite.Connection, case_id: bytes, today: date) -> bool:
    """Mark a case as released, on its day or, if it was released before that, today; returns whether it was not yet."""
    query = "UPDATE cases SET released = 1, release_day = min(release_day, ?) WHERE case_id = ? AND released = 0"
    return await change(connection, query, today.isoformat(), case_id) == 1


async def make_batch(connection: aiosqlite.Connection, members: Sequence[bytes], only: bytes | None = None) -> int:
    """Move the waiting items of released cases (or of one) into a new batch, inside the caller's transaction."""
    if only is None:
        # Cases that still have items: to ask each case of the home took half a minute where there were 100,000.
        of_case = "SELECT 1 FROM cases WHERE cases.case_id = waiting_items.case_id AND released = 1"
        rows = await every(connection, f"SELECT DISTINCT case_id FROM waiting_items WHERE EXISTS ({of_case})")  # noqa: S608
        cases = [row[0] for row in rows]
    else:
        cases = [only]
    items: dict[bytes, list[bytes]] = {member: [] for member in members}
    most = 0
    for case_id in cases:
        waiting = await every(connection, "SELECT member_id, item FROM waiting_items WHERE case_id = ?", case_id)
        # Counted by cases, not by items in a box: a member newer than the case must not have a shorter batch.
        most += 1 if waiting else 0
        for member, item in waiting:
            if member in items:
                items[member].append(item)
        await connection.execute("DELETE FROM waiting_items WHERE case_id = ?", (case_id,))
    await connection.execute("UPDATE home SET batch = batch + 1")
    row = await one(connection, "SELECT batch FROM home")
    number = int(row[0]) if row is not None else 0
    await _fill_boxes(connection, number, items, padded_count(most))
    return number


async def _fill_boxes(
    connection: aiosqlite.Connection, number: int, items: dict[bytes, list[bytes]], count: int
) -> None:
    shuffler = secrets.SystemRandom()
    for member, grants in items.items():
        padded = grants + [decoy_grant() for _ in range(count - len(grants))]
        shuffler.shuffle(padded)
        await connection.executemany(
            "INSERT INTO batch_items (member_id, batch, position, item) VALUES (?, ?, ?, ?)",
            [(member, number, position, item) for position, item in enumerate(padded)],
        )


async def _release_due(connection: aiosqlite.Connection, today: date, real_day: date) -> bool:
    """Release every stream that has something due; returns whether a case was released for the first time."""
    query = "SELECT DISTINCT case_id FROM entries WHERE release_on <= ?"
    newly = False
    for (case_id,) in await every(connection, query, today.isoformat()):
        if await release_stream(connection, case_id, today):
            newly |= await _mark_released(connection, case_id, real_day)
    return newly


async def release_stream(connection: aiosqlite.Connection, case_id: bytes, until: date) -> bool:
    """Make the reporter's entries due by `until` visible, inside the caller's transaction; returns whether any is."""
    entries = await every(
        connection, "SELECT release_on FROM entries WHERE case_id = ? AND stream = 1 ORDER BY number", case_id
    )
    due = _leading_due((day for (day,) in entries), until.isoformat())
    row = await one(
        connection, "SELECT max(count) FROM heads WHERE case_id = ? AND stream = 1 AND count <= ?", case_id, due
    )
    count = row[0] if row is not None else None
    if not count:
        return False
    await connection.execute(
        "UPDATE entries SET release_on = NULL WHERE case_id = ? AND stream = 1 AND number < ?", (case_id, count)
    )
    await connection.execute(
        "UPDATE files SET release_on = NULL WHERE case_id = ? AND release_on <= ?", (case_id, until.isoformat())
    )
    await connection.execute("DELETE FROM heads WHERE case_id = ? AND stream = 1 AND count < ?", (case_id, count))
    return True


def _leading_due(days: Iterable[str | None], until: str) -> int:
    """Return how many entries from the start are visible or due: nothing is released past one that waits."""
    count = 0
    for day in days:
        if day is not None and day > until:
            break
        count += 1
    return count
