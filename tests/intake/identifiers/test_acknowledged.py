"""What points to the writer stops a text until its writer has been shown that very thing, and then not again."""

import re

import pytest
from intake_harness import SHOWN, file_report, files_page, log_in, running_intake
from reporter_samples import rows

from intake.http.form import Form
from intake.identifiers import acknowledged
from intake.identifiers.acknowledged import AcknowledgedDetails
from intake.identifiers.find import DetailKind, IdentifyingDetail

POINTING = "Fakturan betalades två gånger.\nMvh\nAnna Andersson"
STOPS = "Texten verkar avslöja vem du är. Inget har sparats."
DRAFT = "d" * 32


async def plain_form(browser):
    return (await browser.get("/report")).form("/report")


@pytest.mark.parametrize("step", ["send", "files"])
async def test_a_form_that_nobody_has_sent_has_no_such_button_and_one_made_up_switches_nothing_off(tmp_path, step):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await browser.get("/report")
        made_up = "yes " + " ".join(f"{number:024x}" for number in range(20))
        answers = [
            await browser.post("/report", page.form("/report").with_(text=POINTING, looked=value, step=step))
            for value in ("yes", made_up)
        ]
        stored = rows(intake, "cases")

    assert 'name="looked"' not in page.text
    assert "Innan något sparas visar vi dig personnummer" in page.plain
    for answer in answers:
        assert STOPS in answer.plain
        assert "<bdi>Anna Andersson</bdi>" in answer.text
    assert stored == 0


