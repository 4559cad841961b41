"""The receipt: the words first, two of them asked for, shown again within the session and gone with it."""

import re

import pytest
from visitors.intake_harness import (
    SHOWN,
    Browser,
    Page,
    file_report,
    log_in,
    make_home,
    running_intake,
    two_words_back,
    words_asked,
    zygotes,
)
from visitors.samples import opened, photograph

WORDS = 8


def answered(page: Page, *words: str) -> list[tuple[str, str]]:
    """The form that asks for two words, filled in."""
    return page.form("/receipt/check").with_(word=words)


def asked(page: Page) -> list[int]:
    return [int(value) for name, value in page.form("/receipt/check").fields if name == "asked"]


def others(page: Page) -> list[str]:
    """Two words of the code that it does not ask for; the code may have one of them twice."""
    return [word for word in page.receipt.words if word not in words_asked(page)][:2]


DAYS = ("3 mars 2026", "8 mars 2026", "15 mars 2026", "8 juni 2026", "Lead 1", "Handler 2")


async def test_the_page_with_the_code_has_the_words_and_the_question_and_nothing_else(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Text")

    places = [page.text.index(one) for one in ("<bdi>", "skärmbild", "/receipt/check")]
    assert places == sorted(places)
    assert 'translate="no" lang="sv"' in page.text
    assert len(page.receipt.words) == WORDS
    assert not any(day in page.plain for day in DAYS)


async def test_two_right_words_lead_on_to_the_days_and_a_wrong_one_is_marked_beside_its_field(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text")
        one, other = asked(page)
        first_right = [words_asked(page)[0], others(page)[0]]
        wrong = await browser.post("/receipt/check", answered(page, *first_right))
        right = await browser.post("/receipt/check", answered(wrong, *words_asked(wrong)))
        inbox = await browser.post("/inbox", right.form("/inbox").fields)

    assert wrong.status == 400
    assert asked(wrong) == [one, other]
    assert f"Ord {other} stämmer inte än." in wrong.plain
    assert f"Ord {one} stämmer inte än." not in wrong.plain
    fields = {place: re.search(rf'<input id="word-{place}"[^>]*>', wrong.text)[0] for place in (one, other)}
    assert 'aria-invalid="true"' in fields[other]
    assert f'aria-describedby="wrong-{other} check-hint"' in fields[other]
    assert "aria-invalid" not in fields[one]
    assert wrong.receipt.words == page.receipt.words
    assert right.status == SHOWN
    assert "Din kod stämmer" in right.plain
    assert all(day in right.plain for day in DAYS)
    assert inbox.form("/inbox/write")
    assert not any(f"<bdi>{word}</bdi>" in right.text for word in page.receipt.words)
    for one in (wrong, right):
        assert one.headers["cache-control"] == "no-store"
        assert one.headers["clear-site-data"] == '"cache"'


async def test_files_come_after_the_words_and_lead_on_to_the_days(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text", [photograph(), photograph(32)])
        early = await browser.post("/receipt/next", page.form("/inbox/leave").fields)
        files = await two_words_back(browser, page)
        days = await browser.post("/receipt/next", files.form("/receipt/next").fields)

    assert early.receipt.words == page.receipt.words
    assert "Planted maker" not in page.plain
    assert "Planted maker" in files.plain
    assert not any(day in files.plain for day in DAYS)
    assert all(day in days.plain for day in DAYS)
    headings = [" ".join(re.sub("<[^>]*>", " ", one).split()) for one in re.findall("<h3>(.*?)</h3>", files.text)]
    assert headings == ["Bilaga 1 (JPEG)", "Bilaga 2 (JPEG)"]


@pytest.mark.parametrize("how", [str.upper, lambda word: f"  {word} ", lambda word: word[:4], lambda word: f"-{word}."])
async def test_the_two_words_are_read_as_leniently_as_at_the_log_in(tmp_path, how):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Text")
        right = await intake.browser().post("/receipt/check", answered(page, *map(how, words_asked(page))))

    assert right.status == SHOWN


@pytest.mark.parametrize(
    "change",
    [
        {"word": ("", "")},
        {"word": ("one",)},
        {"word": ("one", "two", "three")},
        {"asked": ("0", "9")},
        {"asked": ("1", "1")},
        {"asked": ("1", "x", "2")},
        {"asked": ()},
        {"asked": ("x" * 3000, "-1")},
        {"word": ("å" * 1000, "<script>")},
    ],
)
async def test_whatever_else_is_sent_is_not_the_code_and_no_fault(tmp_path, change):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text")
        fields = page.form("/receipt/check").with_(**{"word": ("a", "b"), **change})
        wrong = await browser.post("/receipt/check", fields)
        faults = intake.services.faults.count

    assert wrong.status == 400
    assert "Orden stämmer inte med din ärendekod." in wrong.plain or "stämmer inte än" in wrong.plain
    assert "<script" not in wrong.text
    assert "ååå" not in wrong.text
    assert faults == 0


async def test_each_showing_asks_for_other_words(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text")
        fields = page.form("/inbox/leave").fields
        pages = [await browser.post("/receipt", fields) for _ in range(24)]

    drawn = [tuple(asked(one)) for one in pages]
    assert all(len(set(one)) == 2 and set(one) <= set(range(1, WORDS + 1)) for one in drawn)
    assert len(set(drawn)) > 5
    assert {one.receipt.words for one in pages} == {page.receipt.words}


async def test_the_pages_come_again_within_the_session_and_after_half_an_hour_without_what_was_found(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text", [photograph()])
        fields = page.form("/inbox/leave").fields
        files = await two_words_back(browser, page)
        again = await two_words_back(browser, await browser.post("/receipt", fields))
        intake.clock.forward(minutes=20)
        await browser.post("/receipt", fields)
        intake.clock.forward(minutes=20)
        later = await browser.post("/receipt", fields)
        days = await two_words_back(browser, later)
        await browser.post("/inbox/leave", fields)
        gone = [await browser.post(path, fields) for path in ("/receipt", "/receipt/next")]

    assert "Planted maker" in files.plain
    assert "Planted maker" in again.plain
    assert "Planted maker" not in days.plain
    assert later.receipt.words == page.receipt.words
    assert all(day in days.plain for day in DAYS)
    for one in gone:
        assert "Om din anmälan kom fram är den sparad" in one.plain
        assert "utloggad" not in one.plain
        assert "<bdi>" not in one.text


async def test_whoever_logged_in_is_not_shown_the_words(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Text")
        inbox = await log_in(browser, page.receipt)
        shown = await browser.post("/receipt", inbox.form("/inbox/leave").fields)
        checked = await browser.post(
            "/receipt/check", [*inbox.form("/inbox/leave").fields, ("word", "a"), ("asked", "1")]
        )

    for one in (shown, checked):
        assert one.form("/inbox/write")
        assert not any(f"<bdi>{word}</bdi>" in one.text for word in page.receipt.words)


async def test_what_the_reporter_chose_stands_in_the_report(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Once more", earlier="yes", answers="en")
        plain = await file_report(intake.browser(), "For the first time")
        wrong = await file_report(intake.browser(), "kept", answers="xx")
        first, second = await opened(intake, page), await opened(intake, plain)

    assert (first.report.earlier, first.report.language) == (True, "en")
    assert (second.report.earlier, second.report.language) == (False, "sv")
    assert "finns inte längre i formuläret" in wrong.plain


async def test_what_is_printed_is_the_list_alone(tmp_path):
    """What browsers make of it stands in test_browser_print.py."""
    async with running_intake(tmp_path) as intake:
        page = await file_report(intake.browser(), "Text")

    code = page.text.split('<section class="code"')[1].split("</section>")[0]
    assert page.text.count('<body class="with-code">') == 1
    assert re.sub(r"<[^>]*>|\s", "", code.split("<ol")[1].split("</ol>")[0].split(">", 1)[1]) == "".join(
        page.receipt.words
    )


@pytest.mark.parametrize("path", ["/receipt", "/receipt/check", "/receipt/next"])
async def test_the_receipt_has_no_address_of_its_own(tmp_path, path):
    async with running_intake(tmp_path, make_home(tmp_path / "home")) as intake:
        page = await Browser(intake.public_socket).get(path)

    assert page.status == 404


async def test_who_logs_out_of_the_inbox_leaves_no_page_with_the_words_behind(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = await file_report(browser, "Then with the code")
        inbox = await log_in(browser, receipt.receipt)
        await browser.post("/inbox/leave", inbox.form("/inbox/leave").with_())
        with_the_words = await browser.post(
            "/receipt", [("handle", dict(receipt.form("/receipt/check").fields)["handle"])]
        )

    assert not any(f"<bdi>{word}</bdi>" in with_the_words.text for word in receipt.receipt.words)
    assert len(intake.services.sessions) == 0
