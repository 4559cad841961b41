"""The relay: one visitor's way from the first byte to the last.

1. A place is taken; when there is none, the connection with the least progress makes room (`relay.places`).
2. The first record has to be a ClientHello for our name, within ten seconds. Anything else is closed without an answer.
3. A stream to the onion, on a circuit that all visitors share (`relay.pool`).
4. The record that was read, and then everything else, both ways and untouched (`relay.link`).

Nothing of a visit is kept or reported: whatever goes wrong, the connection is closed.
"""

import asyncio
import contextlib
import socket
from collections.abc import Sequence

from onion.errors import OnionError
from relay.accepting import accept
from relay.client_hello import MOST_BYTES, NotTls, read_client_hello
from relay.limits import RelayLimits
from relay.link import link
from relay.places import Place, Places
from relay.pool import CircuitPool

# When the kernel gives no descriptor or no memory for one more, it gives none a moment later either.
_PAUSE_SECONDS = 0.05


class Relay:
    """Serves one name on some listening sockets."""

    def __init__(self, name: str, pool: CircuitPool, limits: RelayLimits) -> None:
        self._name = name
        self._pool = pool
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._visits: set[asyncio.Task[None]] = set()
        self.places = Places(limits, self._loop.time)

    async def serve(self, listeners: Sequence[socket.socket]) -> None:
        """Accept for good; cancelled, it ends every visit."""
        try:
            async with asyncio.TaskGroup() as group:
                for listener in listeners:
                    listener.setblocking(False)
                    group.create_task(self._accept(listener))
        finally:
            for visit in self._visits:
                visit.cancel()
            await asyncio.gather(*self._visits, return_exceptions=True)

    async def _accept(self, listener: socket.socket) -> None:
        while True:
            await self._readable(listener)
            while not self.places.may_come():  # noqa: ASYNC110 - what it waits for is time
                await asyncio.sleep(1 / self._limits.evictions_a_second)
            try:
                browser = accept(listener)
            except OSError:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            if browser is not None:
                place = self.places.take()
                place.visit = asyncio.create_task(self._visit(browser, place))
                # Not in the group of the listeners, which ends with the first that fails.
                self._visits.add(place.visit)
                place.visit.add_done_callback(self._visits.discard)

    async def _readable(self, listener: socket.socket) -> None:
        ready = asyncio.Event()
        self._loop.add_reader(listener, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(listener)

    async def _visit(self, browser: socket.socket, place: Place) -> None:
        try:
            with contextlib.suppress(OSError, TimeoutError, NotTls, OnionError), browser:
                await self._forward(browser, place)
        finally:
            self.places.leave(place)

    async def _forward(self, browser: socket.socket, place: Place) -> None:
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
