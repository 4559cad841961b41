"""Another language, within a session: the same page, with what was typed and ticked, and nothing is done by it."""

from __future__ import annotations

import re

import pytest
from visitors.inbox_samples import TUESDAY, closed_case, shown_words, with_notes
from visitors.intake_harness import (
    SHOWN,
    Page,
    file_report,
    log_in,
    multipart,
    running_intake,
    two_words_back,
    words_asked,
    zygotes,
)
from visitors.samples import offered, opened, photograph, rows, telling_photograph

from intake.daily import release

TYPED = 'Måndag <b> & "tisdag".\n\n  Inte skickat.'


async def in_english(browser, page: Page, action: str, **typed) -> Page:
    """Press the button of the other language on a page."""
    return await browser.post(action, page.form(action, switch="en").with_(**typed))


def language_of(page: Page) -> str:
    return re.search('<html lang="([a-z]+)"', page.text)[1]


def text_in(page: Page, action: str) -> str:
    return dict(page.form(action).fields)["text"]


async def test_a_message_stays_and_is_sent_once_from_both_pages(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)

        english = await in_english(browser, inbox, "/inbox", text=TYPED)
        after_switch = rows(intake, "entries")
        sent = await browser.post("/inbox/write", english.form("/inbox/write").with_())
        from_before = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=TYPED))
        case = await opened(intake, report)

    assert english.status == SHOWN
    assert language_of(english) == "en"
    assert text_in(english, "/inbox/write") == TYPED
    assert after_switch == 1
    assert "has been received" in sent.plain
    assert "redan skickat" in from_before.plain
    assert [entry.body.text for entry in case.reporter] == ["Report", TYPED]


async def test_looking_for_news_keeps_the_message_as_well(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "Report")).receipt)

        news = await browser.post("/inbox", inbox.form("/inbox").with_(text=TYPED))

    assert text_in(news, "/inbox/write") == TYPED


async def test_what_was_pointed_out_stops_the_message_again_from_another_language_until_it_is_kept(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)
        text = "Call me on 070-123 45 67"
        stopped = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=text))

        back = await browser.post("/inbox/write", stopped.form("/inbox/write").with_(act="edit"))
        english = await in_english(browser, back, "/inbox/write")
        again = await browser.post("/inbox/write", english.form("/inbox/write").with_())
        kept = await browser.post("/inbox/write", again.form("/inbox/write").as_it_is())
        case = await opened(intake, report)

    assert (stopped.status, again.status, kept.status) == (400, 400, SHOWN)
    assert language_of(english) == "en"
    assert text_in(english, "/inbox/write") == text
    assert "<mark>070-123 45 67</mark>" in again.text
    assert [entry.body.text for entry in case.reporter] == ["Report", text]


async def test_what_is_new_in_a_message_stops_it_although_the_rest_was_kept(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)
        text = "Ring 070-123 45 67"
        stopped = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=text))

        fields = stopped.form("/inbox/write").as_it_is(text=f"{text}\nMvh\nAnna Andersson")
        signed = await browser.post("/inbox/write", fields)
        made_up = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=text, looked="yes"))
        case = await opened(intake, report)

    assert (signed.status, made_up.status) == (400, 400)
    assert "<mark>Anna Andersson</mark>" in signed.text
    assert "<mark>070-123 45 67</mark>" not in signed.text
    assert len(case.reporter) == 1


async def test_facts_that_were_ticked_stay_ticked_when_the_message_is_sent(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report", [photograph()])
        inbox = await log_in(browser, report.receipt)
        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(), [telling_photograph()])
        facts = offered(sent)[:2]

        beside = await browser.post("/inbox/write", sent.form("/inbox/write").with_(text="Text", fact=facts))
        ticked = [value for name, value in beside.form("/inbox/facts").fields if name == "fact"]
        with_file = await browser.post(
            "/inbox/write", beside.form("/inbox/write").with_(fact=facts), [telling_photograph()]
        )
        of_before = await browser.post("/inbox/write", with_file.form("/inbox/write").with_(text="More", fact=facts))
        newer = boxes(of_before)
        intake.clock.forward(minutes=20)
        await browser.post("/inbox", of_before.form("/inbox", switch="en").fields)
        intake.clock.forward(minutes=11)
        late = await browser.post("/inbox/write", of_before.form("/inbox/write").with_(text="Late", fact=newer))
        case = await opened(intake, report)

    assert ticked == facts
    for page in (with_file, of_before):
        assert text_in(page, "/inbox/write") == "\n".join(facts)
    assert newer == boxes(with_file) != boxes(beside)
    assert "<table" not in late.text
    assert text_in(late, "/inbox/write") == "\n".join(newer)
    texts = [entry.body.text for entry in case.reporter if hasattr(entry.body, "text")]
    assert texts == ["Report", "Text", "More", "Late"]


