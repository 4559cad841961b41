"""The way to the server: made once, kept while the application runs, and replaced when it has broken.

A tor of the desk's own takes some ten seconds to start, on a bad network a minute; cases that were fetched before can
be read meanwhile. A request that needs the server waits for the way, and fails with the reason when there is none.
"""

import asyncio
import contextlib
import enum
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from desk.errors import NotReachable
from desk.server.reach import CONNECT_SECONDS, Connect

# How long a request that is in no hurry waits for a way that is being made.
WAIT_SECONDS: Final = 60.0
# A request that is in a hurry stops waiting for the way so much earlier, and says why there is none.
_SOONER_SECONDS: Final = 0.5
STARTING: Final = "reach.starting"
_PATIENT: Final = aiohttp.ClientTimeout(connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS)


class LinkState(enum.Enum):
    """Whether there is a way."""

    CLOSED = enum.auto()
    STARTING = enum.auto()
    UP = enum.auto()
    DOWN = enum.auto()


class Link:
    """The way to one server's desk address."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._made: aiohttp.BaseConnector | None = None
        self._stack = contextlib.AsyncExitStack()
        self._making: asyncio.Task[None] | None = None
        # Why there is no way: a text key.
        self.reason = ""
        # Why the last request found nobody at the end of the way; nothing once one has.
        self.unanswered = ""

    @property
    def state(self) -> LinkState:
        if self._made is not None:
            return LinkState.UP
        if self._making is not None and not self._making.done():
            return LinkState.STARTING
        return LinkState.DOWN if self.reason else LinkState.CLOSED

    @property
    def why(self) -> str:
        """Why the server is not asked at the moment: a text key."""
        return STARTING if self.state is LinkState.STARTING else self.reason or self.unanswered or "reach.timed_out"

    def open(self, address: str, onion_private: str) -> None:
        """Begin to make the way, unless there is one or it is being made."""
        if self.state in {LinkState.CLOSED, LinkState.DOWN}:
            self.reason = ""
            self._making = asyncio.create_task(self._make(address, onion_private))

    async def _make(self, address: str, onion_private: str) -> None:
        try:
            self._made = await self._stack.enter_async_context(self._connect(address, onion_private))
        except NotReachable as failed:
            self.reason = failed.text_key

    async def connector(self, patience: float | None = None) -> aiohttp.BaseConnector:
        """Return the connector, once it is there. Raises NotReachable."""
        wait = min(WAIT_SECONDS, (patience or WAIT_SECONDS) - _SOONER_SECONDS)
        if self._making is not None:
            # The task itself goes on: another request may wait for it as well.
            await asyncio.wait({self._making}, timeout=wait)
        if self._made is None:
            raise NotReachable(self.reason or STARTING)
        return self._made

    async def close(self) -> None:
        """End what was started for the way. A request that waits for it fails."""
        self.reason = self.unanswered = ""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)
        self._making, self._made = None, None
        await self._stack.aclose()


class LinkConnector(aiohttp.BaseConnector):
    """Connections over a link that may still be in the making. Raises NotReachable with the link's reason."""

    def __init__(self, link: Link, limit: int) -> None:
        super().__init__(limit=limit)
        self._link = link
        self._making: set[asyncio.Future[ResponseHandler]] = set()

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], patience: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        """Return a connection: this is the method that aiohttp's own connectors override."""
        inner = await self._link.connector(patience.sock_connect)
        # It goes on when the one who asked gives up: the circuit is there for the next who asks.
        making = asyncio.ensure_future(inner._create_connection(req, traces, _PATIENT))  # noqa: SLF001 - the seam
        self._making.add(making)
        making.add_done_callback(self._making.discard)
        try:
            made = await asyncio.shield(making)
        except asyncio.CancelledError:
            making.add_done_callback(_let_go)
            raise
        except NotReachable as failed:
            # A place on the open web is no sign of the server's onion.
            if not req.is_ssl():
                self._link.unanswered = failed.text_key
            raise
        self._link.unanswered = "" if not req.is_ssl() else self._link.unanswered
        return made


def _let_go(made: "asyncio.Future[ResponseHandler]") -> None:
    """Close a connection that nobody waits for any more."""
    if not made.cancelled() and made.exception() is None:
        made.result().close()
