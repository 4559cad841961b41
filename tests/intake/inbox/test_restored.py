"""After a restore: everybody who asks for the code reads of which days something is gone, in the same words."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from visitors.intake_harness import SetClock, file_report, make_home, running_intake

from cases.case.restored import RESTORED_NAME, Restored, SignedRestore, render_declarations
from cases.languages import LANGUAGES
from intake.inbox.log_in_page import RESTORE_SAID_FOR
from trusted.receipt.keys import new_receipt
from trusted.web.padding import SIZES

MADE, COPIED = date(2026, 3, 2), date(2026, 3, 1)  # the harness's Monday, and the day before
NOON = time(12, tzinfo=UTC)
SAID = "återställdes 2 mars 2026 från en kopia från 1 mars 2026. Det som skickades mellan de dagarna är borta."


def declared(*, moved: bool = False, with_shares: bool = True) -> str:
    restored = Restored("00" * 16, COPIED, MADE, moved, with_shares, "00" * 32, 1, "00" * 32)
    return render_declarations([SignedRestore(restored.text, "")])


async def pages_of(tmp_path, content: str, *, later: timedelta = timedelta(0)):
    """The page that asks for the code, and the one for a code that opens nothing; of a home with this file."""
    home = make_home(tmp_path / "home")
    (home.home.path / RESTORED_NAME).write_text(content)
    async with running_intake(tmp_path, home, clock=SetClock(datetime.combine(MADE + later, NOON))) as intake:
        browser = intake.browser()
        asking = await browser.get("/return")
        code = " ".join(new_receipt().words)
        return asking, await browser.post("/return", asking.form("/return").with_(code=code))


async def test_for_half_a_year_everybody_who_asks_reads_of_which_days_something_is_lost(tmp_path):
    first, refused = await pages_of(tmp_path, declared(), later=RESTORE_SAID_FOR)

    assert SAID in first.plain
    assert SAID in refused.plain
    assert {first.travelled, refused.travelled} <= set(SIZES[:3])


async def test_without_the_shares_all_that_was_sent_before_is_lost(tmp_path):
    first, _ = await pages_of(tmp_path, declared(with_shares=False))

    assert "återställdes 2 mars 2026. Det som skickades före den dagen är borta. Skicka det gärna igen." in first.plain


@pytest.mark.parametrize(
    ("content", "later"),
    [
        pytest.param(declared(), RESTORE_SAID_FOR + timedelta(days=1), id="longer ago"),
        pytest.param(declared(moved=True), timedelta(0), id="a move, which loses nothing"),
        pytest.param("no declaration\n", timedelta(0), id="a damaged file"),
        pytest.param(declared().replace("backup_day", "backup_dag"), timedelta(0), id="another text"),
    ],
)
async def test_nothing_is_said_of(tmp_path, content, later):
    first, refused = await pages_of(tmp_path, content, later=later)

    assert "återställdes" not in first.plain + refused.plain


async def test_the_page_has_the_same_size_in_each_language(tmp_path):
    home = make_home(tmp_path / "home")
    (home.home.path / RESTORED_NAME).write_text(declared())
    async with running_intake(tmp_path, home) as intake:
        browser = intake.browser()
        sizes = {(await browser.get(f"/return?lang={code}")).travelled for code in LANGUAGES}
        # A code that opens its case meets the sentence before, and not in the inbox.
        page = await file_report(browser, "Something")
        form = (await browser.get("/return")).form("/return")
        inbox = await browser.post("/return", form.with_(code=" ".join(page.receipt.words)))

    assert len(sizes) == 1
    assert "återställdes" not in inbox.plain
