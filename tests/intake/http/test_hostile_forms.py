"""Forms as somebody hostile would send them: floods, trickles, tricks with parts and marks, cases that never end."""

import asyncio

import pytest
from visitors.intake_harness import Browser, file_report, log_in, multipart, read_answer, running_intake, zygotes
from visitors.raw_forms import part, read_all
from visitors.samples import opened, photograph, rows

from intake.daily import release
from trusted.web.limits import Limits

KIND = {"Content-Type": "multipart/form-data; boundary=b"}


def limited(intake, **limits):
    object.__setattr__(intake.services, "limits", Limits(**limits))


async def mark_of(browser: Browser) -> str:
    return dict((await browser.get("/report")).form("/report").fields)["mark"]


@pytest.mark.parametrize(
    "flood",
    [
        # Each within the limit of a text; together they would be 40 MB for one request, and 512 may be under way.
        pytest.param(part("text", b"x" * 100_000) * 400, id="the text a hundred times over"),
        pytest.param(b"".join(part(f"f{number}", b"x" * 4000) for number in range(390)), id="many fields"),
        pytest.param(b"".join(part("n" * 7000 + str(number)) for number in range(390)), id="long names"),
    ],
)
async def test_all_fields_together_have_a_limit_and_the_text_comes_back(tmp_path, flood):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        mark = await mark_of(browser)
        body = part("mark", mark.encode()) + part("text", b"Kept") + flood + b"--b--\r\n"
        page = await browser.request("POST", "/report", body, KIND)
        stored = rows(intake, "cases")

    assert page.status == 400
    assert "nget har sparats" in page.plain
    assert dict(page.form("/report").fields)["text"] == "Kept"
    assert stored == 0


# Empty, or of no kind that we take: nothing is scrubbed, and none waits for a jail that is not there.
@pytest.mark.parametrize("content", [b"", b"\0"])
async def test_thousands_of_tiny_files_are_given_up_and_make_no_endless_page(tmp_path, content):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        mark = await mark_of(browser)
        one = part("attachment", content, b'; filename="a"')
        body = part("mark", mark.encode()) + part("text", b"Kept") + one * 5_000 + b"--b--\r\n"
        page = await browser.request("POST", "/report", body, KIND)
        stored = rows(intake, "cases")

    assert page.status == 400
    assert "mer än vi kan ta emot. Inget har sparats." in page.plain
    assert dict(page.form("/report").fields)["text"] == "Kept"
    assert len(page.body) < 20_000
    assert stored == 0


async def test_headers_of_a_part_without_end_are_refused(tmp_path):
    async with running_intake(tmp_path) as intake:
        bomb = b"--b\r\n" + b"X-H: y\r\n" * 100_000 + b"\r\nz\r\n--b--\r\n"
        page = await intake.browser().request("POST", "/report", bomb, KIND)
        faults = intake.services.faults.count

    assert page.status == 400
    assert "nget har sparats" in page.plain
    assert faults == 0


async def trickle(intake, path: str, start: bytes, seconds: float) -> tuple[bytes, float]:
    """Send a form's beginning, then a byte now and then; return the answer and how long it took."""
    reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
    host = Browser(intake.public_socket).host
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 900000\r\nConnection: close\r\n"
    writer.write(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + start)
    answering = asyncio.ensure_future(read_all(reader))
    began = asyncio.get_running_loop().time()
    while not answering.done() and asyncio.get_running_loop().time() - began < seconds:
        try:
            writer.write(b"x")
            await writer.drain()
        except ConnectionError:
            break
        await asyncio.wait([answering], timeout=0.05)
    took = asyncio.get_running_loop().time() - began
    writer.close()
    answering.cancel()
    return (answering.result() if answering.done() and not answering.cancelled() else b""), took


async def test_an_upload_that_trickles_is_given_up_with_a_page(tmp_path):
    async with running_intake(tmp_path) as intake:
        limited(intake, idle_seconds=1.0, refused_idle_seconds=1.0)
        mark = intake.services.form_tokens.new("report")
        start = part("mark", mark.encode()) + part("text", b"Kept") + part("attachment", b"", b'; filename="a"')[:-2]
        answer, took = await trickle(intake, "/report", start, 8)
        page = await intake.browser().follow(read_answer(answer))
        stored = rows(intake, "cases")

    assert "stod stilla för länge" in page.plain
    assert "Kept" in page.text
    assert took < 7
    assert stored == 0


async def test_however_much_came_quickly_each_minute_counts(tmp_path):
    async with running_intake(tmp_path) as intake:
        limited(intake, idle_seconds=1.0, refused_idle_seconds=1.0)
        mark = intake.services.form_tokens.new("report")
        much = part("attachment", bytes(600_000), b'; filename="a"')[:-2]
        start = part("mark", mark.encode()) + part("text", b"Kept") + much
        answer, took = await trickle(intake, "/report", start, 8)
        page = await intake.browser().follow(read_answer(answer))

    assert "stod stilla för länge" in page.plain
    assert took < 7


async def test_what_trickles_in_after_a_refusal_is_not_read_for_ever(tmp_path):
    async with running_intake(tmp_path) as intake:
        limited(intake, idle_seconds=0.3, refused_idle_seconds=0.3)
        answer, took = await trickle(intake, "/report", b"no form at all", 8)
        page = await intake.browser().follow(read_answer(answer))

    assert page.status == 400
    assert took < 4