async def test_what_was_found_in_files_is_shown_again_with_the_ticks_and_the_message(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report", [photograph()])
        inbox = await log_in(browser, report.receipt)
        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(), [telling_photograph()])

        english = await in_english(browser, sent, "/inbox", text=TYPED, fact=offered(sent)[:2])
        nothing = await browser.post("/inbox/facts", english.form("/inbox/facts").with_(fact=[]))
        added = await browser.post("/inbox/facts", english.form("/inbox/facts").fields)
        case = await opened(intake, report)

    assert "<table" in english.text
    assert dict(english.form("/inbox/facts").fields)["text"] == TYPED
    assert boxes(nothing) == boxes(english)
    ticked = [value for name, value in english.form("/inbox/facts").fields if name == "fact"]
    assert ticked == boxes(english)[:2]
    assert ticked[0] == "File 2: the day the picture was taken, 14 March 2026"
    assert case.reporter[-1].body.text == "\n".join(ticked)
    assert text_in(added, "/inbox/write") == TYPED


async def test_what_was_found_is_shown_again_for_half_an_hour_and_goes_with_news(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "Report", [photograph()])).receipt)
        session = intake.services.sessions.peek(dict(inbox.form("/inbox/write").with_())["handle"])
        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(), [telling_photograph()])
        intake.clock.forward(minutes=20)
        fields = sent.form("/inbox", switch="en").fields
        led = await browser.request_once("POST", "/inbox", *packed(fields))
        soon = await browser.follow(led)
        intake.clock.forward(minutes=11)
        kept = await browser.follow(led)
        late = await browser.post("/inbox", fields)
        found_late = session.found
        again = await browser.post("/inbox/write", late.form("/inbox/write").with_(), [telling_photograph()])
        news = await browser.post("/inbox", again.form("/inbox").fields)

    assert "<table" in soon.text
    assert "<table" not in kept.text
    assert "<table" not in late.text
    assert found_late is None
    assert "<table" in again.text
    assert "<table" not in news.text
    assert session.found is None


def packed(fields: list[tuple[str, str]]) -> tuple[bytes, dict[str, str]]:
    """A form as it travels: its body and its headers."""
    return multipart("x" * 20, fields), {"Content-Type": f"multipart/form-data; boundary={'x' * 20}"}


def boxes(page: Page) -> list[str]:
    """The facts that can be ticked, or are."""
    return re.findall(r'<input type="checkbox" name="fact" value="([^"]*)"', page.text)


