"""What PDFium may leave out without a word: it hides what is under it, or the document is refused."""

from __future__ import annotations

import asyncio
import contextlib

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all

from trusted.jail.protocol import Role
from trusted.jail.stages import Damaged, Lost, SeenOtherwise

HIDDEN = line(b"(hemligt)", 60, 40)
STATES = b"/Font<</F0 6 0 R>>/ExtGState<</G <</CA .5/ca 1>>>>"
NEAR, FAR = 300, 20_000


def box(side: int, paint: bytes = b"B") -> bytes:
    """A light box from the right of the text so far to the left and down."""
    return b"q 1 0 0 1 180 80 cm /G gs .8 g .8 G 0 0 m -%d 0 l -%d -%d l 0 -%d l h %s Q" % (
        side,
        side,
        side,
        side,
        paint,
    )


def drawn(side: int, paint: bytes = b"B") -> bytes:
    return document(Pdf(), line(b"(Syns)", 20, 380) + HIDDEN + box(side, paint), resources=STATES)


def in_a_form(side: int) -> bytes:
    made = Pdf()
    entries = b"/Type/XObject/Subtype/Form/BBox[-%d -%d 400 400]/Resources<<%s>>" % (side, side, STATES)
    form = made.new_stream(box(side), entries)
    return document(made, line(b"(Syns)", 20, 380) + HIDDEN + b"/X Do", resources=STATES + b"/XObject<</X %s>>" % form)


def in_an_annotation(side: int) -> bytes:
    made = Pdf()
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Resources<<%s>>" % STATES
    look = made.new_stream(box(side), entries)
    note = made.new(b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 400 400]/AP<</N %s>>>>" % look)
    return document(made, line(b"(Syns)", 20, 380) + HIDDEN, resources=STATES, page=b"/Annots[%s]" % note)


def cleaned(content: bytes) -> tuple[str, tuple[Lost, ...]]:
    _, made, _, report = asyncio.run(clean_all([content], [Role.DOCUMENTS]))[0]
    with contextlib.closing(pypdfium2.PdfDocument(made)) as opened:
        return opened[0].get_textpage().get_text_bounded(), report.lost


@pytest.mark.parametrize("made", [drawn, in_a_form, in_an_annotation])
def test_such_a_box_on_the_page_hides_the_text_under_it(made) -> None:
    text, _ = cleaned(made(NEAR))

    assert "Syns" in text
    assert "hemligt" not in text


@pytest.mark.parametrize("made", [drawn, in_a_form, in_an_annotation])
def test_one_that_reaches_far_beyond_the_page_is_refused(made) -> None:
    with pytest.raises(SeenOtherwise):
        cleaned(made(FAR))


def test_one_with_an_opaque_line_may_reach_as_far_as_it_likes() -> None:
    content = drawn(FAR).replace(b"/CA .5", b"/CA 1.")

    text, lost = cleaned(content)

    assert ("Syns" in text, "hemligt" in text, lost) == (True, False, ())


def in_forms(depth: int) -> bytes:
    """A light box over the text in the innermost of so many forms."""
    made, drawn = Pdf(), b"q .8 g 30 20 200 60 re f Q"
    inside = b""
    for _ in range(depth):
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Resources<</XObject<<%s>>>>" % inside
        inside, drawn = b"/X %s" % made.new_stream(drawn, entries), b"/X Do"
    resources = b"/Font<</F0 6 0 R>>/XObject<<%s>>" % inside
    return document(made, line(b"(Syns)", 20, 380) + HIDDEN + drawn, resources=resources)


def under_a_picture(high: int) -> bytes:
    made = Pdf()
    entries = b"/Type/XObject/Subtype/Image/Width 1/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8" % high
    picture = made.new_stream(b"\xb0" * high, entries)
    resources = b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % picture
    return document(made, line(b"(Syns)", 20, 380) + HIDDEN + b"q 200 0 0 60 30 20 cm /X Do Q", resources=resources)


@pytest.mark.parametrize("content", [in_forms(10), under_a_picture(2**17 - 1)])
def test_a_box_in_few_forms_and_a_picture_that_pdfium_draws_hide_the_text_under_them(content) -> None:
    text, _ = cleaned(content)

    assert ("Syns" in text, "hemligt" in text) == (True, False)


@pytest.mark.parametrize("content", [in_forms(41), under_a_picture(2**17)])
def test_what_pdfium_does_not_draw_in_forms_too_deep_or_as_a_picture_too_long_is_refused(content) -> None:
    with pytest.raises(SeenOtherwise):
        cleaned(content)


COVER = b"30 20 200 60 re"


