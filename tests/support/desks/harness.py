"""The desk's side of the server in this process, and desks in homes of their own.

`running_desks` serves the desk API over a real store on a unix socket; reports are filed as the intake files them, without
its pages. `running_with_pages` serves the whole intake beside it, for tests in which the reporter uses the form.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
from visitors.intake_harness import MadeHome, RunningIntake, SetClock, _listener, running_intake

from cases.roster.chain import Member, Roster
from cases.roster.member import MemberKeys, PassphraseCost, new_member_keys, seal_member_keys
from cases.wire.messages import CaseAnswer
from cases.wire.syncing import ASKED, SyncAnswer
from desk.commands.session import work
from desk.keep.keyfile import DeskHome
from desk.keep.state import join_server
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.erasing import erase
from intake.desk_api.app import desk_app
from intake.entrance import Hosts
from intake.services import RosterProvider
from kallskydd.desk.route import Route, connector_for
from onion.address import address_from_public
from trusted.case.clock import first_release_day, today
from trusted.case.entry import Attachment, Body, Report, Stream
from trusted.crypto.grants import decoy_grant, make_grant
from trusted.crypto.seal import Authorship, CaseKeys, append, make_head, new_case_keys, open_stream, seal_file
from trusted.jail.memory_file import MemoryFile
from trusted.jail.sandbox import Sandbox
from trusted.rooms.uploads import MemoryBudget
from trusted.roster.routing import route
from trusted.store.store import Filing, ReporterEntries, Store
from trusted.web.limits import Limits
from trusted.web.serving import serve
from trusted.web.silence import Faults

PASSPHRASE = "correct horse battery"
# One guess costs next to nothing: only for tests.
CHEAP = PassphraseCost(ops=1, memory_bytes=8192)


@dataclass
class Reporter:
    """Somebody who has filed a report, with the keys that a receipt would give."""

    keys: CaseKeys
    own: MemberKeys = field(default_factory=new_member_keys)
    entries: tuple = ()

    def seal(self, body: Body, day, after=None):
        """Seal the next entry of the reporter's stream and remember it."""
        sealed, entry, head = append(
            self.keys,
            Stream.REPORTER,
            self.entries,
            Authorship(self.own.id, self.own.sign_seed, day, after or {}),
            body,
        )
        self.entries = (*self.entries, entry)
        return sealed, head


