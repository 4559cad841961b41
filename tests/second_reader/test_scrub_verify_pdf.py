"""The second reading of a rebuilt document: it takes what the writer writes, and refuses everything else by its rule.

Each fault is planted with the writer, so that all else about the file is right, and must be refused for that fault.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import re
import time
import zlib

import pytest
from documents.rebuilt import (
    SHOWN,
    Rebuilt,
    letters_font,
    picture_node,
    read,
    stencil_node,
)
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream, Writer
from second_reader.pdf.values import Unaccounted, value_of

AGAIN = b"[(\0\1) -120.5 (\0\5)] TJ"
MARKER = b"marker-7c1f"


def refused(content: bytes, rule: str) -> None:
    with pytest.raises(Unaccounted) as caught:
        read(content)
    assert rule in str(caught.value)


def put(node: Node, **entries: object) -> None:
    """Sets keys of a node's dictionary."""
    named = {key.encode(): value for key, value in entries.items()}
    if isinstance(node.value, Stream):
        node.value.entries = {**node.value.entries, **named}
    else:
        node.value = {**node.value, **named}


def take(node: Node, key: bytes) -> None:
    entries = node.value.entries if isinstance(node.value, Stream) else node.value
    left = {each: value for each, value in entries.items() if each != key}
    if isinstance(node.value, Stream):
        node.value.entries = left
    else:
        node.value = left


def test_a_document_with_one_of_each_thing_is_vouched_for():
    content = Rebuilt().file()

    read(content)


def test_a_page_may_be_a_picture_of_itself():
    made = Rebuilt()
    made.contents.value.data = b"q\n595 0 0 842 0 0 cm\n/X0 Do\nQ\n"
    made.page.value = {
        **{key: made.page.value[key] for key in (b"Type", b"Parent", b"MediaBox", b"Contents")},
        b"Resources": {b"XObject": {b"X0": made.picture}},
    }

    read(made.file())


# The file


def parts_of(content: bytes) -> list[bytes]:
    """Head, objects, table with trailer."""
    starts = [found.start() for found in re.finditer(rb"(?<=endobj\n)(?=[0-9]+ 0 obj\n|xref\n)", content)]
    first = content.index(b"1 0 obj\n") if content.startswith(b"1 0 obj\n", 15) else 15
    borders = [0, first, *starts, len(content)]
    return [content[start:end] for start, end in itertools.pairwise(borders)]


def joined(parts: list[bytes]) -> bytes:
    """The parts with a table that says where they are: objects may have grown or stand behind something."""
    offsets: dict[int, int] = {}
    position = 0
    for part in parts[:-1]:
        found = re.search(rb"(?:^|(?<=\n))([0-9]+) 0 obj\n", part)
        if found:
            offsets[int(found[1])] = position + found.start()
        position += len(part)
    root = re.search(rb"/Root ([0-9]+)", parts[-1])[1]
    lines = b"".join(b"%010d 00000 n \n" % offset for _, offset in sorted(offsets.items()))
    size = len(offsets) + 1
    return b"".join(parts[:-1]) + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root %s 0 R>>\nstartxref\n%d\n%%%%EOF\n"
        % (size, lines, size, root, position)
    )


