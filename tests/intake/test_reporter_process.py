"""The intake as the process that the keeper starts: closed, silent, obedient, and gone when the keeper is gone."""

import asyncio
import contextlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from visitors.intake_harness import (
    DESK_HOST,
    PUBLIC_HOST,
    SHOWN,
    Browser,
    _listener,
    file_report,
    log_in,
    make_home,
    two_words_back,
)

from scrubbers.spawn import spawn_zygote
from trusted.jail.protocol import Role
from trusted.web.control import Event, IntakeEnd, KeeperEnd, Order, Told, pack_event


def _status(pid: int) -> str:
    return Path(f"/proc/{pid}/status").read_text()


class Process:
    """What the keeper holds of one intake."""

    def __init__(self, folder: Path, *, trial: bool = True, roles=(Role.PICTURES, Role.DOCUMENTS)) -> None:
        self.made = make_home(folder / "home", ("handler",) if trial else ("lead", "handler"), trial=trial)
        self.listeners = [_listener(folder / "public.sock"), _listener(folder / "desk.sock")]
        self.browser = Browser(folder / "public.sock")
        self.zygotes = [spawn_zygote(role) for role in roles]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        channels = [channel for _process, channel in self.zygotes]
        inherited = [*self.listeners, theirs, *channels]
        command = [sys.executable, "-I", "-m", "intake", "--home", str(folder / "home")]
        command += ["--public-fd", str(self.listeners[0].fileno()), "--desk-fd", str(self.listeners[1].fileno())]
        command += ["--control-fd", str(theirs.fileno())]
        command += [word for channel in channels for word in ("--zygote-fd", str(channel.fileno()))]
        command += ["--public-address", PUBLIC_HOST.removesuffix(".onion"), "--desk-address", DESK_HOST]
        self.output = folder / "output"
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[one.fileno() for one in inherited],
            )
        theirs.close()
        for channel in channels:
            channel.close()
        self.keeper = KeeperEnd(ours)
        self.told = self.keeper.events()

    async def next_event(self, wanted: Event) -> Told:
        async with asyncio.timeout(60):
            async for told in self.told:
                if told.event is wanted:
                    return told
        message = f"the channel closed before {wanted}: {self.output.read_text()}"
        raise AssertionError(message)

    async def ended(self) -> int:
        return await asyncio.to_thread(self.process.wait, 60)


@asynccontextmanager
async def started(folder: Path, **how):
    process = Process(folder, **how)
    try:
        yield process
    finally:
        process.keeper.close()
        process.process.kill()
        process.process.wait()
        for listener in process.listeners:
            listener.close()
        for zygote, _channel in process.zygotes:
            await asyncio.to_thread(zygote.wait, 10)


async def test_it_is_closed_takes_a_report_releases_it_when_told_and_prints_nothing(tmp_path):
    async with started(tmp_path) as intake:
        await intake.next_event(Event.READY)
        status = _status(intake.process.pid)
        await intake.next_event(Event.RELEASED)
        picture = Path(__file__).parents[2] / "intake" / "static" / "icon.png"

        page = await file_report(intake.browser, "Planted words", [picture.read_bytes()])
        waiting = await log_in(intake.browser, page.receipt)
        await intake.keeper.order(Order.RELEASE)
        await intake.next_event(Event.RELEASED)
        released = await log_in(intake.browser, page.receipt)

        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status
        assert page.status == SHOWN
        assert "inte sett än" in waiting.plain
        assert "inte sett än" not in released.plain
        await intake.keeper.order(Order.STOP)
        assert await intake.ended() == 0
        assert intake.output.read_bytes() == b""


async def test_a_fault_reaches_the_keeper_as_a_count_and_nothing_more(tmp_path):
    async with started(tmp_path) as intake:
        await intake.next_event(Event.READY)
        # The home goes bad under a running intake: the roster vanishes.
        for path in (tmp_path / "home" / "roster").iterdir():
            path.unlink()

        page = await intake.browser.get("/report")
        told = await intake.next_event(Event.ROSTER_FAULT)

        assert told == Told(Event.ROSTER_FAULT, 1)
        assert "inte öppen" in page.plain


