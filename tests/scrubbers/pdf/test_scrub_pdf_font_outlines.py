"""Outlines of glyphs as another reader of fonts (fontTools) finds them: in the source, and in what is written."""

from __future__ import annotations

import io
import itertools
from types import SimpleNamespace

import pytest
from documents.font_programs import EXEC_KEY, FONTS, small_truetype
from fontTools.cffLib import CFFFontSet
from fontTools.misc import eexec
from fontTools.misc.psCharStrings import T1CharString, T2CharString
from fontTools.pens.recordingPen import DecomposingRecordingPen, RecordingPen
from fontTools.t1Lib import T1Font
from fontTools.ttLib import TTFont

from scrubbers.jailed.pdf.fonts.programs.cff import USUAL_MATRIX
from scrubbers.jailed.pdf.fonts.programs.glyf import QuadraticOutlines
from scrubbers.jailed.pdf.fonts.programs.outline import Outline, charstring
from scrubbers.jailed.pdf.fonts.programs.sfnt import Tables
from scrubbers.jailed.pdf.fonts.programs.type1 import Type1Program
from scrubbers.jailed.pdf.fonts.programs.type1_charstring import Type1Reader
from scrubbers.jailed.pdf.fonts.programs.type2_charstring import Type2Reader
from scrubbers.jailed.pdf.fonts.programs.write_cff import cid_program, named_program
from scrubbers.jailed.pdf.fonts.programs.write_truetype import program
from scrubbers.jailed.pdf.fonts.warm_up import warm_up
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

# Read by fontTools without a complaint; the others use PostScript that it does not know.
TYPE_1 = ("DarkGardenMK.pfb", "_abi____.pfb", "_er_____.pfb", "callig15.pfb", "coo_____.pfb", "sy______.pfb")


def drawn(outline: Outline) -> list[tuple[float, ...]]:
    """What is written of an outline, read back by fontTools."""
    made = named_program([("g1", outline)], USUAL_MATRIX, None)
    font = CFFFontSet()
    font.decompile(io.BytesIO(made), None)
    pen = RecordingPen()
    font[0].CharStrings["g1"].draw(pen)
    return path(pen)


def path(pen: RecordingPen) -> list:
    """Without the closing of contours, and without moves after which nothing is drawn."""
    kept = [step for step in pen.value if step[0] not in {"closePath", "endPath"}]
    following = itertools.pairwise([*kept, ("moveTo",)])
    return [step for step, then in following if (step[0], then[0]) != ("moveTo", "moveTo")]


@pytest.mark.parametrize("file", TYPE_1)
def test_every_glyph_of_a_type_1_program_is_read_as_by_another_reader(file):
    ours = Type1Program((FONTS / file).read_bytes())
    theirs = T1Font(FONTS / file)
    glyphs = theirs.getGlyphSet()

    for number, name in enumerate(ours.names):
        pen = RecordingPen()
        glyphs[name].draw(pen)
        outline = ours.outline(number)
        assert drawn(outline) == path(pen), name
        assert outline.width == glyphs[name].width
    assert len(ours.names) == len(theirs["CharStrings"])


OPERATORS = {
    "moves and lines": [500, 10, 20, "rmoveto", 5, 6, -7, -8, "rlineto", 10, 20, 30, "hlineto", 1, 2, "vlineto", "endchar"],
    "curves": [10, "hmoveto", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, "rrcurveto", 5, "vmoveto", 1, 2, 3, 4, "hhcurveto",
               9, 1, 2, 3, 4, "hhcurveto", 1, 2, 3, 4, "vvcurveto", 9, 1, 2, 3, 4, 5, 6, 7, 8, "vvcurveto", "endchar"],
    "curves in turn": [1, 2, "rmoveto", 1, 2, 3, 4, 5, 6, 7, 8, 9, "hvcurveto", 1, 2, 3, 4, 5, 6, 7, 8, "vhcurveto",
                       1, 2, 3, 4, 5, "vhcurveto", 1, 2, 3, 4, "hvcurveto", "endchar"],
    "curves and lines": [1, 2, "rmoveto", 1, 2, 3, 4, 5, 6, 7, 8, "rcurveline", 1, 2, 3, 4, 5, 6, 7, 8, "rlinecurve", "endchar"],
    "flex": [1, 2, "rmoveto", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 50, "flex", 1, 2, 3, 4, 5, 6, 7, "hflex",
             1, 2, 3, 4, 5, 6, 7, 8, 9, "hflex1", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "flex1", "endchar"],
    "hints": [500, 1, 2, 3, 4, "hstemhm", 5, 6, "hintmask", b"\xe0", 1, 2, "rmoveto", 7, "hlineto", "cntrmask", b"\xa0", "endchar"],
    "numbers": [-1000, 1000, "rmoveto", 20000, -20000, "rlineto", 0.5, -0.25, "rlineto", -107, 108, -108, 1131, -1131, 1132, "rrcurveto",
                "endchar"],
}  # fmt: skip


