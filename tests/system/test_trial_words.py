"""What the form says is so: of a trial, of a roster without counsel, of a closed case."""

from __future__ import annotations

import pytest
from visitors.intake_harness import file_report, make_home, running_intake

from kallskydd.demo.forwarder import with_banner

NEXT_DAY = "Ingen läser anmälan före"
AT_ONCE = "Det här är ett prov: anmälan visas genast."
COUNSEL_ALONE = 'name="unnamed"'


@pytest.mark.parametrize(
    ("settings", "promise", "broken"), [("at_once = true", AT_ONCE, NEXT_DAY), ("", NEXT_DAY, AT_ONCE)]
)
async def test_a_trial_that_shows_reports_at_once_does_not_promise_the_next_day(tmp_path, settings, promise, broken):
    made = make_home(tmp_path / "home", trial=True, settings=settings)
    async with running_intake(tmp_path, made) as intake:
        page = await intake.browser().get("/report")

    assert promise in page.plain
    assert broken not in page.plain


@pytest.mark.parametrize(("roles", "offered"), [(("lead", "handler", "counsel"), True), (("lead", "handler"), False)])
async def test_counsel_alone_is_offered_only_where_there_is_counsel(tmp_path, roles, offered):
    async with running_intake(tmp_path, make_home(tmp_path / "home", roles)) as intake:
        browser = intake.browser()
        page = await browser.get("/report")
        done = await file_report(browser, "En sak.")

    assert (COUNSEL_ALONE in page.text) is offered
    assert done.receipt


async def test_the_demonstration_has_one_banner_in_both_languages(tmp_path):
    async with running_intake(tmp_path, make_home(tmp_path / "home", trial=True)) as intake:
        own = await intake.browser().get("/")

    shown = with_banner(own.body).decode()

    assert own.text.count('class="trial"') == shown.count('class="trial"') == 1
    assert "inte anonym" in shown
    assert "not anonymous" in shown
    assert with_banner(b"<body>\n<p>").decode().count('class="trial"') == 1