async def test_a_button_pressed_twice_sends_nothing_that_was_not_shown(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        for form in (await plain_form(browser), (await browser.get("/report")).form("/report")):
            answers = [await browser.post("/report", form.with_(text=POINTING)) for _ in range(2)]
        stored = rows(intake, "cases")

    assert all(STOPS in answer.plain for answer in answers)
    assert stored == 0


async def test_only_what_is_new_in_a_changed_text_stops_it_once_more(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await browser.post("/report", (await plain_form(browser)).with_(text=POINTING))
        longer = f"{POINTING}\n070-123 45 67"
        second = await browser.post("/report", first.form("/report").as_it_is(text=longer))
        third = await browser.post("/report", second.form("/report").as_it_is())

    assert "<bdi>070-123 45 67</bdi>" in second.text
    assert "<bdi>Anna Andersson</bdi>" not in second.text
    assert "070-123 45 67" not in first.text
    assert third.status == SHOWN
    assert len(third.receipt.words) == 8


async def test_what_was_accepted_is_not_asked_again_after_another_fault_or_in_another_language(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await browser.post("/report", (await plain_form(browser)).with_(text=POINTING))
        ticked = first.form("/report").as_it_is()
        english = await browser.post("/report", [("switch", "en"), *ticked])
        sent = await browser.post("/report", english.form("/report").fields)

    assert 'name="looked"' not in english.text
    assert len(sent.receipt.words) == 8


@pytest.mark.parametrize("step", ["send", "files"])
async def test_one_press_leaves_the_text_as_it_is_and_goes_on_as_the_button_before_it_did(tmp_path, step):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await plain_form(browser)
        stopped = await browser.post("/report", form.with_(text=POINTING, step=step))
        stored_before = rows(intake, "cases")
        changed = await browser.post("/report", stopped.form("/report").as_it_is(text=f"{POINTING}, anna@example.com"))
        went_on = await browser.post("/report", changed.form("/report").as_it_is())
        stored = rows(intake, "cases")
        sent = await browser.post("/report", went_on.form("/report").fields) if step == "files" else went_on
        left = len(intake.services.acknowledged)

    assert stopped.status == 400
    assert stopped.text.index("<textarea") < stopped.text.index("<bdi>Anna Andersson</bdi>")
    assert stopped.text.index("<bdi>Anna Andersson</bdi>") < stopped.text.index('name="looked"')
    assert 'type="checkbox" name="looked"' not in stopped.text
    # One button sends what was changed the way that was pressed, and one what was left; there is no third.
    assert re.findall(r'<button type="submit" class="main[^>]* name="(\w+)" value="(\w+)"', stopped.text) == [
        ("step", step),
        ("looked", stopped.form("/report").boxes["looked"]),
    ]
    assert "<bdi>anna@example.com</bdi>" in changed.text
    assert "<bdi>Anna Andersson</bdi>" not in changed.text
    assert (stored_before, stored) == (0, 1 if step == "send" else 0)
    assert ('type="file"' in went_on.text) == (step == "files")
    assert sent.form("/receipt" if step == "files" else "/receipt/check")
    assert left == 0


async def test_what_stops_the_page_of_files_leads_back_to_the_text(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await files_page(browser, text="Nothing that points")
        stopped = await browser.post("/report", page.form("/report").with_(text=POINTING))
        back = await browser.post("/report", stopped.form("/report").fields)
        stored = rows(intake, "cases")

    assert STOPS in stopped.plain
    assert "<bdi>Anna Andersson</bdi>" in stopped.text
    assert stopped.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert dict(back.form("/report").fields)["text"] == POINTING
    assert 'type="file"' not in back.text
    assert stored == 0


async def test_another_draft_is_warned_again_and_so_is_everybody_after_a_restart(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await browser.post("/report", (await plain_form(browser)).with_(text=POINTING))
        seals = first.form("/report").boxes["looked"]
        other = await browser.post("/report", (await plain_form(browser)).with_(text=POINTING, looked=seals))
        intake.services.acknowledged._key = bytes(32)
        after = await browser.post("/report", first.form("/report").as_it_is())
        stored = rows(intake, "cases")

    assert STOPS in other.plain
    assert STOPS in after.plain
    assert stored == 0


async def test_in_the_inbox_too_only_what_was_shown_may_go_and_it_is_forgotten_with_the_session(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "First")).receipt)
        form = inbox.form("/inbox/write")
        made_up = await browser.post("/inbox/write", form.with_(text="Ring 070-123 45 67", looked="yes"))
        ticked = made_up.form("/inbox/write")
        changed = await browser.post("/inbox/write", ticked.as_it_is(text="Ring 070-123 45 67 eller 070-765 43 21"))
        during = len(intake.services.acknowledged)
        sent = await browser.post("/inbox/write", changed.form("/inbox/write").as_it_is())
        sent_on = len(intake.services.acknowledged)
        once_more = await browser.post("/inbox/write", sent.form("/inbox/write").with_(text="Ring 070-123 45 67"))
        await browser.post("/inbox/leave", sent.form("/inbox/leave").fields)
        after = len(intake.services.acknowledged)

    assert STOPS in made_up.plain
    assert "<bdi>070-765 43 21</bdi>" in changed.text
    assert "<bdi>070-123 45 67</bdi>" not in changed.text
    assert sent.status == SHOWN
    assert STOPS in once_more.plain
    assert (during, sent_on, after) == (1, 0, 0)


TWELVE = "\n".join(f"Kund {number}: 070-123 45 {number:02d}" for number in range(12))


async def test_what_comes_after_the_twelfth_finding_is_shown_in_the_next_round(tmp_path):
    longer = f"{TWELVE}\nMejla mig, anna@example.com"
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await browser.post("/report", (await plain_form(browser)).with_(text=TWELVE))
        added = await browser.post("/report", first.form("/report").as_it_is(text=longer))
        at_once = await browser.post("/report", (await plain_form(browser)).with_(text=longer))
        then = await browser.post("/report", at_once.form("/report").as_it_is())
        stored = rows(intake, "cases")
        sent = await browser.post("/report", then.form("/report").as_it_is())

    for stopped in (added, then):
        assert STOPS in stopped.plain
        assert "<bdi>anna@example.com</bdi>" in stopped.text
        assert "<bdi>070-123" not in stopped.text
    assert "<bdi>anna@example.com</bdi>" not in at_once.text
    assert stored == 0
    assert len(sent.receipt.words) == 8


async def test_a_text_full_of_findings_goes_once_each_was_shown_also_after_others_were_accepted(tmp_path):
    async with running_intake(tmp_path) as intake:
        service = intake.services.acknowledged
        for beginning in "ab":
            text = " ".join(f"{beginning}{number}@b.se" for number in range(300))
            shown = []
            while left := service.left_in(Form({"text": [text]}), DRAFT, None):
                shown += [one.found for one in left]
                service.accept(DRAFT, [service.tags(DRAFT, left)])

            assert shown == text.split()[:256]


async def test_what_was_found_counts_as_a_whole_and_is_cut_only_where_it_is_shown(tmp_path):
    one, other = (f"{'x' * 60}@{'y' * 40}.{end}" for end in ("com", "org"))
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        first = await browser.post("/report", (await plain_form(browser)).with_(text=one))
        second = await browser.post("/report", first.form("/report").as_it_is(text=other))

    assert STOPS in second.plain
    assert f"<bdi>{other[:79]}…</bdi>" in second.text


async def test_a_late_press_on_leave_it_as_it_is_keeps_nothing_of_a_draft_that_is_over(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        stopped = await browser.post("/report", form.with_(text=POINTING, step="files"))
        during = len(intake.services.acknowledged)
        await browser.post("/inbox/leave", [("draft", dict(form.fields)["draft"]), ("language", "sv")])
        await browser.post("/report", stopped.form("/report").as_it_is())
        late = len(intake.services.acknowledged)

    assert (during, late) == (1, 0)


async def test_nothing_is_kept_for_drafts_that_are_made_up(tmp_path):
    async with running_intake(tmp_path) as intake:
        service = intake.services.acknowledged
        service.accept(DRAFT, ["a" * 24])
        service.left_in(Form({"text": ["Nothing"], "looked": ["a" * 24]}), DRAFT, None)

        assert len(service) == 0


async def test_what_was_accepted_is_gone_after_a_day(tmp_path):
    async with running_intake(tmp_path) as intake:
        service = intake.services.acknowledged
        service.left_in(Form({"text": [POINTING]}), DRAFT, None)
        intake.clock.forward(hours=24)
        service.prune()
        within = len(service)
        intake.clock.forward(minutes=1)
        service.prune()

        assert (within, len(service)) == (1, 0)


async def test_no_more_is_remembered_than_the_bounds_and_no_draft_or_name_stands_in_it(tmp_path, monkeypatch):
    monkeypatch.setattr(acknowledged, "MOST_REMEMBERED", 3)
    async with running_intake(tmp_path) as intake:
        service = AcknowledgedDetails(intake.clock)
        for draft in "abcde":
            service.left_in(Form({"text": [POINTING]}), draft * 32, None)
            service.accept(draft * 32, [" ".join(f"{number:024x}" for number in range(300))])
        name = IdentifyingDetail(DetailKind.NAME, "Anna Andersson", 3)
        form = Form({"text": [POINTING], "looked": [service.tags(DRAFT, [name])]})
        shown = service.left_in(Form({"text": [POINTING]}), DRAFT, None)
        left = service.left_in(form, DRAFT, None)
        kept = service._accepted

    assert (len(shown), left) == (1, ())
    assert len(service) == 3
    assert max(len(seals) for _since, seals in kept.values()) == 256 * 12
    assert DRAFT not in repr(kept)
    assert "Anna" not in repr(kept)
