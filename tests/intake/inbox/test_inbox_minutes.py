"""Notes from a conversation: read, corrected, approved; with the approval the words of before open nothing any more."""

import asyncio
from datetime import date

import pytest
from homes.store_harness import rows
from visitors.inbox_samples import NOTES, filled, shown_words, with_notes
from visitors.intake_harness import log_in, running_intake, zygotes
from visitors.samples import opened, photograph, without_marks

from intake.daily import release
from intake.inbox.case import add_entries, open_case
from trusted.case.entry import Message, MinutesApproved
from trusted.case.errors import NotThere
from trusted.receipt.keys import new_receipt

TUESDAY, WEDNESDAY = date(2026, 3, 3), date(2026, 3, 4)


async def approve(browser, inbox):
    asked, words = await shown_words(browser, inbox)
    return asked, words, await browser.post("/inbox/minutes", filled(words))


async def test_notes_are_shown_and_approving_them_gives_a_new_code_and_ends_the_old_one(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page, inbox = await with_notes(intake, browser)

        asked, words, approved = await approve(browser, inbox)
        never = without_marks(await log_in(browser, new_receipt()))
        old = without_marks(await log_in(browser, page.receipt))
        new = await log_in(browser, words.receipt)
        case = await opened(intake, words)

    assert NOTES in inbox.plain
    assert "Stämmer anteckningarna?" in asked.plain
    assert [within for within in (inbox, asked, words, approved) if 'href="/' in within.text.split("</main>")[1]] == []
    assert "Inget har ändrats än." in words.plain
    assert words.receipt.words != page.receipt.words
    assert words.headers["cache-control"] == "no-store"
    assert "Du har godkänt anteckningarna. Nu öppnar den nya koden ärendet." in approved.plain
    assert approved.headers["clear-site-data"] == '"cache"'
    assert old == never
    assert "By telephone" in new.plain
    assert "Du godkände anteckningarna" in new.plain
    assert [form for form in new.forms if form.action == "/inbox/minutes"] == []
    assert isinstance(case.reporter[1].body, MinutesApproved)


async def test_until_the_new_words_are_written_down_nothing_changes_and_they_open_nothing(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page, inbox = await with_notes(intake, browser)

        _asked, words = await shown_words(browser, inbox)
        _asked, again = await shown_words(browser, inbox)
        new = await log_in(browser, words.receipt)
        old = await log_in(browser, page.receipt)
        case = await opened(intake, page)

    assert again.receipt.words == words.receipt.words
    assert "Den koden öppnar inget ärende." in new.plain
    assert "By telephone" in old.plain
    assert len(case.reporter) == 1


@pytest.mark.parametrize("words", [("fel", "fel"), (), ("", ""), ("abakus",)])
async def test_without_two_words_of_the_new_code_nothing_is_approved_and_it_is_shown_again(tmp_path, words):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page, inbox = await with_notes(intake, browser)
        _, shown = await shown_words(browser, inbox)

        refused = await browser.post("/inbox/minutes", shown.form("/inbox/minutes").with_(word=words))
        old = await log_in(browser, page.receipt)
        approved = await browser.post("/inbox/minutes", filled(refused))

    assert refused.status == 400
    assert "Orden stämmer inte med din ärendekod." in refused.plain
    assert refused.receipt == shown.receipt
    assert old.form("/inbox/write")
    assert "Du har godkänt anteckningarna." in approved.plain


async def test_the_new_words_are_refused_in_a_message_as_the_old_ones_are(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page, inbox = await with_notes(intake, browser)
        _asked, words = await shown_words(browser, inbox)

        refused = [
            await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=" ".join(one.receipt.words)))
            for one in (page, words)
        ]

    assert all("innehåller ord ur din ärendekod" in one.plain for one in refused)


async def test_an_approval_waits_for_the_release_and_bears_its_day(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)

        _asked, words, _approved = await approve(browser, inbox)
        waiting = await opened(intake, words)
        await release(intake.services, WEDNESDAY)
        released = await opened(intake, words)

    assert (waiting.released, released.released) == (1, 2)
    assert released.reporter[1].day == WEDNESDAY


async def test_the_same_approval_sent_twice_is_one(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)
        _asked, words = await shown_words(browser, inbox)
        fields = filled(words)

        both = await asyncio.gather(*(browser.post("/inbox/minutes", fields) for _ in range(2)))
        later = await browser.post("/inbox/minutes", fields)
        case = await opened(intake, words)

    assert sorted("redan skickat" in one.plain for one in both) == [False, True]
    assert "redan skickat" in later.plain
    assert len(case.reporter) == 2


async def test_two_pages_with_words_make_one_approval_and_the_second_changes_no_code(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)
        pages = [(await shown_words(browser, inbox))[1] for _ in range(2)]

        answers = [await browser.post("/inbox/minutes", filled(one)) for one in pages]
        case = await opened(intake, pages[0])

    assert "Du har godkänt anteckningarna." in answers[0].plain
    assert "Du har godkänt anteckningarna." not in answers[1].plain
    assert len(case.reporter) == 2


async def test_other_sessions_with_the_old_words_end_and_this_one_goes_on(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page, inbox = await with_notes(intake, browser)
        members = await log_in(browser, page.receipt)

        _asked, words, goes_on = await approve(browser, inbox)
        over = await browser.post("/inbox", members.form("/inbox", language="sv").fields)
        written_on = await browser.post("/inbox/write", goes_on.form("/inbox/write").with_(text="And more"))
        case = await opened(intake, words)

    assert "By telephone" in goes_on.plain
    assert "Du är utloggad" in over.plain
    assert "By telephone" not in over.plain
    assert "Vi har tagit emot ditt meddelande." in written_on.plain
    assert case.reporter[2].body == Message("And more")
    assert case.reporter[2].author != case.reporter[1].author


async def test_old_keys_that_somebody_kept_write_nothing_any_more(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)
        handle = dict(inbox.form("/inbox", language="sv").fields)["handle"]
        session = intake.services.sessions.find(handle)
        old_keys = session.keys
        await approve(browser, inbox)

        # Whoever kept the old words signs with the old keys, in a session that believes in them.
        session.keys, new_keys = old_keys, session.keys
        with pytest.raises(NotThere):
            await add_entries(intake.services, session, [Message("Forged")], at_once=False)
        session.keys = new_keys
        case = await open_case(intake.services, session)

    assert len(case.reporter) == 2


async def test_what_is_wrong_with_the_notes_is_sent_as_a_message_and_changes_no_code(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page, inbox = await with_notes(intake, browser)
        asked = await browser.post("/inbox/minutes", inbox.form("/inbox/minutes").fields)
        form = asked.form("/inbox/write")

        await browser.post("/inbox/write", form.with_(text=dict(form.fields)["text"] + "It was three times."))
        again = await log_in(browser, page.receipt)
        case = await opened(intake, page)

    assert case.reporter[1].body.text == "Om anteckningarna från vårt samtal:\nIt was three times."
    assert again.form("/inbox/minutes")


async def test_the_lookup_of_the_old_words_is_not_on_the_disk_any_more(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)
        before = rows(intake.made.home.path, "SELECT lookup_id, reporter_grant FROM cases")[0]
        await approve(browser, inbox)
        files = b"".join((intake.made.home.path / name).read_bytes() for name in ("kallskydd.db", "kallskydd.db-wal"))

    assert [piece in files for piece in before] == [False, False]


async def test_a_file_beside_a_waiting_approval_is_not_taken_back_and_the_page_has_said_so(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)
        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="A picture"), [photograph()])
        take_back = next(form for form in sent.forms if form.action == "/inbox/take-back")
        asked_back = await browser.post("/inbox/take-back", take_back.fields)

        asked, words, goes_on = await approve(browser, sent)
        refused = await browser.post("/inbox/take-back", asked_back.form("/inbox/take-back").fields)
        case = await opened(intake, words)

    assert "Ta tillbaka dem först om du vill." in asked.plain
    assert [form for form in goes_on.forms if form.action == "/inbox/take-back"] == []
    assert "Du kan inte ta tillbaka bilagan nu" in refused.plain
    assert [type(entry.body).__name__ for entry in case.reporter[1:]] == [
        "Message",
        "Attachment",
        "ScrubRecord",
        "MinutesApproved",
    ]


async def test_numbers_that_are_no_notes_are_answered_kindly(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _page, inbox = await with_notes(intake, browser)
        fields = inbox.form("/inbox/minutes").fields

        pages = [
            await browser.post("/inbox/minutes", [*[one for one in fields if one[0] != "number"], ("number", number)])
            for number in ("7", "-1", "x", "", "99999999999999999999")
        ]

    assert all("inga anteckningar som väntar" in page.plain for page in pages)