def test_a_marker_in_any_gap_of_the_file_is_refused():
    parts = parts_of(Rebuilt().file())
    assert joined(parts) == b"".join(parts)
    assert len(parts) > 12

    for gap in (b"%" + MARKER + b"\n", MARKER, b" ", b"\n", b"\0"):
        for at in range(len(parts)):
            refused(joined([*parts[:at], gap, *parts[at:]]), "")
        refused(b"".join(parts) + gap, "")


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b"%PDF-1.7", b"%PDF-1.6", "head"),
        (b"\xe2\xe3\xcf\xd3", b"\xe2\xe3\xcf\xd4", "head"),
        (b" 0 obj\n", b" 1 obj\n", ""),
        (b"<</Type /Catalog", b"<< /Type /Catalog", "key"),
        (b"<</Type /Catalog", b"<</Type  /Catalog", "value"),
        (b"<</Type /Catalog", b"<</Type/Catalog", "key"),
        (b"<</Type /Catalog", b"<</Type /Cat#61log", "key"),
        (b"<</Type /Catalog", b"<</Type /Catalog/Type /Catalog", "key"),
        (b"<</Type /Catalog", b"<</Type (Catalog)", "value"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [0 0 595.280 842]", "list"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [00 0 595.28 842]", "list"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [-0 0 595.28 842]", "value"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [+0 0 595.28 842]", "value"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [.5 0 595.28 842]", "value"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [0  0 595.28 842]", "value"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [0 0 595.28 842 ]", "value"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [0 0 595.28 99999999999]", "list"),
        (b"/MediaBox [0 0 595.28 842]", b"/MediaBox [0 0 595.28 1.1234567]", "list"),
        (b"/Count 1", b"/Count null", "value"),
        (b"/Count 1", b"/Count 1%marker\n", ""),
        (b"\nstream\n", b"\nstream\r\n", "object"),
        (b"\nendstream\n", b"\n\nendstream\n", "length"),
        (b"\nendstream\nendobj\n", b"\nendstream endobj\n", "length"),
    ],
)
def test_values_have_one_form(before, after, rule):
    parts = parts_of(Rebuilt().file())
    at = next(at for at, part in enumerate(parts) if before in part)
    parts[at] = parts[at].replace(before, after, 1)

    refused(joined(parts), rule)


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b"0000000000 65535 f ", b"0000000000 65535 f\n", "table"),
        (b" 00000 n \n", b" 00001 n \n", "table"),
        (b"/Root ", b"/Root  ", "trailer"),
        (b"/Size ", b"/Info 1 0 R/Size ", "trailer"),
        (b">>\nstartxref", b"/ID [<00><00>]>>\nstartxref", "trailer"),
        (b"%%EOF\n", b"%%EOF", "trailer"),
        (b"%%EOF\n", b"%%EOF\n" + MARKER, "trailer"),
        (b"%%EOF\n", b"%%EOF\nxref\n0 0\ntrailer\n<<>>\nstartxref\n0\n%%EOF\n", "trailer"),
    ],
)
def test_table_and_trailer_are_what_they_must_be(before, after, rule):
    content = Rebuilt().file()
    head, mark, tail = content.rpartition(b"xref\n0 ")
    head, mark, tail = (head, mark, tail) if b"startxref" in tail else content.partition(b"xref\n0 ")

    refused(head + mark + tail.replace(before, after, 1), rule)


def test_no_object_is_left_over_missing_twice_or_leads_back():
    parts = parts_of(Rebuilt().file())
    count = len(parts) - 2
    refused(joined([*parts[:-1], b"%d 0 obj\n<</Type /Catalog>>\nendobj\n" % (count + 1), parts[-1]]), "no role")
    refused(joined([*parts[:-1], b"%d 0 obj\n7\nendobj\n" % (count + 2), parts[-1]]), "object numbers")
    refused(joined([*parts[:-1], parts[1], parts[-1]]), "an object twice")

    made = Rebuilt()
    made.mask.value.entries = {**made.mask.value.entries, b"SMask": made.mask}
    refused(made.file(), "a key that may not be here")

    made = Rebuilt()
    made.page.value[b"Resources"][b"XObject"][b"X2"] = Node(made.picture)
    refused(made.file(), "object")


# Dictionaries


def twice(made: Rebuilt) -> None:
    put(made.pages, Kids=[made.page, made.page], Count=2)


def other_parent(made: Rebuilt) -> None:
    put(made.page, Parent=made.contents)


def text_in_title(made: Rebuilt) -> None:
    put(made.catalog, Lang=Hex(MARKER))


