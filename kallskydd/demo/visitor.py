"""A reporter's browser without scripts, for the demonstration: it loads pages, fills in forms and sends them.

It knows the pages only as a browser does, by their HTML. It comes to the onion through tor, which alone resolves
the name, or to the mirror by TLS on this computer.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from desk.server.site_forms import SiteForm, read_page
from kallskydd.demo.mirror import LOOPBACK, DemoMirror
from kallskydd.demo.sample_files import Sample
from onion.connector import SocksConnector

PAGE_SECONDS = 120.0  # 25 MB took 15 s on a private network


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """A page as far as a scripted reporter needs it."""

    status: int
    html: str

    @property
    def receipt(self) -> tuple[str, ...]:
        """The eight words, or nothing when this is not the page that shows them."""
        return read_page(self.html).code

    def form(self, action: str) -> SiteForm:
        """Return the first form that goes to `action`; raises LookupError."""
        if (form := read_page(self.html).form(action)) is None:
            raise LookupError
        return form


class ThisComputer(AbstractResolver):
    """Leads every name to this computer, as browsers do with those below `.localhost`."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = ResolveResult(hostname=host, host=LOOPBACK, port=port, family=family, proto=0, flags=0)
        return [found]

    async def close(self) -> None:
        """Do nothing: it holds nothing."""


class Visitor:
    """One visitor."""

    def __init__(self, connector: aiohttp.BaseConnector, origin: str) -> None:
        """Take over the `connector`."""
        self._origin = origin
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=PAGE_SECONDS),
            skip_auto_headers=("User-Agent",),
        )

    @classmethod
    def over_tor(cls, socks: tuple[str, int], onion: str) -> Self:
        """`onion` with its ".onion"; the visitor has a circuit of its own."""
        return cls(SocksConnector(socks, within=PAGE_SECONDS, isolate="reporter"), f"http://{onion}")

    @classmethod
    def at_mirror(cls, mirror: DemoMirror) -> Self:
        """One who believes the demonstration's authority, and has no Tor."""
        connector = aiohttp.TCPConnector(ssl=mirror.trusting(), resolver=ThisComputer(), family=socket.AF_INET)
        return cls(connector, mirror.origin)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.close()

    async def open(self, path: str) -> HtmlPage:
        """Load a page."""
        async with self._session.get(self._origin + path) as answer:
            return HtmlPage(answer.status, await answer.text())

    async def send(self, form: SiteForm, typed: Mapping[str, str], files: Sequence[Sample] = ()) -> HtmlPage:
        """Send a form with what was typed, and with files, as multipart like a browser."""
        body = aiohttp.FormData(default_to_multipart=True)
        for name, value in form.fields:
            if name not in typed and name not in form.file_inputs:
                body.add_field(name, value)
        for name, value in typed.items():
            body.add_field(name, value)
        for sample in files:
            body.add_field("attachment", sample.content, filename=sample.file_name, content_type=sample.content_type)
        headers = {"Origin": self._origin, "Sec-Fetch-Site": "same-origin"}
        async with self._session.post(self._origin + form.action, data=body, headers=headers) as answer:
            return HtmlPage(answer.status, await answer.text(errors="replace"))
