"""The form with frames: the answer beside the text, the progress line by line, and nothing of either left behind."""

from __future__ import annotations

import asyncio
import html
import re
import secrets

import pytest
from intake_harness import (
    PUBLIC_HOST,
    SHOWN,
    Browser,
    Form,
    files_page,
    make_home,
    multipart,
    read_answer,
    running_intake,
    zygotes,
)
from reporter_samples import opened, photograph, rows

from intake.uploads.progress import ProgressBoard, Sending, Shown


async def form_of(browser: Browser) -> Form:
    """The form of the page of files, which holds the frames."""
    return (await files_page(browser)).form("/report")


def progress_path(page) -> str:
    return re.search(r'<iframe[^>]* src="(/progress/[0-9a-f]{32})', page.text)[1] + "?watch=yes"


class Frame:
    """A frame that is being read, as it comes."""

    def __init__(self, intake, path: str) -> None:
        self._intake = intake
        self._path = path
        self.got = ""

    async def __aenter__(self) -> Frame:
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

    async def shows(self, words: str, within: float = 10) -> None:
        async with asyncio.timeout(within):
            while words not in self.lines:
                await asyncio.sleep(0.02)

    async def ended(self, within: float = 10) -> None:
        await asyncio.wait_for(asyncio.shield(self._reading), within)

    @property
    def lines(self) -> str:
        unchunked = re.sub(r"(?:\r\n)?[0-9a-f]+\r\n", "", self.got.partition("\r\n\r\n")[2])
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", unchunked)).split())


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.LOOK_SECONDS", 0.01)


