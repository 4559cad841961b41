"""The store: what it keeps is whole, on the disk and ciphertext; what it gives out is for who may have it."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from homes.store_harness import (
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

from trusted.case.entry import ItemKind, Message, Stream
from trusted.case.errors import Busy, Conflict, NotAllowed, NotThere, SettingLost, StoreFault
from trusted.crypto.seal import (
    Authorship,
    CaseKeys,
    SealedFile,
    append,
    new_case_keys,
    open_file,
    open_stream,
    seal_preview,
)
from trusted.store import db
from trusted.store.store import CaseProof, MemberEntries, ReporterEntries, Store


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.fixture
def members():
    return new_members(3)


# What rests


def test_a_new_store_is_two_files_for_their_owner_alone(home):
    modes = {path.name: path.stat().st_mode & 0o777 for path in home.iterdir()}

    assert modes == {"kallskydd.db": 0o600, "shred.slots": 0o600}


async def test_the_log_and_its_index_are_for_their_owner_alone_too(home, members):
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)

        modes = {path.stat().st_mode & 0o777 for path in home.iterdir()}

    assert modes == {0o600}


async def test_every_pragma_holds_on_the_connection_that_is_used(home):
    expected = {
        "journal_mode": "wal",
        "secure_delete": 1,
        "wal_autocheckpoint": 1000,
        "temp_store": 2,
        "synchronous": 2,
        "foreign_keys": 1,
        "trusted_schema": 0,
        "cell_size_check": 1,
        "mmap_size": 0,
        "auto_vacuum": 2,
        "user_version": 1,
    }
    async with open_store(home) as store, store._parts.db.read() as connection:
        found = {name: (await (await connection.execute(f"PRAGMA {name}")).fetchone())[0] for name in expected}

    assert found == expected


WEAKENED = {
    "journal_mode": "DELETE", "secure_delete": "OFF", "temp_store": "FILE", "synchronous": "NORMAL",
    "foreign_keys": "OFF", "trusted_schema": "ON", "cell_size_check": "OFF", "mmap_size": "1000000",
    "wal_autocheckpoint": "1",
}  # fmt: skip


def test_there_is_a_weakening_for_every_pragma():
    assert {name for name, *_ in db._PRAGMAS} == WEAKENED.keys()


@pytest.mark.parametrize("name", WEAKENED)
async def test_a_store_on_whose_connection_a_pragma_does_not_hold_does_not_open(home, name, monkeypatch):
    kept = tuple((one, WEAKENED[one] if one == name else value, read) for one, value, read in db._PRAGMAS)
    monkeypatch.setattr(db, "_PRAGMAS", kept)

    with pytest.raises(SettingLost):
        await Store.open(home, SetClock())


@pytest.mark.parametrize("name", WEAKENED)
async def test_no_heart_beats_on_a_connection_that_has_lost_a_pragma(home, name):
    async with open_store(home) as store:
        beat = "SELECT beat FROM home"
        (before,) = rows(home, beat)
        async with store._parts.db.read() as connection:
            await connection.execute_fetchall(f"PRAGMA {name} = {WEAKENED[name]}")

        with pytest.raises(SettingLost):
            await store.heartbeat()

        assert rows(home, beat) == [before]


@pytest.mark.parametrize("version", [0, 2])
async def test_a_home_of_another_version_is_refused(home, version):
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        connection.execute(f"PRAGMA user_version = {version}")

    with pytest.raises(StoreFault):
        await Store.open(home, SetClock())


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER filed AFTER INSERT ON entries BEGIN SELECT 1; END",
        "CREATE VIEW seen AS SELECT * FROM cases",
        "CREATE TABLE log (at)",
        "DROP INDEX entries_waiting",
    ],
)
async def test_a_home_with_a_schema_of_its_own_is_refused(home, statement):
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        connection.execute(statement)

    with pytest.raises(StoreFault) as refused:
        await Store.open(home, SetClock())

    assert "not this program's" in str(refused.value)


async def test_a_missing_database_is_a_fault_and_not_a_new_home(home):
    (home / "kallskydd.db").unlink()

    with pytest.raises(StoreFault):
        await Store.open(home, SetClock())

    assert not (home / "kallskydd.db").exists()


async def test_a_file_that_is_not_a_database_is_a_fault(home):
    (home / "kallskydd.db").write_bytes(b"not a database " * 1000)

    with pytest.raises(StoreFault):
        await Store.open(home, SetClock())


async def test_a_second_store_on_the_same_home_is_refused(home):
    async with open_store(home):
        with pytest.raises(Busy):
            await Store.open(home, SetClock())


def test_every_table_is_strict_and_has_no_row_numbers(home):
    tables = rows(home, "SELECT name, wr, strict FROM pragma_table_list WHERE name NOT LIKE 'sqlite_%'")

    assert len(tables) == 14
    assert {(without_rowid, strict) for _, without_rowid, strict in tables} == {(1, 1)}


def test_every_column_of_text_can_hold_a_day_or_a_state_and_nothing_finer(home):
    query = """
        SELECT tables.name, columns.name FROM pragma_table_list AS tables, pragma_table_info(tables.name) AS columns
        WHERE columns.type = 'TEXT' AND tables.name NOT LIKE 'sqlite_%'
    """
    columns = rows(home, query)
    (schema,) = rows(home, "SELECT group_concat(sql, '\n') FROM sqlite_master")[0:1]

    unguarded = [
        (table, column)
        for table, column in columns
        if f"CHECK ({column} GLOB" not in schema[0] and f"CHECK ({column} IN" not in schema[0]
    ]
    assert len(columns) >= 8
    assert unguarded == []


async def test_an_hour_is_refused_where_a_day_belongs(home, members):
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)

    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE cases SET release_day = '2026-03-03 06:00'")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("UPDATE entries SET release_on = '1772517600'")


async def test_neither_plaintext_nor_the_case_key_nor_the_data_key_rests_in_any_file(home, members):
    text, picture = "Markör-i-texten-4711", b"Markor-i-bilden-4711" * 1000
    async with open_store(home) as store:
        filed = new_filing(members, text=text)
        file_id = await stage(store, filed.keys, picture)
        filed = new_filing(members, text=text, keys=filed.keys, file_ids=(file_id,))
        await store.file_case(filed.filing)

        left = raw(home)

    secrets = (text.encode(), b"Markor-i-bilden", filed.keys.key, filed.keys.data_key, filed.keys.wrap_key)
    assert [secret for secret in secrets if secret in left] == []
    assert filed.keys.share not in (home / "kallskydd.db").read_bytes()


# Filing and reading


async def test_a_filed_case_is_found_by_its_lookup_id_and_opens(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)

    async with open_store(home) as store:
        row = await store.find_by_lookup(filed.filing.lookup_id)
        case = await store.reporter_streams(row.case_id)

    entries = open_stream(filed.keys, Stream.REPORTER, case.streams[1].sealed, case.streams[1].head)
    assert [entry.body.text for entry in entries] == ["En rapport."]
    assert (row.share, row.commitment, row.epoch) == (filed.keys.share, filed.keys.commitment, 1)
    assert (row.state, row.released, row.release_day) == ("waiting", False, TUESDAY)
    assert open_stream(filed.keys, Stream.MEMBERS, case.streams[2].sealed, case.streams[2].head, lambda _: None) == ()


async def test_an_unknown_lookup_id_finds_nothing(home, members):
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)

        assert await store.find_by_lookup(bytes(16)) is None


async def test_a_filing_that_is_not_whole_leaves_nothing(home, members):
    filed = new_filing(members, file_ids=(bytes(16),))
    async with open_store(home) as store:
        with pytest.raises(NotThere):
            await store.file_case(filed.filing)

        assert await store.find_by_lookup(filed.filing.lookup_id) is None
    assert rows(home, "SELECT count(*) FROM cases") == [(0,)]
    assert filed.keys.share not in (home / "shred.slots").read_bytes()


async def test_a_filing_that_the_disk_has_no_room_for_leaves_nothing_and_the_store_goes_on(home, members):
    filed = new_filing(members, text="Lång text. " * 8000)
    async with open_store(home) as store:
        await pages_at_most(store, 1)
        with pytest.raises(StoreFault) as refused:
            await store.file_case(filed.filing)
        assert await store.find_by_lookup(filed.filing.lookup_id) is None

        await pages_at_most(store, 1_000_000)
        await store.file_case(filed.filing)

        assert (await store.find_by_lookup(filed.filing.lookup_id)).share == filed.keys.share
    assert refused.value.text_key == "store.not_written"


async def pages_at_most(store, pages):
    """Let the database file grow no further than this many pages, or than it has: a full disk without one."""
    async with store._parts.db.read() as connection:
        await connection.execute_fetchall(f"PRAGMA max_page_count = {pages}")


async def test_a_filing_whose_caller_goes_away_is_whole_or_not_there(home, members):
    filings = [new_filing(members) for _ in range(12)]
    async with open_store(home) as store:
        tasks = [asyncio.create_task(store.file_case(filed.filing)) for filed in filings]
        for turns, task in enumerate(tasks):
            for _ in range(turns):
                await asyncio.sleep(0)
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async with open_store(home) as store:
        found = [await store.find_by_lookup(filed.filing.lookup_id) for filed in filings]
    kept = [(filed, row) for filed, row in zip(filings, found, strict=True) if row is not None]
    assert kept
    assert all(row.share == filed.keys.share for filed, row in kept)
    assert rows(home, "SELECT count(*) FROM waiting_items") == [(3 * len(kept),)]


async def test_two_who_write_to_the_same_place_do_not_both_succeed(home, members):
    filed = new_filing(members)
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        (first, head), (second, other) = filed.write("Ett.", keep=1), filed.write("Två.", keep=1)

        answers = await asyncio.gather(
            store.append_reporter(ReporterEntries(filed.case_id, 1, (first,), head, (), TUESDAY)),
            store.append_reporter(ReporterEntries(filed.case_id, 1, (second,), other, (), TUESDAY)),
            return_exceptions=True,
        )

        with pytest.raises(NotThere):
            await store.append_reporter(ReporterEntries(bytes(16), 1, (second,), other, (), TUESDAY))
    assert [type(answer) for answer in answers] == [type(None), Conflict]


async def test_many_filings_at_once_are_all_kept(home, members):
    filings = [new_filing(members) for _ in range(16)]
    async with open_store(home) as store:
        await asyncio.gather(*(store.file_case(filed.filing) for filed in filings))

        found = [await store.find_by_lookup(filed.filing.lookup_id) for filed in filings]
    assert [row.share for row in found] == [filed.keys.share for filed in filings]


# Members


async def test_unknown_wrong_and_unreleased_are_one_answer_to_a_member(home, members):
    waiting, released = new_filing(members, release_on=WEDNESDAY), new_filing(members)
    stranger = new_filing(members)
    answers = []
    async with open_store(home) as store:
        await store.file_case(waiting.filing)
        await store.file_case(released.filing)
        await store.release(TUESDAY, ids(members))
        for case_id, mac, counter in (
            (stranger.case_id, stranger.mac(1), 1),
            (waiting.case_id, waiting.mac(1), 1),
            (released.case_id, stranger.mac(1), 1),
            (released.case_id, released.mac(1), 2),
            (released.case_id, released.mac(1, "file"), 1),
            (released.case_id, b"", 1),
        ):
            with pytest.raises(NotThere) as refused:
                await store.released_case(CaseProof(case_id, mac, counter))
            answers.append(str(refused.value))

    assert len(set(answers)) == 1


async def test_a_members_answer_is_seen_by_the_reporter_at_once_and_a_note_never(home, members):
    filed = new_filing(members, at_once=True)
    notes = filed.keys.for_notes(os.urandom(32))
    async with open_store(home) as store:
        await store.file_case(filed.filing)
        sealed, _, head = append(
            filed.keys,
            Stream.MEMBERS,
            (),
            Authorship(members[0].id, members[0].sign_seed, TUESDAY, {}),
            Message("Tack."),
        )
        count = await store.append_member(MemberEntries(filed.proof(1, "append"), 0, (sealed,), head), 2)
        sealed, _, head = append(
            notes, Stream.NOTES, (), Authorship(members[0].id, members[0].sign_seed, TUESDAY, {}), note("Obs.")
        )
        grants = (os.urandom(153), os.urandom(153))
        await store.append_member(MemberEntries(filed.proof(2, "append"), 0, (sealed,), head), 3, grants)

        reporters = await store.reporter_streams(filed.case_id)
        seen = await store.released_case(filed.proof(3))
    assert count == 1
    assert sorted(reporters.streams) == [1, 2]
    assert len(reporters.streams[2].sealed) == 1
    assert reporters.notes_grants == ()
    assert len(seen.streams[3].sealed) == 1
    assert len(seen.notes_grants) == 4
    assert set(grants) <= set(seen.notes_grants)


def note(text):
    from trusted.case.entry import Note

    return Note(text)


async def test_a_counter_only_rises_also_across_a_restart(home, members):
    member = members[0].id_bytes
    async with open_store(home) as store:
        await store.accept_counter(member, 5)
        with pytest.raises(NotAllowed):
            await store.accept_counter(member, 5)

    async with open_store(home) as store:
        with pytest.raises(NotAllowed):
            await store.accept_counter(member, 4)
        await store.accept_counter(member, 6)
        await store.accept_counter(members[1].id_bytes, 1)


# Files


async def test_a_file_is_read_back_as_it_was_sealed_and_only_from_its_own_case(home, members):
    content = os.urandom(700_000)
    async with open_store(home) as store:
        filed, other = new_filing(members), new_filing(members)
        sealed = seal_preview(content, filed.keys, 0)
        await store.add_file(sealed)
        filed = new_filing(members, keys=filed.keys, file_ids=(sealed.file_id,))
        await store.file_case(filed.filing)
        await store.file_case(other.filing)

        chunks = [chunk async for chunk in store.read_file(filed.case_id, sealed.file_id)]

        with pytest.raises(NotThere):
            await anext(store.read_file(other.case_id, sealed.file_id))
    opened = b"".join(open_file(filed.keys, sealed.header, chunks, 0, ItemKind.PREVIEW))
    assert opened == content
    assert sum(map(len, chunks)) == sealed.sealed_size


async def test_a_file_that_nobody_claimed_is_swept_when_the_store_is_next_opened(home):
    keys = new_case_keys()
    async with open_store(home) as store:
        await stage(store, keys, os.urandom(300_000))
        piece = rows(home, "SELECT substr(chunk, 1, 24) FROM chunks WHERE position = 1")[0][0]

    async with open_store(home):
        left = raw(home)

    assert rows(home, "SELECT count(*) FROM files") == [(0,)]
    assert piece not in left


async def test_a_file_cannot_be_claimed_twice(home, members):
    async with open_store(home) as store:
        first, second = new_filing(members), new_filing(members)
        file_id = await stage(store, first.keys, b"bild")
        await store.file_case(new_filing(members, keys=first.keys, file_ids=(file_id,)).filing)

        with pytest.raises(NotThere):
            await store.file_case(new_filing(members, keys=second.keys, file_ids=(file_id,)).filing)


async def test_only_a_staged_file_can_be_dropped(home, members):
    async with open_store(home) as store:
        filed = new_filing(members)
        owned, staged = [await stage(store, filed.keys, b"bild") for _ in range(2)]
        await store.file_case(new_filing(members, keys=filed.keys, file_ids=(owned,)).filing)

        for file_id in (owned, staged, bytes(16)):
            await store.drop_file(file_id)

        assert rows(home, "SELECT file_id FROM files") == [(owned,)]
        assert [chunk async for chunk in store.read_file(filed.case_id, owned)]


async def test_a_file_whose_sealing_fails_half_way_is_dropped(home):
    whole = seal_preview(os.urandom(600_000), new_case_keys(), 0)

    def cut():
        yield next(whole.chunks)
        raise EOFError

    broken = SealedFile(whole.file_id, whole.number, whole.item_kind, whole.header, cut(), whole.sealed_size)
    async with open_store(home) as store:
        with pytest.raises(EOFError):
            await store.add_file(broken)

    assert rows(home, "SELECT count(*) FROM files") == [(0,)]


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_fifty_mebibytes_are_never_in_memory_and_keep_nobody_waiting(home, members):
    chunk_count, chunk_bytes = 200, 262_161
    whole = seal_preview(b"", new_case_keys(), 0)
    highest = start = resident_bytes()

    def chunks():
        nonlocal highest
        yield bytes(24)
        for _ in range(chunk_count):
            highest = max(highest, resident_bytes())
            yield os.urandom(chunk_bytes)

    big = SealedFile(bytes(16), 0, ItemKind.FILE, whole.header, chunks(), 24 + chunk_count * chunk_bytes)
    waits = []
    async with open_store(home) as store:
        upload = asyncio.create_task(store.add_file(big))
        while not upload.done():
            before = time.monotonic()
            await store.file_case(new_filing(members).filing)
            waits.append(time.monotonic() - before)
        await upload

    assert highest - start < 16 * 2**20
    assert len(waits) > 3
    assert max(waits) < 1.0


# Times and crashes


async def test_a_heartbeat_gives_both_files_its_own_time_and_changes_no_size(home, members):
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)
        await store.heartbeat()
        sizes = {path.name: path.stat().st_size for path in home.iterdir()}
        for path in home.iterdir():
            os.utime(path, (1, 1))

        await store.heartbeat()

        assert {path.name: path.stat().st_size for path in home.iterdir()} == sizes
        assert all(path.stat().st_mtime > 1 for path in home.iterdir())
        assert sizes["kallskydd.db-wal"] == 0


async def test_a_heartbeat_takes_the_time_of_a_log_in_from_the_slots(home, members):
    async with open_store(home) as store:
        await store.find_by_lookup(new_filing(members).filing.lookup_id)
        for path in home.iterdir():
            os.utime(path, (1, 1))

        await store.heartbeat()

        assert {path.name for path in home.iterdir() if path.stat().st_atime == 1} == set()


async def test_a_heartbeat_sets_the_times_also_while_somebody_reads_and_the_log_cannot_be_cut(
    home, members, monkeypatch
):
    monkeypatch.setattr(db, "CHECKPOINT_TRIES", 2)
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)
        with contextlib.closing(sqlite3.connect(home / "kallskydd.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM entries").fetchall()
            for path in home.iterdir():
                os.utime(path, (1, 1))

            with pytest.raises(Busy):
                await store.heartbeat()

            assert {path.name for path in home.iterdir() if 1 in {path.stat().st_atime, path.stat().st_mtime}} == set()


async def test_what_is_stopped_keeps_the_time_of_the_stop_alone(home, members):
    async with open_store(home) as store:
        await store.find_by_lookup(new_filing(members).filing.lookup_id)
        for path in home.iterdir():
            os.utime(path, (1, 1))

    assert {path.name for path in home.iterdir() if 1 in {path.stat().st_atime, path.stat().st_mtime}} == set()


CHILD = """
import asyncio, hashlib, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from homes.store_harness import SetClock, new_filing, new_members, open_store, stage
from trusted.crypto.seal import CaseKeys

