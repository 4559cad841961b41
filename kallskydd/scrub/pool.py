"""Files cleaned side by side in the scrub command's own zygotes.

Promises. At most one file more than there are cores is in memory at a time. Every file gets an outcome, whatever it
does: a zygote that is lost (the system ran out of memory) is started again. Leaving the pool ends every process it
started; a copy that is being written then is finished or leaves nothing.
"""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kallskydd.scrub.names import NamingRule, Origin, place_copy
from kallskydd.scrub.zygotes import PooledZygote
from scrubbers.sniff import first_inside, sniff
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import ATTACHMENT_BYTES, HEAD_BYTES, How, Role
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.stages import Refused, ScrubReport, SniffedArchive, TooLarge, Verified

# By their role.
Zygotes = Mapping[Role, Sequence[PooledZygote]]
_PIECE_BYTES: Final = 2**20
# A zygote does not die of a file. One that dies this often has another reason, which starting again does not mend.
_MOST_REPLACED: Final = 20


class NotDone(Exception):
    """A file that could not be read or written; says why by its text key."""

    def __init__(self, text_key: str) -> None:
        super().__init__(text_key)
        self.text_key = text_key


@dataclass(frozen=True, slots=True, repr=False)
class ScrubOutcome:
    """What became of one file: a target and a report without values, or the reason why not."""

    source: Path
    target: Path | None
    report: ScrubReport | None
    reason: str | None
    seconds: float
    # Which file in the source, from one; zero for the source itself.
    inside: int = 0


@asynccontextmanager
async def pool(zygotes: Zygotes, at_once: int, how: How = How.PLAIN) -> AsyncIterator[Pool]:
    """Yield a pool of these zygotes; raises JailNotTight when a process cannot be locked here."""
    all_zygotes = [zygote for of_role in zygotes.values() for zygote in of_role]
    sandbox = Sandbox([zygote.channel for zygote in all_zygotes], jobs_at_once=1)
    with closing(sandbox):
        await sandbox.self_test(zygotes)
        watching = [asyncio.create_task(_watch(zygote, index, sandbox)) for index, zygote in enumerate(all_zygotes)]
        try:
            yield Pool(sandbox, at_once, how)
        finally:
            for task in watching:
                task.cancel()


class Pool:
    """Cleans files, as many at once as there are cores."""

    def __init__(self, sandbox: Sandbox, at_once: int, how: How) -> None:
        self._sandbox = sandbox
        self._how = how
        # One more than can be worked on: while it is read or written, the others keep the cores busy.
        self._turns = asyncio.Semaphore(at_once + 1)

    async def clean(self, place: int, source: Path, folder: Path, names: NamingRule) -> list[ScrubOutcome]:
        """One file, from its path to the clean copy in the folder; of an archive or an e-mail each file in it.

        Raises nothing but what ends the command.
        """
        async with self._turns:
            started = time.monotonic()
            try:
                first, files = await self._files(source)
            except (Refused, NotDone) as refused:
                return [ScrubOutcome(source, None, None, refused.text_key, time.monotonic() - started)]
            outcomes = []
            with ExitStack() as ending:
                for each in files:
                    ending.enter_context(each)
                for inside, each in enumerate(files, start=first):
                    outcomes.append(await self._clean_one(each, Origin(place, source, inside), folder, names))
            return outcomes

    async def _files(self, source: Path) -> tuple[int, list[MemoryFile]]:
        """Return the number of the first file, and the files: one, or those in it; raises Refused or NotDone."""
        untrusted = await asyncio.to_thread(_read, source)
        first = first_inside(untrusted.read(HEAD_BYTES))
        if first is None:
            return 0, [untrusted]
        return first, await self._sandbox.unpack(SniffedArchive(untrusted))

    async def _clean_one(self, untrusted: MemoryFile, origin: Origin, folder: Path, names: NamingRule) -> ScrubOutcome:
        started = time.monotonic()
        try:
            # As an attachment, one stage after the other.
            scrubbed = await scrub(sniff(untrusted), self._sandbox, self._how)
            verified = await verify(scrubbed, self._sandbox)
            target = folder / names.name(origin, verified.kind)
            await asyncio.to_thread(_write, verified, target)
        except (Refused, NotDone) as refused:
            seconds = time.monotonic() - started
            return ScrubOutcome(origin.source, None, None, refused.text_key, seconds, origin.inside)
        report = verified.report.without_values()
        return ScrubOutcome(origin.source, target, report, None, time.monotonic() - started, origin.inside)


async def _watch(zygote: PooledZygote, index: int, sandbox: Sandbox) -> None:
    """Replace the zygote whenever it dies, until cancelled."""
    for _ in range(_MOST_REPLACED):
        await _ended(zygote.process)
        sandbox.replace(index, zygote.start_again())


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Return when the process is gone; this does not reap it."""
    loop = asyncio.get_running_loop()
    gone = asyncio.Event()
    handle = os.pidfd_open(process.pid)
    loop.add_reader(handle, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _read(source: Path) -> MemoryFile:
    """Read the file into memory; raises NotDone or TooLarge. A pipe or a device is not read: it might never end."""
    content = MemoryFile()
    try:
        mode = source.stat().st_mode
        if stat.S_ISDIR(mode):
            raise NotDone("file.folder")
        if not stat.S_ISREG(mode):
            raise NotDone("file.unreadable")
        with source.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                content.write(piece)
                if content.size > ATTACHMENT_BYTES:
                    raise TooLarge
    except OSError:
        raise NotDone("file.unreadable") from None
    return content


def _write(verified: Verified, target: Path) -> None:
    """Run in a thread, which owns the clean bytes and finishes even when the command is interrupted meanwhile."""
    with verified.clean, verified.preview:
        try:
            place_copy(verified.clean, target)
        except FileExistsError:
            raise NotDone("out.exists") from None
        except OSError:
            raise NotDone("out.unwritable") from None
