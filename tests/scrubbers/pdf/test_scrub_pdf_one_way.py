"""What a page paints is written in one way: from which point, which way round, in which order and on which side it was drawn."""

from __future__ import annotations

import pytest
from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.content.display_list import Names, SetTextMatrix, Show, Step, TextBegun
from scrubbers.jailed.pdf.content.emitter import emit
from scrubbers.jailed.pdf.content.interpreter import Interpreter
from scrubbers.jailed.pdf.content.order import in_order
from scrubbers.jailed.pdf.content.scene import AS_IT_IS, items_of
from scrubbers.jailed.pdf.content.scene_boxes import upright
from scrubbers.jailed.pdf.fonts.document_font import DocumentFont
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.fonts.outline import CURVE, LINE, MOVE, in_one_way
from scrubbers.jailed.pdf.syntax.writer import Node
from second_reader.pdf.content import unescaped

SIZE = (600.0, 800.0)


def said(contents: bytes) -> bytes:
    """What becomes of contents that need no resources."""
    return emitted(Interpreter(None, DictionaryObject()).read(contents))


def emitted(steps: list[Step], size: tuple[float, float] = SIZE, matrix=AS_IT_IS) -> bytes:
    items, _ = items_of(steps, matrix)
    return emit(in_order(items, size), size, Names(), DocumentFont(Node(late=True)), joins=True)[0]


@pytest.mark.parametrize(
    ("meant", "ways"),
    [
        (
            b"0 0 m\n20 0 l\n10 7 l\nf\n",
            [b"0 0 m 20 0 l 10 7 l h f*", b"0 0 m 10 7 l 20 0 l f", b"20 0 m 10 7 l 0 0 l f", b"0 0 m 8 0 l 20 0 l 10 7 l f"],
        ),
        (
            b"0 0 m\n20 0 l\n10 7 l\nh\nS\n",
            [b"0 0 m 10 7 l 20 0 l s", b"20 0 m 10 7 l 0 0 l h S", b"0 0 m 20 0 l 10 7 l 0 0 l h S"],
        ),
        (
            b"0 0 m\n30 0 l\nS\n",
            [b"30 0 m 0 0 l S", b"0 0 m 10 0 20 0 30 0 c S", b"0 0 m 9 0 l 30 0 l 30 0 l S", b"1 J 0 J 0 0 m 30 0 l S"],
        ),
        (
            b"0 0 5 5 re\n9 9 5 5 re\nf\n",
            [b"9 9 5 5 re 0 0 5 5 re f", b"0 0 5 5 re 14 14 -5 -5 re f", b"9 9 5 5 re 9 9 5 5 re 0 0 5 5 re f"],
        ),
        (
            b"[4 2] 1 d\n0 0 m\n9 0 l\nS\n",
            [b"[4 2] 7 d 0 0 m 9 0 l S", b"[4 2 4 2] 1 d 0 0 m 9 0 l S", b"q 2 0 0 2 0 0 cm 0.5 w [2 1] -2.5 d 0 0 m 4.5 0 l S Q"],
        ),
        (b"0 0 m\n9 0 l\nS\n", [b"[] 3 d 0 0 m 9 0 l S", b"[0 0] 0 d 0 0 m 9 0 l S"]),
        (b"0.502 0.2 0.102 rg\n0 0 5 5 re\nf\n", [b".5 .2 .1 rg 0 0 5 5 re f", b".5003 .2001 .1 rg 0 0 5 5 re f"]),
        (b"0.502 g\n0 0 5 5 re\nf\n", [b".5 g 0 0 5 5 re f", b".5 .5001 .5 rg 0 0 5 5 re f"]),
        (
            b"1 0 0 rg\n9 9 5 5 re\nf\n0 0 5 5 re\nf\n",
            [b"1 0 0 rg 9 9 5 5 re f 0 0 5 5 re f", b"1 0 0 rg 0 0 5 5 re f 9 9 5 5 re f"],
        ),
    ],
)  # fmt: skip
def test_there_is_one_way_to_say_it(meant, ways):
    assert {said(way) for way in ways} == {meant}


def test_a_hole_stays_a_hole():
    around, hole, filled = b"0 0 30 30 re ", b"10 20 10 -10 re f", b"10 10 10 10 re f"

    assert said(around + hole) != said(around + filled)
    assert said(around + filled) == said(b"10 10 10 10 re 30 30 -30 -30 re f")