async def test_a_case_has_room_for_much_and_not_for_everything(tmp_path):
    async with running_intake(tmp_path) as intake:
        limited(intake, case_bytes=60_000)
        browser = intake.browser()
        page = await file_report(browser, "Report")
        inbox = await log_in(browser, page.receipt)
        for _ in range(2):
            inbox = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="y" * 20_000))

        full = await browser.post("/inbox/write", inbox.form("/inbox/write").with_(text="z" * 20_000))
        case = await opened(intake, page)
        await release(intake.services, intake.clock().date().replace(day=3))
        inbox = await log_in(browser, page.receipt)
        asked = await browser.post("/inbox/withdraw", inbox.form("/inbox/withdraw", without="file").fields)
        withdrawn = await browser.post("/inbox/withdraw", asked.form("/inbox/withdraw").fields)

    assert "Ärendet rymmer inte mer. Inget har sparats." in full.plain
    assert dict(full.form("/inbox/write").fields)["text"] == "z" * 20_000
    assert len(case.reporter) == 3
    # A full case can still be withdrawn.
    assert "Du har dragit tillbaka anmälan" in withdrawn.plain


async def test_a_message_whose_files_are_all_refused_does_not_say_that_it_was_received(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        inbox = await log_in(browser, page.receipt)

        sent = await browser.post(
            "/inbox/write", inbox.form("/inbox/write").with_(text=""), [b"Rar!\x1a\x07\x00 packed"]
        )
        case = await opened(intake, page)

    assert "Vi kunde inte ta emot någon av filerna" in sent.plain
    assert "packade filer" in sent.plain
    assert "Vi har tagit emot ditt meddelande" not in sent.plain
    assert len(case.reporter) == 1


@pytest.mark.parametrize("file_id", ["0" * 32, "../../etc/passwd", "<script>"])
async def test_a_file_that_the_case_does_not_have_is_not_withdrawn(tmp_path, file_id):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        await release(intake.services, intake.clock().date().replace(day=3))
        inbox = await log_in(browser, page.receipt)
        fields = inbox.form("/inbox/withdraw", without="file").with_(file=file_id)
        asked = await browser.post("/inbox/withdraw", fields)
        case = await opened(intake, page)

    assert len(case.reporter) == 1
    assert "ingen sådan bilaga" in asked.plain
    assert "<script>" not in asked.text


async def test_a_report_is_withdrawn_once_also_from_two_pages_and_not_before_its_release(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        early = await log_in(browser, page.receipt)
        too_early = await browser.post("/inbox/withdraw", early.form("/inbox", language="sv").fields)
        await release(intake.services, intake.clock().date().replace(day=3))
        inbox = await log_in(browser, page.receipt)
        fields = inbox.form("/inbox/withdraw", without="file").fields
        asked = [await browser.post("/inbox/withdraw", fields) for _ in range(2)]
        for one in asked:
            await browser.post("/inbox/withdraw", one.form("/inbox/withdraw").fields)
        case = await opened(intake, page)

    assert "Ta tillbaka hela anmälan" in too_early.plain
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Withdrawal"]


async def test_the_mark_of_one_inbox_form_does_not_serve_for_another(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report")
        inbox = await log_in(browser, page.receipt)
        write_mark = dict(inbox.form("/inbox/write").fields)["mark"]

        taken = await browser.post(
            "/inbox/take-back", inbox.form("/inbox/take-back", without="file").with_(mark=write_mark)
        )
        stored = rows(intake, "cases")

    assert "Sidan var för gammal" in taken.plain
    assert stored == 1


async def test_a_handle_of_the_visitors_own_choice_opens_no_session(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        chosen = "f" * 64
        page = await file_report(browser, "Report")
        form = (await browser.get("/return")).form("/return")
        inbox = await browser.post("/return", form.with_(code=" ".join(page.receipt.words), handle=chosen))

        fixed = await browser.post("/inbox", [("handle", chosen)])

    assert "Report" in inbox.plain
    assert "Du är utloggad" in fixed.plain


async def test_one_case_does_not_crowd_out_the_sessions_of_others(tmp_path):
    async with running_intake(tmp_path) as intake:
        browser = intake.browser()
        theirs = await file_report(browser, "Somebody else")
        mine = await file_report(browser, "Hostile")
        first = await log_in(browser, theirs.receipt)
        for _ in range(12):
            await log_in(browser, mine.receipt)

        still = await browser.post("/inbox", first.form("/inbox", language="sv").fields)
        open_sessions = len(intake.services.sessions)

    assert "Somebody else" in still.plain
    # Their report and their log-in have one each, and no case has more than eight.
    assert open_sessions <= 10


async def test_a_copy_that_nobody_reads_holds_no_room_that_uploads_need(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await file_report(browser, "Report", [photograph(1200)])
        inbox = await log_in(browser, page.receipt)
        fields = inbox.form("/inbox/file").fields
        body = multipart("b", fields)
        writers = []
        for _ in range(4):
            _reader, writer = await asyncio.open_unix_connection(str(intake.public_socket), limit=1024)
            host = browser.host
            head = f"POST /inbox/file HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n"
            writer.write(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n" + body)
            await writer.drain()
            writers.append(writer)
        await asyncio.sleep(0.5)
        # In a crowd they are still being read and opened. One that waited for its reader would hold on for a minute.
        for _ in range(100):
            if (free := intake.services.budget.free) == 256 * 2**20:
                break
            await asyncio.sleep(0.1)
        for writer in writers:
            writer.close()

    assert free == 256 * 2**20
