"""Moves bytes both ways between two sockets, untouched.

1. Each direction has one buffer and reads again only when the other side has taken it: a side that does not read stops
   the sender (back-pressure), and memory is bounded by two buffers.
2. The end of one direction is passed on, and the other goes on until it ends (half-close).
3. An error in either direction, or nothing in both for a while, ends both.
"""

import asyncio
import socket
from collections.abc import Callable


async def link(
    browser: socket.socket,
    onion: socket.socket,
    *,
    piece_bytes: int,
    idle_seconds: float,
    moved: Callable[[int], None],
) -> None:
    """Return when both directions have ended, one failed, or both are idle. `moved` is called for each piece."""
    total = 0

    def count(size: int) -> None:
        nonlocal total
        total += size
        moved(size)

    directions = [
        asyncio.create_task(_carry(source, sink, bytearray(piece_bytes), count))
        for source, sink in ((browser, onion), (onion, browser))
    ]
    pending = set(directions)
    try:
        while pending:
            before = total
            done, pending = await asyncio.wait(pending, timeout=idle_seconds, return_when=asyncio.FIRST_COMPLETED)
            failed = any(one.exception() is not None for one in done)
            if failed or (not done and total == before):
                return
    finally:
        for one in directions:
            one.cancel()
        await asyncio.gather(*directions, return_exceptions=True)


async def _carry(source: socket.socket, sink: socket.socket, buffer: bytearray, moved: Callable[[int], None]) -> None:
    loop = asyncio.get_running_loop()
    with memoryview(buffer) as view:
        while size := await loop.sock_recv_into(source, view):
            await loop.sock_sendall(sink, view[:size])
            moved(size)
    sink.shutdown(socket.SHUT_WR)
