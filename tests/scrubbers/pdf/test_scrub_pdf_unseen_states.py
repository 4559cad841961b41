"""Numbers and whole drawings in states that nothing is painted with: they are not in the clean copy."""

from __future__ import annotations

import asyncio
import io
import re

import pypdf
import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all
from pypdf.generic import StreamObject

from trusted.jail.protocol import Role
from trusted.jail.stages import Lost

SEEN = line(b"(Syns)", 20, 380)
SQUARE = b"20 20 99 99 re f "
MARKER = b"83.125"
DRAWING = b"9 9 m %s 389 l S" % MARKER


def with_states(contents: bytes, states: bytes) -> bytes:
    return document(Pdf(), SEEN + contents, resources=b"/Font<</F0 6 0 R>>/ExtGState<<%s>>" % states)


def with_pattern(contents: bytes) -> bytes:
    made = Pdf()
    entries = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 400 400]/XStep 400/YStep 400/Resources<<>>"
    pattern = made.new_stream(DRAWING, entries)
    return document(made, SEEN + contents, resources=b"/Font<</F0 6 0 R>>/Pattern<</P %s>>" % pattern)


def with_form(contents: bytes, form: bytes, box: bytes = b"0 0 400 400") -> bytes:
    made = Pdf()
    drawn = made.new_stream(form, b"/Type/XObject/Subtype/Form/Resources<<>>/BBox[%s]" % box)
    return document(made, SEEN + contents, resources=b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % drawn)


def with_mask(contents: bytes) -> bytes:
    made = Pdf()
    group = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>/Resources<<>>"
    mask = made.new_stream(b"1 g 0 0 400 400 re f " + DRAWING, group)
    states = b"/M<</SMask<</S/Luminosity/G %s>>>>/N<</SMask/None>>" % mask
    return document(made, SEEN + contents, resources=b"/Font<</F0 6 0 R>>/ExtGState<<%s>>" % states)


DOCUMENTS = {
    "a dash before an area": document(Pdf(), SEEN + b"[83.125 4] 0 d " + SQUARE),
    "a width before a text": document(Pdf(), b"83.125 w 83.125 M " + SEEN),
    "a scale before an area": document(Pdf(), SEEN + b"BT 83.125 Tz ET " + SQUARE),
    "a space between words before one word": document(Pdf(), b"83.125 Tw " + SEEN),
    "a width in a state before an area": with_states(b"/G gs " + SQUARE, b"/G<</LW 83.125/ML 83.125>>"),
    "dashes in a state, which become pixels": with_states(b"/G gs " + SQUARE, b"/G<</D[[83.125] 0]>>"),
    "a state before another one": with_states(b"/G gs /H gs " + SQUARE, b"/G<</ca .83125>>/H<</ca 1>>"),
    "a state after all": with_states(SQUARE + b"/G gs", b"/G<</ca .83125>>"),
    "a move and back": document(Pdf(), SEEN + b"1 0 0 1 83.125 0 cm 1 0 0 1 -83.125 0 cm " + SQUARE),
    "a move after all": document(Pdf(), SEEN + SQUARE + b"1 0 0 1 83.125 0 cm"),
    "moves within a line": document(Pdf(), b"BT /F0 12 Tf 20 380 Td [(Sy) 83.125 -83.125 (ns) 83.125] TJ ET"),
    "parts of a path that lead nowhere": document(Pdf(), SEEN + b"83.125 9 m 20 20 99 99 re 83.125 9 m 83.125 8 m f"),
    "the box of an empty form": with_form(b"/X Do", b"q Q", b"83.125 0 84 1"),
    "a pattern for lines before an area": with_pattern(b"/Pattern CS /P SCN " + SQUARE),
    "a pattern for areas before a line": with_pattern(b"/Pattern cs /P scn 9 9 m 99 9 l S"),
    "a width before a form of areas": with_form(b"83.125 w /X Do", SQUARE),
    "a width before a form with a width of its own": with_form(b"83.125 w /X Do", b"q 2 w 9 9 m 99 9 l S Q " + SQUARE),
    "a mask before none": with_mask(b"/M gs /N gs " + SQUARE),
}
# What looks the same only if the states reach what is painted with them.
KEPT = {
    "a width and a dash before a form of lines": with_form(b"9 w [30 12] 0 d /X Do", b"9 99 m 399 99 l S"),
    "colours before a form of areas": with_form(b"1 0 0 rg 0 0 1 RG 5 w /X Do", b"20 200 90 90 re B"),
    "a width in a state": with_states(b"/G gs 9 99 m 399 99 l S", b"/G<</LW 9/ca .5>>"),
    "a width after one in a state": with_states(b"/G gs 3 w 9 99 m 399 99 l S", b"/G<</LW 9>>"),
    "a width in a state after one": with_states(b"3 w /G gs 9 99 m 399 99 l S", b"/G<</LW 9>>"),
    "lines of text": document(Pdf(), SEEN + b"3 w 1 0 0 RG BT /F0 90 Tf 1 Tr 20 200 Td (Rad) Tj ET"),
    "moves one after the other": document(Pdf(), SEEN + b"2 0 0 2 30 30 cm .5 .5 -.5 .5 9 9 cm 0 0 1 rg " + SQUARE),
}


@pytest.fixture(scope="module")
def cleaned():
    documents = DOCUMENTS | KEPT
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(documents, results, strict=True)}


def said(content: bytes) -> bytes:
    reader = pypdf.PdfReader(io.BytesIO(content))
    found = [reader.get_object(number) for number in range(1, reader.trailer["/Size"])]
    return content + b"".join(each.get_data() for each in found if isinstance(each, StreamObject))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_state_that_nothing_is_painted_with_is_not_in_the_clean_copy(cleaned, name) -> None:
    content, report = cleaned[name]

    assert not any(marker in said(content) for marker in (MARKER, b"0.83125"))
    assert "Syns" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert report.lost == ((Lost.SHARPNESS,) if re.search("pattern|mask|pixels", name) else ())


@pytest.mark.parametrize("name", KEPT)
def test_a_state_that_something_is_painted_with_stays(cleaned, name) -> None:
    content, report = cleaned[name]

    before, after = (pypdfium2.PdfDocument(each)[0].render(scale=2).to_pil() for each in (KEPT[name], content))

    assert before.tobytes() == after.tobytes()
    assert Lost.SELECTABLE_TEXT not in report.lost
