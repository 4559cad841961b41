"""A member without a grant: nothing her key, her desk or her session can obtain tells that a case is there.

Two servers that differ in one case only, which excludes her, give her answers of the same number and the same length, and
leave files of the same size in her desk home. And on the disk, rows of the same number and the same length stand whether
a case excludes her or somebody else.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import aiohttp
from desks.harness import RunningDesks, running_desks
from visitors.intake_harness import MadeHome, make_home

from cases.home import read_home
from cases.wire import messages
from cases.wire.syncing import ASKED, NOTHING, Asked, SyncRequest, filler
from desk.work import acts
from desk.work.erasing import erase
from trusted.case.entry import Message, Stream
from trusted.case.errors import CaseError
from trusted.case.statements import Unsigned, sign_statement
from trusted.crypto.grants import open_grant
from trusted.crypto.seal import Authorship, append, fetch_mac, new_case_keys

HER = 1
ROLES = ("lead", "handler", "handler", "counsel")
# Ids and shares are random, and heads and signatures vary with them; their lengths do not.
NO_CASE = os.urandom(16)


def same_home(made: MadeHome, folder: Path) -> MadeHome:
    """The same home once more: the same members, roster and server key."""
    shutil.copytree(made.home.path, folder)
    return replace(made, home=read_home(folder))


async def live(desks: RunningDesks, concerns: int | None) -> None:
    """Three days with a report about one member: filed, released, answered, added to. None: quiet days."""
    reporter = None
    if concerns is not None:
        reporter = await desks.file("En sak om någon.", concerns=[concerns], files=[b"picture" * 3000])
    await desks.release()
    if reporter is not None:
        async with desks.desk(0) as book:
            await book.sync()
            name = reporter.keys.case_id.hex()
            await acts.do(book, "acknowledge", name, "Tack.")
            await acts.do(book, "note", name, "Bara vi.")
        await desks.reporter_writes(reporter, Message("Mer."))
    await desks.release()


async def end(desks: RunningDesks, name: str) -> None:
    """The case is closed and, when the inbox period is over, erased."""
    async with desks.desk(0) as book:
        await book.sync()
        await acts.do(book, "close", name, "Klart.")
    desks.clock.forward(days=31)
    for number in (0, 2):
        async with desks.desk(number) as book:
            await book.sync()
            await erase(book, name, "LK 1")


async def obtained(desks: RunningDesks) -> list[tuple]:
    """Everything she can ask for, with the status, size and headers of each answer; nothing that she can open."""
    keys = desks.made.keys[HER]
    case = new_case_keys()
    sealed, _entry, head = append(
        case, Stream.MEMBERS, (), Authorship(keys.id, keys.sign_seed, desks.clock().date(), {}), Message("?")
    )
    day, server = desks.clock().date(), desks.roster.server_key
    stated = sign_statement(keys, Unsigned("erase", NO_CASE, day=day, server=server, reference="LK"))

    def about(verb: str, counter: int) -> dict:
        return {"case_id": NO_CASE, "mac": fetch_mac(case.access_key, verb, NO_CASE, counter)}

    questions = {
        "roster": lambda _: b"{}",
        "box": lambda _: messages.encode(messages.BoxRequest(0)),
        "case": lambda n: messages.encode(messages.CaseRequest(**about("case", n))),
        "sync": lambda n: messages.encode(
            SyncRequest((Asked(NO_CASE, about("sync", n)["mac"], NOTHING), *(filler() for _ in range(ASKED - 1))))
        ),
        "tombstone": lambda n: messages.encode(messages.CaseRequest(**about("tombstone", n))),
        "file": lambda n: messages.encode(messages.FileRequest(**about("file", n), file_id=NO_CASE)),
        "statement": lambda n: messages.encode(
            messages.StatementRequest(**about("statement", n), statement=stated, seal_key=bytes(32))
        ),
        "append": lambda n: messages.encode(
            messages.AppendRequest(
                **about("append", n),
                stream=2,
                count=0,
                header=sealed.header,
                body=sealed.body,
                head=messages.WireHead(head.count, head.tag),
            )
        ),
    }
    answers = []
    connector = aiohttp.UnixConnector(path=str(desks.socket))
    async with aiohttp.ClientSession(connector=connector) as session:
        for counter, (verb, question) in enumerate(questions.items(), start=10_000):
            path, body = messages.PATH + verb, question(counter)
            headers = messages.sign_request(keys, "POST", path, body, desks.roster.server_key, counter)
            async with session.post(f"http://{desks.address}.onion{path}", data=body, headers=headers) as response:
                found = await response.read()
                answers.append((verb, response.status, len(found), sorted(response.headers.items())))
            if verb == "box":
                batches = messages.decode(found, messages.BoxAnswer).batches
                answers.append([(batch.number, [len(item) for item in batch.items]) for batch in batches])
                answers.append([_opens(item, keys) for batch in batches for item in batch.items])
    return answers


def _opens(item: bytes, keys) -> bool:
    try:
        open_grant(item, keys.id_bytes, keys.box_private)
    except CaseError:
        return False
    return True


def files_of(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.rglob("*") if path.is_file()}


# Drawn at random for every case: where among the slots its share lies.
RANDOM_NUMBERS = {"slot", "spent_slot"}


def rows_of(home: Path) -> dict[str, list]:
    """For each table the rows, bytes and texts as their lengths, in an order that says nothing."""
    with closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: _rows(connection, table) for table in tables}


def _rows(connection: sqlite3.Connection, table: str) -> list[tuple]:
    found = connection.execute(f"SELECT * FROM {table}")
    columns = [column[0] for column in found.description]
    return sorted(
        tuple(
            len(value) if isinstance(value, bytes | str) else value
            for column, value in zip(columns, row, strict=True)
            if column not in RANDOM_NUMBERS
        )
        for row in found
    )


async def test_she_obtains_the_same_whether_a_case_about_her_is_there_or_none(tmp_path):
    made = make_home(tmp_path / "a", ROLES)
    other = same_home(made, tmp_path / "b")

    found, kept, listed = [], [], []
    for where, concerns in ((made, HER), (other, None)):
        folder = tmp_path / f"run-{concerns}"
        folder.mkdir()
        async with running_desks(folder, where) as desks:
            await live(desks, concerns)
            listed.append((await desks.listed(HER), await desks.listed(HER)))
            found.append(await obtained(desks))
            kept.append(files_of(desks.home(HER).folder))

    assert listed == [([], []), ([], [])]
    assert found[0] == found[1]
    assert kept[0] == kept[1]
    assert not any(found[0][3])


async def test_she_obtains_the_same_when_the_case_about_her_has_been_erased(tmp_path):
    made = make_home(tmp_path / "a", ROLES)
    other = same_home(made, tmp_path / "b")

    found = []
    for where, concerns in ((made, HER), (other, None)):
        folder = tmp_path / f"run-{concerns}"
        folder.mkdir()
        async with running_desks(folder, where) as desks:
            await live(desks, concerns)
            if concerns is not None:
                await end(desks, (await desks.listed(0))[0].case_id.hex())
            found.append(await obtained(desks))

    assert found[0] == found[1]


async def test_the_rows_on_the_disk_are_the_same_whether_a_case_excludes_her_or_another(tmp_path):
    made = make_home(tmp_path / "a", ROLES)
    other = same_home(made, tmp_path / "b")

    waiting, released = [], []
    for where, concerns in ((made, HER), (other, 2)):
        folder = tmp_path / f"run-{concerns}"
        folder.mkdir()
        async with running_desks(folder, where) as desks:
            await desks.file("En sak.", concerns=[concerns], files=[b"picture" * 3000])
            waiting.append(rows_of(where.home.path))
            await desks.release()
            released.append(rows_of(where.home.path))

    assert waiting[0] == waiting[1]
    assert released[0] == released[1]
    assert len(waiting[0]["waiting_items"]) == len(ROLES)
    assert len(released[0]["batch_items"]) == 4 * len(ROLES)


async def test_a_case_for_counsel_alone_leaves_the_same_rows_as_one_for_the_group(tmp_path):
    made = make_home(tmp_path / "a", ROLES)
    other = same_home(made, tmp_path / "b")

    rows = []
    for where, unnamed in ((made, True), (other, False)):
        folder = tmp_path / f"run-{unnamed}"
        folder.mkdir()
        async with running_desks(folder, where) as desks:
            await desks.file("En sak.", unnamed=unnamed)
            await desks.release()
            rows.append(rows_of(where.home.path))

    assert rows[0] == rows[1]
