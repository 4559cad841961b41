"""The reporters of a rehearsal, at both doors: the demonstration's scripted browser, which knows the pages by their HTML."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

import aiohttp
from rehearsal.server import wait_for

from kallskydd.demo.mirror import new_certificate
from kallskydd.demo.sample_files import Sample
from kallskydd.demo.visitor import HtmlPage, ThisComputer, Visitor
from onion.client import ClientTor
from onion.errors import OnionError

Code = tuple[str, ...]
TEXT = "Fakturan 4711 har betalats två gånger till samma firma, och chefen vet om det."
ANSWER_SECONDS = 240.0


@dataclass
class Door:
    """One of the two ways to the pages: by Tor with `socks`, or at the mirror, whose authority is in `trusted`."""

    origin: str
    socks: tuple[str, int] | None = None
    trusted: Path | None = None

    def _visitor(self) -> Visitor:
        if self.socks is not None:
            return Visitor.over_tor(self.socks, self.origin.removeprefix("http://"))
        tls = ssl.create_default_context(cafile=str(self.trusted))
        return Visitor(aiohttp.TCPConnector(ssl=tls, resolver=ThisComputer()), self.origin)

    def answers(self) -> bool:
        """Return whether the first page is there now."""
        try:
            return asyncio.run(self._first_page()) == 200
        except (OnionError, aiohttp.ClientError, OSError):
            return False

    async def _first_page(self) -> int:
        async with asyncio.timeout(ANSWER_SECONDS / 8), self._visitor() as visitor:
            return (await visitor.open("/")).status

    def wait(self) -> None:
        """Return when the first page is there; raises TimeoutError."""
        wait_for(self.answers, ANSWER_SECONDS, f"{self.origin} does not answer")

    def file(self, text: str = TEXT, samples: Sequence[Sample] = ()) -> Code:
        """File a report; return its code. Raises ValueError where no code came: nothing was acknowledged."""
        return asyncio.run(self._file(text, samples))

    async def _file(self, text: str, samples: Sequence[Sample]) -> Code:
        async with self._visitor() as visitor:
            page = await visitor.open("/report")
            page = await visitor.send(page.form("/report"), {"text": text, "act": "send"}, samples)
            if not page.receipt:
                raise ValueError(f"no code came, status {page.status}: {page.html}")
            return page.receipt

    def inbox(self, code: Code) -> str:
        """Return the page that a code opens."""
        return asyncio.run(self._inbox(code))

    async def _inbox(self, code: Code) -> str:
        async with self._visitor() as visitor:
            page = await visitor.open("/return")
            shown: HtmlPage = await visitor.send(page.form("/return"), {"code": " ".join(code)})
            return shown.html

    def opens(self, code: Code) -> bool:
        """Return whether the code opens a case."""
        return 'action="/return"' not in self.inbox(code)


@contextmanager
def onion_door(folder: Path, address: str) -> Iterator[Door]:
    """The reporters' address, by a tor of the reporter's own; `folder` has a short path."""
    with ClientTor(folder) as tor:
        yield Door(f"http://{address.removesuffix('.onion')}.onion", socks=tor.socks)


def mirror_door(folder: Path, name: str, now: datetime) -> tuple[Door, bytes]:
    """The mirror, and what `kallskydd mirror certificate` takes: key and certificate, by an authority made here."""
    authority, pem = new_certificate(name, now)
    trusted = folder / "authority.pem"
    trusted.write_bytes(authority)
    return Door(f"https://{name}", trusted=trusted), pem


@dataclass
class Filing:
    """Reporters who file one report after another: `with Filing(door) as filing`; `codes` are those that came."""

    door: Door
    reporters: int = 2
    codes: list[Code] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        for _ in range(self.reporters):
            threading.Thread(target=self._file, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let no more be filed. Who waits for an answer is not waited for: it may never come."""
        self._ended.set()

    def wait(self, count: int) -> None:
        """Return when so many are acknowledged; raises TimeoutError."""
        wait_for(lambda: len(self.codes) >= count, ANSWER_SECONDS, f"no {count} codes: {self.faults[:1]}")

    def _file(self) -> None:
        while not self._ended.wait(0.1):
            try:
                self.codes.append(self.door.file())
            except (OnionError, aiohttp.ClientError, OSError, ValueError, LookupError) as fault:
                self.faults.append(repr(fault)[:300])
