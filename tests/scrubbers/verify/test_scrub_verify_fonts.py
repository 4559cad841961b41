"""The second reading of a rebuilt document's fonts: what the shown codes need, and nothing else."""

from __future__ import annotations

import contextlib
import struct

import pytest
from documents.rebuilt import (
    CIDS,
    MATRIX,
    SHOWN,
    Rebuilt,
    cid_font,
    descriptor_node,
    encoding_node,
    glyph,
    outline,
    read,
    standard_font,
    texts_node,
    truetype_font,
    type1_font,
)
from hypothesis import given
from hypothesis import strategies as st

from scrubbers.jailed.pdf.fonts.programs import write_truetype
from scrubbers.jailed.pdf.fonts.programs.glyf import Glyph
from scrubbers.jailed.pdf.fonts.programs.write_cff import cid_program, named_program
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream
from scrubbers.jailed.verify.pdf.cff import read_cff
from scrubbers.jailed.verify.pdf.cmap import read_cid_map, read_to_unicode
from scrubbers.jailed.verify.pdf.sfnt import read_truetype
from scrubbers.jailed.verify.pdf.values import Unaccounted

MARKER = b"marker-7c1f"
BY_NAME = named_program([(f"g{place}", outline()) for place in range(1, 4)], MATRIX, None)
BY_CID = cid_program([(5, outline()), (9, outline())], (0.0005, 0, 0.1, 0.0005, 0, 0), outline())
TRUETYPE = write_truetype.program([Glyph(), glyph(100), glyph(300)], 1000, 0, {65: 1, 66: 2})


def refused(content: bytes, rule: str) -> None:
    with pytest.raises(Unaccounted) as caught:
        read(content)
    assert rule in str(caught.value)


@pytest.mark.parametrize("font", [truetype_font, type1_font, standard_font])
def test_fonts_with_single_bytes_as_codes_are_vouched_for(font):
    read(Rebuilt.with_font(font()).file())


@pytest.mark.parametrize("sort", ["truetype", "cff", "neither"])
def test_fonts_with_codes_of_two_bytes_are_vouched_for(sort):
    read(Rebuilt.with_cid_font(cid_font(sort)).file())


def test_a_font_with_an_encoding_of_its_own_is_vouched_for():
    made = cid_font("cff")
    descendant = made[b"DescendantFonts"][0].value
    program = cid_program([(5, outline()), (9, outline())], MATRIX, None)
    file_node = Node(Stream({b"Subtype": Name(b"CIDFontType0C")}, program))
    descendant |= {b"FontDescriptor": descriptor_node(b"FontFile3", file_node), b"W": [5, [500], 9, [400.5]]}
    spaces = [(b"A", b"Z"), (b"lo", b"lo")]
    made |= {b"Encoding": encoding_node({b"H": 5, b"lo": 9}, spaces), b"ToUnicode": texts_node({b"H": "H"})}
    document = Rebuilt.with_cid_font(made)
    document.say(b"(Helo) Tj", b"(Hlo) Tj")
    document.say(b"[(He) -120.5 (lo)] TJ", b"(loH) Tj")

    read(document.file())

    document.say(b"(Hlo) Tj", b"(Hx) Tj")
    refused(document.file(), "codes that come out even")


# Each fault with the rule that refuses it. `at` finds the dictionary in which it is planted.


def itself(made):
    return made


def descriptor(made):
    return made[b"FontDescriptor"].value


def program(made):
    entries = descriptor(made)
    return next(entries[key] for key in (b"FontFile2", b"FontFile3") if key in entries).value.entries


def texts(made):
    return made[b"ToUnicode"].value.entries


def encoding(made):
    return made[b"Encoding"]


def descendant(made):
    return made[b"DescendantFonts"][0].value


def descendant_descriptor(made):
    return descriptor(descendant(made))


def collection(made):
    return descendant(made)[b"CIDSystemInfo"]


def cid_truetype():
    return cid_font("truetype")


def cid_cff():
    return cid_font("cff")


