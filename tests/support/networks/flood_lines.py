"""Connections of benchmarks/flood.py and its attacks, and one visitor who sends requests on them: plain, or by TLS."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from visitors.intake_harness import Browser, Form, Page, read_answer

from networks.mirror_harness import Authority, Client

AGAIN_SECONDS = 0.05
_READ_BYTES = 65536


@dataclass
class Line:
    """One connection. What is not asked for is not read."""

    connection: socket.socket
    tls: Client | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    async def send(self, content: bytes) -> None:
        if self.tls is None:
            await asyncio.get_running_loop().sock_sendall(self.connection, content)
        else:
            await self.tls.write(content)

    async def receive(self, most: int = _READ_BYTES) -> bytes:
        """Nothing at the end."""
        if self.tls is None:
            return await asyncio.get_running_loop().sock_recv(self.connection, most)
        while True:
            try:
                return self.tls.tls.read(most)
            except ssl.SSLZeroReturnError:
                return b""
            except ssl.SSLWantReadError:
                if not await self.tls.take():
                    return b""

    async def receive_all(self) -> bytes:
        """What comes before the end; a reset is an end."""
        got = bytearray()
        with suppress(ConnectionError):
            while piece := await self.receive():
                got += piece
        return bytes(got)


class Visitor(Browser):
    """Sends requests as a browser does, one connection each; or brings a connection for what no browser does."""

    def __init__(self, path: str, host: str, authority: str | None = None, *, patient: bool = True) -> None:
        """`authority` is the folder of the one that the mirror's certificate is of.

        `patient`: a full queue is asked again. asyncio takes that of a unix socket for a connection, and tor gives up.
        """
        super().__init__(Path(path), host)
        self.scheme = "http" if authority is None else "https"
        self.context = None if authority is None else Authority(Path(authority)).client()
        self._patient = patient

    async def connect(self) -> Line:
        """A connection, before any handshake."""
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.setblocking(False)
            try:
                connection.connect(str(self.path))
            except BlockingIOError:
                connection.close()
                if not self._patient:
                    raise ConnectionRefusedError from None
                await asyncio.sleep(AGAIN_SECONDS)
            except BaseException:
                connection.close()
                raise
            else:
                return Line(connection)

    async def line(self) -> Line:
        """A connection that carries requests."""
        line = await self.connect()
        if self.context is not None:
            line.tls = Client(line.connection, self.context, self.host)
            try:
                await line.tls.shake_hands()
            except BaseException:
                line.connection.close()
                raise
        return line

    def head(self, method: str, path: str, length: int | None = None, boundary: str = "", more: str = "") -> bytes:
        """The head of a request of which no body need follow."""
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", "Sec-Fetch-Site: same-origin"]
        if length is not None:
            lines += [f"Content-Length: {length}", f"Origin: {self.scheme}://{self.host}"]
        if boundary:
            lines.append(f"Content-Type: multipart/form-data; boundary={boundary}")
        return ("\r\n".join(lines) + f"\r\n{more}\r\n").encode()

    async def raw(self, sent: bytes) -> Page:
        """The answer, whole. Raises ConnectionError when there is none."""
        with await self.line() as line:
            sending = asyncio.ensure_future(line.send(sent))
            try:
                answer = await line.receive_all()
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        if not answer:
            raise ConnectionResetError
        return read_answer(answer)

    async def report_form(self) -> Form:
        return (await self.get("/report")).form("/report")
