"""What the result pages let go of, when, and how much they take."""

from __future__ import annotations

from datetime import timedelta

import pytest
from aiohttp import web
from visitors.intake_harness import NOON, SetClock, report_form, running_intake
from visitors.samples import opened

from intake.http import result_pages
from intake.http.result_pages import (
    MOST_ADDRESSES,
    MOST_OF_ONE,
    SMALL_BYTES,
    UNTIL,
    ResultPages,
    draft_of,
)
from intake.views.pages import OWNER
from trusted.web.form import Form

HANDLE, OTHER, DRAFT = "a" * 64, "b" * 64, "d" * 32


def page_of(owner: str = "", filling: int = 0) -> web.Response:
    page = web.Response(body=b'<html lang="sv">' + b"x" * filling)
    page[OWNER] = owner
    return page


def is_open(handle: str) -> bool:
    return handle == HANDLE


@pytest.fixture
def clock():
    return SetClock(NOON)


@pytest.fixture
def kept(clock):
    return ResultPages(clock)


@pytest.mark.parametrize("owner", ["", DRAFT, HANDLE], ids=["nobody", "draft", "session"])
def test_a_page_is_kept_for_half_an_hour(kept, clock, owner):
    address = kept.keep(page_of(owner), is_open)
    clock.forward(minutes=29)
    before = kept.find(address).page
    clock.forward(minutes=2)
    after = kept.find(address)

    assert before.body == page_of(owner).body
    assert (after is None) if owner != HANDLE else (after.owner == HANDLE and after.page is None)


def test_a_page_that_says_how_long_it_may_be_kept_is_kept_no_longer(kept, clock):
    page = page_of(HANDLE)
    page[UNTIL] = NOON + timedelta(minutes=1)
    address = kept.keep(page, is_open)
    clock.forward(minutes=2)

    kept.prune()

    assert kept.find(address).page is None


def test_a_page_of_a_session_that_is_over_is_not_kept_at_all(kept):
    assert kept.find(kept.keep(page_of(OTHER), is_open)) is None


@pytest.mark.parametrize("owner", [HANDLE, DRAFT], ids=["session", "draft"])
def test_what_belongs_together_goes_together_and_the_rest_stays(kept, owner):
    mine, free = kept.keep(page_of(owner), is_open), kept.keep(page_of(), is_open)
    wish = kept.keep_file_request(owner, "0f")

    kept.forget(owner)

    assert kept.find(mine) is None
    assert kept.find(wish) is None
    assert kept.find(free).page is not None


def test_the_wish_for_a_file_keeps_no_more_than_what_the_file_is_called_and_ends_after_half_an_hour(kept, clock):
    address = kept.keep_file_request(HANDLE, "f" * 100_000)
    wished = kept.find(address).file
    clock.forward(minutes=31)

    assert len(wished) < 100
    assert kept.find(address).file is None


def test_one_owner_keeps_the_last_pages_and_files_that_were_looked_at_do_not_count(kept):
    addresses = [kept.keep(page_of(HANDLE), is_open) for _ in range(MOST_OF_ONE + 1)]
    for _ in range(MOST_OF_ONE):
        kept.keep_file_request(HANDLE, "0f")

    assert [kept.find(one).page is not None for one in addresses] == [False] + [True] * MOST_OF_ONE


def test_one_session_has_a_bounded_number_of_addresses(kept):
    addresses = [kept.keep_file_request(HANDLE, "0f") for _ in range(MOST_ADDRESSES + 1)]

    assert kept.find(addresses[0]) is None
    assert all(kept.find(one).owner == HANDLE for one in addresses[1:])


