"""Zygotes that are acted, without a clock: each job ends when the test says so."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

import pytest

from scrubbers.sniff import sniff
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import (
    ENDED,
    HELLO,
    HELLO_MAGIC,
    OUTCOME_DONE,
    REQUEST,
    SCRUB_DESCRIPTORS,
    STATUS,
    STATUS_MAGIC,
    Locks,
    Role,
)
from trusted.jail.sandbox import Sandbox, scrub
from trusted.jail.stages import Refused


class ActedZygote:
    """The other end of a channel: is given jobs, and ends them when the test says so."""

    def __init__(self, role: Role = Role.PICTURES) -> None:
        self.ours, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._theirs.send(HELLO.pack(HELLO_MAGIC, role, 0, Locks(0)))
        self._under_way: list[tuple[int, list[int]]] = []

    def given(self) -> list[bytes]:
        """What stands in the files of the jobs under way, the oldest first."""
        with suppress(BlockingIOError):
            while frame := socket.recv_fds(self._theirs, REQUEST.size, len(SCRUB_DESCRIPTORS)):
                if not frame[0]:
                    break
                _, number, _, _ = REQUEST.unpack(frame[0])
                self._under_way.append((number, frame[1]))
        return [os.pread(descriptors[0], 100, 0) for _, descriptors in self._under_way]

    def end_one(self) -> None:
        """The oldest job says that it is done, and ends. Its answers are empty, so that the pool calls it dead."""
        number, descriptors = self._under_way.pop(0)
        os.write(descriptors[-1], STATUS.pack(STATUS_MAGIC, OUTCOME_DONE))
        self._close(descriptors)
        self._theirs.send(ENDED.pack(number, 0, 0))

    def die(self) -> None:
        for _, descriptors in self._under_way:
            self._close(descriptors)
        self._under_way.clear()
        self._theirs.close()

    @staticmethod
    def _close(descriptors: list[int]) -> None:
        for descriptor in descriptors:
            os.close(descriptor)


def file(number: int) -> bytes:
    return b"\xff\xd8\xff%d" % number


def ask(sandbox: Sandbox, number: int) -> asyncio.Task[type[Refused]]:
    """Starts one file on its way."""

    async def outcome() -> type[Refused]:
        with pytest.raises(Refused) as refused:
            await scrub(sniff(MemoryFile.sealed(file(number))), sandbox)
        return refused.type

    return asyncio.create_task(outcome())


async def settle() -> None:
    """Lets everything run that can without a clock: what is read from a socket takes a turn of the loop each."""
    for _ in range(50):
        await asyncio.sleep(0)
