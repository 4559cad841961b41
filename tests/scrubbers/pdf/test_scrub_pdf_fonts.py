"""Fonts of PDFs: taken apart and put together anew they draw and read the same, and nothing else of them is left."""

from __future__ import annotations

import io

import fpdf
import pytest
from documents.font_documents import (
    SYMBOLIC,
    TEXT,
    by_own_cmap,
    cff_by_cid,
    cff_by_its_own_encoding,
    cff_by_name,
    cff_named_by_number,
    composite,
    file2,
    not_embedded,
    opentype_by_cid,
    opentype_simple,
    shows,
    simple,
    truetype_by_cid,
    truetype_by_map,
    truetype_from_top_to_bottom,
    truetype_of_symbols,
    truetype_winansi,
    truetype_with_differences,
    truetype_without_maps,
    type1_document,
    type1_in_digits,
    type3,
)
from documents.font_programs import FONTS, Markers, small_truetype
from documents.pdf_fonts_by_hand import SIZE, font_of, one_page, rebuilt, shown, worst_difference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markers.search import leftovers
from pypdf.generic import DictionaryObject, StreamObject
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen import canvas

from scrubbers.jailed.pdf.fonts.rebuild import SourceFont
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, NotRebuildable
from scrubbers.jailed.pdf.visibility.visual_diff import same_look
from scrubbers.jailed.verify.pdf.file import require_rebuilt

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"

DOCUMENTS = [
    truetype_winansi, truetype_with_differences, truetype_of_symbols, truetype_without_maps, truetype_by_cid,
    truetype_by_map, truetype_from_top_to_bottom, by_own_cmap, cff_by_name, cff_by_its_own_encoding, cff_by_cid,
    cff_named_by_number, opentype_simple, opentype_by_cid, type1_document, type1_in_digits,
]  # fmt: skip


@pytest.mark.parametrize("make", DOCUMENTS, ids=lambda make: make.__name__)
def test_a_font_put_together_anew_draws_and_reads_the_same_and_keeps_no_marker(make):
    mark = Markers()
    document = make(mark)
    before = shown(document)

    made, _, _ = rebuilt(document)

    after = shown(made)
    assert worst_difference(before.picture, after.picture) <= 2
    assert after.text == before.text
    assert leftovers(made, mark) == []
    assert len(leftovers(document, mark)) >= 5, "the search would not find what is planted"
    require_rebuilt(made)


def by_fpdf(family: str, file: str, text: str) -> bytes:
    made = fpdf.FPDF(unit="pt", format=SIZE)
    made.add_page()
    if file:
        made.add_font(family, "", file)
    made.set_font(family, size=24)
    made.text(10, 50, text)
    return bytes(made.output())


def by_reportlab(name: str, text: str, size: int = 24) -> bytes:
    output = io.BytesIO()
    made = canvas.Canvas(output, pagesize=SIZE)
    made.setFont(name, size)
    made.drawString(10, 60, text)
    made.save()
    return output.getvalue()


def by_reportlab_truetype() -> bytes:
    pdfmetrics.registerFont(ttfonts.TTFont("Vera", str(FONTS / "Vera.ttf")))
    return by_reportlab("Vera", "Hallå där, Åsa!")


def by_reportlab_type1() -> bytes:
    face = pdfmetrics.EmbeddedType1Face(str(FONTS / "DarkGardenMK.afm"), str(FONTS / "DarkGardenMK.pfb"))
    pdfmetrics.registerTypeFace(face)
    pdfmetrics.registerFont(pdfmetrics.Font("DarkGarden", face.name, "WinAnsiEncoding"))
    return by_reportlab("DarkGarden", "Hello World")


ORDINARY = {
    "fpdf TrueType": lambda: by_fpdf("vera", str(FONTS / "Vera.ttf"), "Hallå där, Åsa! Ü"),
    "fpdf glyphs made of others": lambda: by_fpdf("dejavu", DEJAVU, "Hallå fi ffi Åsa ½ ∑ Ǻ"),
    "fpdf Helvetica": lambda: by_fpdf("helvetica", "", "Hallå där, Åsa!"),
    "fpdf Symbol": lambda: by_fpdf("symbol", "", "abc"),
    "fpdf ZapfDingbats": lambda: by_fpdf("zapfdingbats", "", "abc"),
    "reportlab TrueType": by_reportlab_truetype,
    "reportlab Type 1": by_reportlab_type1,
    "reportlab Times": lambda: by_reportlab("Times-BoldItalic", "Hallå där, Åsa!"),
}


@pytest.mark.parametrize("make", ORDINARY.values(), ids=ORDINARY)
def test_fonts_as_common_programs_write_them_draw_and_read_the_same(make):
    document = make()
    before = shown(document)

    made, _, _ = rebuilt(document)

    after = shown(made)
    assert worst_difference(before.picture, after.picture) <= 2
    assert after.text == before.text


