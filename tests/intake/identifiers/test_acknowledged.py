"""What points to the writer stops a text until its writer has been shown that very thing, and then not again."""

import asyncio
import re

import pytest
from visitors.intake_harness import SHOWN, file_report, log_in, report_form, running_intake, zygotes
from visitors.samples import opened, photograph, rows

from intake.identifiers.acknowledged import AcknowledgedDetails
from intake.identifiers.find import DetailKind, IdentifyingDetail
from trusted.case.entry import Message
from trusted.web.form import Form

POINTING = "Fakturan betalades två gånger.\nMvh\nAnna Andersson"
STOPS = "Innan det skickas: visar det här vem du är?"
DRAFT = "d" * 32


async def stopped_at(browser, text, files=(), **values):
    """The page that a report with this text is stopped at."""
    return await browser.post("/report", (await report_form(browser)).with_(text=text, **values), files)


def as_it_is(page, **values):
    """The fields of a page where a text was stopped, and its button that leaves the text as it is."""
    return page.form("/report").with_(act="keep", **values)


@pytest.mark.parametrize("act", ["send", "keep", "remove"])
async def test_a_form_that_nobody_has_sent_offers_nothing_and_what_is_made_up_switches_nothing_off(tmp_path, act):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await browser.get("/report")
        made_up = "yes " + " ".join(f"{number:024x}" for number in range(20))
        answers = [
            await stopped_at(browser, POINTING, act="send" if act == "remove" else act, **{field: value})
            for field in ("looked", "offered")
            for value in ("yes", made_up)
        ]
        stored = rows(intake, "cases")

    assert 'name="looked"' not in page.text
    assert 'name="offered"' not in page.text
    for answer in answers:
        assert answer.status == 400
        assert STOPS in answer.plain
        assert "<mark>Anna Andersson</mark>" in answer.text
    assert stored == 0


