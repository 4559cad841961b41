"""What is drawn in a stream of its own and not looked at with its page: cells of patterns, glyphs of Type 3, masks."""

from __future__ import annotations

import asyncio
import itertools

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all

from trusted.jail.protocol import Role
from trusted.jail.stages import Lost

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


def strokes(step: int) -> bytes:
    return b"0 g " + b"".join(b"%d 71 m %d 89 l S " % (at, at + 5) for at in range(50, 160, step))


PAPER = b"1 g 0 0 400 400 re f "
HIDDEN = {
    "under a bar": PAPER + b"@40 65 150 30 re f",
    "under white": PAPER + b"@" + PAPER + b"0 g 0 0 50 50 re f",
    "out of the box": b"q 1 0 0 1 0 400 cm @Q 0 0 50 50 re f",
    "outside a clip": b"0 0 50 50 re f 0 0 60 60 re W n @",
}
# A glyph has no box.
PAIRS = [each for each in itertools.product(APART, HIDDEN) if each != ("glyph", "out of the box")]


@pytest.fixture(scope="module")
def cleaned():
    documents = {(where, "form"): with_form(where) for where in APART}
    for where, name in PAIRS:
        for step in (6, 8):
            contents = HIDDEN[name].replace(b"@", strokes(step))
            documents[where, name, step] = APART[where](contents, b"", Pdf())
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(documents, results, strict=True)}


@pytest.mark.parametrize("where", APART)
def test_what_is_drawn_there_is_a_picture_and_the_text_of_the_page_stays(cleaned, where) -> None:
    content, report = cleaned[where, "form"]

    page = pypdfium2.PdfDocument(content)[0]
    kinds = [thing.type for thing in page.get_objects()]

    assert kinds[0] == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    assert pypdfium2.raw.FPDF_PAGEOBJ_PATH not in kinds
    assert "Syns" in page.get_textpage().get_text_bounded()
    assert report.lost[0] is Lost.SHARPNESS or where == "glyph"


@pytest.mark.parametrize(("where", "name"), PAIRS)
def test_what_cannot_be_seen_there_makes_no_difference_to_the_clean_copy(cleaned, where, name) -> None:
    (one, _), (other, _) = (cleaned[where, name, step] for step in (6, 8))

    assert one == other
