"""Which lines and areas of a page can be seen."""

import pytest
from pdf_page_by_hand import box_at, document, form, text_at

from scrubbers.jailed.pdf_visible import Sheet, sight

LINE = b"50 100 m\n250 100 l\nS\n"


def paths(contents, **how):
    made = document(contents, **how)
    sheet = Sheet(made[0], 1.0)
    before = sheet.drawn()
    found = sight(sheet, before, document, paths=True).paths
    assert sheet.drawn().tobytes() == before.tobytes()
    return found


def test_there_is_a_path_for_each_operator_that_paints_one():
    contents = box_at(10, 10, 50, 50) + b"0 0 9 9 re\nn\n0 0 595 842 re\nW n\n" + LINE + b"9 9 m\nS\n"

    assert paths(contents) == (True, True)


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("width", [0, 0.1, 0.5, 3])
def test_lines_are_seen(width, rotate):
    contents = b"%g w\n0.9 G\n" % width + LINE + b"100 50 m\n100 400 l\nS\n" + b"20 20 200 100 re\nS\n"

    assert paths(contents, rotate=rotate) == (True, True, True)


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


def test_paths_drawn_on_the_same_place_are_seen():
    assert paths(LINE + LINE + box_at(50, 200, 90, 90) + box_at(50.2, 200, 90, 90)) == (True, True, True, True)


def test_paths_in_forms_are_told_each_time():
    contents = b"/X0 Do\nq\n1 0 0 1 0 300 cm\n/X0 Do\nQ\n" + box_at(40, 80, 300, 50)

    assert paths(contents, XObject={b"X0": form(LINE)}) == (False, True, True)


def test_of_very_many_paths_nothing_is_told():
    assert paths(b"".join(box_at(at % 50 * 10, at // 50 * 10, 5, 5) for at in range(500))) is None
    assert paths(b"".join(box_at(100 + at, 100 + at, 200, 200, b"0.%d g" % (at % 9 + 1)) for at in range(40))) is None
