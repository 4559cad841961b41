"""The attacks of benchmarks/flood.py, each a crowd of plain clients that connect again whenever they are put out.

    python benchmarks/flood_attacks.py '{"attack": NAME, "public": SOCKET, "desk": SOCKET, …}'

They know what any visitor knows, and of the desk onion the id of one member. They run in a process of their own, until
that is ended, and print one word when all of them have begun.
"""

from __future__ import annotations

import asyncio
import io
import json
import select
import sys
import wave
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))

from networks.flood_lines import AGAIN_SECONDS, Line, Visitor  # noqa: E402 - the folder of the tests is no package
from networks.mirror_harness import client_hello  # noqa: E402
from visitors.intake_harness import Form, Page, multipart  # noqa: E402

from cases.wire import messages as wire  # noqa: E402
from cases.wire.files import ScrubRequest, frame_head  # noqa: E402
from trusted.receipt.keys import new_receipt  # noqa: E402

MIB = 2**20
CONNECTIONS = 512
HEAVY_SIDE = 8944  # squared: 80 megapixels
TRICKLE_BYTES = 1300  # a second: a little over the least that is allowed
FAST_TRICKLE_BYTES = 5000
# The room of uploads is 256 MiB; six of these leave nothing of it.
HELD_BYTES = 42 * MIB + 640 * 1024
TEXT_CHARACTERS = 400_000
# Of all that an archive may hold: in the room of files that went four times, and in what each file took besides.
GROWN_BYTES = 47 * MIB


# As the pages say it in Swedish.
FILED, NOT_TAKEN = 'class="code"', "togs inte emot"
NO_CASE, TRY_AGAIN = "Den koden öppnar inget ärende", "Det är många besökare just nu"


class ProvesNothing(Exception):
    """What was sent is refused for another reason than the flood: the attack is none."""


def require(page: Page, *any_of: str) -> None:
    """Raise `ProvesNothing` unless one of these is on the page."""
    if not any(one in page.text or one in page.plain for one in any_of):
        raise ProvesNothing(page.status, page.plain[:400])


@dataclass
class Target:
    """What the attackers know."""

    public: Visitor
    desk: Visitor
    member: str


Client = Callable[[Target, int], Awaitable[None]]


async def trickle(line: Line, bytes_a_second: int) -> None:
    """Send a little each second, until put out; what is answered is not read."""
    while True:
        await line.send(b"x" * bytes_a_second)
        await asyncio.sleep(1)


async def until_put_out(line: Line) -> None:
    """Wait for the end of the connection without reading from it."""
    ended = select.poll()
    ended.register(line.connection, select.POLLHUP)
    while not ended.poll(0):  # noqa: ASYNC110 - 512 of them, and nobody to set an event
        await asyncio.sleep(0.2)


async def pipelines(target: Target, _number: int) -> None:
    """Request pages as long as the server takes requests, and read none."""
    with await target.public.line() as line:
        requests = target.public.head("GET", "/") * 64
        while True:
            await line.send(requests)


async def never_reads(target: Target, _number: int) -> None:
    """Request one page after the other, as a browser that keeps its connection, and read none."""
    with await target.public.line() as line:
        while True:
            await line.send(target.public.head("GET", "/"))
            await asyncio.sleep(2)


async def promises_a_body(target: Target, _number: int) -> None:
    with await target.public.line() as line:
        await line.send(target.public.head("POST", "/report", 100_000, "b"))
        await until_put_out(line)


async def says_nothing(target: Target, _number: int) -> None:
    with await target.public.line() as line:
        await until_put_out(line)


async def comes_and_goes(target: Target, _number: int) -> None:
    """Half a head, and a new connection right away: some thousand a second in all."""
    with await target.public.line() as line:
        await line.send(b"GET / HTTP/1.1\r\nHost: ")
        await asyncio.sleep(0.5)


def _slow_writer(bytes_a_second: int) -> Client:
    async def writes_slowly(target: Target, _number: int) -> None:
        with await target.public.line() as line:
            body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
            await line.send(target.public.head("POST", "/report", 50 * MIB, "b") + body)
            await trickle(line, bytes_a_second)

    return writes_slowly


async def sends_a_long_text(target: Target, _number: int) -> None:
    """All of a text at once, but for its end, and then a little now and then."""
    with await target.public.line() as line:
        body = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n' + b"x" * (TEXT_CHARACTERS - 4096)
        await line.send(target.public.head("POST", "/report", 2 * TEXT_CHARACTERS, "b") + body)
        await trickle(line, TRICKLE_BYTES)


_long_page: dict[str, str] = {}


async def reads_slowly(target: Target, number: int) -> None:
    """A page of some 790 kB, because a text at its longest is given back; read at a little over the least."""
    if not _long_page and number == 0:
        form = Form("/report", [("lang", "en"), ("text", "&" * 99_000)])
        answered = await target.public.post_once("/report", form.fields)
        page = await target.public.follow(answered)
        require(page, "&amp;" * 99_000)
        _long_page["/"] = answered.headers["location"]
    while not _long_page:  # noqa: ASYNC110 - the same
        await asyncio.sleep(AGAIN_SECONDS)
    with await target.public.line() as line:
        await line.send(target.public.head("GET", _long_page["/"]))
        while await line.receive(TRICKLE_BYTES):  # noqa: ASYNC110 - slow by intent
            await asyncio.sleep(1)


async def watches_progress(target: Target, number: int) -> None:
    with await target.public.line() as line:
        await line.send(target.public.head("GET", f"/progress/{number:032x}?watch=yes"))
        await until_put_out(line)


