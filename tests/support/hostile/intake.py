"""An intake whose pages try to betray who comes. Process, locks and serving are the product's; only the pages are not.

`GET /NAME` does the attempt of that name and answers with what became of it: "done", "errno N", or what was learnt.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from trusted.jail.sandbox import Sandbox
from trusted.web.control import IntakeEnd, Ordered
from trusted.web.process import Inherited, Site, main
from trusted.web.serving import silent_app
from trusted.web.silence import Faults


def write(path: Path | str, flags: int = os.O_CREAT) -> None:
    descriptor = os.open(path, os.O_WRONLY | flags, 0o600)
    os.write(descriptor, b"planted plaintext")
    os.close(descriptor)


def attempts(home: Path, request: web.Request):
    def connect_to_syslog() -> None:
        one, _ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        one.sendto(b"planted", "/dev/log")

    def ask_the_kernel() -> None:
        transport = request.transport
        assert transport is not None
        raw = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
        raw.getpeername()

    return {
        "an-internet-socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "a-unix-socket": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "the-system-log": connect_to_syslog,
        "a-program": lambda: os.posix_spawn("/bin/true", ["true"], {}),
        "a-fork": os.fork,
        "ask-for-the-peer": ask_the_kernel,
        "read-the-connections": lambda: os.open("/proc/net/tcp", os.O_RDONLY),
        "write-in-tmp": lambda: write("/tmp/planted"),
        "write-in-memory-disk": lambda: write("/dev/shm/planted"),
        "write-beside-the-store": lambda: write(home / "planted"),
        "write-over-the-settings": lambda: write(home / "config.toml", 0),
        "read-the-onion-key": lambda: os.open(home / "onion", os.O_RDONLY),
        # These it can do: the process keeps the store and the roster. docs/TRUSTED.md says so, and the canary sees it.
        "write-in-the-roster": lambda: write(home / "roster" / "planted"),
        "write-over-the-database": lambda: os.close(os.open(home / "kallskydd.db", os.O_WRONLY)),
    }


class Hostile:
    def __init__(self, inherited: Inherited) -> None:
        self._home = inherited.home
        self.sites = (Site(silent_app([("GET", "/{name}", self._try)], []), inherited.public),)

    async def _try(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if name == "what-the-library-says":
            return web.Response(text=repr((request.remote, request.transport.get_extra_info("peername"))))
        if name == "raise":
            raise RuntimeError("planted " + repr(request.headers))
        try:
            attempts(self._home, request)[name]()
        except OSError as refused:
            return web.Response(text=f"errno {refused.errno}")
        return web.Response(text="done")

    async def keep_time(self) -> None:
        await asyncio.Event().wait()

    async def obey(self, ordered: Ordered) -> None:
        del ordered


async def open_hostile(
    inherited: Inherited, sandbox: Sandbox, faults: Faults, control: IntakeEnd, stack: AsyncExitStack
) -> Hostile:
    del sandbox, faults, control, stack
    return Hostile(inherited)


if __name__ == "__main__":
    sys.exit(main(open_hostile, lambda: "hostile"))
