"""The numbers of the relay: what one visitor may take, and all of them together."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class RelayLimits:
    """Connections, time and memory of one relay."""

    # As many as the intake takes (trusted/web/connections.py). Below the 768 streams of the pool, so that a place is
    # left on some circuit also when four of the twelve are gone.
    connections: int = 512
    # Exempt from making room: at the rate below each newcomer has four seconds to say what it wants.
    newest: int = 256
    evictions_a_second: float = 64.0
    evictions_at_once: int = 16
    # As in the intake: a stalled Tor circuit moves again within this or not at all.
    half_life_seconds: float = 30.0

    # At port 80, each for twelve seconds at most.
    redirects: int = 64
    # A browser's whole head is one or two KiB.
    head_bytes: int = 8 * 1024

    hello_seconds: float = 10.0
    # Browsers send a ClientHello in one or two segments. Each piece is parsed with those before it.
    hello_pieces: int = 32
    # A first circuit to an onion takes some seconds on the public network; browsers give a TLS handshake half a minute.
    dial_seconds: float = 20.0
    dials: int = 3
    # Nothing in either direction. A form that waits for the jail is answered within five minutes, an upload may stall
    # for one (`Limits.idle_seconds` of the intake).
    idle_seconds: float = 600.0
    # Of one direction, so 64 KiB a connection and 32 MiB for all. Larger ones moved 25 MB no faster.
    piece_bytes: int = 32 * 1024
    # What the kernel holds of one direction. By itself it grows to some MiB for a reader who does not read.
    kernel_bytes: int = 256 * 1024

    circuits: int = 12
    # MAX_STREAMS of onion/publisher/onion.py: the onion refuses what is beyond it on one circuit.
    streams_a_circuit: int = 64
    names_seconds: float = 24 * 3600.0

    @property
    def descriptors(self) -> int:
        """Two for each connection, one at port 80, some for listening, the event loop and a dial that is given up."""
        return 2 * self.connections + self.redirects + 64


RELAY_LIMITS: Final = RelayLimits()