@pytest.mark.parametrize("steps", OPERATORS.values(), ids=OPERATORS)
def test_each_operator_of_a_type_2_charstring_draws_what_it_draws_for_another_reader(steps):
    theirs = T2CharString(program=list(steps))
    theirs.compile()
    code = theirs.bytecode
    fresh, pen = T2CharString(bytecode=code), RecordingPen()
    fresh.private, fresh.globalSubrs = SimpleNamespace(nominalWidthX=0, defaultWidthX=0, Subrs=()), []
    fresh.draw(pen)

    outline = Type2Reader((), (), (0, 0), None).read(code)

    assert drawn(outline) == path(pen)
    assert Type2Reader((), (), (0, 0), None).read(charstring(outline)) == outline


def test_subroutines_are_read_where_they_are_called():
    lines = T2CharString(program=[5, 6, "rlineto", "return"])
    caller = T2CharString(program=[1, 2, "rmoveto", -107, "callsubr", -107, "callgsubr", "endchar"])
    lines.compile()
    caller.compile()

    outline = Type2Reader([lines.bytecode], [lines.bytecode], (600, 0), None).read(caller.bytecode)

    assert outline.segments == [(21, 1, 2), (5, 6, 8), (5, 11, 14)]
    assert outline.width == 600


def test_a_subroutine_that_calls_itself_comes_to_an_end():
    with pytest.raises(NotRebuildable):
        Type2Reader([b"\x20\x0a"], (), (0, 0), None).read(b"\x20\x0a")
    with pytest.raises(NotRebuildable):
        Type1Reader(lambda _number: b"\x8b\x0a", None).read(b"\x8b\x0a")


def test_an_accented_letter_becomes_its_two_parts():
    parts = {65: Outline(500, [(21, 0, 0), (5, 10, 10)]), 193: Outline(200, [(21, 0, 0), (5, 3, 4)])}
    old = T1CharString(program=[20, 700, "hsbw", 5, 100, 200, 65, 193, "seac"])
    new = T2CharString(program=[100, 200, 65, 193, "endchar"])
    old.compile()
    new.compile()

    from_old = Type1Reader(lambda _number: b"", parts.__getitem__).read(old.bytecode)
    from_new = Type2Reader((), (), (700, 0), parts.__getitem__).read(new.bytecode)

    assert from_old.segments == [(21, 0, 0), (5, 10, 10), (21, 115, 200), (5, 118, 204)]
    assert from_new.segments == [(21, 0, 0), (5, 10, 10), (21, 100, 200), (5, 103, 204)]
    assert (from_old.width, from_new.width) == (700, 700)


def test_every_glyph_of_a_truetype_program_is_written_as_another_reader_finds_it_in_the_source():
    for data in ((FONTS / "Vera.ttf").read_bytes(), small_truetype()):
        ours, theirs = QuadraticOutlines(Tables(data)), TTFont(io.BytesIO(data))
        made = TTFont(
            io.BytesIO(program([ours.glyph(each) for each in range(ours.count)], ours.units, ours.flags, None))
        )
        glyphs, new = theirs.getGlyphSet(), made.getGlyphSet()

        for number in range(ours.count):
            pen, new_pen = DecomposingRecordingPen(glyphs), DecomposingRecordingPen(new)
            glyphs[theirs.getGlyphName(number)].draw(pen)
            new[made.getGlyphName(number)].draw(new_pen)
            assert new_pen.value == pen.value
            assert new[made.getGlyphName(number)].width == glyphs[theirs.getGlyphName(number)].width


def test_a_program_by_cids_is_what_another_reader_takes_it_for():
    outline = Outline(600, [(21, 0, 0), (5, 100, 100), (8, 1, 2, 3, 4, 5, 6)])

    font = CFFFontSet()
    font.decompile(
        io.BytesIO(cid_program([(7, outline), (300, outline)], (1 / 2048, 0, 0, 1 / 2048, 0, 0), None)), None
    )

    assert font[0].ROS == ("Adobe", "Identity", 0)
    assert font[0].charset == [".notdef", "cid00007", "cid00300"]
    assert font[0].FontMatrix == pytest.approx([1 / 2048, 0, 0, 1 / 2048, 0, 0], abs=1e-9)
    assert font.fontNames == ["F"]


def test_a_type_1_program_with_long_numbers_and_plain_charstrings_is_read():
    # lenIV -1: charstrings that are not encrypted; div: a number that is no whole one.
    code = T1CharString(program=[0, 600, "hsbw", 10, 4, "div", 0, "rmoveto", 100, "hlineto", "closepath", "endchar"])
    code.compile()
    private = b"dup /Private 5 dict dup begin /lenIV -1 def /CharStrings 1 dict dup begin\n/A %d RD %s ND end" % (
        len(code.bytecode), code.bytecode,
    )  # fmt: skip
    secret, _ = eexec.encrypt(b"\0\0\0\0" + private, EXEC_KEY)
    made = Type1Program(
        b"%!PS-AdobeFont-1.0\n/Encoding 256 array\ndup 8#101 /A put readonly def\ncurrentfile eexec\n" + secret
    )

    assert made.encoding == {65: 1}
    assert made.outline(1).segments == [(21, 2.5, 0), (5, 102.5, 0)]


def test_the_rehearsal_takes_fonts_of_each_sort_through():
    warm_up()
