"""The attacks of benchmarks/flood.py, each a crowd of plain clients that connect again whenever they are put out.

    python benchmarks/flood_attacks.py '{"attack": NAME, "public": SOCKET, "desk": SOCKET, …}'

They know what any visitor knows, and of the desk onion the id of one member. They run in a process of their own, until
that is ended, and print one word when all of them have begun.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import select
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from intake_harness import Form, Page, multipart, read_answer  # noqa: E402 - the folder of the tests is no package

from cases.receipt.keys import new_receipt  # noqa: E402
from cases.wire import messages as wire  # noqa: E402
from cases.wire.files import ScrubRequest, frame_head  # noqa: E402

MIB = 2**20
AGAIN_SECONDS = 0.05
CONNECTIONS = 512
HEAVY_SIDE = 8944  # squared: 80 megapixels
TRICKLE_BYTES = 1300  # a second: a little over the least that is allowed
FAST_TRICKLE_BYTES = 5000
# The room of uploads is 256 MiB; six of these leave nothing of it.
HELD_BYTES = 42 * MIB + 640 * 1024
TEXT_CHARACTERS = 400_000


async def connect(path: str) -> socket.socket:
    """A connection, when the queue has room. asyncio takes a full queue of a unix socket for a connection."""
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            connection.connect(path)
        except BlockingIOError:
            connection.close()
            await asyncio.sleep(AGAIN_SECONDS)
        except BaseException:
            connection.close()
            raise
        else:
            return connection


async def read_to_end(connection: socket.socket) -> bytes:
    """What comes before the end; a reset is an end."""
    got = bytearray()
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while piece := await loop.sock_recv(connection, 65536):
            got += piece
    return bytes(got)


@dataclass
class Visitor:
    """Sends requests as a browser does, one connection each, and follows where they lead."""

    path: str
    host: str
    _names: itertools.count = field(default_factory=itertools.count)

    def head(self, method: str, path: str, length: int | None = None, boundary: str = "", more: str = "") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", "Sec-Fetch-Site: same-origin"]
        if length is not None:
            lines += [f"Content-Length: {length}", f"Origin: http://{self.host}"]
        if boundary:
            lines.append(f"Content-Type: multipart/form-data; boundary={boundary}")
        return ("\r\n".join(lines) + f"\r\n{more}\r\n").encode()

    async def get(self, path: str) -> Page:
        return await self.whole(self.head("GET", path, more="Connection: close\r\n"))

    async def post(self, path: str, fields: list[tuple[str, str]], files: tuple[bytes, ...] = ()) -> Page:
        return await self.follow(await self.post_once(path, fields, files))

    async def post_once(self, path: str, fields: list[tuple[str, str]], files: tuple[bytes, ...] = ()) -> Page:
        body = multipart("frontier", fields, files)
        return await self.whole(self.head("POST", path, len(body), "frontier", "Connection: close\r\n") + body)

    async def follow(self, page: Page) -> Page:
        return await self.get(page.headers["location"]) if "location" in page.headers else page

    async def whole(self, sent: bytes) -> Page:
        connection = await connect(self.path)
        loop = asyncio.get_running_loop()
        with connection:
            sending = asyncio.ensure_future(loop.sock_sendall(connection, sent))
            try:
                answer = await read_to_end(connection)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
        if not answer:
            raise ConnectionResetError
        return read_answer(answer)

    async def report_form(self) -> Form:
        return (await self.get("/report")).form("/report")


@dataclass
class Target:
    """What the attackers know."""

    public: Visitor
    desk: Visitor
    member: str


Client = Callable[[Target, int], Awaitable[None]]


async def send(connection: socket.socket, content: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(connection, content)


async def trickle(connection: socket.socket, bytes_a_second: int) -> None:
    """Send a little each second, until put out; what is answered is not read."""
    while True:
        await send(connection, b"x" * bytes_a_second)
        await asyncio.sleep(1)


async def until_put_out(connection: socket.socket) -> None:
    """Wait for the end of the connection without reading from it."""
    ended = select.poll()
    ended.register(connection, select.POLLHUP)
    while not ended.poll(0):  # noqa: ASYNC110 - 512 of them, and nobody to set an event
        await asyncio.sleep(0.2)


async def pipelines(target: Target, _number: int) -> None:
    """Request pages as long as the server takes requests, and read none."""
    with await connect(target.public.path) as connection:
        requests = target.public.head("GET", "/") * 64
        while True:
            await send(connection, requests)


async def never_reads(target: Target, _number: int) -> None:
    """Request one page after the other, as a browser that keeps its connection, and read none."""
    with await connect(target.public.path) as connection:
        while True:
            await send(connection, target.public.head("GET", "/"))
            await asyncio.sleep(2)


async def promises_a_body(target: Target, _number: int) -> None:
    with await connect(target.public.path) as connection:
        await send(connection, target.public.head("POST", "/report", 100_000, "b"))
        await until_put_out(connection)


async def says_nothing(target: Target, _number: int) -> None:
    with await connect(target.public.path) as connection:
        await until_put_out(connection)


async def comes_and_goes(target: Target, _number: int) -> None:
    """Half a head, and a new connection right away: some thousand a second in all."""
    with await connect(target.public.path) as connection:
        await send(connection, b"GET / HTTP/1.1\r\nHost: ")
        await asyncio.sleep(0.5)


def _slow_writer(bytes_a_second: int) -> Client:
    async def writes_slowly(target: Target, _number: int) -> None:
        with await connect(target.public.path) as connection:
            body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
            await send(connection, target.public.head("POST", "/report", 50 * MIB, "b") + body)
            await trickle(connection, bytes_a_second)

    return writes_slowly


async def sends_a_long_text(target: Target, _number: int) -> None:
    """All of a text at once, but for its end, and then a little now and then."""
    with await connect(target.public.path) as connection:
        body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"x" * (TEXT_CHARACTERS - 4096)
        await send(connection, target.public.head("POST", "/report", 2 * TEXT_CHARACTERS, "b") + body)
        await trickle(connection, TRICKLE_BYTES)


_long_page: list[str] = []


async def reads_slowly(target: Target, number: int) -> None:
    """A page of 768 kB, because a text at its longest is given back; read at a little over the least."""
    if not _long_page and number == 0:
        form = Form("/report", [("lang", "en"), ("text", "&" * 99_000)])
        answered = await target.public.post_once("/report", form.fields)
        _long_page.append(answered.headers["location"])
    while not _long_page:  # noqa: ASYNC110 - the same
        await asyncio.sleep(AGAIN_SECONDS)
    with await connect(target.public.path) as connection:
        await send(connection, target.public.head("GET", _long_page[0]))
        while await asyncio.get_running_loop().sock_recv(connection, TRICKLE_BYTES):  # noqa: ASYNC110 - slow by intent
            await asyncio.sleep(1)


async def watches_progress(target: Target, number: int) -> None:
    with await connect(target.public.path) as connection:
        await send(connection, target.public.head("GET", f"/progress/{number:032x}?watch=yes"))
        await until_put_out(connection)


async def holds_room(target: Target, _number: int) -> None:
    """A file of nearly all that one may have, but for its end."""
    form = await target.public.report_form()
    start = multipart("b", form.with_(text="held"))[: -len("--b--\r\n")]
    start += b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n\xff\xd8\xff\xe0'
    with await connect(target.public.path) as connection:
        await send(connection, target.public.head("POST", "/report", 50 * MIB, "b") + start + b"x" * HELD_BYTES)
        await trickle(connection, TRICKLE_BYTES)


async def names_a_member(target: Target, _number: int) -> None:
    """A file for `scrub` that nobody has signed, but for its end."""
    beginning, length = frame_head(ScrubRequest(HELD_BYTES + MIB), HELD_BYTES + MIB)
    signed = {wire.MEMBER_HEADER: target.member, wire.COUNTER_HEADER: "1", wire.SIGNATURE_HEADER: "0" * 128}
    named = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with await connect(target.desk.path) as connection:
        await send(connection, target.desk.head("POST", wire.PATH + "scrub", length, more=named))
        await send(connection, beginning + b"x" * HELD_BYTES)
        await trickle(connection, TRICKLE_BYTES)


async def guesses_a_code(target: Target, _number: int) -> None:
    form = (await target.public.get("/return")).form("/return")
    await target.public.post_once("/return", form.with_(code=" ".join(new_receipt().words)))


_heavy: list[bytes] = []


async def sends_heavy_pictures(target: Target, _number: int) -> None:
    if not _heavy:
        kept = io.BytesIO()
        Image.new("RGB", (HEAVY_SIDE, HEAVY_SIDE), (40, 90, 160)).save(kept, "JPEG", progressive=True)
        _heavy.append(kept.getvalue())
    form = await target.public.report_form()
    await target.public.post_once("/report", form.with_(text="heavy"), (_heavy[0],))


async def leaves_a_session(target: Target, _number: int) -> None:
    """A report whose code nobody asks for: its session waits for that."""
    page = await target.public.get("/report")
    form = page.form("/report")
    await target.public.post_once("/report", form.with_(text="unseen"))


@dataclass(frozen=True)
class Attack:
    name: str
    item: int
    connections: int
    client: Client


ATTACKS = (
    Attack("requests in a row, never read", 2, CONNECTIONS, pipelines),
    Attack("page after page, never read", 2, CONNECTIONS, never_reads),
    Attack("body promised, never sent", 2, CONNECTIONS, promises_a_body),
    Attack("connections that say nothing", 2, CONNECTIONS, says_nothing),
    Attack("slow readers, 1.3 kB/s", 2, CONNECTIONS, reads_slowly),
    Attack("slow writers, 1.3 kB/s", 2, CONNECTIONS, _slow_writer(TRICKLE_BYTES)),
    Attack("slow writers, 5 kB/s", 2, CONNECTIONS, _slow_writer(FAST_TRICKLE_BYTES)),
    Attack("progress watched", 2, CONNECTIONS, watches_progress),
    Attack("come and go, 1,000 a second", 2, CONNECTIONS, comes_and_goes),
    Attack("room of attachments held", 3, 6, holds_room),
    Attack("room held at the desk's door", 3, 6, names_a_member),
    Attack("made-up codes", 3, 80, guesses_a_code),
    Attack("pictures of 80 megapixels", 3, 6, sends_heavy_pictures),
    Attack("sessions nobody looks at", 3, 12, leaves_a_session),
    Attack("long texts", 3, CONNECTIONS, sends_a_long_text),
)


async def keep_at_it(attack: Attack, target: Target, number: int, begun: set[int]) -> None:
    while True:
        began = asyncio.ensure_future(attack.client(target, number))
        done, _ = await asyncio.wait([began], timeout=1)
        begun.add(number)
        if not done:
            await asyncio.gather(began, return_exceptions=True)
        if began.exception() is not None and not isinstance(began.exception(), (OSError, KeyError, AssertionError)):
            raise began.exception()


async def main(told: dict) -> None:
    attack = next(one for one in ATTACKS if one.name == told["attack"])
    target = Target(
        Visitor(told["public"], told["public_host"]), Visitor(told["desk"], told["desk_host"]), told["member"]
    )
    begun: set[int] = set()
    crowd = [asyncio.ensure_future(keep_at_it(attack, target, number, begun)) for number in range(attack.connections)]
    while len(begun) < attack.connections:
        await asyncio.wait(crowd, timeout=AGAIN_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        if any(one.done() for one in crowd):
            break
    print("begun", flush=True)
    await asyncio.gather(*crowd)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(json.loads(sys.argv[1])))
