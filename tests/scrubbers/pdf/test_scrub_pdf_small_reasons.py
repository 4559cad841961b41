"""Documents with a small flaw that viewers do not mind: they come out clean, and their text stays text."""

from __future__ import annotations

import asyncio
import io

import pypdf
import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all

from trusted.jail.protocol import Role

SEEN = line(b"(Syns)", 20, 380)
SYMBOL = b"/Font<</F0 6 0 R/F3<</Type/Font/Subtype/Type1/BaseFont/Symbol>>>>"


def page(contents: bytes, resources: bytes = b"") -> bytes:
    return document(Pdf(), SEEN + contents, resources=resources)


# Each with what a person reads, as far as it is on one line.
DOCUMENTS = {
    "a tab": (page(line(b"(Rad med\\ttabb)", 20, 200)), "Rad med"),
    "a line end": (page(line(b"(Rad med\\nny rad)", 20, 200)), "Rad med"),
    "control characters": (page(line(b"(\\001Text\\002\\003 slut\\037)", 20, 200)), "Text slut"),
    "a tab in words with a bar": (page(line(b"(Rad\\tnamn syns)", 20, 200) + b"44 195 33 20 re f"), "Rad"),
    "spread control characters": (page(line(b"(Te\\001xt)", 20, 200, before=b"9 Tc ")), "xt"),
    "a spade": (page(b"BT /F3 12 Tf 20 200 Td (\\252\\250) Tj ET " + line(b"(Punkt)", 50, 200), SYMBOL), "Punkt"),
    "Greek": (page(b"BT /F3 12 Tf 20 200 Td (abm) Tj ET", SYMBOL), "\u03b1\u03b2"),
    "what a server said": (b"HTTP/1.1 200 OK\r\nContent-Type: x\r\n\r\n" + page(b""), "Syns"),
    "what a printer is told": (b"\x1b%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=PDF\r\n" + page(b""), "Syns"),
}


@pytest.fixture(scope="module")
def cleaned():
    results = asyncio.run(clean_all([content for content, _ in DOCUMENTS.values()], [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(DOCUMENTS, results, strict=True)}


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if "bar" not in name])
def test_text_stays_text(cleaned, name) -> None:
    content, report = cleaned[name]

    assert report.lost == ()
    assert DOCUMENTS[name][1] in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()


@pytest.mark.parametrize("name", ["a tab", "a line end", "control characters"])
def test_codes_that_draw_nothing_go(cleaned, name) -> None:
    content, _ = cleaned[name]

    (made,) = pypdf.PdfReader(io.BytesIO(content)).pages
    texts = made["/Resources"]["/Font"]["/F0"]["/ToUnicode"].get_object().get_data()

    shown = [
        bytes.fromhex(line.split(b"<")[2][:-1].decode()).decode("utf-16-be")
        for line in texts.split(b"\n")
        if line.startswith(b"<") and b"ffff" not in line
    ]
    assert shown
    assert all(letter.isalpha() or letter == " " for letter in shown)


def test_a_bar_after_a_tab_hides_what_it_covers_and_nothing_else(cleaned) -> None:
    content, _ = cleaned["a tab in words with a bar"]

    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()

    assert "namn" not in text
    assert "syns" in text
