"""The mirror's entrance of an intake in this process, certificates of a private authority, and clients that speak TLS.

`MirrorBrowser` is the harness's browser over TLS on the unix socket; `hello` and `Client` hold every byte in the test's
hands, as far as TLS lets them.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp.typedefs import Middleware
from visitors.intake_harness import Browser, Page, RunningIntake, _listener, make_home, read_answer, running_intake

from intake.app import public_app
from intake.entrance import Entrance
from intake.mirror.contexts import MirrorContexts
from intake.mirror.stream import TlsStream
from trusted.jail.memory_file import MemoryFile
from trusted.web.connections import CONNECTION_LIMITS, ConnectionLimits
from trusted.web.serving import Serving, serve

NAME = "blankett.example"
SETTINGS = f'[mirror]\nname = "{NAME}"\n'


@dataclass(frozen=True)
class Authority:
    """A private one. What it makes is in `folder`, and browsers of the tests believe it and nobody else."""

    folder: Path

    @classmethod
    def new(cls, folder: Path) -> Authority:
        folder.mkdir(parents=True, exist_ok=True)
        made = cls(folder)
        made._openssl(
            "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "3"
        )
        return made

    def pem(self, name: str = NAME, *more: str, file: str = "leaf") -> bytes:
        """A new key and its certificate for this name, as the mirror takes them: key first."""
        out = ("-keyout", f"{file}.key", "-out", f"{file}.pem")
        signed = ("-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-addext", f"subjectAltName=DNS:{name}")
        # By itself it would be one of an authority, which Firefox takes from no server.
        leaf = ("-addext", "basicConstraints=critical,CA:FALSE")
        self._openssl("req", *_KEY, *out, *signed, *leaf, "-subj", f"/CN={name}", *more)
        return (self.folder / f"{file}.key").read_bytes() + (self.folder / f"{file}.pem").read_bytes()

    def challenge(self) -> bytes:
        """A certificate as RFC 8737 has it, signed by itself, with a made-up answer."""
        extension = "1.3.6.1.5.5.7.1.31=critical,DER:0420" + "ab" * 32
        return self.pem(NAME, "-addext", extension, file="challenge")

    def client(self, protocols: tuple[str, ...] = ("http/1.1",)) -> ssl.SSLContext:
        """What a browser has that believes this authority alone."""
        made = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        made.set_alpn_protocols(list(protocols))
        return made

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True, timeout=60)


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class MirrorBrowser(Browser):
    """The same browser, by TLS."""

    scheme = "https"

    def __init__(self, path: Path, authority: Authority, host: str = NAME) -> None:
        super().__init__(path, host)
        self._context = authority.client()

    async def raw(self, sent: bytes) -> Page:
        reader, writer = await asyncio.open_unix_connection(
            str(self.path), ssl=self._context, server_hostname=self.host, ssl_handshake_timeout=30
        )
        try:
            writing = asyncio.ensure_future(_send(writer, sent))
            got = await _read_all(reader)
            await writing
        finally:
            writer.transport.abort()
        return read_answer(got)


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    got = b""
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            got += piece
    return got


async def _send(writer: asyncio.StreamWriter, sent: bytes) -> None:
    with suppress(ConnectionError):
        writer.write(sent)
        await writer.drain()


@dataclass
class RunningMirror:
    """An intake with both entrances."""

    intake: RunningIntake
    authority: Authority
    contexts: MirrorContexts
    socket: Path
    serving: Serving

    def browser(self) -> MirrorBrowser:
        return MirrorBrowser(self.socket, self.authority)

    def certify(self) -> bytes:
        """Hand over a new certificate, as the keeper does."""
        pem = self.authority.pem()
        give(self.contexts.take_certificate, pem)
        return pem

    def open_connections(self) -> int:
        return len(self.serving._connections)


def give(take, pem: bytes) -> None:
    with MemoryFile.sealed(pem) as memory:
        take(memory.fileno())


@asynccontextmanager
async def running_mirror(
    folder: Path, *, connections: ConnectionLimits = CONNECTION_LIMITS, certified: bool = True, **how
) -> AsyncIterator[RunningMirror]:
    authority = Authority.new(folder / "authority")
    made = how.pop("made", None) or make_home(folder / "home", settings=SETTINGS)
    async with (
        running_intake(folder, made, connections=connections, **how) as intake,
        opened_mirror(folder, intake, authority, connections=connections) as mirror,
    ):
        if certified:
            mirror.certify()
        yield mirror


@asynccontextmanager
async def opened_mirror(
    folder: Path,
    intake: RunningIntake,
    authority: Authority,
    *,
    connections: ConnectionLimits = CONNECTION_LIMITS,
    before: Sequence[Middleware] = (),
) -> AsyncIterator[RunningMirror]:
    """The mirror's entrance of an intake that runs, without a certificate yet. `before` sees every request first."""
    contexts = intake.services.mirror_contexts
    path = folder / "mirror.sock"
    app = public_app(intake.services, Entrance.MIRROR)
    app.middlewares[:0] = before
    serving = await serve(app, _listener(path), connections, on_stream=partial(TlsStream, contexts))
    try:
        yield RunningMirror(intake, authority, contexts, path, serving)
    finally:
        await serving.close()


def client_hello(context: ssl.SSLContext, name: str | None = NAME) -> bytes:
    """The first bytes that a client sends."""
    context.check_hostname = name is not None
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


class Client:
    """A client whose records are in the test's hands: TLS by memory, bytes by a socket that does not wait."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext, name: str = NAME) -> None:
        self.connection = connection
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        # Everything that came, as it travelled.
        self.travelled = b""

    async def shake_hands(self) -> None:
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                await self.flush()
                if not await self.take():
                    raise ConnectionResetError from None
            else:
                await self.flush()
                return

    async def write(self, data: bytes) -> None:
        self.tls.write(data)
        await self.flush()

    async def flush(self) -> None:
        await asyncio.get_running_loop().sock_sendall(self.connection, self.outgoing.read())

    async def take(self) -> bool:
        """Read once from the socket; False at its end."""
        data = await asyncio.get_running_loop().sock_recv(self.connection, 65536)
        self.travelled += data
        if data:
            self.incoming.write(data)
        return bool(data)

    async def read_to_end(self) -> bytes:
        got = b""
        while True:
            try:
                piece = self.tls.read(65536)
            except ssl.SSLWantReadError:
                if not await self.take():
                    return got
            else:
                if not piece:
                    return got
                got += piece


def records(travelled: bytes) -> list[tuple[int, int]]:
    """The kind and the size of each record that travelled."""
    found, at = [], 0
    while at + 5 <= len(travelled):
        size = int.from_bytes(travelled[at + 3 : at + 5])
        found.append((travelled[at], size))
        at += 5 + size
    return found


async def connect(path: Path) -> socket.socket:
    """A connection as soon as there is room in the listener's queue."""
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(os.fspath(path))
        except BlockingIOError:
            connection.close()
            await asyncio.sleep(0.01)
        else:
            return connection


async def until(condition, seconds: float = 20.0) -> None:
    """Return once this is so."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def is_ended(connection: socket.socket) -> bool:
    """Read once; whether the other side has closed."""
    with suppress(ConnectionError):
        return await asyncio.get_running_loop().sock_recv(connection, 65536) == b""
    return True


def head(host: str = NAME, path: str = "/", headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"