async def test_it_goes_on_with_a_zygote_that_was_replaced(tmp_path):
    async with started(tmp_path) as intake:
        await intake.next_event(Event.READY)
        old, _channel = intake.zygotes[0]
        old.kill()
        old.wait()
        new = spawn_zygote(Role.PICTURES)
        intake.zygotes.append(new)
        with new[1] as channel:
            await intake.keeper.order(Order.REPLACE_ZYGOTE, 0, channel)
        picture = Path(__file__).parents[2] / "intake" / "static" / "icon.png"

        code = await file_report(intake.browser, "With a picture", [picture.read_bytes()])
        page = await two_words_back(intake.browser, code)

        assert "Bilaga 1 (PNG)" in page.plain
        assert "Togs inte emot" not in page.plain


async def test_it_ends_rather_than_go_on_without_its_daily_release(tmp_path):
    async with started(tmp_path) as intake:
        await intake.next_event(Event.RELEASED)
        # A database that goes bad in a way that nobody foresaw.
        with contextlib.closing(sqlite3.connect(tmp_path / "home" / "kallskydd.db", timeout=5)) as connection:
            connection.execute("CREATE TRIGGER bad BEFORE UPDATE ON home BEGIN SELECT RAISE(ABORT, 'bad'); END")
            connection.commit()

        await intake.keeper.order(Order.RELEASE)

        # The keeper starts another one, which says what is wrong by not becoming ready.
        assert await intake.ended() == 0


@pytest.mark.parametrize("how", ["the keeper is gone", "SIGTERM"])
async def test_it_ends_in_order(tmp_path, how):
    async with started(tmp_path) as intake:
        await intake.next_event(Event.READY)

        if how == "SIGTERM":
            intake.process.send_signal(signal.SIGTERM)
        else:
            intake.keeper.close()

        assert await intake.ended() == 0


async def test_it_refuses_to_start_without_a_jail_for_each_role(tmp_path):
    async with started(tmp_path, roles=(Role.PICTURES,)) as intake:
        told = await intake.next_event(Event.SELF_TEST_FAILED)

        assert told.event is Event.SELF_TEST_FAILED
        assert await intake.ended() == 3


async def test_its_standard_streams_lead_nowhere(tmp_path):
    async with started(tmp_path) as intake:
        await intake.next_event(Event.READY)
        descriptors = Path(f"/proc/{intake.process.pid}/fd")

        assert {str((descriptors / one).readlink()) for one in "012"} == {"/dev/null"}


async def test_the_channel_carries_eight_bytes_a_message_and_passes_over_what_is_not_on_the_list():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    keeper, intake = KeeperEnd(ours), IntakeEnd(theirs)
    events = keeper.events()

    intake.tell(Event.READY)
    theirs.send(b"\xff\xff" + bytes(6))
    intake.tell(Event.HANDLER_FAULT, 2**40)
    first, second = await anext(events), await anext(events)

    assert first == Told(Event.READY, 1)
    assert second == Told(Event.HANDLER_FAULT, 2**32 - 1)
    assert len(pack_event(Event.READY)) == 8
    keeper.close()
    intake.close()


async def test_a_descriptor_that_was_not_asked_for_is_closed():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    keeper, intake = KeeperEnd(ours), IntakeEnd(theirs)
    orders = intake.orders()
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)

    await keeper.order(Order.ROSTER_CHANGED, 0, left)
    ordered = await anext(orders)
    left.close()
    right.setblocking(False)

    assert ordered.order is Order.ROSTER_CHANGED
    assert ordered.channel is None
    assert await asyncio.get_running_loop().sock_recv(right, 1) == b""
    right.close()
    await orders.aclose()
    keeper.close()
    intake.close()


def test_the_orders_and_events_are_those_of_the_agreement():
    source = (Path(__file__).parents[2] / "trusted" / "web" / "control.py").read_text()

    assert [(one.name, one.value) for one in Order] == [
        ("REPLACE_ZYGOTE", 1), ("STOP", 2), ("ROSTER_CHANGED", 3), ("RELEASE", 4),
        ("MIRROR_CERTIFICATE", 5), ("MIRROR_CHALLENGE", 6), ("MIRROR_CHALLENGE_OVER", 7),
    ]  # fmt: skip
    assert [(one.name, one.value) for one in Event] == [
        ("READY", 1), ("HANDLER_FAULT", 2), ("RELEASED", 3), ("SELF_TEST_FAILED", 4), ("ROSTER_FAULT", 6),
        ("MIRROR_TAKEN", 7), ("MIRROR_REFUSED", 8), ("FORWARDED_ADDRESS", 9),
        ("STORE_FAULT", 10), ("ZYGOTE_WANTED", 11),
    ]  # fmt: skip
    assert re.search(r'Struct\("!BB6x"\)', source)
    assert re.search(r'Struct\("!HHI"\)', source)
