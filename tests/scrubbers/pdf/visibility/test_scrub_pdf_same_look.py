"""Two drawings of a page look the same when no person could tell them apart, whatever their bytes are."""

import io
import random

import pypdfium2
import pytest
from documents.font_programs import FONTS
from files.scrub_harness import same_look
from fpdf import FPDF
from PIL import Image, ImageChops, ImageDraw

from scrubbers.jailed.pdf.bitmap import in_colours
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.renderer import drawn
from scrubbers.jailed.pdf.visibility.near_look import same_from_nearby
from scrubbers.jailed.pdf.visibility.visual_diff import differing

SENTENCE = "Granskning av upphandlingen 2024-117, se bilaga."


def text_page(text=SENTENCE, size=5, grey=0, line_at=None, line_width=0.5, *, scale=1):
    made = FPDF(unit="pt")
    made.set_auto_page_break(auto=False)
    made.add_page()
    made.set_font("helvetica", size=size)
    made.set_text_color(grey)
    made.text(50.3, 100.4, text)
    if line_at is not None:
        made.set_line_width(line_width)
        made.line(50, line_at, 300, line_at)
    return pypdfium2.PdfDocument(bytes(made.output()))[0].render(scale=scale).to_pil()


def photograph(width=400, height=300):
    """Soft and sharp noise, a slope of grey, coloured shapes and lines with hard edges."""
    chance = random.Random(7)
    blocks = width // 8, height // 8
    soft = Image.frombytes("L", blocks, chance.randbytes(blocks[0] * blocks[1]))
    soft = soft.resize((width, height), Image.Resampling.BICUBIC)
    sharp = Image.frombytes("L", (width, height), chance.randbytes(width * height)).point(lambda shade: 88 + shade // 3)
    slope = Image.linear_gradient("L").resize((width, height))
    bands = ImageChops.add(soft, slope, 2), ImageChops.add(sharp, slope, 2), ImageChops.add(soft, sharp, 2)
    made = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(made)
    for at in range(40):
        x, y = at * 97 % width, at * 61 % height
        draw.ellipse((x, y, x + at + 5, y + 2 * at + 5), fill=(at * 53 % 256, at * 29 % 256, at * 83 % 256))
        draw.line((x, y, y, x), fill=(at * 31 % 256, at * 71 % 256, at * 13 % 256), width=3)
    return made


def screen_capture(ink, paper):
    made = Image.new("RGB", (600, 400), paper)
    draw = ImageDraw.Draw(made)
    for y in range(10, 380, 16):
        draw.text((10, y), SENTENCE, fill=ink)
    for x in range(0, 600, 50):
        draw.line((x, 300, x, 399), fill=ink)
    return made


def as_jpeg(picture, quality, subsampling=2):
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=quality, subsampling=subsampling)
    return Image.open(io.BytesIO(kept.getvalue())).convert("RGB")


def on_a_page(picture):
    page = Image.new("RGB", (595, 842), "white")
    page.paste(picture, (90, 210))
    return page


def test_a_page_looks_like_itself():
    assert same_look(text_page(), text_page())


def test_drawings_of_different_sizes_are_never_the_same():
    assert not same_look(Image.new("RGB", (10, 10)), Image.new("RGB", (10, 11)))


def test_a_page_in_grey_can_be_compared_with_one_in_colours():
    assert same_look(text_page().convert("L"), text_page())


@pytest.mark.parametrize("quality", [50, 75, 90, 100])
def test_a_photograph_encoded_again_looks_the_same(quality):
    source = as_jpeg(photograph(), quality)

    assert same_look(on_a_page(source), on_a_page(as_jpeg(source, 90)))


@pytest.mark.parametrize(("ink", "paper"), [("black", "white"), ("navy", "white"), ("green", "yellow")])
@pytest.mark.parametrize("quality", [50, 75, 90])
def test_a_screen_capture_encoded_again_looks_the_same(ink, paper, quality):
    source = as_jpeg(screen_capture(ink, paper), quality)

    assert same_look(source, as_jpeg(source, 90))


def test_a_colour_profile_read_a_little_differently_looks_the_same():
    source = on_a_page(photograph())
    rebuilt = on_a_page(photograph().point(lambda shade: shade + 10))

    assert same_look(source, rebuilt)


def test_a_thin_line_may_lie_beside_its_place_by_what_is_rounded_and_no_pixel():
    assert same_look(text_page(line_at=200), text_page(line_at=200.05))
    assert not same_look(text_page(line_at=200), text_page(line_at=201))


@pytest.mark.parametrize(("size", "contrast"), [(3, 56), (5, 44), (10, 34), (20, 30), (40, 30)])
def test_pale_text_that_the_source_does_not_show_is_noticed(size, contrast):
    def page(grey: int) -> pypdfium2.PdfPage:
        made = FPDF(unit="pt", format="A4")
        made.add_font("V", "", FONTS / "Vera.ttf")
        made.add_page()
        made.set_font("V", "", size)
        made.set_text_color(grey)
        made.text(60, 100, "Anmälan om inköp nummer 17")
        return pypdfium2.PdfDocument(bytes(made.output()))[0]

    empty, pale = page(255), page(255 - contrast)
    places = differing(drawn(empty, (595, 842)), drawn(pale, (595, 842)))

    assert places
    assert not same_from_nearby(empty, pale, (595, 842), places, Work())


