"""
The applications of the intake, and how they are served on sockets that were inherited.

`public_app` is what reporters reach, at the onion and at the mirror: its route table is below, and there is nothing
else. The desk's application is made by intake.desk_api.app and served in the same way. The mirror's TLS ends here too,
before any of this reads a byte.

The library's own listening is not used, because it calls listen(2), which the intake has forbidden itself: here
connections are taken from a socket that listens already.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import web

from intake.entrance import ENTRANCE, Entrance
from intake.http.connections import CONNECTION_LIMITS, Connection, ConnectionLimits, Connections
from intake.http.padding import padded
from intake.http.silence import QuietRunner, drop_telltales, quiet_logger, refuse_expect, silent_errors
from intake.inbox.facts import add_facts
from intake.inbox.log_in import log_in, log_in_form
from intake.inbox.meeting import meeting
from intake.inbox.minutes import minutes
from intake.inbox.pages import end, inbox, leave_inbox, look_at_file, take_back, withdraw_case
from intake.inbox.write import write
from intake.mirror.contexts import MirrorContexts
from intake.mirror.stream import TlsStream
from intake.report.progress_page import progress
from intake.report.receipt import check_receipt, next_after_receipt, show_receipt
from intake.report.send import report_form, send_report
from intake.result_page import show_result
from intake.services import SERVICES, Services
from intake.site.count_text import counted
from intake.site.information import INFORMATION_ROUTES
from intake.site.mirror_headers import add_mirror_headers, mirror_headers
from intake.site.origin_check import check_origin
from intake.site.redirects import answered_elsewhere
from intake.site.start import icon, leave, not_found, start, style
from intake.site.tor import enter_mirror, onion_code, over_tor, start_at_mirror

ROUTES: Final[tuple[tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]], ...]] = (
    ("GET", "/", start),
    ("GET", "/report", report_form),
    ("POST", "/report", send_report),
    ("GET", "/progress/{id:[0-9a-f]{32}}", progress),
    ("POST", "/receipt", show_receipt),
    ("POST", "/receipt/check", check_receipt),
    ("POST", "/receipt/next", next_after_receipt),
    ("GET", "/return", log_in_form),
    ("POST", "/return", log_in),
    ("POST", "/inbox", inbox),
    ("POST", "/inbox/write", write),
    ("POST", "/inbox/facts", add_facts),
    ("POST", "/inbox/file", look_at_file),
    ("POST", "/inbox/take-back", take_back),
    ("POST", "/inbox/withdraw", withdraw_case),
    ("POST", "/inbox/minutes", minutes),
    ("POST", "/inbox/meeting", meeting),
    ("POST", "/inbox/end", end),
    ("POST", "/inbox/leave", leave_inbox),
    ("GET", "/page/{address:[0-9a-f]{32}}", show_result),
    ("GET", "/leave", leave),
    *INFORMATION_ROUTES,
    ("GET", "/style.css", style),
    ("GET", "/icon.png", icon),
)
# There alone, besides.
MIRROR_ROUTES: Final = (("GET", "/tor", over_tor), ("GET", "/tor.png", onion_code))
# There, instead of what the onion has at the same path.
MIRROR_INSTEAD: Final = {"/": start_at_mirror}
# Every other path and method: without this the library would answer by itself.
_THE_REST: Final = ("*", "/{rest:.*}", not_found)

_ACCEPTED_AT_A_TIME: Final = 16
_FULL_SECONDS: Final = 0.1
# Also how long a connection may take to send a whole request head; through Tor that takes a second or two.
_KEEPALIVE_SECONDS: Final = 20.0
_SHUTDOWN_SECONDS: Final = 5.0
_LINGER_SECONDS: Final = 2.0
# A browser sends some fifteen headers of at most two hundred bytes. The library's own limits would let a head grow to a
# mebibyte before it is whole.
_LINE_BYTES: Final = 4096
_HEADER_BYTES: Final = 2048
_HEADERS: Final = 48


def public_app(services: Services, entrance: Entrance = Entrance.ONION) -> web.Application:
    """Return what reporters reach at this entrance."""
    at_mirror = entrance is Entrance.MIRROR
    refusing = (silent_errors(services.faults), check_origin)
    middlewares = [counted, padded, *((mirror_headers,) if at_mirror else ()), answered_elsewhere, *refusing]
    app = web.Application(middlewares=middlewares, logger=quiet_logger())
    app[ENTRANCE] = entrance
    if at_mirror:
        enter_mirror(app, services)
    else:
        app[SERVICES] = services
    instead = MIRROR_INSTEAD if at_mirror else {}
    for method, path, at_the_onion in (*ROUTES, *(MIRROR_ROUTES if at_mirror else ()), _THE_REST):
        handler = instead.get(path, at_the_onion)
        app.router.add_route(method, path, handler, expect_handler=refuse_expect)
    app.on_response_prepare.append(drop_telltales)
    if at_mirror:
        app.on_response_prepare.append(add_mirror_headers)
    return app


class Serving:
    """An application on a listening socket. Close it to stop."""

    def __init__(
        self,
        runner: QuietRunner,
        listener: socket.socket,
        connections: Connections,
        make_protocol: Callable[[], asyncio.BaseProtocol],
    ) -> None:
        self._runner = runner
        self._make_protocol = make_protocol
        self._listener = listener
        self._connections = connections
        self._loop = asyncio.get_running_loop()
        self._beginning: set[asyncio.Task[object]] = set()
        self._later: asyncio.TimerHandle | None = None
        self._loop.add_reader(listener.fileno(), self._accept)

    async def close(self) -> None:
        """Take no more connections, let what is under way finish for a moment, then end it."""
        if self._later is not None:
            self._later.cancel()
        self._connections.close()
        self._loop.remove_reader(self._listener.fileno())
        # The keeper has its own descriptor of it: connections that come now wait there for the next intake.
        self._listener.close()
        await self._runner.cleanup()

    def _accept(self) -> None:
        for _ in range(_ACCEPTED_AT_A_TIME):
            if not self._connections.may_come(len(self._beginning)):
                self._pause()
                return
            try:
                # The peer of a unix socket has no address; what is returned as one is not looked at.
                connection = self._listener.accept()[0]
            except BlockingIOError:
                return
            except OSError:
                # Out of descriptors, for a moment: asking again at once would only burn the processor.
                self._pause()
                return
            connection.setblocking(False)
            task = self._loop.create_task(self._begin(connection))
            self._beginning.add(task)
            task.add_done_callback(self._beginning.discard)
            self._connections.came(len(self._beginning))

    async def _begin(self, connection: socket.socket) -> None:
        if self._runner.server is None:
            connection.close()
            return
        try:
            await self._loop.connect_accepted_socket(self._make_protocol, connection)
        except OSError:
            connection.close()

    def _pause(self) -> None:
        self._loop.remove_reader(self._listener.fileno())
        self._later = self._loop.call_later(
            _FULL_SECONDS, lambda: self._loop.add_reader(self._listener.fileno(), self._accept)
        )


async def serve(
    app: web.Application,
    listener: socket.socket,
    limits: ConnectionLimits = CONNECTION_LIMITS,
    *,
    tls: MirrorContexts | None = None,
) -> Serving:
    """Serve the application, silently, on a socket that listens already; with `tls`, by TLS alone."""
    listener.setblocking(False)
    connections = Connections(limits)
    runner = QuietRunner(
        app,
        partial(Connection, connections),
        access_log=None,
        logger=quiet_logger(),
        handle_signals=False,
        keepalive_timeout=_KEEPALIVE_SECONDS,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        # What is left of a refused form has been read by us, within our own bounds; this is for the last bytes of it.
        lingering_time=_LINGER_SECONDS,
        # Nobody asks us to decompress a request, and a small request must not become a large one.
        auto_decompress=False,
        max_line_size=_LINE_BYTES,
        max_field_size=_HEADER_BYTES,
        max_headers=_HEADERS,
    )
    await runner.setup()
    server = runner.server
    if server is None:
        raise RuntimeError
    make_protocol = server if tls is None else partial(TlsStream, tls, connections, server)
    return Serving(runner, listener, connections, make_protocol)
