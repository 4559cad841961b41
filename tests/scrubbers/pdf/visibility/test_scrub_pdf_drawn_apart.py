"""What is drawn in a stream of its own and not looked at with its page: cells of patterns, glyphs of Type 3, masks."""

from __future__ import annotations

import asyncio
import io
import itertools

import pypdf
import pytest
from documents.pdf_by_hand import Pdf, document, line
from pypdf.generic import StreamObject
from scrub_harness import clean_all

from scrubbers.protocol import Role
from scrubbers.stages import Lost, Removed, What, Where

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


STROKES = b"0 g " + b"".join(b"%d 71 m %d.125 89 l S " % (at, at + 5) for at in range(50, 160, 6))
PAPER = b"1 g 0 0 400 400 re f "
HIDDEN = {
    "under a bar": PAPER + STROKES + b"40 65 150 30 re f",
    "under white": PAPER + STROKES + PAPER + b"0 g 0 0 50 50 re f",
    "out of the box": b"q 1 0 0 1 0 400 cm " + STROKES + b"Q 0 0 50 50 re f",
    "outside a clip": b"0 0 50 50 re f 0 0 60 60 re W n " + STROKES,
}
# In grey as masks have it, and what is white shows on any ground.
SEEN_APART = {
    "white lines on black": b"0 g 0 0 300 300 re f 1 G 9 w 20 20 m 200 200 l S",
    "black on white": PAPER + STROKES + b"0 0 50 50 re f",
    "white beside white": b"1 g 0 0 90 90 re f 90 0 90 90 re f",
    "a hatch": b"1 g 0 0 400 400 re f 1 w " + b"".join(b"0 %d m 400 %d l S " % (y, y + 9) for y in range(0, 400, 20)),
}


@pytest.fixture(scope="module")
def cleaned():
    documents = {(where, "form"): with_form(where) for where in APART}
    for name, contents in (HIDDEN | SEEN_APART).items():
        documents |= {(where, name): make(contents, b"", Pdf()) for where, make in APART.items()}
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(documents, results, strict=True)}


@pytest.mark.parametrize("where", APART)
def test_a_form_that_is_drawn_there_is_no_reason_to_lose_the_text_of_the_page(cleaned, where) -> None:
    _, report = cleaned[where, "form"]

    assert report.lost == ()


# A glyph has no box.
@pytest.mark.parametrize(
    ("where", "name"), [each for each in itertools.product(APART, HIDDEN) if each != ("glyph", "out of the box")]
)
def test_what_cannot_be_seen_there_is_not_in_the_clean_copy(cleaned, where, name) -> None:
    content, report = cleaned[where, name]

    reader = pypdf.PdfReader(io.BytesIO(content))
    found = [reader.get_object(number) for number in range(1, reader.trailer["/Size"])]

    assert report.lost == ()
    assert Removed(What.HIDDEN_DRAWING, Where.PAGES, None) in report.removed
    assert not any(b".125 89" in each.get_data() for each in found if isinstance(each, StreamObject))


@pytest.mark.parametrize("where", APART)
@pytest.mark.parametrize("name", SEEN_APART)
def test_what_can_be_seen_there_is_no_reason_to_lose_the_text_of_the_page(cleaned, where, name) -> None:
    _, report = cleaned[where, name]

    assert Lost.SELECTABLE_TEXT not in report.lost
