"""Every form is answered with an address; what stands there, for how long, and for whom."""

from __future__ import annotations

import asyncio
import re

import pytest
from browsers.pages import POINTING, every_page, telling_photograph
from browsers.served import example_home
from desks.harness import running_with_pages
from visitors.code_search import code_in
from visitors.inbox_samples import filled, shown_words, with_notes
from visitors.intake_harness import (
    SEE_OTHER,
    SHOWN,
    file_report,
    log_in,
    multipart,
    read_answer,
    report_form,
    running_intake,
    words_asked,
    zygotes,
)

from intake.app import ROUTES
from intake.http.result_pages import MOST_OF_ONE, ResultPages
from intake.inbox import write as inbox_write
from intake.views.pages import OWNER

KIND = {"Content-Type": "multipart/form-data; boundary=b"}
OTHER = "b" * 64
MAKER = "Kameramakaren"


def named_in(body: bytes) -> str:
    """The handle or the draft that the first form of a page names."""
    found = re.search(rb'name="(?:handle|draft)" value="([0-9a-f]+)"', body)
    return "" if found is None else found[1].decode()


def handle_in(page) -> str:
    return re.search(r'name="handle" value="([0-9a-f]+)"', page.text)[1]


async def send(browser, path, fields):
    """Post a form; the answer, which is an address and no page yet."""
    return await browser.request_once("POST", path, multipart("b", fields), KIND)


