"""
kill -9 of any process of the service at random moments of submissions, and the desk that reads afterwards.

One trial home is served with a tor that never connects. Submissions go to the unix socket that tor would use, those that
meet the relay's end through a real relay and TLS. What counts as acknowledged is an answer that shows a case code.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import random
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from networks.mirror_harness import Authority, MirrorBrowser, _read_all, _send
from networks.relay_harness import NAME, Site
from processes.service import Service, descriptors, holding, offline_network, trial_home
from visitors.intake_harness import Browser, Page, file_report, read_answer

from desk.commands.session import work
from desk.keep.keyfile import DeskHome
from desk.keep.state import join_server
from kallskydd.demo.sample_files import sample_jpeg
from kallskydd.desk.route import Route, connector_for
from trusted.case.clock import utc_now
from trusted.case.entry import Attachment, Report, Stream

MARKER = "mkPlaintextOfAnUpload"
KINDS = ("intake", "zygote", "job", "tor", "relay", "keeper")
FILES = 2
UPLOAD_SECONDS = 90
# A submission takes 0.4 s on an idle machine and some seconds on a crowded one: most kills come before its answer.
LATEST_SECONDS = 0.6


class TcpBrowser(MirrorBrowser):
    """A browser of the mirror, through the relay's port."""

    def __init__(self, port: int, authority: Authority) -> None:
        super().__init__(Path("/"), authority, NAME)
        self._port = port

    async def raw(self, sent: bytes) -> Page:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self._port, ssl=self._context, server_hostname=NAME, ssl_handshake_timeout=30
        )
        try:
            writing = asyncio.ensure_future(_send(writer, sent))
            got = await _read_all(reader)
            await writing
        finally:
            writer.transport.abort()
        return read_answer(got)


@dataclass
class Outcome:
    """What was injected, and what came of it."""

    injected: Counter[str] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    plaintext: list[tuple[str, str]] = field(default_factory=list)
    # Of the desk: texts of reports, and those that lack a file.
    read: list[str] = field(default_factory=list)
    halves: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def lost(self) -> list[str]:
        return sorted(set(self.acknowledged) - set(self.read))

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in sorted(self.injected.items()))
        return (
            f"{self.injected.total()} kills ({kinds}) during {self.injected.total()} submissions in {self.seconds:.0f} s:"
            f" {len(self.acknowledged)} acknowledged, {len(self.lost)} lost, {len(self.read)} read by the desk,"
            f" {len(self.halves)} half there, {len(self.plaintext)} places with plaintext"
        )


async def kill_at_random(folder: Path, count: int, seed: int) -> Outcome:
    """Make `count` submissions with one kill in each, and read all that is there at the desk."""
    outcome, chance, began = Outcome(), random.Random(seed), time.monotonic()
    home, network, authority = _new_home(folder), offline_network(folder / "net"), Authority.new(folder / "authority")
    _certify(home, authority)
    service = Service(home, network)
    async with _relay(folder, home) as start_relay:
        rig = _Rig(service, authority, start_relay, chance, outcome)
        try:
            for number in range(count):
                kind = KINDS[number % len(KINDS)]
                if service.process is None or service.process.poll() is not None:
                    service.stop()
                    await asyncio.to_thread(service.start)
                    await asyncio.to_thread(service.wait_for, "tor-started")
                await rig.inject(kind, f"{MARKER} number {number}")
        finally:
            service.stop()
    outcome.plaintext += holding(home, [MARKER])
    with Service(home, network) as last:
        outcome.plaintext += _in_descriptors(last)
        for case in await read_cases(last, folder / "desk"):
            outcome.read.append(case.text)
            if (case.attachments, case.files) != (FILES, 2 * FILES):
                outcome.halves.append(case.text)
    outcome.halves += _half_rows(home)
    outcome.plaintext += holding(home, [MARKER])
    outcome.seconds = time.monotonic() - began
    return outcome


def _new_home(folder: Path) -> Path:
    home = folder / "home"
    trial_home(home)
    config = home / "config.toml"
    config.write_text(f'{config.read_text()}\n[mirror]\nname = "{NAME}"\n')
    return home


def _certify(home: Path, authority: Authority) -> None:
    (home / "mirror").mkdir(mode=0o700)
    certificate = home / "mirror" / "certificate.pem"
    certificate.write_bytes(authority.pem(NAME))
    certificate.chmod(0o600)