def cid_elsewhere():
    return cid_font("neither")


def cff_program(*names: str) -> Node:
    data = named_program([(name, outline()) for name in names], MATRIX, None)
    return Node(Stream({b"Subtype": Name(b"Type1C")}, data))


def glyph_map(length: int, **places: int) -> Node:
    data = bytearray(length)
    for cid, place in places.items():
        data[2 * int(cid[1:]) + 1] = place
    return Node(Stream({}, bytes(data)))


FIRST, LAST = min(SHOWN), max(SHOWN)
LONGEST = 2 * max(CIDS) + 2
FAULTS = [
    (truetype_font, itself, {b"Name": Name(b"Marker")}, "a key that may not be here"),
    (truetype_font, itself, {b"BaseFont": Name(b"ABCDEF-Marker")}, "a font's name"),
    (truetype_font, itself, {b"BaseFont": Name(b"F07")}, "a font's name"),
    (truetype_font, itself, {b"BaseFont": Name(b"Helvetica")}, "a font's name"),
    (truetype_font, itself, {b"Subtype": Name(b"Type1")}, "a TrueType font"),
    (truetype_font, itself, {b"Encoding": Name(b"WinAnsiEncoding")}, "a TrueType font"),
    (truetype_font, itself, {b"Subtype": Name(b"MMType1")}, "one of"),
    (truetype_font, itself, {b"FirstChar": FIRST - 1}, "widths from the first code"),
    (truetype_font, itself, {b"LastChar": LAST + 1}, "widths from the first code"),
    (truetype_font, itself, {b"Widths": [500] * (LAST - FIRST)}, "widths from the first code"),
    (truetype_font, itself, {b"Widths": [500] * (LAST - FIRST + 1)}, "widths of what is shown"),
    (truetype_font, itself, {b"Widths": None}, "widths"),
    (truetype_font, itself, {b"ToUnicode": texts_node({b"z": "z"})}, "text of codes that are shown"),
    (truetype_font, itself, {b"ToUnicode": texts_node({b"H": "a longe"})}, "a glyph's text"),
    (truetype_font, itself, {b"ToUnicode": texts_node({b"H": "\u200b"})}, "text that is seen"),
    (truetype_font, itself, {b"ToUnicode": texts_node({})}, "text of no code"),
    (truetype_font, texts, {b"CMapName": Name(b"Marker")}, "a key that may not be here"),
    (truetype_font, descriptor, {b"FontName": Name(b"F8")}, "a font's name"),
    (truetype_font, descriptor, {b"FontFamily": Hex(MARKER)}, "a key that may not be here"),
    (truetype_font, descriptor, {b"CharSet": Hex(MARKER)}, "a key that may not be here"),
    (truetype_font, descriptor, {b"Flags": 36}, "a font's flags"),
    (truetype_font, descriptor, {b"Flags": 4 | 16}, "a font's flags"),
    (truetype_font, descriptor, {b"Ascent": 700.5}, "whole number"),
    (truetype_font, descriptor, {b"FontBBox": [0, 0, 0.5, 9]}, "a font's box"),
    (truetype_font, descriptor, {b"FontFile3": cff_program("g1")}, "one program"),
    (truetype_font, descriptor, {b"FontFile": cff_program("g1")}, "a key that may not be here"),
    (truetype_font, program, {b"Length1": 1}, "a program's length"),
    (truetype_font, program, {b"Length2": 1}, "a key that may not be here"),
    (truetype_font, program, {b"Metadata": texts_node({b"H": "H"})}, "a key that may not be here"),
    (type1_font, encoding, {b"BaseEncoding": Name(b"WinAnsiEncoding")}, "a Type 1 font's encoding"),
    (
        type1_font,
        encoding,
        {b"Differences": [FIRST, Name(b"g1"), ord("z"), Name(b"g2")]},
        "names of codes that are shown",
    ),
    (type1_font, encoding, {b"Differences": [FIRST, Name(b"g1")]}, "glyphs that are shown"),
    (type1_font, encoding, {b"Differences": [FIRST, FIRST, Name(b"g1")]}, "codes in order"),
    (type1_font, encoding, {b"Differences": [Name(b"g1")]}, "names of glyphs"),
    (type1_font, encoding, {b"Differences": [FIRST, Name(b"g1"), FIRST + 1, Name(b"g1")]}, "codes in order"),
    (type1_font, encoding, {b"Differences": [FIRST, Name(b"g1"), FIRST, Name(b"g1")]}, "codes in order"),
    (type1_font, encoding, {b"Differences": [FIRST]}, "codes in order"),
    (type1_font, encoding, {b"Differences": [FIRST, Hex(MARKER)]}, "names of glyphs"),
    (type1_font, encoding, {b"Differences": []}, "differences"),
    (type1_font, encoding, {b"Marker": 1}, "a key that may not be here"),
    (type1_font, descriptor, {b"FontFile3": cff_program("g1", "g2", "g3")}, "glyphs that are shown"),
    (type1_font, descriptor, {b"FontFile3": cff_program("g1", "Marker")}, "neutral names of glyphs"),
    (type1_font, program, {b"Subtype": Name(b"CIDFontType0C")}, "a Type 1 font"),
    (type1_font, program, {b"Subtype": Name(b"OpenType")}, "one of"),
    (standard_font, itself, {b"BaseFont": Name(b"Marker")}, "a font's name"),
    (standard_font, itself, {b"BaseFont": Name(b"F7")}, "a font's name"),
    (standard_font, itself, {b"Subtype": Name(b"TrueType")}, "a font's name"),
    (standard_font, itself, {b"FirstChar": FIRST}, "widths"),
    (standard_font, itself, {b"Encoding": Name(b"MarkerEncoding")}, "one of"),
    (standard_font, encoding, {b"Differences": [ord("H"), Name(b"marker")]}, "names of glyphs that are known"),
    (standard_font, encoding, {b"Differences": [ord("H"), Name(b"a10")]}, "names of glyphs that are known"),
    (standard_font, encoding, {b"Differences": [ord("x"), Name(b"x")]}, "names of codes that are shown"),
    (cid_truetype, itself, {b"BaseFont": Name(b"Marker")}, "a font's name"),
    (cid_truetype, itself, {b"Encoding": Name(b"Marker-H")}, "an encoding's name"),
    (cid_truetype, itself, {b"Encoding": Name(b"UniJIS-UCS2-H")}, "whose encoding it is"),
    (cid_truetype, itself, {b"ToUnicode": texts_node({b"zz": "z"})}, "text of codes that are shown"),
    (
        cid_truetype,
        itself,
        {b"Encoding": encoding_node({b"He": 5, b"zz": 9}, [(b"\0\0", b"\xff\xff")])},
        "codes that are",
    ),
    (cid_truetype, descendant, {b"W": [CIDS[0] + 1, [500]]}, "widths of what is shown"),
    (cid_truetype, descendant, {b"W": [CIDS[0], CIDS[0], 500]}, "widths by CID"),
    (cid_truetype, descendant, {b"W": [CIDS[1], [5], CIDS[0], [5]]}, "widths in order"),
    (cid_truetype, descendant, {b"W": [CIDS[0], [Hex(MARKER)]]}, "widths by CID"),
    (cid_truetype, descendant, {b"W2": [CIDS[0], [1, 2, 3]]}, "which way is written"),
    (cid_truetype, descendant, {b"DW2": [880, -1000]}, "which way is written"),
    (cid_truetype, descendant, {b"CIDToGIDMap": Name(b"Identity")}, "a map of glyphs"),
    (cid_truetype, descendant, {b"CIDToGIDMap": glyph_map(LONGEST + 2)}, "a map as long as it must be"),
    (cid_truetype, descendant, {b"CIDToGIDMap": glyph_map(LONGEST, c7=1, c8=2)}, "glyphs that are shown"),
    (cid_truetype, descendant, {b"CIDToGIDMap": glyph_map(LONGEST)}, "glyphs that are shown"),
    (cid_truetype, descendant, {b"Marker": 1}, "a key that may not be here"),
    (cid_truetype, descendant_descriptor, {b"Style": {b"Panose": Hex(MARKER)}}, "a key that may not be here"),
    (cid_truetype, descendant_descriptor, {b"CIDSet": glyph_map(4)}, "a key that may not be here"),
    (cid_truetype, collection, {b"Ordering": Hex(MARKER)}, "whose CIDs they are"),
    (cid_truetype, collection, {b"Registry": Hex(MARKER)}, "exactly"),
    (cid_truetype, collection, {b"Ordering": Hex(b"Japan1")}, "a TrueType font by CIDs"),
    (cid_elsewhere, collection, {b"Supplement": 10}, "whole number"),
    (cid_elsewhere, descendant, {b"CIDToGIDMap": glyph_map(LONGEST)}, "a map of glyphs"),
    (cid_cff, descendant, {b"CIDToGIDMap": Name(b"Identity")}, "a map of glyphs"),
]


