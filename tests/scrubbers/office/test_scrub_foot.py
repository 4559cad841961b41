"""Each page of a typeset copy says what it is, of what kind of file, and its number: poppler's pdftotext is the judge."""

from __future__ import annotations

import subprocess

import pytest
from files.messages import message
from files.office_jail import cleaned
from files.office_samples import odf, paragraph, presentation, shape, word, workbook

BREAK = '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'
MADE = {
    "Word": word(paragraph("Ett") + BREAK + paragraph("Två") + BREAK + paragraph("Tre")),
    "Excel": workbook([("B", "visible", '<sheetData><row r="1"><c r="A1"><v>7</v></c></row></sheetData>')]),
    "PowerPoint": presentation([("", shape("Ett")), ("", shape("Två"))]),
    "e-post / e-mail": message().as_bytes(),
    "OpenDocument": odf("text", "<text:p>Ett</text:p>"),
    "RTF": rb"{\rtf1\ansi Ett\page Tv\'e5}",
}


def pages_of(document: bytes) -> list[list[str]]:
    read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=document, capture_output=True, check=True)
    return [[line for line in page.split("\n") if line.strip()] for page in read.stdout.decode().split("\f")[:-1]]


@pytest.mark.parametrize("source", MADE)
def test_the_last_line_of_each_page_says_what_the_copy_is(jail, source):
    clean, _ = cleaned(jail, MADE[source])

    pages = pages_of(clean)
    assert [page[-1].strip() for page in pages] == [
        f"Kopia, satt på nytt av Källskydd från {source} / Copy typeset again by Källskydd from {source}, {at}/{len(pages)}"
        for at in range(1, len(pages) + 1)
    ]
    assert all(sum("Källskydd" in line for line in page) == 1 for page in pages)
