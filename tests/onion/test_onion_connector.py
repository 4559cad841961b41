"""The one way of aiohttp through tor: what the SOCKS port is asked for, and what is refused before it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl

import aiohttp
import pytest
from networks.loopback_socks import LoopbackSocks
from networks.mirror_harness import NAME, Authority

from onion.connector import SocksConnector
from onion.errors import OnionUnknown, SocksMissing, SocksTimeout

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"


@contextlib.asynccontextmanager
async def socks_server(*, reply: int = 0, isolate: bool = False):
    """A SOCKS port that notes what it is asked for and answers one page; with a reply other than 0, that refusal."""
    asked = []

    async def answer(reader, writer):
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        writer.write(bytes([version, 2 if isolate else 0]))
        user = b""
        if isolate:
            user = await reader.readexactly((await reader.readexactly(2))[1])
            await reader.readexactly((await reader.readexactly(1))[0])
            writer.write(b"\x01\x00")
        head = await reader.readexactly(5)
        host = await reader.readexactly(head[4])
        port = int.from_bytes(await reader.readexactly(2), "big")
        asked.append((methods, user, head[3], host, port))
        writer.write(bytes([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]))
        if not reply:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(PAGE)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[:2], asked


async def fetch(socks, url: str, **options) -> str:
    connector = SocksConnector(socks, **{"within": 5.0, **options})
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url) as answer:
        return await answer.text()


async def test_tor_is_given_the_name_and_nothing_resolves_it_here():
    async with socks_server() as (socks, asked):
        page = await fetch(socks, "http://nobody-resolves-this.onion/")

    assert page == "hello"
    assert asked == [(b"\x00", b"", 3, b"nobody-resolves-this.onion", 80)]


async def test_a_purpose_has_circuits_of_its_own():
    async with socks_server(isolate=True) as (socks, asked):
        await fetch(socks, "http://nobody-resolves-this.onion:8080/", isolate="purpose")

    assert asked == [(b"\x02", b"purpose", 3, b"nobody-resolves-this.onion", 8080)]


async def test_an_https_address_without_a_context_is_refused_and_nothing_is_sent_in_the_clear():
    async with socks_server() as (socks, asked):
        with pytest.raises(aiohttp.NonHttpUrlClientError):
            await fetch(socks, "https://nobody-resolves-this.onion/")

    assert asked == []


async def test_a_place_on_the_open_web_is_reached_by_tls_with_the_context_that_is_given(tmp_path):
    authority, hosts = Authority.new(tmp_path / "authority"), []
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (tmp_path / "pem").write_bytes(authority.pem())
    trusted.load_cert_chain(tmp_path / "pem")

    async def answer(reader, writer):
        hosts.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(PAGE)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=trusted)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with LoopbackSocks(tmp_path / "socks", {NAME: port}) as socks:
            connector = SocksConnector(socks.path, within=5.0, isolate="website")
            async with aiohttp.ClientSession(connector=connector) as session:
                async with session.get(f"https://{NAME}/", ssl=authority.client()) as answered:
                    page = await answered.text()
                with pytest.raises(aiohttp.ClientOSError):
                    await session.get(f"https://{NAME}/", ssl=ssl.create_default_context())

    assert page == "hello"
    assert len(hosts) == 1
    assert socks.asked == [("website", NAME, 443)] * 2


async def test_a_failure_is_tors_own_and_not_the_librarys(tmp_path):
    async with socks_server(reply=0xF0) as (socks, _asked):
        with pytest.raises(OnionUnknown):
            await fetch(socks, "http://nobody-resolves-this.onion/")
    with pytest.raises(SocksMissing):
        await fetch(tmp_path / "no.sock", "http://nobody-resolves-this.onion/")


async def test_a_way_that_stalls_is_given_up_in_time():
    async def say_nothing(reader, writer):
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    async with server:
        with pytest.raises(SocksTimeout):
            await fetch(server.sockets[0].getsockname()[:2], "http://nobody-resolves-this.onion/", within=0.2)
