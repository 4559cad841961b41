"""The inbox: reading, writing, taking back, withdrawing, leaving."""

import asyncio
import html
import re
from datetime import date
from io import BytesIO

from PIL import Image
from visitors.code_search import code_in
from visitors.inbox_samples import TUESDAY, closed_case, members_write
from visitors.intake_harness import SHOWN, file_report, log_in, running_intake, zygotes
from visitors.samples import opened, photograph, rows

from intake.daily import release
from trusted.case.entry import (
    Acknowledgement,
    Attachment,
    Close,
    CompletionRequest,
    Message,
    Outcome,
    PhoneMinutes,
    Stream,
)


async def test_answers_are_read_at_once_and_a_reply_waits_for_the_next_release(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "The first text", organisation="wbab")
        await release(intake.services, TUESDAY)
        intake.clock.forward(days=1)
        await members_write(
            intake, page,
            Acknowledgement("Thank you, we look into it."),
            CompletionRequest("Which day was it?", date(2026, 3, 20)),
        )  # fmt: skip

        inbox = await log_in(browser, page.receipt)
        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="It was a Monday."))
        case = await opened(intake, page)

    assert "En fråga väntar på ditt svar." in inbox.plain
    assert "Lead 1" in inbox.plain
    assert "Which day was it?" in inbox.plain
    assert "Svara gärna senast 20 mars 2026." in inbox.plain
    assert "Vi har tagit emot ditt meddelande." in sent.plain
    assert "Du – väntar, inte sett än De kan läsa det från 4 mars 2026 It was a Monday." in sent.plain
    assert [type(entry.body) for entry in case.reporter[1:]] == [Message]
    assert case.reporter[1].after == {Stream.MEMBERS: 2}
    assert case.released == 1


def conversation(page) -> list[str]:
    """What stands in each entry, from the top of the page."""
    entries = page.text.split('<ol class="entries">')[1].split("</ol>")[0]
    plain = (html.unescape(re.sub(r"<[^>]*>", " ", one)) for one in entries.split("<li ")[1:])
    return [" ".join(one.partition(">")[2].split()) for one in plain]


async def test_the_conversation_has_the_newest_first_with_its_days_and_what_was_sent_together_stays_so(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "The first text", [photograph(), photograph(32)])
        await release(intake.services, TUESDAY)
        intake.clock.forward(days=1)
        document = Attachment("ab" * 16, "pdf", 1_234_567, "cd" * 32, 0, "ef" * 16)
        await members_write(intake, page, Acknowledgement("We look into it."), Message("Please read."), document)
        inbox = await log_in(browser, page.receipt)
        sent = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="I have read it."))

    reply, *before = conversation(sent)
    assert reply.startswith("Du – väntar, inte sett än De kan läsa det från 4 mars 2026")
    assert reply.endswith("I have read it.")
    assert before == conversation(inbox)
    assert "Det senaste meddelandet nedan är till dig." in inbox.plain
    assert "Det senaste meddelandet" not in sent.plain
    message, document, received, report, first, second = before
    assert message == "Lead 1 3 mars 2026 Please read."
    assert document == "Bilaga 1 från dem PDF-dokument – 1,2 MB Öppna bilagan (ny flik)"
    assert received.startswith("Lead 1 3 mars 2026 Vi har tagit emot anmälan")
    assert report == "Du De kan läsa det sedan 3 mars 2026 Din anmälan The first text"
    assert first.startswith("Din bilaga 1 Bild (JPEG) – ")
    assert second.startswith("Din bilaga 2 Bild (JPEG) – ")


def steps(page) -> list[str]:
    found = page.text.split('<ol class="steps">')[1].split("</ol>")[0]
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", one)).split()) for one in found.split("<li ")[1:]]


