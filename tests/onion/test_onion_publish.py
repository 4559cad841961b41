"""Onions put up, reached, closed to strangers, lost with tor and put up again: a real tor on a private network."""

import asyncio
import contextlib
import itertools
import os
import signal

import pytest
from networks.conftest_tor import new_client_key, started_client
from processes.measured import best_of

from onion import publish as publish_module
from onion.client import add_client_key
from onion.errors import BadKey, NoAuthorizedClient, NotPublished, OnionUnreachable, PathUnusable, SocksTimeout, TorGone
from onion.keys import new_onion_key, read_onion_key, write_onion_key
from onion.probe import probe
from onion.publish import Onion, Publisher
from onion.socks import socks_connect

SECONDS = 45  # descriptors are up after 1.1 s and answer after 1.8 s; the rest is for a busy machine
TRY_SECONDS = 8  # now and then a circuit stalls for a minute; the next try takes another


@pytest.fixture
async def publisher(keeper_tor):
    """A publisher on the keeper's tor."""
    one = Publisher()
    await one.connect(keeper_tor.control)
    yield one
    await one.close()


async def put_up(publisher, onion):
    published = await publisher.publish(onion)
    await publisher.wait_published(published.address, within=SECONDS)
    return published


async def seen(tor_client, address, expected, isolate=None):
    """The result as soon as its text key is the expected one: directories need a moment to agree."""
    socks, tries = getattr(tor_client, "socks", tor_client), itertools.count()
    async with asyncio.timeout(SECONDS):
        while True:
            result = await probe(socks, address, within=TRY_SECONDS, isolate=f"{isolate}{next(tries)}")
            if result.text_key == expected:
                return result
            await asyncio.sleep(0.2)


async def text_through(tor_client, address):
    """What the server behind the onion says; a stalled or broken circuit is left for another, as in `seen`."""
    async with asyncio.timeout(SECONDS):
        for number in itertools.count():
            with contextlib.suppress(SocksTimeout, OnionUnreachable, TimeoutError, ConnectionError):
                async with asyncio.timeout(TRY_SECONDS):
                    connection = await socks_connect(
                        tor_client.socks, f"{address}.onion", 80, within=TRY_SECONDS, isolate=f"text{number}"
                    )
                    reader, writer = await asyncio.open_connection(sock=connection)
                    writer.write(b"GET / HTTP/1.0\r\n\r\n")
                    answer = await reader.read()
                    writer.close()
                if answer:
                    return answer.rpartition(b"\r\n\r\n")[2].decode()
            await asyncio.sleep(0.2)
    return None


@pytest.mark.live
async def test_two_onions_with_stored_keys_lead_to_two_servers(publisher, tor_client, tiny_server, short_folder):
    keys = [new_onion_key(), new_onion_key()]
    for number, key in enumerate(keys):
        write_onion_key(short_folder / f"{number}.key", key)
    stored = [read_onion_key(short_folder / f"{number}.key") for number in range(2)]
    servers = [await tiny_server("public"), await tiny_server("desk")]

    onions = [Onion(key, {80: server}) for key, server in zip(stored, servers, strict=True)]
    published = await asyncio.gather(*(put_up(publisher, onion) for onion in onions))

    assert all(one.pow for one in published)

    for key, text in zip(keys, ("public", "desk"), strict=True):
        result = await seen(tor_client, key.address, "onion.reached")
        assert (result.status, result.reached) == (200, True)
        assert await text_through(tor_client, key.address) == text


@pytest.mark.live
async def test_an_onion_for_members_opens_with_either_of_two_keys_and_with_no_other(
    publisher, tor_client, tor_network, tiny_server
):
    onion_key, members, stranger = (
        new_onion_key(),
        [new_client_key(), new_client_key()],
        new_client_key(),
    )
    onion = Onion(onion_key, {80: await tiny_server("members")}, tuple(member.public for member in members))
    address = (await put_up(publisher, onion)).address

    without_key = await seen(tor_client, address, "onion.key_missing")
    assert "no key for it" in without_key.words

    # One key from a file at the start, another given to the running tor, and a wrong one: three ways in, or not.
    def member_client():
        return tor_network.client([(address, members[0].private)])

    member_tor = await asyncio.to_thread(started_client, member_client)
    assert (await seen(member_tor, address, "onion.reached")).status == 200
    await asyncio.to_thread(add_client_key, tor_client.control_socket, address, stranger.private)
    with_wrong_key = await seen(tor_client, address, "onion.key_wrong")
    assert "not among them" in with_wrong_key.words
    await asyncio.to_thread(add_client_key, tor_client.control_socket, address, members[1].private)
    assert (await seen(tor_client, address, "onion.reached")).status == 200

    # The first member leaves: published anew, the onion opens for the second only.
    member_tor.stop()
    await put_up(publisher, Onion(onion_key, onion.targets, (members[1].public,)))
    member_tor = await asyncio.to_thread(started_client, member_client)
    assert (await seen(member_tor, address, "onion.key_wrong")).reached is False
    assert (await seen(tor_client, address, "onion.reached", isolate="again")).status == 200
    member_tor.stop()


