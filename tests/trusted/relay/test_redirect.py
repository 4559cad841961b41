"""Port 80 of the mirror: one answer to everybody, nothing of what was asked kept, bounds of its own."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from networks.relay_harness import NAME, Site, cut_at_the_end, ended, free_port, memory_of, raw
from processes.unit_filter import settings

from trusted.relay.limits import RELAY_LIMITS
from trusted.relay.redirect import Redirect

PROJECT = Path(__file__).parents[3]
RELAY_UNIT = PROJECT / "deploy" / "systemd" / "relay" / "kallskydd-relay.service"
UNDER_UNIT = (
    sys.executable,
    str(Path(__file__).parents[2] / "support" / "processes" / "unit_filter.py"),
    str(RELAY_UNIT),
)
MARKER = "mkTypedWithoutHttps"
ANSWER = (
    b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://spegel.example/\r\nCache-Control: no-store\r\n"
    b"Referrer-Policy: no-referrer\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
)


@contextlib.asynccontextmanager
async def redirecting(**limits: object) -> AsyncIterator[tuple[Redirect, int]]:
    """What answers port 80, in this process, and its port."""
    door = Redirect(NAME, replace(RELAY_LIMITS, **limits))
    async with cut_at_the_end():
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            serving = asyncio.create_task(door.serve([listener]))
            try:
                yield door, listener.getsockname()[1]
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)


@pytest.mark.parametrize(
    "asked",
    [
        b"GET / HTTP/1.1\r\nHost: spegel.example\r\n\r\n",
        f"GET /{MARKER}?{MARKER} HTTP/1.1\r\nHost: {MARKER}.example\r\nCookie: {MARKER}=1\r\n\r\n".encode(),
        b"HEAD http://elsewhere.example/ HTTP/1.0\r\n\r\n",
        b"POST /report HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000),
        b"\x00\xff no http at all \r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"x" * 2 * RELAY_LIMITS.head_bytes,
    ],
    ids=["as usual", "marked", "another host", "a form", "no http", "a head without end"],
)
async def test_whatever_is_asked_the_answer_is_the_same_and_leads_to_the_name_that_is_configured(asked):
    async with redirecting() as (door, port):
        reader, _writer = await raw(port, asked)
        _writer.write_eof()
        answer = await ended(reader)
        await asyncio.sleep(0.05)
        left = len(door.places)

    assert answer == ANSWER
    assert left == 0


async def test_a_head_in_pieces_is_answered_and_one_that_does_not_come_is_closed_without_a_word():
    async with redirecting(hello_seconds=0.5) as (door, port):
        reader, writer = await raw(port, b"GET / HT")
        await asyncio.sleep(0.1)
        writer.write(b"TP/1.1\r\nHost: x\r\n\r")
        await asyncio.sleep(0.1)
        writer.write(b"\n")
        in_pieces = await ended(reader)
        silent, _writer = await raw(port, b"GET / HTTP/1.1\r\n")
        nothing = await ended(silent, within=2)
        # Answered, and does not close.
        staying, _writer = await raw(port, b"GET / HTTP/1.1\r\n\r\n")
        answered = await ended(staying)
        await asyncio.sleep(2.2)
        left = len(door.places)

    assert (in_pieces, nothing, answered) == (ANSWER, b"", ANSWER)
    assert left == 0


async def test_more_than_its_places_make_room_and_never_more_are_open():
    async with redirecting(redirects=4, evictions_a_second=1000.0, evictions_at_once=100) as (door, port):
        waiting = [await raw(port, b"GET / HTTP/1.1\r\n") for _ in range(12)]
        reader, _writer = await raw(port, b"GET / HTTP/1.1\r\n\r\n")
        answer = await ended(reader)
        most = len(door.places)

    assert answer == ANSWER
    assert most <= 4
    assert len(waiting) == 12


async def test_the_program_answers_under_the_filters_of_its_unit_and_keeps_nothing_of_what_came(tmp_path):
    site, plain = Site(tmp_path), free_port()
    program = (*UNDER_UNIT, sys.executable, "-I", "-m", "kallskydd")
    async with site.up(), site.process(program, also=("--redirect", f"127.0.0.1:{plain}")) as pid:
        asked = f"GET /{MARKER} HTTP/1.1\r\nHost: {MARKER}\r\nUser-Agent: {MARKER}\r\n\r\n".encode()
        answers = {await ended((await raw(plain, asked))[0]) for _ in range(20)}
        browser = await site.browse()
        whole = await browser.ask(b"as ever")
        filters = Path(f"/proc/{pid}/status").read_text()
        browser.close()
        # The last one lingers for two seconds, and its buffer is overwritten then.
        async with asyncio.timeout(30):
            while MARKER.encode() in (memory := memory_of(pid)):
                await asyncio.sleep(0.2)

    assert answers == {ANSWER}
    assert whole
    assert int(re.search(r"Seccomp_filters:\s+(\d+)", filters)[1]) == 2
    assert NAME.encode() in memory
    assert MARKER.encode() not in memory
    assert site.said == b""


def test_the_unit_may_bind_port_80_and_has_it_from_a_file_of_before_too():
    unit = settings(RELAY_UNIT)
    example = (PROJECT / "deploy/mirror.example").read_text()

    assert "tcp:80" in unit["SocketBindAllow"]
    assert "--redirect ${REDIRECT}" in unit["ExecStart"][0]
    assert unit["Environment"] == ["REDIRECT=0.0.0.0:80"]
    assert "\nREDIRECT=0.0.0.0:80\n" in example
