"""A pattern that PDFium would draw in another place than other viewers do: it would show what the pattern covers there.

PDFium keeps a pattern as the content that used it first has placed it. Each document has a text that the page covers
with a pattern, which before that is used in another place: in a form that is moved far away.
"""

from __future__ import annotations

import asyncio

import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import first_page_text, outcomes_of

from trusted.jail.stages import Damaged, Refused

FAR = b"1 0 0 1 0 600"
CHOSEN = b"/Pattern cs /P scn -2000 -2000 100 100 re f"
COVERED = line(b"(Syns)", 20, 380) + line(b"(hemligt)", 60, 40)
COVER = b" q /Pattern cs /P scn 0 0 400 100 re f Q "
CELL = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 400 100]/XStep 4000/YStep 4000"


def pattern(made: Pdf, contents: bytes = b".8 g 0 0 400 100 re f", more: bytes = b"/Resources<<>>") -> bytes:
    return made.new_stream(contents, CELL + more)


def form(
    made: Pdf, resources: bytes, contents: bytes = CHOSEN, matrix: bytes = FAR, more: bytes = b"/Subtype/Form"
) -> bytes:
    box = b"/Type/XObject/BBox[-2000 -2000 4000 4000]/Matrix[%s]" % matrix
    return made.new_stream(contents, box + resources + more)


def page(made: Pdf, resources: bytes, before: bytes = b"/X Do", **how: bytes) -> bytes:
    return document(made, before + b" " + COVERED + COVER, resources=b"/Font<</F0 6 0 R>>" + resources, **how)


def with_form(named: bytes = b"/P %s", contents: bytes = CHOSEN, **how: bytes) -> bytes:
    """The form names the pattern among its resources, as `named` says."""
    made = Pdf()
    used = pattern(made)
    moved = form(made, b"/Resources<</Pattern<<%s>>>>" % named.replace(b"%s", used), contents, **how)
    return page(made, b"/Pattern<</P %s>>/XObject<</X %s>>" % (used, moved))


def with_the_names_of_the_page(resources: bytes) -> bytes:
    made = Pdf()
    used = pattern(made)
    return page(made, b"/Pattern<</P %s>>/XObject<</X %s>>" % (used, form(made, resources)))


def in_a_layer_that_is_off() -> bytes:
    made = Pdf()
    used, layer = pattern(made), made.new(b"<</Type/OCG/Name(L)>>")
    moved = form(made, b"/Resources<</Pattern<</P %s>>>>" % used, more=b"/Subtype/Form/OC %s" % layer)
    catalog = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]>>>>" % (layer, layer)
    return page(made, b"/Pattern<</P %s>>/XObject<</X %s>>" % (used, moved), catalog=catalog)


def in_a_note(more: bytes, sort: bytes = b"/Subtype/Form") -> bytes:
    made = Pdf()
    used = pattern(made)
    look = form(made, b"/Resources<</Pattern<</P %s>>>>" % used, more=sort)
    note = made.new(b"<</Type/Annot/Subtype/Stamp%s/AP<</N %s>>>>" % (more, look))
    return page(made, b"/Pattern<</P %s>>" % used, b"", page=b"/Annots[%s]" % note)


def in_a_glyph() -> bytes:
    made = Pdf()
    used = pattern(made)
    glyph = made.new_stream(b"500 0 d0 " + CHOSEN, b"/Matrix[%s]" % FAR)
    letter = b"/FirstChar 97/LastChar 97/Widths[500]/Encoding<</Differences[97/a]>>/CharProcs<</a %s>>" % glyph
    resources = b"/Resources<</Pattern<</P %s>>>>" % used
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 500 500]/FontMatrix[.001 0 0 .001 0 0]" + letter + resources + b">>"
    )
    contents = b"BT /F1 20 Tf 300 350 Td (a) Tj ET " + COVERED + COVER
    return document(made, contents, resources=b"/Font<</F0 6 0 R/F1 %s>>/Pattern<</P %s>>" % (font, used))


def in_a_mask() -> bytes:
    made = Pdf()
    used = pattern(made)
    group = form(
        made, b"/Resources<</Pattern<</P %s>>>>" % used, more=b"/Subtype/Form/Group<</S/Transparency/CS/DeviceGray>>"
    )
    state = b"/ExtGState<</G<</SMask<</Type/Mask/S/Luminosity/G %s>>>>>>" % group
    return page(made, b"/Pattern<</P %s>>" % used + state, b"q /G gs 0 0 9 9 re f Q")


