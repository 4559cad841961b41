"""The page of a case: its way, its conversation, what is new in it, and what nobody's words can do to it."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import msgspec
import pytest
from desks import harness as desk_harness
from desks.case_pages import a_case, act, fetched, shown
from desks.harness import RunningDesks, running_desks
from desks.moved_cases import HANDLER, LEAD, OTHER, ROLES
from desks.moved_pages import ids_of
from desks.pages import pages_of
from processes.measured import best_of
from visitors.intake_harness import make_home

from desk.work import acts, moves
from desk.work.case.numbers import figure_of
from desk.work.erasing import erase
from trusted.case.clock import today
from trusted.case.entry import InboxEnded, MeetingRequest, Message, Withdrawal

SECONDS = 0.5
CANNOT = "Du kan inte öppna sidan. Gå till översikten."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def test_a_whole_conversation_is_shown_oldest_first_with_its_way_in_steps(desks):
    reporter, path = await a_case(desks)
    await act(desks, LEAD, path, "acknowledge", "Tack, vi har läst den.")
    desks.clock.forward(days=3)
    await act(desks, LEAD, path, "assess", "Vi utreder.")
    await act(desks, HANDLER, path, "note", "Avtalet tecknades i maj.")
    await act(desks, HANDLER, path, "register", "KS 2026/431")
    desks.clock.forward(days=1)
    await act(desks, LEAD, path, "ask", "Vilken helg var det?", by=today(desks.clock) + timedelta(days=14))
    await shown(desks, LEAD, path)
    desks.clock.forward(days=2)
    await desks.reporter_writes(reporter, Message("Den tredje i mars."))
    await desks.release()

    page = await shown(desks, LEAD, path)

    order = [
        "Anmälaren: anmälan",
        "Chefen anställde sin systerson.",
        "Person 1: bekräftelse",
        "Tack, vi har läst den.",
        "Person 1: första bedömning",
        "Person 2: anteckning",
        "Avtalet tecknades i maj.",
        "Person 2: diarienummer",
        "Person 1: fråga, svar önskat",
        "Vilken helg var det?",
        "Anmälaren: svar",
        "Den tredje i mars.",
    ]
    conversation = page.words[page.words.index("Det som har skrivits") :]
    places = [conversation.index(words) for words in order]
    assert places == sorted(places)
    assert "Anmälaren har svarat på din fråga" in page.words
    assert "· KS 2026/431 ·" in page.words
    assert re.search(r"Bekräftad \d+ \w+, dag 3 av 7 \(lag\)", page.words)
    assert re.search(r"Bedömd \d+ \w+, dag 6 av 14 \(vårt mål\)", page.words)
    assert re.search(r"Återkoppling Senast \w+ \d+ \w+( \d+)?, \d+ arbetsdagar kvar \(lag\)", page.words)
    assert page.text.count('<li class="inner"') == page.words.count("Bara gruppen läser") == 2
    assert page.words.count("Anmälaren läser") == 3
    assert page.text.count('<li class="theirs"') == 2
    assert "Utskrivet" in page.words
    assert "<title>Ärende " in page.text
    assert "systerson" not in re.search("<title>.*</title>", page.text)[0]


async def test_what_has_been_on_the_screen_is_new_no_more_and_at_another_desk_it_still_is(desks):
    reporter, path = await a_case(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        first = await reader.go(path)
        again = await reader.go(path)
        await desks.reporter_writes(reporter, Message("En sak till."))
        await desks.release()
        await fetched(reader)
        answered = await reader.go(path)
    other = await shown(desks, HANDLER, path)

    assert "En ny anmälan" in first.words
    assert first.text.count('id="new"') == 1
    asked = "Handlar det om dig eller någon som står dig nära? Läs då inte vidare. Jävsanmälan"
    assert first.words.index(asked) < first.words.index("Det som har skrivits")
    assert f'<a href="{path}/recuse">' in first.text
    # The overview says to read and acknowledge: the page has a button of that word, until it was done.
    assert f'<a class="button main" href="{path}/write">Bekräfta anmälan</a>' in first.text
    assert asked not in again.words + answered.words
    assert "En ny anmälan" not in again.words
    assert 'id="new"' not in again.text
    assert "Anmälaren har skrivit" in answered.words
    assert re.search(r'id="new".{0,300}En sak till\.', answered.text, re.DOTALL)
    assert "En ny anmälan" in other.words


async def test_a_report_that_members_have_answered_is_called_new_no_more(desks):
    reporter, path = await a_case(desks)
    await act(desks, LEAD, path, "acknowledge", "Tack.")
    unread = await shown(desks, HANDLER, path)
    await act(desks, LEAD, path, "ask", "När var det?")
    await desks.reporter_writes(reporter, Message("I maj."))
    await desks.release()
    answered = await shown(desks, LEAD, path)
    _, other_path = await a_case(desks)
    await act(desks, LEAD, other_path, "close", "Klart.")
    closed = await shown(desks, LEAD, other_path)

    for page in (unread, closed):
        assert "Du har inte läst anmälan än" in page.words
    assert "Anmälaren har svarat på din fråga" in answered.words
    for page in (unread, answered, closed):
        assert "En ny anmälan" not in page.words


async def test_ones_own_words_are_never_new_and_a_colleagues_are(desks):
    _, path = await a_case(desks)
    await shown(desks, LEAD, path)
    await shown(desks, HANDLER, path)
    await act(desks, HANDLER, path, "note", "Bara för oss.")

    own = await shown(desks, HANDLER, path)
    colleague = await shown(desks, LEAD, path)

    assert 'id="new"' not in own.text
    assert "Nytt från Person 2" in colleague.words


HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\n"
    "\N{RIGHT-TO-LEFT OVERRIDE}exe.gpj\n"
    "noll\x00 bell\x07 esc\x1b[2J delete\x7f tag\N{TAG LATIN SMALL LETTER A}\n"
    "</li></ol></main><h1>Fel</h1>{{ 7 * 7 }} %(day)s"
)


async def test_hostile_text_stands_on_the_page_as_text(desks):
    reporter, path = await a_case(desks, HOSTILE)
    await desks.reporter_writes(reporter, Message(HOSTILE))
    await act(desks, HANDLER, path, "note", HOSTILE)
    await act(desks, HANDLER, path, "register", HOSTILE)
    await desks.release()

    page = await shown(desks, LEAD, path)

    assert page.status == 200
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert page.text.count("<h1") == 1
    assert not {"\N{RIGHT-TO-LEFT OVERRIDE}", "\x00", "\x07", "\x1b", "\x7f", "\N{TAG LATIN SMALL LETTER A}"} & set(
        page.text
    )
    assert "{{ 7 * 7 }} %(day)s" in page.words
    # Each paragraph finds its own direction, so what one does ends with it.
    assert page.text.count('<p dir="auto">') >= 12


async def test_notes_are_in_no_page_of_who_was_not_given_them_and_the_page_says_so(desks, monkeypatch):
    _, path = await a_case(desks)
    await act(desks, HANDLER, path, "note", "Bara för oss.")

    monkeypatch.setattr("desk.work.case.unsealing._notes_key", lambda *_: None)

    page = await shown(desks, LEAD, path)

    assert "Bara för oss" not in page.text
    assert "Det finns anteckningar som du inte har fått." in page.words


async def test_what_the_reporter_decided_and_asks_is_said_in_words(desks):
    reporter, path = await a_case(desks)
    await desks.reporter_writes(reporter, MeetingRequest("Kan vi ses?"))
    await desks.reporter_writes(reporter, Withdrawal(None))
    await desks.release()

    withdrawn = await shown(desks, LEAD, path)
    await act(desks, LEAD, path, "close", "Vi lägger ner.", outcome="dismissed", reason="Återtagen.")
    await desks.reporter_writes(reporter, InboxEnded())
    await desks.release()
    ended = await shown(desks, LEAD, path)

    assert "Anmälaren: önskemål om ett möte" in withdrawn.words
    assert "Anmälaren: återtar anmälan" in withdrawn.words
    assert "Anmälaren har återtagit anmälan." in withdrawn.words
    assert "återkoppling, avskriven" in ended.words
    assert "Skäl: Återtagen." in ended.words
    assert "Anmälaren har stängt sin inkorg och läser inget mer." in ended.words
    assert "Person 1: avslutade ärendet" in ended.words


async def test_what_the_reporter_tried_to_attach_and_whom_it_concerns_is_said(desks, monkeypatch):
    made = desk_harness._report

    def telling(*given, **more):
        return msgspec.structs.replace(
            made(*given, **more), tried=(("office", 1), ("archive", 3)), urgent=True, earlier=True
        )

    monkeypatch.setattr(desk_harness, "_report", telling)
    reporter = await desks.file("En sak.", concerns=[HANDLER])
    await desks.release()

    page = await shown(desks, LEAD, f"/case/{reporter.keys.case_id.hex()}")

    assert "också bifoga 1 Word-, Excel- eller PowerPoint-fil, 3 packade mappar. Det togs inte emot" in page.words
    assert "Anmälaren har kryssat för vem den gäller: Person 2." in page.words
    assert "Anmälaren säger att den hör ihop med en tidigare anmälan." in page.words
    assert "Bråttom Ja" in page.words
    missing = (
        "Saknas någon? Då har anmälaren kryssat för personen, eller så är personen jävig eller har inte fått ärendet."
    )
    assert f"Läses av Person 1, Person 3 (extern jurist) {missing}" in page.words


async def test_why_somebody_does_not_read_a_case_is_said_of_nobody_and_only_where_somebody_does_not(desks):
    _, path = await a_case(desks)

    page = await shown(desks, LEAD, path)

    assert "Läses av Person 1, Person 2" in page.words
    assert "Saknas någon?" not in page.words


async def test_minutes_say_whether_the_reporter_has_approved_them_and_the_page_speaks_english_too(desks):
    _, path = await a_case(desks)
    await act(desks, HANDLER, path, "minutes", "Vi talades vid.")
    await act(desks, HANDLER, path, "hold", "Process.")

    page = await shown(desks, LEAD, path)
    async with pages_of(desks, HANDLER, language="en") as reader:
        await reader.unlock()
        english = await reader.go(path)

    assert "Person 2: protokoll, för anmälaren att godkänna" in page.words
    assert "Anmälaren har inte godkänt det än." in page.words
    assert "Person 2: ärendet bevaras tills vidare" in page.words
    assert "The reporter: report" in english.words
    assert "Kept for now" not in english.words
    assert "The case is kept for now. It is not erased until somebody ends that." in english.words


async def test_a_warning_of_the_case_is_red_and_in_words(desks):
    reporter = await desks.file("En sak.", sealed_to=(LEAD,), grants_to=(LEAD,))
    await desks.release()

    page = await shown(desks, LEAD, f"/case/{reporter.keys.case_id.hex()}")

    assert 'class="box bad"' in page.text
    assert "Anmälan har gått till andra behöriga än anmälarens svar säger." in page.words


async def test_overdue_is_said_in_words(desks):
    _, path = await a_case(desks)
    desks.clock.forward(days=20)

    page = await shown(desks, LEAD, path)

    assert re.search(r"Bekräfta Senast .* dagar försenad \(lag\)", page.words)
    assert '<li class="overdue"' in page.text


async def test_feedback_is_given_and_the_case_stays_open_and_is_overdue_no_more(desks):
    _, path = await a_case(desks)
    await act(desks, LEAD, path, "acknowledge", "Tack.")
    desks.clock.forward(days=120)
    late = await shown(desks, LEAD, path)
    await act(desks, LEAD, path, "feedback", "Vi har granskat fakturorna, och fortsätter med avtalet.")

    page = await shown(desks, LEAD, path)
    async with desks.desk(LEAD) as book:
        await book.sync()
        case = await book.open(book.state.find(path.rsplit("/", 1)[-1]))
        figure = figure_of(case.streams, case.release_day, case.own_id)

    assert re.search(r"Återkoppling Senast .* dagar försenad \(lag\)", late.words)
    assert re.search(r"Återkoppling 2 juli Avslut När ni är klara", page.words)
    assert not re.search(r"Återkoppling Senast", page.words)
    assert "Person 1: återkoppling" in page.words
    assert "Avsluta ärendet" in page.words
    assert (figure.decision, figure.feedback) == ("open", "late")


async def test_a_case_that_cannot_be_opened_says_the_same_whatever_the_reason(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks, pages_of(desks, LEAD) as reader:
        _, erased = await a_case(desks)
        _, moved = await a_case(desks, "Flyttas.")
        # Both of them at her desk, and then gone.
        await reader.unlock()
        before = [(await reader.go(path)).status for path in (erased, moved)]
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await acts.do(book, "close", erased.rsplit("/", 1)[1], "Klart.")
            await moves.sign_offer(book, await moves.read_offer(book, await offer_by_other(desks, moved)))
        # Two releases without a new key have to pass, from when her desk learns of the move.
        await fetched(reader)
        desks.clock.forward(days=40)
        await desks.release()
        for number in (HANDLER, OTHER):
            async with desks.desk(number) as book:
                await book.sync()
                await erase(book, erased.rsplit("/", 1)[1], "KS 1")
        await fetched(reader)

        seen = [await reader.go(f"/case/{'0' * 32}{below}") for below in ("", "/note", f"/save/{'0' * 32}")]
        seen += [await reader.go(f"{path}{below}") for path in (erased, moved) for below in ("", "/note", "/hold")]

    assert before == [200, 200]
    assert CANNOT in seen[0].words
    assert {(page.status, page.text) for page in seen} == {(seen[0].status, seen[0].text)}


async def offer_by_other(desks: RunningDesks, path: str) -> bytes:
    async with desks.desk(OTHER) as book:
        await book.sync()
        readers = ids_of(desks, HANDLER, OTHER)
        return await moves.offer(book, path.rsplit("/", 1)[1], readers, readers[0], "Jäv.")


async def test_a_case_of_two_hundred_entries_is_there_in_half_a_second(desks):
    _, path = await a_case(desks)
    name = path.rsplit("/", 1)[1]
    async with desks.desk(HANDLER) as book:
        await book.sync()
        for number in range(100):
            await acts.do(book, "reply", name, f"Svar {number}. " * 50)
            await acts.do(book, "note", name, f"Anteckning {number}. " * 50)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        page = await reader.go(path)

        async def once() -> float:
            began = time.perf_counter()
            await reader.go(path)
            return time.perf_counter() - began

        seconds = await best_of(once, SECONDS)

    assert page.text.count('<p class="by">') == 201
    assert seconds < SECONDS


async def test_the_only_case_offers_no_link_to_another(desks):
    _reporter, path = await a_case(desks)
    alone = await shown(desks, LEAD, path)
    await a_case(desks, "En annan sak.")
    beside = await shown(desks, LEAD, path)

    assert f'href="{path}/link"' not in alone.text
    assert f'href="{path}/link"' in beside.text
    # Two read it, so one can sign for the other.
    assert f'href="{path}/move"' in alone.text


async def test_what_can_be_done_stands_in_four_groups_the_usual_first_and_a_due_assessment_has_its_link(desks):
    _, path = await a_case(desks)
    await a_case(desks)
    new = await shown(desks, LEAD, path)
    await act(desks, LEAD, path, "acknowledge", "Tack.")
    due = await shown(desks, LEAD, path)
    await act(desks, LEAD, path, "assess", "Vi utreder.")
    assessed = await shown(desks, LEAD, path)
    await act(desks, LEAD, path, "close", "Klart.")
    closed = await shown(desks, LEAD, path)

    assert groups_of(due) == [
        ("Handlägg ärendet", ["write", "note", "harm", "meet", "write?act=minutes"]),
        ("Vilka som arbetar med det", ["has", "recuse", "move", "moves"]),
        ("Diarienummer och sak", ["register", "category", "link"]),
        ("Ärendets slut", ["close", "hold"]),
    ]
    assert groups_of(closed)[-1] == ("Ärendets slut", ["reopen", "hold"])
    link = f'<a class="alone" href="{path}/write?act=assess">Skriv bedömningen</a>'
    assert [link in page.text for page in (new, due, assessed, closed)] == [False, True, False, False]


def groups_of(page) -> list[tuple[str, list[str]]]:
    found = re.findall(r'<h3>([^<]*)</h3><ul class="do">(.*?)</ul>', page.text, re.DOTALL)
    return [(heading, re.findall(r'href="[^"]*/([^"/]+)"', acts)) for heading, acts in found]
