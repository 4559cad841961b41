"""One page and its answers: what each button does, what comes back, and how far it has come on a page of its own."""

from __future__ import annotations

import asyncio
import html
import re
import secrets

import pytest
from visitors.intake_harness import (
    PUBLIC_HOST,
    SEE_OTHER,
    SHOWN,
    Browser,
    Page,
    make_home,
    multipart,
    read_answer,
    report_form,
    running_intake,
    zygotes,
)
from visitors.samples import opened, photograph, rows

from intake.uploads.progress import ProgressBoard, Shown
from trusted.forms.sending import Sending

POINTING = "Fakturan betalades två gånger.\nMvh\nAnna Andersson"
KEPT = "Filer som redan har kommit: 1. Du behöver inte välja dem igen."


async def post_in_order(browser: Browser, *parts: tuple[str, str] | bytes) -> Page:
    """Send the report form with its fields and files in exactly this order."""
    pieces = [multipart("b", [], [one]) if isinstance(one, bytes) else multipart("b", [one]) for one in parts]
    body = b"".join(one.removesuffix(b"--b--\r\n") for one in pieces) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": f"http://{browser.host}"}
    return await browser.request("POST", "/report", body, headers)


async def without_button(browser: Browser, **values: str) -> list[tuple[str, str]]:
    """The fields of a form of which no button was pressed."""
    return (await report_form(browser, **values)).fields


