"""Who has a case: taken, handed on, covered for while somebody is away; and whether anybody can come to harm."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desks.case_pages import fetched
from desks.harness import running_desks
from desks.moved_pages import HANDLER, LEAD, OTHER, ROLES, ids_of, three_read
from desks.pages import pages_of
from visitors.intake_harness import make_home

from desk.work.case.claims import Claim, claim_of, claims_of, text_of
from trusted.case.clock import today
from trusted.case.entry import Note, Stream

TEXT = "Chefen anställde sin systerson"
OLDER = "Provsvar ändras"


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


def rows_of(page) -> list[str]:
    found = re.search(r'<ol class="todo">(.*?)</ol>', page.text, re.DOTALL)
    rows = re.findall(r"<li class=.*?</li>", found[1], re.DOTALL) if found else []
    return [" ".join(re.sub(r"<[^>]*>", " ", one).split()) for one in rows]


async def test_what_one_takes_on_the_list_the_others_see_and_have_below_their_own(desks):
    first = await three_read(desks, OLDER)
    second = await three_read(desks, TEXT)

    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await other.unlock()
        before = rows_of(await other.go("/"))
        overview = await one.send(f"/case/{first}/has", who="me")
        await fetched(other)
        after = rows_of(await other.go("/"))
        case = await other.go(f"/case/{first}")
        mine = rows_of(await one.go("/"))

    assert OLDER in before[0]
    assert "Jag tar det" in before[0]
    # What taking it means is said once, where it is first offered: nothing waits for it.
    means = "Du kan göra det här utan att ta ärendet. Den som tar det håller i det, och de andra ser vem."
    assert [means in row for row in before].count(True) == 1
    assert means in before[0]
    assert one.at == f"/case/{second}" or "Att göra i dag" in overview.words
    assert "Du har det." in mine[0]
    assert "Jag tar det" not in mine[0]
    # What somebody else has comes after what nobody has.
    assert TEXT in after[0]
    kinds = ("bekräfta anmälan", "Kan någon råka illa ut?")
    ranked = [next(row for row in after if kind in row and OLDER in row) for kind in kinds]
    assert all("Person 1 har det." in row for row in ranked)
    assert [OLDER in row for row in after[:4]] == [False, True, False, True]
    assert "Person 1 har det." in case.words
    assert "Person 1: tar ärendet" in case.words
    # That a colleague has taken it is no news.
    assert "Ny från Person 1" not in case.words


async def test_it_is_handed_on_to_a_reader_and_a_colleague_covers_until_a_day(desks):
    first = await three_read(desks, OLDER)
    second = await three_read(desks, TEXT)
    handler = ids_of(desks, HANDLER)[0]
    until = today(desks.clock) + timedelta(days=7)

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as third:
        await one.unlock()
        await third.unlock()
        for name in (first, second):
            await one.go(f"/case/{name}/has")
            handed = await one.send(f"/case/{name}/has", who=handler, here="1")
        await one.go(f"/case/{first}/has")
        nobody = await one.send(f"/case/{first}/has", who="0" * 32, here="1")
        await fetched(third)
        form = await third.go(f"/case/{first}/has")
        await third.send(f"/case/{first}/has", who="cover", holder=handler, until=until.isoformat())
        covered = rows_of(await third.go("/"))
        desks.clock.forward(days=8)
        later = rows_of(await third.go("/"))

    assert "Sparat." in handed.words
    assert "lämnar över ärendet till Person 2" in handed.words
    assert nobody.status == 422
    assert "Ingen är vald." in nobody.words
    assert "Är Person 2 borta?" in form.words
    # In all that the colleague has: two rows of each case.
    assert sum("Du täcker för Person 2 till och med" in row for row in covered) == 4
    assert any("Person 2 har det." in row for row in later)
    assert not any("täcker" in row for row in later)


async def test_who_has_stepped_aside_has_no_case_and_her_claims_count_for_nothing(desks):
    name = await three_read(desks)
    lead, handler = ids_of(desks, LEAD, HANDLER)
    await desks.act(LEAD, "note", name, text_of(Claim("has", handler)))
    before = claims_of(await desks.opened(LEAD, name)).holder
    await desks.step_aside(HANDLER, name)
    after = claims_of(await desks.opened(LEAD, name)).holder
    await desks.act(HANDLER, "note", name, text_of(Claim("has", lead)))

    assert (before, after) == (handler, "")
    assert claims_of(await desks.opened(LEAD, name)).holder == ""


async def test_harm_is_asked_about_from_the_first_day_and_on_the_day_that_the_answer_names(desks):
    name = await three_read(desks, TEXT)
    until = today(desks.clock) + timedelta(days=30)

    async with pages_of(desks, LEAD) as reader, pages_of(desks, HANDLER) as other:
        await reader.unlock()
        await fetched(reader)
        asked = rows_of(await reader.go("/"))
        form = await reader.go(f"/case/{name}/harm")
        empty = await reader.send(f"/case/{name}/harm", text="Vi ringer.", until=until.isoformat())
        fields = {"risk": ["reporter", "accused"], "text": "Vi ringer facket.", "until": until.isoformat()}
        answered = await reader.send(f"/case/{name}/harm", **fields)
        then = rows_of(await reader.go("/"))
        await other.unlock()
        for_all = rows_of(await other.go("/"))
        desks.clock.forward(days=30)
        again = rows_of(await reader.go("/"))
        await reader.go(f"/case/{name}/harm")
        await reader.send(f"/case/{name}/harm", risk="none", until="")
        done = rows_of(await reader.go("/"))

    question = "Kan någon råka illa ut?"
    assert [any(question in row for row in rows) for rows in (asked, then, for_all)] == [True, False, False]
    # What the law asks stands before it.
    assert "bekräfta" in asked[0]
    for explained in ("Tänk på det från första dagen", "Ett svar räcker för gruppen", "Anmälaren gör det inte"):
        assert explained in form.words
    assert empty.status == 422
    assert ">\nVi ringer.</textarea>" in empty.text
    assert "Anmälaren kan straffas eller bli röjd." in answered.words
    assert "Vi ringer facket." in answered.words
    assert "kallskydd-claim" not in answered.text
    assert any("Titta igen: kan någon råka illa ut?" in row for row in again)
    assert not any("råka illa ut" in row for row in done)


@pytest.mark.parametrize(
    "text",
    [
        "kallskydd-claim-1 ",
        "kallskydd-claim-1 {}",
        'kallskydd-claim-1 {"kind":"has","member":"zz"}',
        'kallskydd-claim-1 {"kind":"has","more":1}',
        "Vi tar det i morgon.",
    ],
)
def test_a_note_that_is_no_claim_claims_nothing(text):
    assert claim_of(Note(text)) is None


async def test_a_claim_stands_in_the_stream_of_the_notes(desks):
    name = await three_read(desks)
    case = await desks.act(LEAD, "note", name, text_of(Claim("has", ids_of(desks, LEAD)[0])))

    assert [type(entry.body) for entry in case.streams[Stream.NOTES]] == [Note]
