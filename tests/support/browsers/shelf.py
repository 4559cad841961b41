"""Pages that were answered once, served again: so that browsers can look at states that only a POST leads to.

`collect` takes every page of a service of its own, and what pages ask for beside themselves; no service is needed after.
"""

from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from visitors.intake_harness import PUBLIC_HOST

from browsers.pages import Rendered, closed_pages, every_page, files_beside, forms, report_pages
from browsers.served import Served, example_home

ORIGIN = f"http://{PUBLIC_HOST}"
_KEPT = ("content-type", "content-security-policy", "referrer-policy", "cache-control")


@dataclass(frozen=True)
class Collected:
    """Every page in every state, and style and pictures by their addresses."""

    pages: tuple[Rendered, ...]
    beside: dict[str, Rendered]

    def named(self, name: str, language: str) -> Rendered:
        return next(page for page in self.pages if (page.name, page.language) == (name, language))

    def at(self, path: str) -> Rendered | None:
        """What the shelf answers here: a page, or a static file."""
        asked = urlsplit(path)
        if asked.path.startswith("/shelf/"):
            _, _, language, name = asked.path.split("/")
            return self.named(name, language)
        return self.beside.get(asked.path)


def collect(folder: Path, languages: Sequence[str] = ()) -> Collected:
    """Everything that a service answers in these languages, or in all."""
    pages: list[Rendered] = []
    (folder / "closed").mkdir()
    with Served(folder / "closed", example_home(folder / "closed" / "home", opened=False)) as served:
        offered = languages or served.made.home.config.languages
        for language in offered:
            pages += served.call(closed_pages, served.desks, language)
    (folder / "open").mkdir()
    with Served(folder / "open") as served:
        for language in offered:
            pages += served.call(every_page, served.desks, language)
        beside = {page.path: page for page in served.call(files_beside, served.desks)}
    return Collected(tuple(pages), beside)


def collect_report(folder: Path, languages: Sequence[str], forms_in: Sequence[str] = ()) -> Collected:
    """The pages of a report, and what they ask for; in `forms_in`, those before it is filed."""
    with Served(folder) as served:
        pages = [page for language in languages for page in served.call(report_pages, served.desks, language)]
        pages += [page for language in forms_in for page in served.call(forms, served.desks, language)]
        beside = {page.path: page for page in served.call(files_beside, served.desks)}
    return Collected(tuple(pages), beside)


def address(page: Rendered) -> str:
    return f"{ORIGIN}/shelf/{page.language}/{page.name}"


class Shelf:
    """A server on a unix socket; `socket` is where an `OnionWay` should lead."""

    def __init__(self, folder: Path, collected: Collected) -> None:
        self.socket = folder / "shelf.sock"
        self._server = _Server(str(self.socket), _Handler)
        self._server.collected = collected
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Shelf:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    collected: Collected

    def handle_error(self, request, client_address) -> None:
        """Browsers hang up when they like."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        page = self.server.collected.at(self.path)
        if page is None:
            self.send_error(404)
            return
        self.send_response(200)
        for name in _KEPT:
            if name in page.headers:
                self.send_header(name, page.headers[name])
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def address_string(self) -> str:
        return "browser"

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
