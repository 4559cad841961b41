"""The server name and the ALPN protocols of a TLS ClientHello, out of the first bytes of a connection.

Two processes read it: the relay, which compares the name and forwards the bytes untouched, and the intake, which has to
know of `acme-tls/1` before it hands the socket to `ssl` (Python chooses no certificate by protocol). No I/O, no state.

`read_client_hello` promises, for any bytes: a ClientHello, None while more is needed, or NotTls. What a browser may
legally do is taken: extensions in any order, GREASE, a message split over several records (RFC 8446, 5.1).
A ClientHello with X25519MLKEM768 is 1.5 to 1.9 KiB, and arrives in one or two segments.
"""

from dataclasses import dataclass
from typing import Final

MOST_BYTES: Final = 16 * 1024  # of records and their headers; the largest ClientHello of a browser takes an eighth
_RECORD_HEADER_BYTES: Final = 5
_MESSAGE_HEADER_BYTES: Final = 4
_HANDSHAKE, _TLS_MAJOR = 0x16, 0x03
_CLIENT_HELLO: Final = 0x01
_MOST_RECORD_BYTES: Final = 2**14
_VERSION_AND_RANDOM_BYTES: Final = 2 + 32
_SERVER_NAME, _ALPN = 0, 16  # RFC 6066, RFC 7301
_HOST_NAME: Final = 0


class NotTls(Exception):
    """What came is no ClientHello, or a larger one than anybody sends."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What the client asks for in the clear. Both are a stranger's words."""

    server_name: str | None
    protocols: tuple[str, ...]


def read_client_hello(data: bytes) -> ClientHello | None:
    """Return the ClientHello at the start of `data`, or None while more bytes are needed; raises NotTls."""
    message, at = bytearray(), 0
    while at < len(data):
        header = data[at : at + _RECORD_HEADER_BYTES]
        if header[0] != _HANDSHAKE or header[1:2] not in (b"", bytes([_TLS_MAJOR])):
            raise NotTls
        if len(header) < _RECORD_HEADER_BYTES:
            break
        size = int.from_bytes(header[3:], "big")
        if not 0 < size <= _MOST_RECORD_BYTES:
            raise NotTls
        at += _RECORD_HEADER_BYTES
        message += data[at : at + size]
        at += size
        found = _read_message(message)
        if found is not None:
            return found
    if len(data) >= MOST_BYTES:
        raise NotTls
    return None


def _read_message(message: bytearray) -> ClientHello | None:
    """Return the ClientHello once its message is whole."""
    if message and message[0] != _CLIENT_HELLO:
        raise NotTls
    if len(message) < _MESSAGE_HEADER_BYTES:
        return None
    end = _MESSAGE_HEADER_BYTES + int.from_bytes(message[1:_MESSAGE_HEADER_BYTES], "big")
    if end > MOST_BYTES:
        raise NotTls
    return _read_body(bytes(message[_MESSAGE_HEADER_BYTES:end])) if len(message) >= end else None


def _read_body(body: bytes) -> ClientHello:
    rest = _Reader(body)
    rest.take(_VERSION_AND_RANDOM_BYTES)
    rest.vector(1)  # session identifier
    rest.vector(2)  # cipher suites
    rest.vector(1)  # compression methods
    extensions = _read_extensions(rest.vector(2)) if rest.left else {}
    if rest.left:
        raise NotTls
    return ClientHello(
        server_name=_read_server_name(extensions[_SERVER_NAME]) if _SERVER_NAME in extensions else None,
        protocols=_read_protocols(extensions[_ALPN]) if _ALPN in extensions else (),
    )


def _read_extensions(content: bytes) -> dict[int, bytes]:
    listed, found = _Reader(content), dict[int, bytes]()
    while listed.left:
        kind = int.from_bytes(listed.take(2), "big")
        # Twice the same would be read one way here and another way by the server that ends the TLS connection.
        if kind in found:
            raise NotTls
        found[kind] = listed.vector(2)
    return found


def _read_server_name(content: bytes) -> str:
    outer = _Reader(content)
    names = _Reader(outer.vector(2))
    # A list of one, for no other kind of name was ever defined and no client sends two.
    if names.take(1)[0] != _HOST_NAME:
        raise NotTls
    name = _text(names.vector(2)).lower()
    if names.left or outer.left:
        raise NotTls
    return name


def _read_protocols(content: bytes) -> tuple[str, ...]:
    outer = _Reader(content)
    names, found = _Reader(outer.vector(2)), list[str]()
    while names.left:
        found.append(_text(names.vector(1)))
    if outer.left:
        raise NotTls
    return tuple(found)


def _text(data: bytes) -> str:
    # Every byte has its letter: Chromium lists protocol names that are no text (GREASE).
    return data.decode("latin-1")


class _Reader:
    """Takes from the front; raises NotTls where less is left than is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise NotTls
        self._at += size
        return self._data[self._at - size : self._at]

    def vector(self, length_bytes: int) -> bytes:
        """Return the content of a vector: its length in so many bytes, then itself."""
        return self.take(int.from_bytes(self.take(length_bytes), "big"))
