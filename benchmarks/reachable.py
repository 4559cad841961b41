"""From the start of `kallskydd serve` to an onion that answers, beside a bare tor with one ADD_ONION; and the memory.

Both on the same private Tor network, in turn, seen by the same client. Bare: tor with the keeper's own torrc, a web
server of one line, ADD_ONION through stem, and nothing else. Memory is PSS over all processes of the service: shared
pages count once, however many share them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from networks.conftest_tor import KeeperTor, started_client
from processes.service import Service, kallskydd

from onion.client import ClientTor
from onion.keys import new_onion_key, read_onion_key
from onion.private_network import PrivateNetwork
from onion.probe import probe
from onion.publish import Onion, Publisher

ROUNDS = 9
TRY_SECONDS, MOST_SECONDS = 8.0, 90.0
_NAMES = {b"tor": "tor", b"pictures": "zygote_pictures", b"documents": "zygote_documents", b"intake": "intake"}
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


async def until_reached(client: ClientTor, address: str) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while (await probe(client.socks, address, within=TRY_SECONDS, isolate=os.urandom(4).hex())).text_key != (
        "onion.reached"
    ):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # The probe reads the status line and closes, often before the answer is written whole.
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
    writer.close()


async def bare(folder: Path, network: PrivateNetwork, client: ClientTor) -> float:
    """Return the seconds from the start of a tor with one onion to its first answer."""
    web = folder / "web"
    server = await asyncio.start_unix_server(answer, web)
    tor, publisher = KeeperTor(folder, network.network_lines), Publisher()
    began = time.perf_counter()
    try:
        await asyncio.to_thread(tor.start)
        key = new_onion_key()
        await publisher.connect(tor.control)
        await publisher.publish(Onion(key=key, targets={80: web}))
        await until_reached(client, key.address)
        return time.perf_counter() - began
    finally:
        await publisher.close()
        tor.process.stop()
        server.close()


async def ours(folder: Path, network: PrivateNetwork, client: ClientTor) -> tuple[float, dict[str, float]]:
    """Return the seconds from the start of `serve` to the first answer, and the memory then, by process."""
    kallskydd("init", "--home", folder / "home", "--trial")
    address = read_onion_key(folder / "home" / "onion" / "public.key").address
    service = Service(folder / "home", network.root)
    began = time.perf_counter()
    service.start(wait=False)
    try:
        await until_reached(client, address)
        return time.perf_counter() - began, memory(service.process.pid)
    finally:
        service.stop()


def memory(keeper: int) -> dict[str, float]:
    """Return the PSS in MiB of the keeper and all below it, by what they are."""
    found: dict[str, float] = {}
    for pid in below(keeper):
        try:
            command = [part.rpartition(b"/")[2] for part in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]
            kilobytes = int(_PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())[1])
        except (OSError, TypeError):
            continue  # it has ended meanwhile
        name = "keeper" if pid == keeper else _NAMES.get(next(iter(set(command) & set(_NAMES)), b""), "other")
        found[name] = found.get(name, 0) + kilobytes / 1024
    return found


def below(pid: int) -> list[int]:
    children = [
        int(child) for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()
    ]
    return [pid, *(other for child in children for other in below(child))]


async def measured() -> dict[str, object]:
    folder = Path(tempfile.mkdtemp(prefix="kb-"))
    served, alone, sizes = [], [], []
    try:
        with PrivateNetwork(folder / "net") as network:
            client = await asyncio.to_thread(started_client, network.client)
            try:
                for number in range(ROUNDS):
                    for way in ("ours", "bare") if number % 2 else ("bare", "ours"):
                        place = folder / f"{way}{number}"
                        place.mkdir(mode=0o700)
                        if way == "bare":
                            alone.append(await bare(place, network, client))
                        else:
                            seconds, size = await ours(place, network, client)
                            served.append(seconds)
                            sizes.append(size)
            finally:
                client.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "serve_seconds": round(statistics.median(served), 2),
        "bare_tor_seconds": round(statistics.median(alone), 2),
        "times_bare_tor": round(statistics.median(served) / statistics.median(alone), 2),
        "rounds": ROUNDS,
        "memory_megabytes": round(statistics.median(sum(size.values()) for size in sizes)),
        "memory_by_process": {name: round(size) for name, size in sorted(sizes[-1].items())},
    }


def reachable() -> dict[str, object]:
    """Measure both, turn by turn."""
    return asyncio.run(measured())


if __name__ == "__main__":
    print(reachable())
