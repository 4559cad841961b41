"""Connections: an answer waits for its reader only so long, one request at a time, and a newcomer always gets in."""

from __future__ import annotations

import asyncio
import secrets
import select
import socket
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiohttp import web
from visitors.intake_harness import PUBLIC_HOST, Browser, _listener, multipart, read_answer, running_intake, zygotes
from visitors.raw_forms import part, read_all
from visitors.samples import photograph, rows

from cases.wire import messages
from trusted.forms.sending import Sending
from trusted.web.connections import Connection, ConnectionLimits
from trusted.web.serving import serve
from trusted.web.shielding import to_its_end
from trusted.web.silence import Faults, drop_telltales, quiet_logger, refuse_expect, silent_errors

MIB = 2**20
QUICK = ConnectionLimits(look_seconds=0.05)
GET = f"GET / HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n\r\n".encode()


def limits(**numbers) -> ConnectionLimits:
    return ConnectionLimits(**{"look_seconds": 0.05, **numbers})


@asynccontextmanager
async def served(folder: Path, handler, numbers: ConnectionLimits = QUICK):
    """One handler behind the real serving."""
    faults = Faults()
    app = web.Application(middlewares=[silent_errors(faults)], logger=quiet_logger())
    app.router.add_route("*", "/{rest:.*}", handler, expect_handler=refuse_expect)
    app.on_response_prepare.append(drop_telltales)
    serving = await serve(app, _listener(folder / "served.sock"), numbers)
    try:
        yield Browser(folder / "served.sock")
    finally:
        await serving.close()
    assert faults.count == 0


async def fine(_request):
    return web.Response(text="fine")


async def reads(request):
    return web.Response(text=str(len(await request.content.read())))


async def large(_request):
    return web.Response(body=bytes(4 * MIB))


def post(length: int) -> bytes:
    return f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


async def connected(browser: Browser, sent: bytes = b"") -> socket.socket:
    """A connection whose every byte is in the test's hands: nothing is read before the test reads."""
    while True:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            # asyncio's own connecting takes a full queue of a unix socket for a connection.
            connection.connect(str(browser.path))
            await asyncio.get_running_loop().sock_sendall(connection, sent)
        except BlockingIOError:
            connection.close()
            await asyncio.sleep(0.02)
        except BaseException:
            connection.close()
            raise
        else:
            return connection


