"""Every form is answered with an address; what stands there, for how long, and for whom."""

from __future__ import annotations

import re

import pytest
from aiohttp import web
from browsers.pages import every_page
from browsers.served import example_home
from desk_harness import running_with_pages
from intake_harness import (
    NOON,
    SEE_OTHER,
    SHOWN,
    SetClock,
    file_report,
    log_in,
    multipart,
    running_intake,
    zygotes,
)

from intake import kept_pages
from intake.app import ROUTES
from intake.form import Form
from intake.kept_pages import MOST_ADDRESSES, MOST_OF_A_SESSION, KeptPages

KIND = {"Content-Type": "multipart/form-data; boundary=b"}
HANDLE, OTHER = "a" * 64, "b" * 64


def page_of(handle: str = "", filling: bytes = b"") -> web.Response:
    field = f'<input type="hidden" name="handle" value="{handle}">' if handle else ""
    return web.Response(body=f'<html lang="sv">{field}'.encode() + filling)


def is_open(handle: str) -> bool:
    return handle == HANDLE


@pytest.fixture
def clock():
    return SetClock(NOON)


@pytest.mark.parametrize("path", [path for method, path, _ in ROUTES if method == "POST"])
async def test_every_form_is_answered_with_an_address_whatever_is_in_it(tmp_path, path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        answers = [
            await browser.request_once("POST", path, body, KIND)
            for body in (b"no form at all", multipart("b", [("text", "Typed"), ("language", "en")]))
        ]

    for answer in answers:
        assert answer.status == SEE_OTHER
        assert re.fullmatch(r"/page/[0-9a-f]{32}(\?lang=[a-z]{2,3})?", answer.headers["location"])
        assert answer.headers["cache-control"] == "no-store"
        assert "Typed" not in answer.text


async def test_a_page_comes_again_by_its_address_in_its_language_and_may_not_be_stored(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report?plain=1&lang=en")).form("/report")
        led = await browser.request_once("POST", "/report", multipart("b", form.with_(text="Typed", switch="en")), KIND)
        first, again = [await browser.follow(led) for _ in range(2)]

    assert led.headers["location"].endswith("?lang=en")
    assert first.status == SHOWN
    assert (first.body, first.headers) == (again.body, again.headers)
    assert dict(first.form("/report").fields)["text"] == "Typed"
    assert first.headers["cache-control"] == "no-store"


async def test_what_has_to_do_with_a_session_is_gone_with_it_in_every_state(short_folder):
    """Every page that any state leads to: after logging out no address shows a handle, a word or a text any more."""
    seen: list[str] = []
    async with (
        zygotes() as sandbox,
        running_with_pages(short_folder, example_home(short_folder / "home"), sandbox=sandbox) as desks,
    ):
        keep = desks.intake.services.kept_pages.keep

        def noted(response, peek):
            seen.append(keep(response, peek))
            return seen[-1]

        object.__setattr__(desks.intake.services, "kept_pages", Noting(desks.intake.services.kept_pages, noted))
        await every_page(desks, "sv")
        sessions = desks.intake.services.sessions
        for handle in list(sessions._open):
            sessions.log_out(handle)
        pages = [await desks.intake.browser().get(f"/page/{address}") for address in seen]

    assert len(pages) > 40
    for page in pages:
        assert 'name="handle"' not in page.text
        assert 'class="code"' not in page.text


class Noting:
    """The kept pages, with every address written down."""

    def __init__(self, real: KeptPages, keep) -> None:
        self._real = real
        self.keep = keep

    def __getattr__(self, name: str):
        return getattr(self._real, name)


async def test_an_address_of_a_session_that_is_over_asks_for_the_code_in_the_language_of_the_page(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = (await file_report(browser, "Report")).receipt
        form = (await browser.get("/return?lang=en")).form("/return")
        body = multipart("b", form.with_(code=" ".join(receipt.words)))
        led = await browser.request_once("POST", "/return", body, KIND)
        inbox = await browser.follow(led)
        await browser.post("/inbox/leave", inbox.form("/inbox/leave").fields)
        over, never = await browser.follow(led), await browser.get(f"/page/{'0' * 32}?lang=en")

    assert "This page is not open any more." in over.plain
    assert over.form("/return")
    assert over.plain == never.plain


async def test_an_address_whose_page_is_not_kept_any_more_shows_the_case_as_it_is_now(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = (await file_report(browser, "Report")).receipt
        form = (await browser.get("/return")).form("/return")
        led = await browser.request_once(
            "POST", "/return", multipart("b", form.with_(code=" ".join(receipt.words))), KIND
        )
        page = await browser.follow(led)
        for number in range(MOST_OF_A_SESSION):
            page = await browser.post("/inbox/write", page.form("/inbox/write").with_(text=f"Message {number}"))
        again = await browser.follow(led)

    assert again.status == SHOWN
    assert f"Message {MOST_OF_A_SESSION - 1}" in again.plain


async def test_an_address_of_the_page_with_the_code_shows_the_words_again_while_the_session_lasts(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report?plain=1")).form("/report")
        led = await browser.request_once("POST", "/report", multipart("b", form.with_(text="Report")), KIND)
        shown = (await browser.follow(led)).receipt
        page = await log_in(browser, shown)
        intake.clock.forward(minutes=20)
        await browser.post("/inbox", page.form("/inbox").fields)
        await browser.post("/receipt", (await browser.follow(led)).form("/inbox/leave").fields)
        intake.clock.forward(minutes=20)
        again = await browser.follow(led)

    assert again.receipt == shown


def test_a_page_without_a_session_is_kept_for_half_an_hour(clock):
    kept = KeptPages(clock)
    address = kept.keep(page_of(), is_open)
    clock.forward(minutes=29)
    before = kept.find(address)
    clock.forward(minutes=2)

    assert before.page.body == page_of().body
    assert kept.find(address) is None


def test_a_page_of_a_session_that_is_over_is_not_kept_at_all(clock):
    kept = KeptPages(clock)

    address = kept.keep(page_of(OTHER), is_open)

    assert kept.find(address) is None


def test_pages_of_a_session_go_with_it_and_those_of_others_stay(clock):
    kept = KeptPages(clock)
    mine, wish, free = (
        kept.keep(page_of(HANDLE), is_open),
        kept.keep_wish(HANDLE, Form()),
        kept.keep(page_of(), is_open),
    )

    kept.forget(HANDLE)

    assert kept.find(mine) is None
    assert kept.find(wish) is None
    assert kept.find(free).page is not None


def test_a_session_keeps_its_last_pages_and_a_bounded_number_of_addresses(clock):
    kept = KeptPages(clock)

    addresses = [kept.keep(page_of(HANDLE), is_open) for _ in range(MOST_ADDRESSES + 1)]

    found = [kept.find(one) for one in addresses]
    assert found[0] is None
    assert all(one.handle == HANDLE for one in found[1:])
    assert [one.page is not None for one in found[1:]] == [False] * (MOST_ADDRESSES - MOST_OF_A_SESSION) + [
        True
    ] * MOST_OF_A_SESSION


def test_pages_that_anybody_can_make_drive_out_the_oldest_of_their_own_and_none_of_a_session(clock, monkeypatch):
    monkeypatch.setattr(kept_pages, "MOST_BYTES", 10_000)
    kept = KeptPages(clock)
    mine, oldest = kept.keep(page_of(HANDLE), is_open), kept.keep(page_of(), is_open)

    newest = [kept.keep(page_of(filling=b"x" * 2000), is_open) for _ in range(20)][-1]

    assert kept.find(mine).page is not None
    assert kept.find(oldest) is None
    assert kept.find(newest).page is not None
