"""A file that is refused is said before anything is filed; what was accepted waits for its writer, and not for ever."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from msgspec import UNSET
from visitors.intake_harness import SHOWN, file_report, multipart, report_form, running_intake, two_words_back, zygotes
from visitors.samples import opened, photograph, rows

from trusted.web.limits import Limits

OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
FORM_TELLS = "Filer som redan har kommit: 1. Du behöver inte välja dem igen."
NOT_KEPT = "finns inte kvar här längre. Inget har sparats."


async def staged(intake) -> tuple[int, int]:
    """How many cases and files the store holds, once what was dropped is deleted."""
    await intake.services.held.dropped()
    return rows(intake, "cases"), rows(intake, "files")


async def test_a_refused_file_is_said_at_once_and_the_report_goes_without_it(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        told = await browser.post("/report", (await report_form(browser)).with_(), [photograph(), OFFICE])
        before, waiting, free = await staged(intake), len(intake.services.held), intake.services.budget.free
        code, again = await asyncio.gather(*(browser.post("/report", told.form("/report").with_()) for _ in range(2)))
        files = await two_words_back(browser, code)
        case = await opened(intake, code)
        left = len(intake.services.held)
        after = await staged(intake)

    assert told.status == 400
    assert 'type="file"' not in told.text
    assert "Anmälan är inte skickad än" in told.plain
    assert "1 av 2 filer togs inte emot." in told.plain
    assert "Filen du valde som nummer 2:" in told.plain
    assert "Mottagna filer, som väntar här i en halvtimme: 1." in told.plain
    assert "Skicka utan den" in told.plain
    assert before == (0, 2)
    assert waiting == 1
    assert free == 256 * 2**20
    # Pressed twice it is one report.
    assert again.receipt == code.receipt
    assert (code.status, again.status) == (SHOWN, SHOWN)
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert case.report.text == "Before the files"
    assert "Bilaga 1 (JPEG)" in files.plain
    assert after == (1, 2)
    assert left == 0


async def test_another_file_is_chosen_and_the_accepted_one_is_not_sent_again(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        told = await browser.post("/report", form.with_(), [OFFICE, photograph()])
        page = await browser.post("/report", told.form("/report").with_(act="edit"))
        in_english = await browser.post("/report", [("switch", "en"), *page.form("/report").fields])
        again = await browser.post("/report", in_english.form("/report").with_(), [OFFICE])
        page = await browser.post("/report", again.form("/report").with_(act="edit"))
        code = await browser.post("/report", page.form("/report").with_(), [photograph(32)])
        late = await browser.post("/report", form.with_(), [photograph()])
        case = await opened(intake, code)
        after = await staged(intake)

    assert 'type="file"' in page.text
    assert "Files kept from before: 1." in in_english.plain
    assert "1 of 2 files was not accepted." in again.plain
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 2
    # The page before, sent once more, is the same report.
    assert late.receipt == code.receipt
    assert after == (1, 4)


@pytest.mark.parametrize("act", ["send", "edit"])
async def test_where_the_only_file_was_refused_each_way_on_leads_on_and_members_are_told_its_kind(tmp_path, act):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        told = await browser.post("/report", (await report_form(browser)).with_(), [OFFICE])
        page = await browser.post("/report", told.form("/report").with_(act=act))
        code = page if act == "send" else await browser.post("/report", page.form("/report").with_())
        case = await opened(intake, code)

    assert told.status == 400
    assert page.status == SHOWN
    assert NOT_KEPT not in page.plain
    assert case.report.tried == (("office", 1),)


@pytest.mark.parametrize("how", ["half an hour", "left", "too much", "stopped"])
async def test_what_is_held_goes_with_its_staged_files(tmp_path, monkeypatch, how):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        told = await browser.post("/report", form.with_(), [photograph(), OFFICE])
        if how == "half an hour":
            intake.clock.forward(minutes=31)
            intake.services.held.prune()
        elif how == "left":
            await browser.post("/inbox/leave", [("draft", dict(form.fields)["draft"])])
        elif how == "too much":
            monkeypatch.setattr(intake.services.held._on_disk, "_most", 10)
            intake.services.held.sweep()
        elif how == "stopped":
            await intake.services.held.close()
        cases, files = await staged(intake)
        late = await browser.post("/report", told.form("/report").with_())
        chosen = await browser.post("/report", late.form("/report").with_())

    assert files == 0
    assert cases == 0
    assert late.status == 400
    assert NOT_KEPT in late.plain
    assert 'type="file"' in late.text
    assert dict(late.form("/report").fields)["text"] == "Before the files"
    assert chosen.receipt.words


@pytest.mark.parametrize("text", ["Before the files", "Mvh Anna Andersson"], ids=["refused file", "stopped"])
async def test_where_nothing_more_can_be_held_the_form_comes_back_and_says_that_files_are_chosen_again(tmp_path, text):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        intake.services.held._on_disk._most = 10
        browser = intake.browser()
        told = await browser.post("/report", (await report_form(browser, text=text)).with_(), [photograph(), OFFICE])
        after = await staged(intake)

    assert after == (0, 0)
    assert told.status == 400
    assert NOT_KEPT in told.plain
    assert 'type="file"' in told.text
    assert dict(told.form("/report").fields)["text"] == text
    assert "held" not in dict(told.form("/report").fields)


@pytest.mark.parametrize(
    "faulty",
    [
        {"text": " "},
        {"text": "x" * 100_001},
        {"text": "Mvh Anna Andersson"},
        {"organisation": "another-town"},
        {"switch": "en"},
        {"act": "edit"},
        {"act": "unknown"},
    ],
    ids=["no text", "too long", "stopped", "unknown choice", "another language", "edit", "unknown button"],
)
async def test_a_file_that_came_with_what_was_not_stored_need_not_come_again(tmp_path, faulty):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        back = await browser.post("/report", (await report_form(browser)).with_(**faulty), [photograph()])
        before, waiting, free = await staged(intake), len(intake.services.held), intake.services.budget.free
        again = await browser.post("/report", back.form("/report").with_(**{"act": "send", **faulty}))
        mended = {"text": "Mended", "organisation": "", "act": "send"}
        code = await browser.post("/report", again.form("/report").with_(**mended))
        case = await opened(intake, code)
        after = await staged(intake)

    assert before == (0, 2)
    assert waiting == 1
    assert free == 256 * 2**20
    for page in (back, again):
        assert "held" in dict(page.form("/report").fields)
        assert NOT_KEPT not in page.plain
        told = [one for one in (FORM_TELLS, "Files kept from before: 1.", "Filerna finns kvar.") if one in page.plain]
        assert len(told) == 1
    assert case.report.text == "Mended"
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert after == (1, 2)


@pytest.mark.parametrize("more", [False, True], ids=["alone", "with another file"])
async def test_the_button_that_lets_go_of_what_is_held_does_so_and_the_text_stays(tmp_path, more):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        back = await browser.post("/report", (await report_form(browser)).with_(act="edit"), [photograph()])
        files = [photograph(32)] if more else []
        dropped = await browser.post("/report", back.form("/report").with_(act="drop", text="Kept"), files)
        waiting, stored = len(intake.services.held), await staged(intake)
        code = await browser.post("/report", dropped.form("/report").with_())
        case = await opened(intake, code)

    assert '<button type="submit" class="link" name="act" value="drop">Ta bort filerna</button>' in back.text
    assert dropped.status == SHOWN
    assert NOT_KEPT not in dropped.plain
    assert (FORM_TELLS in dropped.plain) is more
    assert ("held" in dict(dropped.form("/report").fields)) is more
    assert dict(dropped.form("/report").fields)["text"] == "Kept"
    # What was just chosen is not what is let go of.
    assert (waiting, stored) == (int(more), (0, 2 * more))
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", *["Attachment", "ScrubRecord"] * more]


async def test_a_page_from_before_the_files_were_held_is_not_sent_without_them(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser, text="Ring 070-123 45 67")
        await browser.post("/report", form.with_(), [photograph()])
        # Back, where Tor Browser gives the text again and not the file.
        warned = await browser.post("/report", form.with_(text="Ring inte"))
        before = await staged(intake)
        code = await browser.post("/report", warned.form("/report").with_())
        case = await opened(intake, code)

    assert warned.status == 400
    assert "Filer som du skickade förut finns kvar här" in warned.plain
    assert before == (0, 2)
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert case.reporter[0].body.text == "Ring inte"


async def test_what_is_held_takes_no_more_than_one_report_may_hold(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        object.__setattr__(intake.services, "limits", Limits(files=2))
        browser = intake.browser()
        page = await browser.post("/report", (await report_form(browser)).with_(act="edit"), [photograph()])
        page = await browser.post("/report", page.form("/report").with_(act="edit"), [photograph(32)])
        told = await browser.post("/report", page.form("/report").with_(), [photograph(16)])
        code = await browser.post("/report", told.form("/report").with_())
        case = await opened(intake, code)

    assert "1 av 3 filer togs inte emot." in told.plain
    assert "Det var fler filer" in told.plain
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 2


async def test_a_sending_that_stored_nothing_leaves_what_was_received(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        told = await browser.post("/report", (await report_form(browser)).with_(), [photograph(), OFFICE])
        faulty = await browser.post("/report", told.form("/report").with_(organisation="no"))
        fields = faulty.form("/report").with_(organisation="")
        body = multipart("b", fields, [photograph(1200)])
        head = f"POST /report HTTP/1.1\r\nHost: {browser.host}\r\nOrigin: http://{browser.host}\r\n"
        head += f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
        _reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
        writer.write(head.encode())
        for start in range(0, len(body) // 2, 4096):
            writer.write(body[start : start + 4096])
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(10):
            while len(intake.services.held):
                await asyncio.sleep(0.01)
        writer.close()
        async with asyncio.timeout(10):
            while not len(intake.services.held):
                await asyncio.sleep(0.01)
        sent = await browser.post("/report", fields)
        case = await opened(intake, sent)

    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 1


async def test_of_a_sending_that_broke_off_nothing_is_left_beside_what_was_held_before(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        page = await browser.post("/report", (await report_form(browser)).with_(act="edit"), [photograph()])
        fields = page.form("/report").with_()
        body = multipart("b", fields, [photograph(32), photograph(1200)])
        head = f"POST /report HTTP/1.1\r\nHost: {browser.host}\r\nOrigin: http://{browser.host}\r\n"
        head += f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n"
        _reader, writer = await asyncio.open_unix_connection(str(intake.public_socket))
        writer.write(head.encode() + body[: len(body) // 2])
        await writer.drain()
        async with asyncio.timeout(20):
            while rows(intake, "files") < 4:
                await asyncio.sleep(0.01)
        writer.close()
        async with asyncio.timeout(20):
            while not len(intake.services.held):
                await asyncio.sleep(0.01)
        back = await browser.post("/report", [(name, value) for name, value in fields if name != "act"])
        sent = await browser.post("/report", back.form("/report").with_())
        case = await opened(intake, sent)
        after = await staged(intake)

    assert FORM_TELLS in back.plain
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 1
    assert after == (1, 2)


BOXES = [("marked", False, True), ("changes", False, True), ("changes", True, False)]


@pytest.mark.parametrize(("box", "before", "after"), BOXES)
async def test_a_file_that_is_held_is_not_sent_as_one_that_was_cleaned_in_another_way(tmp_path, box, before, after):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser, **(dict.fromkeys([box], "yes") if before else {}))
        back = await browser.post("/report", form.with_(act="edit"), [photograph()])
        fields = [field for field in back.form("/report").with_() if field[0] != box]
        answer = await browser.post("/report", [*([(box, "yes")] if after else []), *fields])
        cases, _files = await staged(intake)

    assert cases == 0
    assert answer.form("/report")


async def test_a_number_that_is_made_up_or_of_another_draft_opens_nothing(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        told = await browser.post("/report", (await report_form(browser)).with_(), [photograph(), OFFICE])
        held_id = dict(told.form("/report").fields)["held"]
        other = await report_form(browser)
        answers = [
            await browser.post("/report", other.with_(held=value, act=act))
            for value in (held_id, "0" * 32, "å")
            for act in ("send", "edit", "keep")
        ]
        waiting = len(intake.services.held)
        cases, _files = await staged(intake)

    assert all(NOT_KEPT in answer.plain for answer in answers)
    assert (waiting, cases) == (1, 0)


def untouched(name: str) -> bytes:
    """What a browser sends for a file input that was left alone."""
    part = f'--b\r\nContent-Disposition: form-data; name="{name}"; filename=""\r\n'
    return f"{part}Content-Type: application/octet-stream\r\n\r\n\r\n".encode()


async def test_a_lone_empty_file_has_its_reason_and_an_input_left_alone_has_none(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        empty = await file_report(browser, "With an empty file", [b""])
        two = await file_report(browser, "With two", [b"", photograph()])
        fields = (await browser.get("/report")).form("/report").with_(text="None chosen")
        whole = multipart("b", fields)
        body = whole.removesuffix(b"--b--\r\n") + untouched("attachment") + b"--b--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=b", "Origin": f"http://{browser.host}"}
        none = await browser.request("POST", "/report", body, headers)

    assert "Filen togs inte emot." in empty.plain
    assert "Filen är tom." in empty.plain
    assert "1 av 2 filer togs inte emot." in two.plain
    assert "Filen du valde som nummer 1: Filen är tom." in two.plain
    assert none.status == SHOWN
    assert len(none.receipt.words) == 8


FILM, MAIL, NOTE = b"RIFF\0\0\0\0AVI LIST", b"Note: a\nReceived: from b\n\nHello", b"Only words \x81."


async def test_members_are_told_which_kinds_were_tried_and_nothing_finer(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        told = await file_report(browser, "Tried", [NOTE, photograph(), FILM, OFFICE, b"", MAIL, NOTE])
        page = await browser.post("/report", told.form("/report").with_(act="edit"))
        again = await browser.post("/report", page.form("/report").with_(), [FILM])
        code = await browser.post("/report", again.form("/report").with_())
        case = await opened(intake, code)
        plain = await opened(intake, await file_report(browser, "Nothing refused", [photograph()]))

    assert case.report.tried == (("e-mail", 1), ("office", 1), ("sound or film", 2), ("text", 2))
    assert plain.report.tried is UNSET
    assert b"tried" not in msgspec.json.encode(plain.report)
    for advice in (
        "Bokstäverna i den här textfilen",
        "Sparade mejl tar vi emot som EML eller MSG",
        "på en egen mobil eller dator, inte jobbets",
    ):
        assert advice in told.plain
