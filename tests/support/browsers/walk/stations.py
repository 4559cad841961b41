"""The services that a walk goes through: for each browser an intake of its own, with both entrances, in one thread.

Each has its own store, so that what a press stored is seen by counting; all share the zygotes for files.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from networks.mirror_harness import SETTINGS, Authority, RunningMirror, give, opened_mirror
from visitors.inbox_samples import close_case, members_write
from visitors.intake_harness import Browser, RunningIntake, file_report, make_home, running_intake, zygotes

from intake.daily import release
from trusted.case.clock import today
from trusted.case.entry import Body

SECONDS = 60.0
HOME = f'languages = ["en", "sv"]\n{SETTINGS}'
# Beside files that are staged, and the heartbeat: what is in the store of reporters.
_COUNTS = {
    "cases": "SELECT count(*) FROM cases WHERE state != 'erasing'",
    "entries": "SELECT count(*) FROM entries",
    "files": "SELECT count(*) FROM files WHERE case_id IS NOT NULL AND item_kind = 2",
    "tombstones": "SELECT count(*) FROM tombstones",
    "ended": "SELECT count(*) FROM ended_inboxes",
}


@dataclass
class Station:
    """One intake, with its mirror's entrance."""

    folder: Path
    intake: RunningIntake
    mirror: RunningMirror
    call: Callable[..., Any]

    def rows(self) -> dict[str, int]:
        """How much is in the store, read as a stranger would read the file."""
        database = f"file:{self.folder}/home/kallskydd.db?mode=ro"
        with contextlib.closing(sqlite3.connect(database, uri=True)) as reader:
            return {name: reader.execute(query).fetchone()[0] for name, query in _COUNTS.items()}

    def case(self, *bodies: Body, released: bool = True) -> Sequence[str]:
        """The eight words of a new case in which members have written this."""
        return self.call(self._case, bodies, released).words

    def closed_case(self) -> Sequence[str]:
        """The eight words of a case that is closed."""
        return self.call(self._case, (), True, True).words

    async def _case(self, bodies: Sequence[Body], released: bool, closed: bool = False):
        page = await file_report(Browser(self.intake.public_socket), "It was on the first floor.")
        if released:
            self.intake.clock.forward(hours=36)
            await release(self.intake.services, today(self.intake.clock))
        if bodies:
            await members_write(self.intake, page, *bodies)
        if closed:
            await close_case(self.intake, page)
        return page.receipt


class Stations:
    """`with Stations(folder, names) as stations:` and then `stations[name]`."""

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder, self._names = folder, names
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._found: dict[str, Station] = {}
        self.authority = Authority.new(folder / "authority")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __getitem__(self, name: str) -> Station:
        return self._found[name]

    def __enter__(self) -> Stations:
        self._thread.start()
        self._ready.wait(SECONDS)
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(SECONDS)
        if self._failure is not None:
            raise self._failure

    def key_hash(self) -> str:
        """By what Chromium may know the mirror's certificate."""
        certificate = x509.load_pem_x509_certificate((self.authority.folder / "leaf.pem").read_bytes())
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(key).digest()).decode()

    def _call(self, function: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(function(*arguments), self._loop).result(SECONDS)

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with contextlib.AsyncExitStack() as stack:
                pem = self.authority.pem()
                sandbox = await stack.enter_async_context(zygotes())
                for number, name in enumerate(self._names):
                    folder = self._folder / str(number)
                    folder.mkdir()
                    made = make_home(folder / "home", settings=HOME)
                    intake = await stack.enter_async_context(running_intake(folder, made, sandbox=sandbox))
                    mirror = await stack.enter_async_context(opened_mirror(folder, intake, self.authority))
                    give(mirror.contexts.take_certificate, pem)
                    self._found[name] = Station(folder, intake, mirror, self._call)
                self._ready.set()
                await self._end.wait()
        except BaseException as failure:  # noqa: BLE001  # handed to the test, in whose thread it belongs
            self._failure = failure
            self._ready.set()
