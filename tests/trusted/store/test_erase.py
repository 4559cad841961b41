"""Erasing: who may, what dies in which order, and that nothing of it is left in any file of the home."""

import asyncio
import contextlib
import sqlite3
from datetime import date, timedelta

import pytest
from homes.store_harness import (
    MONDAY,
    SERVER,
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
    stage,
    state,
)

from trusted.case.clock import add_months
from trusted.case.entry import Message, Stream
from trusted.case.errors import Busy, Conflict, NotAllowed, NotThere
from trusted.case.statements import Act, open_statement, verify_tombstone
from trusted.crypto.grants import decoy_grant, make_grant
from trusted.crypto.seal import Authorship, append, make_head, next_epoch, open_stream, rekey
from trusted.store import db, erase
from trusted.store.store import CaseProof, MemberEntries, Rekeying, ReporterEntries

LATER = WEDNESDAY + timedelta(days=30)


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.fixture
def members():
    return new_members(4)


@pytest.fixture
def clock():
    return SetClock(MONDAY)


@contextlib.asynccontextmanager
async def a_released_case(home, clock, members):
    """A store with one released case, with a file and an answer, and the roster that reads it: two, a lead and counsel."""
    async with open_store(home, clock) as store:
        filed = new_filing(members)
        file_id = await stage(store, filed.keys, b"bild" * 100_000)
        filed = new_filing(members, keys=filed.keys, file_ids=(file_id,))
        await store.file_case(filed.filing)
        clock.set(TUESDAY)
        await store.release(TUESDAY, ids(members))
        await answer(store, filed, members[0])
        clock.set(WEDNESDAY)
        yield store, filed, roster_of(store.home_id, members, "handler", "handler", "lead", "counsel")


async def answer(store, filed, member):
    sealed, _entry, head = append(
        filed.keys, Stream.MEMBERS, (), Authorship(member.id, member.sign_seed, TUESDAY, {}), Message("Tack.")
    )
    await store.append_member(MemberEntries(filed.proof(2, "append"), 0, (sealed,), head), Stream.MEMBERS)


def pieces_of(home, filed):
    """Return recognisable pieces of everything that rests of a case."""
    found = [filed.keys.share, filed.filing.lookup_id, filed.filing.reporter_grant]
    for query in (
        "SELECT header FROM entries",
        "SELECT substr(body, 1, 32) FROM entries",
        "SELECT substr(body, -32) FROM entries",
        "SELECT tag FROM heads",
        "SELECT header FROM files",
        "SELECT file_id FROM files",
        "SELECT substr(chunk, 1, 24) FROM chunks",
        "SELECT substr(chunk, 100000, 32) FROM chunks WHERE length(chunk) > 200000",
    ):
        found += [piece for (piece,) in rows(home, query)]
    assert len(found) > 12
    return found


