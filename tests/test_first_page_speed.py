"""How many first pages a second, beside the least that the library itself can do; both are processes of their own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from service import Service, kallskydd, offline_network

CONNECTIONS = 8
TURNS = 60
ROUNDS = 12


class Load:
    """Keeps several connections to one server busy, so that the server and not the client sets the pace."""

    def __init__(self, path: Path, host: str) -> None:
        self._request = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._connections = []
        for _ in range(CONNECTIONS):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(10)
            connection.connect(str(path))
            self._connections.append(connection)

    def rate(self) -> float:
        began = time.perf_counter()
        for _ in range(TURNS):
            for connection in self._connections:
                connection.sendall(self._request)
            for connection in self._connections:
                self._read_answer(connection)
        return TURNS * CONNECTIONS / (time.perf_counter() - began)

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _read_answer(self, connection: socket.socket) -> None:
        received = bytearray()
        while b"\r\n\r\n" not in received:
            received += connection.recv(2**17)
        head, _, rest = bytes(received).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        missing = length - len(rest)
        while missing > 0:
            missing -= len(connection.recv(2**17))


@pytest.fixture
def bare(short_folder):
    path = short_folder / "hello"
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("hello_world.py")), str(path)])
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    load = Load(path, "localhost")
    yield load
    load.close()
    process.terminate()
    process.wait(10)


def test_the_first_page_comes_at_least_half_as_often_a_second_as_hello_world_of_the_bare_library(bare, short_folder):
    kallskydd("init", "--home", short_folder / "home", "--trial")
    with Service(short_folder / "home", offline_network(short_folder / "net")) as service:
        ours = Load(service.public_socket, f"{service.public_address}.onion")
        bare.rate(), ours.rate()

        rates = [(ours.rate(), bare.rate()) for _ in range(ROUNDS)]

        ours.close()
    # The best of each: what else the machine does only takes away.
    first, hello = (max(one) for one in zip(*rates, strict=True))
    ratio = first / hello
    print(f"first page {first:.0f} a second, {ratio:.2f} of hello world")
    assert ratio >= 0.5
