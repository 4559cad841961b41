"""The release: when members see what a reporter sent, and what can be taken back until then."""

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
    rows,
    stage,
)

from trusted.case.entry import Stream
from trusted.case.errors import Conflict, NotAllowed, NotThere
from trusted.crypto.seal import make_head, open_stream
from trusted.store.store import Replacement


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.fixture
def members():
    return new_members(3)


def texts(filed, stream_rows):
    """Open the reporter's stream, which proves that it ends at its head, and return what it says."""
    opened = open_stream(filed.keys, Stream.REPORTER, stream_rows.sealed, stream_rows.head)
    return [entry.body.text for entry in opened]


async def seen_by_members(store, filed):
    case = await store.released_case(filed.proof(1))
    return texts(filed, case.streams[Stream.REPORTER])


async def seen_by_reporter(store, filed):
    case = await store.reporter_streams(filed.case_id)
    return texts(filed, case.streams[Stream.REPORTER])


async def test_members_see_nothing_of_a_report_before_its_release_and_all_of_it_after(home, members):
    clock = SetClock(MONDAY)
    filed = new_filing(members)
    async with open_store(home, clock) as store:
        await store.file_case(filed.filing)
        await store.release(MONDAY, ids(members))
        with pytest.raises(NotThere):
            await store.released_case(filed.proof(1))

        clock.set(TUESDAY)
        await store.release(TUESDAY, ids(members))

        assert await seen_by_members(store, filed) == ["En rapport."]
        assert (await store.released_case(filed.proof(1))).release_day == TUESDAY


async def test_the_release_day_is_the_only_date_of_a_report_and_its_entries_lose_theirs(home, members):
    clock = SetClock(MONDAY)
    filed = new_filing(members)
    async with open_store(home, clock) as store:
        await store.file_case(filed.filing)
        clock.set(TUESDAY)

        await store.release(TUESDAY, ids(members))

    assert rows(home, "SELECT release_on FROM entries") == [(None,)]
    assert rows(home, "SELECT release_day, closed_day, erase_by, notice_day FROM cases") == [
        ("2026-03-03", None, None, None)
    ]


