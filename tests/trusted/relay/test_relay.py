"""The relay between browsers, a SOCKS and a TLS server: what passes, what does not, and who makes room."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import pytest
from networks.relay_harness import NAME, ONION, Site, ended, hello, raw


@pytest.fixture
async def site(tmp_path):
    async with Site(tmp_path).up() as up:
        yield up


async def soon(true) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


async def test_an_upload_arrives_whole_and_the_answer_too(site):
    async with site.relay():
        browser = await site.browse()

        assert await browser.ask(bytes(range(256)) * 20_000)
        assert await browser.ask()
        browser.close()

    assert site.socks.asked == [(ONION, 443)]


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x00\x05hello", hello("another.example"), hello(None),
     hello(NAME + ".")],
    ids=["http", "garbage", "another name", "no name", "name with a dot"],
)  # fmt: skip
async def test_what_is_no_hello_for_our_name_is_closed_without_a_word(site, data):
    async with site.relay() as relay:
        reader, writer = await raw(site.relay_port, data)

        assert await ended(reader) == b""
        await soon(lambda: len(relay.places) == 0)
        writer.close()

    assert site.socks.asked == []


async def test_whoever_says_nothing_is_closed(site):
    async with site.relay(hello_seconds=0.3) as relay:
        silent, half = await raw(site.relay_port), await raw(site.relay_port, hello()[:20])

        assert [await ended(reader) for reader, _ in (silent, half)] == [b"", b""]
        await soon(lambda: len(relay.places) == 0)
        for _, writer in (silent, half):
            writer.close()

    assert site.socks.asked == []


async def test_a_hello_in_many_small_pieces_is_refused_and_one_in_a_few_is_taken(site):
    async with site.relay(hello_pieces=8):
        for size, taken in ((1, False), (400, True)):
            _, writer = pair = await raw(site.relay_port)
            data = hello()
            with contextlib.suppress(OSError):
                for at in range(0, len(data), size):
                    writer.write(data[at : at + size])
                    await writer.drain()
                    await asyncio.sleep(0.02)
            if taken:
                await soon(lambda: site.socks.asked)
            else:
                assert await ended(pair[0]) == b""
            writer.close()


async def test_an_idle_connection_is_closed_and_one_that_moves_is_not(site):
    async with site.relay(idle_seconds=0.6) as relay:
        idle, busy = await site.browse(), await site.browse()

        for _ in range(8):
            await asyncio.sleep(0.2)
            assert await busy.ask()

        assert await ended(idle.reader) == b""
        assert len(relay.places) == 1
        busy.close()


async def test_when_the_onion_is_down_the_browser_gets_a_close(site):
    site.socks.refuses = lambda _: True
    async with site.relay():
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await site.browse()

    # On three circuits.
    assert len(set(site.socks.users)) == len(site.socks.users) == 3


async def test_a_refused_stream_is_tried_on_another_circuit(site):
    refused = []

    def refuses(user):
        if not refused or user in refused:
            refused.append(user)
            return True
        return False

    site.socks.refuses = refuses
    async with site.relay():
        browser = await site.browse()

        assert await browser.ask()
        browser.close()

    assert len(site.socks.users) == 2
    assert site.socks.users[0] != site.socks.users[1]


async def test_visitors_share_a_few_circuits_and_none_gets_more_streams_than_the_onion_takes(site):
    async with site.relay(connections=14, circuits=4, streams_a_circuit=4):
        browsers = [await site.browse() for _ in range(14)]
        same = set(site.socks.users)

        assert len(same) == 4
        assert max(site.socks.most.values()) == 4
        for browser in browsers:
            browser.close()


async def test_the_names_of_the_circuits_change_and_tell_nothing(site):
    async with site.relay(circuits=1, names_seconds=0.5):
        for pause in (0, 0, 0.6):
            await asyncio.sleep(pause)
            (await site.browse()).close()
    first, second, third = site.socks.users

    assert first == second != third
    assert all(len(name) == 32 for name in site.socks.users)


async def test_a_half_closed_connection_goes_on_in_the_other_direction(tmp_path):
    async def late(reader, writer):
        sent = await reader.read()
        writer.write(b"after the end of %d bytes" % len(sent))
        writer.close()

    async with Site(tmp_path).up(late) as site, site.relay():
        reader, writer = await raw(site.relay_port, hello() + bytes(1000))
        writer.write_eof()

        assert await ended(reader) == b"after the end of %d bytes" % (len(hello()) + 1000)
        writer.close()


async def test_a_server_that_does_not_read_holds_up_who_sends(tmp_path):
    """And one that does not read what is sent holds up the server: nothing gathers in the relay."""

    async def deaf(_reader, writer):
        written = 0
        with contextlib.suppress(OSError, TimeoutError):
            while True:
                writer.write(bytes(65536))
                async with asyncio.timeout(1):
                    await writer.drain()
                written += 65536
        sizes.append(written)
        await asyncio.sleep(60)

    sizes = []
    async with Site(tmp_path).up(deaf) as site, site.relay():
        _reader, writer = await raw(site.relay_port, hello())
        writer.transport.pause_reading()
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 2**28:
                writer.write(bytes(65536))
                async with asyncio.timeout(1):
                    await writer.drain()
                sent += 65536
        await soon(lambda: sizes)
        writer.transport.abort()

    # What the kernel holds of three connections, a few MiB each, and no more.
    assert sent < 2**26
    assert sizes[0] < 2**26


async def test_the_connection_with_the_least_progress_makes_room_for_a_newcomer(site):
    async with site.relay(connections=8, newest=2) as relay:
        silent = [await raw(site.relay_port) for _ in range(2)]
        idle = [await site.browse() for _ in range(3)]
        busy = [await site.browse() for _ in range(3)]
        for browser in busy:
            assert await browser.ask(bytes(200_000))

        newcomers = []
        for _ in range(4):
            newcomers.append(await site.browse())
            # A greeting alone would weigh as much as those of the idle ones, but for the length of a signature.
            assert await newcomers[-1].ask(bytes(10_000))

        # The two that never said anything, then those that only greeted; who moved something is still there.
        assert [await ended(reader) for reader, _ in silent] == [b"", b""]
        assert [await browser.ask() for browser in (*busy, newcomers[-1])] == [True] * 4
        assert len(relay.places) == 8
        gone = [browser for browser in idle if await _is_gone(browser)]
        assert len(gone) == 2
        for browser in (*busy, *newcomers):
            browser.close()
        for _, writer in silent:
            writer.close()


async def _is_gone(browser) -> bool:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        return not await browser.ask()
    return True


async def test_only_so_many_make_room_in_a_second(site):
    async with site.relay(connections=4, newest=2, evictions_a_second=10, evictions_at_once=2) as relay:
        first = [await raw(site.relay_port) for _ in range(4)]
        await soon(lambda: len(relay.places) == 4)
        began = asyncio.get_running_loop().time()

        later = [await raw(site.relay_port) for _ in range(8)]
        await asyncio.gather(*(ended(reader) for reader, _ in (*first, *later[:4])))

        assert asyncio.get_running_loop().time() - began > 0.5
        for _, writer in (*first, *later):
            writer.close()


async def test_what_fails_in_one_visit_ends_that_one_alone(site, monkeypatch):
    async with site.relay():
        with monkeypatch.context() as broken:
            broken.setattr("trusted.relay.server.read_client_hello", lambda _: 1 / 0)
            asyncio.get_running_loop().set_exception_handler(lambda *_: None)
            reader, writer = await raw(site.relay_port, hello())
            assert await ended(reader) == b""
            writer.close()

        browser = await site.browse()

        assert await browser.ask()
        browser.close()
