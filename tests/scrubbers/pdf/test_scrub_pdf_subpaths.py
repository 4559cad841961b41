"""Of a path with several parts each is judged by itself: where nobody sees one, the page is drawn, its text on top."""

from __future__ import annotations

import asyncio

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from documents.rebuilt import streams_of
from files.scrub_harness import became_pictures, clean_all

from scrubbers.jailed.pdf.content.display_list import Path
from scrubbers.jailed.pdf.visibility.subpaths import subpaths_of
from trusted.jail.protocol import Role
from trusted.jail.stages import Lost, Removed, What, Where

SEEN = line(b"(Syns)", 20, 380)
SPECK = b"20 20 m 60 30 l "
# What a signature is drawn with: a number of its own for each stroke.
STROKES = b"".join(b"%d 171 m %d.125 189 l " % (at, at + 5) for at in range(150, 260, 6))
BOXES = b"".join(b"%d.125 175 3 12 re " % at for at in range(150, 260, 6))
OUT = b"1 0 0 1 0 300 cm "
COVER = b"1 0.5 0 rg 140 160 150 40 re f "
FRAME = b"10 10 380 350 re "
FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Resources<<>>"


def in_a_form(contents: bytes, after: bytes, form: bytes = FORM) -> bytes:
    made = Pdf()
    resources = b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % made.new_stream(contents, form)
    return document(made, SEEN + b"/X Do " + after, resources=resources)


def page(contents: bytes) -> bytes:
    return document(Pdf(), SEEN + contents)


HIDDEN = {
    "off the page": page(SPECK + STROKES.replace(b" 171 ", b" 571 ").replace(b" 189 ", b" 589 ") + b"S"),
    "off the page by a matrix": page(b"q " + OUT + b"20 -290 m 60 -280 l " + STROKES + b"S Q"),
    "under a box": page(SPECK + STROKES + b"S " + COVER),
    "areas under a box": page(b"20 20 40 9 re " + BOXES + b"f " + COVER),
    "in a frame, under a box": page(FRAME + STROKES + b"S " + COVER),
    "in an area of its own path": page(b"140 160 150 40 re " + BOXES + b"f"),
    "outside a clip": page(b"q 0 0 99 99 re W n " + SPECK + STROKES + b"S Q"),
    "off the page in a clip": page(b"q 20 20 99 99 re " + BOXES.replace(b" 175 ", b" 675 ") + b"W n 0 0 400 90 re f Q"),
    "in a form, under a box": in_a_form(SPECK + STROKES + b"S", COVER),
    "in a form that is moved off the page": in_a_form(
        b"20 -280 m 60 -270 l " + STROKES + b"S", b"", FORM.replace(b"[0 0 ", b"[0 -400 ") + b"/Matrix[1 0 0 1 0 300]"
    ),
}
SHOWN = {
    "apart": page(SPECK + STROKES + b"S"),
    "areas apart": page(b"20 20 40 9 re " + BOXES + b"f"),
    "holes": page(b"140 160 150 40 re " + BOXES + b"f*"),
    "a frame around them": page(FRAME + STROKES + b"S"),
    "in a form that is drawn twice": in_a_form(SPECK + STROKES + b"S", b"q 1 0 0 1 0 100 cm /X Do Q"),
    "in a clip": page(b"q 20 20 99 99 re " + BOXES + b"W n 0 0 400 200 re f Q"),
}


@pytest.fixture(scope="module")
def cleaned():
    documents = HIDDEN | SHOWN
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return dict(zip(documents, results, strict=True))


@pytest.mark.parametrize("name", HIDDEN)
def test_a_part_of_a_path_that_nobody_sees_is_not_in_the_clean_copy(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    assert b".125 " not in b"".join(streams_of(content))
    assert became_pictures(report)
    assert report.lost == (Lost.SHARPNESS,)
    assert "Syns" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()


@pytest.mark.parametrize("name", HIDDEN)
def test_the_report_says_that_a_drawing_went(cleaned, name) -> None:
    _, _, _, report = cleaned[name]

    assert Removed(What.HIDDEN_DRAWING, Where.PAGES, None) in report.removed


@pytest.mark.parametrize("name", SHOWN)
def test_parts_that_are_seen_stay_in_one_path(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    said = b"".join(streams_of(content))

    assert said.count(b".125 ") == len(range(150, 260, 6)) * (2 if "twice" in name else 1)
    assert report.removed == report.lost == ()


@pytest.mark.parametrize(
    ("segments", "parts"),
    [
        (b"0 0 m\n1 1 l", 1),
        (b"0 0 m\n1 1 l\n2 2 m\n3 3 l\nh", 2),
        (b"0 0 1 1 re\n2 2 1 1 re", 2),
        # Goes on from the corner of the rectangle, and from where the part began.
        (b"0 0 1 1 re\n2 2 l", 1),
        (b"0 0 m\n1 1 l\nh\n2 2 l", 1),
        (b"0 0 m\n1 1 2 2 3 3 c\n4 4 m\n1 1 2 2 v", 2),
    ],
)
def test_a_part_begins_where_the_pen_is_put_down_anew(segments, parts) -> None:
    found = subpaths_of(Path(segments, b"S", b""))

    assert len(found) == parts
    assert b"".join(found) == segments
