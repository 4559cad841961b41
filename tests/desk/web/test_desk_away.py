"""A server that is away: nobody looks at a white page for long, nothing typed is lost, and the page says why."""

from __future__ import annotations

import asyncio
import contextlib
import time

import pytest
from desks.case_pages import a_case, fetched
from desks.harness import running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.errors import NotReachable
from desk.server import client
from desk.web.session import desk as session
from desk.web.session.link import Link

LEAD = 0
PATIENCE = 1.0
AWAY = "Servern svarar inte."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """The ten seconds of a page are one."""
    assert session.PAGE_SECONDS == 10.0
    monkeypatch.setattr(session.Desk.at_work.__wrapped__, "__kwdefaults__", {"writes": True, "hurry": PATIENCE})
    monkeypatch.setattr("desk.web.session.refresh.PATIENCE_SECONDS", PATIENCE)


@pytest.fixture
def silent(monkeypatch):
    """A server that takes questions and never answers, once it is set."""
    silenced = asyncio.Event()
    ordinary = client.aiohttp.ClientSession.post

    async def post(self, *args, timeout, **kwargs):
        if not silenced.is_set():
            return await ordinary(self, *args, timeout=timeout, **kwargs)
        async with asyncio.timeout(timeout.sock_read):
            return await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(client.aiohttp.ClientSession, "post", post)
    return silenced


async def _timed(asking):
    began = time.monotonic()
    async with asyncio.timeout(60):
        page = await asking
    return page, time.monotonic() - began


async def test_a_text_that_could_not_be_sent_is_a_draft_ten_seconds_later_and_the_page_says_why(desks, silent):
    _reporter, path = await a_case(desks)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        form = await reader.go(f"{path}/write")
        silent.set()
        page, took = await _timed(
            reader.send(f"{path}/write", act="note", text="Ring.", seen=form.hidden("seen"), do="preview")
        )
        kept = reader.services.desk.drafts.of(path.rsplit("/", 1)[1], "write")

    assert took < 2 * PATIENCE
    assert f"Inte skickat. {AWAY}" in page.words
    assert "Ring." in page.text
    assert kept["text"] == "Ring."


@pytest.mark.parametrize("path", ["", "/close", "/move"])
async def test_no_page_of_a_case_waits_longer_also_while_everything_is_being_fetched(desks, silent, path):
    _reporter, case = await a_case(desks)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        silent.set()
        reader.services.refresh.begin()
        await asyncio.sleep(0.05)
        page, took = await _timed(reader.go(f"{case}{path}"))

    assert took < 2 * PATIENCE + session.LOCK_PATIENCE_SECONDS
    assert "<h1>" in page.text or AWAY in page.words


@pytest.mark.parametrize("path", ["/members", "/erase", "/settings"])
async def test_no_page_of_the_menu_waits_longer_and_what_was_fetched_is_shown(desks, silent, path):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        silent.set()
        reader.services.refresh.begin()
        await asyncio.sleep(0.05)
        page, took = await _timed(reader.go(path))

    assert took < 2 * PATIENCE + session.LOCK_PATIENCE_SECONDS
    assert "<h1>" in page.text or AWAY in page.words


@contextlib.asynccontextmanager
async def _never(_address, _key):
    await asyncio.get_running_loop().create_future()
    yield None


@contextlib.asynccontextmanager
async def _no_tor(_address, _key):
    raise NotReachable("onion.tor_missing")
    yield None


async def test_without_tor_the_overview_says_so_and_asks_for_nobody(desks):
    async with pages_of(desks, LEAD) as reader:
        reader.services.desk.link = Link(_no_tor)
        page = await reader.unlock()

    assert "Programmet tor finns inte på den här datorn." in page.words
    assert AWAY not in page.words
    assert "två medlemmar" not in page.words


async def test_a_way_that_is_still_being_made_is_named_as_the_cause(desks):
    _reporter, path = await a_case(desks)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        await reader.send("/lock")
    async with pages_of(desks, LEAD) as reader:
        reader.services.desk.link = Link(_never)
        await reader.unlock()
        page, took = await _timed(reader.send(f"{path}/write", act="note", text="Ring.", seen="", do="preview"))

    assert took < 2 * PATIENCE + session.LOCK_PATIENCE_SECONDS
    assert "Inte skickat. Du är inte ansluten till servern än." in page.words
    assert "Ring." in page.text