async def test_a_later_message_waits_for_its_own_day_while_its_reporter_sees_it(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.append_reporter(filed.adds(1, "Mer.", release_on=WEDNESDAY))

        await store.release(TUESDAY, ids(members))
        on_tuesday = await seen_by_members(store, filed), await seen_by_reporter(store, filed)
        await store.release(WEDNESDAY, ids(members))

        assert on_tuesday == (["En rapport."], ["En rapport.", "Mer."])
        assert await seen_by_members(store, filed) == ["En rapport.", "Mer."]


async def test_a_message_dated_before_one_that_waits_does_not_overtake_it(home, members):
    filed = new_filing(members, release_on=WEDNESDAY)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.append_reporter(filed.adds(1, "Mer.", release_on=TUESDAY))

        await store.release(TUESDAY, ids(members))

        with pytest.raises(NotThere):
            await store.released_case(filed.proof(1))


async def test_a_file_is_released_with_the_entry_that_brought_it(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        file_id = await stage(store, filed.keys, b"bild")
        await store.append_reporter(filed.adds(1, "Bild.", (file_id,), WEDNESDAY))
        await store.release(TUESDAY, ids(members))

        hidden = (await store.released_case(filed.proof(1))).files
        with pytest.raises(NotThere):
            await anext(store.released_file(filed.proof(1, "file"), file_id))
        await store.release(WEDNESDAY, ids(members))

        shown = (await store.released_case(filed.proof(1))).files
        assert hidden == ()
        assert [row.file_id for row in shown] == [file_id]
        assert len(await anext(store.released_file(filed.proof(1, "file"), file_id))) == 24


async def test_an_urgent_report_is_seen_at_once_and_its_day_is_today(home, members):
    filed = new_filing(members, at_once=True)
    async with open_store(home) as store:
        await store.file_case(filed.filing)

        case = await store.released_case(filed.proof(1))

    assert texts(filed, case.streams[1]) == ["En rapport."]
    assert case.release_day == MONDAY


async def test_a_message_at_once_shows_what_waits_before_it(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.release(TUESDAY, ids(members))
        await store.append_reporter(filed.adds(1, "Väntar.", release_on=WEDNESDAY))

        await store.append_reporter(filed.adds(2, "Genast.", release_on=WEDNESDAY, at_once=True))

        assert await seen_by_members(store, filed) == ["En rapport.", "Väntar.", "Genast."]


async def test_a_message_at_once_in_a_case_that_waits_waits_with_it_until_it_is_released_now(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.append_reporter(filed.adds(1, "Genast.", at_once=True))
        with pytest.raises(NotThere):
            await store.released_case(filed.proof(1))

        await store.release_now(filed.case_id, ids(members))

        assert await seen_by_members(store, filed) == ["En rapport.", "Genast."]


async def test_a_restart_on_the_day_of_a_release_makes_no_second_batch(home, members):
    clock = SetClock(TUESDAY)
    async with open_store(home, clock) as store:
        first = await store.release(TUESDAY, ids(members))

    async with open_store(home, clock) as store:
        second = await store.release(TUESDAY, ids(members))
        last = await store.last_release()
        clock.set(WEDNESDAY)
        third = await store.release(WEDNESDAY, ids(members))

    assert (first, second, third) == (1, 1, 2)
    assert last == TUESDAY


async def test_a_report_that_is_taken_back_leaves_nothing_of_itself(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        file_id = await stage(store, filed.keys, b"bild" * 100_000)
        filed = new_filing(members, keys=filed.keys, file_ids=(file_id,))
        await store.file_case(filed.filing)
        chunk = [piece async for piece in store.read_file(filed.case_id, file_id)][1]

        await store.take_back(filed.case_id)

        found = await store.find_by_lookup(filed.filing.lookup_id)
        left = raw(home)
    sealed = filed.filing.entries[0]
    pieces = [sealed.body[:32], sealed.header, chunk[1000:1032], filed.filing.reporter_grant, filed.keys.share]
    assert found is None
    assert not [piece for piece in (*pieces, filed.case_id, file_id) if piece in left]
    assert not [item for item in filed.filing.grants.values() if item in left]
    assert rows(home, "SELECT count(*) FROM tombstones") == [(0,)]


async def test_a_released_report_cannot_be_taken_back(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.release(TUESDAY, ids(members))

        with pytest.raises(NotAllowed):
            await store.take_back(filed.case_id)

        assert await seen_by_members(store, filed) == ["En rapport."]


async def test_a_file_is_taken_back_by_rewriting_what_waits(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        file_id = await stage(store, filed.keys, b"bild")
        await store.append_reporter(filed.adds(1, "Bild.", (file_id,), TUESDAY))
        await store.append_reporter(filed.adds(2, "Sist.", release_on=WEDNESDAY))
        sealed, head = filed.write("Sist.", keep=1)

        await store.replace_pending(Replacement(filed.case_id, 3, 1, (sealed,), head, (file_id,)))

        with pytest.raises(NotThere):
            await anext(store.read_file(filed.case_id, file_id))
        assert await seen_by_reporter(store, filed) == ["En rapport.", "Sist."]
        # What waits now waits together: the heads in between are gone.
        await store.release(TUESDAY, ids(members))
        with pytest.raises(NotThere):
            await store.released_case(filed.proof(1))
        await store.release(WEDNESDAY, ids(members))
        assert await seen_by_members(store, filed) == ["En rapport.", "Sist."]
    assert rows(home, "SELECT count(*) FROM chunks") == [(0,)]


async def test_what_waits_last_can_be_taken_back_without_anything_in_its_place(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.release(TUESDAY, ids(members))
        await store.append_reporter(filed.adds(1, "Ångrat.", release_on=WEDNESDAY))
        head = make_head(filed.keys, Stream.REPORTER, filed.entries[:1])

        await store.replace_pending(Replacement(filed.case_id, 2, 1, (), head))

        assert await seen_by_reporter(store, filed) == ["En rapport."]
        assert await seen_by_members(store, filed) == ["En rapport."]


async def test_what_came_since_it_was_read_is_not_lost_with_what_is_taken_back(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        file_id = await stage(store, filed.keys, b"bild")
        await store.append_reporter(filed.adds(1, "Bild.", (file_id,), TUESDAY))
        await store.append_reporter(filed.adds(2, "Sist.", release_on=TUESDAY))
        head = make_head(filed.keys, Stream.REPORTER, filed.entries[:1])

        with pytest.raises(Conflict):
            await store.replace_pending(Replacement(filed.case_id, 2, 1, (), head, (file_id,)))

        assert await seen_by_reporter(store, filed) == ["En rapport.", "Bild.", "Sist."]


async def test_nothing_that_was_released_can_be_rewritten(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        await store.release(TUESDAY, ids(members))
        await store.append_reporter(filed.adds(1, "Mer.", release_on=WEDNESDAY))
        entries, head = filed.filing.entries, filed.filing.head

        with pytest.raises(Conflict):
            await store.replace_pending(Replacement(filed.case_id, 2, 0, entries, head))
        with pytest.raises(NotThere):
            await store.replace_pending(Replacement(bytes(16), 2, 0, entries, head))

        assert await seen_by_reporter(store, filed) == ["En rapport.", "Mer."]
