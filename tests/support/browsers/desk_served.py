"""Members' applications beside a whole service, for browsers; and a stranger's web server on this computer.

`DeskServed(folder)` is `Served` with `application(number)`: the pages of one member, at an address that a browser can
open. What the application answered stands in `answered`. `Stranger` serves pages that try to get at it.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

from aiohttp import web
from desks.harness import PASSPHRASE
from desks.pages import Reader, pages_of
from visitors.intake_harness import MadeHome

from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.served import Served

# Names under .localhost are this computer; everything else is nowhere.
_CHROMIUM = ("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE *.localhost",)
_FIREFOX = {"network.proxy.allow_hijacking_localhost": False}


@dataclass
class Answered:
    """One answer of the application: what was asked for, with which cookie, and what came."""

    method: str
    path: str
    site: str
    had_cookie: bool
    status: int
    length: int


@dataclass
class Application:
    """One member's application as a browser meets it."""

    reader: Reader
    answered: list[Answered]

    @property
    def origin(self) -> str:
        return self.reader.services.address.origin

    @property
    def opening(self) -> str:
        """The address that counts once."""
        return f"{self.origin}/open/{self.reader.services.entrance.token}"

    @property
    def is_unlocked(self) -> bool:
        return self.reader.services.desk.is_unlocked


class DeskServed(Served):
    """A service with members' applications."""

    def __init__(self, folder: Path, made: MadeHome | None = None, **more: Any) -> None:
        super().__init__(folder, made, **more)
        self._applications = contextlib.AsyncExitStack()

    def application(self, number: int, **more: Any) -> Application:
        """Start the application of one member."""
        return self.call(self._start, number, more)

    async def _start(self, number: int, more: dict[str, Any]) -> Application:
        reader = await self._applications.enter_async_context(pages_of(self.desks, number, **more))
        answered: list[Answered] = []
        reader.watch.append(lambda request, response: answered.append(_answered(request, response)))
        return Application(reader, answered)

    def __exit__(self, *what: object) -> None:
        with contextlib.suppress(Exception):
            self.call(self._applications.aclose)
        super().__exit__(*what)


def _answered(request: web.Request, response: web.StreamResponse) -> Answered:
    length = len(response.body) if isinstance(response, web.Response) and isinstance(response.body, bytes) else 0
    return Answered(
        request.method,
        request.path,
        request.headers.get("Sec-Fetch-Site", ""),
        "Cookie" in request.headers,
        response.status,
        length,
    )


def desk_browser(kind: type[Chromium] | type[Firefox], **more: Any) -> Chromium | Firefox:
    """An ordinary browser, with scripts, that reaches this computer and nothing else."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    if kind is Chromium:
        return Chromium(port, scripts=True, **{**more, "options": (*_CHROMIUM, *more.get("options", ()))})
    return Firefox(port, safest=False, prefs={**_FIREFOX, **more.get("prefs", {})})


def unlocked_in(person: Chromium | Firefox, application: Application) -> None:
    """Open the application and type the passphrase, as its member does."""
    person.open(application.opening)
    person.wait_for('input[name="passphrase"]')
    person.fill("passphrase", PASSPHRASE)
    person.press("/unlock")


class Stranger:
    """`with Stranger(pages) as stranger:` a web server on another port; `cookies` are those that came to it."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages, self.asked, self.cookies = pages, [], []
        stranger = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                stranger.asked.append(self.path)
                stranger.cookies += self.headers.get_all("Cookie") or []
                page = stranger.pages.get(self.path.split("?")[0], "").encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