@pytest.mark.parametrize("owner", ["", DRAFT, HANDLE], ids=["nobody", "draft", "session"])
def test_what_comes_drives_nothing_out_and_what_finds_no_room_is_not_kept(clock, monkeypatch, owner):
    monkeypatch.setattr(result_pages, "MOST_BYTES", 30_000)
    monkeypatch.setattr(result_pages, "MOST_OF_ONE", 1000)
    monkeypatch.setattr(result_pages, "MOST_ADDRESSES", 1000)
    kept = ResultPages(clock)
    early = [kept.keep(page_of(one), is_open) for one in (HANDLE, "e" * 32, "")]

    late = [kept.keep(page_of(owner, 100), is_open) for _ in range(100)]

    with_page = [one for one in late if one is not None and kept.find(one).page is not None]
    assert all(kept.find(one).page is not None for one in early)
    assert 4 <= len(with_page) <= 14
    assert max(shelf.bytes for shelf in kept._shelves.values()) <= 30_000
    # Of a session the address shows the case as it is now; any other page has to be the answer itself.
    assert (None in late) is (owner != HANDLE)


def test_large_pages_and_those_of_drafts_take_no_room_of_small_ones_and_of_sessions(clock, monkeypatch):
    monkeypatch.setattr(result_pages, "MOST_BYTES", 4 * SMALL_BYTES)
    kept = ResultPages(clock)

    large = [kept.keep(page_of("", SMALL_BYTES), is_open) for _ in range(50)]
    small = kept.keep(page_of("e" * 32), is_open)
    of_session = kept.keep(page_of(HANDLE, SMALL_BYTES), is_open)

    assert None in large
    assert kept.find(small).page is not None
    assert kept.find(of_session).page is not None


def test_the_clock_makes_room_by_chance_and_of_a_session_the_address_stays(clock, monkeypatch):
    monkeypatch.setattr(result_pages, "MOST_BYTES", 200_000)
    monkeypatch.setattr(result_pages, "MOST_OF_ONE", 1000)
    monkeypatch.setattr(result_pages, "MOST_ADDRESSES", 1000)
    kept = ResultPages(clock)
    for owner in ("", HANDLE):
        addresses = [one for one in (kept.keep(page_of(owner), is_open) for _ in range(150)) if one is not None]

        for _ in range(10):
            kept.sweep()

        found = [kept.find(one) for one in addresses]
        has_page = [one is not None and one.page is not None for one in found]
        assert 20 <= sum(has_page) <= 75
        assert has_page != sorted(has_page)
        assert all((one is None) == (owner == "") for one, has in zip(found, has_page, strict=True) if not has)


async def test_without_room_a_form_is_answered_with_the_page_itself_and_nothing_typed_is_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(result_pages, "MOST_BYTES", 1)
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await report_form(browser, text="Kept all the same", organisation="another-town")
        back = await browser.post_once("/report", form.with_())
        in_english = await browser.post_once("/report", [("switch", "en"), *back.form("/report").fields])
        code = await browser.post("/report", in_english.form("/report").with_(organisation=""))
        case = await opened(intake, code)

    for page, status in ((back, 400), (in_english, 203)):
        assert page.status == status
        assert page.headers["cache-control"] == "no-store"
        assert dict(page.form("/report").fields)["text"] == "Kept all the same"
    assert case.report.text == "Kept all the same"


def test_nothing_is_left_in_memory_of_what_is_over(kept, clock):
    for number in range(50):
        kept.keep(page_of(), is_open)
        kept.keep(page_of(f"{number:032x}"), is_open)
        kept.keep(page_of(HANDLE), is_open)
    kept.forget(HANDLE)
    clock.forward(minutes=31)

    kept.prune()

    assert not kept._known
    assert not kept._of
    assert all(shelf.bytes == 0 and not len(shelf) for shelf in kept._shelves.values())


@pytest.mark.parametrize("untrusted", ["", "a" * 64, "<script>", "A" * 32])
def test_a_draft_is_a_number_of_our_own_kind(untrusted):
    assert len(draft_of(Form({"draft": [untrusted]}))) == 32
    assert draft_of(Form({"draft": [untrusted]})) != untrusted