async def holds_room(target: Target, _number: int) -> None:
    """A file of nearly all that one may have, but for its end."""
    form = await target.public.report_form()
    start = multipart("b", form.with_(text="held"))[: -len("--b--\r\n")]
    start += b'--b\r\nContent-Disposition: form-data; name="attachment"; filename="a"\r\n\r\n\xff\xd8\xff\xe0'
    with await target.public.line() as line:
        await line.send(target.public.head("POST", "/report", 50 * MIB, "b") + start + b"x" * HELD_BYTES)
        await trickle(line, TRICKLE_BYTES)


async def names_a_member(target: Target, _number: int) -> None:
    """A file for `scrub` that nobody has signed, but for its end."""
    beginning, length = frame_head(ScrubRequest(HELD_BYTES + MIB), HELD_BYTES + MIB)
    signed = {wire.MEMBER_HEADER: target.member, wire.COUNTER_HEADER: "1", wire.SIGNATURE_HEADER: "0" * 128}
    named = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with await target.desk.line() as line:
        await line.send(target.desk.head("POST", wire.PATH + "scrub", length, more=named))
        await line.send(beginning + b"x" * HELD_BYTES)
        await trickle(line, TRICKLE_BYTES)


async def guesses_a_code(target: Target, _number: int) -> None:
    form = (await target.public.get("/return")).form("/return")
    page = await target.public.post("/return", form.with_(code=" ".join(new_receipt().words)))
    require(page, NO_CASE, TRY_AGAIN)


async def files(target: Target, text: str, content: bytes) -> None:
    """A report with this file; that the file finds no room or no jail is what the flood is for."""
    page = await target.public.post("/report", (await target.public.report_form()).with_(text=text), (content,))
    require(page, FILED, NOT_TAKEN, TRY_AGAIN)


@cache
def heavy_picture() -> bytes:
    kept = io.BytesIO()
    Image.new("RGB", (HEAVY_SIDE, HEAVY_SIDE), (40, 90, 160)).save(kept, "JPEG", progressive=True)
    return kept.getvalue()


async def sends_heavy_pictures(target: Target, _number: int) -> None:
    await files(target, "heavy", heavy_picture())


@cache
def archive(number: int) -> bytes:
    """A ZIP of at most 60 kB: one long silence, twenty texts, or twenty texts that leave room for others like it."""
    if number == 0:
        sound = io.BytesIO()
        with wave.open(sound, "wb") as writing:
            writing.setparams((1, 2, 44100, 0, "NONE", ""))
            writing.writeframes(bytes(GROWN_BYTES))
        members = [sound.getvalue()]
    else:
        members = [b"a\n" * (GROWN_BYTES // (40 if number == 1 else 400))] * 20
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for place, content in enumerate(members):
            packed.writestr(f"{place}.x", content)
    return kept.getvalue()


async def sends_a_packed_sound(target: Target, _number: int) -> None:
    await files(target, "packed", archive(0))


async def sends_packed_texts(target: Target, number: int) -> None:
    await files(target, "packed", archive(1 + number % 2))


async def leaves_a_session(target: Target, _number: int) -> None:
    """A report whose code nobody asks for: its session waits for that."""
    form = await target.public.report_form()
    answered = await target.public.post_once("/report", form.with_(text="unseen"))
    if "location" not in answered.headers:
        require(answered, TRY_AGAIN)


# At the mirror alone


async def greets_silently(target: Target, _number: int) -> None:
    with await target.public.connect() as line:
        await until_put_out(line)


async def greets_by_half(target: Target, _number: int) -> None:
    """Half of what a browser says first, and a new connection right away."""
    hello = client_hello(target.public.context, target.public.host)
    with await target.public.connect() as line:
        await line.send(hello[: len(hello) // 2])
        await asyncio.sleep(0.5)


async def greets_again_and_again(target: Target, _number: int) -> None:
    with await target.public.line():
        pass


@dataclass(frozen=True)
class Attack:
    name: str
    item: int
    connections: int
    client: Client
    at_mirror: bool = False


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
    Attack("ZIPs of 60 kB, a long sound", 3, 16, sends_a_packed_sound),
    Attack("ZIPs of 60 kB, many texts", 3, 16, sends_packed_texts),
    *(
        Attack(f"mirror: {name}", 2, connections, client, at_mirror=True)
        for name, connections, client in (
            ("silent handshakes", CONNECTIONS, greets_silently),
            ("half a greeting", CONNECTIONS, greets_by_half),
            ("handshakes", 16, greets_again_and_again),
            ("body promised", CONNECTIONS, promises_a_body),
            ("never reads", CONNECTIONS, never_reads),
            ("slow readers", CONNECTIONS, reads_slowly),
            ("slow writers", CONNECTIONS, _slow_writer(FAST_TRICKLE_BYTES)),
        )
    ),
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
    public = Visitor(told["public"], told["public_host"], told.get("authority"))
    target = Target(public, Visitor(told["desk"], told["desk_host"]), told["member"])
    begun: set[int] = set()
    crowd = [asyncio.ensure_future(keep_at_it(attack, target, number, begun)) for number in range(attack.connections)]
    while len(begun) < attack.connections:
        await asyncio.wait(crowd, timeout=AGAIN_SECONDS, return_when=asyncio.FIRST_EXCEPTION)
        for one in crowd:
            if one.done():
                one.result()
    print("begun", flush=True)
    await asyncio.gather(*crowd)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(json.loads(sys.argv[1])))
