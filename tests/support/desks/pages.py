"""The members' application in this process, over real desks and a real store, and somebody who reads its pages.

`Reader` sends what a browser sends when a person goes to a page or presses a button, and follows where she is sent.
"""

from __future__ import annotations

import contextlib
import functools
import html
import io
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from desk.keep.keyfile import DeskHome
from desk.web.app import make_app
from desk.web.handlers.answered import ANSWERED
from desk.web.local.address import LocalAddress, new_name
from desk.web.local.connections import Runner
from desk.web.local.entrance import COOKIE, Entrance
from desk.web.local.loopback import listen
from desk.web.services import Services
from desk.web.session.desk import IDLE_SECONDS, Desk
from desk.web.session.link import Link
from desk.web.views.pages import Pages
from desks.harness import PASSPHRASE, RunningDesks
from kallskydd.certificate.figures import figures_as_pdf
from kallskydd.desk.preview import IntakePages
from kallskydd.desk.route import Route, connector_for

TO_A_PAGE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
_REDIRECTS = 303


@dataclass
class Seen:
    """What a browser got."""

    status: int
    text: str
    headers: dict[str, str]
    body: bytes = b""

    @property
    def words(self) -> str:
        """The page as its reader sees it: without markup."""
        shown = re.sub(r"<(title|style|option)\b.*?</\1>", " ", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", shown)).split())

    def hidden(self, name: str) -> str:
        """The first hidden field of this name."""
        found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', self.text)
        assert found, f"no hidden field {name}"
        return html.unescape(found[1])


@dataclass
class Reader:
    """A browser at the application, as far as headers and cookie go."""

    session: aiohttp.ClientSession
    services: Services
    port: int
    cookie: str = ""
    at: str = "/"
    page: Seen | None = None
    # Called with each request and its answer, as the browser gets it.
    watch: list[Callable[[web.Request, web.StreamResponse], None]] = field(default_factory=list)

    async def ask(
        self, method: str, path: str, *, body: bytes | io.BytesIO | None = None, headers: dict | None = None
    ) -> Seen:
        """One request with these headers and no others than a host and the cookie."""
        sent = {"Host": self.services.address.host, **({"Cookie": self.cookie} if self.cookie else {})}
        sent |= headers or {}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.session.request(method, url, data=body, headers=sent, allow_redirects=False) as answer:
            content = await answer.read()
            return Seen(answer.status, content.decode("utf-8", "replace"), dict(answer.headers), content)

    async def go(self, path: str, site: str = "same-origin") -> Seen:
        """Go to a page, and on to where it sends."""
        seen = await self.ask("GET", path, headers={**TO_A_PAGE, "Sec-Fetch-Site": site})
        while seen.status == _REDIRECTS:
            path = seen.headers["Location"]
            seen = await self.ask("GET", path, headers={**TO_A_PAGE, "Sec-Fetch-Site": site})
        self.at, self.page = path, seen
        return seen

    async def send(self, path: str, **fields: str | list[str]) -> Seen:
        """Send a form of the page that is shown, with its one-time token if it has one."""
        token = re.search(r'name="token" value="([^"]*)"', self.page.text if self.page else "")
        body = urlencode({**({"token": token[1]} if token else {}), **fields}, doseq=True).encode()
        seen = await self.ask(
            "POST",
            path,
            body=body,
            headers={
                **TO_A_PAGE,
                "Sec-Fetch-Site": "same-origin",
                "Origin": self.services.address.origin,
                "Content-Type": "application/x-www-form-urlencoded",
            },
        )
        return await self.led(path, seen)

    async def send_file(self, path: str, content: bytes, **fields: str) -> Seen:
        """Send a form with a file in it, as a browser does; the file's name is in it too."""
        line = b"--the-boundary\r\nContent-Disposition: form-data; name="
        parts = [b'%s"%s"\r\n\r\n%s\r\n' % (line, name.encode(), value.encode()) for name, value in fields.items()]
        named = b'"file"; filename="IMG-name-of-the-file.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        body = b"".join([*parts, line, named, content, b"\r\n--the-boundary--\r\n"])
        seen = await self.ask(
            "POST",
            path,
            body=io.BytesIO(body),
            headers={
                **TO_A_PAGE,
                "Sec-Fetch-Site": "same-origin",
                "Origin": self.services.address.origin,
                "Content-Type": "multipart/form-data; boundary=the-boundary",
            },
        )
        return await self.led(path, seen)

    async def led(self, path: str, seen: Seen) -> Seen:
        """Go where the answer to a form leads. The page that it was answered with counts as the form's own."""
        self.at, self.page = path, seen
        if seen.status != _REDIRECTS:
            return seen
        led = await self.go(seen.headers["Location"])
        if seen.headers["Location"].startswith(ANSWERED):
            self.at = path
        return led

    async def open(self) -> Seen:
        """Open the address that the program gives the browser, once."""
        seen = await self.go(f"/open/{self.services.entrance.token}", site="none")
        self.cookie = seen.headers.get("Set-Cookie", "").split(";")[0]
        assert self.cookie.startswith(COOKIE)
        return await self.go("/unlock")

    async def unlock(self, passphrase: str = PASSPHRASE) -> Seen:
        """Open the address and type the passphrase."""
        await self.open()
        return await self.send("/unlock", passphrase=passphrase)


@functools.cache
def reporter() -> IntakePages:
    """The reporter's pages, read once for all tests of a process."""
    return IntakePages()


@functools.cache
def templates() -> Pages:
    """The application's own templates and sentences, likewise."""
    return Pages()


@asynccontextmanager
async def pages_of(
    desks: RunningDesks, number: int, *, home: DeskHome | None = None, idle: float = IDLE_SECONDS, language: str = "sv"
) -> AsyncIterator[Reader]:
    """The application of one member, and a browser that has not been let in yet."""
    home = home or desks.home(number)
    connect = functools.partial(connector_for, route=Route(socket=desks.socket), tor_folder=home.tor)
    cache = home.folder.with_name(f"{home.folder.name}.cache")
    desk = Desk(home, Link(connect), desks.clock, idle, cache_folder=cache)
    with contextlib.ExitStack() as listening:
        listeners = [listening.enter_context(one) for one in listen()]
        port = listeners[0].getsockname()[1]
        services = Services(
            home,
            desk,
            templates(),
            LocalAddress(new_name(), port),
            Entrance(),
            desks.clock,
            reporter(),
            figures_as_pdf,
            language_code=language,
        )
        app, watch = make_app(services), []

        async def watched(request, response) -> None:
            for look in watch:
                look(request, response)

        app.on_response_prepare.append(watched)
        runner = Runner(app, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        for listener in listeners:
            await web.SockSite(runner, listener).start()
        try:
            async with aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers={"User-Agent", "Content-Type"}
            ) as session:
                yield Reader(session, services, port, watch=watch)
        finally:
            await runner.cleanup()
            await desk.close()
