"""What the relay stands between: a TLS server, a SOCKS that leads to it, and browsers with addresses of their own."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from onion.control import open_controller
from trusted.relay.limits import RELAY_LIMITS, RelayLimits
from trusted.relay.pool import CircuitPool
from trusted.relay.server import Relay

NAME = "spegel.example"
ONION = "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid.onion"
CLOSED_SECONDS = 60.0  # until the program has closed itself, on a busy computer
PAGE = 20_000  # bytes of an answer
# Whatever a test opened, for the end of it.
OPENED: list[asyncio.StreamWriter] = []
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's, with a certificate for our name that only this client knows."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={NAME}",
         "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    # As at the home's mirror entrance.
    server.num_tickets, server.minimum_version = 0, ssl.TLSVersion.TLSv1_3
    server.options |= ssl.OP_NO_TICKET
    return server, ssl.create_default_context(cafile=str(certificate))


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take requests of eight bytes of length and so many bytes; answer each with their hash and a page."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        while True:
            size = int.from_bytes(await reader.readexactly(8), "big")
            seen = hashlib.sha256()
            while size:
                piece = await reader.read(min(size, 65536))
                if not piece:
                    return
                seen.update(piece)
                size -= len(piece)
            writer.write(seen.digest() + bytes(PAGE))
            await writer.drain()
    writer.close()


class Socks:
    """SOCKS5 with user names, in which every name leads to one port; `refuses` says which user is told no."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.users: list[str] = []
        self.asked: list[tuple[str, int]] = []
        self.refuses: Callable[[str], bool] = lambda _: False
        self.open: dict[str, int] = {}
        self.most: dict[str, int] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            await self._serve(reader, writer)
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(3)
        writer.write(b"\x05\x02")
        await reader.readexactly(1)
        user = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        await reader.readexactly((await reader.readexactly(1))[0])
        writer.write(b"\x01\x00")
        await reader.readexactly(4)
        host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        self.asked.append((host, int.from_bytes(await reader.readexactly(2), "big")))
        self.users.append(user)
        if self.refuses(user):
            writer.write(b"\x05\x05\x00\x01" + bytes(6))
            return
        onward, out = await asyncio.open_connection("127.0.0.1", self.target)
        OPENED.append(out)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        self.open[user] = self.open.get(user, 0) + 1
        self.most[user] = max(self.most.get(user, 0), self.open[user])
        try:
            await asyncio.gather(_pump(reader, out), _pump(onward, writer))
        finally:
            self.open[user] -= 1
            out.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(65536):
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


@contextlib.asynccontextmanager
async def cut_at_the_end() -> AsyncIterator[Callable[[Handler], Handler]]:
    """What makes a handler one whose connections, like all that a test opened, are cut when the block ends.

    A server that is closed leaves its connections open. Those that outlive their loop fail whichever test runs when
    Python comes upon them.
    """
    at_work: set[asyncio.Task[None]] = set()

    def kept_in_mind(handler: Handler) -> Handler:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            OPENED.append(writer)
            at_work.add(asyncio.current_task())
            await handler(reader, writer)

        return handle

    try:
        yield kept_in_mind
    finally:
        for task in at_work:
            task.cancel()
        for writer in OPENED:
            writer.transport.abort()
        await asyncio.gather(*at_work, return_exceptions=True)
        OPENED.clear()
        await asyncio.sleep(0.05)


class Site:
    """The server and the SOCKS, and as many relays before them as are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server_context, self.client_context = contexts(folder)
        self.port = self.relay_port = 0

    @contextlib.asynccontextmanager
    async def up(self, serve=None, *, tls: bool = False) -> AsyncIterator[Site]:
        """With `serve` another server takes the place of ours, plain unless it is to have `tls`."""
        kept = {"ssl": self.server_context} if serve is None or tls else {}
        async with cut_at_the_end() as kept_in_mind:
            server = await asyncio.start_server(kept_in_mind(serve or answer), "127.0.0.1", 0, backlog=1024, **kept)
            self.socks = Socks(server.sockets[0].getsockname()[1])
            proxy = await asyncio.start_server(kept_in_mind(self.socks.serve), "127.0.0.1", 0, backlog=1024)
            self.port = proxy.sockets[0].getsockname()[1]
            try:
                yield self
            finally:
                proxy.close()
                server.close()

    @contextlib.asynccontextmanager
    async def relay(self, **limits: object) -> AsyncIterator[Relay]:
        """A relay in this process, with limits of the test's own."""
        chosen: RelayLimits = replace(RELAY_LIMITS, **limits)

        async def dial(name: str) -> socket.socket:
            from relay.through_tor import connect

            return await connect(("127.0.0.1", self.port), ONION, 443, name, within=chosen.dial_seconds)

        relay = Relay(NAME, CircuitPool(dial, chosen, random.Random(13)), chosen)
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            self.relay_port = listener.getsockname()[1]
            serving = asyncio.create_task(relay.serve([listener]))
            try:
                yield relay
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def process(
        self,
        program: tuple[str, ...] = (sys.executable, "-I", "-m", "kallskydd"),
        *,
        onion: str = ONION,
        also: tuple[str, ...] = (),
    ) -> AsyncIterator[int]:
        """`kallskydd relay` itself; gives the pid of the process that forwards."""
        self.relay_port = free_port()
        command = [*program, "relay", "--listen", f"127.0.0.1:{self.relay_port}", "--onion", f"{onion}:443"]
        command += ["--name", NAME, "--tor", f"127.0.0.1:{self.port}", *also]
        running = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=self.folder
        )
        try:
            while (child := child_of(running.pid, "--parent")) is None:
                await asyncio.sleep(0.05)
            while "Seccomp:\t2" not in Path(f"/proc/{child}/status").read_text():
                await asyncio.sleep(0.05)
            yield child
        finally:
            if running.returncode is None:
                running.send_signal(signal.SIGTERM)
            self.said = b"".join(await running.communicate())

    async def browse(self, source: str = "127.0.0.1", *, at: tuple[str, int] | None = None) -> Browsing:
        """A connection with TLS, through the relay."""
        pair = await asyncio.open_connection(
            *(at or ("127.0.0.1", self.relay_port)),
            ssl=self.client_context,
            server_hostname=NAME,
            local_addr=(source, 0),
        )
        OPENED.append(pair[1])
        return Browsing(*pair)


