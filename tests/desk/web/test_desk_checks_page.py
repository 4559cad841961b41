"""Checks: what is wrong and what to do first, in the server's own words and in this desk's; who opened what."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from desks.harness import lie, member_row, running_desks
from desks.moved_cases import ROLES, a_case, offered
from desks.pages import pages_of
from visitors.intake_harness import make_home

from cases.audit_chain import append_record, make_chain_file, next_record
from cases.roster.chain import render
from cases.roster.member import new_member_keys
from cases.upkeep import LINES, NEVER, Sign, Upkeep, write_upkeep
from cases.wire import messages
from desk.keep.audits import missing_days
from desk.web.views.case_line import case_number
from desk.work import moves
from trusted.case.clock import today
from trusted.case.entry import Opened, Stream

LEAD, HANDLER, COUNSEL = range(3)


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def filed(desks, text="En sak.", **more):
    reporter = await desks.file(text, **more)
    await desks.release()
    return reporter.keys.case_id


def audited(desks, *days, findings=()):
    """The server has examined itself so many days ago; what it found, it found on the last of them."""
    folder = desks.made.home.path
    make_chain_file(folder)
    before = None
    for number in days:
        found = findings if number == days[-1] else ()
        before = next_record(before, today(desks.clock) - timedelta(days=number), 24, found, ())
        append_record(folder, before)


async def test_when_all_is_well_every_point_says_so_and_nothing_is_red(desks):
    await filed(desks)
    audited(desks, 1, 0)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/checks")

    assert page.status == 200
    assert "Inget fel har hittats. En sak är inte gjord än." in page.words
    assert "Ingen skickad än" in page.words
    assert "I dag stämmer allt." not in page.words
    assert "alla 24 stämmer" in page.words
    assert "✗" not in page.words
    assert 'role="alert"' not in page.text
    assert "Samma 3 som din dator minns, version 1" in page.words


async def test_what_was_not_looked_at_yet_is_counted_and_not_called_right(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/checks")

    assert "Servern har inte visat någon än" in page.words
    assert "Inget fel har hittats. 2 saker är inte gjorda än." in page.words


async def test_a_case_that_was_moved_to_a_new_key_is_a_line_and_no_alarm(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, _reporter = await a_case(desks)
        file = await offered(desks, name)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await moves.sign_offer(book, await moves.read_offer(book, file))
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            page = await reader.go("/checks")

    assert 'role="alert"' not in page.text
    assert "✗" not in page.words
    assert "Inget fel har hittats." in page.words
    assert f"Får nytt lås, eller är inte ditt längre – {case_number(bytes.fromhex(name))}." in page.words


async def test_a_check_that_failed_in_the_night_comes_first_with_its_name_for_the_operator(desks):
    audited(desks, 1, 0, findings=("no-traces",))

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/checks")

    assert page.words.index("Servern har hittat ett fel hos sig själv") < page.words.index("Alla punkter")
    assert "Kontrollerna heter: no-traces" in page.words
    assert "ett fel hittades, se ovan" in page.words


async def test_what_the_servers_status_saw_is_a_point_and_what_is_not_well_comes_first_with_its_name(desks):
    audited(desks, 1, 0)
    said = []
    for days, troubles in ((0, ()), (1, ("daily work", "onion")), (4, ())):
        signs = {name: Sign.TROUBLE if name in troubles else Sign.WELL for name in LINES}
        write_upkeep(desks.made.home.path, Upkeep(today(desks.clock) - timedelta(days=days), signs), NEVER)
        async with pages_of(desks, LEAD) as reader:
            await reader.unlock()
            said.append((await reader.go("/checks")).words)

    well, troubled, old = said
    assert f"alla {len(LINES)} stämmer" in well
    assert "Något är fel med servern" not in well
    assert troubled.index("Något är fel med servern") < troubled.index("Alla punkter")
    assert "Kontrollerna heter: daily work, onion" in troubled
    assert "fråga varför de här saknas" in old


async def test_nights_without_an_audit_are_named(desks):
    audited(desks, 4, 3, 1)
    missing = [today(desks.clock) - timedelta(days=2)]

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        page = await reader.go("/checks")

    assert "Servern har inte granskat sig själv varje natt" in page.words
    assert reader.services.language.day(missing[0], year=False) in page.words


def test_missing_days_look_back_one_month_and_not_to_a_day_that_the_server_made_up(desks):
    day = today(desks.clock)
    records = [next_record(None, day.replace(year=1), 1, (), ()), next_record(None, day, 1, (), ())]

    assert len(missing_days(records, day)) == 31
    assert missing_days((), day) == ()


async def test_a_chain_of_audits_that_was_changed_is_red(desks):
    audited(desks, 2, 1)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/checks")
        (desks.made.home.path / "audit.chain").unlink()
        audited(desks, 2, 1, findings=("other",))
        page = await reader.go("/checks")

    assert "Servern har ändrat eller tagit bort granskningar av sig själv" in page.words


async def test_a_server_that_shows_other_members_is_red_and_says_what_to_do_first(desks):
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/checks")
        made, stranger = desks.made, new_member_keys()
        other = render(
            version=1,
            previous=desks.roster.previous,
            home=desks.roster.home,
            organisations=desks.roster.organisations,
            members=(*made.members[:2], member_row(stranger)),
        )
        async with reader.services.desk.at_work() as book:
            answer = await book.client.ask("roster", lambda _: _Nothing(), messages.RosterAnswer)
            lie(book, "roster", msgspec.structs.replace(answer, chain=(replace_text(answer.chain[0], other),)))
        page = await reader.go("/checks")

    assert page.status == 200
    assert "Servern visar andra behöriga än förut" in page.words
    assert page.words.index("Skicka inget i dag.") < page.words.index("jämför de sex orden")
    assert "Stämmer inte, se ovan" in page.words


async def test_a_case_that_is_shown_shorter_than_before_is_named_by_its_number(desks):
    case_id = await filed(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        async with reader.services.desk.at_work() as book:
            older = await book.fetch_case(book.state.find(case_id.hex()))
        await reader.go(f"/case/{case_id.hex()}")
        async with reader.services.desk.at_work() as book:
            lie(book, "case", older)
        page = await reader.go("/checks")

    assert "Servern visar något äldre än förut" in page.words
    assert case_number(case_id) in page.words


async def test_who_opened_a_case_on_which_day_is_told_to_who_reads_it_and_to_nobody_else(desks):
    mine = await filed(desks, "Om lönen.")
    hidden = await filed(desks, "Person 1 tar mutor.", concerns=[LEAD])

    async with pages_of(desks, HANDLER) as handler:
        await handler.unlock()
        await handler.go(f"/case/{mine.hex()}")
        await handler.go(f"/case/{hidden.hex()}")
    async with pages_of(desks, LEAD) as lead:
        await lead.unlock()
        page = await lead.go("/checks")

    day = lead.services.language.day(today(desks.clock), year=False)
    assert f"{day} Person 2 {case_number(mine)}" in page.words
    assert case_number(hidden) not in page.words


async def test_a_case_opened_twice_in_a_day_is_written_once_and_again_on_the_next(desks):
    case_id = await filed(desks)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        for _ in range(3):
            await reader.go(f"/case/{case_id.hex()}")
        desks.clock.forward(days=1)
        await reader.go(f"/case/{case_id.hex()}")
    async with desks.desk(LEAD) as book:
        await book.sync()
        case = await book.open(book.state.find(case_id.hex()))

    opened = [entry for entry in case.streams[Stream.NOTES] if entry.body == Opened()]
    assert len(opened) == 2
    assert [entry.day for entry in opened] == sorted({entry.day for entry in opened})


async def test_that_a_colleague_opened_a_case_is_no_news_and_the_reporter_sees_none_of_it(desks):
    reporter = await desks.file("En sak.")
    await desks.release()

    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        await reader.go(f"/case/{reporter.keys.case_id.hex()}")
    async with desks.desk(LEAD) as book:
        await book.sync()
        case = await book.open(book.state.find(reporter.keys.case_id.hex()))
    sees = await desks.reporter_sees(reporter)

    assert [entry.body for entry in case.streams[Stream.NOTES]] == [Opened()]
    # The report itself is new to her.
    assert case.new_entries == 1
    assert sees == []


async def test_the_command_line_writes_no_opening(desks):
    case_id = await filed(desks)

    await desks.command(LEAD, "list")
    async with desks.desk(LEAD) as book:
        await book.sync()
        case = await book.open(book.state.find(case_id.hex()))

    assert not case.streams.get(Stream.NOTES)


async def test_the_auditors_file_has_public_values_and_nothing_of_a_case(desks):
    case_id = await filed(desks, "Hemliga ord.")
    audited(desks, 0)

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.go("/checks")
        saved = await reader.send("/checks/file")

    found = json.loads(saved.text)
    assert "attachment" in saved.headers["Content-Disposition"]
    assert found["roster_hash"] == desks.roster.digest.hex()
    assert len(found["audits"]) == 1
    assert case_id.hex() not in saved.text
    assert "Hemliga" not in saved.text


class _Nothing(msgspec.Struct, frozen=True):
    pass


def replace_text(version, text):
    return (
        replace(version, text=text)
        if not isinstance(version, msgspec.Struct)
        else msgspec.structs.replace(version, text=text)
    )


async def test_the_case_page_folds_who_opened_it_beside_the_conversation(desks):
    case_id = await filed(desks)

    async with pages_of(desks, HANDLER) as handler:
        await handler.unlock()
        await handler.go(f"/case/{case_id.hex()}")
    async with pages_of(desks, LEAD) as lead:
        await lead.unlock()
        page = await lead.go(f"/case/{case_id.hex()}")

    talk = page.text.split('<ol class="talk">')[1].split("</ol>")[0]
    assert talk.count("<li") == 1
    assert "Vem som har öppnat det" in page.words
    day = lead.services.language.day(today(desks.clock), year=False)
    assert f"{day}: Person 2" in page.words