@dataclass
class RunningDesks:
    """A served desk API at the address that the roster names."""

    made: MadeHome
    store: Store
    clock: SetClock
    roster_source: RosterProvider
    faults: Faults
    socket: Path
    address: str
    folder: Path
    intake: RunningIntake | None = None

    @property
    def roster(self) -> Roster:
        return self.roster_source.chain().current

    def home(self, number: int, name: str | None = None) -> DeskHome:
        """The desk home of one member, made when it is first asked for."""
        home = DeskHome(self.folder / (name or f"desk{number}"))
        if not home.folder.exists():
            make_desk_home(home, self.made.keys[number], self.address)
        return home

    @asynccontextmanager
    async def desk(self, number: int, name: str | None = None) -> AsyncIterator[Casebook]:
        """The desk of one member, at work."""
        async with at_work(self.home(number, name), Route(socket=self.socket), self.clock) as book:
            yield book

    async def command(self, number: int, *words: str, text: str | None = None) -> Ran:
        """Run `kallskydd desk` as a process of its own, with --json."""
        home = self.home(number)
        passphrase = home.folder / "passphrase"
        passphrase.write_text(PASSPHRASE + "\n")
        passphrase.chmod(0o600)
        options = ["--desk-home", str(home.folder), "--passphrase-file", str(passphrase), "--socket", str(self.socket)]
        return await run_desk(words[0], *options, "--json", *words[1:], text=text)

    async def listed(self, number: int, name: str | None = None) -> list:
        """Take what is in a member's post box; the cases that she then knows."""
        async with self.desk(number, name) as book:
            await book.sync()
            return list(book.state.case_list.cases.values())

    async def opened(self, number: int, name: str) -> DeskCase:
        """A case as a member's desk opens it."""
        async with self.desk(number) as book:
            await book.sync()
            return await book.open(book.state.find(name))

    async def act(
        self, number: int, act: str, name: str, text: str, chosen: acts.ActChoices = acts.NO_CHOICES
    ) -> DeskCase:
        """A member does something to a case; the case as it is then."""
        async with self.desk(number) as book:
            await book.sync()
            return await acts.do(book, act, name, text, chosen)

    async def step_aside(self, number: int, name: str) -> DeskCase:
        """A member says of herself that she is disqualified in this case."""
        return await self.act(number, "recuse", name, "Vi är släkt.")

    async def erase(self, number: int, name: str, reference: str = "G 1") -> str:
        """A member signs that a case is to be erased."""
        async with self.desk(number) as book:
            await book.sync()
            return await erase(book, name, reference)

    async def file(
        self,
        text: str,
        *,
        concerns: Sequence[int] = (),
        unnamed: bool = False,
        files: Sequence[bytes] = (),
        sealed_to: Sequence[int] | None = None,
        grants_to: Sequence[int] | None = None,
    ) -> Reporter:
        """File a report as the intake does. `sealed_to` and `grants_to` make it lie about who reads."""
        keys = new_case_keys()
        reporter = Reporter(keys)
        # Entries bear the day of their release, as those of the intake do.
        roster, day = self.roster, first_release_day(self.clock())
        marked = frozenset(self.made.keys[number].id for number in concerns)
        readers = [member.id for member in route(roster, None, marked, unnamed)]
        named = readers if sealed_to is None else [self.made.keys[number].id for number in sealed_to]
        granted = readers if grants_to is None else [self.made.keys[number].id for number in grants_to]
        bodies: list[Body] = [_report(reporter, roster, text, marked=marked, unnamed=unnamed, named=named)]
        attached = [await self._attach(keys, content, order) for order, content in enumerate(files)]
        bodies += attached
        sealed = tuple(reporter.seal(body, day)[0] for body in bodies)
        await self.store.file_case(
            Filing(
                keys=keys,
                lookup_id=os.urandom(16),
                reporter_grant=make_grant(keys, reporter.own.id_bytes, reporter.own.box_public, roster.version),
                entries=sealed,
                head=make_head(keys, Stream.REPORTER, reporter.entries),
                grants={
                    member.id_bytes: make_grant(keys, member.id_bytes, member.box, roster.version)
                    if member.id in granted
                    else decoy_grant()
                    for member in roster.members
                },
                file_ids=tuple(bytes.fromhex(body.file_id) for body in attached),
                release_on=first_release_day(self.clock()),
            )
        )
        return reporter

    async def _attach(self, keys: CaseKeys, content: bytes, order: int) -> Attachment:
        clean = MemoryFile()
        clean.write(content)
        sealed = seal_file(SimpleNamespace(clean=clean), keys, order)
        await self.store.add_file(sealed)
        clean.close()
        digest = hashlib.sha256(content).hexdigest()
        return Attachment(sealed.file_id.hex(), "jpeg", len(content), digest, order, None)

    async def reporter_sees(self, reporter: Reporter) -> list[Body]:
        """What members have written, as the reporter's page would open it."""
        rows = await self.store.reporter_streams(reporter.keys.case_id)
        found = rows.streams[Stream.MEMBERS]
        keys = {keys.id: keys.sign_public for keys in self.made.keys}
        return [entry.body for entry in open_stream(reporter.keys, Stream.MEMBERS, found.sealed, found.head, keys.get)]

    async def reporter_writes(self, reporter: Reporter, body: Body) -> None:
        rows = await self.store.reporter_streams(reporter.keys.case_id)
        seen = len(rows.streams[Stream.MEMBERS].sealed)
        count = len(reporter.entries)
        sealed, head = reporter.seal(body, first_release_day(self.clock()), {int(Stream.MEMBERS): seen})
        await self.store.append_reporter(
            ReporterEntries(reporter.keys.case_id, count, (sealed,), head, (), first_release_day(self.clock()))
        )

    async def release(self) -> None:
        """Let a day and a half pass, and make the daily release."""
        self.clock.forward(hours=36)
        await self.store.release(today(self.clock), [member.id_bytes for member in self.roster.members])


