"""The page of the whole channel: who is waited for, the figures and the file, in Swedish."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pypdf
import pytest
from desks.harness import lie, running_desks
from desks.pages import pages_of
from visitors.intake_harness import SetClock, make_home

from cases.wire.sums import SumLine, SumsAnswer, SumsRequest, make_line
from cases.wire.syncing import ASKED, SyncAnswer
from desk.work.channel import cells
from kallskydd.certificate.figures import figures_as_pdf

LEAD, HANDLER = range(2)


@pytest.fixture
async def desks(tmp_path):
    clock = SetClock(datetime(2025, 1, 10, 12, 0, tzinfo=UTC))
    async with running_desks(tmp_path, make_home(tmp_path / "home"), clock) as desks:
        for number in range(12):
            await desks.file(f"Sak {number}.", concerns=[LEAD] if number < 5 else ())
        await desks.release()
        clock.now = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
        yield desks


async def channel_of(desks, member: int, verb: str = "", lies=None):
    """The page, the file and the PDF at a member's desk after it fetched; the server lies to one verb."""
    async with pages_of(desks, member) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
        if verb:
            lie(reader.services.desk.reading(), verb, lies)
            reader.services.refresh.begin()
            await reader.services.refresh.wait()
            assert reader.services.refresh.failed is None
            assert reader.services.refresh.fetched == desks.clock.now.date()
        page = await reader.go("/numbers/channel")
        if 'action="/numbers/channel/csv"' not in page.text:
            return page, None, None
        file = await reader.send("/numbers/channel/csv")
        await reader.go("/numbers/channel")
        return page, file, await reader.send("/numbers/channel/pdf", year="2025")


async def test_the_year_waits_for_those_who_have_not_fetched_and_then_counts_cases_of_which_a_member_is_the_subject(
    desks,
):
    members = range(len(desks.roster.members))
    early, *nothing = await channel_of(desks, LEAD)
    for member in members[1:]:
        await channel_of(desks, member)

    page, file, printed = await channel_of(desks, LEAD)

    assert "År 2025 väntar på dessa behörigas datorer: " in early.words
    assert nothing == [None, None]
    assert "Hela rapporteringskanalen, 2025" in page.words
    assert "12 anmälningar." in page.words
    assert "väntar på" not in page.words
    assert all(int(one) >= 5 for one in re.findall(r'<td class="n">(\d+)</td>', page.text))
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig")), delimiter=";"))
    assert rows[1] == ["2025", "Anmälningar", "Alla", "12"]
    assert ["2025", "Utfall", "Alla tillsammans", "12"] in rows
    assert 'style="' not in page.text
    document = pypdf.PdfReader(io.BytesIO(printed.body))
    said = document.pages[0].extract_text()
    assert len(document.pages) == 1
    assert "Antal" in said.split()
    assert document.trailer["/Root"]["/Lang"] == "sv"
    for words in ("Hela rapporteringskanalen, 2025", "12 anmälningar.", "Utfall", "Alla tillsammans"):
        assert words in said


async def test_parts_that_do_not_fit_together_are_said_to_be_so_and_nobody_is_waited_for(desks):
    first, *members = desks.made.keys
    made_up = make_line(first, desks.roster, 2025, [1] * len(cells(desks.roster)))
    for member in range(1, len(members) + 1):
        await channel_of(desks, member)

    page, *nothing = await channel_of_one_who_adds(desks, made_up)

    assert nothing == [None, None]
    assert "År 2025 har ingen statistik" in page.words
    assert "väntar på" not in page.words


async def channel_of_one_who_adds(desks, line):
    """The page of the first member, whose desk added this line."""
    async with desks.desk(0) as book:
        await book.sync()
        await book.client.ask("sums", lambda _: SumsRequest(2025, desks.roster.digest, (line,)), SumsAnswer)
    return await channel_of(desks, 0)


async def test_lines_of_the_year_before_are_none_of_this_one(desks):
    for member in range(len(desks.roster.members)):
        await channel_of(desks, member)
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
        desks.clock.now = desks.clock.now.replace(year=2027)
        page = await reader.go("/numbers/channel")

    assert "År 2026 väntar på dessa behörigas datorer: " in page.words
    assert all(one.name in page.words.split("väntar på")[1] for one in desks.roster.members)


async def test_what_is_no_line_changes_nothing_and_stops_no_fetching(desks):
    page, *_ = await channel_of(desks, LEAD, "sums", SumsAnswer((SumLine("0" * 32, bytes(4), bytes(64)),)))

    assert "Det finns ingen statistik än." in page.words


async def test_a_case_that_the_server_does_not_show_keeps_the_desk_from_adding_a_smaller_year(desks):
    gone = SyncAnswer(("gone",) * ASKED, ())
    number = min((LEAD, HANDLER), key=lambda one: desks.made.keys[one].id)
    async with pages_of(desks, number) as reader:
        desk = reader.services.desk
        begin = desk.on_unlock
        desk.on_unlock = lambda: (lie(desk.reading(), "sync", gone), begin())
        await reader.unlock()
        await reader.services.refresh.wait()
        channel = desk.reading().state.case_list.channel

    assert channel.added == {}


def test_tables_that_do_not_fit_on_a_sheet_go_on_over_pages_with_every_row():
    rows = [(f"Förvaltning {number}", number) for number in range(5, 205)]

    document = pypdf.PdfReader(
        io.BytesIO(figures_as_pdf("Hela", "sv", ["5 anmälningar."], ("Rad", "Antal"), [("T", rows)]))
    )

    said = "".join(page.extract_text() for page in document.pages)
    assert len(document.pages) > 2
    assert all(re.search(rf"Förvaltning {number}\s+{number}\b", said) for number in range(5, 205))


async def test_the_members_own_page_leads_to_it(desks):
    async with pages_of(desks, HANDLER) as reader:
        await reader.unlock()
        page = await reader.go("/numbers")

    assert 'href="/numbers/channel"' in page.text
    assert "behöver varje behörigs dator hämta nytt en gång i februari" in page.words