def under(cover: bytes) -> bytes:
    return document(Pdf(), line(b"(Syns)", 20, 380) + HIDDEN + b"q .8 g " + cover + b" Q")


def zigzag(count: int) -> bytes:
    """Up and down the page within a column of pixels: each takes as many of what PDFium counts as the page is high."""
    return b"0 0 m " + b"0.01 400 l 0 0 l " * count + b"h "


FEW, MANY = 300, 6000
OVERFLOW = b"10000 0 0 10000 0 0 cm " * 10 + b".0001 0 0 .0001 0 0 cm " * 10
SMALL = b"".join(
    b"%d %d m %d %d l %d %d l h " % (x, y, x + 1, y, x, y + 1) for x in range(150) for y in range(300, 360)
)


@pytest.mark.parametrize(
    "cover",
    [zigzag(FEW) + COVER + b" f", zigzag(FEW) + COVER + b" W n 0 0 400 400 re f", SMALL + COVER + b" f",
     b"0 0 m 7000 14000 l 7000 0 l h f", b"0 0 m 1000000 2000000 l 1000000 0 l h f", b"-9000000 -9000000 18000000 9000100 re f", OVERFLOW[:115] + OVERFLOW[-115:] + COVER + b" f"],
)  # fmt: skip
def test_an_outline_that_pdfium_draws_whole_hides_the_text_under_it(cover) -> None:
    text, _ = cleaned(under(cover))

    assert ("Syns" in text, "hemligt" in text) == (True, False)


@pytest.mark.parametrize(
    "cover",
    [zigzag(MANY) + COVER + b" f", zigzag(MANY) + COVER + b" W n 0 0 400 400 re f",
],
)  # fmt: skip
def test_an_outline_that_pdfium_draws_in_part_or_elsewhere_is_refused(cover) -> None:
    with pytest.raises(SeenOtherwise):
        cleaned(under(cover))


def test_an_outline_beyond_what_numbers_reach_is_refused() -> None:
    with pytest.raises(Damaged):
        cleaned(under(OVERFLOW + COVER + b" f"))


def under_a_pattern(side: int, matrix: bytes = b"") -> bytes:
    made = Pdf()
    box = b"/BBox[-%d -%d %d %d]/XStep %d/YStep %d" % (side, side, side, side, 2 * side, 2 * side)
    entries = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/Resources<<>>" + box + matrix
    pattern = made.new_stream(b".8 g -%d -%d %d %d re f" % (side, side, 2 * side, 2 * side), entries)
    contents = line(b"(Syns)", 20, 380) + HIDDEN + b"q /Pattern cs /P scn " + COVER + b" f Q"
    return document(made, contents, resources=b"/Font<</F0 6 0 R>>/Pattern<</P %s>>" % pattern)


def test_a_pattern_hides_the_text_under_it_and_one_with_a_cell_that_pdfium_does_not_draw_is_refused() -> None:
    text, _ = cleaned(under_a_pattern(500))

    assert ("Syns" in text, "hemligt" in text) == (True, False)
    for content in (under_a_pattern(100_000), under_a_pattern(500, b"/Matrix[200 0 0 200 0 0]")):
        with pytest.raises(SeenOtherwise):
            cleaned(content)


def under_a_pattern_in_a_form(times: int, *, is_note: bool) -> bytes:
    """A pattern with a cell of 1000 x 1000 points covers the text, in a form or a look that is drawn so many times as large."""
    made = Pdf()
    box = b"/BBox[-500 -500 500 500]/XStep 1000/YStep 1000"
    entries = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/Resources<<>>" + box
    pattern = made.new_stream(b".8 g -500 -500 1000 1000 re f", entries)
    whole = 400 / times
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %g %g]/Resources<</Pattern<</P %s>>>>" % (whole, whole, pattern)
    form = made.new_stream(b"/Pattern cs /P scn 0 0 400 400 re f", entries)
    note = made.new(b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 400 300]/AP<</N %s>>>>" % form)
    contents = line(b"(Syns)", 20, 380) + HIDDEN + (b"" if is_note else b"%d 0 0 %d 0 -100 cm /X Do" % (times, times))
    resources = b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % form
    return document(made, contents, resources=resources, page=b"/Annots[%s]" % note if is_note else b"")


@pytest.mark.parametrize("is_note", [False, True])
def test_a_form_and_a_note_draw_cells_as_large_as_all_that_is_in_them(is_note) -> None:
    text, _ = cleaned(under_a_pattern_in_a_form(2, is_note=is_note))

    assert ("Syns" in text, "hemligt" in text) == (True, False)
    with pytest.raises(SeenOtherwise):
        cleaned(under_a_pattern_in_a_form(100, is_note=is_note))