@pytest.mark.parametrize(("font", "at", "entries", "rule"), FAULTS)
def test_what_no_shown_code_needs_is_refused(font, at, entries, rule):
    made = font()
    dictionary = at(made)
    dictionary |= {key: value for key, value in entries.items() if value is not None}
    for key in [key for key, value in entries.items() if value is None]:
        del dictionary[key]
    document = Rebuilt.with_cid_font(made) if b"DescendantFonts" in made else Rebuilt.with_font(made)

    refused(document.file(), rule)


def test_a_font_that_draws_its_glyphs_is_no_font_of_a_rebuilt_document():
    font = {b"Type": Name(b"Font"), b"Subtype": Name(b"Type3"), b"FontBBox": [0, 0, 1, 1]}

    refused(Rebuilt.with_font(font).file(), "")


def test_a_glyph_for_missing_ones_is_there_only_if_a_code_is_missing():
    made = truetype_font()
    codes = {code: place for place, code in enumerate(sorted(SHOWN), 1)}
    data = write_truetype.program([glyph(9), *(glyph(100) for _ in codes)], 1000, 0, codes)
    descriptor(made)[b"FontFile2"] = Node(Stream({b"Length1": len(data)}, data))
    refused(Rebuilt.with_font(made).file(), "glyphs that are shown")

    made = type1_font()
    data = named_program([(f"g{place}", outline()) for place in range(1, len(SHOWN) + 1)], MATRIX, outline())
    descriptor(made)[b"FontFile3"] = Node(Stream({b"Subtype": Name(b"Type1C")}, data))
    refused(Rebuilt.with_font(made).file(), "glyphs that are shown")


