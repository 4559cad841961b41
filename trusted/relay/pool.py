"""The circuits that all visitors share, so that none of them tells one visit from another.

tor puts streams with the same SOCKS user name on the same circuit, and the tor of the onion service sees which circuit
a stream belongs to. A name for each visitor would let it count a visitor's streams; so all visitors share a few random
names, made at the start and again every day, and each stream picks one at random.

1. Only circuits that carry fewer of our streams than the onion accepts are picked.
2. A refused stream is tried on another circuit: the onion may have closed that one, or may still count streams that we
   have closed.
3. There is no second try when tor does not answer (NoTor): it is the same for every circuit.
"""

import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

from trusted.relay.limits import RelayLimits

_NAME_BITS = 128

# Connects through tor under a SOCKS user name; raises NoTor or Unreachable.
Dial = Callable[[str], Awaitable[socket.socket]]


class Unreachable(Exception):
    """There is no stream to the onion now."""


class NoTor(Unreachable):
    """tor does not answer on its SOCKS port."""


@dataclass(slots=True, eq=False, repr=False)
class _Circuit:
    name: str
    streams: int = 0


class CircuitPool:
    """Opens streams to the one onion."""

    def __init__(
        self, dial: Dial, limits: RelayLimits, randomness: Random, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dial = dial
        self._limits = limits
        self._randomness = randomness
        self._clock = clock
        self._renew()

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[socket.socket]:
        """Yield a connection to the onion and close it at the end; try `limits.dials` random circuits at most.

        Raises NoTor or Unreachable.
        """
        if self._clock() - self._made_at >= self._limits.names_seconds:
            self._renew()
        tried: set[_Circuit] = set()
        while True:
            circuit = self._pick(tried)
            tried.add(circuit)
            circuit.streams += 1
            try:
                try:
                    connection = await self._dial(circuit.name)
                except NoTor:
                    raise
                except Unreachable:
                    if len(tried) == self._limits.dials:
                        raise
                    continue
                with connection:
                    yield connection
                return
            finally:
                circuit.streams -= 1

    def _pick(self, tried: set[_Circuit]) -> _Circuit:
        free = [one for one in self._circuits if one not in tried and one.streams < self._limits.streams_a_circuit]
        if not free:
            raise Unreachable
        return self._randomness.choice(free)

    def _renew(self) -> None:
        # Streams that are open on the old circuits stay there, and are no longer counted.
        self._circuits = [
            _Circuit(f"{self._randomness.getrandbits(_NAME_BITS):032x}") for _ in range(self._limits.circuits)
        ]
        self._made_at = self._clock()
