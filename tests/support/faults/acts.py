"""
What a store is put through while a fault is injected, and the judge who looks at the home afterwards.

`python acts.py HOME MARKS` files, answers, releases, moves, takes back and erases, and writes a line to MARKS before and
after each act: what was begun, and what was acknowledged. `judge` reads such lines and opens the home with the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import secrets
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from homes.store_harness import MONDAY, TUESDAY, Filed, SetClock, ids, new_filing, new_members, open_store, stage

from trusted.case.entry import ItemKind, Message, Stream
from trusted.case.errors import CaseError
from trusted.crypto.grants import make_grant
from trusted.crypto.seal import Authorship, CaseKeys, append, make_head, next_epoch, open_stream, rekey
from trusted.crypto.sealed_files import open_file
from trusted.store.store import MemberEntries, Rekeying, Store

MARKER = "mkPlaintextOfAStoredReport"
FILE_MARKER = b"mkPlaintextOfAStoredFile"
FILE_BYTES = 9_000


class Marks:
    """Lines of JSON, each in one write and so whole in any recording."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, word: str, filed: Filed | None = None, keys: CaseKeys | None = None, **more: str) -> None:
        said: dict[str, object] = {"mark": word, **more}
        if filed is not None:
            used = keys or filed.keys
            said |= {
                "case": used.case_id.hex(),
                "lookup": filed.filing.lookup_id.hex(),
                "epoch": used.epoch,
                "key": used.key.hex(),
                "share": used.share.hex(),
            }
        os.write(self._descriptor, json.dumps(said).encode() + b"\n")


