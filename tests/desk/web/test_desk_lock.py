"""The lock against who would keep it open: a server that does not answer, and a form that is under way."""

from __future__ import annotations

import asyncio
import time

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.server import client
from desk.web.session import desk as session

LEAD = 0


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


@pytest.fixture
def silent(monkeypatch):
    """A server that takes questions and never answers, once `silent.set()`."""
    begun = asyncio.Event()
    silenced = asyncio.Event()
    ordinary = client.aiohttp.ClientSession.post

    async def post(self, *args, **kwargs):
        if not silenced.is_set():
            return await ordinary(self, *args, **kwargs)
        begun.set()
        return await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(client.aiohttp.ClientSession, "post", post)
    silenced.begun = begun
    return silenced


async def _unlocked_with_a_case(desks, reader):
    await desks.file("Chefen anställde sin systerson.")
    await desks.release()
    first = await reader.unlock()
    assert first.status == 200, first.words
    await reader.services.refresh.wait()
    async with reader.services.desk.at_work() as book:
        (name,) = book.state.case_list.cases
    await reader.go(f"/case/{name}")
    return name


async def test_a_server_that_never_answers_cannot_keep_the_desk_open(desks, silent):
    async with pages_of(desks, LEAD) as reader:
        name = await _unlocked_with_a_case(desks, reader)
        await reader.go(f"/case/{name}/note")
        silent.set()
        sending = asyncio.create_task(reader.send(f"/case/{name}/note", text="Ring kommunjuristen."))
        await asyncio.wait_for(silent.begun.wait(), 10)

        began = time.monotonic()
        async with asyncio.timeout(60):
            await reader.services.desk.lock()
        took = time.monotonic() - began
        page = await asyncio.wait_for(sending, 10)
        held = reader.services.desk.take_held(f"/case/{name}/note")

    assert took < 2 * session.LOCK_PATIENCE_SECONDS
    # Nothing of the case is shown by the page that was under way, and nothing typed is lost.
    assert "Lösenfras" in page.words
    assert "systerson" not in page.text
    assert held.one("text") == "Ring kommunjuristen."


async def test_no_page_shows_a_case_while_the_lock_waits_for_another(desks, silent):
    async with pages_of(desks, LEAD) as reader:
        name = await _unlocked_with_a_case(desks, reader)
        await reader.go(f"/case/{name}/note")
        silent.set()
        sending = asyncio.create_task(reader.send(f"/case/{name}/note", text="Ring."))
        await asyncio.wait_for(silent.begun.wait(), 10)
        locking = asyncio.create_task(reader.services.desk.lock())
        await asyncio.sleep(0)
        page = await reader.go("/")
        locked = not reader.services.desk.is_unlocked
        await locking
        await sending

    assert locked
    assert "systerson" not in page.text


async def test_idle_minutes_lock_it_also_while_a_server_keeps_a_page_waiting(desks, silent):
    async with pages_of(desks, LEAD) as reader:
        await _unlocked_with_a_case(desks, reader)
        silent.set()
        asking = asyncio.create_task(reader.go("/members"))
        await asyncio.wait_for(silent.begun.wait(), 10)
        reader.services.desk.idle_seconds = 0.5
        idling = asyncio.create_task(reader.services.desk.lock_when_idle())
        async with asyncio.timeout(30):
            while reader.services.desk.is_unlocked:
                await asyncio.sleep(0.05)
            # The home is free for the command line.
            await asking
            async with desks.desk(LEAD):
                pass
        idling.cancel()


async def test_an_answer_that_drips_is_given_up(desks, monkeypatch):
    monkeypatch.setattr(client, "READ_SECONDS", 0.5)

    async def drips(_self):
        while True:
            yield b" "
            await asyncio.sleep(0.05)

    async with pages_of(desks, LEAD) as reader:
        await _unlocked_with_a_case(desks, reader)
        monkeypatch.setattr(client.aiohttp.StreamReader, "iter_any", drips)
        async with asyncio.timeout(20):
            page = await reader.go("/members")

    assert page.status in {200, 422}


async def test_a_press_without_words_that_meets_the_lock_leads_to_the_overview(desks):
    async with pages_of(desks, LEAD) as reader:
        await _unlocked_with_a_case(desks, reader)
        await reader.go("/")
        await reader.services.desk.lock()
        await reader.send("/fetch")
        page = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert page.status == 200
    assert reader.at == "/"