# Programs


@pytest.mark.parametrize(("read_program", "good"), [(read_cff, BY_NAME), (read_cff, BY_CID), (read_truetype, TRUETYPE)])
def test_a_program_with_any_byte_more_or_less_is_refused(read_program, good):
    read_program(good)

    for at in range(len(good) + 1):
        for changed in (good[:at] + b"\0" + good[at:], good[:at] + MARKER + good[at:], good[:at] + good[at + 1 :]):
            if changed == good:
                continue
            with pytest.raises((Unaccounted, IndexError, struct.error)):
                read_program(changed)


def test_a_flipped_bit_of_a_truetype_program_is_refused():
    for at in range(len(TRUETYPE)):
        changed = bytearray(TRUETYPE)
        changed[at] ^= 1 << at % 8
        with pytest.raises((Unaccounted, IndexError, struct.error)):
            read_truetype(bytes(changed))


def with_sums(program: bytes) -> bytes:
    """A TrueType program with its checksums put right, so that other rules are reached."""
    made = bytearray(program)
    count = int.from_bytes(made[4:6], "big")
    head_at = 0
    for entry in range(12, 12 + 16 * count, 16):
        tag, _, offset, length = struct.unpack_from(">4sLLL", made, entry)
        if tag == b"head":
            head_at = offset
            made[offset + 8 : offset + 12] = bytes(4)
        body = bytes(made[offset : offset + length + -length % 4])
        made[entry + 4 : entry + 8] = struct.pack(">L", sum(struct.unpack(f">{len(body) // 4}L", body)) & 0xFFFFFFFF)
    whole = sum(struct.unpack(f">{len(made) // 4}L", made)) & 0xFFFFFFFF
    made[head_at + 8 : head_at + 12] = struct.pack(">L", (0xB1B0AFBA - whole) & 0xFFFFFFFF)
    return bytes(made)