async def test_a_button_pressed_twice_sends_nothing_that_was_not_shown(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        answers = [await browser.post("/report", form.with_(text=POINTING)) for _ in range(2)]
        stored = rows(intake, "cases")

    assert all(STOPS in answer.plain for answer in answers)
    assert stored == 0


async def test_the_page_quotes_what_was_found_has_three_ways_on_and_takes_no_file(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        text = "Jag heter <b>Anna Andersson</b>. Ring 070-123 45 67, helst på kvällen! Tack."
        alone = await stopped_at(browser, text)
        with_a_file = await stopped_at(browser, text, [photograph()])

    said = [re.sub("<[^>]*>", "", one) for one in re.findall(r'<p class="said">(.*?)</p>', alone.text)]
    assert "“Ring <mark>070-123 45 67</mark>, helst på kvällen!”" in alone.text
    assert len(said) == 1
    assert said[0].startswith("Telefonnummer: ")
    assert re.findall(r'<button type="submit" class="([^"]*)" name="act" value="(\w+)"', alone.text) == [
        ("main wide", "remove"),
        ("wide", "edit"),
        ("link", "keep"),
    ]
    for page in (alone, with_a_file):
        assert page.status == 400
        assert "<textarea" not in page.text
        assert 'type="file"' not in page.text
        assert "Inget har skickats än." in page.plain
        assert dict(page.form("/report").fields)["text"] == text
    assert "Filerna finns kvar." not in alone.plain
    assert "Filerna finns kvar." in with_a_file.plain
    assert "held" not in dict(alone.form("/report").fields)
    assert "held" in dict(with_a_file.form("/report").fields)


async def test_remove_takes_out_every_place_and_stores_with_the_files_and_what_was_chosen(tmp_path):
    text = "Ring Anna på 070-123 45 67.\n070-123 45 67 går bäst,\n(070-123  45 67).\nMvh\nAnna Andersson"
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        stopped = await stopped_at(browser, text, [photograph()], organisation="wbab", answers="en")
        stored_before = rows(intake, "cases")
        sent = await browser.post("/report", stopped.form("/report").with_())
        case = await opened(intake, sent)
        disk = b"".join(path.read_bytes() for path in intake.made.home.path.rglob("*") if path.is_file())

    assert stored_before == 0
    assert sent.status == SHOWN
    assert case.report.text == "Ring Anna på […].\n[…] går bäst,\n([…]).\nMvh\n[…]"
    assert (case.report.organisation, case.report.language) == ("wbab", "en")
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert b"Andersson" not in disk


@pytest.mark.parametrize(
    "text",
    [
        "Tel070-123 45 67",
        "pnr850709-9805",
        f"Skriv till anna@example.{'x' * 70} om det.",
        f"Filen ligger i /home/{'a' * 60}/a.txt",
    ],
)
async def test_remove_takes_out_also_what_is_written_together_with_other_words(tmp_path, text):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        stopped = await stopped_at(browser, text)
        sent = await browser.post("/report", stopped.form("/report").with_())
        case = await opened(intake, sent)

    assert STOPS in stopped.plain
    assert "[…]" in case.report.text


async def test_remove_pressed_twice_is_one_report_and_says_nothing_of_a_changed_text(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        stopped = await stopped_at(browser, POINTING)
        fields = stopped.form("/report").with_()
        first, second = await asyncio.gather(*(browser.post("/report", fields) for _ in range(2)))
        stored = rows(intake, "cases")

    assert stored == 1
    assert first.receipt == second.receipt
    assert (first.status, second.status) == (SHOWN, SHOWN)


async def test_keep_stores_the_text_as_it_is_with_the_files(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        stopped = await stopped_at(browser, POINTING, [photograph()])
        sent = await browser.post("/report", as_it_is(stopped))
        case = await opened(intake, sent)
        left = len(intake.services.held)

    assert sent.status == SHOWN
    assert case.report.text == POINTING
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert left == 0


async def test_edit_brings_the_text_and_the_held_files_back_and_accepts_nothing(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        stopped = await stopped_at(browser, POINTING, [photograph()], organisation="wbab")
        back = await browser.post("/report", stopped.form("/report").with_(act="edit"))
        stored_before = rows(intake, "cases")
        unchanged = await browser.post("/report", back.form("/report").with_())
        again = await browser.post("/report", unchanged.form("/report").with_(act="edit"))
        sent = await browser.post("/report", again.form("/report").with_(text="Fakturan betalades två gånger."))
        case = await opened(intake, sent)

    assert back.status == SHOWN
    assert dict(back.form("/report").fields)["text"] == POINTING
    assert dict(back.form("/report").fields)["organisation"] == "wbab"
    assert 'type="file"' in back.text
    assert "Filer som redan har kommit: 1." in back.plain
    assert STOPS in unchanged.plain
    assert stored_before == 0
    assert case.report.text == "Fakturan betalades två gånger."
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]


async def test_only_what_is_new_in_a_changed_text_stops_it_once_more(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await stopped_at(browser, POINTING)
        longer = f"{POINTING}\n070-123 45 67"
        second = await browser.post("/report", as_it_is(first, text=longer))
        third = await browser.post("/report", as_it_is(second))

    assert "<mark>070-123 45 67</mark>" in second.text
    assert "<mark>Anna Andersson</mark>" not in second.text
    assert "070-123 45 67" not in first.text
    assert third.status == SHOWN
    assert len(third.receipt.words) == 8


async def test_what_was_accepted_is_not_asked_again_after_another_fault_or_in_another_language(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await stopped_at(browser, POINTING)
        second = await browser.post("/report", as_it_is(first, text=f"{POINTING}\n070-123 45 67"))
        edited = await browser.post("/report", second.form("/report").with_(act="edit"))
        faulty = await browser.post("/report", edited.form("/report").with_(text=POINTING, organisation="nowhere"))
        english = await browser.post("/report", [("switch", "en"), *faulty.form("/report").with_(organisation="")])
        sent = await browser.post("/report", english.form("/report").with_())
        case = await opened(intake, sent)

    assert "finns inte längre i formuläret" in faulty.plain
    assert '<html lang="en">' in english.text
    assert 'name="offered"' not in english.text
    assert case.report.text == POINTING


@pytest.mark.parametrize("act", ["send", "keep"])
async def test_a_page_of_another_language_accepts_nothing_by_itself(tmp_path, act):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await stopped_at(browser, POINTING)
        english = await browser.post("/report", [("switch", "en"), *first.form("/report").with_(act=act)])
        sent = await browser.post("/report", english.form("/report").with_())
        stored = rows(intake, "cases")

    assert dict(english.form("/report").fields)["text"] == POINTING
    assert "Before it is sent: does this show who you are?" in sent.plain
    assert stored == 0


async def test_another_draft_is_warned_again_and_so_is_everybody_after_a_restart(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await stopped_at(browser, POINTING)
        tags = dict(first.form("/report").fields)["offered"]
        other = await stopped_at(browser, POINTING, looked=tags, offered=tags, act="keep")
        intake.services.acknowledged._key = bytes(32)
        after = await browser.post("/report", as_it_is(first))
        stored = rows(intake, "cases")

    assert STOPS in other.plain
    assert STOPS in after.plain
    assert stored == 0


async def test_in_the_inbox_too_only_what_was_shown_may_go(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        report = await file_report(browser, "First")
        form = (await log_in(browser, report.receipt)).form("/inbox/write")
        made_up = await browser.post(
            "/inbox/write", form.with_(text="Ring 070-123 45 67", looked="yes"), [photograph()]
        )
        both = "Ring 070-123 45 67 eller 070-765 43 21"
        changed = await browser.post("/inbox/write", made_up.form("/inbox/write").with_(act="keep", text=both))
        sent = await browser.post("/inbox/write", changed.form("/inbox/write").with_(act="keep"))
        once_more = await browser.post("/inbox/write", sent.form("/inbox/write").with_(text="Ring 070-123 45 67"))
        removed = await browser.post("/inbox/write", once_more.form("/inbox/write").with_())
        case = await opened(intake, report)

    assert STOPS in made_up.plain
    assert "Filerna finns kvar." in made_up.plain
    assert "<mark>070-765 43 21</mark>" in changed.text
    assert "<mark>070-123 45 67</mark>" not in changed.text
    assert STOPS in once_more.plain
    assert [page.status for page in (sent, removed)] == [SHOWN, SHOWN]
    assert [one.body.text for one in case.reporter if isinstance(one.body, Message)] == [both, "Ring […]"]
    assert [type(one.body).__name__ for one in case.reporter].count("Attachment") == 1


TWELVE = "\n".join(f"Kund {number}: 070-123 45 {number:02d}" for number in range(12))


async def test_what_comes_after_the_twelfth_finding_is_shown_in_the_next_round(tmp_path):
    longer = f"{TWELVE}\nMejla mig, anna@example.com"
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await stopped_at(browser, TWELVE)
        added = await browser.post("/report", as_it_is(first, text=longer))
        at_once = await stopped_at(browser, longer)
        then = await browser.post("/report", as_it_is(at_once))
        stored = rows(intake, "cases")
        sent = await browser.post("/report", as_it_is(then))

    for stopped in (added, then):
        assert STOPS in stopped.plain
        assert "<mark>anna@example.com</mark>" in stopped.text
        assert "<mark>070-123" not in stopped.text
    assert "<mark>anna@example.com</mark>" not in at_once.text
    assert stored == 0
    assert len(sent.receipt.words) == 8


async def test_remove_goes_on_in_rounds_too_and_takes_out_nothing_that_was_not_shown(tmp_path):
    longer = f"{TWELVE}\nMejla mig, anna@example.com"
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        then = await browser.post("/report", (await stopped_at(browser, longer)).form("/report").with_())
        stored = rows(intake, "cases")
        sent = await browser.post("/report", as_it_is(then))
        case = await opened(intake, sent)

    assert STOPS in then.plain
    assert "<mark>anna@example.com</mark>" in then.text
    assert stored == 0
    assert case.report.text.splitlines() == [*(f"Kund {one}: […]" for one in range(12)), "Mejla mig, anna@example.com"]


async def test_a_text_full_of_findings_goes_once_each_was_shown_also_after_others_were_accepted():
    service = AcknowledgedDetails()
    accepted = []
    for beginning in "ab":
        text = " ".join(f"{beginning}{number}@b.se" for number in range(300))
        shown = []
        while left := service.left_in(Form({"text": [text], "looked": accepted}), DRAFT, None):
            shown += [one.found for one in left]
            accepted.append(service.tags(DRAFT, left))

        assert shown == text.split()[:256]


async def test_what_was_found_counts_as_a_whole_and_is_cut_only_where_it_is_shown(tmp_path):
    one, other = (f"{'x' * 60}@{'y' * 40}.{end}" for end in ("com", "org"))
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await stopped_at(browser, one)
        second = await browser.post("/report", as_it_is(first, text=other))

    assert STOPS in second.plain
    assert f"<mark>{other[:79]}…</mark>" in second.text


def test_a_tag_is_of_one_draft_one_kind_and_one_service_and_tells_nothing():
    service = AcknowledgedDetails()
    name = IdentifyingDetail(DetailKind.NAME, "Anna Andersson", 3)
    user = IdentifyingDetail(DetailKind.USER_NAME, "Anna Andersson", 3)
    tags = [
        service.tags(DRAFT, [name]),
        service.tags("e" * 32, [name]),
        service.tags(DRAFT, [user]),
        AcknowledgedDetails().tags(DRAFT, [name]),
    ]
    form = Form({"text": [POINTING], "looked": ["x" * 3000, tags[0]]})
    left = service.left_in(form, DRAFT, None)
    left_elsewhere = service.left_in(form, "e" * 32, None)

    assert len(set(tags)) == 4
    assert all(re.fullmatch("[0-9a-f]{24}", tag) for tag in tags)
    assert left == ()
    assert [one.found for one in left_elsewhere] == ["Anna Andersson"]


async def test_nothing_is_remembered_of_what_was_shown_or_accepted():
    service = AcknowledgedDetails()
    before = dict(vars(service))
    left = service.left_in(Form({"text": [POINTING]}), DRAFT, None)
    service.left_in(Form({"text": [POINTING], "looked": [service.tags(DRAFT, left)]}), DRAFT, None)

    assert vars(service) == before
    assert list(before) == ["_key"]
