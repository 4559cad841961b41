"""A tenant's way to tor's SOCKS socket: bytes both ways, unread, on a few connections at once.

tor isolates streams by the user name that the tenant's own processes give. A connection that moves nothing holds one of
its tenant's places and nobody else's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from onion.errors import OnionError
from onion.socks import SocksAddress

# The keeper's probe, three of `kallskydd status`, and an order of the mirror's certificate.
MOST_CONNECTIONS: Final = 8
_PIECE_BYTES: Final = 64 * 1024


class Forwarder:
    """The connections of one tenant."""

    def __init__(self, socks: Callable[[], Awaitable[SocksAddress]]) -> None:
        """`socks` says where tor listens, or raises an OnionError."""
        self._socks = socks
        self._connections = 0

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect to tor and copy until both sides have ended, or one is gone; beyond the limit end it at once.

        The place is taken before tor is asked for anything, and given back when the connection is closed: a tenant that
        does not take the last piece keeps its own place busy, and no descriptor more.
        """
        if self._connections >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._connections += 1
        try:
            await self._copied(reader, writer)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        finally:
            # When the publisher ends, too, which waits for nobody to take what was sent.
            writer.transport.abort()
            self._connections -= 1

    async def _copied(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            place = await self._socks()
            if not isinstance(place, Path):
                return
            there, to_tor = await asyncio.open_unix_connection(str(place))
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_copy(reader, to_tor))
                    both.create_task(_copy(there, writer))
            finally:
                to_tor.close()
        except* (OSError, OnionError):
            # One side is gone, or there is no tor: the other ends as well.
            pass


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE_BYTES):
        target.write(piece)
        await target.drain()
    with suppress(OSError, RuntimeError):
        target.write_eof()
