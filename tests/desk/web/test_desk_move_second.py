"""The way of the second member to a move that waits for her, and what she sees of it before she signs."""

from __future__ import annotations

import re

import pytest
from desks.case_pages import fetched
from desks.harness import running_desks
from desks.moved_pages import HANDLER, LEAD, OTHER, ROLES, ids_of, send_file, sent_by, three_read, two_read
from desks.pages import Seen, pages_of
from visitors.intake_harness import make_home


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


def ways_to(page: Seen, button: str) -> list[str]:
    return re.findall(rf'href="([^"]*)">{button}</a>', page.text)


async def test_with_one_move_waiting_its_row_and_its_case_lead_to_it_and_with_two_to_both(desks):
    names = [await two_read(desks), await two_read(desks, "En sak till.")]
    readers = ids_of(desks, LEAD, HANDLER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await sent_by(one, names[0], readers, readers[1])
        await other.unlock()
        await fetched(other)
        ways = [ways_to(await other.go(path), "Titta på det") for path in ("/", f"/case/{names[0]}")]
        looked = await other.go(ways[0][0])
        file = await other.go("/moves")
        await sent_by(one, names[1], readers, readers[1])
        both = await other.go(ways[0][0])
        done = await send_file(other, b"", offer=looked.hidden("offer"), agreed="yes")

    assert len(ways[0]) == 1
    assert set(ways[1]) == set(ways[0])
    assert "Läser från och med nu Person 1 (sammankallande), Person 2 (handläggare)" in looked.words
    # A file is taken where it was.
    assert "Du har fått en fil" in file.words
    assert "2 ärenden väntar på din underskrift." in both.words
    assert "Ärendet har fått nytt lås" in done.words


async def test_both_see_who_of_those_left_out_has_stepped_aside(desks):
    name = await three_read(desks)
    readers = ids_of(desks, LEAD, OTHER)
    await desks.step_aside(HANDLER, name)

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as other:
        await one.unlock()
        await one.go(f"/case/{name}/move")
        first = await one.send(f"/case/{name}/move", reader=readers, signer=readers[1], reason="")
        await one.send(f"/case/{name}/move/send", reader=readers, signer=readers[1], reason="")
        await other.unlock()
        second = await other.go("/moves?sent")

    for page in (first, second):
        assert "Läser inte längre Person 2 (handläggare, har lämnat ärendet)" in page.words


async def test_the_page_of_new_readers_has_one_name_wherever_it_is_named(desks):
    name = await two_read(desks)

    async with pages_of(desks, LEAD) as one:
        await one.unlock()
        case, page, change = [await one.go(path) for path in (f"/case/{name}", f"/case/{name}/move", "/members/change")]

    (called,) = ways_named(case, f"/case/{name}/move")
    assert f"<h1>{called}</h1>" in page.text
    assert f"välj {called} och ange" in change.words


def ways_named(page: Seen, path: str) -> list[str]:
    return re.findall(rf'href="{path}">([^<]*)</a>', page.text)
