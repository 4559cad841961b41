"""How many connections the application has at most, and whose go first: another account can keep nobody out.

1. A connection that brings no whole head of a request within ten seconds ends, and one that rests as long.
2. Where one too many comes, the oldest that has brought no request of the member's browser ends; hers go last. Only the
   guard says which are hers, so that the one who presses Lock is heard however many others are connected.
3. A loop's turn takes fewer new ones than there is room for: hers is read before it can be the oldest.
4. What is no request gets the empty answer of the guard.
"""

import asyncio
from typing import Any, Final

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from desk.web.local.guard import nothing

CONNECTIONS: Final = 128
HEAD_SECONDS: Final = 10.0
# Of each of the two listeners, in one turn of the loop; three turns go by until the first bytes are read.
BACKLOG: Final = 16


class Connection(RequestHandler):
    """One connection; `is_hers` once the guard has let a request of it through."""

    __slots__ = ("_room", "_wire", "is_hers")

    def __init__(self, room: "dict[Connection, None]", manager: web.Server, **settings: Any) -> None:
        super().__init__(manager, **settings)
        self._room = room
        self._wire: asyncio.BaseTransport | None = None
        self.is_hers = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = transport
        super().connection_made(transport)
        self._room[self] = None
        if len(self._room) > CONNECTIONS:
            next((one for one in self._room if not one.is_hers), next(iter(self._room))).end()

    def connection_lost(self, exc: BaseException | None) -> None:
        self._room.pop(self, None)
        super().connection_lost(exc)

    def handle_error(self, *_what: Any, **_more: Any) -> web.StreamResponse:
        self.close()
        return nothing()

    def end(self) -> None:
        """End it now, whatever it waits for."""
        del self._room[self]
        if isinstance(self._wire, asyncio.Transport):
            # Not `close`, which waits until the other side has read.
            self._wire.abort()


class _Server(web.Server):
    def __init__(self, handler: Any, **settings: Any) -> None:
        super().__init__(handler, **settings)
        self._room: dict[Connection, None] = {}

    def __call__(self) -> RequestHandler:
        return Connection(self._room, self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """The library's runner, with these connections in the place of its own."""

    def __init__(self, app: web.Application, **settings: Any) -> None:
        super().__init__(app, access_log=None, keepalive_timeout=HEAD_SECONDS, **settings)

    async def _make_server(self) -> web.Server:
        # The library makes `web.Server` by name: ours takes over its handler and its way to make requests.
        made = await super()._make_server()
        return _Server(made.request_handler, request_factory=made.request_factory, **self._kwargs)
