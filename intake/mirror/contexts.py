"""Keys and certificates of the mirror, as the keeper hands them over: each in a sealed file in memory.

No file of the mirror is open to the intake. What it is handed it checks before it serves by it: sealed, of a plain
size, a key that belongs to the first certificate and is not behind a passphrase. What is refused changes nothing. A
handshake that has begun keeps the certificate with which it began, so a renewal costs no connection.

The challenge certificate (RFC 8737) exists while an order is pending, and only for who asks for `acme-tls/1`.
"""

import contextlib
import fcntl
import hashlib
import os
import ssl
from dataclasses import dataclass
from typing import Final

from trusted.relay.client_hello import ClientHello

# Key first, then the chain: of any authority below 16 KiB.
_MOST_BYTES: Final = 64 * 1024
_SEALS: Final = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK
_HTTP: Final = "http/1.1"
_ACME: Final = "acme-tls/1"


class NotUsable(Exception):
    """What was handed over cannot be served by. It carries nothing: a library's text could quote a key."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """By what a handshake is answered, and whether anything follows it."""

    context: ssl.SSLContext
    is_challenge: bool


class MirrorContexts:
    """What is served by now."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._certificate: ssl.SSLContext | None = None
        self._challenge: ssl.SSLContext | None = None
        self._shown = b""

    @property
    def shown(self) -> bytes:
        """The SHA-256 of the certificate that visitors are shown; nothing while there is none."""
        return self._shown

    @property
    def is_empty(self) -> bool:
        """Whether nothing can be answered yet."""
        return self._certificate is None and self._challenge is None

    def take_certificate(self, memory: int) -> None:
        """Serve by this from now on. The descriptor stays the caller's. Raises NotUsable."""
        made = _context(memory, _HTTP)
        self._certificate, self._shown = made, _shown_by(made)

    def take_challenge(self, memory: int) -> None:
        """Answer the authority by this until `end_challenge`. The descriptor stays the caller's. Raises NotUsable."""
        self._challenge = _context(memory, _ACME)

    def end_challenge(self) -> None:
        self._challenge = None

    def choose(self, hello: ClientHello) -> Chosen | None:
        """Return by what to answer, or None for a name that is not ours or where there is nothing yet."""
        if hello.server_name != self._name:
            return None
        if self._challenge is not None and hello.protocols == (_ACME,):
            return Chosen(self._challenge, is_challenge=True)
        return None if self._certificate is None else Chosen(self._certificate, is_challenge=False)


def _context(memory: int, protocol: str) -> ssl.SSLContext:
    try:
        sealed = fcntl.fcntl(memory, fcntl.F_GET_SEALS) & _SEALS == _SEALS
        if not sealed or not 0 < os.fstat(memory).st_size <= _MOST_BYTES:
            raise NotUsable
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # 1.3 alone: the certificate travels sealed, keys are always fresh, and there is nothing to renegotiate.
        made.minimum_version = ssl.TLSVersion.TLSv1_3
        # Neither ticket nor session: two visits of one browser have nothing in common that it was given here.
        made.num_tickets = 0
        made.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
        made.set_alpn_protocols([protocol])
        # A key behind a passphrase must fail here. Without a callback OpenSSL would ask for it on a terminal.
        made.load_cert_chain(f"/proc/self/fd/{memory}", password="")
    except (OSError, ValueError):
        raise NotUsable from None
    return made


def _shown_by(made: ssl.SSLContext) -> bytes:
    """Return the SHA-256 of the certificate that a visitor is shown.

    A handshake in memory: the library names a context's own certificate to nobody else, and reading it out of what was
    handed over would copy the key. Raises NotUsable.
    """
    visitor = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    visitor.check_hostname = False
    visitor.verify_mode = ssl.CERT_NONE
    to_us, to_visitor = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours, theirs = made.wrap_bio(to_us, to_visitor, server_side=True), visitor.wrap_bio(to_visitor, to_us)
    try:
        for side in (theirs, ours, theirs):
            with contextlib.suppress(ssl.SSLWantReadError):
                side.do_handshake()
        certificate = theirs.getpeercert(binary_form=True)
    except (ssl.SSLError, ValueError):
        raise NotUsable from None
    if certificate is None:
        raise NotUsable
    return hashlib.sha256(certificate).digest()
