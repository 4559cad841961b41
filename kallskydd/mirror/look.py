"""A look from outside: what two resolvers say of CAA, and which certificate the mirror shows to a visitor from tor.

Three circuits of their own. The certificate is compared and not verified: what is asked is whether it is ours. What
this cannot see: a host that shows ours to visitors from tor's exits and another to everybody else.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import requests

from kallskydd.mirror.caa import Caa, CaaRecord, deciding_records, judge
from kallskydd.mirror.dns import MESSAGE_BYTES, DnsFault, caa_question, read_caa
from kallskydd.mirror.folder import fingerprint
from kallskydd.mirror.session import ANSWER_SECONDS, connect_through_tor, new_isolation, tor_session
from kallskydd.mirror.shown import Shown
from onion.errors import SocksFailed
from onion.socks import SocksAddress

HTTPS: Final = 443
DNS_MESSAGE: Final = "application/dns-message"
_OK: Final = 200


def caa_at(resolver: str, name: str, socks: SocksAddress, roots: Path | None, *, issuer: str, account: str) -> Caa:
    """Return what one resolver's records come to, asked by DNS over HTTPS (RFC 8484)."""
    with tor_session(socks, roots) as session:

        def ask(asked: str) -> Sequence[CaaRecord]:
            return read_caa(_fetch(session, resolver, caa_question(asked)), asked)

        try:
            return judge(deciding_records(name, ask), issuer, account)
        except (requests.RequestException, DnsFault, OSError):
            return Caa.UNREACHABLE


def certificate_shown(name: str, ours: Sequence[str], socks: SocksAddress) -> tuple[Shown, str | None]:
    """Which certificate a visitor is shown, and, if it is not ours, that one as PEM."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        connection = connect_through_tor(socks, name, HTTPS, new_isolation())
        with connection, context.wrap_socket(connection, server_hostname=name) as reached:
            der = reached.getpeercert(binary_form=True)
    except (SocksFailed, OSError):
        return Shown.UNREACHABLE, None
    if der is None:
        return Shown.UNREACHABLE, None
    return (Shown.OURS, None) if fingerprint(der) in ours else (Shown.OTHER, ssl.DER_cert_to_PEM_cert(der))


def _fetch(session: requests.Session, resolver: str, question: bytes) -> bytes:
    headers = {"Content-Type": DNS_MESSAGE, "Accept": DNS_MESSAGE}
    with session.post(
        resolver, question, headers=headers, timeout=ANSWER_SECONDS, stream=True, allow_redirects=False
    ) as answer:
        if answer.status_code != _OK or answer.headers.get("Content-Type") != DNS_MESSAGE:
            raise DnsFault
        # Undecoded, so that a small answer cannot become a large one; what is cut off does not read as an answer.
        return bytes(answer.raw.read(MESSAGE_BYTES + 1, decode_content=False)[: MESSAGE_BYTES + 1])
