"""A file to the reporter from a page: cleaned in a real jail, looked at, sent once; in memory, and not for long."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from desks.harness import PASSPHRASE, running_desks, running_with_pages
from desks.pages import Reader, Seen, pages_of
from desks.writing import at_case, drawn, hidden, pieces, send, typed, without_token
from visitors.intake_harness import file_report, log_in, make_home, zygotes

from desk.web.local.forms import FORM_BYTES_MAX
from kallskydd.demo.sample_files import sample_jpeg, sample_pdf
from trusted.case.entry import Attachment, CompletionRequest, Message, ScrubRecord, Stream

LEAD, HANDLER = 0, 1
FOR_AN_IMAGE = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image", "Sec-Fetch-Site": "same-origin"}


def everything_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
async def desks(tmp_path):
    """The whole intake with a jail, and a report that has been released."""
    home = make_home(tmp_path / "home")
    async with zygotes() as sandbox, running_with_pages(tmp_path, home, sandbox=sandbox) as desks:
        yield desks


@pytest.fixture
async def case(desks):
    page = await file_report(desks.intake.browser(), "Kan ni skicka protokollet?")
    await desks.release()
    return page, (await desks.listed(LEAD))[0].case_id.hex()


async def with_file(reader: Reader, name: str, content: bytes, **fields: str) -> Seen:
    form = await reader.go(f"/case/{name}/write")
    sent = {"do": "preview", "act": "reply", "text": "", "seen": form.hidden("seen"), **fields}
    return await reader.send_file(f"/case/{name}/write", content, **sent)


async def test_a_picture_is_cleaned_shown_and_sent_and_the_inbox_shows_what_the_preview_did(desks, case, tmp_path):
    page, name = case
    sample = sample_jpeg("desk-page-77")
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        preview = await with_file(reader, name, sample.content, text="Här är det.")
        address = re.search(r'<img src="([^"]*)"', preview.text)[1]
        picture = await reader.ask("GET", address, headers=FOR_AN_IMAGE)
        before = everything_in(tmp_path)
        sent = await send(reader, name, preview)
        gone = await reader.ask("GET", address, headers=FOR_AN_IMAGE)
        async with reader.services.desk.at_work() as book:
            opened = await book.open(book.state.find(name))
    inbox = await log_in(desks.intake.browser(), page.receipt)

    bodies = [type(entry.body) for entry in opened.streams[Stream.MEMBERS]]
    digest = re.search(r'<p class="digest">([0-9a-f]{64})<', preview.text)[1]
    assert bodies == [Message, Attachment, ScrubRecord]
    assert opened.answers[0].digest == digest
    assert picture.body.startswith(b"\xff\xd8\xff")
    assert "Rensad från:" in preview.words
    assert "Svaret ligger hos anmälaren" in sent.words
    assert gone.status == 404
    assert sample.content not in before
    assert not any(marker.encode() in before for marker in sample.markers)
    assert b"IMG-name-of-the-file" not in before
    assert "IMG-name-of-the-file" not in preview.text
    assert [one for one in pieces(drawn(preview)) if one not in pieces(inbox.text)] == []
    assert "Bilaga 1 från dem" in " ".join(pieces(drawn(preview)))


async def test_a_file_may_go_without_a_text_or_with_a_question(desks, case):
    _, name = case
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        alone = await send(reader, name, await with_file(reader, name, sample_pdf("p").content))
        asked = await with_file(reader, name, sample_jpeg("q").content, act="ask", text="Är det här bilden?")
        question = await send(reader, name, asked)
        async with reader.services.desk.at_work() as book:
            opened = await book.open(book.state.find(name))

    kinds = [type(entry.body) for entry in opened.streams[Stream.MEMBERS]]
    assert "Filen ligger hos anmälaren" in alone.words
    assert "Frågan ligger hos anmälaren" in question.words
    assert kinds == [Attachment, ScrubRecord, CompletionRequest, Attachment, ScrubRecord]


async def test_a_second_press_sends_the_file_once(desks, case):
    _, name = case
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        fields = hidden(await with_file(reader, name, sample_jpeg("r").content))
        for _ in range(2):
            reader.page = None
            page = await reader.send(f"/case/{name}/write", do="send", **fields)
        async with reader.services.desk.at_work() as book:
            opened = await book.open(book.state.find(name))

    assert len(opened.answers) == 1
    assert page.status == 200
    assert "Skickat" in page.words


async def test_a_file_that_cannot_be_cleaned_is_refused_in_words_and_the_text_stays(desks, case):
    _, name = case
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        office = await with_file(reader, name, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), text="Se filen.")
        large = await with_file(reader, name, bytes(50 * 2**20 + 1), text="Se filen.")
        held = reader.services.desk.copy.of(name, "")

    assert (office.status, large.status) == (422, 422)
    assert typed(office) == typed(large) == "Se filen."
    assert "Filen är större än 50 MB." in large.words
    assert not re.search(r"\b(The|It|Save|Unpack)\b", office.words)
    assert all(re.search(r'<input type="file"[^>]* aria-invalid="true"', page.text) for page in (office, large))
    assert held is None


async def test_the_copy_is_gone_after_ten_minutes_and_with_the_lock_and_nothing_is_sent_without_it(desks, case):
    _, name = case
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        reader.services.desk.copy.seconds = 0.2
        preview = await with_file(reader, name, sample_jpeg("s").content, text="Med bild.")
        await asyncio.sleep(0.4)
        late = await send(reader, name, preview)
        reader.services.desk.copy.seconds = 60
        preview = await with_file(reader, name, sample_jpeg("t").content, text="Med bild.")
        handle = without_token(preview)["copy"]
        before = reader.services.desk.copy.of(name, handle)
        other = reader.services.desk.copy.of("0" * 32, handle)
        await reader.services.desk.lock()
        after = reader.services.desk.copy.of(name, handle)
        await reader.services.desk.unlock(PASSPHRASE)
        async with reader.services.desk.at_work() as book:
            await book.sync()
            opened = await book.open(book.state.find(name))

    assert late.status == 422
    assert "Filen låg kvar i tio minuter och är borta nu." in late.words
    assert typed(late) == "Med bild."
    assert before is not None
    assert other is None
    assert after is None
    assert opened.answers == ()


async def test_the_copy_goes_along_when_the_text_is_changed_and_can_be_taken_away(desks, case):
    _, name = case
    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        preview = await with_file(reader, name, sample_jpeg("u").content, text="Ett.")
        form = await reader.send(f"/case/{name}/write", do="edit", **without_token(preview))
        kept = await reader.send(
            f"/case/{name}/write", do="preview", act="reply", text="Två.", seen=form.hidden("seen"),
            copy=form.hidden("copy"),
        )  # fmt: skip
        without = await reader.send(f"/case/{name}/write", do="drop-file", **without_token(kept))

    assert "En fil följer med: bild" in form.words
    assert "Bilaga 1 från dem" in " ".join(pieces(drawn(kept)))
    assert "En fil följer med" not in without.words
    assert typed(without) == "Två."


async def test_a_form_with_a_file_is_read_in_memory_and_what_is_no_form_is_refused(tmp_path, monkeypatch):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks, pages_of(desks, LEAD) as reader:
        monkeypatch.setattr("tempfile.TemporaryFile", _no_file)
        monkeypatch.setattr("tempfile.SpooledTemporaryFile", _no_file)
        _, name = await at_case(desks, reader)
        form = await reader.go(f"/case/{name}/write")
        seen = form.hidden("seen")
        # Without a jail the server cleans nothing, and the text stays.
        refused = await reader.send_file(
            f"/case/{name}/write", b"\xff\xd8\xff" * 500_000, do="preview", act="reply", text="Hej.", seen=seen
        )
        too_long = await reader.send_file(
            f"/case/{name}/write", b"", do="preview", act="reply", text="x" * FORM_BYTES_MAX, seen=seen
        )
        headers = {
            "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin",
            "Origin": reader.services.address.origin,
        }  # fmt: skip
        broken = [
            await reader.led(
                "/",
                await reader.ask("POST", f"/case/{name}/write", body=body, headers={**headers, "Content-Type": kind}),
            )
            for kind, body in (
                ("multipart/form-data; boundary=a", b"nothing of the kind"),
                ("multipart/form-data", b"--a\r\n\r\nx\r\n--a--"),
                ("multipart/form-data; boundary=a", b'--a\r\nContent-Disposition: form-data; name="text"\r\n\r\nhal'),
                ("multipart/mixed; boundary=a", b"--a--"),
                ("text/plain", b"text=x"),
            )
        ]

    assert refused.status == 422
    assert typed(refused) == "Hej."
    assert too_long.status == 422
    assert {one.status for one in broken} == {422}


def _no_file(*_args, **_more):
    message = "a form was written to the disk"
    raise AssertionError(message)