async def test_the_page_of_files_holds_two_named_frames_above_its_button_and_a_way_without(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        text = await browser.get("/report?lang=en")
        page = await files_page(browser, "?lang=en")
        plain = await browser.post("/report", page.form("/report").with_(plain="yes"))
        frames = [await browser.get(path) for path in re.findall(r'<iframe[^>]* src="([^"?]*)', page.text)[1:]]

    assert re.findall(r'<iframe[^>]* title="([^"]+)"', page.text) == [
        "Progress of the sending",
        "The answer to what you send",
    ]
    assert 'target="sink"' in page.text
    # Nothing stands between the frame of the answer and the button.
    assert re.search(r'</iframe>\s*<div class="acts">\s*<div><button type="submit" class="main">', page.text)
    assert "frame-src 'self'; frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert 'name="plain" value="yes" formtarget="_self"' in page.text
    # Followed within the tab, a link would take the chosen files away.
    assert "<a " not in page.text.split("</main>")[1]
    for one in (text, plain):
        assert "<iframe" not in one.text
        assert 'target="sink"' not in one.text
        assert "frame-src" not in one.headers["content-security-policy"]
    assert 'type="file"' in plain.text
    assert 'type="file"' not in text.text
    for frame in frames:
        assert frame.status == 200
        assert frame.headers["content-security-policy"].endswith("frame-ancestors 'self'")
        assert frame.headers["cache-control"] == "no-store"


async def test_the_progress_page_may_be_framed_by_us_alone_and_is_not_kept(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await files_page(intake.browser())
        async with Frame(intake, progress_path(page)) as frame:
            await frame.shows("När du skickar ser du här hur långt det har kommit.")
            head = frame.got.lower()

    assert "frame-ancestors 'self'" in head
    assert "frame-src" not in head
    assert "cache-control: no-store" in head
    assert not re.search(r"(?m)^(server|date):", head)
    assert "<script" not in head
    assert "http-equiv" not in head


async def test_the_answer_in_the_frame_leads_to_the_code_in_the_whole_window(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await form_of(browser)
        answer = await browser.post("/report", form.with_(text="In a frame"))
        again = await browser.post("/report", form.with_(text="In a frame"))
        page = await browser.post("/receipt", answer.form("/receipt").fields)
        case = await opened(intake, page)
        stored = rows(intake, "cases")

    assert answer.status == SHOWN
    assert '<base target="_top">' in answer.text
    assert answer.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert "<bdi>" not in answer.text
    assert answer.form("/receipt").fields == again.form("/receipt").fields
    assert stored == 1
    assert case.report.text == "In a frame"
    for one in (answer, page):
        assert one.headers["cache-control"] == "no-store"
        assert one.headers["clear-site-data"] == '"cache"'
    assert page.headers["content-security-policy"].endswith("frame-ancestors 'none'")


async def test_a_code_that_nobody_has_seen_yet_waits_for_who_lets_the_upload_run_and_goes_away(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        answers = [await browser.post("/report", (await form_of(browser)).with_(text=text)) for text in ("A", "B")]
        intake.clock.forward(hours=11)
        late = await browser.post("/receipt", answers[0].form("/receipt").fields)
        intake.clock.forward(minutes=31)
        over = await browser.post("/receipt", answers[0].form("/receipt").fields)
        intake.clock.forward(hours=1)
        too_late = await browser.post("/receipt", answers[1].form("/receipt").fields)
        left = len(intake.services.sessions)

    assert len(late.receipt.words) == 8
    assert "Om din anmälan kom fram är den sparad" in over.plain
    assert "Om din anmälan kom fram är den sparad" in too_late.plain
    assert left == 0


async def test_the_same_form_an_hour_later_leads_to_a_code_that_nobody_has_seen_yet(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await form_of(browser)
        await browser.post("/report", form.with_(text="The answer was lost on the way"))
        intake.clock.forward(hours=1)
        again = await browser.post("/report", form.with_(text="The answer was lost on the way"))
        page = await browser.post("/receipt", again.form("/receipt").fields)
        intake.clock.forward(hours=1)
        spent = await browser.post("/report", form.with_(text="The answer was lost on the way"))
        stored = rows(intake, "cases")

    assert again.status == SHOWN
    assert len(page.receipt.words) == 8
    assert "/receipt" not in [one.action for one in spent.forms]
    assert stored == 1


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"text": " "}, "Det fanns ingen text"),
        ({"text": "Mvh Anna Andersson"}, "Texten verkar avslöja vem du är."),
        ({"text": "kept", "organisation": "another-town"}, "finns inte längre i formuläret"),
        ({"text": "x" * 100_001}, "längre än formuläret rymmer"),
    ],
)
async def test_a_refusal_stands_in_the_frame_and_the_same_form_works_once_it_is_mended(tmp_path, values, what):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await form_of(browser)
        refused = await browser.post("/report", form.with_(**values), [photograph()])
        stored = rows(intake, "cases")
        mended = await browser.post("/report", form.with_(text="The same form, mended"), [photograph()])

    assert refused.status == 400
    assert what in refused.plain
    assert "nget har sparats" in refused.plain
    assert "Din text och dina filer finns kvar på sidan." in refused.plain
    assert {"step": "text", "text": values["text"]}.items() <= dict(refused.form("/report").fields).items()
    assert refused.headers["content-security-policy"].endswith("frame-ancestors 'self'")
    assert stored == 0
    assert [form.action for form in mended.forms] == ["/receipt"]


TYPED = {
    "text": "Two lines\nof <b>text</b>",
    "organisation": "wbab",
    "unnamed": "yes",
    "urgent": "yes",
    "earlier": "yes",
    "answers": "en",
}


HOW = ["files", "files, plain", "files, another language", "another language", "text again", "anew from the frame"]


@pytest.mark.parametrize("how", HOW)
async def test_nothing_typed_or_chosen_is_lost_on_the_way_to_another_page(tmp_path, how):
    made = make_home(tmp_path / "home")
    concerns = [made.members[0].id, made.members[1].id]
    async with running_intake(tmp_path, made) as intake:
        browser = intake.browser()
        typed = (await browser.get("/report")).form("/report").with_(**TYPED, concerns=concerns)
        page = await browser.post("/report", [("step", "files"), *typed])
        fields = page.form("/report").fields
        if how == "another language":
            page = await browser.post("/report", [("switch", "en"), *typed])
        elif how == "files, another language":
            page = await browser.post("/report", [("switch", "en"), *fields], [b"a file"])
        elif how == "files, plain":
            page = await browser.post("/report", [("plain", "yes"), *fields], [b"a file"])
        elif how == "text again":
            page = await browser.post("/report", [("step", "text"), *fields], [b"a file"])
        elif how == "anew from the frame":
            intake.services.form_tokens._key = secrets.token_bytes(32)
            answer = await browser.post("/report", fields)
            page = await browser.post("/report", answer.form("/report").fields)
        stored_before = rows(intake, "cases")
        sent = await browser.post("/report", page.form("/report").fields)
        stored = rows(intake, "cases")

    assert page.status == SHOWN
    got = page.form("/report").fields
    assert {name: value for name, value in got if name in TYPED} == TYPED
    assert [value for name, value in got if name == "concerns"] == concerns
    has_files = how not in {"another language", "text again"}
    assert ('type="file"' in page.text) == has_files
    assert ("<iframe" in page.text) == (has_files and how != "files, plain")
    assert sent.status == SHOWN
    assert (stored_before, stored) == (0, 1)


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ({"text": " "}, "Det fanns ingen text"),
        ({"organisation": "another-town"}, "finns inte längre i formuläret"),
        ({"concerns": "everybody"}, "inte längre i formuläret"),
    ],
)
async def test_what_cannot_be_sent_is_said_before_any_file_is_chosen(tmp_path, values, what):
    async with running_intake(tmp_path) as intake:
        page = await files_page(intake.browser(), **values)

    assert page.status == 400
    assert what in page.plain
    assert 'type="file"' not in page.text


