"""What stands on a slide comes in the order of its places: a number beside the name that it stands beside."""

from __future__ import annotations

import random
from itertools import pairwise

import pypdfium2
import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import odf, presentation, shape

from scrubbers.jailed.office.covering import EVERYWHERE, Box
from scrubbers.jailed.office.placing import Standing, in_places
from scrubbers.jailed.typeset.model import Paragraph, Run, Table, paragraphs

NAMES = ("Anna", "Bertil", "Cecilia", "David")
NUMBERS = ("112", "240", "305", "418")
WIDE, HIGH = 2_000_000, 400_000


def box_at(left: int, top: int, text: str) -> str:
    return shape(text, fill=f'<a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{WIDE}" cy="{HIGH}"/></a:xfrm>')


def frame_at(left: int, top: int, text: str) -> str:
    place = f'svg:x="{left / 360_000}cm" svg:y="{top / 360_000}cm" svg:width="{WIDE / 360_000}cm" svg:height="{HIGH / 360_000}cm"'
    return f"<draw:frame {place}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"


def slides(shapes: list[str]) -> bytes:
    return presentation([("", "".join(shapes))])


def groups(shapes: list[str]) -> bytes:
    """Each shape in a group of its own."""
    frame = (
        '<a:xfrm><a:off x="0" y="0"/><a:ext cx="9000000" cy="6000000"/><a:chOff x="0" y="0"/>'
        '<a:chExt cx="9000000" cy="6000000"/></a:xfrm>'
    )
    return slides([f"<p:grpSp><p:grpSpPr>{frame}</p:grpSpPr>{one}</p:grpSp>" for one in shapes])


def pages(shapes: list[str]) -> bytes:
    return odf("presentation", f'<draw:page draw:name="a">{"".join(shapes)}</draw:page>')


FORMS = {"pptx": (slides, box_at), "pptx in groups": (groups, box_at), "odp": (pages, frame_at)}
# Where the place of one in a row of names and of its number is: beside it, or below.
SIDES = {"beside": lambda one, two: (300_000 + 3_000_000 * two, 300_000 + 350_000 * one),
         "below": lambda one, two: (300_000 + 2_100_000 * one, 300_000 + 900_000 * two)}  # fmt: skip


def middles(clean: bytes) -> dict[str, tuple[float, float]]:
    """Return where each word stands on the first page, as another program reads it: left edge and baseline."""
    text = pypdfium2.PdfDocument(clean)[0].get_textpage()
    found = {}
    for word in (*NAMES, *NUMBERS):
        place, _ = text.search(word, match_whole_word=True).get_next()
        left, bottom, _, _ = text.get_charbox(place, loose=True)
        found[word] = left, bottom
    return found


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_a_number_stands_beside_or_below_its_name_whatever_the_order_in_the_file(jail, form, side, seed):
    packed, placed = FORMS[form]
    places = [(one, two) for one in range(len(NAMES)) for two in (0, 1)]
    random.Random(seed).shuffle(places)
    shapes = [placed(*SIDES[side](one, two), (NAMES, NUMBERS)[two][one]) for one, two in places]

    at = middles(cleaned(jail, packed(shapes))[0])

    axis = 1 if side == "beside" else 0
    for name, number in zip(NAMES, NUMBERS, strict=True):
        assert at[name][axis] == pytest.approx(at[number][axis], abs=1)
    for first, second in pairwise(NAMES):
        assert (at[first][1] > at[second][1]) if side == "beside" else (at[first][0] < at[second][0])


def test_a_number_that_is_missing_leaves_its_place_empty(jail):
    shapes = [box_at(*SIDES["below"](one, two), (NAMES, NUMBERS)[two][one]) for two in (1, 0) for one in (0, 2, 3)]
    shapes.append(box_at(*SIDES["below"](1, 0), NAMES[1]))

    text = text_of(cleaned(jail, slides(shapes))[0])

    assert NUMBERS[1] not in text
    document = pypdfium2.PdfDocument(cleaned(jail, slides(shapes))[0])[0].get_textpage()
    lefts = {}
    for word in (NAMES[2], NUMBERS[2]):
        place, _ = document.search(word).get_next()
        lefts[word] = document.get_charbox(place, loose=True)[0]
    assert lefts[NAMES[2]] == pytest.approx(lefts[NUMBERS[2]], abs=1)


def standing(text: str, *place: float) -> Standing:
    return Standing(Box(*place) if place else EVERYWHERE, (Paragraph((Run(text),)),))


def words(things: list[Standing]) -> str:
    return " ".join(run.text for each in paragraphs(in_places(things)) for run in each.runs)


def test_columns_of_lists_come_one_after_the_other_under_their_heading():
    things = [standing("right", 50, 22, 100, 90), standing("head", 0, 0, 100, 20), standing("left", 0, 20, 48, 80)]

    blocks = in_places(things)

    assert words(things) == "head left right"
    assert isinstance(blocks[1], Table)
    assert len(blocks) == 2


def test_a_heading_is_no_cell_of_the_rows_below_it():
    heading = Standing(Box(60, 0, 90, 8), (Paragraph((Run("2026"),), heading=1),))

    blocks = in_places([standing("12", 60, 10, 90, 20), heading, standing("Anna", 0, 10, 40, 20)])

    assert isinstance(blocks[0], Paragraph)
    assert isinstance(blocks[1], Table)


def test_what_others_stand_on_comes_before_them():
    assert (
        words([standing("b", 60, 60, 80, 70), standing("a", 25, 25, 40, 35), standing("map", 0, 0, 100, 100)])
        == "map a b"
    )


def test_what_has_no_known_place_comes_first_and_nothing_is_lost():
    things = [standing("placed", 0, 0, 5, 5), Standing(EVERYWHERE, (Paragraph((Run("turned"),)),)), standing("none")]

    assert words(things) == "turned none placed"


def test_many_things_over_each_other_are_all_kept():
    things = [standing(str(one), one, one, 1000 - one, 1000 - one) for one in range(200)]

    assert sorted(words(things).split(), key=int) == [str(one) for one in range(200)]