@pytest.mark.live
async def test_a_killed_tor_is_noticed_and_its_successor_serves_the_same_address(
    keeper_tor_to_kill, tor_client, tiny_server
):
    told = asyncio.Event()
    publisher = Publisher(on_gone=told.set)
    await publisher.connect(keeper_tor_to_kill.control)
    onion = Onion(new_onion_key(), {80: await tiny_server("again")})
    address = (await put_up(publisher, onion)).address
    assert await seen(tor_client, address, "onion.reached")

    os.kill(keeper_tor_to_kill.process.pid, signal.SIGKILL)

    async with asyncio.timeout(10):
        await publisher.gone.wait()
        await told.wait()
    with pytest.raises(TorGone):
        await publisher.bootstrap()
    with pytest.raises(TorGone):
        await publisher.publish(onion)
    await asyncio.to_thread(keeper_tor_to_kill.start)
    await publisher.connect(keeper_tor_to_kill.control)
    await publisher.publish(onion)
    await publisher.wait_published(address, within=SECONDS)
    # The descriptor a client holds names introduction points of the dead tor; it asks for the new one by itself.
    assert await seen(tor_client, address, "onion.reached", isolate="after")
    await publisher.close()


@pytest.mark.live
async def test_a_keeper_that_comes_back_to_a_running_tor_takes_its_onions_over(keeper_tor, tor_client, tiny_server):
    key, path = new_onion_key(), await tiny_server("first")
    before = Publisher()
    await before.connect(keeper_tor.control)
    await put_up(before, Onion(key, {80: path}))
    await before.close()
    after = Publisher()
    await after.connect(keeper_tor.control)

    await put_up(after, Onion(key, {80: await tiny_server("second")}))

    await seen(tor_client, key.address, "onion.reached")
    assert await text_through(tor_client, key.address) == "second"
    assert not any("collision" in line or "Bug" in line for line in keeper_tor.process.last_words())
    await after.close()


@pytest.mark.live
async def test_an_onion_that_was_taken_down_is_not_reached_any_more(publisher, keeper_tor, tiny_server):
    onion = Onion(new_onion_key(), {80: await tiny_server("down")})
    address = (await put_up(publisher, onion)).address
    await seen(keeper_tor.socks, address, "onion.reached")

    await publisher.take_down(address)
    await publisher.take_down(address)

    result = await probe(keeper_tor.socks, address, within=2, isolate="new circuit")
    assert not result.reached


@pytest.mark.live
async def test_an_onion_without_a_server_is_reported_as_serving_nothing(publisher, tor_client, short_folder):
    onion = Onion(new_onion_key(), {80: short_folder / "nobody"})
    address = (await put_up(publisher, onion)).address

    result = await seen(tor_client, address, "onion.nothing_served")

    assert not result.reached
    assert "no server answers behind it" in result.words


@pytest.mark.live
async def test_a_tor_that_knows_no_puzzles_still_gets_its_onion(keeper_tor, tor_client, tiny_server, short_folder):
    refused = []
    async with older_tor(keeper_tor.control, short_folder / "older", refused):
        publisher = Publisher()
        await publisher.connect(short_folder / "older")

        published = await put_up(publisher, Onion(new_onion_key(), {80: await tiny_server("plain")}))

        assert len(refused) == 1
        assert published.pow is False
        assert await seen(tor_client, published.address, "onion.reached")
        await publisher.close()


@contextlib.asynccontextmanager
async def older_tor(control, path, refused):
    """The real tor, with the one answer an older one would give: it knows no PoWDefensesEnabled."""

    async def pass_on(reader, writer):
        tor_reader, tor_writer = await asyncio.open_unix_connection(control)

        async def back():
            while piece := await tor_reader.read(65536):
                writer.write(piece)
            writer.close()

        returning = asyncio.ensure_future(back())
        while line := await reader.readline():
            if b"PoWDefensesEnabled" in line:
                refused.append(line)
                writer.write(b'512 Invalid argument "PoWDefensesEnabled=1"\r\n')
            else:
                tor_writer.write(line)
        tor_writer.close()
        await returning

    async with await asyncio.start_unix_server(pass_on, path):
        yield


async def test_a_tor_that_stops_answering_counts_as_gone(short_folder, monkeypatch):
    monkeypatch.setattr(publish_module, "CONTROL_SECONDS", 0.3)
    taken = []

    async def take_and_be_silent(_reader, writer):
        taken.append(writer)

    async with await asyncio.start_unix_server(take_and_be_silent, short_folder / "stuck"):
        publisher = Publisher()

        with pytest.raises(TorGone):
            await publisher.connect(short_folder / "stuck")

        for writer in taken:
            writer.close()
        await publisher.close()


@pytest.mark.live
async def test_waiting_for_an_onion_nobody_published_ends_in_time(publisher):
    with pytest.raises(NotPublished):
        await publisher.wait_published(new_onion_key().address, within=0.1)


@pytest.mark.live
async def test_the_loop_goes_on_while_onions_are_published(publisher, tiny_server):
    path = await tiny_server("lag")
    loop = asyncio.get_running_loop()

    async def lag() -> float:
        longest = 0.0

        async def measure():
            nonlocal longest
            while True:
                before = loop.time()
                await asyncio.sleep(0.005)
                longest = max(longest, loop.time() - before - 0.005)

        measuring = asyncio.ensure_future(measure())
        await asyncio.gather(*(put_up(publisher, Onion(new_onion_key(), {80: path})) for _ in range(2)))
        measuring.cancel()
        return longest

    # A blocking wait for the descriptor would be over a second.
    assert await best_of(lag, 0.5) < 0.5


def test_an_onion_closed_to_everybody_is_refused_rather_than_opened_to_all(short_folder):
    with pytest.raises(NoAuthorizedClient):
        Onion(new_onion_key(), {80: short_folder / "web"}, ())


def test_what_would_break_out_of_a_control_line_is_refused(short_folder):
    with pytest.raises(BadKey):
        Onion(new_onion_key(), {80: short_folder / "web"}, ("A" * 52 + "\r\nSIGNAL HALT",))
    for name in ("a b", "a\r\nSIGNAL HALT", 'a"b'):
        with pytest.raises(PathUnusable):
            Onion(new_onion_key(), {80: short_folder / name})
