"""One visitor of the mirror: a connection with an address of its own, of which we know each byte that we sent.

TLS is done in memory, so that what went over the wire is known too: the relay sees nothing but that, and whether it
keeps any of it can only be searched for by it. Raises OSError, ssl's among them, when it does not go as it should.
"""

from __future__ import annotations

import re
import socket
import ssl
import struct

_SECONDS = 20.0
_PIECE_BYTES = 16 * 1024
_SAMPLE_BYTES = 24
_SAMPLED_BYTES = 256 * 1024  # one sample of so many
# In the first record: its header, that of the message, and the version come before the client's random bytes.
_RANDOM = slice(11, 43)


class Visitor:
    """Connects at once and greets; `sealed` gets samples of what is sent afterwards."""

    def __init__(
        self,
        place: tuple[str, int],
        source: str | None,
        name: str,
        context: ssl.SSLContext,
        session: ssl.SSLSession | None = None,
    ) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name, session=session)
        self.sealed: list[bytes] = []
        self.random = b""
        self._socket = socket.create_connection(
            place, timeout=_SECONDS, source_address=None if source is None else (source, 0)
        )
        self.port: int = self._socket.getsockname()[1]
        try:
            self._greet()
        except OSError:
            self._socket.close()
            raise

    def _greet(self) -> None:
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._receive()
                continue
            self._flush()
            return

    def send(self, data: bytes) -> None:
        """Send all of it."""
        for at in range(0, len(data), _PIECE_BYTES):
            self._tls.write(data[at : at + _PIECE_BYTES])
            went = self._flush()
            if at % _SAMPLED_BYTES == 0:
                self.sealed.append(went[len(went) // 2 :][:_SAMPLE_BYTES])

    def status(self) -> int | None:
        """Return the number of the answer; None if none came."""
        answer = b""
        while b"\r\n" not in answer:
            try:
                answer += self._tls.read(_PIECE_BYTES)
            except ssl.SSLWantReadError:
                self._receive()
            except ssl.SSLError:  # the other side has ended TLS
                return None
        found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
        return int(found[1]) if found else None

    @property
    def session(self) -> ssl.SSLSession | None:
        """Return what it could show the next time."""
        return self._tls.session

    def known_by(self) -> set[str]:
        """Return by what the other side could know it again: to be asked once an answer has come."""
        given = self._tls.session
        found = {"a ticket"} if given is not None and given.has_ticket else set()
        if given is not None and given.id and not given.has_ticket:
            found.add("a session id")
        return found | ({"a resumed session"} if self._tls.session_reused else set())

    def close(self) -> None:
        """End it as a browser does."""
        self._socket.close()

    def abort(self) -> None:
        """Cut it off, as a line that breaks."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def _flush(self) -> bytes:
        data = self._outgoing.read()
        if not self.random:
            self.random = data[_RANDOM]
        self._socket.sendall(data)
        return data

    def _receive(self) -> None:
        data = self._socket.recv(_PIECE_BYTES)
        if not data:
            raise ConnectionResetError
        self._incoming.write(data)