async def ended(connection: socket.socket, within: float) -> float:
    """How long it took until the intake had ended the connection; nothing is read or sent meanwhile."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    hung_up = select.poll()
    hung_up.register(connection, select.POLLHUP)
    while loop.time() - began < within:
        if hung_up.poll(0):
            return loop.time() - began
        await asyncio.sleep(0.02)
    raise AssertionError("the connection is still there")


# Rule 3


async def test_an_answer_that_nobody_takes_ends_its_connection(tmp_path):
    async with served(tmp_path, large, limits(unread_seconds=0.3)) as browser:
        with await connected(browser, GET) as connection:
            took = await ended(connection, 5)

    assert 0.2 < took < 3


async def test_a_reader_below_the_minimum_rate_is_given_up_and_one_above_it_reads_to_the_end(tmp_path):
    async def read(browser, bytes_a_second: int) -> int:
        got = 0
        loop = asyncio.get_running_loop()
        connection = await connected(browser, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        with connection, suppress(ConnectionError):
            while piece := await loop.sock_recv(connection, bytes_a_second // 20):
                got += len(piece)
                await asyncio.sleep(0.05)
        return got

    numbers = limits(unread_seconds=1.0, slowest_bytes_a_second=2 * MIB)
    async with served(tmp_path, large, numbers) as browser:
        slow, fast = await asyncio.gather(read(browser, MIB // 2), read(browser, 8 * MIB))

    assert slow < 4 * MIB
    assert fast > 4 * MIB


async def test_the_progress_page_of_who_does_not_read_is_ended_and_keeps_little(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.LOOK_SECONDS", 0.0)
    async with running_intake(tmp_path, connections=limits(unread_seconds=0.5)) as intake:
        mark = intake.services.form_tokens.new("report")
        board, browser = intake.services.progress, intake.browser()
        path = f"/progress/{board.id_of(mark)}"
        with await connected(browser, GET.replace(b"GET / ", f"GET {path} ".encode())) as connection:
            await asyncio.sleep(0.1)
            sending = Sending(100)
            with board.send(sending, mark):
                held = 0
                for turn in range(400_000):
                    sending.read = turn % 100
                    if turn % 50 == 0:
                        await asyncio.sleep(0)
                        held = max(held, intake.public._connections._unsent_sum)
                    if not intake.public._connections:
                        break
            took = await ended(connection, 3)
            watching = len(board)

    assert took < 3
    assert held < 4096
    assert watching == 0


# Rule 2


async def test_requests_that_do_not_wait_for_their_answer_are_not_answered(tmp_path):
    calls = []

    async def counted(_request):
        calls.append("begun")
        await asyncio.sleep(0.05)
        calls.append("ended")
        return web.Response(text="fine")

    async with served(tmp_path, counted) as browser:
        with await connected(browser, GET * 200) as connection:
            at_once = await asyncio.wait_for(read_to_end(connection), 5)
        of_these = list(calls)
        with await connected(browser, GET) as connection:
            while calls == of_these:
                await asyncio.sleep(0.005)
            await send_some(connection, GET)
            one_by_one = await asyncio.wait_for(read_to_end(connection), 5)

    assert at_once == one_by_one == b""
    assert of_these == []
    assert calls == ["begun"]


async def read_to_end(connection: socket.socket) -> bytes:
    got = b""
    with suppress(ConnectionError):
        while piece := await asyncio.get_running_loop().sock_recv(connection, 65536):
            got += piece
    return got


@pytest.mark.parametrize("handler", [fine, reads])
async def test_a_browser_that_waits_for_each_answer_keeps_its_connection(tmp_path, handler):
    async with served(tmp_path, handler) as browser:
        reader, writer = await asyncio.open_unix_connection(str(browser.path))
        for _ in range(200):
            writer.write(post(3) + b"abc")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            body = await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
        writer.close()

    assert b"200 OK" in head
    assert body in {b"fine", b"3"}


async def test_a_stream_that_is_read_to_its_end_leaves_the_connection_for_the_next_request(tmp_path):
    async def stream(request):
        response = web.StreamResponse(headers={"Content-Length": str(2 * MIB)})
        await response.prepare(request)
        for _ in range(8):
            await response.write(bytes(MIB // 4))
        await response.write_eof()
        return response

    async with served(tmp_path, stream) as browser:
        reader, writer = await asyncio.open_unix_connection(str(browser.path))
        for _ in range(30):
            writer.write(GET)
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            await asyncio.wait_for(reader.readexactly(2 * MIB), 5)
        writer.close()


# The first byte of a body


async def test_a_body_that_was_promised_and_does_not_come_is_given_up_soon_with_a_page(tmp_path):
    async with running_intake(tmp_path, connections=limits(first_byte_seconds=0.3)) as intake:
        head = f"POST /report HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nContent-Length: 1000\r\nConnection: close\r\n"
        began = asyncio.get_running_loop().time()
        reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
        writer.write(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
        answer = await asyncio.wait_for(read_all(reader), 10)
        took = asyncio.get_running_loop().time() - began
        writer.close()
        page = await intake.browser().follow(read_answer(answer))

    assert "stod stilla för länge" in page.plain
    # The rest of it is not waited for again.
    assert took < 3


async def test_who_has_begun_to_send_may_pause_for_longer_than_to_the_first_byte(tmp_path):
    async with running_intake(tmp_path, connections=limits(first_byte_seconds=0.3)) as intake:
        form = (await intake.browser().get("/report")).form("/report")
        body = multipart("b", form.with_(text="Slow but honest"))
        head = f"POST /report HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
        writer.write(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + body[:-20])
        await asyncio.sleep(1)
        writer.write(body[-20:])
        page = await intake.browser().follow(read_answer(await asyncio.wait_for(read_all(reader), 10)))
        writer.close()

    assert len(page.receipt.words) == 8, page.plain


async def test_a_desk_that_promises_a_body_and_sends_none_is_given_up(tmp_path):
    async with running_intake(tmp_path, desk=True, connections=limits(first_byte_seconds=0.3)) as intake:
        server_key = intake.services.roster.open_roster().server_key
        signed = messages.sign_request(intake.made.keys[0], "POST", f"{messages.PATH}box", bytes(1000), server_key, 1)
        head = f"POST {messages.PATH}box HTTP/1.1\r\nHost: {'b' * 56}.onion\r\nContent-Length: 1000\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        reader, writer = await asyncio.open_unix_connection(str(intake.desk_socket))
        writer.write(f"{head}\r\n".encode())
        answer = read_answer(await asyncio.wait_for(read_all(reader), 10))
        writer.close()

    assert answer.status == 422


# Rule 4


async def test_a_newcomer_gets_in_while_all_connections_are_held(tmp_path):
    async def held(request):
        return web.Response(text=str(len(await request.content.read())))

    async with served(tmp_path, held, limits(most=8, newest=4)) as browser:
        silent = [await connected(browser) for _ in range(4)]
        promised = [await connected(browser, post(100)) for _ in range(4)]
        await asyncio.sleep(0.1)
        began = asyncio.get_running_loop().time()
        pages = [await asyncio.wait_for(browser.request("POST", "/", b"abc", {}), 5) for _ in range(6)]
        took = asyncio.get_running_loop().time() - began
        for one in silent + promised:
            one.close()

    assert [page.text for page in pages] == ["3"] * 6
    assert took < 5


@pytest.mark.parametrize("attackers", ["who send nothing", "who send less"])
async def test_an_upload_that_moves_is_not_what_makes_room(tmp_path, attackers):
    async def read(request):
        return web.Response(text=str(len(await request.content.read())))

    async with served(tmp_path, read, limits(most=8, newest=2, evictions_a_second=1000)) as browser:
        upload = await connected(browser, post(200_000))
        crowd = [await connected(browser, post(10**6)) for _ in range(7)]
        for turn in range(40):
            await send_some(upload, b"x" * 5000)
            for one in crowd:
                await send_some(one, b"x" * (1300 if attackers == "who send less" else 0))
            if turn % 2:
                crowd.append(await connected(browser, post(10**6)))
            await asyncio.sleep(0.01)
        answer = await asyncio.wait_for(read_head(upload), 5)
        for one in (upload, *crowd):
            one.close()

    assert answer.endswith(b"200000")


async def test_time_in_which_we_work_fades_nothing_also_once_we_read_on(tmp_path):
    """While a file is cleaned nothing of the next is read: then it made room before those who had sent less."""
    seen = []

    async def cleans(request):
        await request.content.readexactly(1000)
        seen.append(request.protocol.progress(asyncio.get_running_loop().time()))
        await asyncio.sleep(1)
        while not request.content.at_eof():
            await request.content.readany()
            seen.append(request.protocol.progress(asyncio.get_running_loop().time()))
        return web.Response(text="fine")

    size = MIB
    async with served(tmp_path, cleans, limits(half_life_seconds=0.2)) as browser:
        with await connected(browser, post(size)) as upload:
            sending = asyncio.create_task(asyncio.get_running_loop().sock_sendall(upload, bytes(size)))
            answer = await asyncio.wait_for(read_head(upload), 10)
            await sending

    assert answer.endswith(b"fine")
    # It had sent some 200 kB when it was kept waiting, five half-lives long.
    assert min(seen[1:]) > seen[0] / 2


async def test_who_only_waits_for_us_keeps_the_place_for_some_minutes_and_not_for_good(tmp_path):
    """A form that was sent a second time waits for the first, which its sender could make last for hours."""
    seen, numbers = [], limits(half_life_seconds=0.1, our_turn_seconds=0.5)

    async def waits(request):
        for seconds in (0.2, 1.0):
            await asyncio.sleep(seconds)
            request.protocol.progressed(0)
            seen.append(request.protocol.progress(asyncio.get_running_loop().time()))
        return web.Response(text="fine")

    async with served(tmp_path, waits, numbers) as browser:
        with await connected(browser, post(1000) + bytes(1000)) as connection:
            assert (await read_head(connection)).endswith(b"fine")

    assert seen[0] > 1000
    assert seen[1] < 100


async def send_some(connection: socket.socket, content: bytes) -> None:
    with suppress(ConnectionError, BlockingIOError):
        await asyncio.get_running_loop().sock_sendall(connection, content)


async def read_head(connection: socket.socket) -> bytes:
    return await asyncio.get_running_loop().sock_recv(connection, 65536)


async def test_the_progress_page_makes_the_progress_of_the_upload_that_it_shows(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.LOOK_SECONDS", 0.01)
    numbers = limits(most=8, newest=2, evictions_a_second=1000)
    async with running_intake(tmp_path, connections=numbers) as intake:
        browser = intake.browser()
        mark = intake.services.form_tokens.new("report")
        path = f"/progress/{intake.services.progress.id_of(mark)}"
        head = f"POST /report HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nContent-Length: 400000\r\nConnection: close\r\n"
        frame = await connected(browser, f"GET {path} HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n\r\n".encode())
        upload = await connected(browser, head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
        await send_some(upload, part("mark", mark.encode()) + part("text", b"Text"))
        crowd = []
        for _ in range(40):
            await send_some(upload, part("f", b"x" * 2000))
            crowd.append(await connected(browser, post(10**6)))
            await send_some(crowd[-1], b"x" * 1000)
            await asyncio.sleep(0.05)
        is_there = not await is_gone(frame), not await is_gone(upload)
        shown = frame.recv(100_000)
        for one in (frame, upload, *crowd):
            one.close()

    assert is_there == (True, True)
    # The last but one of forty pieces of two hundred: nobody knows yet whether the last has ended.
    assert b'value="18"' in shown


async def test_so_many_make_room_in_a_second_and_no_more(tmp_path):
    """Who connects without end leaves a newcomer the time to send a request: here a second of the newest eight."""
    numbers = limits(most=16, newest=8, evictions_a_second=8, evictions_at_once=2)
    async with served(tmp_path, fine, numbers) as browser:
        stop = asyncio.Event()

        async def comes_and_goes():
            while not stop.is_set():
                with suppress(OSError), await connected(browser, b"GET / HT"):
                    await asyncio.sleep(0.01)

        crowd = [asyncio.ensure_future(stays(browser, stop)) for _ in range(40)]
        crowd += [asyncio.ensure_future(comes_and_goes()) for _ in range(4)]
        await asyncio.sleep(0.5)
        newcomer = await connected(browser)
        await asyncio.sleep(0.5)
        await send_some(newcomer, GET)
        answer = await asyncio.wait_for(read_head(newcomer), 5)
        stop.set()
        newcomer.close()
        await asyncio.gather(*crowd)

    assert answer.endswith(b"fine")


async def stays(browser: Browser, stop: asyncio.Event) -> None:
    while not stop.is_set():
        with suppress(OSError), await connected(browser, b"GET / HT") as connection:
            while not stop.is_set() and not await is_gone(connection):
                await asyncio.sleep(0.02)


async def is_gone(connection: socket.socket) -> bool:
    with suppress(AssertionError):
        await ended(connection, 0.001)
        return True
    return False


async def test_an_upload_that_makes_room_stores_nothing(tmp_path):
    async with (
        zygotes() as sandbox,
        running_intake(tmp_path, sandbox=sandbox, connections=limits(most=2, newest=1)) as intake,
    ):
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        body = multipart("b", form.with_(text="Put out"), [photograph(300), photograph(900)])
        head = f"POST /report HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nContent-Length: {len(body)}\r\n"
        upload = await connected(browser, head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
        # The library looks ahead: it gives out a piece when something has come behind it.
        for start in range(0, len(body) - 50_000, 50_000):
            await send_some(upload, body[start : start + 50_000])
            await asyncio.sleep(0.02)
        for _ in range(100):
            if (staged := rows(intake, "files")) == 2:
                break
            await asyncio.sleep(0.1)
        others = [await connected(browser) for _ in range(2)]
        for _ in range(100):
            if rows(intake, "files") == 0 and intake.services.budget.free == intake.services.budget.total:
                break
            await asyncio.sleep(0.1)
        left = rows(intake, "files"), rows(intake, "cases"), intake.services.budget.free
        for one in (upload, *others):
            one.close()
        # The same form, sent again, is taken.
        page = await browser.post("/report", form.with_(text="Put out"), [photograph(300)])

    assert staged == 2
    assert left == (0, 0, intake.services.budget.total)
    assert len(page.receipt.words) == 8


async def test_a_report_that_is_being_filed_when_its_connection_makes_room_is_there_with_its_files(
    tmp_path, monkeypatch
):
    """The store ends what it has begun. To delete the files of a report that is there would leave half of it."""
    async with (
        zygotes() as sandbox,
        running_intake(tmp_path, sandbox=sandbox, connections=limits(most=2, newest=1)) as intake,
    ):
        browser, filing, may_end = intake.browser(), asyncio.Event(), asyncio.Event()
        file_case = type(intake.services.store).file_case

        async def slowly(store, what):
            filing.set()
            await file_case(store, what)
            await may_end.wait()

        monkeypatch.setattr(type(intake.services.store), "file_case", slowly)
        form = (await browser.get("/report")).form("/report")
        body = multipart("b", form.with_(text="Filed meanwhile"), [photograph(300)])
        head = f"POST /report HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nContent-Length: {len(body)}\r\n"
        sender = await connected(browser, head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
        await asyncio.get_running_loop().sock_sendall(sender, body)
        await asyncio.wait_for(filing.wait(), 30)
        others = [await connected(browser) for _ in range(2)]
        await asyncio.sleep(0.3)
        may_end.set()
        for _ in range(100):
            if rows(intake, "cases") == 1:
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.3)
        stored = rows(intake, "cases"), rows(intake, "files")
        for one in (*others, sender):
            one.close()
        # The browser sends the form again, and is led to the report that is there.
        page = await browser.post("/report", form.with_(text="Filed meanwhile"))
        afterwards = rows(intake, "cases"), rows(intake, "files")

    assert stored == afterwards == (1, 2)
    assert len(page.receipt.words) == 8


async def test_a_step_goes_to_its_end_though_its_caller_is_cancelled():
    ended_steps = []

    async def step():
        await asyncio.sleep(0.1)
        ended_steps.append(1)

    caller = asyncio.ensure_future(to_its_end(step()))
    await asyncio.sleep(0.02)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert ended_steps == [1]


# Rule 1


async def test_who_leaves_while_we_work_for_them_still_counts(tmp_path):
    working, most_at_once = 0, 0

    async def work(_request):
        nonlocal working, most_at_once
        working += 1
        most_at_once = max(most_at_once, working)
        try:
            await asyncio.sleep(2)
        finally:
            working -= 1
        return web.Response(text="worked")

    async with served(tmp_path, work, limits(most=4, newest=2)) as browser:
        for _ in range(30):
            (await connected(browser, GET)).close()
        await asyncio.sleep(0.5)

    # As many as are let in at once may end while their places are taken.
    assert most_at_once <= 4 + 1


# Rule 6


async def test_what_waits_to_be_sent_has_a_sum_over_all_connections(tmp_path):
    async with served(tmp_path, large, limits(unsent_bytes=12 * MIB)) as browser:
        crowd = [await connected(browser, GET) for _ in range(20)]
        for _ in range(50):
            await asyncio.sleep(0.1)
            if (still_there := [await is_gone(one) for one in crowd].count(False)) <= 3:
                break
        reader = await asyncio.wait_for(browser.get("/"), 10)
        for one in crowd:
            one.close()

    assert 1 <= still_there <= 3
    assert len(reader.body) == 4 * MIB


# Heads


@pytest.mark.parametrize(
    "head",
    [
        "".join(f"X-{number}: y\r\n" for number in range(60)),
        "X-Long: " + "y" * 3000 + "\r\n",
    ],
    ids=["many", "long"],
)
async def test_a_head_larger_than_any_browser_sends_is_refused(tmp_path, head):
    async with served(tmp_path, fine) as browser:
        page = await browser.raw(f"GET / HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())

    assert page.status == 400


async def test_the_handler_of_every_connection_is_ours(tmp_path):
    seen = []

    async def look(request):
        seen.append(request.protocol)
        return web.Response(text=secrets.token_hex(2))

    async with served(tmp_path, look) as browser:
        await browser.get("/")

    assert isinstance(seen[0], Connection)
