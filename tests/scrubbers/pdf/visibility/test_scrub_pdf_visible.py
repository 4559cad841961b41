"""What on a page cannot be seen is found, all of it and nothing else."""

import pytest
from documents.pdf_page_by_hand import box_at, document, form, show, text_at
from processes.measured import quickest

from scrubbers.jailed.pdf.syntax.writer import Name
from scrubbers.jailed.pdf.visibility.inspect import RenderedPage, TextVisibility, sight

SEEN, HIDDEN, PARTLY, BLANK = TextVisibility.SEEN, TextVisibility.HIDDEN, TextVisibility.PARTLY, TextVisibility.BLANK
HELLO = text_at(50, 700, "Hej ", "alla ", "barn")


def looks(contents, *, scale=1.0, **how):
    made = document(contents, **how)
    sheet = RenderedPage(made[0], scale)
    return list(sight(sheet, sheet.drawn(), never_opened).texts)


def never_opened():
    raise AssertionError


def letter_by_letter(x, y, text, size=12):
    return text_at(x, y, *text, size=size)


def state(**values):
    return {b"G0": {b"Type": Name(b"ExtGState")} | {key.encode(): value for key, value in values.items()}}


@pytest.mark.parametrize("scale", [0.7, 1.0, 1.4])
def test_text_is_seen_and_what_lies_under_a_box_is_not(scale):
    found = looks(HELLO + box_at(70, 690, 22, 30), scale=scale)

    assert found == [SEEN, HIDDEN, SEEN]


def test_there_is_a_text_for_every_operator_that_shows_a_letter():
    shown = (
        b"BT\n/F0 12 Tf\n50 700 Td\n" + show("ett") + show("") + b"[-200] TJ\n[<20> 30 <74766c>] TJ\n[<> 3 <>] TJ\nET\n"
    )

    assert looks(shown) == [SEEN, SEEN]


def test_forms_are_entered_each_time_they_are_drawn():
    drawn = form(text_at(10, 10, "A", "B"))
    contents = (
        b"q\n1 0 0 1 50 50 cm\n/X0 Do\nQ\n" + HELLO + b"q\n2 0 0 2 50 150 cm\n/X0 Do\nQ\n" + box_at(50, 50, 19, 30)
    )

    assert looks(contents, XObject={b"X0": drawn}) == [HIDDEN, SEEN, SEEN, SEEN, SEEN, SEEN, SEEN]


def test_letters_are_as_large_as_the_form_around_them_makes_them():
    drawn = form(text_at(10, 20, "A", size=1) + text_at(10, 40, "A", size=9))
    contents = b"q\n%d 0 0 %d 50 150 cm\n/X0 Do\nQ\n"
    small = b"q\n.1 0 0 .1 50 150 cm\n/X0 Do\nQ\n"

    assert looks(contents % (1, 1), XObject={b"X0": drawn}) == [HIDDEN, SEEN]
    assert looks(contents % (9, 9), XObject={b"X0": drawn}) == [SEEN, SEEN]
    assert looks(small, XObject={b"X0": drawn}) == [HIDDEN, HIDDEN]


@pytest.mark.parametrize(
    "contents",
    [
        b"3 Tr\n" + HELLO,
        HELLO + box_at(45, 690, 200, 30),
        text_at(50, 860, "Hej ", "alla ", "barn"),
        b"0 0 40 40 re\nW n\n" + HELLO,
        text_at(50, 700, "Hej ", "alla ", "barn", size=1),
        b"1 g\n" + HELLO,
        b"0.99 g\n" + HELLO,
        box_at(45, 690, 200, 30) + HELLO,
        b"/G0 gs\n" + HELLO,
        HELLO + b"/G1 gs\n" + box_at(45, 690, 200, 30, b"1 g"),
    ],
    ids=[
        "invisible",
        "under a box",
        "off the page",
        "cut off",
        "tiny",
        "white on white",
        "nearly white on white",
        "black on black",
        "transparent",
        "under a box of 98 %",
    ],
)
def test_hidden_text_is_found(contents):
    states = state(ca=0) | {b"G1": {b"ca": 0.98}}

    found = looks(contents, ExtGState=states)

    assert set(found) <= {HIDDEN, BLANK}


