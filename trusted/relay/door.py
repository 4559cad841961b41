"""Accepts connections for one purpose, and gives each a place: what the relay at 443 and the redirect at 80 share.

When no place is left, the connection with the least progress makes room (`trusted.relay.places`). Nothing of a visit is
kept or reported: whatever goes wrong, the connection is closed.
"""

import asyncio
import contextlib
import socket
from abc import ABC, abstractmethod
from collections.abc import Sequence

from trusted.relay.accepting import accept
from trusted.relay.limits import RelayLimits
from trusted.relay.places import Places, Slot

# When the kernel gives no descriptor or no memory for one more, it gives none a moment later either.
_PAUSE_SECONDS = 0.05


class Door(ABC):
    """Serves some listening sockets."""

    def __init__(self, limits: RelayLimits) -> None:
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._visits: set[asyncio.Task[None]] = set()
        self.places = Places(limits, self._loop.time)

    @abstractmethod
    async def attend(self, browser: socket.socket, place: Slot) -> None:
        """Do what this door is for. Raises OSError, TimeoutError among them, where the connection is to be closed."""

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

    async def _visit(self, browser: socket.socket, place: Slot) -> None:
        try:
            with contextlib.suppress(OSError), browser:
                await self.attend(browser, place)
        finally:
            self.places.leave(place)
