"""The overview: what to do today, the cases by their next day, a search on this computer, and a fetching beside it."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import msgspec
import pytest
from desks.case_pages import fetched
from desks.harness import lie, running_desks
from desks.moved_cases import HANDLER, LEAD
from desks.moved_pages import ROLES, ids_of, sent_by, two_read
from desks.pages import TO_A_PAGE, pages_of
from visitors.intake_harness import make_home

from cases.roster.chain import add_signature, parse_roster, propose, render, sign_roster
from cases.wire.messages import RosterAnswer
from desk.keep.audits import AuditPin
from desk.keep.preferences import Preferences, keep_preferences
from desk.web.session import refresh
from desk.web.session.desk import Locked
from desk.web.views.case_line import case_number
from desk.web.views.pages import Pages
from desk.work import acts
from desk.work.erasing import erase
from desk.work.membership import introduction_of
from trusted.case.clock import STOCKHOLM, add_months, today
from trusted.case.entry import Message

TEXT = "Chefen anställde sin systerson."
OTHER = "Provsvar från vattenverket ändras."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def do(desks, number, act, name, text="Text.", **more):
    async with desks.desk(number) as book:
        await book.sync()
        return await acts.do(book, act, name, text, **more)


COPY = "Spara en reservkopia av din nyckel"


def todo_of(page) -> list[str]:
    """The headings of what is to be done in cases, in their order."""
    found = re.search(r'<ol class="todo">(.*?)</ol>', page.text, re.DOTALL)
    heads = re.findall(r"<h2>(.*?)</h2>", found[1]) if found else []
    return [head for head in heads if head != COPY]


def buttons_of(page) -> list[tuple[str, str]]:
    found = re.search(r'<ol class="todo">(.*?)</ol>', page.text, re.DOTALL)
    found_buttons = re.findall(r'<a class="button[^>]*href="([^"]*)">(.*?)</a>', found[1]) if found else []
    return [one for one in found_buttons if one[0] != "/settings"]


async def test_a_copy_of_the_key_is_asked_for_last_until_there_is_one(desks):
    await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        before = await reader.go("/")
        keep_preferences(reader.services.home.preferences, Preferences(copied_on=today(desks.clock)))
        after = await reader.go("/")

    assert re.findall(r"<h2>(.*?)</h2>", before.text)[:3][-1] == COPY
    assert COPY not in after.words


def titles_of(page) -> list[str]:
    found = re.search(r'<ul class="cases">(.*?)</ul>', page.text, re.DOTALL)
    return re.findall(r"<bdi>(.*?)</bdi>", found[1]) if found else []


async def read_in(book, name):
    """The member has had the case on her screen: what its page does."""
    case = await book.open(book.state.find(name))
    book.state.keep_case(msgspec.structs.replace(case.known, read=case.counts()))


def sign_all(desks, text, *numbers):
    roster = parse_roster(text)
    for number in numbers:
        line = sign_roster(roster, desks.made.keys[number])
        add_signature(desks.made.home.roster, roster.version, line, today(desks.clock))


async def test_without_cases_it_says_what_is_left_to_set_up_and_what_will_come(desks):
    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()
        members = reader.services.desk.reading().chain.current.members
        others = {introduction_of(one).hex(): today(desks.clock) for one in members[1:]}
        keep_preferences(reader.services.home.preferences, Preferences("sv", today(desks.clock), others))
        after = await reader.go("/")

    words = "jämför de sex orden med de andra på telefon."
    assert f"Kvar: {words}" in page.words
    assert "Kvar: spara en reservkopia av din nyckel." in page.words
    assert f"Klart: {words}" in after.words
    assert "Klart: spara en reservkopia av din nyckel." in after.words
    assert "Kvar: skicka en provanmälan" in after.words

    assert "Välkommen" in page.words
    assert "Här är tyst för det mesta" in page.words
    assert "Två behöriga och en extern jurist är på plats." in page.words
    assert "Inom 7 dagar" in page.words


async def test_it_is_red_until_two_members_and_a_lawyer_are_enrolled(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler"))
    async with running_desks(tmp_path, made) as desks, pages_of(desks, LEAD) as reader:
        page = await reader.unlock()

    assert '<div class="box bad"><h2>Innan ni öppnar' in page.text
    assert "två behöriga och en extern jurist ska vara på plats" in page.words


async def test_the_days_of_a_case_from_its_first_to_its_last(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    seen = []
    async with pages_of(desks, LEAD) as reader:

        async def look():
            page = await reader.go("/")
            seen.append((todo_of(page), buttons_of(page), page.words))

        keep_preferences(reader.services.home.preferences, Preferences(copied_on=today(desks.clock)))
        await reader.unlock()
        await look()
        desks.clock.forward(days=6)
        await look()
        for act in ("acknowledge", "assess"):
            async with reader.services.desk.at_work() as book:
                await read_in(book, name)
                await acts.do(book, act, name, "Text.")
            await look()
        await reader.go(f"/case/{name}/harm")
        await reader.send(f"/case/{name}/harm", risk="none", until="")
        await look()
        feedback = add_months(today(desks.clock) - timedelta(days=2), 3)
        desks.clock.forward(days=(feedback - today(desks.clock)).days - 7)
        await look()
        desks.clock.forward(days=9)
        await look()

    first, late, acknowledged, assessed, harmless, near, over = seen
    case = f"/case/{name}"
    harm, to_answer = "Kan någon råka illa ut?", (f"{case}/harm", "Svara på frågan")
    to_read = (case, "Läs och bekräfta")
    assert first[:2] == (["2 arbetsdagar kvar: bekräfta anmälan", harm], [to_read, to_answer])
    to_assess = (f"{case}/write?act=assess", "Skriv bedömningen")
    assert late[:2] == (
        ["2 dagar försenad: bekräfta anmälan", harm, "3 arbetsdagar kvar: gör första bedömningen"],
        [to_read, to_answer, to_assess],
    )
    assert "Lagens 7 dagar gick ut" in late[2]
    assert acknowledged[:2] == ([harm, "3 arbetsdagar kvar: gör första bedömningen"], [to_answer, to_assess])
    assert assessed[0] == [harm]
    assert harmless[0] == []
    assert "Inget att göra i dag. Nästa datum är" in harmless[2]
    assert "återkoppling i ett ärende" in harmless[2]
    assert near[:2] == (["5 arbetsdagar kvar: ge återkoppling"], [(f"{case}/write?act=feedback", "Ge återkoppling")])
    assert over[:2] == (["2 dagar försenad: ge återkoppling"], [(f"{case}/write?act=feedback", "Ge återkoppling")])
    assert "2 dagar försenad Återkoppling senast" in over[2]


async def test_an_answer_that_came_is_to_be_read_and_then_no_more(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()
        unread = page.text
        async with reader.services.desk.at_work() as book:
            await read_in(book, name)
            await acts.do(book, "acknowledge", name, "Tack.")
            await acts.do(book, "assess", name, "Vi utreder.")
            await acts.do(book, "ask", name, "När var det?")
        asked = reader.services.language.day(today(desks.clock), year=False)
        await desks.reporter_writes(reporter, Message("I maj."))
        await desks.release()
        before = await reader.go("/")
        came = await reader.send("/fetch")
        async with reader.services.desk.at_work() as book:
            await read_in(book, name)
        after = await reader.go("/")

    assert '<span class="chip new">Oläst</span>' in unread
    assert todo_of(before) == ["Kan någon råka illa ut?"]
    assert todo_of(came) == ["Ett svar har kommit", "Kan någon råka illa ut?"]
    assert buttons_of(came)[0] == (f"/case/{name}", "Läs svaret")
    assert f"Ni frågade {asked}." in came.words
    assert '<span class="chip new">Nytt svar</span>' in came.text
    assert todo_of(after) == ["Kan någon råka illa ut?"]
    assert "Nytt svar" not in after.words


async def test_an_answer_is_to_be_read_also_while_the_case_waits_for_a_signature(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file(TEXT)
        await desks.release()
        name = reporter.keys.case_id.hex()
        await do(desks, LEAD, "acknowledge", name)
        await do(desks, LEAD, "ask", name, "När var det?")
        await desks.reporter_writes(reporter, Message("I maj."))
        await desks.release()
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            readers = ids_of(desks, LEAD, HANDLER)
            await sent_by(reader, name, readers, readers[1])
            await reader.go("/")
            page = await reader.send("/fetch")
            await reader.go(f"/case/{name}")
            after = await reader.go("/")

    assert todo_of(page) == ["Ett svar har kommit"]
    assert "Låsbytet väntar på underskrift av Person 2." in page.words
    assert todo_of(after) == []


async def test_an_answer_to_a_question_is_to_be_read_also_in_a_case_that_was_never_on_this_screen(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    await do(desks, LEAD, "acknowledge", name)
    await do(desks, LEAD, "assess", name)
    await do(desks, LEAD, "ask", name, "När var det?")
    await desks.reporter_writes(reporter, Message("I maj."))
    await desks.release()
    async with pages_of(desks, HANDLER) as reader:
        page = await reader.unlock()

    assert todo_of(page)[0] == "Ett svar har kommit"
    assert '<span class="chip new">Nytt svar</span>' in page.text


async def test_that_a_colleague_has_opened_a_case_makes_nothing_new_on_the_overview(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    path = f"/case/{reporter.keys.case_id.hex()}"
    async with pages_of(desks, LEAD) as one, pages_of(desks, HANDLER) as other:
        await one.unlock()
        await one.go(path)
        await other.unlock()
        await other.go(path)
        await one.go("/")
        page = await one.send("/fetch")

    assert "Oläst" not in page.words


async def test_a_case_that_this_member_has_left_has_no_heading_no_day_and_nothing_new(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = await two_read(desks, TEXT)
        await desks.step_aside(HANDLER, name)
        await do(desks, LEAD, "acknowledge", name)
        await do(desks, LEAD, "ask", name, "När var det?")
        async with pages_of(desks, HANDLER) as reader:
            await reader.unlock()
            keep_preferences(reader.services.home.preferences, Preferences(copied_on=today(desks.clock)))
            page = await reader.go("/")
            found = await reader.send("/search", words="systerson")

    row = re.search(r'<ul class="cases">(.*?)</ul>', page.text, re.DOTALL)[1]
    words = " ".join(re.sub(r"<[^>]*>", " ", row).split())
    assert words == f"Ärende {case_number(bytes.fromhex(name))} Du har lämnat"
    assert todo_of(page) == []
    assert "Inget att göra i dag." in page.words
    assert "Nästa dag" not in page.words
    assert TEXT not in found.words


async def test_a_signature_that_waits_for_erasing_and_the_cap_of_two_years(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "close", name, "Vi har utrett det.")
    desks.clock.forward(days=31)
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await erase(book, name, "DNR 1")

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.send("/fetch")
        desks.clock.forward(days=690)
        still = await reader.go("/")
    async with pages_of(desks, HANDLER) as reader:
        signed = await reader.unlock()

    assert todo_of(page) == ["En underskrift väntar: gallring"]
    assert buttons_of(page) == [("/erase", "Läs och skriv under")]
    assert "Person 2 har skrivit under, du är den andra." in page.words
    assert "Kan gallras" in page.words
    assert todo_of(still) == ["En underskrift väntar: gallring"]
    # Who has signed waits for the other.
    assert todo_of(signed) == []
    # By number and title: the other sees the title, and they speak of one case.
    assert re.search(r"Ärende \d{3} \d{3}, ”Chefen anställde sin systerson”\. Gallringen väntar på", signed.words)
    assert "väntar på underskrift av Person 1." in signed.words


async def test_after_an_act_the_overview_is_right_without_fetching(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            await acts.do(book, "close", name, "Vi har utrett det.")
        closed = await reader.go("/")
        desks.clock.forward(days=31)
        async with reader.services.desk.at_work() as book:
            await erase(book, name, "DNR 1")
            touched = set(book.touched)
        signed = reader.services.desk.reading().cache.index.summaries[name]
        case = await reader.go(f"/case/{name}")

    assert "Avslutad" in closed.words
    assert touched == {reporter.keys.case_id}
    assert signed.own_signature
    assert case.status == 200


async def test_a_change_of_members_that_waits_is_something_to_do(desks):
    roster = desks.roster
    text = render(
        version=2,
        previous=roster.digest,
        home=roster.home,
        organisations=roster.organisations,
        members=roster.members[:2],
    )
    await desks.file(TEXT)
    await desks.release()
    propose(desks.made.home.roster, parse_roster(text), today(desks.clock))
    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()
        sign_all(desks, text, LEAD)
        signed = await reader.send("/fetch")

    assert "En underskrift väntar: ändring av behöriga" in todo_of(page)
    assert ("/members", "Se på ändringen") in buttons_of(page)
    assert "En underskrift väntar: ändring av behöriga" not in todo_of(signed)


async def test_the_list_is_by_the_next_day_with_number_organisation_day_and_state(desks):
    older = await desks.file(OTHER)
    await desks.release()
    await desks.release()
    newer = await desks.file(TEXT)
    await desks.release()
    await do(desks, LEAD, "acknowledge", older.keys.case_id.hex())

    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()

    assert titles_of(page) == [TEXT, OTHER]
    assert case_number(newer.keys.case_id) in page.words
    assert "organisation inte angiven · kom 6 mars" in page.words
    assert "Bekräftad" in page.words
    assert "Första bedömning senast" in page.words


async def test_the_list_of_cases_says_who_has_one_and_the_days_that_members_have_set(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name, asked = reporter.keys.case_id.hex(), today(desks.clock) + timedelta(days=14)
    async with pages_of(desks, HANDLER) as other, pages_of(desks, LEAD) as reader:
        await other.unlock()
        before = row(await other.go("/"))
        await other.send(f"/case/{name}/has", who="me")
        await other.go(f"/case/{name}/harm")
        await other.send(f"/case/{name}/harm", risk="none", until=(asked + timedelta(days=16)).isoformat())
        async with other.services.desk.at_work() as book:
            await acts.do(book, "acknowledge", name, "Tack.")
            await acts.do(book, "ask", name, "Vilken helg?", acts.ActChoices(asked))
        listed = await reader.unlock()
        await desks.reporter_writes(reporter, Message("Den tredje."))
        await desks.release()
        await fetched(reader)
        answered = await reader.go("/")

    day = Pages().language("sv").day
    whose = "Person 2 har det."
    wanted, again = f"Svar önskat senast {day(asked, asked)}.", "Risken att någon råkar illa ut ses över igen"
    assert not any(one in before for one in (whose, wanted, again))
    assert f"{whose} {wanted} {again}" in row(listed)
    assert wanted not in row(answered)
    assert f"{whose} {again}" in row(answered)


def row(page) -> str:
    found = re.search(r'<ul class="cases">(.*?)</ul>', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())


async def test_search_finds_words_anywhere_and_stands_in_no_address(desks):
    first, second = await desks.file(TEXT), await desks.file(OTHER)
    await desks.release()
    await do(desks, LEAD, "note", first.keys.case_id.hex(), "Ring Takfirman AB.")
    await desks.reporter_writes(second, Message("Det var i VÄSTERGÅRDEN."))
    await desks.release()

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.send("/fetch")
        note = await reader.send("/search", words="takfirman")
        at = reader.at
        message = await reader.send("/search", words="västergården vattenverket")
        number = await reader.send("/search", words=case_number(first.keys.case_id).replace(" ", ""))
        nothing = await reader.send("/search", words="<b>finns inte")
        again = await reader.send("/search", words="takfirman")
        state = await reader.send("/search", state="late")
        closed = await reader.send("/search", state="closed")
        in_the_address = await reader.go("/search?words=takfirman")

    assert (titles_of(note), at, note.status) == ([TEXT], "/search", 200)
    assert "Location" not in note.headers
    assert 'value="takfirman"' in note.text
    assert titles_of(message) == [OTHER]
    assert titles_of(number) == [TEXT]
    assert (
        "Inget av det du kan läsa innehåller ”<b>finns inte”. Sök på ett kortare ord eller visa alla." in nothing.words
    )
    assert titles_of(again) == [TEXT]
    assert titles_of(state) == []
    assert "Inget ärende är sådant." in closed.words
    assert len(titles_of(in_the_address)) == 2


async def test_words_of_a_search_are_gone_when_the_desk_locks(desks):
    await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.send("/search", words="syster")
        held = len(reader.services.desk.words)
        await reader.services.desk.lock()

        assert held == 1
        with pytest.raises(Locked):
            len(reader.services.desk.words)


async def test_without_a_server_the_overview_a_case_and_a_search_are_still_there(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.send("/fetch")
    desks.clock.forward(days=1)
    served = desks.socket
    desks.socket = served.with_name("nobody.sock")

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.send("/fetch")
        case = await reader.go(f"/case/{name}")
        found = await reader.send("/search", words="systerson")

    assert titles_of(page) == [TEXT]
    assert page.text.count('role="alert"') == 1
    assert "Ingen lyssnar på socketen." in page.words
    assert "Hämtat i går." in page.words
    assert TEXT in case.words
    assert "Hämtat i går. Ingen lyssnar på socketen." in case.words
    assert titles_of(found) == [TEXT]


async def test_how_old_a_page_is_stands_at_its_foot(desks):
    await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()
        fresh = page.words
        desks.clock.forward(days=1)
        yesterday = (await reader.go("/")).words
        desks.clock.forward(days=400)
        before = (await reader.go("/")).words

    assert "Hämtat i dag. Nytt varje dag efter kl. 6." in fresh
    assert "Hämtat i går." in yesterday
    assert re.search(r"Hämtat \d+ mars 2026\.", before)


async def test_a_server_that_shows_less_than_before_is_shown_in_red(desks):
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            older = await book.fetch_case(book.state.find(name))
            await acts.do(book, "acknowledge", name, "Tack.")
        async with reader.services.desk.at_work() as book:
            # A backup of the server was put back.
            lie(book, "case", older)
        page = await reader.send("/fetch")
        case = await reader.go(f"/case/{name}")
        still = await reader.go("/")

    heading = f"Ärende {case_number(reporter.keys.case_id)}: Servern visar mindre än datorn har sett förut."
    assert todo_of(page)[0] == heading
    assert '<li class="box bad">' in page.text
    # What was seen before can be read, and reading it does not make the alarm go away.
    assert TEXT in case.words
    assert todo_of(still)[0] == heading


async def test_a_server_that_shows_other_members_is_shown_in_red(desks):
    await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            lie(book, "roster", RosterAnswer((), None))
        page = await reader.send("/fetch")

    assert "Listan över vilka som läser fortsätter inte den som datorn har sett." in page.words
    assert page.text.index('class="box bad" role="alert"') < page.text.index("<h1>")
    assert titles_of(page) == [TEXT]


async def test_the_button_that_fetches_answers_what_came_or_that_nothing_did(desks):
    first = await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        shown = await reader.go("/")
        nothing = await reader.send("/fetch")
        await desks.file(OTHER)
        await desks.reporter_writes(first, Message("Mer."))
        await desks.release()
        much = await reader.send("/fetch")
        # It says what is new since the page was shown last, which may have been fetched beside it.
        await do(desks, HANDLER, "note", first.keys.case_id.hex())
        reader.services.refresh.begin()
        await reader.services.refresh.wait()
        little = await reader.send("/fetch")
        after = await reader.go("/")

    assert "Inget nytt." in nothing.words
    assert "Ett nytt ärende. Nytt i ett ärende." in much.words
    assert "Nytt i ett ärende." in little.words
    assert "Ett nytt ärende." not in little.words
    for page in (shown, after):
        assert "Inget nytt." not in page.words
        assert "Nytt i ett ärende." not in page.words


async def test_without_cases_the_button_answers_too_and_a_fetching_under_way_is_no_answer(desks, monkeypatch):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        nothing = await reader.send("/fetch")
        monkeypatch.setattr(refresh, "PATIENCE_SECONDS", 0.0)
        async with reader.services.desk.at_work():
            under_way = await reader.send("/fetch")

    assert "Inget nytt." in nothing.words
    assert "Inget nytt." not in under_way.words
    assert "Det som är nytt hämtas just nu." in under_way.words


async def test_a_page_does_not_wait_for_the_fetching(desks):
    await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.send("/fetch")
        async with reader.services.desk.at_work() as book:
            book.client.ask = never
        reader.services.refresh.begin()
        await asyncio.sleep(0.1)
        running = reader.services.refresh.is_running
        page = await asyncio.wait_for(reader.go("/"), 2)
        # Nor does the lock.
        await asyncio.wait_for(reader.send("/lock"), 2)

    assert running
    assert titles_of(page) == [TEXT]


async def never(*_asked):
    await asyncio.Event().wait()


async def test_each_day_it_fetches_at_a_random_minute_within_two_hours_after_the_release(desks, monkeypatch):
    moments = {refresh._moment_after_release(desks.clock).astimezone(STOCKHOLM) for _ in range(200)}
    monkeypatch.setattr(refresh, "_LOOK_SECONDS", 0.02)
    begun = []
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        monkeypatch.setattr(refresh.Refresh, "begin", lambda _self: begun.append(desks.clock()))
        daily = asyncio.create_task(reader.services.refresh.daily())
        await asyncio.sleep(0.1)
        before = len(begun)
        desks.clock.forward(days=1)
        await asyncio.sleep(0.2)
        daily.cancel()

    assert len(moments) > 190
    assert all(6 <= moment.hour < 8 for moment in moments)
    assert max(moments) - min(moments) > timedelta(minutes=60)
    assert (before, len(begun)) == (0, 1)


async def test_the_reminder_is_the_same_for_everyone_all_year_and_names_nothing(desks):
    files = []
    for number, days in ((LEAD, 0), (HANDLER, 100)):
        desks.clock.forward(days=days)
        await desks.file(TEXT)
        async with pages_of(desks, number, language="sv" if days else "en") as reader:
            await reader.unlock()
            files.append(
                await reader.ask("GET", "/calendar.ics", headers={**TO_A_PAGE, "Sec-Fetch-Site": "same-origin"})
            )
            fetched = await reader.ask(
                "GET",
                "/calendar.ics",
                headers={"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty", "Sec-Fetch-Site": "same-origin"},
            )

    assert files[0].body == files[1].body
    assert files[0].headers["Content-Disposition"].startswith("attachment")
    assert files[0].headers["Content-Type"].startswith("text/calendar")
    lines = files[0].body.decode().split("\r\n")
    assert "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" in lines
    assert "DTSTART:20260105T090000" in lines
    assert all(len(line) <= 75 for line in lines)
    assert fetched.status == 404


async def test_a_case_that_is_kept_stays_and_the_two_years_are_a_day_to_decide(desks):
    reporter = await desks.file("Första raden.\nAndra raden.")
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            await acts.do(book, "close", name, "Vi har utrett det.")
            await acts.do(book, "hold", name, "Polisen har bett om det.")
        desks.clock.forward(days=720)
        page = await reader.go("/")

    assert titles_of(page) == ["Första raden."]
    assert todo_of(page) == ["8 arbetsdagar kvar: avgör om ärendet ska bevaras"]
    assert "”<bdi>Första raden</bdi>”." in page.text
    assert "Bevaras tills vidare" in page.words
    assert buttons_of(page) == [(f"/case/{name}", "Till ärendet")]


async def test_a_new_computer_without_a_server_does_not_say_that_nothing_is_to_be_done(desks):
    await desks.file(TEXT)
    await desks.release()
    desks.socket = desks.socket.with_name("nobody.sock")
    async with pages_of(desks, LEAD) as reader:
        page = await reader.unlock()

    assert "Ingen lyssnar på socketen." in page.words
    assert "Inget har hämtats på den här datorn än" in page.words
    assert "Inget att göra i dag" not in page.words


async def test_what_holds_for_every_case_is_shown_in_red_above_everything(desks):
    await desks.file(TEXT)
    await desks.release()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            # This desk has seen a chain of audits; now the server shows none.
            book.state.pin_audits(AuditPin(3, "ab" * 32))
        page = await reader.send("/fetch")
        # It is red without a server too.
        await reader.services.desk.lock()
        reader.services.desk.on_unlock = lambda: None
        again = await reader.send("/unlock", passphrase="correct horse battery")

    for shown in (page, again):
        assert "Serverns logg över sina dagliga kontroller är en annan än datorn har sett." in shown.words
        assert shown.text.index('<div class="box bad">') < shown.text.index("<h1>")


async def test_one_day_is_the_day_to_act_by_and_the_law_s_stands_in_one_place_with_the_reason(desks):
    # The law's seven days end on Sunday the 8th, when nobody is at work.
    reporter = await desks.file(TEXT)
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        overview = await reader.go("/")
        case = await reader.go(f"/case/{name}")
        for act in ("acknowledge", "assess"):
            await desks.act(HANDLER, act, name, "Tack.")
        await reader.go("/")
        working_day = await reader.send("/fetch")

    todo, cases = (part for part in overview.words.split("Dina ärenden"))
    law = "Senast enligt lagen är söndag 8 mars, men det är ingen arbetsdag."
    assert f"Gör det senast fredag 6 mars. {law}" in todo
    assert "Bekräfta senast fredag 6 mars" in cases
    assert "söndag" not in cases
    assert f"Bekräfta anmälan senast fredag 6 mars. {law}" in case.words
    assert "Senast fredag 6 mars, 2 arbetsdagar kvar" in case.words
    assert case.words.count("söndag 8 mars") == 1
    # A day of the law that is a working day is one day.
    assert "Återkoppling senast torsdag 4 juni enligt lag" in working_day.words
