"""A file that is refused is said before anything is filed; what was accepted waits for its writer, and not for ever."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from intake_harness import SHOWN, file_report, files_page, multipart, running_intake, two_words_back, zygotes
from msgspec import UNSET
from reporter_samples import opened, photograph, rows

from intake.uploads import held as held_module

OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
NOT_KEPT = "finns inte kvar här längre. Inget har sparats."


async def staged(intake) -> tuple[int, int]:
    """How many cases and files the store holds, once what was dropped is deleted."""
    await intake.services.held.dropped()
    return rows(intake, "cases"), rows(intake, "files")


@pytest.mark.parametrize("way", ["plain", "frame"])
async def test_a_refused_file_is_said_at_once_and_the_report_goes_without_it(tmp_path, way):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = (await files_page(browser, **({"plain": "yes"} if way == "plain" else {}))).form("/report")
        told = await browser.post("/report", form.fields, [photograph(), OFFICE])
        before, waiting, free = await staged(intake), len(intake.services.held), intake.services.budget.free
        code, again = await asyncio.gather(*(browser.post("/report", told.form("/report").fields) for _ in range(2)))
        files = await two_words_back(browser, code)
        case = await opened(intake, code)
        left = len(intake.services.held)
        after = await staged(intake)

    assert told.status == 400
    assert ("frame-ancestors 'self'" in told.headers["content-security-policy"]) == (way == "frame")
    assert "1 av 2 filer togs inte emot. Inget har skickats än." in told.plain
    assert "Filen du valde som nummer 2:" in told.plain
    assert "Mottagna filer, som väntar här i en halvtimme: 1." in told.plain
    assert before == (0, 2)
    assert waiting == 1
    assert free == 256 * 2**20
    # Pressed twice it is one report.
    assert again.receipt == code.receipt
    assert [type(entry.body).__name__ for entry in case.reporter] == ["Report", "Attachment", "ScrubRecord"]
    assert case.report.text == "Before the files"
    assert "Bilaga 1 (JPEG)" in files.plain
    assert after == (1, 2)
    assert left == 0


async def test_another_file_is_chosen_and_the_accepted_one_is_not_sent_again(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = (await files_page(browser)).form("/report")
        told = await browser.post("/report", form.fields, [OFFICE, photograph()])
        page = await browser.post("/report", [("step", "files"), *told.form("/report").fields])
        in_english = await browser.post("/report", [("switch", "en"), *page.form("/report").fields])
        again = await browser.post("/report", in_english.form("/report").fields, [OFFICE])
        page = await browser.post("/report", [("step", "files"), *again.form("/report").fields])
        answer = await browser.post("/report", page.form("/report").fields, [photograph(32)])
        late = await browser.post("/report", form.fields, [photograph()])
        code = await browser.post("/receipt", answer.form("/receipt").fields)
        case = await opened(intake, code)
        after = await staged(intake)

    assert "Files already received: 1." in in_english.plain
    assert "1 of 2 files was not accepted." in again.plain
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 2
    # The page before, sent once more, is the same report.
    assert late.form("/receipt").fields[0] == answer.form("/receipt").fields[0]
    assert after == (1, 4)


@pytest.mark.parametrize("how", ["half an hour", "left", "sent anew", "too many", "too much", "stopped"])
async def test_what_is_held_goes_with_its_staged_files(tmp_path, monkeypatch, how):
    monkeypatch.setattr(held_module, "MOST_HELD", 1)
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        if how == "too much":
            intake.services.held._on_disk._most = 10
        form = (await files_page(browser)).form("/report")
        told = await browser.post("/report", form.fields, [photograph(), OFFICE])
        if how == "half an hour":
            intake.clock.forward(minutes=31)
            intake.services.held.prune()
        elif how == "left":
            await browser.post("/inbox/leave", [("draft", dict(form.fields)["draft"])])
        elif how == "sent anew":
            await browser.post("/report", form.with_(text="Anew"))
        elif how == "too many":
            other = (await files_page(browser)).form("/report")
            await browser.post("/report", other.fields, [OFFICE])
        elif how == "stopped":
            await intake.services.held.close()
        cases, files = await staged(intake)
        late = await browser.post("/report", told.form("/report").fields)
        chosen = await browser.post("/report", late.form("/report").fields) if how != "sent anew" else late

    assert files == 0
    if how == "sent anew":
        assert cases == 1
        assert late.receipt.words
        return
    assert cases == 0
    assert NOT_KEPT in late.plain
    assert 'type="file"' in late.text
    assert dict(late.form("/report").fields)["text"] == "Before the files"
    assert chosen.form("/receipt")


async def test_a_sending_that_stored_nothing_leaves_what_was_received(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = (await files_page(browser)).form("/report")
        told = await browser.post("/report", form.fields, [photograph(), OFFICE])
        fields = told.form("/report").fields
        await browser.post(
            "/report",
            [(name, "no" if name == "organisation" else value) for name, value in [*fields, ("organisation", "no")]],
        )
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


async def test_a_number_that_is_made_up_or_of_another_draft_opens_nothing(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        told = await browser.post("/report", (await files_page(browser)).form("/report").fields, [photograph(), OFFICE])
        held_id = dict(told.form("/report").fields)["held"]
        other = (await files_page(browser)).form("/report")
        answers = [await browser.post("/report", other.with_(held=value)) for value in (held_id, "0" * 32, "å")]
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
        page = await browser.post("/report", [("step", "files"), *told.form("/report").fields])
        again = await browser.post("/report", page.form("/report").fields, [FILM])
        code = await browser.post("/report", again.form("/report").fields)
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