FAULTS = [
    (lambda made: put(made.catalog, Metadata=made.contents), "a key that may not be here"),
    (lambda made: put(made.catalog, OpenAction=[1]), "a key that may not be here"),
    (text_in_title, "a key that may not be here"),
    (lambda made: put(made.catalog, Type=Name(b"Pages")), "exactly Catalog"),
    (lambda made: put(made.pages, Count=2), "kids"),
    (lambda made: put(made.pages, Kids=[{b"Type": Name(b"Page")}]), "kids"),
    (lambda made: put(made.pages, MediaBox=[0, 0, 9, 9]), "a key that may not be here"),
    (twice, "kids"),
    (other_parent, "parent"),
    (lambda made: take(made.page, b"MediaBox"), "a key that must be here"),
    (lambda made: take(made.page, b"Contents"), "a key that must be here"),
    (lambda made: put(made.page, MediaBox=[0, 0, 9]), "how many numbers"),
    (lambda made: put(made.page, MediaBox=[0, 0, 9, Name(b"a")]), "numbers"),
    (lambda made: put(made.page, MediaBox=[1, 0, 9, 9]), "a page from 0 0 on"),
    (lambda made: put(made.page, Rotate=90), "a key that may not be here"),
    (lambda made: put(made.page, Annots=[]), "links"),
    (lambda made: put(made.page, CropBox=[0, 0, 1, 1]), "a key that may not be here"),
    (lambda made: put(made.page, UserUnit=2), "a key that may not be here"),
    (lambda made: put(made.page, PieceInfo=Hex(MARKER)), "a key that may not be here"),
    (lambda made: put(made.page, Contents=[made.contents]), "stream"),
    (lambda made: made.resources.update({b"Properties": {b"MC0": {}}}), "a key that may not be here"),
    (lambda made: made.resources.update({b"ProcSet": [Name(b"PDF")]}), "a key that may not be here"),
    (lambda made: made.resources[b"XObject"].update({b"X3": stencil_node()}), "resources"),
    (lambda made: made.resources[b"XObject"].update({b"Marker": stencil_node()}), "resources"),
    (lambda made: made.resources[b"XObject"].pop(b"X2"), "resources"),
    (lambda made: made.resources.pop(b"ExtGState"), "resources that are not used"),
    *(
        (lambda made, kind=kind: made.resources.update({kind: {b"A0": made.stencil}}), "a key that may not be here")
        for kind in (b"ColorSpace", b"Pattern", b"Shading")
    ),
    (lambda made: made.resources.update({b"Font": {}}), "resources"),
    (lambda made: made.resources[b"Font"].update({b"F0": letters_font()}), "a font of its own"),
    # Streams
    (lambda made: put(made.contents, Metadata=made.catalog), "a key that may not be here"),
    (lambda made: put(made.contents, DecodeParms={}), "a key that may not be here"),
    (lambda made: put(made.contents, Filter=Name(b"ASCIIHexDecode")), "one of"),
    (lambda made: put(made.contents, Filter=[Name(b"FlateDecode")]), "one of"),
    (lambda made: put(made.contents, Filter=Name(b"DCTDecode")), "filter"),
    (lambda made: put(made.contents, Filter=Name(b"FlateDecode")), "deflated data"),
    # Forms, of which there are none
    (lambda made: put(made.page, Group={b"S": Name(b"Transparency")}), "a key that may not be here"),
    (lambda made: put(made.stencil, Subtype=Name(b"Form")), "exactly Image"),
    (lambda made: put(made.picture, Subtype=Name(b"PS")), "exactly Image"),
    # Pictures
    (lambda made: put(made.picture, Width=11), "as many pixels"),
    (lambda made: put(made.picture, Height=6), "as many pixels"),
    (lambda made: put(made.picture, Width=0), "whole number"),
    (lambda made: put(made.picture, Width=100_000, Height=100_000), "a picture's size"),
    (lambda made: put(made.picture, BitsPerComponent=2), "a picture's size"),
    (lambda made: put(made.picture, ColorSpace=Name(b"DeviceCMYK")), "one of"),
    (lambda made: put(made.picture, ColorSpace=[Name(b"ICCBased"), made.contents]), "one of"),
    (lambda made: put(made.picture, ColorSpace=[Name(b"Indexed"), Name(b"DeviceRGB"), 0, Hex(MARKER)]), "one of"),
    (lambda made: put(made.picture, Metadata=made.contents), "a key that may not be here"),
    (lambda made: put(made.picture, Alternates=[]), "a key that may not be here"),
    (lambda made: put(made.picture, Mask=made.mask), "a key that may not be here"),
    (lambda made: put(made.picture, Decode=[1, 0]), "a key that may not be here"),
    (lambda made: put(made.picture, Interpolate=True), "a key that may not be here"),
    (lambda made: put(made.picture, Intent=Name(b"Marker")), "a key that may not be here"),
    (lambda made: put(made.mask, SMask=picture_node(Image.new("L", (1, 1)))), "a key that may not be here"),
    (lambda made: put(made.mask, Matte=[0]), "a key that may not be here"),
    (lambda made: put(made.mask, ColorSpace=Name(b"DeviceRGB")), "exactly DeviceGray"),
    (lambda made: put(made.stencil, Decode=[1, 0]), "exactly"),
    (lambda made: put(made.stencil, Decode=[False, True]), "exactly"),
    (lambda made: put(made.stencil, BitsPerComponent=8), "exactly 1"),
    (lambda made: put(made.stencil, ImageMask=False), "exactly True"),
    (lambda made: put(made.stencil, ColorSpace=Name(b"DeviceGray")), "a key that may not be here"),
    (lambda made: put(made.photograph, Width=255), "a JPEG's size"),
    (lambda made: put(made.photograph, ColorSpace=Name(b"DeviceRGB")), "a JPEG's size"),
    (lambda made: put(made.photograph, BitsPerComponent=4), "a JPEG's depth"),
    # Graphics states
    (lambda made: put(made.state, Font=[made.font, 1]), "a key that may not be here"),
    (lambda made: put(made.state, ca=2), "alpha"),
    (lambda made: put(made.state, CA=True), "alpha"),
    (lambda made: put(made.state, ca=Name(b"Marker")), "alpha"),
    *(
        (lambda made, entry=entry: put(made.state, **entry), "a key that may not be here")
        for entry in (
            {"TR": Name(b"Identity")},
            {"HTP": Hex(MARKER)},
            {"BM": Name(b"Normal")},
            {"D": [[1], 0]},
            {"OPM": 1},
            {"SA": True},
            {"LW": 1},
            {"SMask": Name(b"None")},
            {"AIS": False},
        )
    ),
]


