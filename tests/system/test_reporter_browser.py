"""What is left in the reporter's own browser: addresses, titles, what Back can show, what a page could be made to run."""

import re
import time

import pytest
from processes.measured import fastest_of_each
from visitors.intake_harness import file_report, log_in, make_home, running_intake
from visitors.samples import session_of

from cases.home import read_home
from intake.daily import release
from trusted.receipt.keys import new_receipt

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"' onfocus=alert(1) autofocus='"
AUTHORITIES_OF_SCRIPT = f"authorities = [{{ name = '''{SCRIPT}''', about.sv = '''{SCRIPT}''', at = ['''{SCRIPT}'''] }}]"
# Right-to-left override, isolates, a zero-width space, an escape sequence of a terminal and a bell.
TRICKS = "abc\u202edcba\u2066\u200b \x1b[2J\x07 \x9b31m end"


async def test_the_page_that_asks_for_the_code_is_not_kept_so_back_does_not_show_the_words(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        asked = await browser.get("/return")
        wrong = await browser.post("/return", asked.form("/return").with_(code=" ".join(new_receipt().words)))

    assert asked.headers["cache-control"] == "no-store"
    assert wrong.headers["cache-control"] == "no-store"


async def test_once_a_report_is_received_the_browser_is_asked_to_forget_the_page_it_was_typed_on(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        fields = (await browser.get("/report")).form("/report").with_(text="Typed")
        page = await browser.post("/report", fields)
        again = await browser.post("/report", fields)
        inbox = await log_in(browser, page.receipt)

    for one in (page, again, inbox):
        assert one.headers["clear-site-data"] == '"cache"'
        assert one.headers["cache-control"] == "no-store"


async def test_the_page_after_leaving_says_that_back_may_show_what_was_typed_and_nothing_of_where_it_was(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        inbox = await log_in(browser, (await file_report(browser, "Typed")).receipt)
        form = await browser.get("/report")
        left = [await browser.get("/leave")]
        left += [await browser.post("/inbox/leave", page.form("/inbox/leave").fields) for page in (form, inbox)]

    for page in left:
        assert "Tills du stänger fliken kan bakåtpilen visa det du skrev." in page.plain
        assert not re.search("anmäl|ärende|kommun|källskydd", page.plain, re.IGNORECASE)


async def test_titles_say_nothing_of_a_report(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Words of the report")
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/take-back", inbox.form("/inbox/take-back", without="file").fields)
        pages = [page, inbox, asked, *[await browser.get(path) for path in ("/", "/report", "/return", "/leave", "/x")]]
        pages += [await file_report(browser, text) for text in ("", "Hör av er till anna@example.com")]
        titles = {re.search("<title>(.*?)</title>", one.text)[1] for one in pages}

    # A title stands in the list of windows, in the history and on the task bar.
    telling = ("anmäl", "rapport", "visselblås", "ärende", "kommun", "report", "källskydd", "tips")
    assert not any(word in title.lower() for title in titles for word in telling), titles


async def test_nothing_that_a_reporter_or_the_operator_writes_becomes_a_part_of_a_page(tmp_path):
    made = make_home(tmp_path / "home")
    config = tmp_path / "home" / "config.toml"
    text = config.read_text().replace('owner = "Ludvika kommun"', f"owner = '''{SCRIPT}'''")
    text = text.replace('phone = "020-899 433"', f"phone = '''{SCRIPT}'''")
    text = re.sub(r"(?m)^authorities = \[.*\]$", lambda _: AUTHORITIES_OF_SCRIPT, text)
    config.write_text(text)
    made.home = read_home(made.home.path)
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        page = await file_report(browser, SCRIPT)
        inbox = await log_in(browser, page.receipt)
        back = await browser.post("/report", [("text", SCRIPT), ("organisation", SCRIPT), ("concerns", SCRIPT)])
        odd = await browser.get("/?lang=%3Cscript%3E&x=%22%3E%3Cscript%3E")
        path = await browser.get("/%3Cscript%3E")
        handle = await browser.post("/inbox", [("handle", SCRIPT), ("language", SCRIPT), ("file", SCRIPT)])
        first = await browser.get("/")

    for one in (page, inbox, back, odd, path, handle, first):
        assert "<script" not in one.text.lower()
        assert "<img" not in one.text
        # Every quote of the planted text is escaped, so nothing of it can become an attribute.
        assert not re.search(r"<[^>]*onfocus=alert", one.text)
    assert SCRIPT in inbox.plain


async def test_characters_that_turn_or_hide_text_stay_within_their_own_box(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, TRICKS)
        inbox = await log_in(browser, page.receipt)

    # `dir=auto` isolates: what is turned in there turns nothing around it.
    assert re.search(r'<div class="written" dir="auto">abc\u202e', inbox.text)


async def erased_receipt(intake, browser):
    """File a report, release it, and have it erased for good, with its tombstone."""
    page = await file_report(browser, "To be erased")
    session = await session_of(intake, page)
    await release(intake.services, intake.clock().date().replace(day=3))
    await intake.services.store.erase(session.case.case_id)
    return page.receipt


async def test_codes_that_never_existed_and_erased_ones_take_the_same_time_and_give_the_same_bytes(tmp_path):
    async with running_intake(tmp_path, real_argon2=True) as intake:
        browser = intake.browser()
        erased = await erased_receipt(intake, browser)
        form = (await browser.get("/return")).form("/return")
        answers = set()

        async def seconds(code) -> float:
            fields = form.with_(code=" ".join(code), mark=intake.services.form_tokens.new("return"))
            began = time.perf_counter()
            page = await browser.post("/return", fields)
            took = time.perf_counter() - began
            answers.add((page.status, page.raw_headers, re.sub(rb'name="(mark|draft)" value="[^"]*"', b"", page.body)))
            return took

        codes = {"never": lambda: seconds(new_receipt().words), "erased": lambda: seconds(erased.words)}
        fastest = await fastest_of_each(codes, 1.25)

    assert len(answers) == 1
    # Nearly all of it is one Argon2id; without it an answer would take a twentieth.
    assert max(fastest.values()) < 1.25 * min(fastest.values()), fastest


@pytest.mark.parametrize("path", ["/inbox", "/inbox/write", "/inbox/file", "/inbox/take-back", "/inbox/withdraw"])
async def test_no_page_of_a_case_opens_by_its_address(tmp_path, path):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get(path)

    assert page.status == 404
