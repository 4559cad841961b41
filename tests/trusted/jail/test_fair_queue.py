"""Whose turn it is in the jail: by what was used and what is asked for, and not by who came first."""

from __future__ import annotations

import asyncio

import pytest
from corpus.index import encoded, picture
from files.scrub_harness import arrived
from pillow_heif import register_heif_opener
from processes.acted_zygotes import ActedZygote, ask, settle
from visitors.intake_harness import zygotes

from scrubbers.sniff import sniff
from trusted.jail import fair_queue
from trusted.jail.fair_queue import (
    MOST_WAITING,
    QUICK_SECONDS,
    UNKNOWN_SECONDS,
    WORST_SECONDS,
    Account,
    FairQueue,
    Turn,
    seconds_of_bytes,
    seconds_of_picture,
    seconds_of_unpacking,
)
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import JOB_LIMITS
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.stages import Kind, NoJail
from trusted.jail.zygote_pool import ZygotePool

register_heif_opener()
KINDS = ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "HEIF", "AVIF")


def joined(*turns: Turn) -> FairQueue:
    queue = FairQueue()
    for turn in turns:
        queue.join(turn)
    return queue


def order(queue: FairQueue, turns: list[Turn], *, quick_alone: bool = False) -> list[int]:
    """The places of these in which they are taken."""
    taken = []
    while len(taken) < len(turns):
        following = [one for one in turns if one not in taken and queue.is_next(one, quick_alone=quick_alone)]
        if not following:
            break
        queue.leave(following[0])
        taken += following
    return [turns.index(one) for one in taken]


async def test_who_has_used_least_and_asks_for_least_goes_first() -> None:
    used = Account(used=9.0)
    turns = [Turn(Account(), 5.0), Turn(used, 0.1), Turn(Account(used=1.0), 1.0), Turn(Account(), 0.1)]

    assert order(joined(*turns), turns) == [3, 2, 0, 1]


async def test_among_equals_the_order_is_that_of_asking() -> None:
    turns = [Turn(Account(), 1.0) for _ in range(5)]

    assert order(joined(*turns), turns) == [0, 1, 2, 3, 4]


async def test_what_waits_to_be_verified_goes_first_whatever_its_form_has_used() -> None:
    turns = [Turn(Account(), 0.1), Turn(Account(used=300.0, last=19.0), None), Turn(Account(used=9.0, last=1.0), None)]

    assert order(joined(*turns), turns) == [2, 1, 0]


async def test_where_only_the_slot_for_quick_ones_is_free_the_slow_ones_wait() -> None:
    turns = [Turn(Account(), 0.1 + QUICK_SECONDS), Turn(Account(used=50.0), QUICK_SECONDS)]

    assert order(joined(*turns), turns, quick_alone=True) == [1]


async def test_nobody_waits_for_ever_however_many_small_ones_come() -> None:
    large = Turn(Account(), WORST_SECONDS)
    large.since -= 4 * WORST_SECONDS
    turns = [Turn(Account(), 0.1), large]

    assert order(joined(*turns), turns) == [1, 0]


async def test_a_job_is_charged_by_estimate_and_then_by_what_it_used() -> None:
    account = Account()
    first = Turn(account, 6.0)

    first.begin()
    begun = account.used
    first.end(2.5)

    assert begun == 6.0
    assert account.used == 2.5
    # The second reading is thought to take what the first did.
    assert Turn(account, None).seconds == 2.5


async def test_of_too_many_the_last_in_order_is_refused_and_not_a_newcomer_with_a_small_file() -> None:
    crowd = [Turn(Account(), 5.0 + number / 100) for number in range(MOST_WAITING)]
    queue = joined(*crowd)
    small = Turn(Account(), 0.1)

    queue.join(small)

    assert queue.is_next(small, quick_alone=False)
    assert [one.refused for one in crowd] == [False] * (MOST_WAITING - 1) + [True]
    with pytest.raises(NoJail):
        queue.is_next(crowd[-1], quick_alone=False)


async def test_a_file_too_many_is_refused_at_once_and_the_others_are_cleaned(monkeypatch) -> None:
    monkeypatch.setattr(fair_queue, "MOST_WAITING", 3)
    zygote = ActedZygote()
    sandbox = Sandbox([zygote.ours], jobs_at_once=1)
    tasks = [ask(sandbox, 0)]
    await settle()
    tasks += [ask(sandbox, number) for number in range(1, 5)]
    await settle()

    assert tasks[4].done()
    assert tasks[4].result() is NoJail
    for _ in range(4):
        await settle()
        assert len(zygote.given()) == 1
        zygote.end_one()
    await asyncio.gather(*tasks)
    sandbox.close()
    zygote.die()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_job_reads_how_many_pixels_a_picture_has(kind: str, monkeypatch) -> None:
    monkeypatch.setattr(ZygotePool, "is_busy", lambda *_: True)
    monkeypatch.setattr(fair_queue, "_SECONDS_A_JOB", 0.0)
    monkeypatch.setattr(fair_queue, "_SECONDS_A_MEGAPIXEL", 1.0)
    async with zygotes(both=True) as sandbox:
        await sandbox.self_test()
        sniffed = sniff(MemoryFile.sealed(encoded(picture((400, 300)), kind)))
        with sniffed.untrusted as untrusted:
            seconds = await sandbox._estimated(sniffed.kind, untrusted, Account())

    assert seconds == pytest.approx(0.12)


@pytest.mark.parametrize("content", [b"\xff\xd8\xff and nothing else", b"\x89PNG\r\n\x1a\n" + bytes(50)])
async def test_what_cannot_be_measured_counts_as_the_most(content: bytes, monkeypatch) -> None:
    monkeypatch.setattr(ZygotePool, "is_busy", lambda *_: True)
    async with zygotes(both=True) as sandbox:
        await sandbox.self_test()
        sniffed = sniff(arrived(content))
        with sniffed.untrusted as untrusted:
            seconds = await sandbox._estimated(sniffed.kind, untrusted, Account())

    assert seconds == WORST_SECONDS == JOB_LIMITS.cpu_seconds


async def test_what_a_form_is_charged_is_what_the_kernel_counted() -> None:
    async with zygotes(both=True) as sandbox:
        await sandbox.self_test()
        form, other = sandbox.for_form(), sandbox.for_form()
        for used, side in ((form, 2000), (other, 40)):
            verified = await verify(await scrub(sniff(arrived(encoded(picture((side, side)), "PNG"))), used), used)
            verified.clean.close()
            verified.preview.close()
        async with asyncio.timeout(10):
            while any(channel.load for channel in sandbox._pool.channels):
                await asyncio.sleep(0.01)

    assert form.account.used > other.account.used > 0
    assert form.account.used < 2 * seconds_of_picture(2000 * 2000) + 2


async def test_a_short_text_and_taking_a_small_file_apart_are_quick_and_a_long_text_is_not() -> None:
    assert seconds_of_bytes(Kind.TEXT, 20_000) < seconds_of_bytes(Kind.EMAIL, 500_000) < QUICK_SECONDS
    assert seconds_of_unpacking(60_000) < seconds_of_unpacking(5_000_000) < QUICK_SECONDS
    assert seconds_of_bytes(Kind.CSV, 2_500_000) > QUICK_SECONDS
    # It has pages and not bytes.
    assert seconds_of_bytes(Kind.PDF, 1) == UNKNOWN_SECONDS
