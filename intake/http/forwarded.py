"""A request that brings somebody's address is refused: a proxy that adds it reads what passes, and keeps addresses.

A proxy that ends TLS adds such headers unless it is told not to; on the way through Tor nobody does. The shape of a
name decides, for there are more names than a list could have, and no browser sends one of that shape. A proxy that
calls its header something else passes unnoticed. Their values are not looked at. Such a request gets the fixed page,
nothing of it is stored, and the keeper is given the number with the heartbeat, so that the operator learns of a proxy
that is set up wrongly and nobody learns when somebody came.
"""

import re
from collections.abc import Callable
from typing import Final

from aiohttp import web

_SHAPE: Final = re.compile(
    # An address by what is around it: X-Forwarded-For, X-Original-To, True-Client-IP, X-Remote-Addr, X-Originating-IP.
    r"forward|origina[lt]|client|remote|addr|connecting"
    # Where a visitor is: CloudFront-Viewer-Country, X-Client-Geo-Location.
    r"|country|viewer|\bgeo"
    # An IP address, whatever it is called: X-Real-IP, X-Azure-SocketIP, CF-IPCountry, CF-Pseudo-IPv4.
    r"|\bip|ip\b"
    # A proxy that names itself, by the standard or not: Via, CDN-Loop, CF-Ray.
    r"|\b(?:via|cdn|cf)\b"
    # A gateway from the open web into Tor, which reads everything.
    r"|tor2web"
)


class ForwardedAddresses:
    """How many requests were refused since the one who listens was last told."""

    def __init__(self) -> None:
        self._count = 0
        self.listener: Callable[[int], None] | None = None

    def note(self) -> None:
        self._count += 1

    def tell(self) -> None:
        """Tell the number, if there is any; done with the heartbeat."""
        count, self._count = self._count, 0
        if count and self.listener is not None:
            self.listener(count)


def brings_an_address(request: web.Request) -> bool:
    """Say whether a request has a header by whose name a proxy says from where it came. No value of any is read."""
    return any(_tells_an_address(name) for name in request.headers)


def _tells_an_address(untrusted_name: str) -> bool:
    # Some servers take X_Real_IP for X-Real-IP.
    return _SHAPE.search(untrusted_name.lower().replace("_", "-")) is not None
