"""The way through tor: what is said when it is barred."""

import asyncio

import pytest

from onion.errors import OnionUnknown, SocksMissing, SocksRefused, SocksTimeout
from onion.keys import new_onion_key
from onion.probe import probe
from onion.socks import socks_connect


@pytest.mark.live
async def test_an_onion_nobody_ever_published_is_reported_as_unknown(tor_client):
    # A stalled circuit is left for another.
    for number in range(4):
        result = await probe(tor_client.socks, new_onion_key().address, within=20, isolate=f"unknown{number}")
        if result.text_key != "onion.socks_timeout":
            break

    assert (result.reached, result.text_key) == (False, "onion.unknown")
    assert "not published" in result.words


@pytest.mark.live
async def test_an_address_that_is_none_is_refused(tor_client):
    with pytest.raises(SocksRefused) as caught:
        await socks_connect(tor_client.socks, "nonsense.onion", 80, within=30, isolate="nonsense")

    assert caught.value.reply == 0xF6


async def test_no_tor_behind_the_socket_is_reported(short_folder):
    for socks in (short_folder / "nobody", ("127.0.0.1", 1)):
        with pytest.raises(SocksMissing):
            await socks_connect(socks, "x.onion", 80, within=5)


async def test_a_tor_that_does_not_answer_does_not_hold_us_up(short_folder):
    async def be_silent(reader, writer):
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(be_silent, short_folder / "silent"):
        with pytest.raises(SocksTimeout):
            await socks_connect(short_folder / "silent", "x.onion", 80, within=0.2)
        await asyncio.sleep(0.05)  # the silent side sees the end of the connection


@pytest.mark.parametrize("answer", [b"", b"\x05", b"HTTP/1.0 400 Bad Request\r\n\r\n", b"\x05\xff", b"\x04\x00"])
async def test_whatever_else_speaks_on_the_socket_is_not_taken_for_tor(short_folder, answer):
    async def speak(reader, writer):
        await reader.read(3)
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(speak, short_folder / "other"):
        with pytest.raises(SocksMissing):
            await socks_connect(short_folder / "other", "x.onion", 80, within=5)


@pytest.mark.parametrize(("answer", "key"), [(b"", "onion.no_answer"), (b"SSH-2.0-x\r\n", "onion.no_answer"),
                                             (b"HTTP/1.1 503 x\r\n\r\n", "onion.reached")])  # fmt: skip
async def test_a_web_server_is_reached_when_it_answers_as_one(short_folder, answer, key):
    async def tor_and_server(reader, writer):
        await reader.readexactly(3)
        writer.write(b"\x05\x00")
        await reader.readexactly(5 + 62 + 2)
        writer.write(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_unix_server(tor_and_server, short_folder / "s"):
        result = await probe(short_folder / "s", new_onion_key().address, within=5)

    assert result.text_key == key


def test_an_error_says_what_happened_and_what_to_do():
    words = str(OnionUnknown(0xF0))

    assert words.count(". ") == 1
    assert "0x" not in words
