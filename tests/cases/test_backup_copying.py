"""A copy of the store in short reads: heartbeats go on, and what changed meanwhile is never in it by half."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from homes.store_harness import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    Filed,
    copy_cases,
    ids,
    new_filing,
    new_home,
    new_members,
    open_store,
    roster_of,
    stage,
    state,
)

from cases.backup import copying
from cases.backup.errors import HomeBusy
from trusted.case.entry import Stream
from trusted.case.errors import Busy
from trusted.case.statements import Act
from trusted.crypto.seal import make_head
from trusted.store import db
from trusted.store.store import Replacement, ReporterEntries, Store

CASES = 240
# In place of fourteen: a transaction that is open for longer than a third of a second then makes a heartbeat fail.
TRIES = 2


async def test_every_heartbeat_beside_a_copy_cuts_the_log(tmp_path, monkeypatch):
    """All statements are slowed down: one transaction over all of these cases would be open for most of a second."""
    home, connect, found = new_home(tmp_path / "home"), sqlite3.connect, []
    async with open_store(home) as store:
        await store.file_case(new_filing(new_members(3)).filing)
    copy_cases(home, CASES)

    def slow(*args, **named):
        connection = connect(*args, **named)
        connection.set_progress_handler(lambda: time.sleep(0.001), 100)
        return connection

    async with open_store(home) as store:
        await store.heartbeat()
        monkeypatch.setattr(sqlite3, "connect", slow)
        monkeypatch.setattr(db, "CHECKPOINT_TRIES", TRIES)
        monkeypatch.setattr(copying, "_CASES_AT_ONCE", 8, raising=False)
        copied = asyncio.ensure_future(asyncio.to_thread(copying.copy_store, home, tmp_path / "copy"))
        while not copied.done():
            try:
                await store.heartbeat()
                found.append((home / "kallskydd.db-wal").stat().st_size)
            except Busy:
                found.append("not cut")
            await asyncio.sleep(0.02)

    assert len(found) > 3
    assert set(found) == {0}
    assert len((await copied).shares) == CASES
    assert rows_of(tmp_path / "copy") == rows_of(home / "kallskydd.db")


def rows_of(path: Path) -> dict[str, set[tuple]]:
    """All that a copy has of a database, by table."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        names = (*copying.OF_CASES, *copying.OF_TOMBSTONES, copying.BOXES, copying.CHUNKS)
        found = {name: set(connection.execute(f"SELECT * FROM {name}")) for name in names}
        return found | {"home": set(connection.execute("SELECT home_id, batch, last_release FROM home"))}


@dataclass
class Scene:
    """A store with one released case, and one that waits with a file and a message; and what happens in it."""

    store: Store
    released: Filed
    waiting: Filed
    file_id: bytes
    members: list = field(default_factory=list)

    async def erase(self) -> None:
        await self.store.erase(self.released.case_id)

    async def take_back_report(self) -> None:
        await self.store.take_back(self.waiting.case_id)

    async def take_back_file(self) -> None:
        head = make_head(self.waiting.keys, Stream.REPORTER, self.waiting.entries[:1])
        await self.store.replace_pending(Replacement(self.waiting.case_id, 2, 1, (), head, (self.file_id,)))

    async def replace_words(self) -> None:
        sealed, head = self.waiting.write("Andra ord.", keep=1)
        await self.store.replace_pending(Replacement(self.waiting.case_id, 2, 1, (sealed,), head))

    async def end_inbox(self) -> None:
        sealed, head = self.released.write("Slut.")
        entry = ReporterEntries(self.released.case_id, 1, (sealed,), head, (), WEDNESDAY, True)
        await self.store.change_access(entry, self.released.filing.lookup_id, None)

    async def release(self) -> None:
        await self.store.release(WEDNESDAY, ids(self.members))

    async def release_at_once(self) -> None:
        await self.store.release_now(self.waiting.case_id, ids(self.members))

    async def file_at_once(self) -> None:
        await self.store.file_case(new_filing(self.members, at_once=True).filing)

    async def file_report(self) -> None:
        await self.store.file_case(new_filing(self.members, release_on=WEDNESDAY).filing)

    async def add_message(self) -> None:
        await self.store.append_reporter(self.released.adds(1, "Mer.", release_on=WEDNESDAY))

    async def heartbeat(self) -> None:
        await self.store.heartbeat()