@pytest.mark.parametrize(("plant", "rule"), FAULTS, ids=lambda each: each if isinstance(each, str) else "")
def test_what_may_not_be_in_a_dictionary_is_refused(plant, rule):
    made = Rebuilt()
    plant(made)

    refused(made.file(), rule)


# Contents


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        (b"q\n", b"%marker\nq\n", "operator"),
        (b"q\n", b"/Marker BMC\nq\n", "operator"),
        (b"q\n", b"/Span <</ActualText (marker)>> BDC\nq\n", "operator"),
        (b"q\n", b"/Marker MP\nq\n", "operator"),
        (b"q\n", b"BX\nmarker\nEX\nq\n", "operator"),
        (b"q\n", b"/Perceptual ri\nq\n", "operator"),
        (b"q\n", b"1 i\nq\n", "operator"),
        (b"q\n", b"q \n", "operator"),
        (b"q\n", b" q\n", "operator"),
        (b"q\n", b"q\n\n", "operator"),
        (b"q\n", b"q\r\n", "operator"),
        (b"q\n", b"q q\n", "operator"),
        (b"0.5 w\n", b"0.50 w\n", "operator"),
        (b"0.5 w\n", b".5 w\n", "operator"),
        (b"0.5 w\n", b"1 0.5 w\n", "operator"),
        (b"0.5 w\n", b"w\n", "operator"),
        (b"0.5 w\n", b"/Marker w\n", "operator"),
        (b"0.5 w\n", b"(marker) w\n", "operator"),
        (b"[3 1.5] 0 d\n", b"[3  1.5] 0 d\n", "operator"),
        (b"[3 1.5] 0 d\n", b"[(marker)] 0 d\n", "operator"),
        (b"0 0 m\n", b"0 0 m\n9 w\n", "operator"),
        (b"W\nn\n", b"n\n", "operator"),
        (b"W\nn\n", b"W\nW\nn\n", "operator"),
        (b"10 10 50 25 re\nf\n", b"10 10 50 25 re\nF\n", "operator"),
        (b"10 10 50 25 re\nf\n", b"10 10 50 25 re\n", "operator"),
        (b"10 10 50 25 re\nf\n", b"f\n", "operator"),
        (b"/X0 Do\n", b"Q\nq\n/X0 Do\n", "operator"),
        (b"0.75 0 0 rg\n", b"1 0 0 1 9 9 cm\n0.75 0 0 rg\n", "operator"),
        (b"0.75 0 0 rg\n", b"q\nq\nq\nQ\nQ\nQ\n0.75 0 0 rg\n", "saved states"),
        (b"1 Tr\n", b"1 Tc\n1 Tr\n", "operator"),
        (b"1 Tr\n", b"50 Tz\n1 Tr\n", "operator"),
        (b"1 0 0 1 72 700 Tm\n", b"72 700 Td\n", "operator"),
        (b"Q\n", b"Q\nQ\n", "saved states"),
        (b"Q\nq\n", b"q\n", "an end of contents"),
        (b"BT\n", b"BT\nq\n", "operator"),
        (b"BT\n", b"BT\nBT\n", "operator"),
        (b"BT\n", b"", "operator"),
        (b"ET\n", b"", "an end of contents"),
        (b"ET\n", b"ET", "last line"),
        (b"BT\n/F0 12 Tf\n", b"BT\n", "text without a font"),
        (b"BT\n/F0 12 Tf\n", b"q\n/F0 12 Tf\nQ\nBT\n", "text without a font"),
        (b"1 Tr\n", b"3 Tr\n", "a page with a layer of words"),
        (b"1 Tr\n", b"7 Tr\n", "operator"),
        (b"1 Tr\n", b"1.5 Tr\n", "operator"),
        (b"\\)) Tj", b"\\101) Tj", "operator"),
        (b"\\)) Tj", b"\\t) Tj", "operator"),
        (b"\\)) Tj", b"\\\\", "operator"),
        (b"\\)) Tj", b"(a)) Tj", "operator"),
        (b"\\)) Tj", b"\r) Tj", "operator"),
        (SHOWN, b"<4865> Tj", "operator"),
        (SHOWN, b"() Tj", "operator"),
        (SHOWN, b"(a) '", "operator"),
        (SHOWN, b'1 2 (a) "', "operator"),
        (AGAIN, AGAIN.replace(b"120.5", b"120.5 /Marker"), "operator"),
        (AGAIN, b"[120] TJ", "operator"),
        (AGAIN, b"[(\0\1) (\0\5)] TJ", "operator"),
        (AGAIN, b"[(\0\1) -120 -0.5 (\0\5)] TJ", "operator"),
        (AGAIN, b"[3 (\0\1) -120.5 (\0\5)] TJ", "operator"),
        (AGAIN, b"[(\0\1) -120.5 (\0\5) 3] TJ", "operator"),
        (AGAIN, b"[(\0\1\0\5)] TJ", "operator"),
        (AGAIN, b"[] TJ", "operator"),
        (b"/F0 12 Tf", b"/F1 12 Tf", "resources by order of use"),
        (b"/F0 12 Tf", b"/F00 12 Tf", "operator"),
        (b"/F0 12 Tf", b"/Marker 12 Tf", "operator"),
        (b"/X0 Do", b"/X1 Do", "resources by order of use"),
        (b"/G0 gs", b"/X0 gs", "operator"),
        (b"0.75 0 0 rg", b"/Pattern cs", "operator"),
        (b"0.75 0 0 rg", b"/P0 scn", "operator"),
        (b"0.75 0 0 rg", b"/S0 sh", "operator"),
        (b"0.75 0 0 rg", b"10 0 d0", "operator"),
        (b"0.2 0.4 0.6 rg", b"0.2 0.4 rg", "operator"),
    ],
)
def test_contents_are_operators_one_a_line_and_nothing_else(before, after, rule):
    made = Rebuilt()
    made.say(before, after)

    refused(made.file(), rule)


