"""What an upload through the relay costs over the same upload straight over the same onion.

    make bench-relay                        a line for each turn and the ratio on stderr, one JSON object on stdout
    make bench-relay ARGS="--turns 21"      more turns
    make bench-relay ARGS="--check"         exit code 1 when the ratio is above the target

Everything runs on this computer: a private Tor network, an onion whose port 443 leads to the intake's own TLS, one tor
for both ways, and `kallskydd relay` as it is run. Straight is the same tor, a pool of twelve circuits drawn in the same
way (`trusted.relay.pool`) and the same client of TLS, without the relay. The ways take turns, there and back, and the
ratio is the median over the turns, so that what else the machine does disturbs both alike. Behind the TLS a handler
takes the bytes and drops them: cleaning would cost both ways the same, and hide a difference.

On one computer the relay takes its share of processor time from the tors. On a host of its own it does not: the ratio
here is the worse one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import random
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from aiohttp import web
from networks.conftest_tor import SHORT_FOLDER_PREFIX, running_keeper_tor, started_client
from networks.mirror_harness import NAME, Authority, give
from networks.relay_harness import child_of, free_port
from visitors.intake_harness import _listener

from intake.mirror.contexts import MirrorContexts
from intake.mirror.stream import TlsStream
from onion.keys import new_onion_key
from onion.private_network import PrivateNetwork
from onion.publish import Onion, Publisher
from relay.through_tor import connect
from trusted.relay.limits import RELAY_LIMITS
from trusted.relay.pool import CircuitPool
from trusted.web.serving import serve

UPLOAD_BYTES = 25_000_000
TURNS = 11
MOST_RATIO = 1.10
PUBLISH_SECONDS = 60.0
ANSWER_SECONDS = 300.0
# Small visits of each way before the first turn, so that the circuits of its pool stand: four for each of twelve.
WARM_UP = 4 * RELAY_LIMITS.circuits


async def take(request: web.Request) -> web.Response:
    async for _ in request.content.iter_any():
        pass
    return web.Response(text="taken")


async def serve_tls(folder: Path) -> None:
    """The intake's TLS as it is, and behind it a handler that drops what comes; for as long as this process lives."""
    contexts = MirrorContexts(NAME)
    authority = Authority.new(folder / "authority")
    give(contexts.take_certificate, authority.pem())
    app = web.Application(client_max_size=2 * UPLOAD_BYTES)
    app.router.add_post("/", take)
    await serve(app, _listener(folder / "mirror.sock"), on_stream=partial(TlsStream, contexts))
    (folder / "ready").touch()
    await asyncio.Event().wait()


def upload(raw: socket.socket, context: ssl.SSLContext, body: bytes) -> float:
    """Seconds from the first byte of the request to the last of its answer."""
    raw.settimeout(ANSWER_SECONDS)
    # As browsers do, and as the relay does on its own two.
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(raw, server_hostname=NAME) as connection:
        began = time.perf_counter()
        head = f"POST / HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        connection.sendall(body)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        seconds = time.perf_counter() - began
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:40]
    return seconds


class Ways:
    """The two ways of one upload."""

    def __init__(self, onion: str, socks: tuple[str, int], relay: tuple[str, int], context: ssl.SSLContext) -> None:
        async def dial(name: str) -> socket.socket:
            return await connect(socks, onion, 443, name)

        self._pool = CircuitPool(dial, RELAY_LIMITS, random.SystemRandom())
        self._relay, self._context = relay, context

    async def straight(self, body: bytes) -> float:
        async with self._pool.stream() as raw:
            return await asyncio.to_thread(upload, raw.dup(), self._context, body)

    async def relayed(self, body: bytes) -> float:
        raw = await asyncio.to_thread(socket.create_connection, self._relay, ANSWER_SECONDS)
        return await asyncio.to_thread(upload, raw, self._context, body)


async def measure(ways: Ways, turns: int) -> dict[str, object]:
    body = random.Random(13).randbytes(UPLOAD_BYTES)
    for way in (ways.straight, ways.relayed):
        for _ in range(WARM_UP):
            await way(b"warm")
    pairs = []
    for turn in range(turns):
        order = (ways.straight, ways.relayed) if turn % 2 == 0 else (ways.relayed, ways.straight)
        taken = {way: await way(body) for way in order}
        pairs.append((taken[ways.straight], taken[ways.relayed]))
        say("straight {:6.2f} s   through the relay {:6.2f} s".format(*pairs[-1]))
    straight, relayed = zip(*pairs, strict=True)
    return {
        "upload_bytes": UPLOAD_BYTES,
        "turns": turns,
        "straight_seconds": round(statistics.median(straight), 3),
        "relayed_seconds": round(statistics.median(relayed), 3),
        "ratio_of_medians": round(statistics.median(relayed) / statistics.median(straight), 3),
        "median_of_ratios": round(statistics.median(two / one for one, two in pairs), 3),
        "at_most": MOST_RATIO,
    }


@contextlib.contextmanager
def running(*words: str):
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def wait_for(condition) -> None:
    deadline = time.monotonic() + PUBLISH_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def published(control: Path, onion: Onion, inside) -> dict[str, object]:
    publisher = Publisher()
    await publisher.connect(control)
    try:
        await publisher.publish(onion)
        await publisher.wait_published(onion.key.address, within=PUBLISH_SECONDS)
        return await inside()
    finally:
        await publisher.close()


def run(turns: int) -> dict[str, object]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=SHORT_FOLDER_PREFIX)))
        network = stack.enter_context(PrivateNetwork(folder / "net"))
        home = stack.enter_context(running_keeper_tor(network))
        client = started_client(network.client)
        server = stack.enter_context(running(sys.executable, __file__, "--serve", str(folder)))
        wait_for((folder / "ready").exists)
        (folder / "mirror.sock").chmod(0o666)
        key, port = new_onion_key(), free_port()
        address = f"{key.address}.onion"
        context = ssl.create_default_context(cafile=str(folder / "authority" / "ca.pem"))
        say("The private network is up.")

        async def inside() -> dict[str, object]:
            socks = f"{client.socks[0]}:{client.socks[1]}"
            words = ("--listen", f"127.0.0.1:{port}", "--onion", f"{address}:443", "--name", NAME, "--tor", socks)
            with running(sys.executable, "-I", "-m", "kallskydd", "relay", *words) as relay:
                wait_for(lambda: child_of(relay.pid, "--parent") is not None)
                forwarding = child_of(relay.pid, "--parent")
                wait_for(lambda: "Seccomp:\t2" in Path(f"/proc/{forwarding}/status").read_text())
                before = cpu_seconds(forwarding)
                result = await measure(Ways(address, client.socks, ("127.0.0.1", port), context), turns)
                result["relay_cpu_seconds_each"] = round((cpu_seconds(forwarding) - before) / turns, 3)
                return result

        return asyncio.run(published(home.control, Onion(key, {443: folder / "mirror.sock"}), inside)) | {
            "server_cpu_seconds_each": round(cpu_seconds(server.pid) / turns / 2, 3)
        }


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve is not None:
        asyncio.run(serve_tls(args.serve))
        return 0
    result = run(args.turns) | {
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    print(json.dumps(result))
    say(f"Through the relay {result['median_of_ratios']} times as long (at most {MOST_RATIO}).")
    return 1 if args.check and result["median_of_ratios"] > MOST_RATIO else 0


if __name__ == "__main__":
    sys.exit(main())
