"""Pages that were answered once, served again: so that browsers can look at states that only a POST leads to.

Everything else that a page asks for, style, pictures and frames, comes from the real service.
"""

from __future__ import annotations

import contextlib
import http.client
import http.server
import socket
import socketserver
import threading
from collections.abc import Iterable
from pathlib import Path

from intake_harness import PUBLIC_HOST

from browsers.pages import Rendered

ORIGIN = f"http://{PUBLIC_HOST}"
_KEPT = ("content-type", "content-security-policy", "referrer-policy", "cache-control")
_PATIENCE_SECONDS = 3.0


def address(page: Rendered) -> str:
    return f"{ORIGIN}/shelf/{page.language}/{page.name}"


class Shelf:
    """A server on a unix socket; `socket` is where an `OnionWay` should lead."""

    def __init__(self, folder: Path, service: Path, pages: Iterable[Rendered]) -> None:
        self.socket = folder / "shelf.sock"
        self._server = _Server(str(self.socket), _Handler)
        self._server.service = service
        self._server.pages = {f"/shelf/{page.language}/{page.name}": page for page in pages}
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
    service: Path
    pages: dict[str, Rendered]

    def handle_error(self, request, client_address) -> None:
        """Browsers hang up when they like."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path)
        if page is None:
            self._from_service()
            return
        self.send_response(200)
        for name in _KEPT:
            if name in page.headers:
                self.send_header(name, page.headers[name])
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def _from_service(self) -> None:
        connection = _UnixConnection(self.server.service)
        with contextlib.closing(connection), contextlib.suppress(TimeoutError):
            connection.request("GET", self.path, headers={"Host": PUBLIC_HOST})
            answer = connection.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() in _KEPT:
                    self.send_header(name, value)
            self.send_header("Connection", "close")
            self.end_headers()
            while piece := answer.read1(65536):
                self.wfile.write(piece)

    def address_string(self) -> str:
        return "browser"

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))
