"""A home's store in a temporary folder, with real keys and real seals, and a clock that the test sets."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from nacl.utils import random

from cases.roster.member import MemberKeys, new_member_keys
from trusted.case.entry import Message, Report, Stream
from trusted.case.statements import Act, Unsigned, read_statement, sign_statement
from trusted.crypto.grants import decoy_grant, make_grant
from trusted.crypto.seal import Authorship, CaseKeys, Head, Sealed, append, fetch_mac, new_case_keys, seal_preview
from trusted.roster.text import NO_PREVIOUS, Roster, RosterHome, parse_roster, render
from trusted.store.shred import SHARE_BYTES
from trusted.store.store import CaseProof, Filing, ReporterEntries, SignedStatement, Store

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)
SERVER = b"\x07" * 32
_COPIED, _CHANGED = ("cases", "entries", "heads"), {"case_id", "lookup_id", "slot"}


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, day: date = MONDAY):
        self.set(day)

    def __call__(self) -> datetime:
        return self.now

    def set(self, day: date) -> None:
        self.now = datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC)


@dataclass
class Filed:
    """A case as its reporter knows it."""

    keys: CaseKeys
    reporter: MemberKeys
    entries: tuple
    filing: Filing

    @property
    def case_id(self) -> bytes:
        return self.keys.case_id

    def mac(self, counter: int, verb: str = "case") -> bytes:
        return fetch_mac(self.keys.access_key, verb, self.keys.case_id, counter)

    def proof(self, counter: int, verb: str = "case") -> CaseProof:
        return CaseProof(self.case_id, self.mac(counter, verb), counter)

    def adds(self, expected: int, text: str, file_ids=(), release_on=None, at_once=False) -> ReporterEntries:
        """The reporter's next message after `expected` entries, sealed."""
        sealed, head = self.write(text)
        return ReporterEntries(self.case_id, expected, (sealed,), head, file_ids, release_on, at_once)

    def write(self, text: str, *, keep: int | None = None) -> tuple[Sealed, Head]:
        """Seal the reporter's next message, after all entries or after the first `keep`, and remember it."""
        before = self.entries[:keep]
        sealed, entry, head = append(
            self.keys,
            Stream.REPORTER,
            before,
            Authorship(self.reporter.id, self.reporter.sign_seed, MONDAY, {}),
            Message(text),
        )
        self.entries = (*before, entry)
        return sealed, head


def report_body(reporter: MemberKeys, text: str) -> Report:
    return Report(
        text=text,
        organisation=None,
        concerns=(),
        concerns_unnamed=False,
        sealed_to=(),
        roster_version=1,
        roster_hash="00" * 32,
        reporter_sign=reporter.sign_public.hex(),
        reporter_box=reporter.box_public.hex(),
        language="sv",
        urgent=False,
    )


def new_filing(
    members: Sequence[MemberKeys],
    excluded: Sequence[MemberKeys] = (),
    *,
    text: str = "En rapport.",
    release_on: date = TUESDAY,
    file_ids: tuple[bytes, ...] = (),
    at_once: bool = False,
    keys: CaseKeys | None = None,
    lookup_id: bytes | None = None,
) -> Filed:
    """Return a filing as the intake makes it: real keys, one sealed report, an item for every member."""
    keys = keys or new_case_keys()
    reporter = new_member_keys()
    body = report_body(reporter, text)
    sealed, entry, head = append(
        keys, Stream.REPORTER, (), Authorship(reporter.id, reporter.sign_seed, MONDAY, {}), body
    )
    shut_out = [member.id for member in excluded]
    grants = {
        member.id_bytes: decoy_grant()
        if member.id in shut_out
        else make_grant(keys, member.id_bytes, member.box_public, 1)
        for member in members
    }
    filing = Filing(
        keys=keys,
        lookup_id=lookup_id or random(16),
        reporter_grant=make_grant(keys, reporter.id_bytes, reporter.box_public, 1),
        entries=(sealed,),
        head=head,
        grants=grants,
        file_ids=file_ids,
        release_on=release_on,
        at_once=at_once,
    )
    return Filed(keys, reporter, (entry,), filing)


def new_members(count: int) -> list[MemberKeys]:
    return [new_member_keys() for _ in range(count)]


def ids(members: Sequence[MemberKeys]) -> list[bytes]:
    return [member.id_bytes for member in members]


def roster_of(home_id: bytes, members: Sequence[MemberKeys], *roles: str) -> Roster:
    """Return a roster of these members; who has no role named is a handler."""
    named = [
        member.public(f"Person {number}", roles[number] if number < len(roles) else "handler", f"R{number}").member
        for number, member in enumerate(members)
    ]
    return parse_roster(
        render(
            version=1,
            previous=NO_PREVIOUS,
            home=RosterHome(home_id, SERVER, trial=False),
            organisations=(),
            members=named,
        )
    )


async def state(
    store: Store,
    filed: Filed,
    roster: Roster,
    member: MemberKeys,
    kind: Act,
    *,
    day: date,
    reference: str = "",
    inbox_days: int = 30,
):
    """Sign a statement as a desk does and hand it to the store as the desk's API does."""
    blob = sign_statement(member, Unsigned(kind, filed.case_id, day=day, server=SERVER, reference=reference))
    statement = read_statement(blob, roster, SERVER)
    signed = SignedStatement(blob, statement, filed.keys.statement_key)
    return await store.keep_statement(filed.proof(1, "statement"), signed, roster, inbox_days)


async def stage(store: Store, keys: CaseKeys, content: bytes, number: int = 0) -> bytes:
    """Seal and stage a file; returns its id."""
    sealed = seal_preview(content, keys, number)
    await store.add_file(sealed)
    return sealed.file_id


def new_home(folder: Path) -> Path:
    folder.mkdir(mode=0o700)
    Store.create(folder)
    return folder


@contextlib.asynccontextmanager
async def open_store(home: Path, clock: SetClock | None = None) -> AsyncIterator[Store]:
    store = await Store.open(home, clock or SetClock())
    try:
        yield store
    finally:
        await store.close()


def raw(home: Path) -> bytes:
    """Return every byte of every file of the home, also of the log while the store is open."""
    return b"".join(path.read_bytes() for path in sorted(home.iterdir()) if path.is_file())


def rows(home: Path, query: str) -> list[tuple]:
    """Ask the database from outside."""
    with contextlib.closing(sqlite3.connect(f"file:{home / 'kallskydd.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def copy_cases(home: Path, cases: int) -> None:
    """Copy the one case of this home, row by row with ids of their own, until there are so many."""
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        connection.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF; PRAGMA cache_size = -200000")
        (slots,) = connection.execute("SELECT max(slot) + 1 FROM cases").fetchone()
        # In the order of the tables, which is many times quicker.
        made = sorted(random(16) for _ in range(cases - 1))
        connection.execute("CREATE TEMP TABLE made (case_id BLOB, lookup_id BLOB, slot INTEGER)")
        rows = ((case_id, random(16), slots + number) for number, case_id in enumerate(made))
        connection.executemany("INSERT INTO made VALUES (?, ?, ?)", rows)
        for table in _COPIED:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            taken = (f"{'made' if name in _CHANGED else 'one'}.{name}" for name in names)
            connection.execute(
                f"INSERT INTO {table} SELECT {', '.join(taken)} FROM made, (SELECT * FROM {table}) AS one"
            )
        connection.commit()
    slots_file = home / "shred.slots"
    with slots_file.open("ab") as file:
        missing = (slots + cases) * SHARE_BYTES - slots_file.stat().st_size
        file.write(random(max(0, missing)))
