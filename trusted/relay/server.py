"""The relay: one visitor's way from the first byte to the last.

1. A place is taken (`trusted.relay.door`).
2. The first record has to be a ClientHello for our name, within ten seconds. Anything else is closed without an answer.
3. A stream to the onion, on a circuit that all visitors share (`trusted.relay.pool`).
4. The record that was read, and then everything else, both ways and untouched (`trusted.relay.link`).
"""

import asyncio
import contextlib
import socket

from trusted.relay.client_hello import MOST_BYTES, NotTls, read_client_hello
from trusted.relay.door import Door
from trusted.relay.limits import RelayLimits
from trusted.relay.link import link
from trusted.relay.places import Slot
from trusted.relay.pool import CircuitPool, Unreachable


class Relay(Door):
    """Serves one name on some listening sockets."""

    def __init__(self, name: str, pool: CircuitPool, limits: RelayLimits) -> None:
        super().__init__(limits)
        self._name = name
        self._pool = pool

    async def attend(self, browser: socket.socket, place: Slot) -> None:
        """Forward what comes to the onion, and back. Steps 2 to 4."""
        with contextlib.suppress(NotTls, Unreachable):
            async with asyncio.timeout(self._limits.hello_seconds):
                first = await self._read_hello(browser)
            async with self._pool.stream() as onion:
                await self._loop.sock_sendall(onion, first)
                await link(
                    browser,
                    onion,
                    piece_bytes=self._limits.piece_bytes,
                    idle_seconds=self._limits.idle_seconds,
                    moved=place.moved,
                )

    async def _read_hello(self, browser: socket.socket) -> bytes:
        """Return the first bytes, once they hold a ClientHello for our name; raises NotTls."""
        data = b""
        for _ in range(self._limits.hello_pieces):
            piece = await self._loop.sock_recv(browser, MOST_BYTES - len(data))
            if not piece:
                raise NotTls
            data += piece
            hello = read_client_hello(data)
            if hello is not None:
                if hello.server_name != self._name:
                    raise NotTls
                return data
        raise NotTls
