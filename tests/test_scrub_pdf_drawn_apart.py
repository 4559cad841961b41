"""What is drawn in a stream of its own and not looked at with its page: cells of patterns, glyphs of Type 3, masks."""

from __future__ import annotations

import asyncio

import pytest
from pdf_by_hand import Pdf, document, line
from scrub_harness import clean_all

from scrubbers.protocol import Role

SEEN = line(b"(Syns)", 20, 380)
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Resources<<>>"
SQUARE = b"1 0 0 rg 0 0 300 300 re f"


def in_a_cell(cell: bytes, resources: bytes, made: Pdf) -> bytes:
    entries = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 400 400]/XStep 400/YStep 400/Resources<<%s>>"
    pattern = made.new_stream(cell, entries % resources)
    contents = SEEN + b"q /Pattern cs /P scn 0 0 350 350 re f Q"
    return document(made, contents, resources=b"/Font<</F0 6 0 R>>/Pattern<</P %s>>" % pattern)


def in_a_glyph(procedure: bytes, resources: bytes, made: Pdf) -> bytes:
    glyph = made.new_stream(b"400 0 d0 " + procedure)
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 400 400]/FontMatrix[.0025 0 0 .0025 0 0]/FirstChar 65/LastChar 65"
        b"/Widths[400]/CharProcs<</a %s>>/Encoding<</Differences[65/a]>>/Resources<<%s>>>>" % (glyph, resources)
    )
    contents = SEEN + b"BT /F3 300 Tf 20 20 Td (A) Tj ET"
    return document(made, contents, resources=b"/Font<</F0 6 0 R/F3 %s>>" % font)


def in_a_mask(group: bytes, resources: bytes, made: Pdf) -> bytes:
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>/Resources<<%s>>"
    mask = made.new_stream(group, entries % resources)
    states = b"/ExtGState<</G<</SMask<</S/Luminosity/G %s>>>>>>" % mask
    contents = SEEN + b"q /G gs 0 0 350 350 re f Q"
    return document(made, contents, resources=b"/Font<</F0 6 0 R>>" + states)


APART = {"pattern": in_a_cell, "glyph": in_a_glyph, "mask": in_a_mask}


def with_form(where: str) -> bytes:
    made = Pdf()
    return APART[where](b"/X Do", b"/XObject<</X %s>>" % made.new_stream(SQUARE, FORM), made)


@pytest.fixture(scope="module")
def cleaned():
    documents = {(where, "form"): with_form(where) for where in APART}
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(documents, results, strict=True)}


@pytest.mark.parametrize("where", APART)
def test_a_form_that_is_drawn_there_is_no_reason_to_lose_the_text_of_the_page(cleaned, where) -> None:
    _, report = cleaned[where, "form"]

    assert report.lost == ()