@pytest.mark.parametrize("path", [path for method, path, _ in ROUTES if method == "POST"])
async def test_every_form_is_answered_with_an_address_whatever_is_in_it(tmp_path, path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        answers = [
            await browser.request_once("POST", path, body, KIND)
            for body in (b"no form at all", multipart("b", [("text", "Typed"), ("language", "en")]))
        ]

    for answer in answers:
        assert answer.status == SEE_OTHER
        assert re.fullmatch(r"/page/[0-9a-f]{32}(\?lang=[a-z]{2,3})?", answer.headers["location"])
        assert answer.headers["cache-control"] == "no-store"
        assert "Typed" not in answer.text


async def test_a_page_comes_again_by_its_address_in_its_language(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report?lang=en")).form("/report")
        led = await browser.request_once("POST", "/report", multipart("b", form.with_(text="Typed", switch="en")), KIND)
        first, again = [await browser.follow(led) for _ in range(2)]

    assert led.headers["location"].endswith("?lang=en")
    assert first.status == SHOWN
    assert (first.body, first.headers) == (again.body, again.headers)
    assert dict(first.form("/report").fields)["text"] == "Typed"
    # Tor Browser stores nothing, and Back gives the form again with what was typed since.
    assert first.headers["cache-control"] == "no-cache"


async def test_what_has_to_do_with_a_session_is_gone_with_it_in_every_state(short_folder):
    """Every page that any state leads to: after logging out no address shows a handle, a word or a text any more."""
    seen: list[str] = []
    owners: list[tuple[str, str]] = []
    async with (
        zygotes() as sandbox,
        running_with_pages(short_folder, example_home(short_folder / "home"), sandbox=sandbox) as desks,
    ):
        keep = desks.intake.services.result_pages.keep

        def noted(response, peek, **named):
            seen.append(keep(response, peek, **named))
            owners.append((response.get(OWNER, ""), named_in(response.body)))
            return seen[-1]

        object.__setattr__(desks.intake.services, "result_pages", Noting(desks.intake.services.result_pages, noted))
        await every_page(desks, "sv")
        sessions = desks.intake.services.sessions
        for handle in list(sessions._open):
            sessions.log_out(handle)
        pages = [await desks.intake.browser().get(f"/page/{address}") for address in seen]

    assert len(pages) > 40
    # A page belongs to the session or draft that its own forms name, whoever writes a new page.
    assert all(owner == named for owner, named in owners)
    assert {len(owner) for owner, _ in owners} == {0, 32, 64}
    for page in pages:
        assert 'name="handle"' not in page.text
        assert 'class="code"' not in page.text


class Noting:
    """The result pages, with every address written down."""

    def __init__(self, real: ResultPages, keep) -> None:
        self._real = real
        self.keep = keep

    def __getattr__(self, name: str):
        return getattr(self._real, name)


async def test_an_address_of_a_session_that_is_over_asks_for_the_code_in_the_language_of_the_page(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = (await file_report(browser, "Report")).receipt
        form = (await browser.get("/return?lang=en")).form("/return")
        body = multipart("b", form.with_(code=" ".join(receipt.words)))
        led = await browser.request_once("POST", "/return", body, KIND)
        inbox = await browser.follow(led)
        await browser.post("/inbox/leave", inbox.form("/inbox/leave").fields)
        over, never = await browser.follow(led), await browser.get(f"/page/{'0' * 32}?lang=en")

    assert "This page is no longer open." in over.plain
    assert over.form("/return")
    assert over.plain == never.plain


async def test_an_address_whose_page_is_not_kept_any_more_shows_the_case_as_it_is_now(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = (await file_report(browser, "Report")).receipt
        form = (await browser.get("/return")).form("/return")
        led = await browser.request_once(
            "POST", "/return", multipart("b", form.with_(code=" ".join(receipt.words))), KIND
        )
        page = await browser.follow(led)
        for number in range(MOST_OF_ONE):
            page = await browser.post("/inbox/write", page.form("/inbox/write").with_(text=f"Message {number}"))
        again = await browser.follow(led)

    assert again.status == SHOWN
    assert f"Message {MOST_OF_ONE - 1}" in again.plain


async def test_an_older_address_shows_no_words_once_two_of_them_were_typed_back(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        led = await send(browser, "/report", form.with_(text="Report"))
        page = await browser.follow(led)
        right = await browser.post("/receipt/check", page.form("/receipt/check").with_(word=words_asked(page)))
        inbox = await browser.post("/inbox", right.form("/inbox").fields)
        for _ in range(MOST_OF_ONE):
            inbox = await browser.post("/inbox", inbox.form("/inbox").fields)
        after = await browser.follow(led)

    assert after.form("/inbox/write")
    assert 'class="code"' not in after.text


async def test_an_address_of_the_page_with_the_code_shows_the_words_again_while_the_session_lasts(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        led = await browser.request_once("POST", "/report", multipart("b", form.with_(text="Report")), KIND)
        shown = (await browser.follow(led)).receipt
        page = await log_in(browser, shown)
        intake.clock.forward(minutes=20)
        await browser.post("/inbox", page.form("/inbox").fields)
        await browser.post("/receipt", (await browser.follow(led)).form("/inbox/leave").fields)
        intake.clock.forward(minutes=20)
        again = await browser.follow(led)

    assert again.receipt == shown


# ---- a draft: what is typed before anything is received


async def test_what_was_typed_is_gone_from_its_address_once_it_is_received(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        led = await send(browser, "/report", form.with_(text=POINTING))
        page = await browser.follow(led)
        sent = await browser.post("/report", page.form("/report").as_it_is())
        after = await browser.follow(led)

    assert POINTING in page.text
    assert POINTING not in after.text
    # Reload, of whatever page was sent, shows the code and never less.
    assert after.receipt == sent.receipt


async def test_the_pages_of_a_draft_lead_to_the_code_once_the_report_is_received(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        led = await send(browser, "/report", form.with_(text="Typed", switch="sv"))
        page = await browser.follow(led)
        stopped_led = await send(browser, "/report", page.form("/report").with_(text=" "))
        code = await browser.post("/report", page.form("/report").with_())
        again = [await browser.follow(led), await browser.follow(stopped_led)]
        await browser.post("/inbox/leave", code.form("/inbox/leave").fields)
        after = await browser.follow(led)

    assert "Typed" in page.text
    for one in (*again, code, after):
        assert "Typed" not in one.text
    assert [one.receipt for one in again] == [code.receipt] * 2
    assert after.form("/return")


async def test_what_was_typed_is_gone_from_its_address_once_its_writer_has_left(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        led = await send(browser, "/report", form.with_(text="Typed", switch="en"))
        page = await browser.follow(led)
        left = await browser.request_once(
            "POST", "/inbox/leave", multipart("b", page.form("/inbox/leave").fields), KIND
        )
        farewell, after = await browser.follow(left), await browser.follow(led)

    assert "Typed" in page.text
    assert "Typed" not in after.text
    assert left.headers["clear-site-data"] == '"cache"'
    assert "Close this tab now." in farewell.plain


async def test_a_message_that_came_along_is_gone_from_its_address_once_the_case_is_open(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = (await file_report(browser, "Report")).receipt
        led = await send(browser, "/inbox/write", [("handle", OTHER), ("text", "My message")])
        page = await browser.follow(led)
        wrong = await send(browser, "/return", page.form("/return").with_(code="abakus agenda"))
        again = (await browser.follow(wrong)).form("/return")
        inbox = await browser.post("/return", again.with_(code=" ".join(receipt.words)))
        after = [await browser.follow(one) for one in (led, wrong)]

    assert "My message" in page.text
    assert dict(inbox.form("/inbox/write").fields)["text"] == "My message"
    assert all("My message" not in one.text for one in after)


# ---- what ends a session for every tab


@pytest.mark.parametrize("how", ["taken back", "erased"])
async def test_a_case_that_is_gone_is_shown_at_no_address(tmp_path, how):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = (await browser.get("/report")).form("/report")
        receipt_at = await send(browser, "/report", form.with_(text="Report"))
        receipt = (await browser.follow(receipt_at)).receipt
        asked = (await browser.get("/return")).form("/return")
        inbox_at = await send(browser, "/return", asked.with_(code=" ".join(receipt.words)))
        if how == "taken back":
            page = await log_in(browser, receipt)
            page = await browser.post("/inbox/take-back", page.form("/inbox/take-back").fields)
            await browser.post("/inbox/take-back", page.form("/inbox/take-back").fields)
        else:
            session = intake.services.sessions.peek(handle_in(await browser.follow(inbox_at)))
            await intake.services.store.erase(session.case.case_id)
        after = [await browser.follow(one) for one in (receipt_at, inbox_at)]

    for page in after:
        assert page.form("/return")
        assert not code_in(page.text, receipt.words)


async def test_logging_out_where_the_session_has_rested_too_long_ends_the_other_tabs_too(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        receipt = (await file_report(browser, "Report")).receipt
        rested = await log_in(browser, receipt)
        intake.clock.forward(minutes=20)
        other = await log_in(browser, receipt)
        intake.clock.forward(minutes=20)
        await browser.post("/inbox/leave", rested.form("/inbox/leave").fields)
        after = await browser.post("/inbox", other.form("/inbox").fields)

    assert after.form("/return")


async def test_after_approving_notes_no_earlier_address_of_the_session_shows_words(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        _, inbox = await with_notes(intake, browser)
        asked, _ = await shown_words(browser, inbox)
        led = await send(browser, "/inbox/minutes", asked.form("/inbox/minutes").fields)
        words = await browser.follow(led)
        approved = await browser.post("/inbox/minutes", filled(words))
        after = await browser.follow(led)

    assert words.receipt
    assert "Du har godkänt anteckningarna." in approved.plain
    assert 'class="code"' not in after.text


async def test_a_message_whose_files_take_an_hour_is_received_in_its_session(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await log_in(browser, (await file_report(browser, "Report")).receipt)
        body = multipart("b", page.form("/inbox/write").with_(text="With a file"), [b"x" * 2_000_000])
        reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
        head = f"POST /inbox/write HTTP/1.1\r\nConnection: close\r\nHost: {browser.host}\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\nContent-Type: {KIND['Content-Type']}\r\n\r\n".encode())
        for start in range(0, len(body), 500_000):
            writer.write(body[start : start + 500_000])
            await writer.drain()
            await asyncio.sleep(0.3)
            intake.clock.forward(minutes=20)
            intake.services.sessions.end_idle()
        answer = await browser.follow(read_answer(await reader.read()))
        writer.close()

    assert "Vi har tagit emot ditt meddelande" in answer.plain
    assert answer.form("/inbox/write")


async def test_what_is_received_although_the_session_ended_meanwhile_is_said_to_be(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await log_in(browser, (await file_report(browser, "Report")).receipt)
        add = inbox_write.add_entries

        async def slow(*arguments, **named):
            intake.services.sessions.log_out(handle_in(page))
            return await add(*arguments, **named)

        monkeypatch.setattr(inbox_write, "add_entries", slow)
        answer = await browser.post("/inbox/write", page.form("/inbox/write").with_(text="A message"))

    assert "Vi har tagit emot ditt meddelande" in answer.plain
    assert answer.form("/return")


# ---- what a page may show, and for how long


async def test_what_was_found_in_files_is_shown_no_longer_than_half_an_hour_after_the_report(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        shown = await file_report(browser, "Report", [telling_photograph()])
        intake.clock.forward(minutes=29)
        led = await send(browser, "/receipt/check", shown.form("/receipt/check").with_(word=words_asked(shown)))
        again = await browser.follow(led)
        intake.clock.forward(minutes=2)
        intake.services.form_tokens.prune()
        late = await browser.follow(led)

    assert [MAKER in page.text for page in (shown, again, late)] == [False, True, False]
    assert late.form("/inbox/write")


async def test_a_code_that_nobody_has_fetched_is_there_for_twelve_hours_and_then_rests_as_any_other(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        led = await send(browser, "/report", form.with_(text="Report"))
        intake.clock.forward(hours=11)
        again = await send(browser, "/report", form.with_(text="Report"))
        code = await browser.follow(again)
        intake.clock.forward(minutes=31)
        late = await browser.follow(led)

    assert code.receipt
    assert 'class="code"' not in late.text
    assert late.form("/return")