async def test_two_members_erase_a_closed_case_and_nothing_of_it_is_left_in_any_file(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        pieces = pieces_of(home, filed)
        before = [piece in raw(home) for piece in pieces]
        inode = (home / "shred.slots").stat().st_ino
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        clock.set(LATER)
        first = await state(store, filed, roster, members[0], Act.ERASE, day=LATER, reference="G 12")

        second = await state(store, filed, roster, members[1], Act.ERASE, day=LATER, reference="G 12")

        left = raw(home)
    assert (first, second) == ("kept", "done")
    assert all(before)
    assert [piece for piece in pieces if piece in left] == []
    assert (home / "shred.slots").stat().st_ino == inode
    assert (home / "shred.slots").stat().st_size == 32 * 1024
    assert [piece for piece in pieces if piece in raw(home)] == []


async def test_an_erased_case_is_gone_for_everybody_but_for_its_tombstone(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        clock.set(LATER)
        await state(store, filed, roster, members[0], Act.ERASE, day=LATER, reference="G 12")
        await state(store, filed, roster, members[3], Act.ERASE, day=LATER, reference="G 12")

        tombstone = await store.tombstone(filed.proof(9))

        assert await store.find_by_lookup(filed.filing.lookup_id) is None
        with pytest.raises(NotThere):
            await store.reporter_streams(filed.case_id)
        with pytest.raises(NotThere):
            await store.released_case(filed.proof(9))
        with pytest.raises(NotThere):
            await store.tombstone(CaseProof(filed.case_id, bytes(32), 9))
    statements = tuple(open_statement(filed.keys.statement_key, filed.case_id, one) for one in tombstone.statements)
    proof = verify_tombstone(statements, roster, SERVER)
    assert (proof.case_id, proof.reference) == (filed.case_id, "G 12")
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as database:
        assert database.execute("SELECT erased_day FROM tombstones").fetchall() == [(LATER.isoformat(),)]


async def test_one_member_alone_and_two_references_erase_nothing(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        roster = roster_of(store.home_id, members, "handler", "handler", "counsel", "counsel")
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        clock.set(LATER)

        answers = [
            await state(store, filed, roster, member, Act.ERASE, day=LATER, reference=reference)
            for member, reference in (
                (members[2], "G 12"),
                (members[0], "G 13"),
                (members[0], "G 14"),
                (members[1], "G 15"),
            )
        ]
        case = await store.released_case(filed.proof(9))

    assert set(answers) == {"kept"}
    assert len(case.statements) == 3


async def test_a_statement_for_another_case_or_without_its_key_does_nothing(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        stranger = new_filing(members)

        with pytest.raises(NotThere):
            await state(store, stranger, roster, members[0], Act.CLOSE, day=WEDNESDAY)

        assert (await store.released_case(filed.proof(9))).state == "open"


async def test_an_open_a_held_and_a_newly_closed_case_are_not_erased_and_the_reason_is_said(home, clock, members):
    reasons = []

    async def attempt(store, filed, roster):
        with pytest.raises(NotAllowed) as refused:
            await state(store, filed, roster, members[0], Act.ERASE, day=clock().date())
        reasons.append(refused.value.text_key)

    async with a_released_case(home, clock, members) as (store, filed, roster):
        await attempt(store, filed, roster)
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        clock.set(LATER - timedelta(days=1))
        await attempt(store, filed, roster)
        clock.set(LATER)
        await state(store, filed, roster, members[0], Act.HOLD, day=LATER)
        await attempt(store, filed, roster)
        await state(store, filed, roster, members[1], Act.RELEASE_HOLD, day=LATER)

        assert await state(store, filed, roster, members[0], Act.ERASE, day=LATER) == "kept"

    assert reasons == ["erase.not_closed", "erase.inbox_open", "erase.hold"]


async def test_reopening_forgets_signatures_that_were_given_for_the_closed_case(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        clock.set(LATER)
        await state(store, filed, roster, members[0], Act.ERASE, day=LATER)

        await state(store, filed, roster, members[0], Act.REOPEN, day=LATER)

        case = await store.released_case(filed.proof(9))
    assert (case.state, case.closed_day, case.erase_by, case.statements) == ("open", None, None, ())


async def test_an_erasure_that_was_cut_off_is_finished_when_the_store_is_next_opened(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        pieces = pieces_of(home, filed)
        async with store._parts.db.write() as connection:
            await erase._decide(connection, filed.case_id, WEDNESDAY, (b"one", b"two"))
        with pytest.raises(NotThere):
            await store.tombstone(filed.proof(9))

    async with open_store(home, clock) as store:
        left = raw(home)
        tombstone = await store.tombstone(filed.proof(9))

    assert [piece for piece in pieces if piece in left] == []
    assert tombstone.statements == (b"one", b"two")


async def test_two_erasures_at_once_do_not_touch_a_slot_that_was_given_out_again(home, clock, members):
    async with open_store(home, clock) as store:
        first = [new_filing(members) for _ in range(3)]
        for filed in first:
            await store.file_case(filed.filing)

        await asyncio.gather(*(store.take_back(filed.case_id) for filed in first[:2]))
        again = [new_filing(members) for _ in range(3)]
        await asyncio.gather(store.take_back(first[2].case_id), *(store.file_case(filed.filing) for filed in again))

        shares = [(await store.find_by_lookup(filed.filing.lookup_id)).share for filed in again]
    assert shares == [filed.keys.share for filed in again]


async def test_a_log_that_cannot_be_cut_is_said_and_cut_by_the_next_heartbeat(home, clock, members, monkeypatch):
    monkeypatch.setattr(db, "CHECKPOINT_TRIES", 2)
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        pieces = pieces_of(home, filed)
        reader = sqlite3.connect(home / "kallskydd.db", isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchall()

        with pytest.raises(Busy):
            await store.erase(filed.case_id)
        reader.close()
        await store.heartbeat()

        left = raw(home)
    assert [piece for piece in pieces if piece in left] == []


async def test_the_two_year_cap_gives_thirty_days_notice_and_then_erases_alone(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        cap = add_months(WEDNESDAY, 24)
        seen = []
        for day in (cap - timedelta(days=31), cap - timedelta(days=30), cap - timedelta(days=1), cap):
            due = await store.erase_due(day)
            seen.append((due.noticed, due.erased))

        tombstone = await store.tombstone(filed.proof(9))

    assert cap == date(2028, 3, 4)
    assert seen == [(0, 0), (1, 0), (0, 0), (0, 1)]
    assert tombstone.statements == ()


async def test_a_server_that_was_off_gives_its_notice_late_and_then_waits_all_the_same(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        late = add_months(WEDNESDAY, 30)

        first = await store.erase_due(late)
        notice_day = (await store.released_case(filed.proof(9))).notice_day
        second = await store.erase_due(late + timedelta(days=29))
        third = await store.erase_due(late + timedelta(days=30))

    assert notice_day == late
    assert [(due.noticed, due.erased) for due in (first, second, third)] == [(1, 0), (0, 0), (0, 1)]


async def test_a_hold_stops_the_cap_too_and_no_configuration_outlives_it(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        await state(store, filed, roster, members[0], Act.HOLD, day=WEDNESDAY)

        due = await store.erase_due(add_months(WEDNESDAY, 36))

        case = await store.released_case(filed.proof(9))
    assert (due.noticed, due.erased) == (0, 0)
    assert case.hold
    assert case.erase_by == add_months(WEDNESDAY, 24)


def a_new_epoch(filed, case, members):
    """Make a new epoch as a desk does: new keys, every header rewrapped, new heads, an item for every member."""
    new = next_epoch(filed.keys)
    reporter, answers = (case.streams[stream] for stream in (Stream.REPORTER, Stream.MEMBERS))
    headers = [item.header for item in (*reporter.sealed, *answers.sealed)] + [row.header for row in case.files]
    entries = open_stream(
        filed.keys, Stream.MEMBERS, answers.sealed, answers.head, lambda _author: members[0].sign_public
    )
    return new, Rekeying(
        epoch=new.epoch,
        commitment=new.commitment,
        access_key=new.access_key,
        share=new.share,
        reporter_grant=make_grant(new, filed.reporter.id_bytes, filed.reporter.box_public, 1),
        headers=rekey(filed.keys, new, headers),
        heads={
            Stream.REPORTER: make_head(new, Stream.REPORTER, filed.entries),
            Stream.MEMBERS: make_head(new, Stream.MEMBERS, entries),
        },
        grants={member.id_bytes: decoy_grant() for member in members},
    )


async def test_a_new_epoch_opens_with_the_new_keys_and_the_old_share_is_dead(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        case = await store.released_case(filed.proof(3))
        new, rekeying = a_new_epoch(filed, case, members)

        await store.rekey(filed.proof(4, "rekey"), rekeying)

        with pytest.raises(NotThere):
            await store.released_case(filed.proof(5))
        row = await store.find_by_lookup(filed.filing.lookup_id)
        streams = (await store.reporter_streams(filed.case_id)).streams
        await store.release(LATER, ids(members))
        box = await store.box(members[0].id_bytes, 1)
    opened = open_stream(new, Stream.REPORTER, streams[1].sealed, streams[1].head)
    slots = (home / "shred.slots").read_bytes()
    assert [entry.body.text for entry in opened] == ["En rapport."]
    assert (row.epoch, row.share) == (2, new.share)
    assert (filed.keys.share in slots, new.share in slots) == (False, True)
    assert [len(batch.items) for batch in box] == [4]
    assert rows(home, "SELECT spent_slot FROM cases") == [(None,)]


async def test_a_new_epoch_gives_nothing_back_to_words_whose_inbox_has_ended(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, roster):
        await state(store, filed, roster, members[0], Act.CLOSE, day=WEDNESDAY)
        sealed, head = filed.write("The end", keep=1)
        old = filed.filing.lookup_id
        await store.change_access(ReporterEntries(filed.case_id, 1, (sealed,), head, (), WEDNESDAY, True), old, None)
        await state(store, filed, roster, members[0], Act.REOPEN, day=WEDNESDAY)
        before = rows(home, "SELECT lookup_id, reporter_grant FROM cases")
        case = await store.released_case(filed.proof(3))
        _new, rekeying = a_new_epoch(filed, case, members)

        await store.rekey(filed.proof(4, "rekey"), rekeying)

        after = rows(home, "SELECT lookup_id, reporter_grant FROM cases")
    assert rows(home, "SELECT epoch FROM cases") == [(2,)]
    assert after == before


async def test_a_new_epoch_waits_while_something_of_the_case_waits_for_its_release(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        case = await store.released_case(filed.proof(3))
        _new, rekeying = a_new_epoch(filed, case, members)
        await store.append_reporter(filed.adds(1, "Mer.", release_on=LATER))

        with pytest.raises(NotAllowed):
            await store.rekey(filed.proof(4, "rekey"), rekeying)

        assert (await store.find_by_lookup(filed.filing.lookup_id)).share == filed.keys.share
    assert rekeying.share not in (home / "shred.slots").read_bytes()


async def test_a_new_epoch_that_leaves_out_an_item_changes_nothing(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        case = await store.released_case(filed.proof(3))
        _new, whole = a_new_epoch(filed, case, members)
        short = Rekeying(
            whole.epoch,
            whole.commitment,
            whole.access_key,
            whole.share,
            whole.reporter_grant,
            whole.headers[:-1],
            whole.heads,
            whole.grants,
        )

        with pytest.raises(Conflict):
            await store.rekey(filed.proof(4, "rekey"), short)

        assert (await store.released_case(filed.proof(5))).epoch == 1


async def test_an_entry_sealed_under_the_epoch_before_is_refused(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        case = await store.released_case(filed.proof(3))
        _new, rekeying = a_new_epoch(filed, case, members)
        await store.rekey(filed.proof(4, "rekey"), rekeying)

        with pytest.raises(Conflict):
            await store.append_reporter(filed.adds(1, "Mer.", release_on=LATER))


async def test_a_new_epoch_that_was_cut_off_loses_its_old_share_at_the_next_opening(home, clock, members):
    async with a_released_case(home, clock, members) as (store, filed, _roster):
        spent = store._parts.slots.take()
        store._parts.slots.write(spent, b"o" * 32)
        async with store._parts.db.write() as connection:
            await connection.execute("UPDATE cases SET spent_slot = ?", (spent,))

    async with open_store(home, clock) as store:
        found = await store.find_by_lookup(filed.filing.lookup_id)

    assert b"o" * 32 not in (home / "shred.slots").read_bytes()
    assert found.share == filed.keys.share
    assert rows(home, "SELECT spent_slot FROM cases") == [(None,)]
