"""A tenant's way to tor's SOCKS socket: bytes both ways, unread, on a few connections at once.

tor isolates streams by the user name that the tenant's own processes give. A connection that moves nothing holds one of
its tenant's places and nobody else's.
"""

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Final

# The keeper's probe, three of `kallskydd status`, and an order of the mirror's certificate.
MOST_CONNECTIONS: Final = 8
_PIECE_BYTES: Final = 64 * 1024


class Forwarder:
    """The connections of one tenant."""

    def __init__(self) -> None:
        self._connections = 0

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socks: Path) -> None:
        """Connect to tor and copy until both sides have ended, or one is gone; beyond the limit do nothing."""
        if self._connections >= MOST_CONNECTIONS:
            return
        self._connections += 1
        try:
            there, to_tor = await asyncio.open_unix_connection(str(socks))
            try:
                async with asyncio.TaskGroup() as both:
                    both.create_task(_copy(reader, to_tor))
                    both.create_task(_copy(there, writer))
            finally:
                to_tor.close()
        except* OSError:
            # One side is gone, so the other ends as well.
            pass
        finally:
            self._connections -= 1


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE_BYTES):
        target.write(piece)
        await target.drain()
    with suppress(OSError, RuntimeError):
        target.write_eof()
