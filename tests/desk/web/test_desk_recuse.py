"""Stepping aside at the pages: said before it is done, done once, and what is left to do for everybody."""

from __future__ import annotations

import re

import pytest
from desks.case_pages import fetched
from desks.harness import RunningDesks, running_desks
from desks.moved_pages import HANDLER, LEAD, OTHER, ROLES, offered, signed, three_read, two_read, unreached
from desks.pages import pages_of
from desks.writing import send, write
from visitors.intake_harness import make_home

from desk.errors import NotNow
from desk.web.views.case.moving import needs_relock, stands_on_overview
from desk.work import acts
from desk.work.case.opened import DeskCase
from trusted.case.entry import Note, Recusal, Stream

WELL_FILLED = {"reason": "close", "text": "Vi är <kusiner>.", "understood": "yes", "warned": ""}


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        yield desks


async def opened(desks: RunningDesks, number: int, name: str) -> DeskCase:
    async with desks.desk(number) as book:
        await book.sync()
        return await book.open(book.state.find(name))


async def test_who_steps_aside_says_why_and_the_others_see_it_and_the_reporter_does_not(desks):
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        form = await reader.go(f"/case/{name}/recuse")
        done = await reader.send(f"/case/{name}/recuse", **WELL_FILLED)
        again = await reader.go(f"/case/{name}/recuse")

    case = await opened(desks, LEAD, name)
    seen = await desks.reporter_sees(reporter)
    async with pages_of(desks, LEAD) as reader_of_it:
        await reader_of_it.unlock()
        colleague = await reader_of_it.go(f"/case/{name}")
    # The name stands once.
    assert "Person 2: jävsanmälan" in colleague.words
    assert "Något annat, till exempel vänskap eller ovänskap" in form.words
    assert "Jävsanmälan" in form.words
    assert "Person 1 och Person 4 ser att du har lämnat" in form.words
    assert 'class="box warn"' not in form.text
    assert "Ärendet försvinner genast från din översikt" in form.words
    assert "Tack. Du har lämnat ärendet" in done.words
    assert "Nu byter de lås på ärendet." in done.words
    assert reader.at == f"/case/{name}/recused"
    assert again.status == 200
    reason = "En närstående (familj, släkt) är berörd.\n\nVi är <kusiner>."
    assert [entry.body for entry in case.streams[Stream.NOTES]] == [Recusal(desks.made.keys[HANDLER].id, reason)]
    assert seen == []


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("reason", "Du har inte sagt varför."), ("understood", "Du har inte kryssat för den sista rutan.")],
)
async def test_without_a_reason_or_the_tick_nothing_is_done_and_what_was_typed_is_kept(desks, missing, sentence):
    name = await three_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        await reader.go(f"/case/{name}/recuse")
        page = await reader.send(
            f"/case/{name}/recuse", **{field: value for field, value in WELL_FILLED.items() if field != missing}
        )

    case = await opened(desks, HANDLER, name)
    assert page.status == 422
    assert sentence in page.words
    assert 'role="alert"' in page.text
    assert "Vi är &lt;kusiner&gt;." in page.text
    assert not case.streams.get(Stream.NOTES)


async def test_of_two_who_read_the_first_and_the_last_are_warned_before_it_is_done(desks):
    name = await two_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        few = await reader.go(f"/case/{name}/recuse")
        done = await reader.send(f"/case/{name}/recuse", **WELL_FILLED | {"warned": few.hidden("warned")})
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        last = await reader.go(f"/case/{name}/recuse")

    assert "för få kvar som kan skriva under" in few.words
    # What the page says of the overview is what the overview does.
    for page in (few, last):
        assert "Ärendet står kvar på din översikt" in page.words
        assert "Ärendet försvinner genast" not in page.words
    assert "Du kan behöva skriva under en gång till" in done.words
    assert "Ring Person 1, så att det blir gjort snart" in done.words
    assert "Nu byter de lås på ärendet" not in done.words
    assert "Du är den sista som kan arbeta med ärendet." in last.words
    assert "Lägg till en annan läsare först" in last.words


