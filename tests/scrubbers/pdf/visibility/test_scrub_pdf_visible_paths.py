"""Which lines and areas of a page can be seen."""

import asyncio
import itertools

import pypdfium2
import pytest
from documents.pdf_page_by_hand import box_at, document, document_bytes, form, text_at
from files.scrub_harness import became_pictures, clean_all

from scrubbers.jailed.pdf.syntax.writer import Node, NotRebuildable
from scrubbers.jailed.pdf.visibility.inspect import RenderedPage, sight
from trusted.jail.protocol import Role

LINE = b"50 100 m\n250 100 l\nS\n"


def paths(contents, **how):
    made = document(contents, **how)
    sheet = RenderedPage(made[0], 1.0)
    before = sheet.drawn()
    found = sight(sheet, before, lambda: document(contents, **how)[0]).paths
    assert sheet.drawn().tobytes() == before.tobytes()
    return found


def test_there_is_a_path_for_each_operator_that_paints_one():
    contents = box_at(10, 10, 50, 50) + b"0 0 9 9 re\nn\n0 0 595 842 re\nW n\n" + LINE + b"9 9 m\nS\n"

    assert paths(contents) == (True, True)


@pytest.mark.parametrize("width", [0, 0.1, 0.5, 3])
def test_lines_are_seen(width):
    contents = b"%g w\n0.9 G\n" % width + LINE + b"100 50 m\n100 400 l\nS\n" + b"20 20 200 100 re\nS\n"

    assert paths(contents) == (True, True, True)


def test_what_lies_under_a_box_or_off_the_page_is_hidden():
    contents = LINE + b"0 -20 m\n500 -20 l\nS\n" + box_at(40, 80, 300, 50, b"0.5 g")

    assert paths(contents) == (False, False, True)


def test_white_on_white_is_hidden_and_a_tint_is_seen():
    contents = (
        box_at(50, 50, 100, 20, b"1 g") + box_at(50, 100, 100, 20, b"0.99 g") + box_at(50, 150, 100, 20, b"0.96 g")
    )

    assert paths(contents) == (False, False, True)


def test_a_white_box_that_hides_something_is_seen():
    assert paths(text_at(50, 100, "hemligt") + box_at(40, 90, 100, 30, b"1 g")) == (True,)


def test_of_paths_drawn_on_the_same_place_the_upper_one_is_seen_and_two_where_that_looks_bolder():
    assert paths(LINE + LINE + box_at(50, 200, 90, 90) + box_at(50.2, 200, 90, 90)) == (True, True, False, True)


@pytest.mark.parametrize("bars", [2, 3])
def test_ink_under_a_bar_that_is_drawn_more_than_once_is_hidden(bars):
    told = paths(INK + box_at(50, 90, 200, 40) * bars)

    assert told == (*[False] * (13 + bars), True)


def bar_code(rows):
    """Bars of half a point and of twice that, with as much between them: more than PDFium can tell at a pixel a point."""
    starts = [20 + 0.54 * at for at in itertools.accumulate(2 + at * at % 3 for at in range(60))]
    widths = [0.54 * (1 + at % 2) for at in range(60)]
    return b"".join(
        b"%.2f %d %.2f 15 re\nf\n" % (x + row * 0.37, 20 + row * 20, width)
        for row in range(rows)
        for x, width in zip(starts, widths, strict=True)
    )


@pytest.mark.parametrize("rows", [1, 12])
def test_all_bars_of_a_small_bar_code_are_seen(rows):
    told = paths(bar_code(rows))

    assert told == (True,) * 60 * rows


def test_a_bar_code_with_white_bars_between_the_black_ones_looks_the_same_from_nearby():
    """As pyHanko writes them. PDFium draws a thin black bar as wide as a pixel; the white one beside it covers the rest."""
    bars, left = b"", 57.2
    for at, wide in enumerate(
        [2, 1, 1, 2, 1, 4, 1, 2, 4, 1, 1, 2, 1, 2, 2, 4, 1, 2, 1, 4, 1, 1, 3, 2, 2, 1, 2, 3, 1, 2]
    ):
        bars += box_at(left, 52.8346, wide * 0.56693, 42.5197, b"1 g" if at % 2 else b"0 g")
        left += wide * 0.56693
    made = document_bytes(bars)

    [(_, content, _, report)] = asyncio.run(clean_all([made], [Role.DOCUMENTS]))

    assert not became_pictures(report)
    for scale in (1, 2, 3, 4, 8):
        before, after = (pypdfium2.PdfDocument(each)[0].render(scale=scale).to_pil() for each in (made, content))
        assert before.tobytes() == after.tobytes(), scale