@contextlib.asynccontextmanager
async def scene(home: Path):
    members = new_members(2)
    released, waiting = new_filing(members), new_filing(members, release_on=WEDNESDAY)
    async with open_store(home) as store:
        await store.file_case(released.filing)
        await store.release(TUESDAY, ids(members))
        await state(store, released, roster_of(store.home_id, members), members[0], Act.CLOSE, day=MONDAY)
        await store.file_case(waiting.filing)
        file_id = await stage(store, waiting.keys, b"clean")
        await store.append_reporter(waiting.adds(1, "Bild.", (file_id,), WEDNESDAY))
        yield Scene(store, released, waiting, file_id, members)


async def copied_during(
    home: Path, target: Path, monkeypatch, act: Callable[[], Awaitable[object]], *, always: bool = False
) -> int:
    """Copy the store, and act when all cases are copied and no post box is; return how often it was copied."""
    loop, copy_boxes, turns = asyncio.get_running_loop(), copying._copy_boxes, []

    def acting(*args) -> None:
        turns.append(None)
        if always or len(turns) == 1:
            asyncio.run_coroutine_threadsafe(act(), loop).result(30)
        copy_boxes(*args)

    monkeypatch.setattr(copying, "_copy_boxes", acting)
    await asyncio.to_thread(copying.copy_store, home, target)
    return len(turns)


@pytest.mark.parametrize(
    "act",
    [
        Scene.erase, Scene.take_back_report, Scene.take_back_file, Scene.replace_words, Scene.end_inbox, Scene.release,
        Scene.release_at_once, Scene.file_at_once,
    ],
)  # fmt: skip
async def test_a_copy_during_which_something_goes_or_is_released_is_made_again(tmp_path, monkeypatch, act):
    home = new_home(tmp_path / "home")
    async with scene(home) as now:
        turns = await copied_during(home, tmp_path / "copy", monkeypatch, lambda: act(now))

    assert turns == 2
    assert rows_of(tmp_path / "copy") == rows_of(home / "kallskydd.db")


@pytest.mark.parametrize("act", [Scene.file_report, Scene.add_message, Scene.heartbeat])
async def test_what_only_comes_meanwhile_leaves_the_copy_as_it_was_before(tmp_path, monkeypatch, act):
    home = new_home(tmp_path / "home")
    async with scene(home) as now:
        before = rows_of(home / "kallskydd.db")
        turns = await copied_during(home, tmp_path / "copy", monkeypatch, lambda: act(now))

    assert turns == 1
    assert rows_of(tmp_path / "copy") == before


async def test_a_slot_that_is_given_out_again_meanwhile_is_no_damage(tmp_path, monkeypatch):
    home, insert, loop = new_home(tmp_path / "home"), copying._insert, asyncio.get_running_loop()
    monkeypatch.setattr(copying, "_CASES_AT_ONCE", 1)
    async with scene(home) as now:
        first = min(now.released.case_id, now.waiting.case_id)
        (slot,) = {row[6] for row in rows_of(home / "kallskydd.db")["cases"] if row[0] == first}
        later = next(one for one in iter(lambda: new_filing(now.members), None) if one.case_id > first)

        async def reuse() -> None:
            await now.store.erase(first)
            monkeypatch.setattr(now.store._parts.slots, "take", lambda: slot)
            await now.store.file_case(later.filing)

        def acting(copy, table, rows) -> None:
            insert(copy, table, rows)
            if table == "cases" and rows and rows[0][0] == first:
                asyncio.run_coroutine_threadsafe(reuse(), loop).result(30)

        monkeypatch.setattr(copying, "_insert", acting)
        copied = await asyncio.to_thread(copying.copy_store, home, tmp_path / "copy")
        monkeypatch.undo()

    assert copied.shares[later.case_id.hex()] == later.keys.share
    assert first.hex() not in copied.shares
    assert first not in (tmp_path / "copy").read_bytes().replace(first, b"", 1)  # its tombstone


async def test_a_store_that_changes_in_every_turn_is_said_to_be_busy_and_leaves_no_copy(tmp_path, monkeypatch):
    home = new_home(tmp_path / "home")
    async with scene(home) as now:
        with pytest.raises(HomeBusy):
            await copied_during(home, tmp_path / "copy", monkeypatch, now.file_at_once, always=True)

    assert not (tmp_path / "copy").exists()
