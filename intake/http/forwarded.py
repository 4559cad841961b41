"""A request that brings somebody's address is refused: a proxy that adds it reads what passes, and keeps addresses.

A proxy that ends TLS adds such headers unless it is told not to; on the way through Tor nobody does. Their values are
not looked at. Such a request gets the fixed page, nothing of it is stored, and the keeper is given the number with the
heartbeat, so that the operator learns of a proxy that is set up wrongly and nobody learns when somebody came.
"""

from collections.abc import Callable
from typing import Final

from aiohttp import web

# X-Forwarded-For, -Host, -Proto, -Port, -Server, -By and whatever else comes to mind.
_PREFIXES: Final = ("forward", "x-forward", "x-original-for")
# Of the standard (RFC 7239, RFC 9110), and of products.
_NAMES: Final = frozenset(
    {
        "via", "x-real-ip", "real-ip", "true-client-ip", "client-ip", "x-client-ip", "x-true-client-ip",
        "x-cluster-client-ip", "x-originating-ip", "x-remote-ip", "x-remote-addr", "remote-addr", "remote-ip",
        "x-proxyuser-ip", "x-host-ip", "wl-proxy-client-ip", "proxy-client-ip",
        "cf-connecting-ip", "cf-connecting-ipv6", "cf-pseudo-ipv4", "cf-ipcountry", "cf-worker",
        "fastly-client-ip", "fly-client-ip", "do-connecting-ip", "cloudfront-viewer-address", "x-vercel-forwarded-for",
        "x-azure-clientip", "x-azure-socketip", "x-appengine-user-ip", "x-envoy-external-address",
        "x-nf-client-connection-ip", "ali-cdn-real-ip", "incap-client-ip", "x-sucuri-clientip",
        # A gateway from the open web into Tor, which reads everything.
        "x-tor2web",
    }
)  # fmt: skip


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
    """Say whether a request has a header that says from where it came. No value of any is read."""
    return any(_tells_an_address(name) for name in request.headers)


def _tells_an_address(untrusted_name: str) -> bool:
    # Some servers take X_Real_IP for X-Real-IP.
    name = untrusted_name.lower().replace("_", "-")
    return name in _NAMES or name.startswith(_PREFIXES)
