"""Fonts of PDFs: whatever sort they are, the clean copy has one, which draws and reads the same and keeps nothing else."""

from __future__ import annotations

import io

import fpdf
import pypdf
import pytest
from documents.font_documents import (
    SYMBOLIC,
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
from documents.pdf_fonts_by_hand import SIZE, cleaned, one_page, shown
from documents.rebuilt import read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markers.search import leftovers
from pypdf.generic import DictionaryObject, StreamObject
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen import canvas

from scrubbers.jailed.pdf.scrub import warm_up, warm_up_fork
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node
from trusted.jail.stages import LettersMissing, Refused

DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"

DOCUMENTS = [
    truetype_winansi, truetype_with_differences, truetype_of_symbols, truetype_without_maps, truetype_by_cid,
    truetype_by_map, cff_by_name, cff_by_its_own_encoding, cff_by_cid, cff_named_by_number, opentype_simple,
    opentype_by_cid, type1_document, type1_in_digits,
]  # fmt: skip
# Nothing in them says what their codes mean.
UNNAMED = [truetype_without_maps, cff_by_cid]
AS_PIXELS = [truetype_from_top_to_bottom, by_own_cmap, type3]


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()
    warm_up_fork()


@pytest.mark.parametrize("make", DOCUMENTS, ids=lambda make: make.__name__)
def test_a_font_of_any_sort_draws_and_reads_the_same_and_keeps_no_marker(make):
    mark = Markers()
    document = make(mark)

    made = cleaned(document)

    before, after = shown(document), shown(made.content)
    assert made.is_rebuilt
    assert before.looks_like(after)
    assert b"/ToUnicode" not in made.content if make in UNNAMED else after.text == before.text
    assert leftovers(made.content, mark) == []
    assert len(leftovers(document, mark)) >= 5, "the search would not find what is planted"
    read(made.content)


@pytest.mark.parametrize("make", AS_PIXELS, ids=lambda make: make.__name__)
def test_a_rare_sort_of_font_becomes_a_picture_that_looks_the_same_and_keeps_no_marker(make):
    mark = Markers()
    document = make(mark)

    made = cleaned(document)

    assert not made.is_rebuilt
    assert shown(document).looks_like(shown(made.content))
    assert leftovers(made.content, mark) == []
    read(made.content)


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

    made = cleaned(document)

    before, after = shown(document), shown(made.content)
    assert made.is_rebuilt
    assert before.looks_like(after)
    assert after.text.split() == before.text.split()


@pytest.mark.parametrize(
    ("name", "as_wide_as"),
    [
        (b"Arial", "Helvetica"),
        (b"ABCDEF+TimesNewRomanPS-BoldMT", "Times-Bold"),
        (b"Kmk7Personal-Italic", "Helvetica"),
        (b"Verdana-Bold", "Helvetica-Bold"),
    ],
)
def test_a_font_that_is_not_in_the_document_is_in_the_clean_copy(name, as_wide_as):
    mark = Markers()
    described = Node({
        b"Type": Name(b"FontDescriptor"), b"FontName": Name(mark("FontName")), b"Flags": 32, b"StemV": 80,
        b"ItalicAngle": 0,
    })  # fmt: skip
    letters = bytes(range(32, 256)).decode("cp1252", "replace")
    wide = [round(pdfmetrics.stringWidth(letter, as_wide_as, 1000)) for letter in letters]
    widths = {"FirstChar": 32, "LastChar": 255, "Widths": wide}
    document = not_embedded(name, FontDescriptor=described, Encoding=Name(b"WinAnsiEncoding"), **widths)

    made = cleaned(document)

    assert made.is_rebuilt
    assert b"CIDFontType0C" in made.content
    assert shown(document).looks_like(shown(made.content))
    assert shown(made.content).text == shown(document).text
    assert leftovers(made.content, mark) == []


def test_the_same_glyphs_of_several_fonts_are_one_font_with_each_glyph_once():
    fonts = [simple(Markers(), b"TrueType", SYMBOLIC, file2(small_truetype())) for _ in range(2)]
    alone = one_page(fonts[0], shows(b"AB"))
    twice = io.BytesIO()
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(alone))
    writer.append(io.BytesIO(one_page(fonts[1], shows(b"BA"))))
    writer.write(twice)

    one, two = cleaned(alone).content, cleaned(twice.getvalue()).content

    assert two.count(b"/Subtype /Type0") == two.count(b"CIDFontType0C") == 1
    assert glyphs_in(two) == glyphs_in(one) == 2


def glyphs_in(content: bytes) -> int:
    font = pypdf.PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"]["/F0"]
    return len(font["/DescendantFonts"][0]["/W"][1])


def test_a_code_of_zero_is_drawn_like_any_other():
    """Where fonts of mathematics have their minus."""
    encoding = {b"Type": Name(b"Encoding"), b"Differences": [0, Name(b"minus"), Name(b"three")]}
    font = {b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"Helvetica"), b"Encoding": encoding}
    document = one_page(font, shows(b"\0\1"))

    made = cleaned(document)

    assert made.is_rebuilt
    assert shown(document).looks_like(shown(made.content))
    assert shown(made.content).text == "\u22123"


def test_letters_that_only_the_readers_computer_has_are_not_left_out_in_silence():
    font = composite(Markers(), b"CIDFontType0", {}, Name(b"UniJIS-UCS2-H"))
    descendant = font[b"DescendantFonts"][0].value
    descendant[b"CIDSystemInfo"] = {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Japan1"), b"Supplement": 2}

    with pytest.raises(LettersMissing):
        cleaned(one_page(font, shows(bytes.fromhex("65e5672c"))))


def test_a_glyph_made_of_others_is_drawn_as_one():
    font = simple(Markers(), b"TrueType", SYMBOLIC, file2(small_truetype()))
    document = one_page(font, shows(b"ABC"))

    made = cleaned(document)

    assert made.is_rebuilt
    assert shown(document).looks_like(shown(made.content))


@pytest.mark.parametrize(("gap", "text"), [(b"-278", "A B"), (b"-60", "AB"), (b"120", "AB")])
def test_a_gap_as_wide_as_a_space_is_one_whatever_the_document_had_there(gap, text):
    font = {b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"Helvetica")}
    contents = b"BT\n/F0 24 Tf\n10 50 Td\n[(A) %s (B)] TJ\nET\n" % gap

    made = cleaned(one_page(font, contents))

    assert made.is_rebuilt
    assert pypdf.PdfReader(io.BytesIO(made.content)).pages[0].extract_text() == text


MUTATED = [truetype_winansi, truetype_by_cid, cff_by_name, cff_by_cid, opentype_simple, type1_document]
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
)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_whatever_bytes_a_font_is_made_of_the_document_is_clean_or_refused(name, which, changes, cut):
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(PLAIN[name]))
    streams = streams_of(writer.pages[0]["/Resources"]["/Font"]["/F0"])
    stream = streams[which % len(streams)]
    data = bytearray(stream.get_data())
    for place, value in changes:
        # Most of what a program can be broken by stands at its beginning.
        data[(place if place % 2 else place % 400) % len(data)] = value
    stream.set_data(bytes(data[:cut]) if cut is not None else bytes(data))
    output = io.BytesIO()
    writer.write(output)

    try:
        made = cleaned(output.getvalue())
    except Refused:
        return
    read(made.content)