def test_what_touches_keeps_its_order_if_its_colour_differs():
    one, other, red = b"0 0 9 9 re f ", b"5 5 9 9 re f ", b"1 0 0 rg "

    assert said(one + red + other) != said(red + other + b"0 g " + one)
    assert said(one + other) == said(other + one)


def glyphs(word: str) -> list[Glyph]:
    found = [Glyph(ord(letter), 500, ((MOVE, ord(letter), 0), (LINE, 9, 9))) for letter in word]
    for letter, glyph in zip(word, found, strict=True):
        glyph.text = letter
    return found


def read(places: list[tuple[float, float, str]]) -> list[str]:
    """The texts in the order in which they are written."""
    steps: list[Step] = []
    for x, y, text in places:
        steps += [TextBegun(), SetTextMatrix(None, b"%g" % x, b"%g" % y), Show(10, 0, [Run(glyphs(text))], [0.0, 0.0])]
    items, _ = items_of(steps, AS_IT_IS)
    return ["".join(glyph.text for glyph in item.step.glyphs()) for item in in_order(items, SIZE)]


def test_texts_stand_in_reading_order_whatever_they_were_drawn_in():
    left = [(50.0, 700.0 - 12 * at, f"spalten till vaenster rad {at}") for at in range(5)]
    right = [(320.0, 695.0 - 12 * at, f"spalten till hoeger om den {at}") for at in range(5)]
    heading = [(50.0, 740.0, "en rubrik")]

    meant = [text for _, _, text in heading + left + right]
    assert read(heading + left + right) == meant
    assert read((right + left + heading)[::-1]) == meant
    assert read([each for pair in zip(left, right, strict=True) for each in pair] + heading) == meant


def test_a_table_is_read_by_rows():
    cells = [(50.0 + 200 * column, 700.0 - 20 * row, f"{row}{column}") for row in range(5) for column in range(3)]

    assert read(cells[::-1]) == [text for _, _, text in cells]


def test_letters_that_all_stand_apart_are_a_word():
    word = glyphs("abc")
    apart = emitted([TextBegun(), Show(10, 5.0, [Run(word)], [0.0, 0.0])])

    assert apart == emitted([TextBegun(), Show(10, 0, [glyph.alone for glyph in word], [0.0, -500.0, -500.0, 0.0])])
    assert b"TJ" not in apart


def test_spaces_are_of_sixteen_widths_and_words_stay_where_they_are():
    font, (letter,) = DocumentFont(Node(late=True)), glyphs("a")
    gaps = [151.25 + 7 * at for at in range(100)]
    lines = [font.line([letter.alone, letter.alone], [gap]) for gap in gaps]
    font.build()

    (_, widths) = font.node.value[b"DescendantFonts"][0].value[b"W"]
    assert len(widths) == 1 + 16
    for at, (gap, line) in enumerate(zip(gaps, lines, strict=True)):
        first, _, others = line.removeprefix(b"[(").partition(b") ")
        width = widths[int.from_bytes(unescaped(first)[2:], "big") - 1]
        assert width - float(others.partition(b" ")[0]) == pytest.approx(gap)
        # The last one is as wide as in most print.
        assert (abs(width - gap) < 1) == (at < 15 or round(gap) == 305)


@pytest.mark.parametrize(("turn", "place"), [(0, b"10 30"), (90, b"30 60"), (180, b"60 30"), (270, b"30 10")])
def test_a_page_is_upright_and_lies_at_0_0(turn, place):
    size, matrix = upright([100, 200, 180, 270], turn)
    steps = Interpreter(None, DictionaryObject()).read(b"110 230 10 10 re f")

    assert size == ((80, 70) if turn in (0, 180) else (70, 80))
    assert emitted(steps, size, matrix) == place + b" 10 10 re\nf\n"


def test_an_outline_begins_at_its_least_point():
    square = [(0, 0), (9, 0), (9, 9), (0, 9)]
    turns = [square[at:] + square[:at] for at in range(4)]
    outlines = [((MOVE, *first), *((LINE, *point) for point in others)) for first, *others in turns]

    assert {in_one_way(outline) for outline in outlines} == {outlines[0]}
    bow = ((MOVE, 5, 5), (CURVE, 6, 6, 3, 3, 0, 0))
    assert in_one_way((*bow, *outlines[2])) == in_one_way((*outlines[1], *bow))
