"""Handshakes that lead nowhere: each counts from its accept, ends in time, costs little and makes room for the others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import pytest
from networks.mirror_harness import client_hello, connect, is_ended, running_mirror, until
from visitors.intake_harness import file_report

from trusted.web.connections import CONNECTION_LIMITS, ConnectionLimits

KIB = 1024
QUICK = ConnectionLimits(look_seconds=0.05, handshake_seconds=0.5)


def limits(**numbers) -> ConnectionLimits:
    return ConnectionLimits(**{"look_seconds": 0.05, **numbers})


async def test_a_connection_counts_from_its_accept_on(tmp_path):
    async with running_mirror(tmp_path) as mirror, AsyncExitStack() as stack:
        for _ in range(30):
            stack.enter_context(await connect(mirror.socket))
        await until(lambda: mirror.open_connections() == 30)
        page = await mirror.browser().get("/")
        still = mirror.open_connections()

    assert page.status == 200
    assert still == 30


@pytest.mark.parametrize("said", ["nothing", "a byte", "half a hello", "a hello and no more"])
async def test_a_handshake_that_is_not_over_in_time_ends(tmp_path, said):
    async with running_mirror(tmp_path, connections=QUICK) as mirror:
        hello = client_hello(mirror.authority.client())
        connection = await connect(mirror.socket)
        sent = {"nothing": b"", "a byte": hello[:1], "half a hello": hello[: len(hello) // 2]}.get(said, hello)
        began = asyncio.get_running_loop().time()
        await asyncio.get_running_loop().sock_sendall(connection, sent)
        while not await asyncio.wait_for(is_ended(connection), 5):
            pass
        took = asyncio.get_running_loop().time() - began
        connection.close()
        await until(lambda: not mirror.open_connections())
        faults = mirror.intake.services.faults.count

    assert 0.4 < took < 3
    assert faults == 0


def test_a_handshake_has_ten_seconds():
    assert CONNECTION_LIMITS.handshake_seconds == 10


async def test_who_reads_nothing_does_not_hold_a_handshake_that_failed(tmp_path):
    async with running_mirror(tmp_path, connections=QUICK) as mirror:
        connection = await connect(mirror.socket)
        with suppress(ConnectionError):
            await asyncio.get_running_loop().sock_sendall(
                connection, client_hello(mirror.authority.client(), "x.example")
            )
        await until(lambda: not mirror.open_connections(), 5)
        connection.close()


async def test_among_silent_connections_the_one_with_the_least_progress_makes_room(tmp_path):
    async with running_mirror(tmp_path, connections=limits(most=4, newest=1)) as mirror, AsyncExitStack() as stack:
        hello = client_hello(mirror.authority.client())
        begun = [stack.enter_context(await connect(mirror.socket)) for _ in range(4)]
        for connection, part in zip(begun, (1000, 10, 800, 900), strict=True):
            await asyncio.get_running_loop().sock_sendall(connection, hello[:part])
        await until(lambda: mirror.open_connections() == 4)
        await asyncio.sleep(0.2)
        page = await mirror.browser().get("/")
        ended = [await _hung_up(connection) for connection in begun]

    assert page.status == 200
    assert ended == [False, True, False, False]


async def _hung_up(connection) -> bool:
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def test_a_page_comes_within_five_seconds_while_500_handshakes_say_nothing(tmp_path):
    async with running_mirror(tmp_path) as mirror, AsyncExitStack() as stack:
        for _ in range(500):
            stack.enter_context(await connect(mirror.socket))
        await until(lambda: mirror.open_connections() >= 450)
        began = asyncio.get_running_loop().time()
        page = await asyncio.wait_for(mirror.browser().get("/"), 30)
        took = asyncio.get_running_loop().time() - began
        filed = await asyncio.wait_for(file_report(mirror.browser(), "Planted words in a crowd"), 60)

    print(f"the page took {took:.2f} s")
    assert page.status == 200
    assert took < 5
    assert len(filed.receipt.words) == 8


async def test_nobody_honest_is_lost_while_silent_connections_come_without_end(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        stop, crowd = asyncio.Event(), []

        async def flood():
            while not stop.is_set():
                crowd.append(await connect(mirror.socket))
                if len(crowd) > 900:
                    crowd.pop(0).close()
                await asyncio.sleep(0.005)

        flooding = asyncio.ensure_future(flood())
        await until(lambda: mirror.open_connections() >= 500, 60)
        times = []
        for _ in range(8):
            began = asyncio.get_running_loop().time()
            page = await asyncio.wait_for(mirror.browser().get("/"), 30)
            times.append(asyncio.get_running_loop().time() - began)
            assert page.status == 200
        stop.set()
        await flooding
        for connection in crowd:
            connection.close()

    assert max(times) < 5


# Memory


CROWD = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
sys.path[:0] = {path!r}
from pathlib import Path
from networks.mirror_harness import Authority, NAME, client_hello, connect, running_mirror
from trusted.web.connections import ConnectionLimits

def pss():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

async def main():
    async with running_mirror(Path({folder!r}), connections=ConnectionLimits(most=600, handshake_seconds=600)) as mirror:
        await mirror.browser().get("/")
        hello = {hello}
        held = []
        before = pss()
        for _ in range({count}):
            held.append(await connect(mirror.socket))
            if hello:
                await asyncio.get_running_loop().sock_sendall(held[-1], hello)
        async with asyncio.timeout(60):
            while mirror.open_connections() < {count}:
                await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        print(pss() - before)

asyncio.run(main())
"""
ORDINARY = "client_hello(mirror.authority.client())"
# As large as one may be, filled with names of protocols.
LARGE = "client_hello(mirror.authority.client(tuple(f'{n:0240}' for n in range(55))))"


