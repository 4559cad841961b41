"""The browsers' only way out: a SOCKS port on loopback that knows onions and nothing else.

Every .onion name leads to one unix socket, as tor would lead it there, or on to the SOCKS port of a tor; a mirror's name
leads to its relay; anything else is refused and remembered, so that a test can say what a browser asked for. What is asked of the onion is remembered too,
request line by request line.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from pathlib import Path

_REQUEST = re.compile(rb"^(GET|POST|HEAD|OPTIONS|PUT) (\S+) HTTP/1\.1\r\n")
_DOMAIN = 3
_ADDRESS_BYTES = {1: 4, 4: 16}
_GRANTED = b"\x05\x00\x00\x01" + bytes(6)
TRIES, TRY_SECONDS = 4, 12.0
_NOT_REACHABLE = b"\x05\x04\x00\x01" + bytes(6)


class OnionWay:
    """A SOCKS5 server; `names` are the hosts asked for, `requests` what was asked of the onion."""

    def __init__(
        self, target: Path | tuple[str, int] | None, *, mirror: tuple[str, Path | tuple[str, int]] | None = None
    ) -> None:
        """`target` is the service's own socket, or host and port of a tor's SOCKS port; `mirror` a name and where it is.

        That is its relay, or the mirror's own socket.
        """
        self._target = target
        self._mirror = mirror
        self.carried = 0  # bytes from browsers
        # Every connection breaks off once browsers have sent so many bytes in all.
        self.breaks_at: int | None = None
        self.names: list[str] = []
        self.requests: list[tuple[str, str]] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket | None] = set()
        self._circuit = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def foreign(self) -> list[str]:
        """The names that are no onions: a browser asked for something that is not ours."""
        return [name for name in self.names if not name.endswith(".onion")]

    def forget(self) -> None:
        self.names.clear()
        self.requests.clear()

    def __enter__(self) -> OnionWay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in filter(None, list(self._open)):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, browser: socket.socket) -> None:
        self._open.add(browser)
        onion = None
        try:
            with browser:
                host, port = _asked(browser)
                self.names.append(host)
                onion = self._led(host, port)
                if onion is None:
                    browser.sendall(_NOT_REACHABLE)
                    return
                self._open.add(onion)
                with onion:
                    browser.sendall(_GRANTED)
                    back = threading.Thread(target=_pump, args=(onion, browser), daemon=True)
                    back.start()
                    _pump(browser, onion, self._note)
                    back.join()
        except OSError:
            return
        finally:
            self._open -= {browser, onion}

    def _led(self, host: str, port: bytes) -> socket.socket | None:
        """The way on from here, or None. Raises OSError when there is none just now."""
        if self._mirror is not None and host == self._mirror[0]:
            place = self._mirror[1]
            return _unix(place) if isinstance(place, Path) else socket.create_connection(place, TRY_SECONDS)
        if self._target is None or not host.endswith(".onion"):
            return None
        return self._connected(host, port)

    def _connected(self, host: str, port: bytes) -> socket.socket:
        """The way to the onion. Raises OSError when there is none.

        All connections share a circuit. Now and then one stalls for a minute; then they all take another.
        """
        if isinstance(self._target, Path):
            return _unix(self._target)
        for tries_left in reversed(range(TRIES)):
            circuit = self._circuit
            onion = socket.create_connection(self._target, TRY_SECONDS)
            try:
                _ask(onion, host, port, b"circuit %d" % circuit)
            except OSError:
                onion.close()
                self._circuit = max(self._circuit, circuit + 1)
                if not tries_left:
                    raise
            else:
                onion.settimeout(None)
                return onion
        raise ConnectionError

    def _note(self, sent: bytes) -> None:
        self.carried += len(sent)
        if self.breaks_at is not None and self.carried > self.breaks_at:
            raise ConnectionAbortedError
        # Browsers begin each request with a packet of its own.
        if found := _REQUEST.match(sent):
            self.requests.append((found[1].decode(), found[2].decode()))


def _unix(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def _asked(browser: socket.socket) -> tuple[str, bytes]:
    """Read a SOCKS5 greeting and request; the name and port asked for."""
    _version, methods = _exactly(browser, 2)
    _exactly(browser, methods)
    browser.sendall(b"\x05\x00")
    _version, _command, _reserved, kind = _exactly(browser, 4)
    if kind == _DOMAIN:
        host = _exactly(browser, _exactly(browser, 1)[0]).decode()
    else:
        host = _exactly(browser, _ADDRESS_BYTES[kind]).hex()
    return host, _exactly(browser, 2)


def _ask(tor: socket.socket, host: str, port: bytes, circuit: bytes) -> None:
    """Ask a tor for an onion, on the circuit of this name. Raises OSError when it does not get there."""
    tor.sendall(b"\x05\x01\x02")
    _exactly(tor, 2)
    tor.sendall(bytes([1, len(circuit)]) + circuit + b"\x01x")
    _exactly(tor, 2)
    tor.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port)
    answer = _exactly(tor, len(_GRANTED))
    if answer[1]:
        raise ConnectionError


def _exactly(stream: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        piece = stream.recv(size - len(got))
        if not piece:
            raise ConnectionError
        got += piece
    return got


def _pump(source: socket.socket, sink: socket.socket, note=None) -> None:
    try:
        while piece := source.recv(65536):
            if note is not None:
                note(piece)
            sink.sendall(piece)
    except OSError:
        pass
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
