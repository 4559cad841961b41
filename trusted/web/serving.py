"""
An application of the intake on a socket that was inherited, with nothing that a library would say by itself.

The library's own listening is not used, because it calls listen(2), which the intake has forbidden itself: here
connections are taken from a socket that listens already.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final, TypeAlias

from aiohttp import web
from aiohttp.typedefs import Middleware

from trusted.web.connections import CONNECTION_LIMITS, Connection, ConnectionLimits, Connections
from trusted.web.silence import QuietRunner, drop_telltales, quiet_logger, refuse_expect

Route: TypeAlias = tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]
# What stands on each accepted stream below the application: the mirror's TLS.
OnStream: TypeAlias = Callable[[Connections, Callable[[], asyncio.Protocol]], asyncio.BaseProtocol]

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


def silent_app(routes: Iterable[Route], middlewares: Sequence[Middleware]) -> web.Application:
    """Return an application of these routes that writes no log, and whose answers name neither program nor clock.

    What a handler or middleware raises is answered by the fixed page (silence.py).
    """
    app = web.Application(middlewares=middlewares, logger=quiet_logger())
    for method, path, handler in routes:
        app.router.add_route(method, path, handler, expect_handler=refuse_expect)
    app.on_response_prepare.append(drop_telltales)
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
    on_stream: OnStream | None = None,
) -> Serving:
    """Serve the application, silently, on a socket that listens already; with `on_stream`, on top of that alone."""
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
    make_protocol = server if on_stream is None else partial(on_stream, connections, server)
    return Serving(runner, listener, connections, make_protocol)
