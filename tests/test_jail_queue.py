"""Which zygote a job is given: the first that is free, in the order of asking. The zygotes here are acted."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

import pytest

from scrubbers.memory_file import MemoryFile
from scrubbers.protocol import (
    ENDED,
    HELLO,
    HELLO_MAGIC,
    OUTCOME_DONE,
    REQUEST,
    SCRUB_DESCRIPTORS,
    STATUS,
    STATUS_MAGIC,
    Role,
    Saw,
)
from scrubbers.sandbox import Sandbox, scrub
from scrubbers.sniff import sniff
from scrubbers.stages import NoJail, Refused


class ActedZygote:
    """The other end of a channel: is given jobs, and ends them when the test says so."""

    def __init__(self, role: Role = Role.PICTURES) -> None:
        self.ours, self._theirs = socket.socketpair()
        self._theirs.setblocking(False)
        self._theirs.send(HELLO.pack(HELLO_MAGIC, role, 0, Saw(0)))
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


async def test_a_waiting_file_goes_to_whichever_zygote_is_done_first() -> None:
    zygotes = [ActedZygote(), ActedZygote()]
    sandbox = Sandbox([zygote.ours for zygote in zygotes], jobs_at_once=1)
    tasks = [ask(sandbox, number) for number in range(4)]
    await settle()
    assert [zygote.given() for zygote in zygotes] == [[file(0)], [file(1)]]

    # The second is quick three times, while the first works on.
    for number in (2, 3):
        zygotes[1].end_one()
        await settle()
        assert [zygote.given() for zygote in zygotes] == [[file(0)], [file(number)]]

    zygotes[1].end_one()
    zygotes[0].end_one()
    await asyncio.gather(*tasks)
    sandbox.close()
    for zygote in zygotes:
        zygote.die()


async def test_files_are_taken_in_the_order_of_asking_and_one_that_gave_up_is_passed_over() -> None:
    zygote = ActedZygote()
    sandbox = Sandbox([zygote.ours], jobs_at_once=2)
    tasks = [ask(sandbox, number) for number in range(6)]
    await settle()
    seen = zygote.given()
    tasks[2].cancel()
    for _ in tasks:
        await settle()
        seen.extend(file for file in zygote.given() if file not in seen)
        if zygote.given():
            zygote.end_one()
    await settle()

    assert seen == [file(number) for number in (0, 1, 3, 4, 5)]
    await asyncio.gather(*tasks, return_exceptions=True)
    sandbox.close()
    zygote.die()


async def test_waiting_for_a_busy_zygote_is_no_missing_one_and_waiting_for_none_ends(monkeypatch) -> None:
    monkeypatch.setattr("scrubbers.sandbox._REPLACEMENT_SECONDS", 0.2)
    zygote = ActedZygote()
    sandbox = Sandbox([zygote.ours], jobs_at_once=1)
    tasks = [ask(sandbox, number) for number in range(5)]
    await asyncio.sleep(0.5)
    assert zygote.given() == [file(0)]
    assert not any(task.done() for task in tasks)

    zygote.die()
    before = asyncio.get_running_loop().time()
    outcomes = await asyncio.wait_for(asyncio.gather(*tasks), 10)

    # All of them together, not one after the other.
    assert set(outcomes) == {NoJail}
    assert asyncio.get_running_loop().time() - before < 0.9
    sandbox.close()


async def test_files_that_waited_for_a_zygote_that_died_go_to_its_replacement() -> None:
    first, second = ActedZygote(), ActedZygote()
    sandbox = Sandbox([first.ours], jobs_at_once=1)
    tasks = [ask(sandbox, number) for number in range(3)]
    await settle()
    first.die()
    await settle()
    sandbox.replace(0, second.ours)
    seen = []
    for _ in tasks:
        await settle()
        seen.extend(second.given())
        second.end_one()
    await asyncio.gather(*tasks)

    # The one that was lost has asked again, behind the others.
    assert seen == [file(1), file(2), file(0)]
    sandbox.close()
    second.die()


async def test_a_document_does_not_wait_behind_pictures() -> None:
    pictures, documents = ActedZygote(), ActedZygote(Role.DOCUMENTS)
    sandbox = Sandbox([pictures.ours, documents.ours], jobs_at_once=1)
    tasks = [ask(sandbox, 0), ask(sandbox, 1)]
    await settle()

    async def document() -> None:
        with suppress(Refused):
            await scrub(sniff(MemoryFile.sealed(b"%PDF-1.7\n")), sandbox)

    asked = asyncio.create_task(document())
    await settle()

    assert documents.given() == [b"%PDF-1.7\n"]
    documents.end_one()
    await asked
    for _ in tasks:
        await settle()
        assert pictures.given()
        pictures.end_one()
    await asyncio.gather(*tasks)
    sandbox.close()
    pictures.die()
    documents.die()
