"""What the plain browser of a demonstration gets to see: no more of the program and the clock than a reporter does."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from kallskydd.demo.forwarder import Forwarder


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