def test_what_follows_from_outlines_must_follow_even_with_right_checksums():
    assert with_sums(TRUETYPE) == TRUETYPE
    accepted = []
    for at in range(len(TRUETYPE)):
        changed = bytearray(TRUETYPE)
        changed[at] ^= 1 << at % 8
        with contextlib.suppress(Unaccounted, IndexError, struct.error):
            read_truetype(with_sums(bytes(changed)))
            accepted.append(at)

    tables = {
        tag: range(offset, offset + length)
        for tag, _, offset, length in struct.iter_unpack(">4sLLL", TRUETYPE[12 : 12 + 16 * 8])
    }
    # What a font may say of its own: a point, an advance or a place of a glyph, the units, three flags.
    free = {*tables[b"glyf"], *tables[b"hmtx"], *tables[b"head"][16:20]}
    said_by_checksums = {
        *tables[b"head"][8:12],
        *(at for entry in range(12, 140, 16) for at in range(entry + 4, entry + 8)),
    }
    assert set(accepted) <= free | said_by_checksums


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # The same numbers in a longer form, an operator that is none, a subroutine, hints, something behind the end.
        (b"\x95\x9f\x15", b"\x1c\x00\x0a\x9f\x15"),
        (b"\x95\x9f\x15", b"\xff\x00\x0a\x00\x00\x9f\x15"),
        (b"\x95\x9f\x15", b"\x8b\x95\x9f\x15"),
        (b"\x95\x9f\x15", b"\x8b\x0a\x95\x9f\x15"),
        (b"\x95\x9f\x15", b"\x8b\x8b\x01\x95\x9f\x15"),
        (b"\x95\x9f\x15", b"\x8b\x8b\x0c\x0a\x95\x9f\x15"),
        (b"\x0e", b"\x0e\x0e"),
        (b"\x0e", b"\x0e" + MARKER),
        (b"\x0e", b"\x0b"),
    ],
)
def test_a_glyph_has_one_form(before, after):
    charstring = b"\xf8\x88\x95\x9f\x15\x8c\x8c\x05\x0e"

    def program_of(glyph_data: bytes) -> bytes:
        """The program with this as its only glyph, all places put right."""
        good = named_program([("g1", outline())], MATRIX, None)
        at = good.rindex(b"\0\2\1\1")
        end = len(good) - 2
        glyphs = [b"\x8b\x0e", glyph_data]
        ends = [1, 3, 3 + len(glyph_data)]
        index = b"\0\2\1" + bytes(ends) + b"".join(glyphs)
        moved = good[:at] + index + good[end:]
        return moved.replace(struct.pack(">i", end), struct.pack(">i", at + len(index)), 1)

    assert read_cff(program_of(charstring)).outlined == {1}
    assert before in charstring
    with pytest.raises(Unaccounted):
        read_cff(program_of(charstring.replace(before, after, 1)))


# Maps