def test_data_behind_the_end_of_a_stream_or_deflated_in_another_way_is_refused():
    contents = Rebuilt().contents.value.data
    usual = zlib.compress(contents, 4)
    for data in (
        usual + MARKER, usual + b"\0", usual[:-1], zlib.compress(contents, 6), zlib.compress(contents, 0),
        b"\x78\x01" + usual[2:], b"\x78\xda" + usual[2:],
    ):  # fmt: skip
        made = Rebuilt()
        made.contents.value = Stream({b"Filter": Name(b"FlateDecode")}, data)
        refused(made.file(), "deflated")

        made = Rebuilt()
        made.picture.value = Stream(made.picture.value.entries, made.picture.value.data + MARKER)
        refused(made.file(), "as many pixels")


def test_a_stream_that_inflates_without_measure_is_refused_before_it_takes_the_memory():
    made = Rebuilt()
    made.contents.value = Stream({b"Filter": Name(b"FlateDecode")}, zlib.compress(bytes(80 * 2**20), 6))

    refused(made.file(), "deflated data")


def test_a_photograph_with_a_comment_is_refused():
    made = Rebuilt()
    encoded = made.photograph.value.data
    comment = b"\xff\xfe" + (len(MARKER) + 2).to_bytes(2, "big") + MARKER
    for data in (encoded[:2] + comment + encoded[2:], encoded + MARKER):
        made.photograph.value.data = data

        refused(made.file(), "JPEG")