@contextlib.asynccontextmanager
async def _relay(folder: Path, home: Path) -> AsyncIterator[Callable]:
    """The relay's way to the home's mirror socket; what is given starts a relay and yields its port and its pid."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            onward, out = await asyncio.open_unix_connection(str(home / "run" / "mirror.sock"))
            with contextlib.closing(out):
                await asyncio.gather(_pump(reader, out), _pump(onward, writer))
        writer.close()

    place = folder / "relay"
    place.mkdir()
    site = Site(place)
    async with site.up(forward):

        @contextlib.asynccontextmanager
        async def start() -> AsyncIterator[tuple[int, int]]:
            async with site.process() as pid:
                yield site.relay_port, pid

        yield start


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


@dataclass
class _Rig:
    """The service under fire."""

    service: Service
    authority: Authority
    start_relay: Callable
    chance: random.Random
    outcome: Outcome

    async def inject(self, kind: str, text: str) -> None:
        """One submission and one kill at a random moment of it; returns when the service is whole again."""
        service = self.service
        async with contextlib.AsyncExitStack() as stack:
            browser: Browser = Browser(service.public_socket, f"{service.public_address}.onion")
            relay = 0
            if kind == "relay":
                await asyncio.to_thread(service.wait_for, "intake", code="mirror-taken")
                port, relay = await stack.enter_async_context(self.start_relay())
                browser = TcpBrowser(port, self.authority)
            before = {event: _count(service, event) for event in ("intake", "zygote-restarted", "tor-started")}
            sending = asyncio.create_task(_submit(browser, text))
            await asyncio.sleep(self.chance.uniform(0.0, LATEST_SECONDS))
            pid = await _victim(service, kind, relay)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            self.outcome.injected[kind] += 1
            if kind == "keeper":
                await asyncio.to_thread(service.process.wait, 20)
            self.outcome.plaintext += _in_descriptors(service)
            if await sending:
                self.outcome.acknowledged.append(text)
        after = {"intake": "intake", "zygote": "zygote-restarted", "tor": "tor-started"}.get(kind)
        if after is not None:
            facts = {"code": "ready"} if after == "intake" else {}
            await asyncio.to_thread(service.wait_for, after, 60, before[after] + 1, **facts)


def _count(service: Service, event: str) -> int:
    return sum(one["event"] == event and (event != "intake" or one["code"] == "ready") for one in service.events)


async def _submit(browser: Browser, text: str) -> bool:
    """Whether the report was acknowledged with a case code."""
    files = [sample_jpeg(MARKER).content] * FILES
    try:
        page = await asyncio.wait_for(file_report(browser, text, files), UPLOAD_SECONDS)
        return bool(page.receipt.words) and "Togs inte emot" not in page.plain
    except (OSError, EOFError, AssertionError, IndexError, ValueError, TimeoutError):
        return False


async def _victim(service: Service, kind: str, relay: int) -> int:
    match kind:
        case "intake":
            return service.intake_pid()
        case "zygote":
            return service.zygote_pids()[0]
        case "tor":
            return [one for one in service.events if one["event"] == "tor-started"][-1]["pid"]
        case "relay":
            return relay
        case "keeper":
            return service.keeper_pid
    # A job: the newest fork of the zygote for pictures, of which one is always ready.
    while not (children := _children(service.zygote_pids()[0])):
        await asyncio.sleep(0.01)
    return children[-1]


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _in_descriptors(service: Service) -> list[tuple[str, str]]:
    """Files that any process of the service has open, unlinked ones too, and that hold plaintext; memory is none."""
    found = []
    for _pid, link, target in descriptors(service.tree()):
        if not target.startswith("/memfd:"):
            with contextlib.suppress(OSError):
                if MARKER.encode() in Path(link).read_bytes():
                    found.append((target, MARKER))
    return found


@dataclass(frozen=True)
class ReadCase:
    """A case as the desk opened it."""

    text: str
    attachments: int
    files: int


async def read_cases(service: Service, folder: Path) -> list[ReadCase]:
    """Open every case at the desk of the trial's member, whose home is copied to `folder`."""
    shutil.copytree(service.home / "trial-member", folder)
    home, passphrase = DeskHome(folder), (folder / "passphrase").read_text().strip()
    join_server(home.settings, service._address("desk.key"))
    connector = functools.partial(connector_for, route=Route(socket=service.desk_socket), tor_folder=home.tor)
    found = []
    async with work(home, lambda: passphrase, connector, utc_now) as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            opened = await book.open(known)
            bodies = [entry.body for entry in opened.streams[Stream.REPORTER]]
            (report,) = [body for body in bodies if isinstance(body, Report)]
            attachments = sum(isinstance(body, Attachment) for body in bodies)
            found.append(ReadCase(report.text, attachments, len(opened.files)))
    return found


def _half_rows(home: Path) -> list[str]:
    """What no whole case explains, read as a stranger would."""
    with contextlib.closing(sqlite3.connect(f"file:{home}/kallskydd.db?mode=ro", uri=True)) as database:

        def count(query: str) -> int:
            return database.execute(query).fetchone()[0]

        cases = count("SELECT count(*) FROM cases")
        found = {
            "entries": (count("SELECT count(*) FROM entries"), cases * (1 + 2 * FILES)),
            "files": (count("SELECT count(*) FROM files"), cases * 2 * FILES),
            "staged": (count("SELECT count(*) FROM files WHERE case_id IS NULL"), 0),
            "chunks of nobody": (
                count("SELECT count(*) FROM chunks WHERE file_id NOT IN (SELECT file_id FROM files)"),
                0,
            ),
            "erasing": (count("SELECT count(*) FROM cases WHERE state = 'erasing'"), 0),
        }
        wrong = [
            f"{counted} {name} for {cases} cases" for name, (counted, wanted) in found.items() if counted != wanted
        ]
        return wrong + [row[0] for row in database.execute("PRAGMA integrity_check") if row[0] != "ok"]
