"""The inbox of a closed case, ended by the reporter; and asking to meet."""

from datetime import date

from homes.store_harness import rows
from visitors.inbox_samples import closed_case, members_write
from visitors.intake_harness import file_report, log_in, make_home, running_intake
from visitors.samples import opened, without_marks

from intake.daily import release
from trusted.case.entry import CompletionRequest, MeetingRequest, Outcome
from trusted.receipt.keys import new_receipt

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)


async def test_the_reporter_ends_the_inbox_of_a_closed_case_and_the_code_opens_nothing(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await closed_case(intake, browser)
        inbox, elsewhere = await log_in(browser, page.receipt), await log_in(browser, page.receipt)

        asked = await browser.post("/inbox/end", inbox.form("/inbox/end").fields)
        still = await log_in(browser, page.receipt)
        done = await browser.post("/inbox/end", asked.form("/inbox/end").fields)
        never = without_marks(await log_in(browser, new_receipt()))
        later = without_marks(await log_in(browser, page.receipt))
        over = await browser.post("/inbox", elsewhere.form("/inbox", language="sv").fields)
        again = await browser.post("/inbox/end", asked.form("/inbox/end").fields)

    assert "Stänga inkorgen?" in asked.plain
    assert "It has been put right." in still.plain
    assert "Du har stängt inkorgen." in done.plain
    assert done.headers["clear-site-data"] == '"cache"'
    assert later == never
    assert "Du är utloggad" in over.plain
    assert "Du är utloggad" in again.plain
    assert rows(intake.made.home.path, "SELECT from_day FROM ended_inboxes") == [(WEDNESDAY.isoformat(),)]


async def test_the_page_names_the_last_day_on_which_it_can_be_read_and_the_next_from_which_the_case_may_be_erased(
    tmp_path,
):
    made = make_home(tmp_path / "home", settings="inbox_days = 90")
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        page = await closed_case(intake, browser)

        inbox = await log_in(browser, page.receipt)

    assert inbox.plain.count("31 maj 2026") == 1
    assert inbox.plain.count("1 juni 2026") == 1
    assert "april 2026" not in inbox.plain


async def test_before_closing_the_page_says_that_withdrawing_is_the_way(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Something")
        await release(intake.services, TUESDAY)
        inbox = await log_in(browser, page.receipt)

        by_hand = await browser.post("/inbox/end", inbox.form("/inbox/withdraw").fields)
        still = await log_in(browser, page.receipt)

    assert [form for form in inbox.forms if form.action == "/inbox/end"] == []
    assert "När ärendet är avslutat kan du också stänga inkorgen." in inbox.plain
    assert "Du kan stänga inkorgen när ärendet är avslutat." in by_hand.plain
    assert "dra tillbaka anmälan" in by_hand.plain
    assert "Something" in still.plain


async def test_the_outcome_stands_out_and_a_question_stands_first_with_its_day(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "The report itself")
        await release(intake.services, TUESDAY)
        await members_write(intake, page, CompletionRequest("Which bridge?", date(2026, 3, 20)))
        asked = await log_in(browser, page.receipt)
        await members_write(intake, page, Outcome("dismissed", "It was another bridge."))
        concluded = await log_in(browser, page.receipt)

    assert asked.plain.index("Which bridge?") < asked.plain.index("Svara gärna senast 20 mars 2026.")
    assert asked.plain.index("Which bridge?") < asked.plain.index("The report itself")
    assert "Ärendet avslutas inte för att svaret dröjer." in asked.plain
    assert '<section class="notice outcome"' in concluded.text
    assert concluded.plain.index("It was another bridge.") < concluded.plain.index("The report itself")


async def test_the_reporter_asks_to_meet_and_is_told_what_a_meeting_shows(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Something")
        await release(intake.services, TUESDAY)
        inbox = await log_in(browser, page.receipt)

        asked = await browser.post("/inbox/meeting", inbox.form("/inbox/meeting").fields)
        fields = asked.form("/inbox/meeting").with_(text="By telephone, an evening.")
        sent = await browser.post("/inbox/meeting", fields)
        twice = await browser.post("/inbox/meeting", fields)
        case = await opened(intake, page)

    assert "Den du träffar ser vem du är." in asked.plain
    assert "dolt nummer" in asked.plain
    assert "Du har bett om ett möte." in sent.plain
    assert "redan skickat" in twice.plain
    assert [entry.body for entry in case.reporter[1:]] == [MeetingRequest("By telephone, an evening.")]
    assert case.released == 1


async def test_words_about_a_meeting_are_not_lost_with_the_session(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Something")
        await release(intake.services, TUESDAY)
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/meeting", inbox.form("/inbox/meeting").fields)
        intake.clock.forward(minutes=31)

        over = await browser.post("/inbox/meeting", asked.form("/inbox/meeting").with_(text="An evening."))

    assert dict(over.form("/return").fields)["text"] == "An evening."
