"""What the plain browser of a demonstration gets to see: no more of the program and the clock than a reporter does."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from kallskydd.demo.forwarder import BANNER, Forwarder, bannered, passed_up


@pytest.mark.parametrize(
    ("request_line", "host", "status"),
    [("GET / HTTP/1.1", None, 502), ("GET / HTTP/1.1", "elsewhere.example", 421), ("no HTTP at all", None, 400)],
    ids=["onion down", "other name", "no request"],
)
async def test_no_answer_names_the_program_or_the_time(request_line, host, status):
    # Taken, and nobody listens: no other program gets this port meanwhile.
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    forwarder = Forwarder(taken.getsockname(), f"{'a' * 56}.onion")
    where = urlsplit(await forwarder.start())
    try:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(f"{request_line}\r\nHost: {host or where.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = (await asyncio.wait_for(reader.read(), 20)).decode()
        writer.close()
    finally:
        await forwarder.close()
        taken.close()

    head = answer.partition("\r\n\r\n")[0].lower()
    assert head.startswith((f"http/1.1 {status} ", f"http/1.0 {status} "))
    assert "content-length:" in head
    assert "\r\nserver:" not in head
    assert "\r\ndate:" not in head


def test_where_a_browser_comes_from_is_said_in_the_name_of_the_onion_and_nothing_else_is():
    own, onion = "http://127.0.0.1:8000", "http://" + "a" * 56 + ".onion"
    ours = {"Origin": own, "Referer": f"{own}/report?lang=sv", "User-Agent": "w3m", "Cookie": "x=y"}
    foreign = {"Origin": "http://evil.example", "Referer": f"{own}0/report", "Sec-Fetch-Site": "cross-site"}

    assert passed_up(ours, own, onion) == {"Origin": onion, "Referer": f"{onion}/"}
    assert passed_up(foreign, own, onion) == {"Sec-Fetch-Site": "cross-site"}


TRIAL = b'<!doctype html><body class="x">\n<a href="#main">Skip</a>\n<div class="trial" role="note">Trial.</div>\n<main>Text</main>'
PLAIN = b"<!doctype html><body>" + b" " * 600 + b"<p>0 per cent</p>"


async def in_pieces(page: bytes, size: int):
    for start in range(0, len(page), size):
        yield page[start : start + size]


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
@pytest.mark.parametrize("page", [TRIAL, PLAIN, b"<body>short"], ids=["with its own banner", "without", "short"])
async def test_a_page_has_one_banner_however_it_is_cut_into_pieces(page, size):
    shown = b"".join([piece async for piece in bannered(in_pieces(page, size))])

    assert shown.count(b'class="trial"') == 1
    assert BANNER.encode() in shown
    assert shown.replace(BANNER.encode(), b"").replace(b"\n", b"") == page.replace(
        b'<div class="trial" role="note">Trial.</div>', b""
    ).replace(b"\n", b"")


async def test_a_page_without_an_end_is_passed_on_piece_by_piece():
    after = asyncio.Event()

    async def endless():
        yield PLAIN
        await after.wait()
        yield b"<p>50 per cent</p>"

    pieces = bannered(endless())
    first = await asyncio.wait_for(anext(pieces), 5)
    after.set()
    second = await asyncio.wait_for(anext(pieces), 5)

    assert b"0 per cent" in first
    assert second == b"<p>50 per cent</p>"
