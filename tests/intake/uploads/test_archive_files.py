"""An archive or an e-mail that is sent: its files are files of the report; one that cannot be cleaned is for the writer."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from intake_harness import report_form, running_intake, two_words_back, zygotes
from messages import message
from reporter_samples import opened, photograph, rows

OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.x", content)
    return made.getvalue()


def memory_files() -> int:
    return sum("memfd:" in str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())


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


async def test_an_archive_of_more_files_than_may_be_sent_is_refused_whole(tmp_path):
    async with zygotes() as sandbox, running_intake(tmp_path, sandbox=sandbox) as intake:
        browser = intake.browser()
        form = await report_form(browser)
        many = zipped(**{f"f{number}": b"text" for number in range(20)})
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
