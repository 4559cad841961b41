"""Two ways from a desk to the server's desk onion, as connectors for aiohttp.

Through a tor that runs on the member's computer (SOCKS; the onion's name is resolved by tor and nowhere else), or
straight to the unix socket that the desk onion leads to, for a trial in which the server is the same computer.
What tor answers is put into words here: an observer learns nothing from it, and the member learns what to do.
"""

import re
from pathlib import Path

import aiohttp
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError, ProxyType

from desk.errors import NotReachable

# A desk talks to one server and asks one thing at a time; a second connection lets a file stream beside it.
CONNECTIONS = 2
# tor's extended answers (ExtendedErrors on its SocksPort). python-socks knows the nine of the standard only and puts
# any other into the text of its error; tests/system/test_desk_reach.py pins that text.
_UNKNOWN_REPLY = re.compile(r"reply code: 0[xX]([0-9a-fA-F]{2})")
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


def socks_connector(host: str, port: int) -> aiohttp.BaseConnector:
    """Return the way through a tor's SOCKS port; `rdns` lets tor resolve the name, so nobody else is asked."""
    return ProxyConnector(
        host=host, port=port, proxy_type=ProxyType.SOCKS5, rdns=True, limit=CONNECTIONS, enable_cleanup_closed=False
    )


def socket_connector(path: Path) -> aiohttp.BaseConnector:
    """Return the way through a unix socket of this computer."""
    return aiohttp.UnixConnector(path=str(path), limit=CONNECTIONS)


def in_words(error: BaseException) -> NotReachable:
    """Return what to raise for a failure to connect."""
    if isinstance(error, ProxyConnectionError):
        return NotReachable("reach.no_tor")
    if isinstance(error, (ProxyTimeoutError, TimeoutError)):
        return NotReachable("reach.timed_out")
    if isinstance(error, ProxyError):
        unknown = _UNKNOWN_REPLY.search(str(error))
        if unknown is not None:
            return NotReachable(_TOR_REPLIES.get(int(unknown[1], 16), "desk.not_reachable"))
        return NotReachable("reach.tor_failed")
    if isinstance(error, aiohttp.ClientConnectorError):
        # Through a proxy these come as the three above; what is left is the unix socket.
        return NotReachable("reach.no_socket")
    return NotReachable()