async def test_who_has_left_is_told_so_first_and_is_offered_nothing_but_her_signature_and_notes(desks):
    name = await two_read(desks)
    await desks.step_aside(HANDLER, name)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        page = await reader.go(f"/case/{name}")

    assert page.words.index("Du har lämnat ärendet.") < page.words.index("Det som har skrivits")
    # Nothing invites her to read on.
    assert "En ny anmälan" not in page.words
    assert "Läs det nya" not in page.words
    offered_acts = "".join(re.findall(r'<ul class="do">(.*?)</ul>', page.text, re.DOTALL))
    assert re.findall(r'href="([^"]*)"', offered_acts) == [f"/case/{name}/note", "/moves"]


async def test_what_became_so_after_the_form_was_shown_is_said_before_it_is_done(desks):
    name = await three_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        before = await reader.go(f"/case/{name}/recuse")
        await desks.step_aside(LEAD, name)
        refused = await reader.send(f"/case/{name}/recuse", **WELL_FILLED | {"warned": before.hidden("warned")})
        done = await reader.send(f"/case/{name}/recuse", **WELL_FILLED | {"warned": refused.hidden("warned")})

    assert before.hidden("warned") == ""
    assert refused.status == 422
    assert "för få kvar som kan skriva under" in refused.words
    assert "Tack. Du har lämnat ärendet" in done.words


async def test_a_form_that_is_sent_twice_counts_once(desks):
    name = await three_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        await reader.go(f"/case/{name}/recuse")
        form = reader.page
        await reader.send(f"/case/{name}/recuse", **WELL_FILLED)
        reader.page = form
        again = await reader.send(f"/case/{name}/recuse", **WELL_FILLED)

    case = await opened(desks, LEAD, name)
    assert again.status == 422
    assert "redan" in again.words or "en gång" in again.words
    assert len(case.streams[Stream.NOTES]) == 1


async def test_the_overview_forgets_the_case_unless_the_signature_is_needed_and_the_others_are_told_to_lock(desks):
    of_three, of_two = await three_read(desks), await two_read(desks)
    for name in (of_three, of_two):
        await desks.step_aside(HANDLER, name)

    left = {name: await opened(desks, HANDLER, name) for name in (of_three, of_two)}
    others = {name: await opened(desks, LEAD, name) for name in (of_three, of_two)}

    assert {name: stands_on_overview(case) for name, case in left.items()} == {of_three: False, of_two: True}
    assert all(stands_on_overview(case) for case in others.values())
    assert {needs_relock(case) for case in others.values()} == {("Person 2",)}
    assert {needs_relock(case) for case in left.values()} == {()}


async def test_the_others_have_it_among_what_to_do_until_they_have_locked_the_case(desks):
    name = await three_read(desks)
    await desks.step_aside(HANDLER, name)
    readers = [desks.made.keys[number].id for number in (LEAD, OTHER)]

    async with pages_of(desks, LEAD) as one, pages_of(desks, OTHER) as other, pages_of(desks, HANDLER) as left:
        await one.unlock()
        await fetched(one)
        unanswered = await one.go("/")
        case = await one.go(f"/case/{name}")
        preview = await write(one, name, act="acknowledge", text="Tack.")
        sent = await send(one, name, preview)
        answered = await one.go(f"/case/{name}")
        pages = []
        await other.unlock()
        await left.unlock()
        for reader in (one, other, left):
            await fetched(reader)
            pages.append(await reader.go("/"))
        await signed(other, await offered(one, name, readers, readers[1]))
        await desks.release()
        await fetched(one)
        after = await one.go("/")
        relocked = await one.go(f"/case/{name}")

    # While a move waits nobody can write: the acknowledgement comes first.
    assert f"/case/{name}/move" not in unanswered.text
    assert "bekräfta anmälan, byt sedan lås" in unanswered.words
    still = "Person 2 har lämnat ärendet och har fortfarande nyckeln."
    assert still in unanswered.words
    assert f"{still} Skicka bekräftelsen först" in case.words
    relock = f'<a class="button{{}}" href="/case/{name}/move">Byt lås</a>'
    assert f'<a class="button main" href="/case/{name}/write?act=acknowledge">' in case.text
    assert relock.format("") in case.text
    for page in (sent, answered):
        assert still in page.words
        assert relock.format(" main") in page.text
    assert "Skickat" in sent.words
    assert [f"/case/{name}/move" in page.text for page in pages] == [True, True, False]
    assert "Byt lås på ärendet: Person 2 har lämnat" in pages[0].words
    assert "En sak." not in pages[2].words
    assert "En sak." in after.words
    assert "Byt lås på ärendet" not in after.words
    assert "nyckeln" not in relocked.words


