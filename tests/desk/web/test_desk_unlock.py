"""Unlock and lock: the passphrase, fifteen idle minutes, and what was typed meanwhile."""

from __future__ import annotations

import asyncio
import errno

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import pages_of
from desks.writing import at_case
from visitors.intake_harness import make_home

from desk.keep import files

LEAD = 0


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def test_the_right_passphrase_opens_the_overview_and_shows_the_case(desks):
    await desks.file("Chefen anställde sin systerson.")
    await desks.release()

    async with pages_of(desks, LEAD) as reader:
        locked = await reader.open()
        page = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert "Lås upp" in locked.words
    assert "Chefen" not in locked.words
    assert "Chefen anställde sin systerson." in page.words


async def test_a_wrong_passphrase_says_so_in_two_sentences_and_opens_nothing(desks):
    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock("fel lösenfras")

        assert page.status == 422
        assert "Lösenfrasen stämmer inte." in page.words
        assert not reader.services.desk.is_unlocked


async def test_every_page_but_the_lock_goes_there_while_the_desk_is_locked(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.open()
        for path in ("/", "/erase", "/settings"):
            page = await reader.go(path)
            assert reader.at == "/unlock"
            assert "Lösenfras" in page.words


async def test_lock_lets_go_of_the_cases_and_of_the_home(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.send("/lock")
        locked = not reader.services.desk.is_unlocked
        # The command line has the home again.
        async with desks.desk(LEAD) as book:
            await book.sync()

    assert locked


async def test_after_idle_minutes_it_locks_itself_and_a_page_that_is_used_does_not(desks):
    seconds = 0.0
    async with pages_of(desks, LEAD, idle=0.6) as reader:
        reader.services.desk.now = lambda: (seconds, seconds)
        idling = asyncio.create_task(reader.services.desk.lock_when_idle())
        await reader.unlock()
        for _ in range(4):
            seconds += 0.4
            await asyncio.sleep(0.1)
            await reader.go("/")
        used = reader.services.desk.is_unlocked
        seconds += 0.6
        async with asyncio.timeout(20):
            while reader.services.desk.is_unlocked:
                await asyncio.sleep(0.02)
        idling.cancel()

    assert used


async def test_a_full_disk_keeps_the_desk_neither_open_nor_unwatched(desks, monkeypatch):
    def full(*_what):
        raise OSError(errno.ENOSPC, "")

    async with pages_of(desks, LEAD, idle=0.5) as reader:
        idling = asyncio.create_task(reader.services.desk.lock_when_idle())
        await reader.unlock()
        with monkeypatch.context() as disk:
            disk.setattr(files, "write_new", full)
            await asyncio.sleep(1)
            first = reader.services.desk.is_unlocked
        await reader.send("/unlock", passphrase=PASSPHRASE)
        again = reader.services.desk.is_unlocked
        await asyncio.sleep(1)
        at_last = reader.services.desk.is_unlocked
        watched = not idling.done()
        idling.cancel()

    assert (first, again, at_last, watched) == (False, True, False, True)


async def test_a_form_that_meets_the_lock_is_held_until_the_desk_is_unlocked(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.services.desk.lock()
        page = await reader.send("/somewhere", text="Det jag hann skriva")
        held = reader.services.desk.take_held("/somewhere")

    assert reader.at == "/unlock"
    assert "Det du skrev finns kvar" in page.words
    assert held.one("text") == "Det jag hann skriva"


KEPT, GONE = "Det du skrev finns kvar.", "Om du skrev något före låsningen följde det inte med."


async def test_after_the_lock_the_first_page_says_whether_what_was_typed_is_there(desks):
    seen = []
    async with pages_of(desks, LEAD) as reader:
        _, name = await at_case(desks, reader)
        form = f"/case/{name}/note"
        # Sent to be held; left without; nothing was written.
        for before, sends in ((form, True), (form, False), (f"/case/{name}", False)):
            await reader.go(before)
            await reader.services.desk.lock()
            if sends:
                await reader.send(f"{form}?lock", text="Det jag hann skriva")
            await reader.go("/unlock")
            seen.append((await reader.send("/unlock", passphrase=PASSPHRASE), reader.at))
        later = await reader.go("/")

    (kept, at), (gone, _), (nothing, _) = seen
    assert at == form
    assert KEPT in kept.words
    assert "Det jag hann skriva" in kept.text
    assert GONE in gone.words
    assert KEPT not in gone.words
    for page in (nothing, later):
        assert KEPT not in page.words
        assert GONE not in page.words


async def test_while_a_command_has_the_home_the_page_says_so(desks):
    async with pages_of(desks, LEAD) as reader, desks.desk(LEAD):
        page = await reader.unlock()

    assert page.status == 422
    assert "samma nyckel" in page.words
