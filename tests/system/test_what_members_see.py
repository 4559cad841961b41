"""What a member can read from a case besides its words: dates, numbers, gaps. Nothing may be finer than the release."""

from datetime import date

from visitors.inbox_samples import members_write
from visitors.intake_harness import SHOWN, file_report, log_in, make_home, running_intake, zygotes
from visitors.samples import opened, photograph

from intake.daily import release
from trusted.case.entry import Acknowledgement, Attachment, Stream

MONDAY = date(2026, 3, 2)
TUESDAY = date(2026, 3, 3)
WEDNESDAY = date(2026, 3, 4)


def orders(case):
    return [entry.body.order for entry in case.reporter if isinstance(entry.body, Attachment)]


async def test_every_entry_of_a_reporter_bears_the_day_of_its_release_and_no_other(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Written on a Monday", [photograph()])
        inbox = await log_in(browser, page.receipt)
        await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="And more on Monday"))
        intake.clock.forward(hours=12)  # the middle of the night to Tuesday: too late for Tuesday's release
        inbox = await log_in(browser, page.receipt)
        await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="And more in the night"))
        case = await opened(intake, page)

    assert [entry.day for entry in case.reporter] == [TUESDAY] * 4 + [WEDNESDAY]


async def test_an_urgent_report_bears_the_day_on_which_it_was_shown(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Someone is in danger", urgent="yes")
        case = await opened(intake, page)

    assert [entry.day for entry in case.reporter] == [MONDAY]


async def test_a_withdrawal_bears_the_day_of_its_release(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "To be withdrawn")
        await release(intake.services, TUESDAY)
        intake.clock.forward(days=1)
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/withdraw", inbox.form("/inbox/withdraw", without="file").fields)
        await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)
        case = await opened(intake, page)

    assert case.reporter[-1].day == WEDNESDAY


async def test_a_file_that_was_taken_back_leaves_no_gap_in_numbers_orders_or_days(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Three", [photograph(32), photograph(33), photograph(34)])
        intake.clock.forward(hours=12)
        inbox = await log_in(browser, page.receipt)
        await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="Later"), [photograph(35)])
        before = await opened(intake, page)
        second = [entry.body for entry in before.reporter if isinstance(entry.body, Attachment)][1]
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back", file=second.file_id).fields)
        done = await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        after = await opened(intake, page)
        copies = [await browser.post("/inbox/file", form.fields) for form in done.forms if form.action == "/inbox/file"]

    assert orders(before) == [0, 1, 2, 3]
    assert orders(after) == [0, 1, 2]
    # All that waits now waits for the latest day, and says so: an older day would tell that something was rewritten.
    assert {entry.day for entry in after.reporter} == {WEDNESDAY}
    assert [copy.status for copy in copies] == [SHOWN, SHOWN, SHOWN]


async def test_the_number_that_is_bound_to_a_file_says_nothing_of_its_place(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        page = await file_report(intake.browser(), "Four", [photograph(32 + side) for side in range(4)])
        case = await opened(intake, page)

    numbers = {row.number for row in case.rows.files}
    assert len(numbers) == 4
    # Four random numbers of 31 bits below a thousand: once in ten to the twenty-five.
    assert max(numbers) > 1000


async def test_what_a_reporter_writes_after_an_answer_still_stands_after_it(tmp_path):
    made = make_home(tmp_path / "home")
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        page = await file_report(browser, "First")
        await release(intake.services, TUESDAY)
        intake.clock.forward(days=1)
        await members_write(intake, page, Acknowledgement("Thank you."))
        inbox = await log_in(browser, page.receipt)

        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="My answer to that"))
        case = await opened(intake, page)

    assert sent.plain.index("My answer to that") < sent.plain.index("Thank you.")
    assert case.reporter[1].after == {Stream.MEMBERS: 1}
