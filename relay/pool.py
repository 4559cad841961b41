"""The circuits that all visitors share, so that none of them tells one visit from another.

tor puts streams with the same SOCKS user name on the same circuit, and the home's tor sees which circuit a stream is
of. A name for each visitor would let it count a visitor's streams; so there are a few names for all, made up at the
start and again each day, and each stream draws one by chance.

1. Only circuits that carry fewer streams of ours than the onion takes are drawn.
2. A stream that is refused is tried on another circuit: the onion may have closed that one, or counts streams of which
   we do not know that they are open still.
3. Without a tor there is no second try: SocksMissing is the same for every circuit.
"""

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from onion.errors import OnionError, SocksMissing, SocksRefused
from relay.limits import RelayLimits

_NAME_BITS = 128

# Connects through tor under a SOCKS user name; raises a leaf of SocksFailed.
Dial = Callable[[str], Awaitable[socket.socket]]


@dataclass(slots=True, eq=False, repr=False)
class _Circuit:
    name: str
    streams: int = 0


class CircuitPool:
    """Opens streams to the one onion."""

    def __init__(
        self, dial: Dial, limits: RelayLimits, chance: Random, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dial = dial
        self._limits = limits
        self._chance = chance
        self._clock = clock
        self._renew()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[socket.socket]:
        """Yield a connection to the onion, closed at the end; raises a leaf of SocksFailed."""
        if self._clock() - self._made_at >= self._limits.names_seconds:
            self._renew()
        tried: set[_Circuit] = set()
        while True:
            circuit = self._draw(tried)
            tried.add(circuit)
            circuit.streams += 1
            try:
                try:
                    connection = await self._dial(circuit.name)
                except SocksMissing:
                    raise
                except OnionError:
                    if len(tried) == self._limits.dials:
                        raise
                    continue
                with connection:
                    yield connection
                return
            finally:
                circuit.streams -= 1

    def _draw(self, tried: set[_Circuit]) -> _Circuit:
        free = [one for one in self._circuits if one not in tried and one.streams < self._limits.streams_a_circuit]
        if not free:
            raise SocksRefused
        return self._chance.choice(free)

    def _renew(self) -> None:
        # What is open on the old ones stays there, and is no longer counted.
        self._circuits = [
            _Circuit(f"{self._chance.getrandbits(_NAME_BITS):032x}") for _ in range(self._limits.circuits)
        ]
        self._made_at = self._clock()