def _report(
    reporter: Reporter, roster: Roster, text: str, *, marked: frozenset[str], unnamed: bool, named: Sequence[str]
) -> Report:
    return Report(
        text=text,
        organisation=None,
        concerns=tuple(sorted(marked)),
        concerns_unnamed=unnamed,
        sealed_to=tuple(sorted(named)),
        roster_version=roster.version,
        roster_hash=roster.digest.hex(),
        reporter_sign=reporter.own.sign_public.hex(),
        reporter_box=reporter.own.box_public.hex(),
        language="sv",
        urgent=False,
    )


@dataclass
class Ran:
    """What a command left behind."""

    exit_code: int
    found: dict
    prose: str


async def run_desk(*words: str, text: str | None = None) -> Ran:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kallskydd", "desk", *words),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate((text or "").encode())
    try:
        found = json.loads(out) if out else {}
    except json.JSONDecodeError:
        found = {"not json": out.decode()}
    return Ran(process.returncode, found, err.decode())


def at_work(home: DeskHome, way: Route, clock: SetClock):
    return work(home, lambda: PASSPHRASE, functools.partial(connector_for, route=way, tor_folder=home.tor), clock)


def make_desk_home(home: DeskHome, keys: MemberKeys, address: str) -> None:
    home.folder.mkdir(mode=0o700)
    home.key.write_bytes(seal_member_keys(keys, PASSPHRASE, CHEAP))
    join_server(home.settings, address)


@asynccontextmanager
async def running_desks(folder: Path, made: MadeHome, clock: SetClock | None = None) -> AsyncIterator[RunningDesks]:
    clock = clock or SetClock()
    store = await Store.open(made.home.path, clock)
    try:
        source = RosterProvider(made.home.roster, clock)
        faults = Faults()
        async with _served(folder, made, store=store, clock=clock, source=source, faults=faults) as desks:
            yield desks
        assert faults.count == 0, "the desk API made a mistake of its own"
    finally:
        await store.close()


@asynccontextmanager
async def running_with_pages(
    folder: Path, made: MadeHome, clock: SetClock | None = None, **more
) -> AsyncIterator[RunningDesks]:
    async with running_intake(folder, made, clock=clock, **more) as intake:
        services = intake.services
        async with _served(
            folder,
            made,
            store=services.store,
            clock=intake.clock,
            source=services.roster,
            faults=services.faults,
            jail={
                "sandbox": services.sandbox,
                "budget": services.budget,
                "limits": services.limits,
                "disk": services.disk,
            },
            intake=intake,
        ) as desks:
            yield replace(desks, intake=intake)


@asynccontextmanager
async def _served(
    folder: Path,
    made: MadeHome,
    *,
    store: Store,
    clock: SetClock,
    source: RosterProvider,
    faults: Faults,
    jail: dict | None = None,
    intake: RunningIntake | None = None,
) -> AsyncIterator[RunningDesks]:
    chain = source.chain()
    address = address_from_public((chain.current or chain.proposal).server_key)
    services = SimpleNamespace(
        home=made.home.path,
        config=made.home.config,
        roster=source,
        store=store,
        clock=clock,
        faults=faults,
        hosts=Hosts(frozenset(), frozenset({f"{address}.onion"})),
        mirror=None if intake is None else intake.services.mirror,
        mirror_contexts=None if intake is None else intake.services.mirror_contexts,
        # Without a jail files of members are not taken.
        **(jail or {"sandbox": Sandbox(()), "budget": MemoryBudget(), "limits": Limits()}),
    )
    socket = folder / "desk.sock"
    with _listener(socket) as listener:
        serving = await serve(desk_app(services), listener)
        try:
            yield RunningDesks(made, store, clock, source, faults, socket, address, folder)
        finally:
            await serving.close()


def member_row(keys):
    return Member(keys.id, "Ny person", "handler", "Ny", keys.sign_public, keys.box_public, keys.onion_public)


def lie(book: Casebook, verb: str, lies: msgspec.Struct) -> None:
    """Let the server answer one verb with the test's own content; of a case, in the exchange of all cases too."""
    ask = book.client.ask

    async def answer(asked, question, kind):
        if asked == "sync" and isinstance(lies, CaseAnswer):
            return SyncAnswer(("new", *("gone",) * (ASKED - 1)), (lies,))
        return lies if asked == verb else await ask(asked, question, kind)

    book.client.ask = answer