def test_lines_of_tables_that_are_drawn_twice_or_white_need_no_look_from_nearby(monkeypatch):
    looks = []
    drawn = RenderedPage.drawn
    monkeypatch.setattr(RenderedPage, "drawn", lambda sheet, *box: (looks.append(sheet.scale), drawn(sheet, *box))[1])
    black = [box_at(20, y, 360, 0.48, b"0 g") for y in range(20, 360, 12)]
    white = [box_at(20, y + 5, 360, 0.48, b"1 g") for y in range(20, 360, 12)]

    told = paths(b"".join(line * 2 for line in black) + b"".join(white))

    assert told == (False, True) * len(black) + (False,) * len(white)
    assert set(looks) == {1.0}


def test_thin_ink_under_a_small_bar_code_is_hidden():
    thin = b"0.5 w\n" + b"".join(b"20 %d m\n30 %d l\nS\n" % (y, y) for y in range(25, 30))

    told = paths(thin + bar_code(1) + box_at(18, 18, 14, 20))

    assert told[:5] == (False,) * 5


def test_paths_in_forms_are_told_each_time():
    contents = b"/X0 Do\nq\n1 0 0 1 0 300 cm\n/X0 Do\nQ\n" + box_at(40, 80, 300, 50)

    assert paths(contents, XObject={b"X0": form(LINE)}) == (False, True, True)


INK = b"".join(b"%d 100 m\n%d 118 l\n%d 100 l\nS\n" % (x, x + 4, x + 8) for x in range(60, 200, 10))


def grid(rows, columns=20):
    """The cells of a table, each with a line beneath and one at its left that is cut to the cell."""
    cells = [(column * 28, 140 + row * 6) for row in range(rows) for column in range(columns)]
    return b"".join(
        b"0.95 g\n%d %d 27 5 re\nf\n0.5 w\n%d %d m\n%d %d l\nS\n" % (x, y, x, y, x + 28, y)
        + b"q\n%d %d 28 6 re\nW n\n%d %d m\n%d %d l\nS\nQ\n" % (x, y, x, y, x, y + 6)
        for x, y in cells
    )


def test_all_lines_of_a_large_table_are_seen():
    told = paths(grid(100))

    assert len(told) == 6000
    assert all(told)


@pytest.mark.parametrize(
    "bar", [box_at(50, 90, 200, 40), b"1 g\n50 90 200 40 re\nb\n", b"0 0 1 rg\n50 90 200 40 re\nf\n"]
)
def test_ink_under_a_bar_is_hidden_on_a_page_of_very_many_lines(bar):
    told = paths(INK + grid(30) + bar)

    assert told == (False,) * 14 + (True,) * 1801


def test_ink_under_a_bar_is_hidden_wherever_there_are_many_layers():
    stack = b"".join(box_at(300 + at, 500 + at, 200, 200, b"0.%d g" % (at % 9 + 1)) for at in range(20))

    assert paths(INK + stack + box_at(50, 90, 200, 40)) == (False,) * 14 + (True,) * 21


def test_what_lies_off_the_page_or_outside_its_clip_is_hidden_among_very_many():
    off = b"1 0 0 1 0 -200 cm\n" + INK
    clipped = b"300 600 20 20 re\nW n\n" + INK

    assert paths(grid(30) + b"q\n%sQ\nq\n%sQ\n" % (off, clipped)) == (True,) * 1800 + (False,) * 28


def test_white_ink_on_white_is_hidden_among_very_many_lines():
    assert paths(grid(30) + b"1 G\n" + INK) == (True,) * 1800 + (False,) * 14


def test_see_through_areas_hide_nothing():
    marks = b"".join(box_at(20 + at % 60 * 8, 20 + at // 60 * 8, 12, 12, b"0 0 1 rg") for at in range(500))
    told = paths(INK + b"/G0 gs\n" + marks, ExtGState={b"G0": Node({b"ca": 0.5})})

    assert all(told)


@pytest.mark.parametrize(("count", "side"), [(500, 300), (46, 550)])
def test_paths_on_each_other_that_cannot_be_told_apart_in_time_are_not_kept(count, side):
    veils = b"".join(box_at(20 + at % 20, 20 + at // 20, side, side + 200) for at in range(count))

    with pytest.raises(NotRebuildable):
        paths(b"/G0 gs\n" + veils, ExtGState={b"G0": Node({b"ca": 0.05})})
