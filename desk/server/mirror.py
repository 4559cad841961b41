"""The reporters' website on the open web, reached as a stranger reaches it: through an exit of tor, and by TLS.

The server says over the desk onion which host it is and which certificate is served there now. A connection stands only
when the certificate is one that browsers accept for that host, and that very one: a certificate of somebody else, who
reads along between browser and intake, can be one that every browser accepts. Nothing is sent before.

A desk that reaches its server without tor, as in a trial, makes no such connection: the website would see from where.
"""

import hashlib
import ssl
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
from aiohttp.client_proto import ResponseHandler

from cases.wire.messages import RosterAnswer
from desk.errors import NotReachable, OtherCertificate
from trusted.crypto.envelope import same

# What tor says of an onion that is away, and of an exit that does not come there, in one number.
_AWAY: Final = frozenset({"reach.tor_failed", "reach.timed_out", "reach.broke_off"})


@dataclass(frozen=True, slots=True)
class Mirror:
    """The website, as the server names it."""

    # With a port where that is not the one of https.
    host: str
    certificate: bytes

    @property
    def origin(self) -> str:
        return f"https://{self.host}"


def mirror_of(answer: RosterAnswer) -> Mirror | None:
    """Return what the server says of its website; None when it has none."""
    host = answer.mirror.rstrip()
    return Mirror(host, answer.mirror_certificate) if host else None


def stock_trust() -> ssl.SSLContext:
    """Return which authorities are believed: those of this computer, as its browsers do."""
    trust = ssl.create_default_context()
    trust.set_alpn_protocols(["http/1.1"])
    return trust


class MirrorConnector(aiohttp.BaseConnector):
    """Connections to the website, through a connector of tor's. Raises NotReachable, OtherCertificate."""

    def __init__(self, through: aiohttp.BaseConnector, mirror: Mirror) -> None:
        super().__init__(limit=through.limit)
        self._through = through
        self._mirror = mirror

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], patience: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        """Return a connection: this is the method that aiohttp's own connectors override."""
        try:
            made = await self._through._create_connection(req, traces, patience)  # noqa: SLF001 - the seam between connectors
        except ssl.SSLCertVerificationError as failed:
            raise OtherCertificate("probe.mirror_not_accepted") from failed
        except OSError as failed:
            raise NotReachable("probe.mirror_away") from failed
        except NotReachable as failed:
            raise NotReachable("probe.mirror_away" if failed.text_key in _AWAY else failed.text_key) from failed
        try:
            self._require_ours(made)
        except BaseException:
            made.close()
            raise
        return made

    def _require_ours(self, made: ResponseHandler) -> None:
        tls = None if made.transport is None else made.transport.get_extra_info("ssl_object")
        if tls is None:
            # A unix socket of this computer: no tor, and no TLS.
            raise NotReachable("probe.mirror_needs_tor")
        shown = hashlib.sha256(tls.getpeercert(binary_form=True)).digest()
        if not same(shown, self._mirror.certificate):
            raise OtherCertificate