async def test_there_is_one_page_with_one_strong_button_and_no_frame(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/report?lang=en")

    form = page.text.split('<form id="report"')[1].split("</form>")[0]
    places = [
        form.index(one) for one in ("<textarea", 'name="marked"', 'type="file"', 'name="concerns"', 'value="send"')
    ]
    assert places == sorted(places)
    assert page.status == 200
    assert re.findall(r'<button[^>]* class="main[^>]*>([^<]*)<', page.text) == ["Send the report"]
    assert "<iframe" not in page.text
    assert "<script" not in page.text
    assert "frame-src" not in page.headers["content-security-policy"]
    assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert 'name="held"' not in page.text
    assert 'value="drop"' not in page.text
    # What helps on the way opens a tab of its own: followed within the tab, a link would take the chosen files away.
    assert re.findall(r'<a href="/progress/[0-9a-f]{32}[^"]*" target="_blank">', form)


async def test_the_answer_is_the_code_itself_and_is_kept_by_no_browser(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        sent_on = await browser.post_once("/report", (await report_form(browser)).with_(text="Straight to the code"))
        page = await browser.follow(sent_on)
        case = await opened(intake, page)

    assert sent_on.status == SEE_OTHER
    assert re.fullmatch(r"/page/[0-9a-f]{32}(\?lang=sv)?", sent_on.headers["location"])
    assert page.status == SHOWN
    assert len(page.receipt.words) == 8
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["clear-site-data"] == '"cache"'
    assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
    assert case.report.text == "Straight to the code"


async def test_a_code_that_nobody_has_seen_yet_waits_for_who_lets_the_upload_run_and_goes_away(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        answers = [
            await browser.post_once("/report", (await report_form(browser)).with_(text=text)) for text in ("A", "B")
        ]
        intake.clock.forward(hours=11)
        late = await browser.follow(answers[0])
        intake.clock.forward(minutes=31)
        over = await browser.post("/receipt", late.form("/receipt/check").fields)
        intake.clock.forward(hours=1)
        too_late = await browser.follow(answers[1])
        left = len(intake.services.sessions)

    assert len(late.receipt.words) == 8
    assert "Om din anmälan kom fram är den sparad" in over.plain
    assert "<bdi>" not in too_late.text
    assert left == 0


async def test_the_same_form_an_hour_later_leads_to_a_code_that_nobody_has_seen_yet(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        fields = (await report_form(browser)).with_(text="The answer was lost on the way")
        await browser.post_once("/report", fields)
        intake.clock.forward(hours=1)
        again = await browser.post("/report", fields)
        intake.clock.forward(hours=1)
        spent = await browser.post("/report", fields)
        stored = rows(intake, "cases")

    assert again.status == SHOWN
    assert len(again.receipt.words) == 8
    assert "redan skickat" in spent.plain
    assert "/receipt/check" not in [one.action for one in spent.forms]
    assert stored == 1


async def test_a_page_from_before_it_was_sent_leads_to_the_code_once_it_is(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        stopped_at = await browser.post_once("/report", (await report_form(browser)).with_(text=POINTING))
        stopped = await browser.follow(stopped_at)
        sent = await browser.post("/report", stopped.form("/report").with_())
        again = await browser.follow(stopped_at)

    assert stopped.status == 400
    assert again.receipt == sent.receipt


# The order of fields, and the button


@pytest.mark.parametrize("place", ["first", "before the file", "last"])
async def test_where_the_button_stands_in_the_form_decides_nothing(tmp_path, place):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        button, file = ("act", "send"), photograph()
        fields = await without_button(browser, text="Whatever the order", organisation="wbab")
        orders = {
            "first": [button, *fields, file],
            "before the file": [*fields, button, file],
            "last": [*fields, file, button],
        }
        page = await post_in_order(browser, *orders[place])
        case = await opened(intake, page)

    assert page.status == SHOWN
    assert (case.report.text, case.report.organisation) == ("Whatever the order", "wbab")
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]


async def test_the_text_and_the_choices_may_come_after_the_files(tmp_path):
    made = make_home(tmp_path / "home", ("lead", "handler", "handler", "counsel"))
    async with zygotes() as sandbox, running_intake(tmp_path, made, sandbox=sandbox) as intake:
        browser = intake.browser()
        fields = await without_button(browser, text="After the files", organisation="wbab")
        hidden = [one for one in fields if one[0] in {"mark", "draft", "language"}]
        rest = [one for one in fields if one not in hidden]
        concerns = ("concerns", made.members[0].id)
        page = await post_in_order(browser, *hidden, photograph(), *rest, concerns, ("act", "send"))
        case = await opened(intake, page)

    assert case.report.text == "After the files"
    assert case.report.organisation == "wbab"
    assert made.members[0].id not in case.report.sealed_to
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 1


@pytest.mark.parametrize(
    "fields",
    [
        ([], []),
        ([], [("act", "edit")]),
        ([("act", "send")], [("act", "send")]),
        ([("act", "send")], [("act", "keep")]),
        ([("act", "send")], [("act", "edit")]),
        ([("act", "edit")], [("act", "send")]),
        ([("act", "send")], [("switch", "en")]),
        ([("switch", "en")], [("act", "remove")]),
        ([], [("act", "unknown")]),
        ([("act", "send")], [("act", "")]),
        ([], [("act", "SEND")]),
        ([], [("act", "news")]),
    ],
    ids=str,
)
async def test_without_exactly_one_button_that_sends_nothing_is_stored_and_the_files_are_held(tmp_path, fields):
    before, after = fields
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        typed = await without_button(browser, text="Not sent", organisation="wbab")
        page = await post_in_order(browser, *typed, *before, photograph(), *after)
        stored, staged, waiting = rows(intake, "cases"), rows(intake, "files"), len(intake.services.held)
        sent = await browser.post("/report", page.form("/report").with_())
        case = await opened(intake, sent)

    assert page.status == SHOWN
    assert dict(page.form("/report").fields)["text"] == "Not sent"
    assert dict(page.form("/report").fields)["organisation"] == "wbab"
    assert (stored, staged, waiting) == (0, 2, 1)
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]


async def test_a_form_without_a_button_stores_nothing_not_even_without_anything_in_it(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        typed = await browser.post("/report", await without_button(browser, text="Half a text"))
        empty = await post_in_order(browser)
        stored, waiting = rows(intake, "cases"), len(intake.services.held)
        faults = intake.services.faults.count

    assert [page.status for page in (typed, empty)] == [SHOWN, SHOWN]
    assert dict(typed.form("/report").fields)["text"] == "Half a text"
    assert (stored, waiting, faults) == (0, 0, 0)


@pytest.mark.parametrize(
    "order", ["file, marked", "file, marked, file"], ids=["after the only file", "between two files"]
)
async def test_that_files_may_be_marked_said_after_a_file_is_refused(tmp_path, order):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        fields = await without_button(browser)
        parts = {"file": photograph(), "marked": ("marked", "yes")}
        page = await post_in_order(browser, *fields, *(parts[one] for one in order.split(", ")), ("act", "send"))
        stored = rows(intake, "cases")

    assert page.status == 400
    assert "skadat eller inte något av våra formulär" in page.plain
    assert stored == 0


# What comes back

TYPED = {
    "text": "Two lines\nof <b>text</b>",
    "organisation": "wbab",
    "unnamed": "yes",
    "urgent": "yes",
    "earlier": "yes",
    "answers": "en",
    "marked": "yes",
}
REFUSED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    "how", ["another language", "edit", "no button", "stopped", "refused file", "old form", "unknown choice"]
)
async def test_nothing_typed_or_chosen_is_lost_on_the_way_to_another_page(tmp_path, how):
    made = make_home(tmp_path / "home")
    concerns = [made.members[0].id, made.members[1].id]
    async with zygotes() as sandbox, running_intake(tmp_path, made, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser, **TYPED, concerns=concerns)
        if how == "another language":
            page = await browser.post("/report", [("switch", "en"), *form.fields], [photograph()])
        elif how == "edit":
            page = await browser.post("/report", form.with_(act="edit"), [photograph()])
        elif how == "no button":
            page = await browser.post("/report", form.fields)
        elif how == "stopped":
            stopped = await browser.post("/report", form.with_(text=POINTING), [photograph()])
            page = await browser.post("/report", stopped.form("/report").with_(act="edit", text=TYPED["text"]))
        elif how == "refused file":
            told = await browser.post("/report", form.with_(), [photograph(), REFUSED])
            page = await browser.post("/report", told.form("/report").with_(act="edit"))
        elif how == "old form":
            intake.services.form_tokens._key = secrets.token_bytes(32)
            page = await browser.post("/report", form.with_())
        else:
            page = await browser.post("/report", form.with_(concerns=[*concerns, "0" * 32]), [photograph()])
        stored_before = rows(intake, "cases")
        sent = await browser.post("/report", page.form("/report").with_())
        case = await opened(intake, sent)

    got = page.form("/report").fields
    assert {name: value for name, value in got if name in TYPED} == TYPED
    assert [value for name, value in got if name == "concerns"] == concerns
    assert 'type="file"' in page.text
    assert stored_before == 0
    assert case.report.text == TYPED["text"]
    assert case.report.organisation == "wbab"


async def test_choices_that_stand_after_the_files_come_back_from_an_old_form_too(tmp_path):
    """As browsers send them: the person concerned is ticked below the files, and must not read the report."""
    made = make_home(tmp_path / "home")
    async with zygotes() as sandbox, running_intake(tmp_path, made, sandbox=sandbox) as intake:
        browser = intake.browser()
        above = [one for one in (await report_form(browser)).fields if one[0] in {"mark", "draft", "language", "text"}]
        below = [("concerns", made.members[0].id), ("organisation", "wbab"), ("unnamed", "yes"), ("act", "send")]
        intake.clock.forward(hours=26)
        page = await post_in_order(browser, *above, photograph(), *below)
        stored = rows(intake, "cases")

    got = page.form("/report").fields
    assert page.status == 400
    assert stored == 0
    assert ("concerns", made.members[0].id) in got
    assert ("organisation", "wbab") in got
    assert ("unnamed", "yes") in got


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"text": " "}, "Det fanns ingen text"),
        ({"text": "kept", "organisation": "another-town"}, "finns inte längre i formuläret"),
        ({"text": "kept", "concerns": "everybody"}, "inte längre i formuläret"),
        ({"text": "x" * 100_001}, "längre än formuläret rymmer"),
    ],
)
async def test_a_refusal_stands_above_the_form_and_both_forms_work_once_mended(tmp_path, values, what):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        refused = await browser.post("/report", form.with_(**values), [photograph()])
        stored = rows(intake, "cases")
        mended = {"text": "Mended", "organisation": ""}
        sent = await browser.post("/report", refused.form("/report").with_(**mended))
        back = await browser.post("/report", form.with_(text="Mended"), [photograph()])
        case = await opened(intake, sent)

    assert refused.status == 400
    assert what in refused.plain
    assert "nget har sparats" in refused.plain
    assert refused.text.index(what) < refused.text.index("<textarea")
    assert KEPT in refused.plain
    assert dict(refused.form("/report").fields)["text"].strip() == values["text"].strip()
    assert stored == 0
    # Whichever page of a report is sent, it becomes one report.
    assert back.receipt == sent.receipt
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]


