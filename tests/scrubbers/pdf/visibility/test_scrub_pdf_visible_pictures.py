"""How much of a page's pictures can be seen, and which part of them."""

import pypdfium2
import pytest
from documents.pdf_page_by_hand import box_at, document_bytes, form, picture, stencil, text_at
from PIL import Image, ImageDraw

from scrubbers.jailed.pdf.visibility.inspect import RenderedPage, TextVisibility, sight


def half_mask():
    """Left half transparent, right half not."""
    mask = Image.new("L", (20, 20))
    mask.paste(255, (10, 0, 20, 20))
    return mask


PICTURES = {
    b"X0": picture(40, 20),
    b"X1": picture(20, 20, half_mask()),
    b"X2": stencil(8, 8, b"\xaa" * 8),
    b"X3": picture(30, 30),
}


def put(name, x, y, width, height):
    return b"q\n%g 0 0 %g %g %g cm\n/%s Do\nQ\n" % (width, height, x, y, name)


def seen(contents, *, scale=1.0, **how):
    whole = document_bytes(contents, XObject=how.pop("XObject", PICTURES), **how)

    def open_anew():
        return pypdfium2.PdfDocument(whole)[0]

    sheet = RenderedPage(open_anew(), scale)
    return sight(sheet, sheet.drawn(), open_anew)


def shares(contents, **how):
    return [picture.share for picture in seen(contents, **how).pictures]


@pytest.mark.parametrize("scale", [0.6, 1.0, 1.3])
def test_all_of_an_ordinary_picture_is_seen(scale):
    contents = put(b"X0", 50.3, 60.7, 200, 100) + put(b"X3", 300, 300.5, 99.1, 120) + put(b"X2", 50, 400, 80, 80)

    assert shares(contents, scale=scale) == [1, 1, 1]


def test_what_a_pictures_own_mask_leaves_out_counts_as_seen():
    assert shares(put(b"X1", 50, 50, 100, 100)) == [1]
    assert shares(put(b"X1", 50, 50, 100, 100) + box_at(50, 50, 50, 100, b"1 g")) == [pytest.approx(0.5, abs=0.02)]


def test_a_turned_and_mirrored_picture_is_seen():
    turned = b"q\n100 50 -50 100 200 200 cm\n/X0 Do\nQ\nq\n-100 0 0 -50 500 500 cm\n/X0 Do\nQ\n"

    assert shares(turned) == [1, 1]


def test_a_picture_under_a_box_is_seen_as_far_as_it_reaches_out():
    contents = put(b"X0", 100, 100, 200, 100) + box_at(100, 100, 180, 100, b"1 g")

    assert shares(contents) == [pytest.approx(0.1, abs=0.02)]


def test_a_covered_picture_is_not_seen():
    assert shares(put(b"X0", 100, 100, 200, 100) + box_at(100, 100, 200, 100, b"1 g")) == [0]


def test_a_picture_off_the_page_is_not_seen_and_one_over_its_edge_in_part():
    assert shares(put(b"X0", 700, 100, 200, 100)) == [0]
    assert shares(put(b"X0", 495, 100, 200, 100)) == [pytest.approx(0.5, abs=0.01)]


def test_a_clipped_picture_is_seen_where_the_clip_lets_it():
    contents = b"q\n100 100 50 100 re\nW n\n" + put(b"X0", 100, 100, 200, 100) + b"Q\n"

    assert shares(contents) == [pytest.approx(0.25, abs=0.02)]


def test_a_picture_under_another_one_is_hidden_by_it():
    assert shares(put(b"X0", 100, 100, 100, 100) + put(b"X3", 90, 90, 120, 120)) == [0, 1]
    assert shares(put(b"X0", 100, 100, 100, 100) + put(b"X3", 150, 100, 100, 100)) == [pytest.approx(0.5, abs=0.02), 1]


def test_a_picture_is_seen_through_the_mask_of_another_one():
    assert shares(put(b"X0", 100, 100, 100, 100) + put(b"X1", 100, 100, 100, 100)) == [pytest.approx(0.5, abs=0.02), 1]


def test_strips_of_a_scan_are_all_seen():
    strips = b"".join(put(b"X3", 0, at * 52.625, 595, 52.625) for at in range(16))

    assert shares(strips) == [1] * 16


def test_a_transparent_picture_is_not_seen_and_a_pale_one_is():
    states = {b"G0": {b"ca": 0.02}, b"G1": {b"ca": 0.15}}

    assert shares(b"/G0 gs\n" + put(b"X0", 100, 100, 200, 100), ExtGState=states) == [0]
    assert shares(b"/G1 gs\n" + put(b"X0", 100, 100, 200, 100), ExtGState=states) == [1]


def test_a_very_small_picture_is_seen():
    assert shares(put(b"X0", 100.2, 100.2, 200, 0.4) + put(b"X0", 100.4, 50.3, 0.5, 0.5)) == [1, 1]


def test_a_picture_in_a_form_is_seen_each_time_the_form_is_drawn():
    drawn = form(put(b"X0", 0, 0, 100, 50), matrix=(1, 0, 0, 1, 10, 10), XObject={b"X0": picture(9, 9)})
    contents = b"/X0 Do\nq\n2 0 0 2 100 200 cm\n/X0 Do\nQ\n" + box_at(0, 0, 120, 70)

    assert shares(contents, XObject={b"X0": drawn}) == [0, 1]


def test_text_under_a_picture_is_hidden():
    found = seen(text_at(100, 100, "dold", " text") + put(b"X0", 90, 90, 100, 40) + text_at(100, 200, "synlig"))

    assert list(found.texts) == [TextVisibility.HIDDEN, TextVisibility.HIDDEN, TextVisibility.SEEN]


def test_text_seen_through_the_mask_of_a_picture_is_seen():
    mask = Image.new("L", (100, 40), 255)
    ImageDraw.Draw(mask).rectangle((0, 0, 100, 20), fill=0)
    pictures = {b"X0": picture(10, 10, mask)}

    found = seen(text_at(100, 112, "synlig") + text_at(100, 93, "dold") + put(b"X0", 90, 90, 100, 40), XObject=pictures)

    assert list(found.texts) == [TextVisibility.SEEN, TextVisibility.HIDDEN]


def test_white_text_on_a_picture_is_seen():
    found = seen(put(b"X0", 90, 90, 100, 40) + b"1 g\n" + text_at(100, 100, "vit", size=20))

    assert list(found.texts) == [TextVisibility.SEEN]
