"""What the relay connects with: the way to the onion through tor's SOCKS port."""

import socket

from onion.errors import OnionError, SocksMissing
from onion.socks import SocksAddress, socks_connect
from trusted.relay.limits import RELAY_LIMITS
from trusted.relay.pool import NoTor, Unreachable


async def connect(
    socks: SocksAddress, onion: str, port: int, circuit: str, *, within: float = RELAY_LIMITS.dial_seconds
) -> socket.socket:
    """Return a connection to the onion; `circuit` is a user name for tor. Raises NoTor or Unreachable."""
    try:
        return await socks_connect(socks, onion, port, within=within, isolate=circuit)
    except SocksMissing:
        raise NoTor from None
    except OnionError:
        raise Unreachable from None
