"""What of an erased case is left on the disk: every block of an ext4 image, and what every key opens with it."""

from __future__ import annotations

import contextlib
import random
import secrets
import shutil
import sqlite3
from dataclasses import replace

from desks.harness import running_desks
from faults.ext4 import ext4
from homes.store_harness import (
    MONDAY,
    TUESDAY,
    SetClock,
    ids,
    new_filing,
    new_home,
    new_members,
    open_store,
    rows,
    stage,
)
from visitors.intake_harness import make_home

from desk.errors import DeskError
from desk.work import acts
from desk.work.erasing import erase
from trusted.case.entry import Stream
from trusted.case.errors import CaseError
from trusted.crypto.grants import open_grant
from trusted.crypto.seal import CaseKeys, open_stream
from trusted.store import db as database
from trusted.store.residue import Residue

PIECE_BYTES = 16
# Whole cases in the image, and of these the erased: rows of the others lie between them on every page.
CASES, ERASED = 60, 20
# Everything by which a row of a case can be known, but for the case id and the access key, which the tombstone keeps.
ROWS = (
    "SELECT header FROM entries WHERE case_id = ?",
    "SELECT body FROM entries WHERE case_id = ?",
    "SELECT tag FROM heads WHERE case_id = ?",
    "SELECT header FROM files WHERE case_id = ?",
    "SELECT file_id FROM files WHERE case_id = ?",
    "SELECT lookup_id FROM cases WHERE case_id = ?",
    "SELECT commitment FROM cases WHERE case_id = ?",
    "SELECT reporter_grant FROM cases WHERE case_id = ?",
    "SELECT chunk FROM chunks WHERE file_id IN (SELECT file_id FROM files WHERE case_id = ?)",
)


def pieces_of(home, case_id: bytes) -> set[bytes]:
    """Every row of a case, in pieces as small as tell it from chance."""
    with contextlib.closing(sqlite3.connect(f"file:{home / 'kallskydd.db'}?mode=ro", uri=True)) as connection:
        values = [bytes(value) for query in ROWS for (value,) in connection.execute(query, (case_id,))]
    assert len(values) >= len(ROWS)
    return {value[at : at + PIECE_BYTES] for value in values for at in range(0, len(value) - 15, PIECE_BYTES)}


def found_in(blocks: bytes, pieces: set[bytes]) -> int:
    """How many of these lie anywhere."""
    return sum(piece in blocks for piece in pieces)


async def file_some(store, home, members, count: int) -> dict[bytes, tuple]:
    """File reports with a file each, one after the other, and keep what is known of each."""
    known = {}
    for _ in range(count):
        filed = new_filing(members)
        file_id = await stage(store, filed.keys, secrets.token_bytes(9_000))
        filed = new_filing(members, keys=filed.keys, file_ids=(file_id,))
        await store.file_case(filed.filing)
        known[filed.case_id] = (filed, random.sample(sorted(pieces_of(home, filed.case_id)), 40))
    return known


def opened_by(keys, grants) -> list:
    """The grants that a member's key opens."""
    found = []
    for grant in grants:
        with contextlib.suppress(CaseError):
            found.append(open_grant(grant, keys.id_bytes, keys.box_private))
    return found


def opens(keys: CaseKeys, of_case, share: bytes) -> bool:
    """Whether the reporter's stream opens with the case's key and this share."""
    stream = of_case.streams[Stream.REPORTER]
    try:
        return bool(open_stream(replace(keys, share=share), Stream.REPORTER, stream.sealed, stream.head))
    except CaseError:
        return False


async def test_after_an_erasure_and_a_heartbeat_no_block_holds_a_share_or_a_piece_of_a_row(tmp_path):
    members, clock, chance = new_members(3), SetClock(MONDAY), random.Random(17)
    with ext4(tmp_path) as disk:
        home = new_home(disk.folder / "home")
        async with open_store(home, clock) as store:
            known = await file_some(store, home, members, CASES)
            clock.set(TUESDAY)
            await store.release(TUESDAY, ids(members))
            before = disk.blocks()
            gone = chance.sample(sorted(known), ERASED)
            for case_id in gone:
                await store.erase(case_id)
            await store.heartbeat()

            after = disk.blocks()

    def left(blocks: bytes, cases) -> int:
        return sum(found_in(blocks, {filed.keys.share, *pieces}) for filed, pieces in map(known.get, cases))

    there, kept = left(before, gone), left(after, set(known) - set(gone))
    print(f"{ERASED} of {CASES} erased: {there} pieces before, {left(after, gone)} after, {kept} of the others")
    # Some pieces lie across the border of two pages.
    assert there > ERASED * 40
    assert kept > (CASES - ERASED) * 40
    assert left(after, gone) == 0


async def test_what_was_filed_lies_nowhere_but_in_the_file_itself_once_the_log_is_cut(tmp_path):
    with ext4(tmp_path) as disk:
        home = new_home(disk.folder / "home")
        async with open_store(home) as store:
            known = await file_some(store, home, new_members(3), 3)
            await store.heartbeat()
            blocks = disk.blocks()
            file = (home / "kallskydd.db").read_bytes()

    # File ids and lookup ids stand in an index too.
    everywhere = [piece for _filed, pieces in known.values() for piece in pieces if piece in file]
    assert len(everywhere) > 3 * 38
    assert [piece for piece in everywhere if blocks.count(piece) != file.count(piece)] == []


