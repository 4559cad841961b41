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
from desk.server.reach import Connect

# How long a request waits for a way that is being made. The browser shows its own progress meanwhile.
WAIT_SECONDS: Final = 60.0
STARTING: Final = "reach.starting"


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

    async def connector(self) -> aiohttp.BaseConnector:
        """Return the connector, once it is there. Raises NotReachable."""
        if self._making is not None:
            # The task itself goes on: another request may wait for it as well.
            await asyncio.wait({self._making}, timeout=WAIT_SECONDS)
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

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], patience: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        """Return a connection: this is the method that aiohttp's own connectors override."""
        inner = await self._link.connector()
        try:
            made = await inner._create_connection(req, traces, patience)  # noqa: SLF001 - the seam between connectors
        except NotReachable as failed:
            # A place on the open web is no sign of the server's onion.
            if not req.is_ssl():
                self._link.unanswered = failed.text_key
            raise
        self._link.unanswered = "" if not req.is_ssl() else self._link.unanswered
        return made
