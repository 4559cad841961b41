"""The web library says nothing on its own. Pinned to the version in use: what it would say otherwise is tried here."""

import asyncio
import io
import logging
import subprocess
import sys
import textwrap
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from visitors.intake_harness import PUBLIC_HOST, Browser, _listener, running_intake

from trusted.web.serving import serve
from trusted.web.silence import FIXED_BODY, Faults, drop_telltales, quiet_logger, refuse_expect, silent_errors

MARKER = "planted-marker-7c1e"


@asynccontextmanager
async def served(folder, handler, faults=None):
    """One handler behind the real silence."""
    faults = faults or Faults()
    app = web.Application(middlewares=[silent_errors(faults)], logger=quiet_logger())
    app.router.add_route("*", "/{rest:.*}", handler, expect_handler=refuse_expect)
    app.on_response_prepare.append(drop_telltales)
    serving = await serve(app, _listener(folder / "quiet.sock"))
    try:
        yield Browser(folder / "quiet.sock")
    finally:
        await serving.close()


async def _fine(_request):
    return web.Response(text="fine")


async def _faulty(_request):
    message = f"a fault that quotes {MARKER}"
    raise ValueError(message)


async def _payload(request):
    await request.content.read()
    return web.Response(text="read")


def test_the_version_these_tests_were_written_for():
    assert aiohttp.__version__ == "3.14.5"


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /planted-marker-7c1e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"BREW /planted-marker-7c1e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nplanted-marker-7c1e\x00: bad\r\n\r\n",
        b"planted-marker-7c1e\r\n\r\n",
        b"GET / HTTP/9.9\r\nplanted-marker-7c1e: x\r\n\r\n",
        b"GET /" + b"a" * 9000 + b"planted-marker-7c1e HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: planted-marker-7c1e" + b"a" * 9000 + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: planted-marker-7c1e\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nplanted-marker-7c1e\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: planted-marker-7c1e\r\n\r\n",
        b"GET /%zz?planted-marker-7c1e=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET http://planted-marker-7c1e:99999999/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
    ids=lambda sent: sent[:24].decode("latin-1"),
)
@pytest.mark.parametrize("handler", [_fine, _faulty, _payload])
async def test_no_answer_echoes_dates_or_names_the_server_and_nothing_is_logged(tmp_path, caplog, capfd, sent, handler):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.WARNING)

    async with served(tmp_path, handler) as browser:
        page = await browser.raw(sent)

    whole = page.raw_headers + page.body
    assert MARKER.encode() not in whole
    assert "server" not in page.headers
    assert "date" not in page.headers
    assert b"aiohttp" not in whole
    assert b"Python" not in whole
    assert page.body in {b"fine", b"read", FIXED_BODY}
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