# Any byte


def pixel_places(content: bytes) -> list[range]:
    """Where compressed pixels stand: what they hold is what they show."""
    found = re.finditer(rb"/Filter /(?:DCTDecode|FlateDecode)/Length ([0-9]+)>>\nstream\n", content)
    return [
        range(each.end(), each.end() + int(each[1]))
        for each in found
        if b"/Subtype /Image" in content[content.rindex(b"\n", 0, each.start()) : each.start()]
    ]


SAMPLE = Rebuilt().file()
NOT_PIXELS = [at for at in range(len(SAMPLE)) if not any(at in place for place in pixel_places(SAMPLE))]


def another_number(changed: bytes) -> bool:
    """Whether it is the sample with other digits at most: another size of the page is another good document.

    Of two numbers in an array a digit in the place of the space makes one: another dash is another good document too.
    """
    digits = re.compile(rb"[-.0-9]|(?<=[0-9]) (?=[0-9])")
    return digits.sub(b"", changed) == digits.sub(b"", SAMPLE) and len(changed) == len(SAMPLE)


def test_a_flipped_bit_anywhere_but_in_pixels_is_refused():
    assert len(NOT_PIXELS) > 2000

    for at in NOT_PIXELS:
        changed = bytearray(SAMPLE)
        changed[at] ^= 1 << at % 8
        if not another_number(bytes(changed)):
            refused(bytes(changed), "")


@given(
    st.sampled_from(NOT_PIXELS),
    st.integers(0, 40),
    st.binary(max_size=40),
)
def test_any_change_of_bytes_but_in_pixels_is_refused_and_nothing_else_happens(at, removed, inserted):
    end = at
    while end < min(at + removed, len(SAMPLE)) and not any(end in place for place in pixel_places(SAMPLE)):
        end += 1
    changed = SAMPLE[:at] + inserted + SAMPLE[end:]
    if not another_number(changed):
        refused(changed, "")


@given(st.binary(max_size=200))
def test_any_bytes_as_a_value_are_read_or_unaccounted_for(untrusted):
    with contextlib.suppress(Unaccounted):
        value_of(untrusted)


# What it takes


def test_sixty_pages_of_text_are_read_in_a_tenth_of_a_second():
    lines = [b"BT", b"/F0 11 Tf", b"1 0 0 1 72 720 Tm"]
    for _ in range(131):
        lines += [b"1 0 0 1 72 706.4 Tm", SHOWN, AGAIN]
    contents = b"\n".join([*lines, b"ET", b""])
    output = io.BytesIO()
    writer = Writer(output)
    pages, font = Node(), Node(letters_font(), late=True)
    writer.number_of(pages)
    kids = []
    for _ in range(60):
        kids.append(
            Node({
                b"Type": Name(b"Page"), b"Parent": pages, b"MediaBox": [0, 0, 595, 842],
                b"Resources": {b"Font": {b"F0": font}}, b"Contents": Node(Stream({}, contents)),
            })
        )  # fmt: skip
        writer.write(kids[-1])
    pages.value = {b"Type": Name(b"Pages"), b"Count": len(kids), b"Kids": kids}
    writer.write_at_last(pages)
    writer.finish(Node({b"Type": Name(b"Catalog"), b"Pages": pages}))

    took = []
    for _ in range(3):
        before = time.process_time()
        read(output.getvalue())
        took.append(time.process_time() - before)

    assert min(took) < 0.1
