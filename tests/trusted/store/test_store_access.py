"""New words and the end of the inbox, as the store keeps them: all at once, and nothing of the old access is left."""

import contextlib
import sqlite3

import pytest
from homes.store_harness import (
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    SetClock,
    ids,
    new_filing,
    new_home,
    new_members,
    open_store,
    raw,
    roster_of,
    rows,
    state,
)
from nacl.utils import random

from trusted.case.errors import Conflict, NotAllowed, NotThere
from trusted.case.statements import Act
from trusted.crypto.grants import decoy_grant
from trusted.store.store import ReporterAccess, ReporterEntries, Store

NEW = ReporterAccess(random(16), decoy_grant())


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.fixture
def members():
    return new_members(3)


@contextlib.asynccontextmanager
async def a_released_case(home, members):
    clock = SetClock(MONDAY)
    async with open_store(home, clock) as store:
        filed = new_filing(members)
        await store.file_case(filed.filing)
        clock.set(TUESDAY)
        await store.release(TUESDAY, ids(members))
        yield store, filed, roster_of(store.home_id, members), clock


async def change(store, filed, new, release_on=WEDNESDAY, expected=1, **more):
    sealed, head = filed.write("An entry of the reporter's", keep=expected)
    entry = ReporterEntries(filed.case_id, expected, (sealed,), head, (), release_on, **more)
    await store.change_access(entry, filed.filing.lookup_id, new)


async def test_new_words_find_the_case_and_the_old_ones_nothing_and_are_nowhere_on_the_disk(home, members):
    async with a_released_case(home, members) as (store, filed, _roster, _clock):
        old = (filed.filing.lookup_id, filed.filing.reporter_grant)
        before = [piece in raw(home) for piece in old]

        await change(store, filed, NEW)

        found = await store.find_by_lookup(NEW.lookup_id)
        gone = await store.find_by_lookup(old[0])
        left = raw(home)
    assert before == [True, True]
    assert (found.case_id, found.reporter_grant, gone) == (filed.case_id, NEW.grant, None)
    assert [piece in left for piece in old] == [False, False]


async def test_the_entry_waits_for_its_release_as_any_other(home, members):
    async with a_released_case(home, members) as (store, filed, _roster, clock):
        await change(store, filed, NEW)
        waiting = await store.released_case(filed.proof(2))
        clock.set(WEDNESDAY)
        await store.release(WEDNESDAY, ids(members))
        released = await store.released_case(filed.proof(3))

    assert [len(one.streams[1].sealed) for one in (waiting, released)] == [1, 2]


async def test_a_change_is_made_once_by_the_first_of_two(home, members):
    async with a_released_case(home, members) as (store, filed, _roster, _clock):
        await change(store, filed, NEW)

        with pytest.raises(Conflict):
            await change(store, filed, ReporterAccess(random(16), decoy_grant()))
        with pytest.raises(NotThere):
            await change(store, filed, ReporterAccess(random(16), decoy_grant()), expected=2)

        assert (await store.find_by_lookup(NEW.lookup_id)).case_id == filed.case_id
    assert rows(home, "SELECT count(*) FROM entries") == [(2,)]


async def test_an_inbox_ends_with_random_bytes_in_the_place_of_its_access_and_a_day_no_finer_than_the_release(
    home, members
):
    async with a_released_case(home, members) as (store, filed, roster, _clock):
        old = (filed.filing.lookup_id, filed.filing.reporter_grant)
        await state(store, filed, roster, members[0], Act.CLOSE, day=TUESDAY)

        await change(store, filed, None)

        assert await store.find_by_lookup(old[0]) is None
        left = raw(home)
    assert [piece in left for piece in old] == [False, False]
    assert rows(home, "SELECT length(lookup_id), length(reporter_grant) FROM cases") == [(16, 153)]
    assert rows(home, "SELECT from_day FROM ended_inboxes") == [(WEDNESDAY.isoformat(),)]


async def test_erasing_need_not_wait_for_an_inbox_that_has_ended_once_members_know_of_it(home, members):
    async with a_released_case(home, members) as (store, filed, roster, clock):
        await state(store, filed, roster, members[0], Act.CLOSE, day=TUESDAY)
        await change(store, filed, None)
        too_early = []
        for day in (TUESDAY, WEDNESDAY):
            # On Wednesday the release has not been made yet.
            clock.set(day)
            with pytest.raises(NotAllowed) as refused:
                await state(store, filed, roster, members[0], Act.ERASE, day=day)
            too_early.append(refused.value.text_key)

        await store.release(WEDNESDAY, ids(members))
        first = await state(store, filed, roster, members[0], Act.ERASE, day=WEDNESDAY, reference="G 1")
        second = await state(store, filed, roster, members[1], Act.ERASE, day=WEDNESDAY, reference="G 1")

    assert too_early == ["erase.inbox_open", "erase.inbox_open"]
    assert (first, second) == ("kept", "done")
    assert rows(home, "SELECT * FROM ended_inboxes") == []


async def test_an_inbox_of_an_open_case_does_not_end(home, members):
    async with a_released_case(home, members) as (store, filed, _roster, _clock):
        with pytest.raises(NotAllowed):
            await change(store, filed, None)

        assert await store.find_by_lookup(filed.filing.lookup_id) is not None
    assert rows(home, "SELECT count(*) FROM entries") == [(1,)]


async def test_a_home_from_before_ended_inboxes_gets_their_table_when_it_is_opened(home):
    asked = "SELECT sql FROM sqlite_schema WHERE name = 'ended_inboxes'"
    made = rows(home, asked)
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        connection.execute("DROP TABLE ended_inboxes")
        connection.commit()

    store = await Store.open(home, SetClock())
    await store.close()

    assert rows(home, asked) == made