async def test_nothing_lies_between_the_cells_of_any_page_after_any_sweep(tmp_path):
    home = new_home(tmp_path / "home")
    async with open_store(home) as store:
        known = {}
        # With a log that tells all that was written each time, and then with one that is too long for it.
        for count in (*[4] * 10, 60):
            known |= await file_some(store, home, new_members(3), count)
            await store.heartbeat()
        # What is written now is copied from pages in memory: with what lay between their cells, if they were kept.
        for case_id in list(known)[::3]:
            await store.take_back(case_id)

        file = (home / "kallskydd.db").read_bytes()
    gaps = []
    residue = Residue(home / "kallskydd.db")
    for number in residue._pages_with_rows():
        page = file[(number - 1) * 4096 : number * 4096]
        head = 100 if number == 1 else 0
        cells, first = int.from_bytes(page[head + 3 : head + 5]), int.from_bytes(page[head + 5 : head + 7])
        gaps.append(page[head + {2: 12, 5: 12, 10: 8, 13: 8}[page[head]] + 2 * cells : first or 4096])
    residue.close()
    assert len(gaps) > 40
    assert sum(len(gap) for gap in gaps) > 1000
    assert not any(any(gap) for gap in gaps)


async def test_pages_go_back_to_the_disk_only_from_the_end_and_no_page_is_moved(tmp_path):
    home = new_home(tmp_path / "home")
    sizes = []
    async with open_store(home) as store:
        first, second = [await file_some(store, home, new_members(2), 1) for _ in range(2)]
        await store.heartbeat()
        sizes.append((home / "kallskydd.db").stat().st_size)
        (case_id,) = first
        await store.take_back(case_id)
        sizes.append((home / "kallskydd.db").stat().st_size)
        (kept,) = second
        place = (home / "kallskydd.db").read_bytes().index(second[kept][1][0])
        (case_id,) = second
        await store.take_back(case_id)
        sizes.append((home / "kallskydd.db").stat().st_size)

    assert place > 0
    assert sizes[2] < sizes[0]
    assert rows(home, "PRAGMA integrity_check") == [("ok",)]


async def test_a_log_that_was_half_overwritten_when_the_power_went_brings_nothing_old_back(tmp_path, monkeypatch):
    class PowerCutError(BaseException):
        pass

    home = new_home(tmp_path / "home")
    written, overwrite = [], database.Residue._overwrite_log

    def cut_short(residue):
        """Keep the log as it was before and as it is after the first write, which is its head."""
        log = home / "kallskydd.db-wal"
        written.append(log.read_bytes())
        return overwrite(residue)

    async with open_store(home) as store:
        with monkeypatch.context() as patched:
            patched.setattr(database.Residue, "_overwrite_log", cut_short)
            known = await file_some(store, home, new_members(2), 2)
            await store.heartbeat()
            for case_id in list(known)[:1]:
                await store.take_back(case_id)
        file = (home / "kallskydd.db").read_bytes()
    (left,) = list(known)[1:]

    log = next(one for one in reversed(written) if one)
    for torn in (bytes(32) + log[32:], bytes(32) + log[32:4000] + bytes(len(log) - 4000), bytes(len(log))):
        image = tmp_path / secrets.token_hex(4)
        shutil.copytree(home, image)
        (image / "kallskydd.db").write_bytes(file)
        (image / "kallskydd.db-wal").write_bytes(torn)
        async with open_store(image) as store:
            assert (await store.reporter_streams(left)).case_id == left
        assert rows(image, "SELECT count(*) FROM cases") == [(1,)]


async def test_a_backup_a_desk_folder_and_every_key_open_nothing_of_an_erased_case(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"), trial=True, settings="at_once = true\ninbox_days = 0\n")
    home = made.home.path
    async with running_desks(tmp_path, made) as desks:
        reporter = await desks.file("En sak som gallras.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        for number in (0, 1):
            async with desks.desk(number) as book:
                await book.sync()
                await book.open(book.state.find(name))
        # The backup: ciphertext, roster and keys; the slots are apart and are not kept longer than seven days.
        with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
            connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
        headers = [row[0] for row in rows(home, "SELECT header FROM entries")]
        grants = [row[0] for row in rows(home, "SELECT item FROM batch_items")]
        rows_of_case = await desks.store.reporter_streams(reporter.keys.case_id)
        for number in (0, 1):
            async with desks.desk(number) as book:
                await book.sync()
                if number == 0:
                    await acts.do(book, "close", name, "Klart.")
                await erase(book, name, "LK 2026-17")
        for number in (0, 1):
            async with desks.desk(number) as book:
                with contextlib.suppress(DeskError):
                    await book.sync()
        await desks.store.heartbeat()
        slots = (home / "shred.slots").read_bytes()
    kept = b"".join(
        path.read_bytes() for path in sorted(tmp_path.rglob("*")) if path.is_file() and "backup" not in path.name
    )
    backup = (tmp_path / "backup.db").read_bytes()

    # Every key there is: of both members, of the reporter, and the case's own.
    opened = [one for keys in made.keys for one in opened_by(keys, grants)]
    assert reporter.keys.case_id in [one.case_id for one in opened]
    assert headers[0] in backup
    assert headers[0] not in kept
    assert reporter.keys.share not in kept + backup
    # And by trial: each slot that there is, as the share of the case.
    shares = [slots[at : at + 32] for at in range(0, len(slots), 32)]
    assert opens(reporter.keys, rows_of_case, reporter.keys.share)
    assert not any(opens(reporter.keys, rows_of_case, share) for share in shares)
