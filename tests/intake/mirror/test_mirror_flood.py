"""Handshakes that lead nowhere: each counts from its accept, ends in time, costs little and makes room for the others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from intake_harness import file_report
from mirror_harness import NAME, Client, client_hello, connect, head, running_mirror

from intake.http.connections import CONNECTION_LIMITS, ConnectionLimits
from intake.mirror.clear_records import ClearRecords
from relay.client_hello import NotTls

KIB = 1024
QUICK = ConnectionLimits(look_seconds=0.05, handshake_seconds=0.5)


def limits(**numbers) -> ConnectionLimits:
    return ConnectionLimits(**{"look_seconds": 0.05, **numbers})


async def until(condition, seconds: float = 20.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def is_ended(connection) -> bool:
    with suppress(ConnectionError):
        return await asyncio.get_running_loop().sock_recv(connection, 65536) == b""
    return True


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
from mirror_harness import Authority, NAME, client_hello, connect, running_mirror
from intake.http.connections import ConnectionLimits

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


# What may come in the clear


def hello_record(size: int, claimed: int | None = None, kind: int = 22, message: int = 1) -> bytes:
    body = bytes([message]) + (size - 4 if claimed is None else claimed).to_bytes(3) + bytes(size - 4)
    return bytes([kind, 3, 1]) + len(body).to_bytes(2) + body


def taken(data: bytes) -> list[int]:
    clear, found = ClearRecords(), []
    for byte in data:
        clear.add(bytes([byte]))
        while (piece := clear.next()) is not None:
            found.append(len(piece))
    return found


def test_a_hello_is_handed_on_whole_and_so_is_every_other_record():
    assert taken(hello_record(300)) == [305]
    assert taken(hello_record(300)[:-1]) == []
    assert taken(hello_record(200, claimed=396) + hello_record(200)) == [410]
    assert taken(hello_record(300) + b"\x14\x03\x03\x00\x01\x01" + b"\x17\x03\x03\x00\x02ab" + hello_record(20)) == [
        305,
        6,
        7,
        25,
    ]


@pytest.mark.parametrize(
    "data",
    [
        hello_record(300, claimed=16 * KIB),
        hello_record(300, claimed=128 * KIB),
        b"\x16\x03\x01\x00\x03\x01\x00\x00",
        hello_record(300, message=2),
        b"\x17\x03\x03\x41\x01",
        b"\x16\x03\x01\x00\x04\x01\x00\x01\x00" + b"\x16\x03\x01\x00\x01\x00" * 40,
        hello_record(300, claimed=400) + b"\x17\x03\x03\x00\x01a",
    ],
    ids=[
        "16 KiB",
        "128 KiB",
        "a head in two records",
        "no hello",
        "a record of 17 KiB",
        "a byte a record",
        "another kind",
    ],
)
def test_what_claims_too_much_or_comes_as_nobody_sends_it_is_no_tls(data):
    with pytest.raises(NotTls):
        taken(data)


def test_no_more_than_48_kib_is_handed_on_before_a_handshake_is_over():
    clear = ClearRecords()
    clear.add(hello_record(16_000) * 4)

    assert [len(clear.next() or b"") for _ in range(3)] == [16_005] * 3
    with pytest.raises(NotTls):
        clear.next()


async def test_a_second_hello_that_claims_128_kib_ends_the_handshake(tmp_path):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client()
        hello = client_hello(context)
        # Groups that it has no key of: the server asks for another hello.
        connection = await connect(mirror.socket)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(connection, _without_key(hello))
        asked_again = await asyncio.wait_for(loop.sock_recv(connection, 65536), 10)
        await loop.sock_sendall(connection, hello_record(300, claimed=128 * KIB))
        while not await asyncio.wait_for(is_ended(connection), 5):
            pass
        connection.close()
        await until(lambda: not mirror.open_connections())

    # The random of RFC 8446, section 4.1.3, by which a HelloRetryRequest is known.
    assert asked_again[11:43].hex().startswith("cf21ad74e59a6111be1d8c021e65b891")


def _without_key(hello: bytes) -> bytes:
    """The same hello with an empty list of keys."""
    at = hello.index(b"\x00\x33", hello.index(b"\x00\x2b\x00"))
    size = int.from_bytes(hello[at + 2 : at + 4])
    new = hello[:at] + b"\x00\x33\x00\x02\x00\x00" + hello[at + 4 + size :]
    less = size - 2

    def lowered(data: bytes, place: int, length: int) -> bytes:
        value = int.from_bytes(data[place : place + length]) - less
        return data[:place] + value.to_bytes(length) + data[place + length :]

    new = lowered(lowered(new, 3, 2), 6, 3)
    rest = 9 + 34
    rest += 1 + new[rest]
    rest += 2 + int.from_bytes(new[rest : rest + 2])
    rest += 1 + new[rest]
    return lowered(new, rest, 2)


# What OpenSSL answers by itself


@asynccontextmanager
async def loopback(path: Path):
    """A port of this computer that leads to the socket, and how many bytes came back so far."""
    came: list[int] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sizes: list[int]) -> None:
        with suppress(ConnectionError):
            while piece := await reader.read(65536):
                sizes.append(len(piece))
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(str(path))
        await asyncio.gather(pump(reader, there_writer, []), pump(there_reader, writer, came))

    async with await asyncio.start_server(lead, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], came


async def test_who_has_openssl_answer_by_itself_again_and_again_is_ended(tmp_path):
    async with running_mirror(tmp_path) as mirror, loopback(mirror.socket) as (port, came):
        client = await asyncio.create_subprocess_exec(
            "openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME, "-CAfile",
            str(mirror.authority.folder / "ca.pem"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        await until(lambda: mirror.open_connections() == 1 and bool(came))
        await asyncio.sleep(0.5)
        handshake = sum(came)
        asked = 0
        # K: new keys for this side, and the other shall have new ones too.
        with suppress(ConnectionError):
            async with asyncio.timeout(60):
                while mirror.open_connections():
                    client.stdin.write(b"K\n")
                    await client.stdin.drain()
                    asked += 1
                    await asyncio.sleep(0.003)
        with suppress(ProcessLookupError):
            client.kill()
        await client.wait()

    assert asked > 100
    assert sum(came) - handshake <= 17 * KIB


# What a connection keeps that is idle again

IDLE_AGAIN = """
import asyncio, sys
sys.path[:0] = {path!r}
from pathlib import Path
from aiohttp import web
from intake_harness import _listener
from mirror_harness import NAME, Authority, Client, connect, give
from intake.app import serve
from intake.mirror.contexts import MirrorContexts

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
    await serve(app, _listener(folder / "mirror.sock"), tls=contexts)
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