async def test_what_goes_wrong_before_the_form_is_read_has_a_page_that_says_so(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        fields = (await report_form(browser)).with_(text="Kept in the form")
        foreign = await browser.post("/report", fields, headers={"Origin": "null"})

        def breaks(_token):
            raise ZeroDivisionError

        monkeypatch.setattr(ProgressBoard, "id_of", lambda _board, token: breaks(token))
        broken = await browser.post("/report", fields)
        stored = rows(intake, "cases")

    assert (foreign.status, broken.status) == (403, 500)
    assert stored == 0
    for page in (foreign, broken):
        assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")
        assert "nget har sparats" in page.plain


# How far it has come


def progress_path(page: Page) -> str:
    return html.unescape(re.search(r'<a href="(/progress/[0-9a-f]{32}[^"]*)" target="_blank">', page.text)[1])


class Tab:
    """The page of progress in another tab, as it comes."""

    def __init__(self, intake, path: str) -> None:
        self._intake = intake
        self._path = path
        self.got = ""

    async def __aenter__(self) -> Tab:
        self._reader, self._writer = await asyncio.open_unix_connection(str(self._intake.public_socket))
        self._writer.write(f"GET {self._path} HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nConnection: close\r\n\r\n".encode())
        self._reading = asyncio.ensure_future(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        self._writer.close()
        await asyncio.gather(self._reading, return_exceptions=True)

    async def _read(self) -> None:
        while piece := await self._reader.read(65536):
            self.got += piece.decode()

    async def shows(self, words: str, within: float = 20) -> None:
        async with asyncio.timeout(within):
            while words not in self.lines:
                await asyncio.sleep(0.02)

    async def ended(self, within: float = 20) -> None:
        await asyncio.wait_for(asyncio.shield(self._reading), within)

    @property
    def lines(self) -> str:
        unchunked = re.sub(r"(?:\r\n)?[0-9a-f]+\r\n", "", self.got.partition("\r\n\r\n")[2])
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", unchunked)).split())


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.LOOK_SECONDS", 0.01)


async def test_the_progress_is_a_page_of_its_own_that_begins_at_once_and_is_not_kept_or_framed(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/report")
        async with Tab(intake, progress_path(page)) as tab:
            await tab.shows("När du skickar ser du här hur långt det har kommit.")
            got = tab.got.lower()

    assert "cache-control: no-store" in got
    assert "frame-ancestors 'none'" in got
    assert not re.search(r"(?m)^(server|date):", got)
    assert "<script" not in got
    assert "http-equiv" not in got
    assert "<iframe" not in got


async def test_the_progress_shows_the_sending_the_files_and_the_end_and_the_next_sending_too(tmp_path):
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()
        browser = intake.browser()
        page = await browser.get("/report?lang=en")
        form = page.form("/report")
        async with Tab(intake, progress_path(page)) as tab:
            await tab.shows("Once you send")
            await browser.post("/report", form.with_(text=" "))
            await tab.shows("Nothing is stored yet. Read the answer")
            sending = slow_post(intake, form.with_(text="With files"), [photograph(1200), b"PK\x03\x04"])
            answered = asyncio.ensure_future(sending)
            await tab.shows("per cent has arrived")
            await tab.shows("File 1 is being cleaned.")
            await tab.shows("File 1 is clean.")
            await tab.shows("File 2 was not accepted.")
            told = await browser.follow(read_answer(await answered))
            await tab.shows("Nothing is stored yet. Read the answer")
            first = tab.got
            # The token stays the same through all pages of a report, and so the tab shows what is sent from these.
            answer = await browser.post("/report", told.form("/report").with_())
            await tab.ended()

    assert "1 of 2 files was not accepted." in told.plain
    assert len(answer.receipt.words) == 8
    assert tab.lines.endswith(
        "Everything has arrived. Close this tab: your case code is shown where you sent the report."
    )
    percents = [int(one) for one in re.findall(r'<progress value="(\d+)"', first)]
    assert percents == sorted(percents)
    assert len(set(percents)) >= 3
    assert "secret-name" not in tab.got
    assert len(intake.services.progress) == 0


async def slow_post(intake, fields, files) -> bytes:
    """Send a form with pauses, as through Tor."""
    body = multipart("b", fields, files)
    reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
    head = f"POST /report HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\nOrigin: http://{PUBLIC_HOST}\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n".encode())
    step = len(body) // 8 + 1
    for start in range(0, len(body), step):
        writer.write(body[start : start + step])
        await writer.drain()
        await asyncio.sleep(0.08)
    answer = await reader.read()
    writer.close()
    return answer


async def test_a_button_pressed_twice_does_not_say_that_nothing_is_stored(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await browser.get("/report?lang=en")
        fields = page.form("/report").with_(text="Pressed twice")
        async with Tab(intake, progress_path(page)) as tab:
            await tab.shows("Once you send")
            first, second = await asyncio.gather(*(browser.post("/report", fields) for _ in range(2)))
            await tab.ended()

    assert first.receipt == second.receipt
    assert "Everything has arrived." in tab.lines
    assert "Nothing is stored" not in tab.lines
    assert "corrected" not in tab.lines


async def test_a_tab_that_is_closed_at_any_time_is_no_fault_and_leaves_nothing(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/report")
        for _ in range(5):
            async with Tab(intake, progress_path(page)) as tab:
                await tab.shows("När du skickar")
            async with asyncio.timeout(10):
                while len(intake.services.progress):
                    await asyncio.sleep(0.02)
        faults = intake.services.faults.count

    assert faults == 0


async def test_a_tab_that_waits_too_long_ends_with_a_way_to_begin_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.WAIT_SECONDS", 0.2)
    async with running_intake(tmp_path) as intake:
        page = await intake.browser().get("/report")
        async with Tab(intake, progress_path(page)) as tab:
            await tab.ended()

    assert tab.lines.endswith("Det går bra att skicka ändå. Visa hur långt det har kommit")
    assert len(intake.services.progress) == 0


async def test_the_address_of_the_progress_is_neither_the_token_nor_a_way_to_send(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await browser.get("/report")
        token = dict(page.form("/report").fields)["mark"]
        shown = progress_path(page).rsplit("/", 1)[1].partition("?")[0]
        with_it = await browser.post("/report", [("mark", shown), ("text", "x"), ("act", "send")])
        made_up = await browser.get("/progress/" + "g" * 32)
        stored = rows(intake, "cases")

    assert token not in progress_path(page)
    assert shown not in token
    assert with_it.status == 400
    assert made_up.status == 404
    assert stored == 0


def test_the_board_knows_a_form_only_while_somebody_sends_or_watches_it():
    board = ProgressBoard()
    sending = Sending(1000)
    with board.watch(board.id_of("mark")) as shown:
        before = shown.sending
        with board.send(sending, "mark"):
            during = shown.sending
            sending.came(500)
        others = ProgressBoard().id_of("mark") == board.id_of("mark")

    assert (before, during) == (None, sending)
    assert (sending.percent, sending.ended) == (50, True)
    assert not others
    assert len(board) == 0
    assert Shown().users == 0