def test_small_print_without_its_bytecode_looks_the_same_to_a_person():
    pdfmetrics.registerFont(ttfonts.TTFont("Vera", str(FONTS / "Vera.ttf")))
    document = by_reportlab("Vera", "Hallå där, Åsa!", size=10)

    made, _, _ = rebuilt(document)

    assert b"fpgm" in font_of(document, -1)["/FontDescriptor"]["/FontFile2"].get_data()
    assert same_look(shown(document, scale=1).picture, shown(made, scale=1).picture)


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        (b"Arial", b"Helvetica"),
        (b"ABCDEF+Arial-BoldItalicMT", b"Helvetica-BoldOblique"),
        (b"TimesNewRomanPS-BoldMT", b"Times-Bold"),
        (b"CourierNew", b"Courier"),
        (b"Kmk7Personal-Italic", b"F0"),
        (b"Verdana-Bold", b"F0"),
    ],
)
def test_a_font_that_is_not_in_the_document_gets_a_name_that_every_reader_knows_or_a_neutral_one(name, becomes):
    mark = Markers()
    described = Node({
        b"Type": Name(b"FontDescriptor"), b"FontName": Name(mark("FontName")), b"Flags": 32, b"StemV": 80,
        b"ItalicAngle": 0,
    })  # fmt: skip
    document = not_embedded(name, FontDescriptor=described, Encoding=Name(b"WinAnsiEncoding"))
    # The first page that a process draws with the fonts that stand in for unknown ones looks a little bolder.
    shown(document)
    before = shown(document)

    made, source, used = rebuilt(document)

    after = shown(made)
    assert source.build(used)[b"BaseFont"] == becomes
    assert worst_difference(before.picture, after.picture) <= 2
    assert after.text == before.text
    assert leftovers(made, mark) == []


def test_codes_of_a_composite_font_are_cut_as_its_own_encoding_says():
    font = SourceFont(font_of(by_own_cmap(Markers())), 0)

    assert font.codes(bytes.fromhex("4181404181505a")) == [b"A", b"\x81\x40", b"A", b"\x81\x50", b"Z"]
    with pytest.raises(NotRebuildable):
        font.codes(b"\x81")
    with pytest.raises(NotRebuildable):
        font.codes(b"\xff\xff")


def test_widths_are_those_of_the_source():
    by_cid = SourceFont(font_of(truetype_by_cid(Markers())), 0)
    down = SourceFont(font_of(truetype_from_top_to_bottom(Markers())), 0)
    standard = SourceFont(font_of(not_embedded(b"Arial")), 0)

    assert [by_cid.advance(code.to_bytes(2, "big")) for code in (1, 2, 3, 4, 50, 60, 61)] == [
        600,
        500,
        400,
        700,
        650,
        650,
        700,
    ]
    assert (down.vertical, down.advance(b"\0\x28"), down.advance(b"\0\x01")) == (True, -500, -900)
    assert standard.advance(b"A") == 667


def test_a_font_whose_glyphs_are_drawn_as_pages_are_is_not_understood():
    with pytest.raises(NotRebuildable):
        SourceFont(font_of(type3(Markers())), 0)


def test_a_predefined_encoding_is_kept_for_a_font_that_is_not_in_the_document():
    mark = Markers()
    font = composite(mark, b"CIDFontType0", {}, Name(b"UniJIS-UCS2-H"))
    descendant = font[b"DescendantFonts"][0].value
    del descendant[b"W"]
    descendant[b"CIDSystemInfo"] = {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Japan1"), b"Supplement": 2}
    document = one_page(font, shows(bytes.fromhex("65e5672c")))

    made, source, used = rebuilt(document)

    assert used == [b"\x65\xe5", b"\x67\x2c"]
    assert source.build(used)[b"Encoding"] == b"UniJIS-UCS2-H"
    require_rebuilt(made)
    assert leftovers(made, mark) == []


def test_the_same_codes_give_the_same_bytes_and_fewer_codes_give_fewer_glyphs():
    document = truetype_winansi(Markers())
    source = SourceFont(font_of(document), 3)
    codes = source.codes(TEXT.encode("cp1252"))

    first, again = (one_page(source.build(order), b"") for order in (codes, codes[::-1]))
    fewer = one_page(source.build(codes[:2]), b"")

    assert first == again
    assert len(fewer) < len(first)
    assert source.build(codes)[b"BaseFont"] == b"F3"


def test_a_glyph_made_of_others_is_drawn_as_one():
    font = simple(Markers(), b"TrueType", SYMBOLIC, file2(small_truetype()))
    document = one_page(font, shows(b"ABC"))
    before = shown(document)

    made, _, _ = rebuilt(document)

    assert worst_difference(before.picture, shown(made).picture) <= 2


MUTATED = [truetype_winansi, truetype_by_cid, cff_by_name, cff_by_cid, opentype_simple, type1_document, by_own_cmap]
PLAIN = {make.__name__: make(Markers()) for make in MUTATED}


def streams_of(font: DictionaryObject) -> list[StreamObject]:
    """Every stream that a font leads to, in a fixed order."""
    found, waiting, met = [], [font], set()
    while waiting:
        each = waiting.pop()
        each = each.get_object()
        if id(each) in met:
            continue
        met.add(id(each))
        if isinstance(each, StreamObject):
            found.append(each)
        if isinstance(each, DictionaryObject):
            waiting += [value for _, value in sorted(each.items())]
        elif isinstance(each, list):
            waiting += each
    return found


@given(
    name=st.sampled_from(sorted(PLAIN)),
    which=st.integers(0, 9),
    changes=st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=12),
    cut=st.one_of(st.none(), st.integers(0, 2**16)),
    shown_codes=st.binary(max_size=12),
)
@settings(max_examples=250, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_bytes_a_font_is_made_of_it_is_rebuilt_or_refused(name, which, changes, cut, shown_codes):
    font = font_of(PLAIN[name])
    streams = streams_of(font)
    stream = streams[which % len(streams)]
    data = bytearray(stream.get_data())
    for place, value in changes:
        # Most of what a program can be broken by stands at its beginning.
        data[(place if place % 2 else place % 400) % len(data)] = value
    stream.set_data(bytes(data[:cut]) if cut is not None else bytes(data))

    try:
        source = SourceFont(font, 0)
        codes = source.codes(shown_codes)
        for code in codes:
            source.advance(code)
        built = source.build(codes)
    except NotRebuildable:
        return
    if codes:
        require_rebuilt(one_page(built, shows(shown_codes)))