def keys_of(number):
    pieces = [hashlib.sha256(f"{number}-{part}-{sys.argv[3]}".encode()).digest() for part in ("id", "key", "share")]
    return CaseKeys(pieces[0][:16], 1, pieces[1], pieces[2])

async def main():
    members = new_members(3)
    async with open_store(Path(sys.argv[1]), SetClock()) as store:
        print("open", flush=True)
        for number in range(10_000):
            keys = keys_of(number)
            file_id = await stage(store, keys, b"x" * 400_000)
            lookup_id = hashlib.sha256(keys.case_id).digest()[:16]
            filed = new_filing(members, keys=keys, file_ids=(file_id,), lookup_id=lookup_id)
            await store.file_case(filed.filing)
            print(number, flush=True)

asyncio.run(main())
"""


def keys_of(number, seed):
    from hashlib import sha256

    pieces = [sha256(f"{number}-{part}-{seed}".encode()).digest() for part in ("id", "key", "share")]
    return CaseKeys(pieces[0][:16], 1, pieces[1], pieces[2])


def file_until_killed(home, seed, seconds, first):
    """Let another process file cases and kill it in the middle; returns how many it had said were kept.

    The seconds count from when the store is open, or with `first` from when the first case was said to be kept.
    """
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, home, Path(__file__).parents[2] / "support", seed],
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout.readline() == "open\n"
        said = [child.stdout.readline()] if first else []
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        said += child.stdout.read().splitlines()
    return len(said)


async def test_after_a_kill_at_any_moment_every_acknowledged_case_is_whole_and_no_case_is_half(home):
    counts = []
    chance = random.Random(4711)
    for seed in "abcdef":
        # On a slow disk none would be kept so soon, and nothing tried: every other time the first one is waited for.
        acknowledged = file_until_killed(home, seed, chance.uniform(0.05, 0.35), first=seed in "bdf")

        async with open_store(home) as store:
            for number in range(acknowledged + 1):
                keys = keys_of(number, seed)
                try:
                    case = await store.reporter_streams(keys.case_id)
                except NotThere:
                    # Only the one that was under way may be missing.
                    assert number == acknowledged
                    continue
                opened = open_stream(keys, Stream.REPORTER, case.streams[1].sealed, case.streams[1].head)
                chunks = [chunk async for chunk in store.read_file(keys.case_id, case.files[0].file_id)]
                assert case.share == keys.share
                assert [entry.body.text for entry in opened] == ["En rapport."]
                assert sum(map(len, chunks)) == case.files[0].sealed_size
        counts.append(acknowledged)
    cases = rows(home, "SELECT count(*) FROM cases")[0][0]
    assert rows(home, "SELECT count(*) FROM waiting_items") == [(3 * cases,)]
    assert rows(home, "SELECT count(*) FROM files") == [(cases,)]
    assert sum(counts) <= cases <= sum(counts) + len(counts)
    assert sum(counts) > 0