async def test_an_old_form_in_a_frame_says_so_and_does_not_promise_that_it_works(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        form = await form_of(browser)
        intake.clock.forward(hours=26)

        answer = await browser.post("/report", form.with_(text="Kept"))

    assert "Öppna formuläret på nytt med den och välj filerna en gång till." in answer.plain
    assert "finns kvar på sidan" not in answer.plain


async def test_the_progress_shows_the_sending_the_files_and_the_end_and_the_next_sending_too(tmp_path):
    async with zygotes(both=True) as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await sandbox.self_test()
        browser = intake.browser()
        page = await files_page(browser, "?lang=en")
        form, path = page.form("/report"), progress_path(page)
        async with Frame(intake, f"{path}&lang=en") as frame:
            await frame.shows("Once you send")
            await browser.post("/report", form.with_(text=" "))
            await frame.shows("Nothing is stored yet. Read the answer")
            sending = slow_post(intake, form.with_(text="With files"), [photograph(1200), b"PK\x03\x04"])
            answered = asyncio.ensure_future(sending)
            await frame.shows("per cent has arrived")
            await frame.shows("File 1 is being cleaned.")
            await frame.shows("File 1 is clean.")
            await frame.shows("File 2 was not accepted.")
            told = await browser.follow(read_answer(await answered))
            await frame.shows("Nothing is stored yet. Read the answer")
            first = frame.got
            answer = await browser.post("/report", form.with_(text="With files"), [photograph()])
            await frame.ended()

    assert "1 of 2 files was not accepted." in told.plain
    assert "Show your case code" in answer.plain
    assert frame.lines.endswith("Everything has arrived. Now read the answer.")
    percents = [int(one) for one in re.findall(r'<progress value="(\d+)"', first)]
    assert percents == sorted(percents)
    assert len(set(percents)) >= 3
    assert "secret-name" not in frame.got
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
        page = await files_page(browser, "?lang=en")
        fields = page.form("/report").with_(text="Pressed twice")
        async with Frame(intake, f"{progress_path(page)}&lang=en") as frame:
            await frame.shows("Once you send")
            answers = await asyncio.gather(*(browser.post("/report", fields) for _ in range(2)))
            await frame.ended()

    assert answers[0].form("/receipt").fields == answers[1].form("/receipt").fields
    assert frame.lines.endswith("Everything has arrived. Now read the answer.")
    assert "Nothing is stored" not in frame.lines
    assert "corrected" not in frame.lines


async def test_a_frame_that_is_closed_at_any_time_is_no_fault_and_leaves_nothing(tmp_path):
    async with running_intake(tmp_path) as intake:
        page = await files_page(intake.browser())
        for _ in range(5):
            async with Frame(intake, progress_path(page)) as frame:
                await frame.shows("När du skickar")
            async with asyncio.timeout(5):
                while len(intake.services.progress):
                    await asyncio.sleep(0.02)
        faults = intake.services.faults.count

    assert faults == 0


async def test_beyond_the_most_that_watch_a_frame_says_that_sending_works_and_sending_works(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.uploads.progress.MOST_WATCHING", 2)
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        pages = [await files_page(browser) for _ in range(3)]
        async with Frame(intake, progress_path(pages[0])) as one, Frame(intake, progress_path(pages[1])) as two:
            await one.shows("När du skickar")
            await two.shows("När du skickar")
            third = await browser.get(progress_path(pages[2]))
            sent = await browser.post("/report", pages[2].form("/report").with_(text="All the same"))

    assert "Det går bra att skicka ändå." in third.plain
    assert f'href="{progress_path(pages[2])}&amp;lang=sv"' in third.text
    assert [form.action for form in sent.forms] == ["/receipt"]


async def test_before_it_is_asked_to_watch_the_frame_is_a_whole_page_or_firefox_would_not_show_the_page_on_back(
    tmp_path,
):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        frame = await browser.get(progress_path(await files_page(browser)).partition("?")[0])
        watching = len(intake.services.progress)

    assert frame.plain.endswith("Visa hur långt det har kommit")
    assert "content-length" in frame.headers
    assert watching == 0


@pytest.mark.parametrize("language", ["sv", "ar"])
async def test_before_sending_the_page_says_that_it_will_stand_still(tmp_path, language):
    made = make_home(tmp_path / "home", settings='languages = ["sv", "ar"]')
    async with running_intake(tmp_path, made) as intake:
        page = await files_page(intake.browser(), f"?lang={language}")
        (watch, _answer) = re.findall(r'<iframe[^>]* src="([^"]*)"', page.text)
        frame = await intake.browser().get(html.unescape(watch))

    (link,) = re.findall(r'<a href="[^"]*" target="_self">([^<]*)</a>', frame.text)
    assert link
    before_the_frames = page.text.split("<iframe")[0]
    stands_still = {"sv": "står sidan still", "ar": "هذه الصفحة"}[language]
    assert stands_still in before_the_frames.rsplit('<p class="hint">', 1)[1]


async def test_a_frame_that_waits_too_long_ends_with_a_way_to_begin_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("intake.report.progress_page.WAIT_SECONDS", 0.2)
    async with running_intake(tmp_path) as intake:
        page = await files_page(intake.browser())
        async with Frame(intake, progress_path(page)) as frame:
            await frame.ended()

    assert frame.lines.endswith("Det går bra att skicka ändå. Visa hur långt det har kommit")
    assert len(intake.services.progress) == 0


async def test_the_address_of_the_frame_is_neither_the_mark_nor_a_way_to_send(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await files_page(browser)
        mark = dict(page.form("/report").fields)["mark"]
        shown = progress_path(page).rsplit("/", 1)[1].partition("?")[0]
        with_it = await browser.post("/report", [("mark", shown), ("text", "x")])
        made_up = await browser.get("/progress/" + "g" * 32)
        stored = rows(intake, "cases")

    assert mark not in page.text.split("<iframe", 1)[1]
    assert shown not in mark
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


async def test_what_goes_wrong_before_the_form_is_read_can_be_shown_in_the_frame_too(tmp_path, monkeypatch):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        fields = (await form_of(browser)).with_(text="Kept in the form")
        foreign = await browser.post("/report", fields, headers={"Origin": "null"})

        def breaks(_mark):
            raise ZeroDivisionError

        monkeypatch.setattr(ProgressBoard, "id_of", lambda _board, mark: breaks(mark))
        broken = await browser.post("/report", fields)

    assert (foreign.status, broken.status) == (403, 500)
    for page in (foreign, broken):
        assert "frame-ancestors 'self'" in page.headers["content-security-policy"]
        assert "nget har sparats" in page.plain
