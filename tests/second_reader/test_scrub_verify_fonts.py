"""The second reading of a rebuilt document's font: the glyphs that are shown, what they say, and nothing else."""

from __future__ import annotations

import contextlib
import struct

import pytest
from documents.rebuilt import LETTERS, OUTLINE, Rebuilt, font_of, glyph, letters_font, read, texts_node
from hypothesis import given
from hypothesis import strategies as st

from scrubbers.jailed.pdf.fonts import write_cff
from scrubbers.jailed.pdf.fonts.document_font import to_unicode
from scrubbers.jailed.pdf.fonts.letters import said_of_glyph
from scrubbers.jailed.pdf.fonts.outline import charstring
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream
from second_reader.pdf.cff import read_cff
from second_reader.pdf.cmap import read_to_unicode
from second_reader.pdf.values import Unaccounted

MARKER = b"marker-7c1f"
ADVANCES = [*range(500, 500 + 10 * len(LETTERS), 10)]
GLYPHS = [charstring(advance, OUTLINE) for advance in ADVANCES]
PROGRAM = write_cff.program(GLYPHS)


def refused(content: bytes, rule: str) -> None:
    with pytest.raises(Unaccounted) as caught:
        read(content)
    assert rule in str(caught.value)


def test_the_font_of_a_document_is_vouched_for():
    read(Rebuilt.with_font(letters_font()).file())


# Each fault with the rule that refuses it. `at` finds the dictionary in which it is planted.


def itself(made):
    return made


def texts(made):
    return made[b"ToUnicode"].value.entries


def descendant(made):
    return made[b"DescendantFonts"][0].value


def descriptor(made):
    return descendant(made)[b"FontDescriptor"].value


def program(made):
    return descriptor(made)[b"FontFile3"].value.entries


def program_node(data: bytes) -> Node:
    return Node(Stream({b"Subtype": Name(b"CIDFontType0C")}, data))


