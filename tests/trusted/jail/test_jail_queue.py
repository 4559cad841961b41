"""Which zygote a job is given: the first that is free, in the order of asking. The zygotes here are acted."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from processes.acted_zygotes import ActedZygote, ask, file, settle

from scrubbers.sniff import sniff
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox, scrub
from trusted.jail.stages import NoJail, Refused


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
    monkeypatch.setattr("trusted.jail.zygote_pool._REPLACEMENT_SECONDS", 0.2)
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
