"""A way to the intake that serves TLS itself: what the real one does, without an intake, on a port of loopback.

It answers `acme-tls/1` while a challenge is up, and only then, and every other visitor with the certificate it was given.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from kallskydd.serve.mirror import MirrorRefused


def context_of(pem: bytes, *protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    descriptor = os.memfd_create("pem")
    try:
        os.write(descriptor, pem)
        context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
    context.set_alpn_protocols(list(protocols))
    return context


@dataclass
class TlsDoor:
    given: list[bytes] = field(default_factory=list)
    challenges: list[bytes] = field(default_factory=list)
    lowered: int = 0
    refuses: bool = False
    # The challenge is taken and never shown, as when the name leads elsewhere.
    challenge_is_lost: bool = False
    when_raised: Callable[[], object] = lambda: None
    when_visited: Callable[[], object] = lambda: None
    certificate: ssl.SSLContext | None = None
    challenge: ssl.SSLContext | None = None

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ended = False
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 5).close()
        self._thread.join(10)
        self._listener.close()

    def forget(self) -> None:
        """As it was when nothing had come yet."""
        fresh = TlsDoor()
        for name in ("given", "challenges", "lowered", "refuses", "challenge_is_lost", "certificate", "challenge"):
            setattr(self, name, getattr(fresh, name))
        self.when_raised = self.when_visited = lambda: None

    async def give_certificate(self, pem: bytes) -> None:
        if self.refuses:
            raise MirrorRefused("The intake does not take it. Look at it.")
        self.certificate = context_of(pem, "http/1.1")
        self.given.append(pem)

    async def raise_challenge(self, pem: bytes) -> None:
        if self.refuses:
            raise MirrorRefused("The intake does not take it. Look at it.")
        self.challenge = None if self.challenge_is_lost else context_of(pem, "acme-tls/1")
        self.challenges.append(pem)
        self.when_raised()

    async def lower_challenge(self) -> None:
        self.challenge = None
        self.lowered += 1

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._ended:
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            first = connection.recv(4096, socket.MSG_PEEK)
            self.when_visited()
            context = self.challenge if self.challenge and b"\x0aacme-tls/1" in first else self.certificate
            if context is None:
                return
            with context.wrap_socket(connection, server_side=True) as reached:
                if reached.selected_alpn_protocol() != "acme-tls/1":
                    reached.recv(4096)
                    reached.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
