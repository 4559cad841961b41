"""The page of the whole channel: who is waited for, the figures and the file, in Swedish."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pypdf
import pytest
from desks.harness import running_desks
from desks.pages import pages_of
from visitors.intake_harness import SetClock, make_home

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


async def channel_of(desks, member: int):
    async with pages_of(desks, member) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
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

    assert "År 2025 väntar på att dessa behöriga hämtar nytt" in early.words
    assert nothing == [None, None]
    assert "Hela kanalen, 2025" in page.words
    assert "12 anmälningar." in page.words
    assert "väntar på att dessa" not in page.words
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
    for words in ("Hela kanalen, 2025", "12 anmälningar.", "Utfall", "Alla tillsammans"):
        assert words in said


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