# Half a message of TLS's own


def application_record(log: Path, number: int, inner: bytes, kind: int) -> bytes:
    """A record of the client's by the keys that its log of keys names."""
    lines = [line.split() for line in log.read_text().splitlines() if line.startswith("CLIENT_TRAFFIC_SECRET_0")]
    secret = bytes.fromhex(lines[-1][2])

    def derived(label: bytes, size: int) -> bytes:
        info = size.to_bytes(2) + bytes([6 + len(label)]) + b"tls13 " + label + b"\0"
        return HKDFExpand(algorithm=hashes.SHA384(), length=size, info=info).derive(secret)

    nonce = bytes(a ^ b for a, b in zip(derived(b"iv", 12), number.to_bytes(12), strict=True))
    content = inner + bytes([kind])
    outside = b"\x17\x03\x03" + (len(content) + 16).to_bytes(2)
    return outside + AESGCM(derived(b"key", 32)).encrypt(nonce, content, outside)


@pytest.mark.parametrize("path", ["/", f"/progress/{'0' * 32}?watch=1"])
async def test_who_stops_in_the_middle_of_a_key_update_is_ended_and_is_no_fault(tmp_path, path):
    async with running_mirror(tmp_path) as mirror:
        context = mirror.authority.client()
        context.keylog_filename = str(tmp_path / "keys")
        client = Client(await connect(mirror.socket), context)
        await client.shake_hands()
        # The head of a KeyUpdate, and not its one byte.
        records = [(head(path=path), 23), (b"\x18\0\0\1", 22)]
        sent = b"".join(application_record(tmp_path / "keys", at, *one) for at, one in enumerate(records))
        await asyncio.get_running_loop().sock_sendall(client.connection, sent)
        await until(lambda: not mirror.open_connections())
        client.connection.close()
        faults = mirror.intake.services.faults.count

    assert client.tls.cipher()[0] == "TLS_AES_256_GCM_SHA384"
    assert faults == 0
