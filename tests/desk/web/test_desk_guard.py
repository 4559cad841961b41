"""Nobody but the browser that was let in gets anything from the application: not its pages, not that it is there."""

from __future__ import annotations

import asyncio

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import TO_A_PAGE, pages_of
from visitors.intake_harness import make_home

OURS = {**TO_A_PAGE, "Sec-Fetch-Site": "same-origin"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
LOCKED_OUT = (404, "")


@pytest.fixture
async def reader(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, 0) as reader:
        yield reader


@pytest.mark.parametrize(
    "wrong",
    [
        {"Host": "127.0.0.1"},
        {"Host": "localhost"},
        {"Host": "example.org"},
        {"Cookie": ""},
        {"Cookie": "__Host-kallskydd-desk=guessed"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        # A script's fetch, also an extension's, and a frame.
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Dest": "iframe"},
    ],
)
async def test_a_page_is_for_the_browser_that_was_let_in_alone(reader, wrong):
    await reader.open()
    right = await reader.ask("GET", "/unlock", headers=OURS)

    seen = await reader.ask("GET", "/unlock", headers={**OURS, **wrong})

    assert right.status == 200
    assert (seen.status, seen.text) == LOCKED_OUT


@pytest.mark.parametrize(
    "wrong",
    [{"Origin": "null"}, {"Origin": "http://example.org"}, {"Origin": ""}, {"Sec-Fetch-Site": "none"}],
)
async def test_a_form_comes_from_our_own_pages(reader, wrong):
    await reader.open()
    origin = {"Origin": reader.services.address.origin}
    body = f"passphrase={PASSPHRASE.replace(' ', '+')}".encode()

    refused = await reader.ask("POST", "/unlock", body=body, headers={**OURS, **FORM, **origin, **wrong})
    still_locked = not reader.services.desk.is_unlocked
    taken = await reader.ask("POST", "/unlock", body=body, headers={**OURS, **FORM, **origin})

    assert (refused.status, refused.text) == LOCKED_OUT
    assert still_locked
    assert taken.status == 303
    assert reader.services.desk.is_unlocked


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_other_methods_get_nothing(reader, method):
    await reader.open()

    seen = await reader.ask(method, "/unlock", headers=OURS)

    assert (seen.status, seen.text) == LOCKED_OUT


async def test_the_style_sheet_comes_with_a_page_of_ours_and_alone_it_does_not(reader):
    await reader.open()
    as_a_part = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style", "Sec-Fetch-Site": "same-origin"}

    ours = await reader.ask("GET", "/desk.css", headers=as_a_part)
    elsewhere = await reader.ask("GET", "/desk.css", headers={**as_a_part, "Sec-Fetch-Site": "cross-site"})

    assert ours.headers["Content-Type"].startswith("text/css")
    assert (elsewhere.status, elsewhere.text) == LOCKED_OUT


async def test_the_opening_address_counts_once_and_a_second_time_locks_everything(reader):
    await reader.unlock()
    cookie, was_unlocked = reader.cookie, reader.services.desk.is_unlocked

    again = await reader.ask(
        "GET", f"/open/{reader.services.entrance.token}", headers={**TO_A_PAGE, "Sec-Fetch-Site": "none"}
    )
    with_the_cookie = await reader.ask("GET", "/", headers={**OURS, "Cookie": cookie})

    assert was_unlocked
    assert again.status == 403
    assert "Set-Cookie" not in again.headers
    assert not reader.services.desk.is_unlocked
    assert (with_the_cookie.status, with_the_cookie.text) == LOCKED_OUT


async def test_a_wrong_opening_token_opens_nothing_and_locks_nothing(reader):
    seen = await reader.ask("GET", "/open/guessed", headers={**TO_A_PAGE, "Sec-Fetch-Site": "none"})
    page = await reader.unlock()

    assert (seen.status, seen.text) == LOCKED_OUT
    assert page.status == 200


async def test_no_answer_says_which_program_it_is_or_may_be_kept_or_framed_or_run_a_script(reader):
    await reader.open()
    pages = [
        await reader.ask("GET", "/unlock", headers=OURS),
        await reader.ask("GET", "/nowhere", headers=OURS),
    ]

    for page in pages:
        assert not {"Server", "Date", "Last-Modified", "ETag"} & set(page.headers)
        assert page.headers["Cache-Control"] == "no-store"
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        assert "script" not in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "request_", [b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", b"hello\r\n\r\n", b"\x16\x03\x01\r\n\r\n"]
)
async def test_who_knows_neither_name_nor_protocol_is_not_told_what_listens(reader, request_):
    going_in, going_out = await asyncio.open_connection("127.0.0.1", reader.port)
    going_out.write(request_)
    head = await going_in.readuntil(b"\r\n\r\n")
    going_out.close()

    first, *headers = head.decode().lower().split("\r\n")
    names = {one.partition(":")[0] for one in headers if one}
    assert first.partition(" ")[2] == "404 not found"
    assert names <= {"content-length", "content-type", "connection"}
    assert "content-length: 0" in headers
