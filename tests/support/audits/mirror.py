"""A mirror for `audit mirror`: the installed relay, or a proxy before it, before a SOCKS and a server of HTTP over TLS."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from networks.relay_harness import NAME, ONION, Site, child_of, contexts, free_port

from audit.mirror.run import Asked, inspect_mirror
from audit.verdict import AuditReport

DAY = "2026-11-27"
PROXY = Path(__file__).parents[3] / "deploy" / "proxy"
_NO_CORES = {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0))}
_PROGRAMS = {
    "nginx": ("/usr/sbin/nginx", "-e", "/dev/null", "-c", "{file}", "-g", "daemon off;"),
    "caddy": ("/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", "{file}"),
}


async def page_missing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take each request whole and answer that the page is not there, as the home does."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            if found := re.search(r"(?i)content-length: (\d+)", head):
                await reader.readexactly(int(found[1]))
            writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno")
            await writer.drain()


class Mirror:
    """Folder, what is behind, and the commands that take it away and bring it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = Site(folder)
        self.stop = f"kill -USR1 {os.getpid()}"
        self.start = f"kill -USR2 {os.getpid()}"

    @contextlib.asynccontextmanager
    async def up(self, serve=page_missing) -> AsyncIterator[Mirror]:
        loop = asyncio.get_running_loop()
        async with self.site.up(serve, tls=True):
            for number, refuses in ((signal.SIGUSR1, True), (signal.SIGUSR2, False)):
                loop.add_signal_handler(number, lambda no=refuses: setattr(self.site.socks, "refuses", lambda _: no))
            try:
                yield self
            finally:
                loop.remove_signal_handler(signal.SIGUSR1)
                loop.remove_signal_handler(signal.SIGUSR2)

    @contextlib.asynccontextmanager
    async def relay(self, program: Path | None = None, *, output: Path | None = None) -> AsyncIterator[int]:
        """The relay, from an installed folder or this source; gives the pid of the process that was started."""
        port = self.site.relay_port = free_port()
        first = [sys.executable, "-I", "-m", "kallskydd"] if program is None else [program / "bin/kallskydd"]
        words = ["relay", "--listen", f"127.0.0.1:{port}", "--onion", f"{ONION}:443", "--name", NAME]
        words += ["--tor", f"127.0.0.1:{self.site.port}", "--redirect", f"127.0.0.1:{free_port()}"]
        async with _process([*first, *words], output) as process:
            await _answers(port, process)
            async with asyncio.timeout(20):
                while (child := child_of(process.pid, "--parent")) is None:
                    await asyncio.sleep(0.02)
                # A port is open before the relay closes itself; one that never does is closed to nobody.
                has_filter = not (program or Path()).joinpath("no-filter").exists()
                while not (_is_closed(child) if has_filter else _runs_a_loop(child)):
                    await asyncio.sleep(0.02)
            yield process.pid

    @contextlib.asynccontextmanager
    async def proxy(self, name: str, text: str, *, output: Path | None = None) -> AsyncIterator[tuple[int, int]]:
        """A proxy with this file, moved into our folder, and with a certificate of its own; gives its pid and port."""
        port, outside = free_port(), self.folder / "outside"
        outside.mkdir()
        contexts(outside)
        (self.folder / "home.pem").write_bytes((self.folder / "certificate.pem").read_bytes())
        (self.folder / "fullchain.pem").write_bytes((outside / "certificate.pem").read_bytes())
        text = text.replace("/etc/kallskydd-proxy/key.pem", str(outside / "key.pem"))
        text = text.replace("/etc/kallskydd-proxy", str(self.folder))
        text = text.replace("/run/kallskydd-proxy", str(self.folder / "run"))
        text = text.replace("mirror.example:443", f"{NAME}:{port}").replace("mirror.example", NAME)
        text = text.replace("listen 443", f"listen 127.0.0.1:{port}").replace("listen [::]:443", f"listen [::1]:{port}")
        file = self.folder / "file"
        file.write_text(text.replace("127.0.0.1:8443", f"127.0.0.1:{self.site.relay_port}"))
        words = [word.format(file=file) for word in _PROGRAMS[name]]
        async with _process(words, output, {"XDG_DATA_HOME": str(self.folder / "run")}) as process:
            await _answers(port, process)
            yield process.pid, port

    async def audit(
        self, *pids: int, port: int | None = None, trusted: Path | None = None, **asked: object
    ) -> AuditReport:
        """Audit it, with nothing of this computer but what was started here."""
        at = ("127.0.0.1", self.site.relay_port if port is None else port)
        ca = trusted or self.folder / ("certificate.pem" if port is None else "fullchain.pem")
        given = {"stop": self.stop, "start": self.start, "root": self.folder, "trusted": ca} | asked
        return await asyncio.to_thread(inspect_mirror, DAY, Asked(name=NAME, pids=pids, at=at, **given))


def _is_closed(pid: int) -> bool:
    return "\nSeccomp:\t2" in Path(f"/proc/{pid}/status").read_text()


def _runs_a_loop(pid: int) -> bool:
    """Whether it has come to serve, as one without a filter shows in no other way."""
    with contextlib.suppress(OSError):
        return any(os.readlink(one) == "anon_inode:[eventpoll]" for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


@contextlib.asynccontextmanager
async def _process(words, output: Path | None, also: dict[str, str] | None = None):
    nowhere = asyncio.subprocess.DEVNULL
    with contextlib.ExitStack() as stack:
        out = nowhere if output is None else stack.enter_context(output.open("wb"))
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "LD_"))}
        process = await asyncio.create_subprocess_exec(
            *words, stdin=nowhere, stdout=out, stderr=out, env={**clean, **(also or {})}, **_NO_CORES
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def _answers(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            assert process.returncode is None, "it ended at once"
            await asyncio.sleep(0.02)


def verdicts(report: AuditReport) -> dict[str, str]:
    return {check.id: str(check.verdict) for check in report.checks}


def said(report: AuditReport, row: str) -> str:
    """The sentences of a row, each with its verdict."""
    (check,) = [one for one in report.checks if one.id == row]
    return "\n".join(f"{one.verdict}: {one.text()}" for one in check.evidence)