def in_a_cell() -> bytes:
    made = Pdf()
    used = pattern(made)
    other = pattern(made, b"/Pattern cs /P scn 0 0 400 100 re f", b"/Resources<</Pattern<</P %s>>>>" % used)
    return page(made, b"/Pattern<</P %s/Q %s>>" % (used, other), b"q /Pattern cs /Q scn 0 300 9 9 re f Q")


def in_two_streams() -> bytes:
    """The page chooses it, with the first word of another stream; the form moves it away."""
    made = Pdf()
    used = pattern(made)
    moved = form(made, b"/Resources<</Pattern<</P %s>>>>" % used)
    ends = made.new_stream(b"scn 0 0 400 100 re f")
    begins = made.new_stream(b"/X Do " + COVERED + b"/Pattern cs /P")
    resources = b"/Font<</F0 6 0 R>>/Pattern<</P %s>>/XObject<</X %s>>" % (used, moved)
    return document(made, b"", resources=resources, page=b"/Contents[%s %s]" % (begins, ends))


def in_its_own_dictionary() -> bytes:
    made = Pdf()
    shading = b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 400 0]/Function<</FunctionType 2/Domain[0 1]/N 1/C0[.8]/C1[.7]>>>>"
    names = made.new(b"<</P<</Type/Pattern/PatternType 2/Shading %s>>>>" % shading)
    return page(made, b"/Pattern %s/XObject<</X %s>>" % (names, form(made, b"/Resources<</Pattern %s>>" % names)))


PLACED_TWICE = {
    "in a form": with_form(),
    "in a form of another sort": with_form(more=b"/Subtype(Form)"),
    "in a note that calls itself a picture": in_a_note(b"/F 4/Rect[0 0 50 50]", b"/Subtype/Image/Width 1/Height 1"),
    "in a form that no matrix moves and one that does": with_form(matrix=b"1 0 0 1 0 0", more=b"/Matrix[%s]/Subtype/Form" % FAR),
    "in a form after what makes the page a picture": with_form(contents=b"BT 4 Tr 0 Tr ET " + CHOSEN),
    "under a name that is written otherwise": with_form(b"/#50 %s", b"/Pattern cs /#50 scn"),
    "under a name that only some can write": with_form(b"/#C3#A9 9 0 R/#E9 %s", b"/Pattern cs /\xe9 scn"),
    "under a name of which PDFium drops the end": with_form(b"/P %s/" + b"P" * 254 + b" %s", b"/Pattern cs /" + b"P" * 300 + b" scn"),
    "under a name that ends where PDFium sees a blank": with_form(b"/Q %s", b"/Pattern cs /Q\x80 scn"),
    "after a note": with_form(contents=b"/Pattern cs /P % scn\n%\rSCN"),
    "after a text that looks like a note": with_form(contents=b"(/Q %) Tj /Pattern cs /P scn"),
    "under another number": with_form(b"/P %s".replace(b"%s", b"101 5 R")),
    "under a name that stands twice": with_form(b"/P 9 0 R/P %s"),
    "by a name of the page": with_the_names_of_the_page(b"/Resources<<>>"),
    "by a name of the page, without resources": with_the_names_of_the_page(b""),
    "in a layer that is off": in_a_layer_that_is_off(),
    "in a note that is hidden": in_a_note(b"/F 2/Rect[0 0 50 50]"),
    "in a note without a place": in_a_note(b"/F 4/Rect[50 50 50 50]"),
    "in a glyph": in_a_glyph(),
    "in a mask": in_a_mask(),
    "in two streams": in_two_streams(),
    "as a dictionary that two share": in_its_own_dictionary(),
}  # fmt: skip
PLACED_ONCE = {
    "in a cell": in_a_cell(),
    "on the page alone": with_form(b"", b"0 0 9 9 re f"),
    "in a form with no matrix": with_form(matrix=b"1.0 0 0 1 -0 0"),
    "in a form with a matrix that PDFium does not take for one": with_form(matrix=FAR + b" 7"),
    "in a form that names it and does not use it": with_form(contents=b"0 0 9 9 re f"),
    "in a form that says its name": with_form(contents=b"/P BMC 0 0 9 9 re f EMC"),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, object]:
    documents = PLACED_TWICE | PLACED_ONCE
    return dict(zip(documents, asyncio.run(outcomes_of(list(documents.values()))), strict=True))


@pytest.mark.parametrize("name", PLACED_TWICE)
def test_a_pattern_with_two_places_is_refused(outcomes, name) -> None:
    assert type(outcomes[name]) is Damaged


@pytest.mark.parametrize("name", PLACED_ONCE)
def test_a_pattern_with_one_place_hides_what_is_under_it(outcomes, name) -> None:
    assert not isinstance(outcomes[name], Refused)
    text = first_page_text(outcomes[name][1])
    assert ("Syns" in text, "hemligt" in text) == (True, False)