FAULTS = [
    (itself, {b"Name": Name(b"Marker")}, "a key that may not be here"),
    (itself, {b"BaseFont": Name(b"Marker")}, "exactly F"),
    (itself, {b"Subtype": Name(b"Type3")}, "exactly Type0"),
    (itself, {b"Encoding": Name(b"Identity-V")}, "exactly Identity-H"),
    (itself, {b"Encoding": program_node(b"")}, "exactly Identity-H"),
    (itself, {b"DescendantFonts": []}, "one descendant"),
    (itself, {b"ToUnicode": texts_node({})}, "text of glyphs"),
    (itself, {b"ToUnicode": texts_node({b"\0\x2a": "A"})}, "text of glyphs"),
    (itself, {b"ToUnicode": texts_node({b"\0\0": "A"})}, "codes in order"),
    (itself, {b"ToUnicode": texts_node({b"\0\2": "A", b"\0\1": "B"})}, "codes in order"),
    (itself, {b"ToUnicode": Node(Stream({}, b"marker"))}, "a CMap's frame"),
    (texts, {b"Name": Name(b"Marker")}, "a key that may not be here"),
    (descendant, {b"Subtype": Name(b"CIDFontType2")}, "exactly CIDFontType0"),
    (descendant, {b"BaseFont": Name(b"Marker")}, "exactly F"),
    (descendant, {b"DW": 1000}, "exactly 0"),
    (descendant, {b"DW2": [880, -1000]}, "a key that may not be here"),
    (descendant, {b"CIDToGIDMap": Name(b"Identity")}, "a key that may not be here"),
    (descendant, {b"W": [1, ADVANCES[:-1]]}, "widths"),
    (descendant, {b"W": [2, ADVANCES]}, "widths"),
    (descendant, {b"W": [1, [*ADVANCES[:-1], 9]]}, "widths"),
    (descendant, {b"W": [True, ADVANCES]}, "widths"),
    (descendant, {b"W": [1, [*ADVANCES[:-1], ADVANCES[-1] + 0.5]]}, "widths"),
    (descendant, {b"CIDSystemInfo": {b"Registry": Hex(MARKER), b"Ordering": Hex(b"Identity"), b"Supplement": 0}}, "exactly"),
    (descendant, {b"CIDSystemInfo": {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Identity"), b"Supplement": False}}, "exactly"),
    (descendant, {b"CIDSystemInfo": {b"Ordering": Hex(b"Identity"), b"Registry": Hex(b"Adobe"), b"Supplement": 0}}, "exactly"),
    (descriptor, {b"FontName": Name(b"Marker")}, "exactly F"),
    (descriptor, {b"FontFamily": Hex(MARKER)}, "a key that may not be here"),
    (descriptor, {b"Flags": 5}, "exactly 4"),
    (descriptor, {b"StemV": 81}, "exactly 80"),
    (descriptor, {b"FontBBox": [0, -200, 1000, 801]}, "exactly"),
    (descriptor, {b"FontBBox": [False, -200, 1000, 800]}, "exactly"),
    (descriptor, {b"FontFile2": program_node(PROGRAM)}, "a key that may not be here"),
    (descriptor, {b"FontFile3": program_node(PROGRAM + b"\0")}, "what is private"),
    (descriptor, {b"FontFile3": program_node(PROGRAM[:-1])}, "what is private"),
    (program, {b"Subtype": Name(b"Type1C")}, "exactly CIDFontType0C"),
    (program, {b"Metadata": Hex(MARKER)}, "a key that may not be here"),
]  # fmt: skip


@pytest.mark.parametrize(("at", "planted", "rule"), FAULTS)
def test_what_a_font_does_not_need_is_refused(at, planted, rule):
    made = letters_font()
    at(made).update(planted)

    refused(Rebuilt.with_font(made).file(), rule)


def test_a_glyph_that_is_not_shown_is_refused_and_one_that_is_missing():
    more = font_of(
        [*(glyph(letter, advance) for letter, advance in zip(LETTERS, ADVANCES, strict=True)), glyph("z", 9)]
    )
    fewer = font_of(glyph(letter, advance) for letter, advance in zip(LETTERS[1:], ADVANCES[1:], strict=True))

    refused(Rebuilt.with_font(more).file(), "glyphs that are shown")
    refused(Rebuilt.with_font(fewer).file(), "glyphs that are shown")


def test_codes_that_do_not_come_out_even_are_refused():
    made = Rebuilt()
    made.say(b"(\0\5)] TJ", b"(\0\5\0)] TJ")

    refused(made.file(), "codes that come out even")


def test_a_second_font_is_refused():
    made = Rebuilt()
    made.resources[b"Font"][b"F1"] = Node(letters_font(), late=True)
    made.say(b"[(\0\1) -120.5 (\0\5)] TJ\n", b"/F1 12 Tf\n[(\0\1) -120.5 (\0\5)] TJ\n")

    refused(made.file(), "one font")


# Programs


def in_program(before: bytes, after: bytes) -> bytes:
    assert before in PROGRAM
    return PROGRAM.replace(before, after, 1)


@pytest.mark.parametrize(
    "changed",
    [
        in_program(b"\1\0\4\4", b"\1\0\4\3"),
        in_program(b"\2F", b"\2M"),
        in_program(b"Adobe", b"Marke"),
        in_program(b"\2\0\1\0\x28", b"\2\0\2\0\x28"),
        in_program(b"\3\0\1\0\0\0\0\x2a", b"\3\0\1\0\0\1\0\x2a"),
        in_program(GLYPHS[0], GLYPHS[0][:-1] + b"\x0b"),
        in_program(b"\x8b\x0e", b"\x8c\x0e"),
        PROGRAM[:-2] + b"\x8c\x14",
    ],
)
def test_a_program_with_anything_of_its_own_is_refused(changed):
    with pytest.raises(Unaccounted):
        read_cff(changed)


@pytest.mark.parametrize(
    "path",
    [
        b"\x8b\x8b\x15\x8b\x8b\x05\x0e\x0e",  # more behind the end
        b"\x8b\x8b\x12\x0e",  # a hint
        b"\x8b\x0a\x0e",  # a subroutine
        b"\x1c\0\5\x8b\x15\x0e",  # a number in more bytes than it takes
        b"\xff\0\1\0\1\x8b\x15\x0e",  # a fraction
        b"\x8b\x8b\x8b\x15\x0e",
        b"",
    ],
)
def test_a_glyph_is_its_advance_and_a_path_in_one_form(path):
    with pytest.raises(Unaccounted):
        read_cff(write_cff.program([b"\x8b" + path]))


@given(st.lists(st.integers(-16_000, 16_000), min_size=1, max_size=40))
def test_advances_are_read_as_they_were_written(advances):
    assert read_cff(write_cff.program([charstring(each, OUTLINE) for each in advances])) == advances


@given(st.binary(max_size=300), st.integers(0, len(PROGRAM)))
def test_any_bytes_as_a_program_are_read_or_unaccounted_for(other, place):
    with contextlib.suppress(ValueError, struct.error):
        read_cff(PROGRAM[:place] + other)


# Texts


@given(st.text(max_size=4))
def test_what_is_said_of_a_glyph_is_what_the_second_reader_lets_through(text):
    said = said_of_glyph(text)

    assert said_of_glyph(said) == said
    if said:
        assert read_to_unicode(to_unicode({b"\0\1": said})) == {1: said}


@pytest.mark.parametrize("text", ["SV", "\u00a0", "\u200d", "\ue000", "\ufb01", "e\u0301", "\uff21", "\u0378"])
def test_text_that_no_glyph_shows_is_refused(text):
    made = letters_font()
    made[b"ToUnicode"] = texts_node({b"\0\1": text})

    refused(Rebuilt.with_font(made).file(), "a glyph's text")
