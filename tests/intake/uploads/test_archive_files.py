"""An archive or an e-mail that is sent: its files are files of the report; one that cannot be cleaned is for the writer."""

from __future__ import annotations

import asyncio
import gc
import io
import zipfile
from pathlib import Path

import pytest
from files.messages import message
from visitors.intake_harness import log_in, report_form, running_intake, two_words_back, zygotes
from visitors.samples import opened, photograph, rows

from trusted.rooms.uploads import GROWN_BYTES
from trusted.store.store import Store
from trusted.web.padding import SIZES

MIB = 2**20
OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.x", content)
    return made.getvalue()


def text_of(size: int) -> bytes:
    """Deflated it is a thousandth of that."""
    return b"a\n" * (size // 2)


def packed(*files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, content in enumerate(files):
            archive.writestr(f"{number}.x", content)
    return made.getvalue()


@pytest.fixture(autouse=True)
def no_file_of_another_test() -> None:
    """One that a refusal's traceback still held is garbage by now."""
    gc.collect()


def memory_files() -> int:
    return sum("memfd:" in str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())


def memory_bytes() -> int:
    """What the files in memory hold."""
    found = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink() and "memfd:" in str(one.readlink())]
    return sum(one.stat().st_size for one in found)


async def until(reached) -> None:
    async with asyncio.timeout(30):
        while not reached():
            await asyncio.sleep(0.02)


async def send(intake, *files: bytes):
    browser = intake.browser()
    form = await report_form(browser)
    return await browser.post("/report", form.with_(), files)


async def test_each_file_of_an_archive_is_one_of_the_report_and_a_refused_one_is_named_by_its_place(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        content = zipped(c=b"Fakturan delades i tre.", b=OFFICE, a=photograph())
        told = await browser.post("/report", form.with_(), [photograph(32), content])
        staged, free, open_files = rows(intake, "files"), intake.services.budget.free, memory_files()
        code = await browser.post("/report", told.form("/report").with_())
        files = await two_words_back(browser, code)
        case = await opened(intake, code)

    assert "Anmälan är inte skickad än 1 av 4 filer togs inte emot." in told.plain
    assert "Nr 2 i filen som du valde som nummer 2 (i en ZIP: i namnordning):" in told.plain
    assert staged == 6
    assert free == 256 * 2**20
    assert open_files == 0
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 3
    assert case.report.tried == (("office", 1),)
    assert "Bilaga 3 (text)" in files.plain


async def test_an_exported_chat_of_two_hundred_files_is_taken_and_shown_together(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        chat = zipped(
            **{"_chat": b"Anna: Det blev fel.", **{f"IMG-{number:04}": photograph() for number in range(199)}}
        )
        code = await browser.post("/report", form.with_(), [chat])
        files = await two_words_back(browser, code)
        inbox = await log_in(browser, code.receipt)
        case = await opened(intake, code)

    assert "200 filer togs emot. Så många visas inte en och en" in files.plain
    assert files.travelled == SIZES[0]
    assert inbox.travelled <= SIZES[2]
    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 200


async def test_an_archive_of_more_files_than_may_be_sent_is_refused_whole(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        many = zipped(**{f"f{number}": b"text" for number in range(200)})
        told = await browser.post("/report", form.with_(), [photograph(32), many, zipped(a=zipped(b=b"text"))])
        staged, free, open_files = rows(intake, "files"), intake.services.budget.free, memory_files()

    assert "2 av 3 filer togs inte emot." in told.plain
    assert "Filen du valde som nummer 2: Det är för många filer i den," in told.plain
    assert "som du valde som nummer 3 (i en ZIP: i namnordning): Av packade filer tar vi bara emot ZIP" in told.plain
    assert staged == 2
    assert free == 256 * 2**20
    assert open_files == 0


async def test_a_saved_message_and_its_attachments_are_files_of_the_report_and_the_page_says_that_names_stay(tmp_path):
    sent = message("Fakturan delades.", Received="from route.example ([10.3.2.1])")
    sent.add_attachment(photograph(), "image", "jpeg", filename="IMG_1.jpg")
    sent.add_attachment(OFFICE, "application", "msword", filename="a.doc")
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        told = await browser.post("/report", form.with_(), [photograph(32), sent.as_bytes()])
        free, open_files = intake.services.budget.free, memory_files()
        code = await browser.post("/report", told.form("/report").with_())
        files = await two_words_back(browser, code)
        case = await opened(intake, code)

    assert "Anmälan är inte skickad än 1 av 4 filer togs inte emot." in told.plain
    assert "Nr 2 i filen som du valde som nummer 2 (i en ZIP: i namnordning):" in told.plain
    assert free == 256 * 2**20
    assert open_files == 0
    attached = [entry.body for entry in case.reporter if type(entry.body).__name__ == "Attachment"]
    assert [one.file_kind for one in attached] == ["jpeg", "pdf", "jpeg"]
    assert case.report.tried == (("office", 1),)
    assert "Bilaga 2 (mejl)" in files.plain
    assert "from route.example" in files.plain
    assert files.plain.count("Ett mejl behåller namn och adresser på avsändare och mottagare") == 1


async def test_the_room_of_an_archive_goes_back_file_by_file(tmp_path, monkeypatch):
    held, add_file = [], Store.add_file

    async def noting(store, sealed):
        held.append(GROWN_BYTES - intake.services.budget.grown.free)
        await add_file(store, sealed)

    monkeypatch.setattr(Store, "add_file", noting)
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        await send(intake, packed(text_of(MIB // 2), OFFICE, text_of(MIB // 4), text_of(MIB // 8)))
        left = [intake.services.budget.grown.free, intake.services.budget.free, memory_files()]

    # Each file and its preview.
    assert held[::2] == [MIB // 2 + len(OFFICE) + MIB // 4 + MIB // 8, MIB // 4 + MIB // 8, MIB // 8]
    assert left == [GROWN_BYTES, 256 * MIB, 0]


async def test_an_archive_that_hardly_grows_takes_nothing_of_the_room_for_those_that_do(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        budget = intake.services.budget
        async with budget.grown.hold(GROWN_BYTES, None) as all_of_it:
            await all_of_it.take(GROWN_BYTES)
            code = await asyncio.wait_for(send(intake, packed(photograph(), photograph(32), b"In words.")), 20)
        case = await opened(intake, code)

    assert [type(entry.body).__name__ for entry in case.reporter].count("Attachment") == 3


async def test_the_files_of_an_archive_that_find_no_room_are_not_kept_while_it_waits_for_some(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        budget = intake.services.budget
        async with budget.grown.hold(GROWN_BYTES, None) as all_of_it:
            await all_of_it.take(GROWN_BYTES - MIB)
            all_of_it.whole()
            sending = asyncio.ensure_future(send(intake, packed(*[text_of(MIB // 4)] * 3, bytes(20 * MIB))))
            await until(lambda: budget.grown._waiting)
            await asyncio.sleep(0.5)
            kept = memory_bytes()
        told = await sending
        left = [budget.grown.free, budget.free, memory_files()]

    assert kept < MIB
    # Zeros are no file; the texts are.
    assert "1 av 4 filer togs inte emot." in told.plain
    assert left == [GROWN_BYTES, 256 * MIB, 0]


async def test_an_archive_that_grew_gives_way_to_who_needs_less_and_nothing_of_it_is_half_stored(tmp_path, monkeypatch):
    monkeypatch.setattr("trusted.rooms.uploads.GROWN_GRACE_SECONDS", 0.2)
    monkeypatch.setattr("trusted.rooms.uploads.CROWD_BYTES_A_SECOND", 1000 * MIB)
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        budget = intake.services.budget
        grown = packed(*[text_of(MIB // 8)] * 4, *[text_of(3 * MIB)] * 12)
        giving_way = asyncio.ensure_future(send(intake, photograph(32), grown))
        # Some of it is stored already: the photograph, and one file of the archive.
        await until(lambda: rows(intake, "files") >= 4)
        async with budget.grown.hold(30 * MIB, None) as other:
            await asyncio.wait_for(other.take(30 * MIB), 10)
            told = await asyncio.wait_for(giving_way, 10)
        staged, left = rows(intake, "files"), [budget.grown.free, budget.free, memory_files()]

    assert "1 av 2 filer togs inte emot." in told.plain
    assert "Filen du valde som nummer 2: Just nu kommer det in för mycket på en gång." in told.plain
    assert staged == 2
    assert left == [GROWN_BYTES, 256 * MIB, 0]
