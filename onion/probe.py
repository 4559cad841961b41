"""Requests an onion's page from outside, through tor, and reports the result in plain words.

`probe` raises nothing for what tor or the onion do: it returns a ProbeResult, whose `reached` means that a web server
answered, whatever its status. An onion can be unreachable for weeks while all seems well on its server, so the keeper
probes its own addresses, and `kallskydd status` shows the result.
"""

import asyncio
import re
import socket
import time
from dataclasses import dataclass

from onion.errors import OnionError
from onion.socks import SocksAddress, socks_connect

__all__ = ["ProbeResult", "SocksAddress", "probe", "socks_connect"]

PORT = 80
ANSWER_BYTES = 4096  # the status line is all that is read of the answer
_NO_ANSWER = "The way to the onion is open, but its web server did not answer."


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of one probe."""

    reached: bool
    seconds: float
    status: int | None  # of the web server's answer
    words: str  # for the operator
    text_key: str  # of the error, or "onion.reached", or "onion.no_answer"
    error: OnionError | None = None  # what tor said, where it opened no way


async def probe(
    socks: SocksAddress,
    address: str,
    *,
    within: float = 30.0,
    isolate: str | None = None,
) -> ProbeResult:
    """Ask the onion for its first page. `address` may come with or without ".onion"."""
    host = f"{address.removesuffix('.onion')}.onion"
    started = time.monotonic()
    try:
        connection = await socks_connect(socks, host, PORT, within=within, isolate=isolate)
    except OnionError as error:
        return ProbeResult(
            reached=False,
            seconds=time.monotonic() - started,
            status=None,
            words=str(error),
            text_key=error.text_key,
            error=error,
        )
    with connection:
        try:
            async with asyncio.timeout(max(0.0, within - (time.monotonic() - started))):
                status = await _status(connection, host)
        except (OSError, TimeoutError):
            status = None
    seconds = time.monotonic() - started
    if status is None:
        return ProbeResult(reached=False, seconds=seconds, status=None, words=_NO_ANSWER, text_key="onion.no_answer")
    words = f"The onion answers, after {seconds:.1f} s."
    return ProbeResult(reached=True, seconds=seconds, status=status, words=words, text_key="onion.reached")


async def _status(connection: socket.socket, host: str) -> int | None:
    """Send a GET request and return the status of the response; None if what comes back is not HTTP."""
    loop = asyncio.get_running_loop()
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    await loop.sock_sendall(connection, request.encode())
    answer = b""
    while b"\r\n" not in answer and len(answer) < ANSWER_BYTES:
        piece = await loop.sock_recv(connection, ANSWER_BYTES)
        if not piece:
            break
        answer += piece
    found = re.match(rb"HTTP/1\.[01] (\d{3})[ \r]", answer)
    return int(found.group(1)) if found else None