@pytest.mark.parametrize("width", [0.25, 0.5, 1])
def test_a_lost_line_is_noticed(width):
    assert not same_look(text_page(line_at=200, line_width=width), text_page())


@pytest.mark.parametrize("at", [at for at, letter in enumerate(SENTENCE) if letter != " "])
def test_one_lost_letter_of_five_points_is_noticed(at):
    # The letters after it stay where they were.
    whole, left = text_page(SENTENCE[: at + 1]), text_page(SENTENCE[:at])

    assert not same_look(whole, left)


@pytest.mark.parametrize(
    ("before", "after"), [("1234", "1235"), ("kr 3", "kr 8"), ("kr 5", "kr 6"), ("1", "7"), ("C", "G"), ("aeo", "aoe")]
)
@pytest.mark.parametrize("grey", [0, 90])
def test_one_changed_letter_of_five_points_is_noticed(before, after, grey):
    assert not same_look(text_page(before, grey=grey), text_page(after, grey=grey))


@pytest.mark.parametrize("size", [5, 8, 12])
@pytest.mark.parametrize(("x", "y"), [(0, 1), (1, 0)])
def test_a_line_of_text_that_moved_is_noticed(size, x, y):
    page = text_page(size=size)

    assert not same_look(page, ImageChops.offset(page, x, y))


@pytest.mark.parametrize(
    "changed",
    [
        lambda picture: picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        ImageChops.invert,
        lambda picture: Image.merge("RGB", picture.split()[::-1]),
        lambda picture: picture.convert("L"),
        lambda picture: picture.point(lambda shade: shade + 30),
        lambda picture: Image.new("RGB", picture.size, "white"),
    ],
    ids=["upside down", "mirrored", "inverted", "red and blue swapped", "grey", "brighter", "gone"],
)
def test_a_picture_that_changed_is_noticed(changed):
    assert not same_look(on_a_page(photograph()), on_a_page(changed(photograph())))


def test_colours_of_the_same_brightness_are_told_apart():
    red = Image.new("RGB", (40, 40), (255, 0, 0))
    grey = red.convert("L").convert("RGB")

    assert not same_look(on_a_page(red), on_a_page(grey))


@pytest.mark.parametrize("at", [at for at, letter in enumerate(SENTENCE) if letter != " "])
def test_one_lost_letter_is_noticed_from_nearby(at):
    whole, left = text_page(SENTENCE[: at + 1], scale=3), text_page(SENTENCE[:at], scale=3)

    assert not same_look(whole, left, nearby=True)


@pytest.mark.parametrize(
    ("before", "after"), [("1234", "1235"), ("kr 3", "kr 8"), ("kr 5", "kr 6"), ("1", "7"), ("C", "G"), ("aeo", "aoe")]
)
@pytest.mark.parametrize("grey", [0, 90])
def test_one_changed_letter_is_noticed_from_nearby(before, after, grey):
    assert not same_look(text_page(before, grey=grey, scale=3), text_page(after, grey=grey, scale=3), nearby=True)


@pytest.mark.parametrize("size", [5, 8, 12])
@pytest.mark.parametrize(("x", "y"), [(0, 3), (3, 0)])
def test_a_line_of_text_that_moved_is_noticed_from_nearby(size, x, y):
    page = text_page(size=size, scale=3)

    assert not same_look(page, ImageChops.offset(page, x, y), nearby=True)


def report_page(word, *, beside=0.0):
    """Some lines of ten points, with a word in one of them that stands so much beside its place."""
    made = FPDF(unit="pt")
    made.set_auto_page_break(auto=False)
    made.add_page()
    made.set_font("helvetica", size=10)
    for row in range(60):
        made.text(50.3, 40 + 12 * row, SENTENCE)
    made.text(350.3 + beside, 400, word)
    return pypdfium2.PdfDocument(bytes(made.output()))[0]


@pytest.mark.parametrize(("after", "beside", "same"), [("bilaga", 0.3, True), ("bilagd", 0.0, False)])
def test_what_differs_is_looked_at_from_nearby_and_nothing_else_is_drawn_again(after, beside, same):
    source, rebuilt = report_page("bilaga"), report_page(after, beside=beside)
    size = tuple(round(side) for side in source.get_size())
    looks = [drawn(page, size) for page in (source, rebuilt)]

    places = differing(*looks)
    work = Work()

    assert [place for place in places if place[0] >= 320 and place[1] >= 380 and place[3] <= 415] == places != []
    assert same_from_nearby(source, rebuilt, size, places, work) is same
    whole = Work()
    whole.drawn(2 * 9 * size[0] * size[1], 0)
    assert 0 < work._milliseconds < whole._milliseconds / 8


def drawn_in(colour: tuple[int, int, int]) -> Image.Image:
    made = FPDF(unit="pt", format=(100, 100))
    made.add_page()
    made.set_fill_color(*colour)
    made.rect(20, 20, 60, 60, style="F")
    return drawn(pypdfium2.PdfDocument(bytes(made.output()))[0], (100, 100))


@pytest.mark.parametrize("colour", [(200, 30, 90), (10, 140, 250), (77, 77, 77)])
def test_a_drawing_has_its_colours_and_looks_unlike_one_in_others(colour):
    page = drawn_in(colour)

    assert in_colours(page).getpixel((50, 50)) == colour
    assert same_look(page, drawn_in(colour))
    assert not same_look(page, drawn_in(colour[::-1] if len(set(colour)) > 1 else (77, 77, 177)))