def test_a_map_has_one_frame_and_its_lines_stand_in_order():
    good = texts_node({bytes((code,)): chr(code if code < 127 else code + 256) for code in range(65, 190)}).value.data
    assert len(read_to_unicode(good)) == 125

    for before, after in (
        (b"begincmap\n", b"begincmap\n%marker\n"),
        (b"begincmap\n", b"begincmap\n/Marker (marker) def\n"),
        (b"/CMapName /K def", b"/CMapName /Marker def"),
        (b"<41> <0041>", b"<41>  <0041>"),
        (b"<41> <0041>", b"<41> <0041>\n<41> <0042>"),
        (b"<41> <0041>\n<42> <0042>", b"<42> <0042>\n<41> <0041>"),
        (b"<4a> <004a>", b"<4A> <004a>"),
        (b"<41> <0041>", b"<41> <d800>"),
        (b"<41> <0041>", b"<41> <0041004100410041004100410041>"),
        (b"100 beginbfchar", b"99 beginbfchar"),
        (b"25 beginbfchar", b"1 beginbfrange\n<41> <42> <0041>\nendbfrange\n25 beginbfchar"),
        (b"<00> <ff>", b"<0000> <ffff>"),
        (b"<00> <ff>", b"<00> <ff>\n<0000> <ffff>"),
        (b"end\nend\n", b"end\nend\n" + MARKER),
    ):
        assert before in good
        with pytest.raises((Unaccounted, UnicodeDecodeError)):
            read_to_unicode(good.replace(before, after, 1))


def test_an_encoding_says_which_way_is_written_once_and_its_spaces_are_even():
    good = encoding_node({b"He": 5, b"lo": 90}, [(b"\0\0", b"\xff\xff")]).value.data
    assert read_cid_map(good, vertical=False).cids == {b"He": 5, b"lo": 90}

    with pytest.raises(Unaccounted):
        read_cid_map(good, vertical=True)
    for before, after in (
        (b"<4865> 5", b"<4865> 05"),
        (b"<4865> 5", b"<4865> 70000"),
        (b"<0000> <ffff>", b"<00> <ffff>"),
        (b"<0000> <ffff>\n", b""),
        (b"begincodespacerange\n", b"begincodespacerange\n<6d61726b6572> <ff>\n"),
    ):
        assert before in good
        with pytest.raises(Unaccounted):
            read_cid_map(good.replace(before, after, 1), vertical=False)


VALUES = st.recursive(
    st.sampled_from([True, False, 0, 1, -5, 0.5, 10**9, Name(b"Marker"), Name(b"C"), Name(b"DeviceRGB"), Hex(b"ab")]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([b"Type", b"S", b"A1"]), inner, max_size=2)
    ),
)


def nodes_of(document: Rebuilt) -> list[Node]:
    """Every node of the document."""
    found: dict[Node, None] = {}
    waiting: list[object] = [document.catalog]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Node):
            if value not in found:
                found[value] = None
                waiting.append(value.value)
        elif isinstance(value, Stream):
            waiting.append(value.entries)
        elif isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return list(found)


@given(st.sampled_from([truetype_font, type1_font, standard_font, cid_truetype, cid_cff]), st.data())
def test_any_value_in_any_place_is_vouched_for_or_refused_and_nothing_else_happens(font, data):
    made = font()
    document = Rebuilt.with_cid_font(made) if b"DescendantFonts" in made else Rebuilt.with_font(made)
    nodes = nodes_of(document)
    node = data.draw(st.sampled_from(nodes))
    instead = data.draw(VALUES | st.sampled_from(nodes))
    inside = node.value.entries if isinstance(node.value, Stream) else node.value
    if isinstance(inside, dict) and inside:
        inside = dict(inside)
        inside[data.draw(st.sampled_from([*inside, b"Resources", b"Group"]))] = instead
    elif isinstance(inside, list):
        inside = [*inside]
        inside[data.draw(st.integers(0, len(inside) - 1))] = instead
    node.value = Stream(inside, node.value.data) if isinstance(node.value, Stream) else inside

    with contextlib.suppress(Unaccounted, IndexError, struct.error):
        read(document.file())


@given(st.sampled_from([BY_NAME, BY_CID, TRUETYPE]), st.data())
def test_any_bytes_as_a_program_are_read_or_unaccounted_for(good, data):
    at = data.draw(st.integers(0, len(good)))
    changed = good[:at] + data.draw(st.binary(max_size=30)) + good[at + data.draw(st.integers(0, 30)) :]

    for read_program in (read_cff, read_truetype):
        with contextlib.suppress(Unaccounted, IndexError, struct.error):
            read_program(changed)