async def test_who_has_stepped_aside_takes_no_transition_and_may_note(desks):
    name = await three_read(desks)
    await desks.step_aside(HANDLER, name)
    refused = []

    async with desks.desk(HANDLER) as book:
        await book.sync()
        for act in ("reply", "acknowledge", "ask", "assess", "close", "hold"):
            with pytest.raises(NotNow):
                await acts.do(book, act, name, "Hej.")
            refused.append(act)
        await acts.do(book, "note", name, "Lycka till.")
        case = await book.open(book.state.find(name))
    async with desks.desk(LEAD) as book:
        await book.sync()
        for act in refused:
            await acts.do(book, act, name, "Hej.")

    assert not case.streams.get(Stream.MEMBERS)
    assert case.streams[Stream.NOTES][-1].body == Note("Lycka till.")


async def test_a_case_that_the_reporter_keeps_from_her_has_no_page_for_stepping_aside_either(desks):
    name = await two_read(desks)

    async with pages_of(desks, OTHER) as reader:
        await reader.unlock()
        pages = [await reader.go(f"/case/{one}/{page}") for page in ("recuse", "move") for one in (name, "0" * 32)]

    assert len({(page.status, page.words) for page in pages}) == 1
    assert "Du kan inte öppna sidan." in pages[0].words


async def test_when_the_server_does_not_answer_nobody_has_left_and_what_was_typed_comes_again(desks, monkeypatch):
    name = await three_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        await reader.go(f"/case/{name}/recuse")
        with monkeypatch.context() as away:
            async with reader.services.desk.at_work() as book:
                away.setattr(book.client, "ask", unreached)
            sent = await reader.send(f"/case/{name}/recuse", **WELL_FILLED)
        kept = await reader.go(f"/case/{name}/recuse")

    assert "Servern svarar inte." in sent.words
    assert any("Vi är &lt;kusiner&gt;." in page.text for page in (sent, kept))


async def test_a_report_is_left_from_the_overview_without_being_read(desks):
    name = await three_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        await fetched(reader)
        overview = await reader.go("/")
        form = await reader.go(f"/case/{name}/recuse")
        await reader.go(f"/case/{name}")
        after = await reader.go("/")
        later = await reader.go(f"/case/{name}/recuse")
        quiet = await three_read(desks, "En annan sak.")
        await desks.act(LEAD, "close", quiet, "Vi har utrett det.")
        await fetched(reader)
        closed = await reader.go("/")

    link = f'<a class="alone" href="/case/{name}/recuse">Jävig? Lämna ärendet utan att läsa det</a>'
    todo, cases = overview.text.split('<ul class="cases">')
    # Once for each case: where something is to be done, or else in the list.
    assert link in todo
    assert link not in cases
    assert f'<a class="alone" href="/case/{quiet}/recuse">' in closed.text.split('<ul class="cases">')[1]
    # Nor does the form lead to the report.
    assert f'href="/case/{name}"' not in form.text
    assert form.text.count('href="/"') > later.text.count('href="/"')
    assert link not in after.text
    assert f'href="/case/{name}"' in later.text


async def test_of_an_unread_report_the_question_stands_alone_in_the_window(desks):
    name = await three_read(desks)

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        first = await reader.go(f"/case/{name}")
        again = await reader.go(f"/case/{name}")
        style = reader.services.pages.style.decode()

    alone = re.search(r'<div class="before-reading no-print">(.*?)</div>\s*</div>', first.text, re.DOTALL)
    assert "Läs då inte vidare" in alone[1]
    assert first.text.index(alone[0]) < first.text.index('class="talk"')
    assert ".before-reading { min-block-size: 100vh; }" in style
    assert "before-reading" not in again.text
