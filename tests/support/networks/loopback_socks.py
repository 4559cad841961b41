"""A SOCKS5 server on a unix socket in the place of tor: it dials loopback only, and remembers who asked for what.

A name in `ports` is dialled at the port that stands there; any other at the port that was asked for. Nothing is resolved.
"""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self


@dataclass
class LoopbackSocks:
    path: Path
    ports: dict[str, int] = field(default_factory=dict)
    # (isolation name, host, port), as they came
    asked: list[tuple[str, str, int]] = field(default_factory=list)
    unreachable: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        async def serve() -> None:
            self._stop = asyncio.Event()
            server = await asyncio.start_unix_server(self._one, self.path)
            started.set()
            async with server:
                await self._stop.wait()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        self._tasks: set[asyncio.Task] = set()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serve(),), daemon=True)
        self._thread.start()
        assert started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        self._loop.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        try:
            await self._carry(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()
            self._tasks.discard(asyncio.current_task())

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def counted() -> bytes:
            return await reader.readexactly((await reader.readexactly(1))[0])

        await reader.readexactly(1)
        await counted()
        writer.write(b"\x05\x02")
        await reader.readexactly(1)
        name = (await counted()).decode()
        await counted()
        writer.write(b"\x01\x00")
        await reader.readexactly(4)
        host = (await counted()).decode()
        port = int.from_bytes(await reader.readexactly(2))
        self.asked.append((name, host, port))
        if host in self.unreachable:
            writer.write(b"\x05\x04\x00\x01" + bytes(6))
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.ports.get(host, port))
        except OSError:
            writer.write(b"\x05\x05\x00\x01" + bytes(6))
            return
        writer.write(b"\x05\x00\x00\x01" + bytes(6))

        async def way(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while piece := await source.read(65536):
                sink.write(piece)
                await sink.drain()
            sink.write_eof()

        try:
            await asyncio.gather(way(reader, far_writer), way(far_reader, writer))
        finally:
            far_writer.close()