async def file_one(store: Store, members: list, marks: Marks) -> Filed:
    first = new_filing(members)
    content = (FILE_MARKER + secrets.token_bytes(8)) * (FILE_BYTES // 32)
    before = new_filing(members, keys=first.keys, text=f"{MARKER} {first.case_id.hex()}")
    marks.say("filing", before)
    file_id = await stage(store, first.keys, content)
    filed = dataclasses.replace(before, filing=dataclasses.replace(before.filing, file_ids=(file_id,)))
    await store.file_case(filed.filing)
    marks.say("filed", filed)
    return filed


async def move(store: Store, filed: Filed, members: list, marks: Marks) -> None:
    """A new epoch, as a desk makes it."""
    case, new = await store.released_case(filed.proof(3)), next_epoch(filed.keys)
    streams = [case.streams[stream] for stream in (Stream.REPORTER, Stream.MEMBERS)]
    headers = [item.header for found in streams for item in found.sealed] + [row.header for row in case.files]
    answers = open_stream(
        filed.keys, Stream.MEMBERS, streams[1].sealed, streams[1].head, lambda _: members[0].sign_public
    )
    heads = {
        stream: make_head(new, stream, of)
        for stream, of in ((Stream.REPORTER, filed.entries), (Stream.MEMBERS, answers))
    }
    marks.say("moving", filed, new)
    await store.rekey(
        filed.proof(4, "rekey"),
        Rekeying(
            epoch=new.epoch,
            commitment=new.commitment,
            access_key=new.access_key,
            share=new.share,
            reporter_grant=make_grant(new, filed.reporter.id_bytes, filed.reporter.box_public, 1),
            headers=rekey(filed.keys, new, headers),
            heads=heads,
            grants={one.id_bytes: make_grant(new, one.id_bytes, one.box_public, 1) for one in members},
        ),
    )
    marks.say("moved", filed, new)


async def all_acts(home: Path, marks: Marks) -> None:
    members, clock = new_members(2), SetClock(MONDAY)
    async with open_store(home, clock) as store:
        filed = [await file_one(store, members, marks) for _ in range(3)]
        marks.say("taking back", filed[2])
        await store.take_back(filed[2].case_id)
        marks.say("taken back", filed[2])
        clock.set(TUESDAY)
        await store.release(TUESDAY, ids(members))
        author = Authorship(members[0].id, members[0].sign_seed, TUESDAY, {})
        sealed, _entry, head = append(filed[0].keys, Stream.MEMBERS, (), author, Message(MARKER))
        await store.append_member(MemberEntries(filed[0].proof(2, "append"), 0, (sealed,), head), Stream.MEMBERS)
        await move(store, filed[0], members, marks)
        marks.say("erasing", filed[1])
        await store.erase(filed[1].case_id)
        marks.say("erased", filed[1])
        await file_one(store, members, marks)
        await store.heartbeat()


@dataclasses.dataclass
class Expected:
    """What may be found of a case: the keys with which it may open, and whether it may be gone.

    The share of a filing that never came about may lie in its free slot: random bytes among random bytes, of which no row
    and no grant tells. One of a case that is gone, or of the epoch before, may not.
    """

    lookup: bytes
    keys: list[CaseKeys]
    may_be_gone: bool
    must_be_gone: bool = False
    is_to_be_erased: bool = False
    dead_shares: list[bytes] = dataclasses.field(default_factory=list)


def expected(lines: Iterable[str]) -> dict[bytes, Expected]:
    """What the marks so far allow."""
    found: dict[bytes, Expected] = {}
    for line in lines:
        said = json.loads(line)
        case_id = bytes.fromhex(said["case"])
        keys = CaseKeys(case_id, said["epoch"], bytes.fromhex(said["key"]), bytes.fromhex(said["share"]))
        match said["mark"]:
            case "filing":
                found[case_id] = Expected(bytes.fromhex(said["lookup"]), [keys], may_be_gone=True)
            case "filed":
                found[case_id].may_be_gone = False
            case "moving":
                found[case_id].keys.append(keys)
            case "moved":
                found[case_id].dead_shares += [before.share for before in found[case_id].keys if before != keys]
                found[case_id].keys = [keys]
            case "taking back" | "erasing":
                found[case_id].may_be_gone = found[case_id].is_to_be_erased = True
            case "taken back" | "erased":
                found[case_id].must_be_gone = True
    return found


async def judge(home: Path, marks: list[str]) -> list[str]:
    """Open the home and return what is wrong with it, in words; nothing is what one wants."""
    wrong, there = [], 0
    async with open_store(home, SetClock(TUESDAY)) as store:
        for case_id, wanted in expected(marks).items():
            row = await store.find_by_lookup(wanted.lookup)
            whole = False if row is None else await _is_whole(store, wanted, row.share)
            there += row is not None
            if row is not None and not whole:
                wrong.append(f"{case_id.hex()[:6]} is there and not whole")
            if row is None and not (wanted.may_be_gone or wanted.must_be_gone):
                wrong.append(f"{case_id.hex()[:6]} was acknowledged and is lost")
            if row is not None and wanted.must_be_gone:
                wrong.append(f"{case_id.hex()[:6]} was erased and is there")
            slots = (home / "shred.slots").read_bytes()
            erased = [keys.share for keys in wanted.keys] if row is None and wanted.is_to_be_erased else []
            if any(share in slots for share in (*wanted.dead_shares, *erased)):
                wrong.append(f"a share of {case_id.hex()[:6]} lives on")
    with contextlib.closing(sqlite3.connect(f"file:{home / 'kallskydd.db'}?mode=ro", uri=True)) as database:
        (count,) = database.execute("SELECT count(*) FROM cases").fetchone()
        (staged,) = database.execute("SELECT count(*) FROM files WHERE case_id IS NULL").fetchone()
        wrong += [] if count == there else [f"{count} rows of cases, {there} expected"]
        wrong += [] if staged == 0 else [f"{staged} files of nobody"]
        wrong += [f"half there: {row}" for row in database.execute("PRAGMA foreign_key_check")]
        wrong += [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
    for path in home.iterdir():
        content = path.read_bytes() if path.is_file() else b""
        if MARKER.encode() in content or FILE_MARKER in content:
            wrong.append(f"plaintext in {path.name}")
    return wrong


async def _is_whole(store: Store, wanted: Expected, share: bytes) -> bool:
    """Whether report and file open with the share that is there and one of the keys."""
    for keys in wanted.keys:
        if keys.share != share:
            continue
        try:
            rows = await store.reporter_streams(keys.case_id)
            reporter = rows.streams[Stream.REPORTER]
            entries = open_stream(keys, Stream.REPORTER, reporter.sealed, reporter.head)
            (file,) = rows.files
            chunks = [chunk async for chunk in store.read_file(keys.case_id, file.file_id)]
            content = b"".join(open_file(keys, file.header, chunks, file.number, ItemKind.PREVIEW))
        except (CaseError, KeyError, ValueError):
            return False
        return MARKER in entries[0].body.text and content.startswith(FILE_MARKER)
    return False


if __name__ == "__main__":
    asyncio.run(all_acts(Path(sys.argv[1]), Marks(os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))))
