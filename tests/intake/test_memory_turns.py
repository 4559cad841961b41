"""The room that uploads share, by a clock of our own: crowds that send, stall, wait, give way and are cancelled."""

from __future__ import annotations

import asyncio
import random
import selectors
from contextlib import AsyncExitStack, suppress

import pytest

from trusted.rooms.text import OWN_BYTES, TEXT_ROOM, TextRoom
from trusted.rooms.uploads import (
    CROWD_BYTES_A_SECOND,
    GRACE_SECONDS,
    GROWN_GRACE_SECONDS,
    GROWN_ROOM_SECONDS,
    ROOM_SECONDS,
    GrownRoom,
    Room,
)
from trusted.web.errors import NoRoomNow
from trusted.web.form import MinimumRate, drain
from trusted.web.limits import Limits

TOTAL = 40 * CROWD_BYTES_A_SECOND
SOON = 0.001
# Who stalls is put out by the room and by nothing else.
PATIENT = Limits(idle_seconds=1000, slowest_bytes_a_second=0)


class _NoWaiting(selectors.DefaultSelector):
    """Instead of waiting the clock goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("all wait for each other")
        if not ready:
            self.now += timeout or 0.0
        return ready


def run(coroutine):
    """Run it by a clock that goes on as soon as nothing is left to do; fail where that would be never."""
    selector = _NoWaiting()

    def new_loop() -> asyncio.AbstractEventLoop:
        loop = asyncio.SelectorEventLoop(selector)
        loop.time = lambda: selector.now
        return loop

    with asyncio.Runner(loop_factory=new_loop) as runner:
        said = []
        runner.get_loop().set_exception_handler(lambda _loop, context: said.append(context))
        result = runner.run(coroutine)
    assert said == []
    return result


class Crowd:
    """Uploads of one room, and what must hold at every moment."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.room = Room(TOTAL)
        self.held: dict[int, int] = {}
        self.refused = self.whole = self.cancelled = 0

    def look(self) -> None:
        assert 0 <= self.room.free <= TOTAL
        assert sum(hold.held for hold in self.room._holds) == TOTAL - self.room.free
        assert all(hold in self.room._holds for hold in self.room._waiting)
        assert sum(self.held.values()) <= TOTAL

    async def upload(self, number: int) -> None:
        chance, loop = self.chance, asyncio.get_running_loop()
        claim = chance.choice((chance.randint(1, TOTAL // 20), chance.randint(1, TOTAL // 2)))
        speed = CROWD_BYTES_A_SECOND * chance.choice((0.3, 0.5, 0.9, 50.0))
        rate = MinimumRate(PATIENT)

        def let_go() -> None:
            self.held.pop(number, None)
            rate.give_up()

        try:
            await asyncio.sleep(chance.choice((0.0, chance.uniform(0, 60))))
            async with self.room.hold(claim, chance.choice((rate, rate, rate, None)), let_go) as hold:
                left = claim if chance.random() < 0.8 else claim // 2
                while left:
                    size = min(left, chance.randint(1, CROWD_BYTES_A_SECOND * 3))
                    stall = chance.choice((0.0, 0.0, 0.0, GRACE_SECONDS + 5))
                    await rate.wait(asyncio.sleep(size / speed + stall, bytes(size)))
                    began = loop.time()
                    await hold.take(size)
                    assert not hold.gave_way
                    assert loop.time() - began <= self.room.room_seconds + SOON
                    self.held[number] = self.held.get(number, 0) + size
                    left -= size
                    self.look()
                hold.whole()
                await asyncio.sleep(chance.choice((0.0, chance.uniform(0, 60))))
                self.look()
            self.whole += 1
        except (NoRoomNow, TimeoutError):
            self.refused += 1
        except asyncio.CancelledError:
            self.cancelled += 1
        finally:
            self.held.pop(number, None)

    async def all(self) -> None:
        tasks = [asyncio.create_task(self.upload(number)) for number in range(self.chance.choice((8, 40, 120)))]
        watch = asyncio.create_task(self._watch())
        for task in tasks:
            if self.chance.random() < 0.15:
                asyncio.get_running_loop().call_later(self.chance.uniform(0, 300), task.cancel)
        await asyncio.gather(*tasks, return_exceptions=False)
        watch.cancel()
        self.look()
        assert self.room.free == TOTAL
        assert not self.room._holds
        assert not self.room._waiting

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.look()
            self._nobody_waits_for_what_is_free()

    def _nobody_waits_for_what_is_free(self) -> None:
        leader = self.room._leader()
        if leader in self.room._waiting:
            assert self.room._waiting[leader][0] > self.room.free


@pytest.mark.parametrize("seed", range(40))
def test_no_more_is_held_than_there_is_nobody_waits_for_ever_and_all_comes_back(seed) -> None:
    crowd = Crowd(seed)

    run(crowd.all())

    assert crowd.whole


@pytest.mark.parametrize("seed", range(20))
def test_archives_that_hold_what_was_sent_and_wait_for_what_they_grew_to_all_come_to_an_end(seed) -> None:
    async def main() -> list[float]:
        chance, sent, grown = random.Random(seed), Room(TOTAL), GrownRoom(TOTAL)

        async def archive() -> float:
            await asyncio.sleep(chance.uniform(0, 20))
            size, growth, rate = chance.randint(1, TOTAL // 4), chance.randint(1, TOTAL), Sender()
            began = asyncio.get_running_loop().time()
            with suppress(NoRoomNow):
                async with sent.hold(size, rate) as hold:
                    await hold.take(size // 2)
                    await asyncio.sleep(chance.uniform(0, 3))
                    await hold.take(size - size // 2)
                    hold.whole()
                    async with grown.hold(growth, rate) as files:
                        await files.take(growth)
                        hold.give_back(size)
                        for _ in range(9):
                            await asyncio.sleep(chance.uniform(0, 2))
                            files.give_back(growth // 9)
            return asyncio.get_running_loop().time() - began

        seconds = await asyncio.gather(*(archive() for _ in range(40)))
        assert [sent.free, grown.free] == [TOTAL, TOTAL]
        return seconds

    assert max(run(main())) < ROOM_SECONDS + GROWN_ROOM_SECONDS + 30


def test_of_the_archives_that_grew_those_that_are_not_cleaned_give_way_and_only_to_who_needs_less() -> None:
    async def main() -> None:
        room, let_go, cleaned = GrownRoom(100), [], Sender()
        cleaned.moved = 10 * CROWD_BYTES_A_SECOND
        async with AsyncExitStack() as stack:
            for name, size, sender in (("small", 20, Sender()), ("large", 40, Sender()), ("moves", 40, cleaned)):
                hold = await stack.enter_async_context(room.hold(size, sender, lambda name=name: let_go.append(name)))
                await hold.take(size)
                sender.waited = GROWN_GRACE_SECONDS + 1
            other = await stack.enter_async_context(room.hold(30, Sender()))
            await other.take(30)
        assert let_go == ["large"]

    run(main())


class Sender:
    """How far somebody has come, as the test says."""

    waited, moved = 0.0, 0


def test_who_is_given_room_and_gives_way_in_the_same_turn_is_told_so() -> None:
    async def main() -> None:
        room, let_go = Room(10), []
        slow, slower = Sender(), Sender()
        async with (
            room.hold(5, None) as whole,
            room.hold(5, slow, lambda: let_go.append("slow")) as leader,
            room.hold(3, slower, lambda: let_go.append("slower")) as third,
            room.hold(5, None) as last,
        ):
            await whole.take(5)
            await leader.take(1)
            await third.take(3)
            whole.whole()
            waiting = asyncio.create_task(last.take(5))
            given = asyncio.create_task(leader.take(4))
            await asyncio.sleep(0)
            slow.waited, slower.waited = GRACE_SECONDS + 1, GRACE_SECONDS + 2
            await waiting

            assert let_go == ["slower", "slow"]
            with pytest.raises(NoRoomNow):
                await given
        assert room.free == 10

    run(main())


def test_a_form_that_two_rooms_give_up_at_once_ends_with_a_timeout_and_harms_neither_room() -> None:
    """The second was told by an error, in the middle of what some other visitor was waiting for."""

    async def main() -> None:
        rate = MinimumRate(PATIENT)
        waiting = asyncio.create_task(rate.wait(asyncio.sleep(100, b"x")))
        await asyncio.sleep(1)
        rate.give_up()
        await asyncio.sleep(0)
        rate.give_up()
        with pytest.raises(TimeoutError):
            await waiting

    run(main())


class Request(dict):
    """A request whose body goes on and on, at a rate that any form may have."""

    def __init__(self, texts: TextRoom) -> None:
        super().__init__({TEXT_ROOM: texts})
        self.content = self

    async def readany(self) -> bytes:
        await asyncio.sleep(1)
        return bytes(2 * Limits().slowest_bytes_a_second)


def test_what_gave_way_does_not_keep_its_text_by_sending_on() -> None:
    """What it held was counted no more, and was kept for as long as 600 MiB take at a few kilobytes a second."""

    async def main() -> None:
        room, rate, loop = Room(20 * OWN_BYTES), MinimumRate(PATIENT), asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            texts = TextRoom(room, Limits(), 4 * OWN_BYTES, stack)
            await texts.keep(3 * OWN_BYTES, rate)
            await rate.wait(asyncio.sleep(3 * GRACE_SECONDS, b"x"))
            async with room.hold(room.total, None) as other:
                await other.take(room.total)
                began = loop.time()
                assert not await drain(Request(texts), Limits())
            assert loop.time() - began <= Limits().refused_idle_seconds + SOON

    run(main())
