"""The people of a rehearsal: reporters at both doors, and members at their desks.

A reporter is the demonstration's scripted browser: she knows the pages by their HTML alone. A member runs the command
line of the documents on this computer, in a folder of the own, and types at a terminal what is asked for.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from terminal import typed

from kallskydd.demo.mirror import new_certificate
from kallskydd.demo.sample_files import Sample
from kallskydd.demo.visitor import HtmlPage, ThisComputer, Visitor
from onion.client import ClientTor

PASSPHRASE = "fyra ord som inte hör ihop"
ANSWERS = {"Passphrase: ": PASSPHRASE, "The same again: ": PASSPHRASE, "yes/no\r\n": "yes"}
Code = tuple[str, ...]


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

    def file(self, text: str, samples: Sequence[Sample] = ()) -> Code:
        """File a report; return its code. Raises ValueError where no code came: nothing was acknowledged."""
        return asyncio.run(self._file(text, samples))

    async def _file(self, text: str, samples: Sequence[Sample]) -> Code:
        async with self._visitor() as visitor:
            page = await visitor.open("/report")
            page = await visitor.send(page.form("/report"), {"text": text, "act": "send"}, samples)
            if not page.receipt:
                raise ValueError(f"no code came, status {page.status}")
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
    """The reporters' address, by a tor of the reporter's own."""
    with ClientTor(folder) as tor:
        yield Door(f"http://{address.removesuffix('.onion')}.onion", socks=tor.socks)


def mirror_door(folder: Path, name: str) -> tuple[Door, bytes]:
    """The mirror, and what `kallskydd mirror certificate` takes: key and certificate, by an authority made here."""
    authority, pem = new_certificate(name, datetime.now(UTC))
    trusted = folder / "authority.pem"
    trusted.write_bytes(authority)
    return Door(f"https://{name}", trusted=trusted), pem


@dataclass
class Member:
    """One member's own computer: `folder`, in which the desk home lies and the lines of documents are run."""

    folder: Path
    label: str
    role: str = "handler"

    def run(self, lines: str, **words: str) -> str:
        """Run a document's lines, with `words` in the place of those that stand for something; return what was shown.

        Raises ValueError with the code and the words, where they end badly.
        """
        for word, value in words.items():
            lines = re.sub(rf"\b{word}\b", value, lines)
        self.folder.mkdir(exist_ok=True)
        programs = Path(sys.executable).parent
        environment = {
            **os.environ, "PATH": f"{os.environ['PATH']}:{programs}", "HOME": str(self.folder), "LANG": "C.UTF-8",
            "XDG_DATA_HOME": str(self.folder / "data"), "XDG_CACHE_HOME": str(self.folder / "cache"),
        }  # fmt: skip
        code, said = typed(["bash", "-euc", lines], environment, self.folder, ANSWERS)
        if code != 0:
            raise ValueError(f"{self.label}: {lines.strip()} ended with {code}: {said}")
        return said

    def enrol(self) -> Path:
        """Make a key; return the join file, which the operator gets."""
        self.run(f'kallskydd desk enrol --name "Person {self.label}" --role {self.role} --label "{self.label}"')
        return self.folder / "data" / "kallskydd-desk" / "join.toml"

    def cases(self) -> list[dict[str, Any]]:
        """The cases that the desk sees."""
        said = self.run("kallskydd desk list --json")
        return json.loads(said[said.index("{") : said.rindex("}") + 1])["cases"]
