"""How many pages a second the intake gives: the first page and the form, beside bare aiohttp and OnionShare.

`hello world` is the least that our own library can do, on a unix socket; OnionShare is its receive mode, the page with
the form, on a loopback port and without tor. Each is a process, and they take turns.

Counted in processor time: it says how often a page can be served, and what else runs meanwhile changes it little.
That nothing else is waited for is seen by the clock. The medians of all turns count.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from processes.service import Service, kallskydd, offline_network

ROOT = Path(__file__).resolve().parent.parent
ONIONSHARE = ROOT / ".venv" / "onionshare" / "bin" / "onionshare-cli"
CONNECTIONS = 8
TURNS = 10
ROUNDS = 15
START_SECONDS = 60


class Load:
    """Keeps several connections to one server busy, so that the server and not the client sets the pace."""

    def __init__(self, place: Path | tuple[str, int], host: str, pid: int, path: str = "/") -> None:
        self._pid, self._place = pid, place
        self._request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        self._connections = [self._connect() for _ in range(CONNECTIONS)]
        self.bytes = 0
        self.measured: list[tuple[float, float]] = []

    def _connect(self) -> socket.socket:
        if isinstance(self._place, tuple):
            connection = socket.create_connection(self._place)
        else:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(self._place))
        connection.settimeout(20)
        return connection

    def run(self) -> None:
        """One turn: the answers a second, and what the server took of the processor for each."""
        began, before = time.perf_counter(), processor_seconds(self._pid)
        for _ in range(TURNS):
            for connection in self._connections:
                connection.sendall(self._request)
            self._connections = [self._read_answer(connection) for connection in self._connections]
        answers = TURNS * CONNECTIONS
        self.measured.append(
            (answers / (time.perf_counter() - began), (processor_seconds(self._pid) - before) / answers)
        )

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _read_answer(self, connection: socket.socket) -> socket.socket:
        """Read one answer; return the connection, or a new one where the server ends it with each."""
        received = bytearray()
        while b"\r\n\r\n" not in received:
            received += connection.recv(2**17)
        head, _, rest = bytes(received).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK"), head[:40]
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        missing = length - len(rest)
        while missing > 0:
            missing -= len(connection.recv(2**17))
        self.bytes = len(head) + length
        if b"connection: close" not in head.lower():
            return connection
        connection.close()
        return self._connect()

    @property
    def microseconds(self) -> float:
        return 1e6 * statistics.median(seconds for _, seconds in self.measured)

    @property
    def a_second(self) -> float:
        return statistics.median(rate for rate, _ in self.measured)


def processor_seconds(pid: int) -> float:
    """Return what a process has had of the processor so far: the kernel's own clock for it (clock_getcpuclockid(3))."""
    return time.clock_gettime(~pid << 3 | 2)


@contextmanager
def hello_world(folder: Path) -> Iterator[Load]:
    """The bare library, with an answer of thirteen bytes."""
    path = folder / "hello"
    process = subprocess.Popen([sys.executable, str(Path(__file__).with_name("peers") / "hello_world.py"), str(path)])
    try:
        wait_until(path.exists)
        yield Load(path, "localhost", process.pid)
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def onionshare(folder: Path) -> Iterator[Load]:
    """OnionShare's receive mode without tor."""
    said = folder / "onionshare.txt"
    data = folder / "received"
    data.mkdir()
    with said.open("wb") as output:
        process = subprocess.Popen(
            [str(ONIONSHARE), "--local-only", "--receive", "--public", "--data-dir", str(data)],
            env={**os.environ, "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
            stdout=output,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
    try:
        address = re.compile(r"http://127\.0\.0\.1:(\d+)")
        wait_until(lambda: address.search(said.read_text(errors="replace")))
        port = int(address.search(said.read_text(errors="replace"))[1])
        yield Load(("127.0.0.1", port), f"127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(20)


def wait_until(true) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def pages() -> dict[str, object]:
    """Measure: each page's time of the processor, pages a second by the clock, and the ratios."""
    # Unix sockets cap at 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="kb-"))
    try:
        kallskydd("init", "--home", folder / "home", "--trial")
        with ExitStack() as stack:
            service = stack.enter_context(Service(folder / "home", offline_network(folder / "net")))
            of_ours = (service.public_socket, f"{service.public_address}.onion", service.intake_pid())
            loads = {
                "first_page": Load(*of_ours),
                "form": Load(*of_ours, "/report"),
                "hello_world": stack.enter_context(hello_world(folder)),
            }
            if ONIONSHARE.exists():
                loads["onionshare"] = stack.enter_context(onionshare(folder))
            for load in loads.values():
                stack.callback(load.close)
                load.run()
                load.measured.clear()  # the first turn finds caches cold
            for turn in range(ROUNDS):
                for load in loads.values() if turn % 2 else reversed(loads.values()):
                    load.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found: dict[str, object] = {}
    for name, load in loads.items():
        found[f"{name}_microseconds"] = round(load.microseconds)
        found[f"{name}_a_second"] = round(load.a_second)
        found[f"{name}_bytes"] = load.bytes
    for name in ("first_page", "form"):
        found[f"{name}_of_hello_world"] = round(loads["hello_world"].microseconds / loads[name].microseconds, 3)
        if "onionshare" in loads:
            times = loads["onionshare"].microseconds / loads[name].microseconds
            found[f"{name}_times_onionshare"] = round(times, 1)
    return found | {"turns": ROUNDS}


if __name__ == "__main__":
    print(pages())