async def test_the_state_stands_in_three_steps_and_the_one_it_is_at_is_named_so(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Something")
        waiting = await log_in(browser, page.receipt)
        await release(intake.services, TUESDAY)
        await members_write(intake, page, Acknowledgement("Thanks."), CompletionRequest("Which?", date(2026, 3, 20)))
        asked = await log_in(browser, page.receipt)
        closed = await log_in(browser, (await closed_case(intake, browser)).receipt)

    for one, now in ((waiting, 0), (asked, 1), (closed, 2)):
        assert [place for place, step in enumerate(steps(one)) if "Nu:" in step] == [now]
        assert one.text.count('aria-current="step"') == 1
    assert "Nu: Väntar på ditt svar" in asked.plain
    assert "Handläggs" in waiting.plain


async def test_who_has_answered_a_question_is_not_back_at_the_beginning(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Something")
        await release(intake.services, TUESDAY)
        # The confirmation is still to come, and its day counts on.
        await members_write(intake, page, CompletionRequest("Which?", date(2026, 3, 20)))
        asked = await log_in(browser, page.receipt)
        answered = await browser.post("/inbox/write", asked.form("/inbox/write").with_(text="That one."))

    assert [place for place, step in enumerate(steps(answered)) if "Nu:" in step] == [1]
    assert "bekräfta att de har läst" not in answered.plain


def said_twice(page) -> set[str]:
    """Which of our own sentences stand twice between the header and the footer."""
    ours = re.sub(
        r'<div class="written".*?</div>', "", page.text.split("<main")[1].split("</main>")[0], flags=re.DOTALL
    )
    texts = [" ".join(html.unescape(one).split()) for one in re.split(r"<[^>]*>", ours)]
    sentences = [one for text in texts for one in re.findall(r"[^.?!]+[.?!](?= |$)", text)]
    assert len(sentences) > 3
    return {one.strip() for one in sentences if sentences.count(one) > 1}


async def test_no_sentence_stands_twice_on_a_page_of_the_inbox(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Something", [photograph()])
        pages = [await log_in(browser, page.receipt)]
        await release(intake.services, TUESDAY)
        day = date(2026, 3, 20)
        questions = (CompletionRequest("Which week?", day), CompletionRequest("Which street?", date(2026, 3, 21)))
        await members_write(intake, page, Acknowledgement("Thanks."), *questions, PhoneMinutes("You said so."))
        asked = await log_in(browser, page.receipt)
        pages.append(asked)
        pages.append(
            await browser.post("/inbox/write", asked.form("/inbox/write").with_(text="Soon"), [photograph(32)])
        )
        pages.append(await log_in(browser, (await closed_case(intake, browser)).receipt))

    assert [said_twice(one) for one in pages] == [set()] * 4
    # A question that waits stands once, at the top, and the conversation leads to it.
    assert asked.text.count("Which week?") == asked.text.count("You said so.") == 1
    assert asked.text.count('href="#question-1"') == asked.text.count('id="question-1"') == 1


async def test_the_outcome_and_the_end_are_shown(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Something")
        await release(intake.services, TUESDAY)
        await members_write(intake, page, Outcome("handled", "It has been put right."), Close())

        inbox = await log_in(intake.browser(), page.receipt)

    assert "Anmälan är handlagd" in inbox.plain
    assert "It has been put right." in inbox.plain
    assert "Ärendet är avslutat." in inbox.plain
    assert "1 april 2026 Från den dagen får de som handlägger ärendet radera (gallra) det för alltid." in inbox.plain


async def test_a_session_ends_after_thirty_idle_minutes_and_not_while_it_is_used(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        report = await file_report(browser, "Still here")
        inbox = await log_in(browser, report.receipt)
        fields = inbox.form("/inbox", language="sv").fields

        intake.clock.forward(minutes=29)
        used = await browser.post("/inbox", fields)
        intake.clock.forward(minutes=29)
        used_again = await browser.post("/inbox", fields)
        intake.clock.forward(minutes=31)
        over = await browser.post("/inbox", fields)

    assert "Still here" in used.plain
    assert "Still here" in used_again.plain
    assert "Du är utloggad" in over.plain


async def test_a_message_sent_twice_is_one_message_and_says_so(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        fields = (await log_in(browser, page.receipt)).form("/inbox/write").with_(text="Only once")

        answers = await asyncio.gather(*(browser.post("/inbox/write", fields) for _ in range(2)))
        later = await browser.post("/inbox/write", fields)
        case = await opened(intake, page)

    assert len(case.reporter) == 2
    assert sorted("redan skickat" in one.plain for one in answers) == [False, True]
    assert "redan skickat" in later.plain


async def test_a_message_sent_from_two_pages_of_the_inbox_is_one_message_and_another_text_comes_back(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        first = (await log_in(browser, page.receipt)).form("/inbox/write")
        # As Back leads to the first page again after the message was sent from the second.
        second = (await browser.post("/inbox/write", first.with_(text="Only once", act="news"))).form("/inbox/write")
        sent = await browser.post("/inbox/write", second.with_(text="Only once", act="send"))
        same = await browser.post("/inbox/write", first.with_(text="Only once", act="send"))
        other = await browser.post("/inbox/write", first.with_(text="Another", act="send"))
        file = await browser.post("/inbox/write", first.with_(text="Only once", act="send"), [photograph()])
        at_last = await browser.post("/inbox/write", other.form("/inbox/write").with_(text="Another"))
        case = await opened(intake, page)

    assert "Vi har tagit emot ditt meddelande." in sent.plain
    assert "redan skickat" in same.plain
    for refused in (other, file):
        assert "Det här är inte skickat" in refused.plain
    assert dict(other.form("/inbox/write").fields)["text"] == "Another"
    assert "Vi har tagit emot ditt meddelande." in at_last.plain
    assert [entry.body.text for entry in case.reporter] == ["Report", "Only once", "Another"]


async def test_two_tabs_that_write_at_once_are_both_kept(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        tabs = [await log_in(browser, page.receipt) for _ in range(2)]

        await asyncio.gather(
            *(
                browser.post("/inbox/write", tab.form("/inbox/write").with_(text=f"From tab {number}"))
                for number, tab in enumerate(tabs)
            )
        )
        case = await opened(intake, page)

    assert {entry.body.text for entry in case.reporter} == {"Report", "From tab 0", "From tab 1"}


async def test_a_message_that_holds_the_code_is_refused_kindly_and_comes_back(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        inbox = await log_in(browser, page.receipt)
        text = "My code is " + " ".join(page.receipt.words[:5]).upper()

        refused = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text=text))
        case = await opened(intake, page)

    assert "innehåller ord ur din ärendekod" in refused.plain
    assert dict(refused.form("/inbox/write").with_())["text"] == text
    assert len(case.reporter) == 1


async def test_an_empty_message_is_refused_and_a_long_one_comes_back(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        inbox = await log_in(browser, page.receipt)
        form = inbox.form("/inbox/write")

        empty = await browser.post("/inbox/write", form.with_(text=" "))
        long = await browser.post("/inbox/write", form.with_(text="y" * 100_001))

    assert "Det fanns ingen text" in empty.plain
    assert "längre än formuläret rymmer" in long.plain
    assert dict(long.form("/inbox/write").with_())["text"].startswith("yyyy")


async def test_the_whole_report_is_taken_back_unseen_and_leaves_nothing(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Regretted", [photograph()])
        inbox = await log_in(browser, page.receipt)

        asked = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back", without="file").fields)
        still_there = rows(intake, "cases")
        done = await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        again = await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        later = await log_in(browser, page.receipt)
        left = [rows(intake, table) for table in ("cases", "entries", "files", "waiting_items")]

    assert "Ta tillbaka hela anmälan?" in asked.plain
    assert still_there == 1
    assert done.status == SHOWN
    assert "Ingen har sett den, och den är raderad." in done.plain
    assert "Du är utloggad" in again.plain
    assert "Den koden öppnar inget ärende." in later.plain
    assert left == [0, 0, 0, 0]


async def test_one_file_is_taken_back_unseen_and_the_rest_still_opens(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "With two", [photograph(maker="One"), photograph(32, maker="Two")])
        before = await opened(intake, page)
        first = next(entry.body.file_id for entry in before.reporter if type(entry.body).__name__ == "Attachment")
        inbox = await log_in(browser, page.receipt)

        asked = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back", file=first).fields)
        done = await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        after = await opened(intake, page)
        await release(intake.services, TUESDAY)
        released = await opened(intake, page)
        left = await browser.post("/inbox/file", done.form("/inbox/file").fields)
        gone = await browser.post("/inbox/file", done.form("/inbox/file").with_(file=first))
        files = rows(intake, "files")

    assert "Ta tillbaka den här bilagan?" in asked.plain
    assert "Du har tagit tillbaka bilagan" in done.plain
    assert [type(entry.body).__name__ for entry in after.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert released.released == 3
    assert Image.open(BytesIO(left.body)).size == (32, 32)
    assert "ingen sådan bilaga" in gone.plain
    assert files == 2  # the file and its small picture


async def test_a_message_from_another_tab_is_not_lost_while_a_file_is_taken_back(tmp_path, monkeypatch):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "With one", [photograph()])
        inbox, other = await log_in(browser, page.receipt), await log_in(browser, page.receipt)
        of_file = next(one for one in inbox.forms if one.action == "/inbox/take-back" and "file" in dict(one.fields))
        asked = await browser.post("/inbox/take-back", of_file.fields)
        rewrite, sent = intake.services.store.replace_pending, []

        async def after_a_message(*what):
            if not sent:
                sent.append(await browser.post("/inbox/write", other.form("/inbox/write").with_(text="Meanwhile")))
            await rewrite(*what)

        monkeypatch.setattr(intake.services.store, "replace_pending", after_a_message)
        done = await browser.post("/inbox/take-back", asked.form("/inbox/take-back").fields)
        case = await opened(intake, page)

    assert "Vi har tagit emot ditt meddelande." in sent[0].plain
    assert "Du har tagit tillbaka bilagan" in done.plain
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Message"]


async def test_after_the_release_it_is_withdrawn_and_not_taken_back(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Released", [photograph()])
        early = await log_in(browser, page.receipt)
        asked_early = await browser.post("/inbox/take-back", early.form("/inbox/take-back").fields)
        await release(intake.services, TUESDAY)

        too_late = await browser.post("/inbox/take-back", asked_early.form("/inbox/take-back").fields)
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/withdraw", inbox.form("/inbox/withdraw", without="file").fields)
        done = await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)
        again = await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)
        case = await opened(intake, page)

    assert "inte längre ta tillbaka det osett" in too_late.plain
    assert [form for form in inbox.forms if form.action == "/inbox/take-back"] == []
    assert "Dra tillbaka anmälan?" in asked.plain
    assert "Du har dragit tillbaka anmälan" in done.plain
    assert "redan skickat" in again.plain
    assert [type(entry.body).__name__ for entry in case.reporter].count("Withdrawal") == 1


async def test_the_card_of_a_file_that_was_withdrawn_says_so_and_no_other(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Released", [photograph(), photograph(40)])
        await release(intake.services, TUESDAY)
        inbox = await log_in(browser, page.receipt)
        forms = [form for form in inbox.forms if form.action == "/inbox/withdraw" and "file" in dict(form.fields)]
        asked = await browser.post("/inbox/withdraw", forms[-1].fields)
        done = await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)

    cards = [card.split("</div>")[0] for card in done.text.split('<div class="card">')[1:]]
    assert [("Tillbakadragen" in card, "Din bilaga 2" in card) for card in cards].count((True, True)) == 1
    assert done.text.count("Tillbakadragen") == 1
    assert "Tillbakadragen" not in inbox.text


async def test_files_are_added_later_and_numbered_on(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "First", [photograph()])
        inbox = await log_in(browser, page.receipt)

        sent = await browser.post(
            "/inbox/write",
            inbox.form("/inbox/write").with_(text=""),
            [photograph(40, maker="Later maker"), b"not a file we know\0"],
        )
        second = [form for form in sent.forms if form.action == "/inbox/file"][1]
        copy = await browser.post("/inbox/file", second.fields)
        case = await opened(intake, page)

    assert "Later maker" in sent.plain
    assert "Filen som du valde som nummer 2 Togs inte emot." in sent.plain
    assert copy.headers["content-disposition"] == 'inline; filename="2.jpeg"'
    assert Image.open(BytesIO(copy.body)).size == (40, 40)
    assert [entry.body.order for entry in case.reporter if type(entry.body).__name__ == "Attachment"] == [0, 1]


async def test_two_tabs_that_add_files_at_once_give_them_different_numbers(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        tabs = [await log_in(browser, page.receipt) for _ in range(2)]

        await asyncio.gather(
            *(
                browser.post("/inbox/write", tab.form("/inbox/write").with_(text=""), [photograph(32 + number)])
                for number, tab in enumerate(tabs)
            )
        )
        case = await opened(intake, page)
        inbox = await log_in(browser, page.receipt)
        sizes = [
            Image.open(BytesIO((await browser.post("/inbox/file", form.fields)).body)).size
            for form in inbox.forms
            if form.action == "/inbox/file"
        ]

    orders = [entry.body.order for entry in case.reporter if type(entry.body).__name__ == "Attachment"]
    assert sorted(orders) == [0, 1]
    assert sorted(sizes) == [(32, 32), (33, 33)]


async def test_a_file_of_another_case_is_not_shown(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        mine = await file_report(browser, "Mine")
        theirs = await file_report(browser, "Theirs", [photograph()])
        case = await opened(intake, theirs)
        foreign = next(entry.body.file_id for entry in case.reporter if type(entry.body).__name__ == "Attachment")
        inbox = await log_in(browser, mine.receipt)

        page = await browser.post("/inbox/file", inbox.form("/inbox", language="sv").with_(file=foreign))

    assert "ingen sådan bilaga" in page.plain


async def test_the_inbox_changes_language_with_a_button(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Words")
        inbox = await log_in(browser, page.receipt)

        english = await browser.post("/inbox", inbox.form("/inbox", switch="en").fields)

    assert '<html lang="en">' in english.text
    assert "Nobody has seen your report yet." in english.plain


async def test_no_address_and_no_title_holds_a_handle_or_a_word(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Words")
        inbox = await log_in(browser, page.receipt)
        handle = dict(inbox.form("/inbox", language="sv").fields)["handle"]

    for text in (page.text, inbox.text):
        addresses = " ".join(re.findall(r'(?:href|action|src)="([^"]*)"', text))
        assert handle not in addresses
        assert not code_in(addresses, page.receipt.words)


async def test_a_message_that_says_who_wrote_it_is_stopped_with_what_was_found_and_goes_when_that_is_kept(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "First")).receipt)
        before = rows(intake, "entries")
        fields = inbox.form("/inbox/write").with_(text="Call me on 070-123 45 67")
        stopped = await browser.post("/inbox/write", fields)
        after_stop = rows(intake, "entries")
        again = stopped.form("/inbox/write")
        sent = await browser.post("/inbox/write", again.as_it_is())

    assert stopped.status == 400
    assert "<mark>070-123 45 67</mark>" in stopped.text
    assert dict(again.fields)["text"].strip() == "Call me on 070-123 45 67"
    assert after_stop == before
    assert sent.status == SHOWN
    assert "Call me on 070-123 45 67" in sent.plain


async def test_a_page_that_asks_once_more_has_the_way_out_that_ends_the_session_and_no_other(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "Asked once more")).receipt)
        asked = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back").with_())
        await browser.post("/inbox/leave", asked.form("/inbox/leave").with_())
        after = await browser.post("/inbox", inbox.form("/inbox").with_())

    assert 'href="/leave' not in asked.text
    assert 'href="/law' not in asked.text
    assert "Logga ut" in asked.plain
    assert "Du är utloggad." in after.plain
