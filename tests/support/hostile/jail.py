"""A jail for tests that are not asynchronous: the product's zygotes and pool, and the most memory any job had."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from pathlib import Path

from files.scrub_harness import arrived

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.stages import Kind, Scrubbed, ScrubReport, SniffedArchive

LOOK_SECONDS = 0.004


class Jail:
    """Two zygotes and a loop of their own. A lost zygote is replaced, so that one test's fault is not all others'."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        zygotes = [spawn_zygote(role) for role in Role]
        self.processes = [process for process, _ in zygotes]
        self._lost = False
        self.sandbox = Sandbox([channel for _, channel in zygotes])
        self.loop.run_until_complete(self.sandbox.self_test())

    async def _replace_lost(self) -> None:
        for index, process in enumerate(self.processes):
            if process.poll() is not None:
                self._lost = True
                self.processes[index], channel = spawn_zygote(list(Role)[index])
                self.sandbox.replace(index, channel)

    def clean(self, content: bytes) -> tuple[Kind, bytes]:
        return self.loop.run_until_complete(self.clean_soon(content))

    async def clean_soon(self, content: bytes) -> tuple[Kind, bytes]:
        await self._replace_lost()
        with arrived(content) as untrusted:
            verified = await verify(await scrub(sniff(untrusted), self.sandbox), self.sandbox)
        with verified.clean, verified.preview:
            return verified.kind, verified.clean.read()

    def unpacked(self, content: bytes) -> list[bytes]:
        """The files of an archive or an e-mail."""
        found = []
        for member in self.loop.run_until_complete(self.sandbox.unpack(SniffedArchive(arrived(content)))):
            with member:
                found.append(member.read())
        return found

    def vouch(self, kind: Kind, content: bytes, preview: bytes) -> None:
        """The second job alone, for a result of our making."""
        report = ScrubReport(kind, (), (), "")
        made = Scrubbed(kind, MemoryFile.sealed(content), MemoryFile.sealed(preview), report)
        verified = self.loop.run_until_complete(verify(made, self.sandbox))
        verified.clean.close()
        verified.preview.close()

    def cpu_seconds(self) -> float:
        """What the zygotes and all their jobs have had of the processors: on a busy machine the clock says little."""
        ticks = 0
        for process in self.processes:
            # After the name in brackets: utime, stime, cutime, cstime are the 12th to the 15th.
            with contextlib.suppress(OSError):
                ticks += sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def alive(self) -> bool:
        """Whether none was lost since this was asked last."""
        self.loop.run_until_complete(self._replace_lost())
        lost, self._lost = self._lost, False
        return not lost

    def close(self) -> None:
        async def end() -> None:
            self.sandbox.close()

        self.loop.run_until_complete(end())
        for process in self.processes:
            process.wait(10)
        self.loop.close()


class MemoryWatch:
    """Looks at the jobs of these zygotes all the time; `most` is the largest share of memory that one ever had.

    `most_of_two` is what the two largest had at the same moment.
    """

    def __init__(self, jail: Jail) -> None:
        self.most = self.most_of_two = 0
        self._zygotes = [process.pid for process in jail.processes]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            held = []
            for zygote in self._zygotes:
                with contextlib.suppress(OSError):
                    for job in Path(f"/proc/{zygote}/task/{zygote}/children").read_text().split():
                        with contextlib.suppress(OSError):
                            self.most = max(self.most, status_bytes(int(job), "VmHWM"))
                            held.append(status_bytes(int(job), "VmRSS"))
            self.most_of_two = max(self.most_of_two, sum(sorted(held)[-2:]))


def status_bytes(process: int, key: str) -> int:
    """VmHWM: the most memory that the process has had in use; VmRSS: what it has. The zygote's pages are included."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    return 0
