"""Who is asked to sign a move says no, with a reason: also one who is new to the case, and one case among many."""

from __future__ import annotations

import re

import pytest
from desks.case_pages import fetched
from desks.harness import running_desks
from desks.moved_pages import COUNSEL, HANDLER, LEAD, NAMES, OTHER, ROLES, ids_of, sent_by, three_read, two_read
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.work import acts
from desk.work.erasing import erase

WHY = "Jag känner den som anmälan gäller."
SAID = f"Jag skriver inte under låsbytet. {WHY}"


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


async def offered_to_counsel(desks, one) -> str:
    """A case of lead and handler; the handler has stepped aside, so the counsel is to sign, who does not read it."""
    name = await two_read(desks)
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await acts.do(book, "recuse", name, "Jäv.")
    await one.unlock()
    await fetched(one)
    lead, counsel = ids_of(desks, LEAD, COUNSEL)
    said = await sent_by(one, name, [lead, counsel], counsel, "En till behövs.")
    assert said.status == 200, said.words
    return name


def rows(page) -> list[str]:
    """What the forms call the moves that can be refused one by one."""
    return re.findall(r'<form[^>]*action="/moves/refuse".*?name="move" value="([^"]*)"', page.text, re.DOTALL)


async def test_who_is_new_to_a_case_refuses_with_a_reason_that_its_readers_see_and_keeps_nothing_of_it(
    desks,
):
    async with pages_of(desks, LEAD) as one, pages_of(desks, COUNSEL) as new:
        name = await offered_to_counsel(desks, one)
        await new.unlock()
        await fetched(new)
        page = await new.go("/moves?sent")
        (mark,) = rows(page)
        silent = await new.send("/moves/refuse", move=mark, reason=" ")
        (again,) = rows(silent)
        said = await new.send("/moves/refuse", move=again, reason=WHY)
        kept = new.services.desk.reading().state.case_list.cases
        overview = await new.go("/")
        late = await new.send("/moves/refuse", move=mark, reason=WHY)
        await fetched(one)
        told = await one.go(f"/case/{name}")
        free = await one.go(f"/case/{name}/note")

    assert "Skriv inte under, därför att …" in page.words
    assert silent.status == 422
    assert "Du har inte sagt varför." in silent.words
    assert "Du har inte skrivit under, och kollegan får läsa varför." in said.words
    assert "Skriv under: nya läsare" not in overview.words
    assert late.status == 422
    assert name not in kept
    assert SAID in told.words
    assert NAMES[COUNSEL] in told.words
    assert free.status == 200


async def test_among_the_cases_of_one_who_leaves_one_is_refused_and_the_rest_is_signed_together(desks):
    first, second = await three_read(desks, "En sak."), await three_read(desks, "Två saker.")
    leaver, other = ids_of(desks, HANDLER, OTHER)

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as two:
        await one.unlock()
        await one.go("/members/leaves")
        chosen = {"leaver": leaver, "signer": other}
        await one.send("/members/leaves", **chosen)
        await one.send("/members/leaves/send", **chosen)
        await two.unlock()
        await fetched(two)
        await two.go("/moves")
        page = await two.go("/moves/all")
        marks = rows(page)
        long = await two.send("/moves/refuse", move=marks[0], reason="x" * 2001)
        said = await two.send("/moves/refuse", move=marks[0], reason=WHY)
        rest = await two.go("/moves/all")
        signed = await two.send("/moves/all", waiting=rows(rest), agreed="yes")
        await fetched(one)
        told = [(await one.go(f"/case/{name}")).words for name in (first, second)]
    await desks.release()
    epochs = [(await desks.opened(LEAD, name)).known.epoch for name in (first, second)]

    assert len(marks) == 2
    assert page.words.count("Skriv inte under, därför att …") == 2
    # No level of headings is left out.
    assert re.findall(r"<h(\d)", page.text) == ["1", "2", "3", "3"]
    assert long.status == 422
    assert "Texten är för lång." in long.words
    assert f">{'x' * 2001}<" in long.text or f'value="{"x" * 2001}"' in long.text
    assert "Ett ärende till väntar på din underskrift." in said.words
    assert rows(rest) == marks[1:]
    assert "Ärendet har fått nytt lås" in signed.words
    assert [SAID in words for words in told] in ([True, False], [False, True])
    assert sorted(epochs) == [1, 2]


async def waits_for(reader) -> tuple[bool, str]:
    """Whether the overview asks this member for the signature of an erasure, and the words of the page that erases."""
    await fetched(reader)
    return "En underskrift väntar: gallring" in (await reader.go("/")).words, (await reader.go("/erase")).words


async def test_each_of_two_who_refuse_an_erasure_is_asked_no_more_until_it_is_signed_again_after_the_case_was_open(
    desks,
):
    name = await three_read(desks)
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "close", name, "Klart.")
    desks.clock.forward(days=31)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as two, pages_of(desks, OTHER) as three:
        for reader in (one, two, three):
            await reader.unlock()
        await signs(one, name)
        for reader in (two, three):
            await fetched(reader)
            await reader.go(f"/case/{name}")
            await reader.send(f"/case/{name}/refuse", reason=WHY)
        refused = [await waits_for(reader) for reader in (two, three)]
        async with three.services.desk.at_work() as book:
            await acts.do(book, "reopen", name, "Mer har kommit.")
            await acts.do(book, "close", name, "Klart.")
        desks.clock.forward(days=31)
        await fetched(one)
        await signs(one, name)
        again = [await waits_for(reader) for reader in (two, three)]

    assert [is_asked for is_asked, _words in refused] == [False, False]
    assert ["Du skrev inte under, därför att" in words for _asked, words in refused] == [True, True]
    assert ["Skriv inte under, därför att …" in words for _asked, words in refused] == [False, False]
    # Who has changed her mind can sign.
    assert ["Skriv under och gallra" in words for _asked, words in refused] == [True, True]
    assert [is_asked for is_asked, _words in again] == [True, True]
    assert ["Skriv inte under, därför att …" in words for _asked, words in again] == [True, True]


async def signs(reader, name: str) -> None:
    async with reader.services.desk.at_work() as book:
        await book.sync()
        assert await erase(book, name, "LK 1") == "kept"