# What the parser refuses by itself, before any handler: each with the marker in the place that the library would quote.
BROKEN = {
    "no request line": (400, b"planted-marker-7c1e\r\n\r\n"),
    "a method in small letters": (400, b"get /planted-marker-7c1e HTTP/1.1\r\nHost: x\r\n\r\n"),
    "an unsupported version": (400, b"GET /planted-marker-7c1e HTTP/3.0\r\nHost: x\r\n\r\n"),
    "the second version's preface": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nplanted-marker-7c1e"),
    "tls on a plain socket": (400, b"\x16\x03\x01\x00\x2e\x01planted-marker-7c1e\r\n\r\n"),
    "an address that is too long": (400, b"GET /" + b"a" * 9000 + b"planted-marker-7c1e HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a header that is too long": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: planted-marker-7c1e" + b"a" * 9000 + b"\r\n\r\n"),
    "a header's name that is too long": (400, b"GET / HTTP/1.1\r\n" + b"a" * 9000 + b"planted-marker-7c1e: x\r\n\r\n"),
    "a header without a colon": (400, b"GET / HTTP/1.1\r\nHost: x\r\nplanted-marker-7c1e\r\n\r\n"),
    "a zero byte in a header": (400, b"GET / HTTP/1.1\r\nHost: x\r\nA: planted-marker-7c1e\x00\r\n\r\n"),
    "a space before the colon": (400, b"GET / HTTP/1.1\r\nHost: x\r\nplanted-marker-7c1e : x\r\n\r\n"),
    "two lengths": (400, b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nplanted-marker-7c1e"),
    "a length that is none": (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: planted-marker-7c1e\r\n\r\n"),
    "a negative length": (400, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\nplanted-marker-7c1e"),
    "a length and pieces": (
        400,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\nplanted-marker-7c1e\r\n",
    ),
    "an unknown transfer encoding": (
        400, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: planted-marker-7c1e\r\n\r\n0\r\n\r\n",
    ),
    "a piece without a size": (
        400, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nplanted-marker-7c1e\r\n",
    ),
    "a piece longer than its size": (
        400, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nplanted-marker-7c1e\r\n0\r\n\r\n",
    ),
    "another expectation": (
        417,
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: planted-marker-7c1e\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    ),
}  # fmt: skip
CONSTANT_HEADERS = {
    "content-type",
    "cache-control",
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "content-length",
    "connection",
}


@pytest.mark.parametrize("name", BROKEN)
async def test_what_the_parser_refuses_gets_the_same_bytes_whatever_it_was(tmp_path, caplog, capfd, name):
    status, sent = BROKEN[name]
    caplog.set_level(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    faults = Faults()

    async with served(tmp_path, _payload, faults) as browser:
        page = await browser.raw(sent)

    assert page.status == status
    assert page.body == FIXED_BODY
    assert set(page.headers) <= CONSTANT_HEADERS
    assert MARKER.encode() not in page.raw_headers
    assert caplog.text == ""
    assert capfd.readouterr() == ("", "")


async def test_a_body_that_is_too_large_gets_the_fixed_page_and_not_the_librarys_sizes(tmp_path):
    async def read_all(request):
        return web.Response(body=await request.read())

    async with served(tmp_path, read_all) as browser:
        page = await browser.request("POST", "/", b"x" * (2 * 2**20), {})

    assert page.status == 413
    assert page.body == FIXED_BODY
    assert set(page.headers) <= CONSTANT_HEADERS


async def test_a_desk_body_that_is_too_large_is_refused_without_telltales(tmp_path, monkeypatch):
    async with running_intake(tmp_path, desk=True) as intake:
        browser = Browser(intake.desk_socket, "b" * 56 + ".onion")
        page = await browser.request("POST", "/desk/1/box", b"x" * (20 * 2**20), {})

    assert page.status >= 400
    assert not {"set-cookie", "server", "date", "etag", "last-modified"} & set(page.headers)
    assert b"aiohttp" not in page.body
    assert b"Maximum request body size" not in page.body


async def test_a_broken_second_request_on_one_connection_is_refused_with_the_same_bytes(tmp_path):
    sent = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + b"planted-marker-7c1e\r\n\r\n"

    async with served(tmp_path, _fine) as browser:
        page = await browser.raw(sent)

    assert page.status == 400
    assert page.body == FIXED_BODY
    assert set(page.headers) <= CONSTANT_HEADERS


async def test_a_fault_in_a_handler_gives_the_fixed_page_and_is_counted(tmp_path):
    faults = Faults()
    told = []
    faults.listener = lambda: told.append(faults.count)

    async with served(tmp_path, _faulty, faults) as browser:
        first = await browser.get("/")
        second = await browser.get("/")

    assert first.status == 500
    assert first.body == second.body == FIXED_BODY
    assert told == [1, 2]


async def test_expect_continue_is_answered_and_the_form_then_read(tmp_path):
    async with served(tmp_path, _payload) as browser:
        page = await browser.request("POST", "/", b"abc", {"Expect": "100-continue"})

    assert page.status == 100
    assert page.body.startswith(b"HTTP/1.1 200 OK")
    assert b"Date" not in page.body
    assert b"Server" not in page.body


async def test_a_browser_that_goes_away_in_the_middle_is_not_a_fault(tmp_path):
    faults = Faults()
    async with served(tmp_path, _payload, faults) as browser:
        reader, writer = await asyncio.open_unix_connection(str(browser.path))
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await asyncio.sleep(0.05)
        page = await browser.get("/")
        del reader

    assert page.status == 200
    assert faults.count == 0


async def test_a_compressed_body_is_not_unpacked(tmp_path):
    async def length(request):
        return web.Response(text=str(len(await request.content.read())))

    async with served(tmp_path, length) as browser:
        import gzip

        small = gzip.compress(bytes(10**6))
        page = await browser.request("POST", "/", small, {"Content-Encoding": "gzip"})

    assert page.text == str(len(small))


async def test_the_public_pages_carry_the_agreed_headers_and_no_cookie(tmp_path):
    async with running_intake(tmp_path) as intake:
        pages = [
            await intake.browser().get(path) for path in ("/", "/report", "/return", "/leave", "/nowhere", "/style.css")
        ]

    # Only the page that takes the files holds frames, and it answers a form.
    for page in pages:
        assert page.headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        assert page.headers["cross-origin-resource-policy"] == "same-origin"
        assert not {"set-cookie", "server", "date", "etag", "last-modified"} & set(page.headers)
        assert "<script" not in page.text
        assert " style=" not in page.text
    assert [page.headers["cache-control"] for page in pages[:4]] == ["no-cache", "no-cache", "no-store", "no-store"]


@pytest.mark.parametrize(
    "name",
    [
        "_current_request",
        "_messages",
        "_paused",
        "_reading_paused",
        "_task_handler",
        "close",
        "connection_lost",
        "resume_reading",
    ],
)
def test_the_library_has_the_names_that_our_connections_use_and_it_does_not_promise(name):
    assert name in dir(RequestHandler)


async def test_the_task_of_a_connection_ends_with_it_and_is_what_a_cancellation_reaches(tmp_path):
    ended = []

    async def waits(request):
        request.protocol.make_room()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(len(serving_connections(request)))
            raise

    async with served(tmp_path, waits) as browser:
        with pytest.raises(IndexError):
            # Nothing came: there is no line of status.
            await asyncio.wait_for(browser.get("/"), 5)
        await asyncio.sleep(0.1)

    assert ended == [0]


def serving_connections(request):
    return request.protocol._connections


def test_in_a_silenced_process_no_exception_reaches_any_output():
    program = textwrap.dedent(f"""
        import asyncio, gc, logging, sys, threading, warnings
        from trusted.web.silence import Faults, be_silent, silence_loop
        faults = Faults()
        be_silent(faults)
        class Bad:
            def __del__(self): raise ValueError("{MARKER}")
        async def main():
            silence_loop(asyncio.get_running_loop(), faults)
            async def lost(): raise ValueError("{MARKER}")
            task = asyncio.ensure_future(lost())
            await asyncio.sleep(0)
            del task
            gc.collect()
            asyncio.get_running_loop().call_soon(lambda: 1 / 0)
            await asyncio.sleep(0.01)
        asyncio.run(main())
        Bad()
        thread = threading.Thread(target=lambda: [][0])
        thread.start(); thread.join()
        warnings.warn("{MARKER}")
        logging.getLogger("aiohttp.server").error("{MARKER}")
        logging.getLogger("new").critical("{MARKER}")
        assert faults.count == 4, faults.count
        raise ValueError("{MARKER}")
    """)

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, timeout=30)

    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr == b""


async def test_the_name_of_another_host_is_refused_with_one_sentence_and_nothing_of_it(tmp_path):
    async with running_intake(tmp_path) as intake:
        foreign = Browser(intake.public_socket, host=f"{MARKER}.example")
        page = await foreign.get("/report")
        missing = await foreign.raw(b"GET / HTTP/1.0\r\n\r\n")

    assert page.status == 421
    assert missing.status == 421
    assert "Den här adressen är inte vår." in page.plain
    assert "Använd adressen precis så som kommunen anger den." in page.plain
    assert MARKER not in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": f"http://{PUBLIC_HOST}", "Sec-Fetch-Site": "same-origin"}, 400),
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_a_form_from_another_page_is_refused(tmp_path, headers, status):
    async with running_intake(tmp_path) as intake:
        form = (await intake.browser().get("/report")).form("/report")
        page = await intake.browser().post("/report", form.with_(text=""), headers=headers)

    # 400: it came through the gate and lacked a text.
    assert page.status == status


async def test_a_quiet_logger_hears_nothing():
    heard = io.StringIO()
    logger = quiet_logger()
    logger.addHandler(logging.StreamHandler(heard))

    logger.critical(MARKER)
    logger.error(MARKER)

    assert heard.getvalue() == ""


def test_sockets_are_inherited_and_never_made_by_the_intake():
    import ast
    from pathlib import Path

    folders = (Path(__file__).parents[3] / name for name in ("intake", "trusted/web", "trusted/forms"))
    trees = [ast.parse(path.read_text()) for folder in folders for path in folder.rglob("*.py")]
    calls = [
        {keyword.arg for keyword in node.keywords}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "socket.socket"
    ]

    assert calls
    assert all(arguments == {"fileno"} for arguments in calls)