@pytest.mark.parametrize(
    "contents",
    [
        HELLO,
        b"0.85 g\n" + HELLO,
        b"0 0 1 rg\n" + box_at(45, 690, 200, 30, b"1 1 0 rg") + HELLO,
        box_at(45, 690, 200, 30) + b"1 g\n" + HELLO,
        HELLO + b"/G0 gs\n" + box_at(45, 690, 200, 30, b"1 1 0 rg"),
        text_at(50, 700, "fotnot", "...", ".", ",", ";", "_", "-", "'", size=5),
        b"0.85 g\n" + text_at(50.3, 700.6, "fotnot", ".", ",", "-", "'", size=5),
        text_at(50, 700, "innehåll", ". . . . . . . . . . . . .", "17", "_____", "- - -"),
        HELLO + text_at(50.3, 700, "Hej ", "alla ", "barn"),
        b"0.6 g\n" + text_at(51, 699, "Skugga", size=30) + b"0 g\n" + text_at(50, 700, "Skugga", size=30),
        b"0.5 g\n" + text_at(40, 690, "UTKAST", size=40) + b"0 g\n" + HELLO,
        b"2 Tr\n0.3 w\n" + HELLO,
        b"1 Tr\n0.3 w\n" + HELLO,
        text_at(50, 700, "AAA", "A", "AA", font="F1"),
        b"BT\n/F0 12 Tf\n.7 .7 -.7 .7 50 500 Tm\n" + show("Snett ") + show("text") + b"ET\n",
        b"BT\n/F0 12 Tf\n0 1 -1 0 50 500 Tm\n" + show("Uppåt ") + show("text") + b"ET\n",
        b"0 0 595 842 re\nW n\n" + HELLO,
        b"BT\n/F0 12 Tf\n50 700 Td\n[<48> -9000 <656a> -3000 <48>] TJ\nET\n",
        b"BT\n/F0 1 Tf\n12 0 0 12 50 700 Tm\n" + show("Hej") + b"ET\n",
        b"BT\n/F0 -12 Tf\n1 0 0 -1 250 700 Tm\n" + show("Hej") + b"ET\n",
    ],
    ids=[
        "black on white",
        "pale grey",
        "on a coloured box",
        "white on black",
        "under a transparent marker",
        "small signs",
        "small pale signs",
        "leaders",
        "printed twice",
        "with a shadow",
        "over large text",
        "filled and outlined",
        "outlined",
        "drawn letters",
        "at 45 degrees",
        "upwards",
        "clipped to the page",
        "in columns",
        "size in the matrix",
        "mirrored twice",
    ],
)
def test_text_that_can_be_seen_is_not_called_hidden(contents):
    found = looks(contents, ExtGState=state(ca=0.4))

    assert HIDDEN not in found
    assert PARTLY not in found or contents.startswith(b"0.6 g")


@pytest.mark.parametrize(
    "contents",
    [
        text_at(50, 700, "En hemlig rad") + box_at(66, 695, 40, 20),
        text_at(50, 700, "En i raden") + box_at(68.9, 695, 3, 20),
        text_at(560, 700, "ut över kanten"),
        b"q\n0 0 80 842 re\nW n\n" + text_at(50, 700, "avskuren") + b"Q\n",
        b"q\n60 0 500 842 re\nW n\n" + text_at(50, 700, "avskuren") + b"Q\n",
        box_at(40, 690, 40, 30) + b"1 g\n" + text_at(50, 700, "vit på svart"),
    ],
    ids=["a word", "a narrow letter", "over the edge", "cut at the end", "cut at the beginning", "leaves its ground"],
)
def test_a_text_of_which_a_part_may_be_hidden_is_told(contents):
    assert looks(contents) == [PARTLY]


def test_a_name_under_another_one_printed_over_it_is_hidden():
    name = text_at(50, 700, "Anna") + box_at(45, 695, 40, 20, b"1 g") + text_at(50, 700, "Hugo")

    assert looks(name) == [HIDDEN, SEEN]


def test_spaces_and_letters_without_a_shape_are_blank():
    assert looks(text_at(50, 700, "a", " ", "   ", "b")) == [SEEN, BLANK, BLANK, SEEN]
    assert looks(text_at(50, 700, "A", " ", "A", font="F1")) == [SEEN, BLANK, SEEN]


def test_the_page_looks_as_before_when_its_texts_have_been_looked_at():
    made = document(HELLO + b"1 0 0 rg\n" + text_at(50, 600, "röd") + text_at(50.2, 600, "röd") + box_at(0, 0, 80, 80))
    sheet = RenderedPage(made[0], 1.0)
    before = sheet.drawn()

    sight(sheet, before, never_opened)

    assert sheet.drawn().tobytes() == before.tobytes()


def test_a_page_of_texts_piled_on_each_other_is_too_much():
    from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

    with pytest.raises(NotRebuildable):
        looks(b"".join(text_at(50 + at / 3, 700 + at / 3, chr(65 + at % 26) * 9) for at in range(60)))


def test_a_page_full_of_small_pale_letters_is_looked_at_in_a_moment():
    lines = (letter_by_letter(40, 60 + 6 * row, "liten; ljus, text. " * 9, size=3) for row in range(60))
    page = b"0.85 g\n" + b"".join(lines)

    assert set(looks(page)) == {SEEN, BLANK}
    assert quickest(lambda: looks(page), 6) < 6


def test_letters_printed_over_each_other_without_end_are_too_much():
    from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

    with pytest.raises(NotRebuildable):
        looks(b"".join(text_at(50, 700, chr(65 + at % 26)) for at in range(3000)))


@pytest.mark.parametrize("below", [-2, -1, 3, 8])
@pytest.mark.parametrize("size", [10, 12, 18])
def test_a_thin_line_through_letters_hides_none_of_them(below, size):
    crossed = text_at(50, 700, "Hej gyllene byggnader på kajen", size=size) + box_at(40, 700 + below, 400, 1)

    assert looks(crossed) == [SEEN]


@pytest.mark.parametrize(
    "crossed",
    [
        text_at(50, 700, "en-tva-tre-fyra") + box_at(40, 702, 400, 2),
        text_at(50, 700, "Hej gyllene") + box_at(40, 698, 400, 4),
    ],
    ids=["hyphens", "a bar over feet"],
)
def test_what_a_line_hides_wholly_is_not_seen(crossed):
    assert looks(crossed) == [PARTLY]