@contextlib.asynccontextmanager
async def site_on_tor(site: Site, control: Path) -> AsyncIterator[str]:
    """The server behind port 443 of an onion that the tor with this control socket publishes; gives the address."""
    async with cut_at_the_end() as kept_in_mind:
        place = control.parent / "site"
        server = await asyncio.start_unix_server(kept_in_mind(answer), place, ssl=site.server_context)
        place.chmod(0o666)
        with open_controller(control) as controller:
            onion = controller.create_ephemeral_hidden_service(
                {443: f"unix:{place}"}, detached=True, await_publication=True
            )
        try:
            yield f"{onion.service_id}.onion"
        finally:
            server.close()
            place.unlink()
            with open_controller(control) as controller:
                controller.remove_ephemeral_hidden_service(onion.service_id)


class Browsing:
    """One connection of a browser."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.local: tuple[str, int] = writer.get_extra_info("sockname")

    async def ask(self, body: bytes = b"") -> bool:
        """Send this and read the page; says whether it arrived whole."""
        self.writer.write(len(body).to_bytes(8, "big") + body)
        await self.writer.drain()
        got = await self.reader.readexactly(32 + PAGE)
        return got[:32] == hashlib.sha256(body).digest()

    def close(self) -> None:
        self.writer.transport.abort()


async def raw(port: int, data: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that has sent these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    OPENED.append(writer)
    writer.write(data)
    return reader, writer


async def ended(reader: asyncio.StreamReader, within: float = 5.0) -> bytes:
    """What still came until the other side closed."""
    async with asyncio.timeout(within):
        with contextlib.suppress(ConnectionError):
            return await reader.read()
        return b""


@functools.cache
def hello(name: str | None = NAME) -> bytes:
    """What Python's own OpenSSL sends first."""
    context = ssl.create_default_context()
    context.check_hostname = name is not None
    outgoing = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name).do_handshake()
    return outgoing.read()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def child_of(pid: int, word: str) -> int | None:
    """The child of this process with such a word in its command line."""
    for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            if word.encode() in Path(f"/proc/{one}/cmdline").read_bytes():
                return int(one)
    return None


def memory_of(pid: int) -> bytes:
    """All memory of a process that can be read."""
    found = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if rights.startswith("r"):
                with contextlib.suppress(OSError, OverflowError):
                    os.lseek(memory.fileno(), start, os.SEEK_SET)
                    found.append(memory.read(end - start))
    return b"".join(found)


def resident(pid: int) -> int:
    """Bytes of memory of its own and shared, by its share (PSS)."""
    with open(f"/proc/{pid}/smaps_rollup") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


class RelayProgram:
    """`kallskydd relay`, killed and started again on the same port."""

    def __init__(self, onion: str, socks: tuple[str, int], name: str) -> None:
        self.place = ("127.0.0.1", free_port())
        self._words = ["--listen", f"127.0.0.1:{self.place[1]}", "--onion", f"{onion}:443", "--name", name]
        self._words += ["--tor", f"{socks[0]}:{socks[1]}"]
        self._running: subprocess.Popen | None = None

    def start(self) -> None:
        self._running = subprocess.Popen(
            [sys.executable, "-I", "-m", "kallskydd", "relay", *self._words],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + CLOSED_SECONDS
        while (child := child_of(self._running.pid, "--parent")) is None or not _is_closed(child):
            assert time.monotonic() < deadline
            assert self._running.poll() is None
            time.sleep(0.05)

    def kill(self) -> None:
        """As the mirror's host would lose its power: at once, every connection with it."""
        child = child_of(self._running.pid, "--parent")
        for pid in (self._running.pid, child):
            os.kill(pid, signal.SIGKILL)
        self._running.wait()

    def start_again(self) -> None:
        self.kill()
        self.start()


def _is_closed(pid: int) -> bool:
    return "Seccomp:\t2" in Path(f"/proc/{pid}/status").read_text()
