"""What a desk must know of its connection to the server's desk onion; what makes the connection is handed in.

It goes through a tor that runs on the member's computer (its connector raises `refused_by_tor`), or straight to the
unix socket behind the desk onion, for a trial in which the server is the same computer. What tor answers is put into
words here: an observer learns nothing from it, and the member learns what to do.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TypeVar

import aiohttp

from desk.errors import NotReachable

Answered = TypeVar("Answered")
# Makes the connector for an address, given the private key of tor's client authorisation, and closes it again.
Connect = Callable[[str, str], AbstractAsyncContextManager[aiohttp.BaseConnector]]
# A desk talks to one server and asks one thing at a time; a second connection lets a file stream beside it.
CONNECTIONS = 2
# A first circuit to an onion can take half a minute on a slow day; a stalled one is given up after this.
CONNECT_SECONDS = 120.0
# tor's extended answers (ExtendedErrors on its SocksPort).
_TOR_REPLIES = {
    0xF0: "reach.no_descriptor",
    0xF1: "reach.bad_descriptor",
    0xF2: "reach.introduction_failed",
    0xF3: "reach.rendezvous_failed",
    0xF4: "reach.key_missing",
    0xF5: "reach.key_wrong",
    0xF6: "reach.bad_address",
    0xF7: "reach.introduction_timed_out",
}
# Answers after which trying again soon can help: the onion was put up a moment ago, or a circuit broke.
PASSING = frozenset(
    {"reach.no_descriptor", "reach.introduction_failed", "reach.rendezvous_failed", "reach.introduction_timed_out"}
)


def socket_connector(path: Path) -> aiohttp.BaseConnector:
    """Return the connector for a unix socket of this computer."""
    return aiohttp.UnixConnector(path=str(path), limit=CONNECTIONS)


def refused_by_tor(reply: int) -> NotReachable:
    """Return what to raise when tor's SOCKS port has refused a connection with this number."""
    return NotReachable(_TOR_REPLIES.get(reply, "reach.tor_failed"))


async def until_connected(
    attempt: Callable[[], Awaitable[Answered]], *, tries: int, pause_seconds: float, until: float | None = None
) -> Answered:
    """Return what a request is answered, made again as long as nothing of it was sent. Raises NotReachable.

    `until`: the moment of the loop's clock after which it is not made again.
    """
    loop = asyncio.get_running_loop()
    for tries_left in reversed(range(tries)):
        try:
            return await attempt()
        except NotReachable as failed:
            # The connector could not connect, so no byte of the request was sent.
            is_late = until is not None and loop.time() + pause_seconds > until
            if failed.text_key not in PASSING or not tries_left or is_late:
                raise
        except TimeoutError as failed:
            # It may have been sent: it is not tried again.
            raise NotReachable("reach.timed_out") from failed
        except aiohttp.ClientConnectorError as failed:
            # Through tor there is none of these; what is left is the unix socket.
            raise NotReachable("reach.no_socket") from failed
        except aiohttp.ClientError as broken:
            raise NotReachable("reach.broke_off") from broken
        await asyncio.sleep(pause_seconds)
    raise NotReachable
