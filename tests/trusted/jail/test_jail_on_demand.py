"""A host's tenant has a zygote only while it needs one: asked for with a file, gone some minutes after the last."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from processes.acted_zygotes import ActedZygote, ask, settle

from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.zygote_pool import OnDemand

LONG = 3600.0


class Pool:
    """A pool of two acted zygotes, what it asked for, and how long an idle one stays."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.warm_seconds = LONG
        self.zygotes = [ActedZygote(role) for role in (Role.PICTURES, Role.DOCUMENTS)]
        on_demand = OnDemand(ask=self.asked.append, warm_seconds=lambda: self.warm_seconds)
        self.sandbox = Sandbox([zygote.ours for zygote in self.zygotes], on_demand=on_demand)

    def another(self) -> ActedZygote:
        """A zygote in the place of the one for pictures."""
        self.zygotes.append(ActedZygote())
        self.sandbox.replace(0, self.zygotes[-1].ours)
        return self.zygotes[-1]

    async def attach(self) -> None:
        """As the self-test does."""
        self.sandbox._pool.attach()
        await settle()

    @property
    def lost(self) -> list[bool]:
        return [channel.lost for channel in self.sandbox._pool.channels]


@pytest.fixture
async def pool() -> Iterator[Pool]:
    one = Pool()
    yield one
    one.sandbox.close()
    for zygote in one.zygotes:
        zygote.die()


async def test_a_file_asks_once_for_the_zygote_of_its_kind_and_is_done_when_that_has_come(pool) -> None:
    await pool.attach()
    pool.sandbox.rest()

    files = [ask(pool.sandbox, number) for number in range(3)]
    await settle()
    assert pool.asked == [0]
    fresh = pool.another()

    for _ in files:
        while not fresh.given():
            await settle()
        fresh.end_one()
        await settle()
    await asyncio.gather(*files)
    assert pool.asked == [0]
    assert pool.lost == [False, True]


async def test_a_zygote_that_died_on_its_way_is_asked_for_again(pool) -> None:
    await pool.attach()
    pool.sandbox.rest()
    waiting = ask(pool.sandbox, 1)
    await settle()

    pool.another().die()
    await settle()

    assert pool.asked == [0, 0]
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)


async def test_an_idle_zygote_ends_after_its_time_and_one_at_work_stays(pool) -> None:
    pool.warm_seconds = 0.2
    await pool.attach()
    pictures = pool.zygotes[0]
    one = ask(pool.sandbox, 1)
    await settle()
    assert pictures.given()

    await asyncio.sleep(0.4)

    # The other never had a job; this one is at work for longer than an idle one stays.
    assert pool.lost == [False, True]
    pictures.end_one()
    await one
    await asyncio.sleep(0.4)
    assert pool.lost == [True, True]


async def test_without_it_zygotes_stay_and_none_is_asked_for(monkeypatch) -> None:
    monkeypatch.setattr("trusted.jail.zygote_pool._REPLACEMENT_SECONDS", 0.1)
    zygote = ActedZygote()
    sandbox = Sandbox([zygote.ours])
    sandbox._pool.attach()
    await settle()

    assert not sandbox._pool.channels[0].lost
    zygote.die()
    await settle()
    assert (await ask(sandbox, 1)).__name__ == "NoJail"
    sandbox.close()
