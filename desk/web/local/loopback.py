"""Where the application listens: on both loopbacks of this computer, at one port, or not at all.

Every name under `.localhost` has two addresses: Chromium tries [::1] first, Firefox 127.0.0.1 (measured). Any account
may listen on the one that is left free, and pass everything on after it has read passphrase and cookie.

1. The system draws a free port of 127.0.0.1.
2. The same port of [::1] has to be free too; where somebody listens there, another port is drawn.
3. Only a system without IPv6 is content with 127.0.0.1: nobody can listen on [::1] there.

On Linux a port that somebody listens on can be taken by nobody else, neither at these addresses nor at all addresses
of the computer: `SO_REUSEADDR` shares none that is listened on, and `SO_REUSEPORT` has to be set by both sides.
"""

import contextlib
import errno
import socket
import sys
from typing import Final

from desk.errors import NoPort

LOOPBACK: Final = "127.0.0.1"
_LOOPBACK_6: Final = "::1"
# Who holds nine of ten ports of [::1] keeps the application from starting once in forty thousand times.
_DRAWS: Final = 100
# linux/in6.h; the library has no name for it.
_IPV6_FREEBIND: Final = 78
# A kernel without IPv6; and, where an address cannot be held before it is there, a computer whose loopback has none.
_NO_IPV6: Final = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})


def listen() -> tuple[socket.socket, ...]:
    """Return the sockets, which listen at one port. Raises NoPort, OSError."""
    for _ in range(_DRAWS):
        with contextlib.ExitStack() as held:
            try:
                first = held.enter_context(_listener(socket.AF_INET, LOOPBACK, 0))
                second = _second(first.getsockname()[1])
            except OSError as failed:
                if failed.errno != errno.EADDRINUSE:
                    raise
                continue
            held.pop_all()
            return (first,) if second is None else (first, second)
    raise NoPort


def _second(port: int) -> socket.socket | None:
    """Return the socket of [::1]; None without IPv6."""
    try:
        return _listener(socket.AF_INET6, _LOOPBACK_6, port)
    except OSError as failed:
        if failed.errno in _NO_IPV6:
            return None
        raise


def _listener(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket(family, socket.SOCK_STREAM))
        if family == socket.AF_INET6 and sys.platform == "linux":
            # Some VPN programs switch IPv6 off and on again: [::1] is held while it is away, or it would be free for
            # anybody when it comes back.
            listener.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
        listener.bind((address, port))
        # Two may have bound the port meanwhile; one of them can listen.
        listener.listen()
        held.pop_all()
        return listener
