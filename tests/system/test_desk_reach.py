"""The ways to the server: what tor's answers are called, and a desk over a real tor with client authorisation."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time

import pytest
from desks.harness import at_work, make_desk_home, running_desks
from visitors.intake_harness import MadeHome, SetClock

from cases.home import read_home
from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import new_member_keys
from desk.errors import NotReachable
from desk.keep.keyfile import DeskHome
from desk.keep.state import join_server
from desk.server.reach import PASSING
from desk.work import acts
from desk.work.case.cached import fetch_touched
from kallskydd.commands.init import example_config
from kallskydd.commands.init import make_home as init_home
from kallskydd.desk.route import Route
from onion.address import public_from_address
from onion.errors import TorNotReady
from onion.keys import read_onion_key
from onion.publish import Onion, Publisher
from trusted.case.clock import today, utc_now

SOCKS_GREETING = b"\x05\x01\x00"
# From the press to the page that follows; the best of three, as others work on the same processors.
ACT_SECONDS = 3.0
# What is said of a circuit that stalled or broke, as one does now and then; the next try takes another.
STALLED = {*PASSING, "reach.timed_out"}


@contextlib.asynccontextmanager
async def socks_that_says(reply: int):
    """A SOCKS port that gives every request the same answer."""

    async def answer(reader, writer):
        await reader.readexactly(len(SOCKS_GREETING))
        writer.write(b"\x05\x00")
        await reader.read(512)
        writer.write(bytes([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def why_not(tmp_path, way: Route) -> str:
    home = DeskHome(tmp_path / "desk")
    if not home.folder.exists():
        make_desk_home(home, new_member_keys(), "b" * 56)
    # Any address with a right checksum.
    join_server(home.settings, "2gzyxa5ihm7nsggfxnu52rck2vv4rvmdlkiu3zzui5du4xyclen53wid")
    with pytest.raises(NotReachable) as failed:
        async with at_work(home, way, SetClock()) as book:
            await book.sync()
    return failed.value.text_key


@pytest.mark.parametrize(
    ("reply", "text_key"),
    [
        (0xF1, "reach.bad_descriptor"),
        (0xF4, "reach.key_missing"),
        (0xF5, "reach.key_wrong"),
        (0xF6, "reach.bad_address"),
        (0x01, "reach.tor_failed"),
    ],
)
async def test_what_tor_answers_is_put_into_words(tmp_path, reply, text_key):
    async with socks_that_says(reply) as socks:
        assert await why_not(tmp_path, Route(socks=socks)) == text_key


async def test_a_missing_tor_and_a_missing_socket_have_words_of_their_own(tmp_path):
    assert await why_not(tmp_path, Route(socks="127.0.0.1:1")) == "reach.no_tor"
    assert await why_not(tmp_path, Route(socket=tmp_path / "none.sock")) == "reach.no_socket"
    assert await why_not(tmp_path, Route(socks="nowhere")) == "usage.route"


@pytest.mark.live
async def test_a_desk_works_over_tor_and_only_with_the_members_key(
    tmp_path, short_folder, tor_network, keeper_tor, tor_client
):
    keys = (new_member_keys(), new_member_keys())
    made = founded_home(short_folder / "home", keys)
    onion_key = read_onion_key(made.home.path / "onion" / "desk.key")
    publisher = Publisher()
    await publisher.connect(keeper_tor.control)
    try:
        async with running_desks(short_folder, made) as desks:
            await desks.file("Över Tor.")
            await desks.release()
            members = tuple(one.onion_public for one in keys)
            await publisher.publish(Onion(onion_key, {80: desks.socket}, members))
            await publisher.wait_published(onion_key.address, within=30)
            home = desks.home(0)
            host, port = tor_client.socks

            async def listed_once(way: Route) -> int:
                async with at_work(home, way, desks.clock) as book:
                    await book.sync()
                    return len(book.state.case_list.cases)

            async def listed(way: Route) -> int:
                for _ in range(2):
                    try:
                        return await listed_once(way)
                    except TorNotReady:
                        continue
                    except NotReachable as failed:
                        if failed.text_key not in STALLED:
                            raise
                return await listed_once(way)

            by_its_own_tor = await listed(Route(tor_network=tor_network.root))
            with pytest.raises(NotReachable) as without_key:
                await listed(Route(socks=f"{host}:{port}"))
            tor_with_key = Route(socks=f"{host}:{port}", control=tor_client.control_socket)
            with_key = await listed(tor_with_key)
            seconds = await acted(home, tor_with_key, desks.clock)

            written = b"".join(path.read_bytes() for path in home.tor.rglob("*") if path.is_file())
    finally:
        await publisher.take_down(onion_key.address)
        await publisher.close()

    shown = ", ".join(f"{one:.2f}" for one in seconds)
    print(f"an act over the private Tor network, load {os.getloadavg()[0]:.1f}: {shown} s")
    assert min(seconds) < ACT_SECONDS
    assert (by_its_own_tor, with_key) == (1, 1)
    assert without_key.value.text_key == "reach.key_missing"
    assert keys[0].onion_private.encode() not in written.upper()


async def acted(home: DeskHome, way: Route, clock: SetClock) -> list[float]:
    """How long an act takes three times, with all that the application asks the server for it."""
    seconds = []
    async with at_work(home, way, clock) as book:
        await book.sync()
        (name,) = book.state.case_list.cases
        for number in range(3):
            begun = time.perf_counter()
            await acts.do(book, "reply", name, f"Svar {number}.")
            await fetch_touched(book)
            seconds.append(time.perf_counter() - begun)
    return seconds


def founded_home(folder, keys) -> MadeHome:
    """A home as `init` makes it, with onion keys, signed by its members."""
    joins = [one.public(f"Person {number}", "handler", f"Handler {number}") for number, one in enumerate(keys)]
    facts = init_home(folder, example_config(), joins, trial=False)
    roster = read_chain(folder / "roster", today(utc_now)).proposal
    for one in keys:
        add_signature(folder / "roster", 1, sign_roster(roster, one), today(utc_now))
    assert roster.server_key == public_from_address(facts["desk"])
    return MadeHome(read_home(folder), roster.home_id, roster.members, keys)