async def test_the_pages_of_the_receipt_keep_their_words_and_what_is_ticked(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report", [telling_photograph()])

        english = await in_english(browser, page, "/receipt")
        files = await two_words_back(browser, page)
        english_files = await in_english(browser, files, "/receipt/check", fact=offered(files)[0])
        days = await browser.post("/receipt/next", english_files.form("/receipt/next").fields)
        swedish = await browser.post("/receipt/next", days.form("/receipt/next", switch="sv").fields)
        case = await opened(intake, page)

    assert language_of(english) == "en"
    assert english.receipt == page.receipt
    assert 'value="File 1: the day the picture was taken, 14 March 2026" checked' in english_files.text
    assert "8 March 2026" in days.plain
    assert (language_of(swedish), "8 mars 2026" in swedish.plain) == ("sv", True)
    assert len(case.reporter) == 3


async def test_without_two_words_typed_back_the_button_of_a_language_leads_no_further(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")

        fields = page.form("/receipt/check").with_(switch="en", word=["", ""])
        answer = await browser.post("/receipt/check", fields)

    assert language_of(answer) == "en"
    assert answer.receipt == page.receipt


async def test_a_wish_to_meet_stays(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report, inbox = await with_notes(intake, browser)
        asked = await browser.post("/inbox/meeting", inbox.form("/inbox/meeting").fields)

        english = await in_english(browser, asked, "/inbox/meeting", text=TYPED)
        before = len((await opened(intake, report)).reporter)
        sent = await browser.post("/inbox/meeting", english.form("/inbox/meeting").fields)
        case = await opened(intake, report)

    assert (language_of(english), text_in(english, "/inbox/meeting")) == ("en", TYPED)
    assert len(case.reporter) == before + 1
    assert "You have asked for a meeting." in sent.plain
    assert case.reporter[-1].body.text == TYPED


@pytest.mark.parametrize("typed", [TYPED, None])
async def test_what_is_wrong_with_the_notes_stays_and_nothing_is_approved(tmp_path, typed):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report, inbox = await with_notes(intake, browser)
        asked = await browser.post("/inbox/minutes", inbox.form("/inbox/minutes").fields)

        english = await in_english(browser, asked, "/inbox/minutes", **({} if typed is None else {"text": typed}))
        before = len((await opened(intake, report)).reporter)
        sent = await browser.post("/inbox/write", english.form("/inbox/write").with_())

    assert language_of(english) == "en"
    assert "Are these notes right?" in english.plain
    assert text_in(english, "/inbox/write") == (typed or "About the notes from our conversation:\n")
    assert before == 1
    assert "has been received" in sent.plain


async def test_new_words_are_the_same_in_another_language_and_approve_once(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report, inbox = await with_notes(intake, browser)
        _asked, words = await shown_words(browser, inbox)

        english = await in_english(browser, words, "/inbox/minutes")
        before = len((await opened(intake, report)).reporter)
        fields = english.form("/inbox/minutes").with_(word=words_asked(english))
        approved = await browser.post("/inbox/minutes", fields)

    assert language_of(english) == "en"
    assert english.receipt == words.receipt
    assert before == 1
    assert "You have approved the notes." in approved.plain


@pytest.mark.parametrize("action", ["/inbox/take-back", "/inbox/withdraw", "/inbox/end"])
async def test_what_is_asked_once_more_is_asked_in_another_language_and_done_by_yes_alone(tmp_path, action):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        if action == "/inbox/end":
            report = await closed_case(intake, browser)
        else:
            report = await file_report(browser, "Report")
            if action == "/inbox/withdraw":
                await release(intake.services, TUESDAY)
        inbox = await log_in(browser, report.receipt)
        asked = await browser.post(action, inbox.form(action).fields)

        english = await in_english(browser, asked, action)
        before = len((await opened(intake, report)).reporter)
        swedish_yes = next(form for form in asked.forms if form.action == action and dict(form.fields).get("mark"))
        with_mark = await browser.post(action, swedish_yes.with_(switch="en"))
        still = len((await opened(intake, report)).reporter)
        done = await browser.post(action, next(f for f in english.forms if dict(f.fields).get("mark")).fields)

    assert (asked.status, english.status, done.status) == (SHOWN, SHOWN, SHOWN)
    assert (language_of(english), language_of(with_mark), language_of(done)) == ("en", "en", "en")
    assert before == still == 1
    assert "Yes," in with_mark.plain


async def test_a_message_that_met_the_end_of_its_session_stays_on_the_page_that_asks_for_the_code(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)
        intake.clock.forward(minutes=31)
        over = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="First"))

        english = await in_english(browser, over, "/return", text=TYPED, code="some words of it")
        code = " ".join(report.receipt.words)
        back = await browser.post("/return", english.form("/return").with_(code=code))

    assert language_of(english) == "en"
    assert "so your message was not sent" in english.plain
    assert "some words of it" not in english.text
    assert text_in(english, "/return") == TYPED
    assert text_in(back, "/inbox/write") == TYPED


async def test_a_message_stays_also_when_the_session_ended_before_the_language_was_chosen(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "Report")).receipt)
        intake.clock.forward(minutes=31)

        english = await in_english(browser, inbox, "/inbox", text=TYPED)

    assert (language_of(english), text_in(english, "/return")) == ("en", TYPED)


@pytest.mark.parametrize("field", ["switch", "before", "after"])
async def test_a_browser_that_does_not_know_where_a_button_leads_sends_nothing_by_it(tmp_path, field):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Report")
        inbox = await log_in(browser, report.receipt)

        again = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(**{field: "en", "text": TYPED}))
        case = await opened(intake, report)

    assert text_in(again, "/inbox/write") == TYPED
    assert len(case.reporter) == 1


async def test_a_text_browser_sends_the_little_form_around_a_button_of_the_report_form(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await browser.get("/report")
        around = r'<form method="post" action="(/report)"[^>]*>\n((?:<input[^>]*>\n)+)'
        button = rf'{around}<button[^>]* name="switch" value="en"'
        (action, hidden), *_others = re.findall(button, page.text)
        fields = re.findall('name="([^"]+)" value="([^"]*)"', hidden)

        answer = await browser.post(action, [*fields, ("switch", "en")])

    assert answer.status == SHOWN
    assert language_of(answer) == "en"
    assert 'name="text" rows' in answer.text


async def test_the_enter_key_on_a_box_of_the_page_of_the_files_changes_no_language(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        code = await file_report(intake.browser(), "Report", [telling_photograph()])
        page = await two_words_back(intake.browser(), code)

    # The key presses the first button of the form, and one that is disabled does nothing.
    first, *others = re.findall('<button[^>]* form="facts"[^>]*>', page.text)
    assert "disabled" in first
    assert others
