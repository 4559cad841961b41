"""Who leaves a page with text in it keeps the text: a draft, for a note as for a message, until it is sent or cancelled."""

from __future__ import annotations

import html
import re

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.pages import pages_of
from desks.writing import at_case
from visitors.intake_harness import make_home

LEAD = 0
TEXT = "Ring Anna på måndag.\nFråga om fakturan."
# Pages of a case in which somebody writes, and the field.
PAGES = [
    ("note", "text"),
    ("meet", "text"),
    ("hold", "text"),
    ("harm", "text"),
    ("link", "words"),
    ("write", "text"),
    ("close", "note"),
]


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


def field(seen, name: str) -> str:
    """What stands in a field for text."""
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', seen.text, re.DOTALL)
    assert found
    return html.unescape(found[1]).strip()


def going_away(seen) -> set[str]:
    """Where the buttons lead that take the text along; nothing stands for the case itself."""
    buttons = re.findall(
        r'<button (?:class="alone" )?form="typed" formaction="[^"]*\?away" formnovalidate([^>]*)>', seen.text
    )
    return {found[1] if (found := re.search('value="([^"]*)"', button)) else "" for button in buttons}


@pytest.mark.parametrize(("page", "name"), PAGES)
async def test_what_was_typed_is_a_draft_that_the_case_names_and_the_page_shows(desks, page, name):
    async with pages_of(desks, LEAD) as reader:
        _, case = await at_case(desks, reader)
        await reader.go(f"/case/{case}/{page}")
        left = await reader.send(f"/case/{case}/{page}?away", **{name: TEXT})
        reader_at = reader.at
        again = await reader.go(f"/case/{case}/{page}")
        drafts = reader.services.desk.drafts.pages(case)

    assert reader_at == f"/case/{case}"
    assert "Du har börjat skriva." in left.words
    assert re.search(rf'<a class="button" href="/case/{case}/{page}">', left.text)
    assert field(again, name) == TEXT
    assert drafts == (page,)


@pytest.mark.parametrize(("page", "_name"), PAGES)
async def test_no_link_of_such_a_page_leaves_the_text_behind(desks, page, _name):
    async with pages_of(desks, LEAD) as reader:
        _, case = await at_case(desks, reader)
        seen = await reader.go(f"/case/{case}/{page}")
        links = set(re.findall(r'<a (?![^>]*target="handbok")[^>]*href="([^"]*)"', seen.text))

    # To acknowledge comes first: nothing is typed on the page that says so.
    assert links <= {"#main", f"/case/{case}/write?act=acknowledge"}
    assert {"", "/", "/members", "/settings"} <= going_away(seen)


async def test_a_page_of_the_menu_is_reached_and_no_other_address(desks):
    async with pages_of(desks, LEAD) as reader:
        _, case = await at_case(desks, reader)
        await reader.go(f"/case/{case}/note")
        await reader.send(f"/case/{case}/note?away", text=TEXT, to="/members")
        menu = reader.at
        await reader.send(f"/case/{case}/note?away", text=TEXT, to="https://example.org/")
        other = reader.at

    assert (menu, other) == ("/members", f"/case/{case}")


async def test_a_draft_goes_when_the_note_is_kept_when_it_is_cancelled_and_when_it_is_emptied(desks):
    async with pages_of(desks, LEAD) as reader:
        _, case = await at_case(desks, reader)
        path, drafts = f"/case/{case}/note", reader.services.desk.drafts
        left = []
        for fields, query in (({"text": TEXT}, ""), ({"text": TEXT, "cancel": "1"}, "?away"), ({"text": " "}, "?away")):
            await reader.go(path)
            await reader.send(f"{path}?away", text=TEXT)
            before = drafts.pages(case)
            await reader.go(path)
            await reader.send(path + query, **fields)
            left.append((before, drafts.pages(case)))
        fresh = await reader.go(path)

    assert left == [(("note",), ())] * 3
    assert field(fresh, "text") == ""


async def test_of_a_case_that_this_desk_does_not_know_nothing_is_kept(desks):
    async with pages_of(desks, LEAD) as reader:
        _, case = await at_case(desks, reader)
        other = "0" * 32
        await reader.go(f"/case/{case}/note")
        seen = await reader.send(f"/case/{other}/note?away", text=TEXT)

        drafted = reader.services.desk.drafts.cases

    assert seen.status == 422
    assert drafted == frozenset()


async def test_a_text_that_meets_the_lock_on_its_way_comes_back(desks):
    async with pages_of(desks, LEAD) as reader:
        _, case = await at_case(desks, reader)
        await reader.go(f"/case/{case}/note")
        await reader.services.desk.lock()
        await reader.send(f"/case/{case}/note?away", text=TEXT)
        back = await reader.send("/unlock", passphrase=PASSPHRASE)

    assert field(back, "text") == TEXT


async def test_the_notes_of_a_call_wait_in_memory_and_on_no_disk_until_the_member_comes_back(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/oral")
        call = {"call": "one-call", "concerns": "nobody"}
        await reader.send("/oral", **call)
        await reader.send("/oral/code?away", **call, text=TEXT, to="/settings")
        away = reader.at
        again = await reader.go("/oral")
        back = await reader.go("/oral/code")
        on_disk = [file.read_bytes() for file in desks.home(LEAD).folder.rglob("*") if file.is_file()]
        drafts = reader.services.desk.drafts.cases
        words = await reader.send("/oral/code", **call, text=TEXT, language="sv", read="yes")
        overview = await reader.go("/")

    assert away == "/settings"
    assert "Du har ett samtal som inte är färdigt. Fortsätt där du var" in again.words
    assert field(back, "text") == TEXT
    assert drafts == frozenset()
    assert not any(b"Ring Anna" in content for content in on_disk)
    assert 'class="words"' in words.text
    assert "Den muntliga anmälan är mottagen och sparad." in overview.words
