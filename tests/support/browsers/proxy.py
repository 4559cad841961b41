"""An HTTP proxy for a browser that knows no SOCKS: each request goes on through a SOCKS port, which gets the name."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import socketserver
import threading
from urllib.parse import urlsplit

from onion.socks import socks_connect

SECONDS = 60.0
# What is between the browser and us alone.
_BETWEEN_US = {"connection", "proxy-connection", "keep-alive"}


class WebProxy:
    """`with WebProxy(socks) as proxy:` and then `proxy.port`; nothing else leads out."""

    def __init__(self, socks: int) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.socks = socks
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def __enter__(self) -> WebProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    block_on_close = False
    socks: int

    def handle_error(self, request, client_address) -> None:
        """The browser is told by an answer that does not come."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        asked = urlsplit(self.path)
        host, port = asked.hostname or "", asked.port or 80
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        onion = http.client.HTTPConnection(host, port)
        onion.sock = asyncio.run(socks_connect(("127.0.0.1", self.server.socks), host, port, within=SECONDS))
        onion.sock.settimeout(SECONDS)
        kept = {name: value for name, value in self.headers.items() if name.lower() not in _BETWEEN_US}
        try:
            onion.request(self.command, asked._replace(scheme="", netloc="").geturl(), body or None, kept)
            answer = onion.getresponse()
            page = answer.read()
        finally:
            onion.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {*_BETWEEN_US, "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def address_string(self) -> str:
        return "browser"

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""
