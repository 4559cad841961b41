"""What PDFium draws otherwise than other viewers do, or not at all, is refused: it could show what is covered there."""

from __future__ import annotations

import asyncio
import random
import re
import zlib

import pytest
from corpus.index import Planter
from documents.pdf_by_hand import Pdf, dct, document, jpeg_with_comment, line
from files.scrub_harness import first_page_text, outcomes_of

from trusted.jail.stages import Damaged, Refused

TEXT = line(b"(Syns)", 20, 380) + line(b"(hemligt)", 60, 40)
COVER = b".8 g 0 0 400 100 re f"
GROUP = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/K %s>>"


def covered_by_a_stream(data: bytes, entries: bytes) -> bytes:
    made = Pdf()
    seen, cover = made.new_stream(TEXT), made.new_stream(data, entries, deflate=False)
    return document(made, b"", page=b"/Contents[%s %s]" % (seen, cover))


def in_a_group(knocks_out: bytes) -> bytes:
    made = Pdf()
    return document(
        made,
        TEXT + b"/X Do",
        resources=b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % made.new_stream(COVER, GROUP % knocks_out),
    )


def knocked_out() -> bytes:
    """The text in a group, under a faint thing that takes its place."""
    made = Pdf()
    inside = b"/Resources<</Font<</F0 6 0 R>>/ExtGState<</G<</ca .5>>>>>>"
    form = made.new_stream(TEXT + b"/G gs " + COVER, GROUP % b"true" + inside)
    return document(made, b"/X Do", resources=b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % form)


def under_a_note(kind: bytes, more: bytes) -> bytes:
    made = Pdf()
    note = made.new(b"<</Type/Annot/Subtype/%s/F 4/Rect[0 0 400 100]/C[.8 .8 .8]/IC[.8 .8 .8]%s>>" % (kind, more))
    return document(made, TEXT, page=b"/Annots[%s]" % note)


def under_a_picture(entries: bytes, data: bytes) -> bytes:
    made = Pdf()
    picture = made.new_stream(data, entries, deflate=False)
    resources = b"/Font<</F0 6 0 R>>/XObject<</I %s>>" % picture
    return document(made, TEXT + b"q 400 0 0 100 0 0 cm /I Do Q", resources=resources)


def under_a_dark_photograph() -> bytes:
    """On a page with a gradient, so that all but its text becomes one picture."""
    made = Pdf()
    dots = bytes(random.Random(7).randrange(50) for _ in range(200 * 50))
    photograph = made.new_stream(
        dots, b"/Type/XObject/Subtype/Image/Width 200/Height 50/ColorSpace/DeviceGray/BitsPerComponent 8"
    )
    shading = b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 400 0]/Function<</FunctionType 2/Domain[0 1]/N 1/C0[1]/C1[.8]>>>>"
    contents = b"q 0 200 400 100 re W n /S sh Q " + TEXT + b"q 400 0 0 100 0 0 cm /I Do Q"
    resources = b"/Font<</F0 6 0 R>>/XObject<</I %s>>/Shading<</S %s>>" % (photograph, shading)
    return document(made, contents, resources=resources)


def in_an_annotation() -> bytes:
    made = Pdf()
    look = made.new_stream(COVER, b"/Type/XObject/Subtype/Form/BBox[0 0 400 100]")
    note = made.new(b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 400 100]/AP<</N %s>>>>" % look)
    return document(made, TEXT, page=b"/Annots[%s]" % note)


def in_a_form(contents: bytes = b"") -> bytes:
    made = Pdf()
    form = made.new_stream(COVER, b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]")
    return document(made, TEXT + contents + b"/X Do", resources=b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % form)


def lost(content: bytes, named: bytes) -> bytes:
    """The same file, but its table says that the object which is named so is free: PDFium does not look for it."""
    number = re.search(named + rb" ?([0-9]+) 0 R", content)[1]
    entry = b"%010d 00000 n" % (content.index(b"\n%s 0 obj" % number) + 1)
    assert content.count(entry) == 1
    return content.replace(entry, b"%010d 65535 f" % 0)


GREY = jpeg_with_comment(Planter("read_otherwise"), "comment")
OTHERWISE = {
    "a group that knocks out": (knocked_out(), Damaged),
    "a filter that is a text": (covered_by_a_stream(COVER.hex().encode() + b">", b"/Filter(ASCIIHexDecode)"), Damaged),
    "a filter for what is encrypted": (covered_by_a_stream(zlib.compress(COVER), b"/Filter[/Crypt/FlateDecode]"), Damaged),
    "a filter after one of pictures": (covered_by_a_stream(COVER.hex().encode(), b"/Filter[/DCTDecode/ASCIIHexDecode]"), Damaged),
    "a shape without a look": (under_a_note(b"Polygon", b"/Vertices[0 0 400 0 400 100 0 100]"), Damaged),
    "a shape with flags that are none": (under_a_note(b"Polygon", b"/Vertices[0 0 400 0 400 100 0 100]/F(2)"), Damaged),
    "a line without a look": (under_a_note(b"Line", b"/L[0 50 400 50]/BS<</W 99>>"), Damaged),
    "lost contents": (lost(covered_by_a_stream(COVER, b""), rb"/Contents\[[0-9]+ 0 R"), Damaged),
    "a lost form": (lost(in_a_form(), rb"/X"), Damaged),
    "a lost form on a page that cannot be read": (lost(in_a_form(b"BT 5 Tr ET "), rb"/X"), Damaged),
    "a lost picture": (lost(under_a_picture(dct(), GREY), rb"/I"), Damaged),
    "a lost look": (lost(in_an_annotation(), rb"/N"), Damaged),
    "a lost note": (lost(in_an_annotation(), rb"/Annots\["), Damaged),
}  # fmt: skip
COVERED = {
    "a group that does not": in_a_group(b"false"),
    "a group that knocks out nothing": in_a_group(b"true"),
    "more contents": covered_by_a_stream(zlib.compress(COVER), b"/Filter/FlateDecode"),
    "a form": in_a_form(),
    "a form on a page that cannot be read": in_a_form(b"BT 5 Tr ET "),
    "a look": in_an_annotation(),
    "a dark photograph": under_a_dark_photograph(),
    "a picture": under_a_picture(dct(), GREY),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, object]:
    documents = {name: content for name, (content, _) in OTHERWISE.items()} | COVERED
    return dict(zip(documents, asyncio.run(outcomes_of(list(documents.values()))), strict=True))


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_pdfium_draws_otherwise_is_refused(outcomes, name) -> None:
    assert type(outcomes[name]) is OTHERWISE[name][1]


@pytest.mark.parametrize("name", COVERED)
def test_what_is_under_the_like_is_hidden(outcomes, name) -> None:
    assert not isinstance(outcomes[name], Refused)
    text = first_page_text(outcomes[name][1])
    assert ("Syns" in text, "hemligt" in text) == (True, False)