def memory_of(tmp_path: Path, hello: str, count: int) -> int:
    """KiB that so many handshakes cost in a process of their own, the client's sockets with them."""
    support = str(Path(__file__).parents[2] / "support")
    program = CROWD.format(
        path=[support, str(Path(__file__).parents[3])], folder=str(tmp_path), hello=hello, count=count
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("hello", ['b""', ORDINARY, LARGE], ids=["silent", "after a hello", "after a large hello"])
def test_500_handshakes_that_lead_nowhere_cost_less_than_60_megabytes_and_100_kib_each(tmp_path, hello):
    cost = memory_of(tmp_path, hello, 500)

    print(f"500 handshakes: {cost} KiB, {cost / 500:.1f} each")
    assert cost < 60_000_000 / KIB
    assert cost / 500 < 100


# What a connection keeps that is idle again

IDLE_AGAIN = """
import asyncio, sys
sys.path[:0] = {path!r}
from pathlib import Path
from aiohttp import web
from visitors.intake_harness import _listener
from networks.mirror_harness import NAME, Authority, Client, connect, give
from functools import partial
from trusted.web.serving import serve
from intake.mirror.contexts import MirrorContexts
from intake.mirror.stream import TlsStream

PAGE = bytes({page})

def pss():
    with open("/proc/self/smaps_rollup") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))

async def answer(request):
    async for _ in request.content.iter_any():
        pass
    return web.Response(body=PAGE)

async def main():
    folder = Path({folder!r})
    authority, contexts = Authority.new(folder / "authority"), MirrorContexts(NAME)
    give(contexts.take_certificate, authority.pem())
    app = web.Application(client_max_size=2**20)
    app.router.add_post("/", answer)
    await serve(app, _listener(folder / "mirror.sock"), on_stream=partial(TlsStream, contexts))
    context, clients = authority.client(), []
    for _ in range({count}):
        clients.append(Client(await connect(folder / "mirror.sock"), context))
        await clients[-1].shake_hands()
    head = f"POST / HTTP/1.1\\r\\nHost: {{NAME}}\\r\\nContent-Length: {body}\\r\\n\\r\\n".encode()
    before = 0
    for number, client in enumerate(clients):
        if number == 5:
            # What the process needs for the first of them it needs once.
            before = pss()
        # In small pieces, so that the client keeps nothing of it either; none of them waits, so they come as one.
        await client.write(head)
        for _ in range({body} // 9000):
            await client.write(bytes(9000))
        came = 0
        while came < len(PAGE):
            came += len(await asyncio.get_running_loop().sock_recv(client.connection, 2**20))
    print(pss() - before)

asyncio.run(main())
"""


@pytest.mark.parametrize(("page", "body"), [(800_000, 0), (100, 180_000)], ids=["large page", "upload"])
def test_a_connection_that_is_idle_again_keeps_nothing_of_what_it_carried(tmp_path, page, body):
    paths = [str(Path(__file__).parents[2] / "support"), str(Path(__file__).parents[3])]
    program = IDLE_AGAIN.format(path=paths, folder=str(tmp_path), page=page, body=body, count=45)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    each = int(done.stdout) / 40

    print(f"{each:.0f} KiB each")
    assert each < 150
