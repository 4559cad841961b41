"""A home's store in a temporary folder, with real keys and real seals, and a clock that the test sets."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cases.entry import Report, Stream
from cases.grants import decoy_grant, make_grant
from cases.seal import CaseKeys, Head, Sealed, append, fetch_mac, new_case_keys
from cases.signing import id_of
from cases.store import Filing, Store
from nacl.public import PrivateKey
from nacl.signing import SigningKey

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)
WEDNESDAY = MONDAY + timedelta(days=2)


class SetClock:
    """A clock that stands still until it is set."""

    def __init__(self, day: date = MONDAY):
        self.now = datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def set(self, day: date) -> None:
        self.now = datetime(day.year, day.month, day.day, 12, 0, tzinfo=UTC)


@dataclass
class Person:
    """Somebody with keys: a member, or the reporter behind a receipt."""

    sign: SigningKey = field(default_factory=SigningKey.generate)
    box: PrivateKey = field(default_factory=PrivateKey.generate)

    @property
    def id(self) -> bytes:
        return id_of(bytes(self.sign.verify_key), bytes(self.box.public_key))


@dataclass
class Filed:
    """A case as its reporter knows it."""

    keys: CaseKeys
    lookup_id: bytes
    reporter: Person
    entries: tuple
    filing: Filing

    def mac(self, counter: int, verb: str = "case") -> bytes:
        return fetch_mac(self.keys.access_key, verb, self.keys.case_id, counter)

    def more(self, body, day: date = MONDAY) -> tuple[Sealed, Head]:
        """Seal the reporter's next entry and remember it."""
        sealed, entry, head = append(
            self.keys, Stream.REPORTER, self.entries, self.reporter.id.hex(), bytes(self.reporter.sign), day, {}, body
        )
        self.entries = (*self.entries, entry)
        return sealed, head


def report_body(reporter: Person, text: str) -> Report:
    return Report(
        text=text,
        organisation=None,
        concerns=(),
        concerns_unnamed=False,
        sealed_to=(),
        roster_version=1,
        roster_hash="00" * 32,
        reporter_sign=bytes(reporter.sign.verify_key).hex(),
        reporter_box=bytes(reporter.box.public_key).hex(),
        language="sv",
        urgent=False,
    )


def new_filing(
    lookup_id: bytes,
    members: list[Person],
    excluded: tuple[Person, ...] = (),
    *,
    text: str = "En rapport.",
    release_on: date = TUESDAY,
    file_ids: tuple[bytes, ...] = (),
    at_once: bool = False,
    keys: CaseKeys | None = None,
) -> Filed:
    """Return a filing as the intake makes it: real keys, one sealed report, an item for every member."""
    keys = keys or new_case_keys()
    reporter = Person()
    sealed, entry, head = append(
        keys,
        Stream.REPORTER,
        (),
        reporter.id.hex(),
        bytes(reporter.sign),
        MONDAY,
        {},
        report_body(reporter, text),
    )
    shut_out = [person.id for person in excluded]
    grants = {
        person.id: decoy_grant() if person.id in shut_out else make_grant(keys, person.id, bytes(person.box.public_key), 1)
        for person in members
    }
    filing = Filing(
        keys=keys,
        lookup_id=lookup_id,
        reporter_grant=make_grant(keys, reporter.id, bytes(reporter.box.public_key), 1),
        entries=(sealed,),
        head=head,
        grants=grants,
        file_ids=file_ids,
        release_on=release_on,
        at_once=at_once,
    )
    return Filed(keys, lookup_id, reporter, (entry,), filing)


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
