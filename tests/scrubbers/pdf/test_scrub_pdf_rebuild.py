"""A PDF's pages rebuilt: what its contents become, step by step, and what a whole document becomes in the jail."""

from __future__ import annotations

import asyncio
import io
import re
import zlib

import pypdfium2
import pytest
from documents import pdf_by_hand
from documents.pdf_by_hand import Pdf
from files.scrub_harness import clean_all
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.content.display_list import Names, Show, Step, TextBegun
from scrubbers.jailed.pdf.content.emitter import emit
from scrubbers.jailed.pdf.content.interpreter import Interpreter
from scrubbers.jailed.pdf.content.scene import AS_IT_IS, items_of
from scrubbers.jailed.pdf.fonts.document_font import DocumentFont
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.syntax.lexer import operations
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Writer, number
from scrubbers.spawn import spawn_zygote
from trusted.jail.protocol import Role
from trusted.jail.stages import Kind, LettersMissing, Lost, What

SENTENCE = "Kommunens inköp gjordes utan upphandling. "


TEXT = b"BT\n/F0 10 Tf\n1 0 0 1 0 0 Tm\n"


def said(contents: bytes) -> bytes:
    """What becomes of contents that need no resources."""
    return emitted(Interpreter(None, DictionaryObject()).read(contents))


def emitted(steps: list[Step]) -> bytes:
    items, _ = items_of(steps, AS_IT_IS)
    return emit(items, (600, 800), Names(), DocumentFont(Node(late=True)), joins=True)[0]


def shown(count: int, seen: list[bool] | None = None) -> bytes:
    """What becomes of so many glyphs, each half as wide as the font's size; codes are given in their order."""
    glyphs = [Glyph(code, 500, ((21, code, 0), (5, 9, 9))) for code in range(count)]
    return emitted([TextBegun(), Show(10, 0, [Run(glyphs)], [0.0, 0.0], seen)])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b"1", b"1"),
        (b".5", b"0.5"),
        (b"00.50", b"0.5"),
        (b"-0", b"0"),
        (b"+3", b"3"),
        (b"--5", b"-5"),
        (b"1.2.3", b"1.2"),
    ],
)
def test_a_number_has_one_form(written, meant):
    [(operator, operands)] = operations(written + b" w")

    assert (operator, operands) == (b"w", [meant])


def test_strings_are_read_with_brackets_escapes_and_digits():
    [(_, [text])] = operations(rb"[(a(b)\)\101\n)-20<4 14>]TJ")

    assert text == [b"a(b))A\n", b"-20", b"A@"]


@given(st.lists(st.sampled_from((rb"(\)\\a)", rb"(b\r\q)", b"-2.5", b"<41>", b"()", b"(\\\n)", rb"(\101)", b"(a(b))"))))
def test_kerned_text_is_read_in_one_piece_as_it_is_part_by_part(parts):
    line = b" ".join(parts)

    assert [*operations(b"[%s] TJ" % line)] == [*operations(b"[%%\n%s] TJ" % line)]


def test_an_inline_picture_ends_where_contents_go_on():
    (name, (entries, data)), after = operations(b"BI /W 1 /H 1 ID \x00 EI\xff\xfe EI Q")

    assert (name, entries, data) == (b"BI", {b"W": b"1", b"H": b"1"}, b"\x00 EI\xff\xfe")
    assert after == (b"Q", [])


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_any_bytes_are_operators_or_cannot_be_rebuilt(untrusted):
    try:
        for operator, operands in operations(untrusted):
            assert isinstance(operator, bytes)
            assert isinstance(operands, list)
    except NotRebuildable:
        pass


def test_comments_marked_content_and_unknown_operators_are_not_said():
    assert (
        said(b"% Anna\n/Artifact <</ActualText (Anna)>> BDC 0 0 5 5 re f EMC 1 Anna /P (x) DP BX 7 zz EX")
        == b"0 0 5 5 re\nf\n"
    )


def test_states_are_said_when_something_is_painted_and_only_once():
    assert said(b"1 w 2 w 0 0 m 9 9 l S 2 w 1 1 m 8 8 l S 7 w") == b"2 w\n0 0 m\n9 9 l\nS\n1 1 m\n8 8 l\nS\n"


def test_what_is_saved_and_paints_nothing_is_not_said():
    assert said(b"q 1 0 0 1 5 5 cm 0 0 9 9 re W n Q 0 0 m 1 1 l n 0 0 5 5 re f") == b"0 0 5 5 re\nf\n"


def test_a_clip_stays_for_what_it_cuts():
    assert said(b"q 0 0 9 9 re W n 0 0 5 5 re f Q 0 0 7 7 re f") == b"0 0 5 5 re\nf\n0 0 7 7 re\nf\n"
    assert said(b"q 0 0 3 3 re W n 0 0 5 5 re f Q") == b"q\n0 0 3 3 re\nW\nn\n0 0 5 5 re\nf\nQ\n"


def test_a_hidden_letter_leaves_its_width_and_nothing_else():
    assert shown(3, [True, False, True]) == TEXT + b"(\0\1\0\2\0\3) Tj\nET\n"


def test_hidden_text_at_the_end_of_a_line_leaves_nothing():
    assert shown(3, [True, False, False]) == TEXT + b"(\0\1) Tj\nET\n"
    assert shown(3, [False, False, False]) == b""


def test_a_line_end_in_a_string_is_escaped_so_that_an_operator_stays_a_line():
    text = shown(41)

    assert text.count(b"\n") == 5
    assert [text.count(each) for each in (b"\\n", b"\\r", b"\\(", b"\\)")] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "contents",
    [
        b"20 20 50 30 re f",
        b"70 50 -50 -30 re f",
        b"20 20 m 70 20 l 70 50 l 20 50 l h f*",
        b"20 20 m 70 20 l 70 50 l 20 50 l f",
        b"q 2 0 0 2 10 10 cm 5 5 25 15 re f Q",
        b"q 0 1 -1 0 70 20 cm 0 0 30 50 re F Q",
        b"0 0 600 800 re W n q 9 w 20 20 50 30 re f Q",
        b"20.0001 19.9999 50 30 re f",
    ],
)
def test_there_is_one_way_to_paint_a_box(contents):
    assert said(contents) == b"20 20 50 30 re\nf\n"


@pytest.mark.parametrize("parts", [[b"AB"], [b"A", b"B"]])
def test_a_line_of_text_is_one_however_it_was_shown(parts):
    glyphs = {code: Glyph(code, 500, ((21, code, 0), (5, 9, 9))) for code in b"AB"}
    shows = [Show(10, 0, [Run(glyphs[code] for code in part)], [0.0, 0.0]) for part in parts]

    assert emitted([TextBegun(), *shows]) == TEXT + b"(\0\1\0\2) Tj\nET\n"


@pytest.mark.parametrize("contents", [b"BT 4 Tr ET", b"BT 6 Tr ET", b"BT /F0 12 Tf 7 Tr (a) Tj ET"])
def test_text_that_clips_cannot_be_rebuilt(contents):
    with pytest.raises(NotRebuildable):
        said(contents)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e12, 10**12])
def test_a_number_that_no_page_needs_cannot_be_written(value):
    with pytest.raises(NotRebuildable):
        number(value)


def test_a_file_is_written_in_the_order_of_first_use_and_says_nothing_else():
    made = io.BytesIO()
    leaf = Node(Stream({b"Kind": Name(b"Leaf")}, b"data"))
    Writer(made).finish(Node({b"Type": Name(b"Catalog"), b"A": leaf, b"B": leaf}))

    assert made.getvalue().startswith(
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<</Type /Catalog/A 2 0 R/B 2 0 R>>\nendobj\n2 0 obj\n"
    )
    assert made.getvalue().count(b" 0 obj") == 2


def report(pages: int = 60, **keys: object) -> bytes:
    made = FPDF()
    made.set_font("helvetica", size=11)
    for page in range(pages):
        made.add_page()
        made.multi_cell(0, 6, f"{page}. " + SENTENCE * 40)
    for key, value in keys.items():
        getattr(made, key)(value)
    return bytes(made.output())


def words(content: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(content)
    return [word for page in document for word in re.findall(r"\w+", page.get_textpage().get_text_bounded())]


@pytest.fixture(scope="module")
def cleaned():
    """Documents after their way through the jail."""
    restricted = FPDF()
    restricted.set_font("helvetica", size=11)
    restricted.set_encryption(owner_password="Anna", permissions=0)
    restricted.add_page()
    restricted.multi_cell(0, 6, SENTENCE * 5)
    clipping = report(2).replace(b"", b"")
    clipping = re.sub(rb"stream\n(.*?)\nendstream", _with_clipping_text, clipping, count=1, flags=re.DOTALL)
    sources = {"report": report(), "again": report(), "restricted": bytes(restricted.output()), "clipping": clipping}
    return dict(
        zip(sources, zip(sources.values(), asyncio.run(clean_all(list(sources.values()))), strict=True), strict=True)
    )


def _with_clipping_text(found: re.Match[bytes]) -> bytes:
    """The page's stream with a text mode that clips; the table of contents is mended by every reader."""
    contents = zlib.decompress(found[1]) + b"\nBT 4 Tr ET"
    return b"stream\n%s\nendstream" % zlib.compress(contents)


def test_a_report_keeps_every_word_and_is_no_larger_but_for_the_font_that_it_lacked(cleaned):
    source, (kind, content, _, outcome) = cleaned["report"]

    assert kind is Kind.PDF
    assert words(content) == words(source)
    assert len(content) <= len(source) + 10 * 2**10
    assert outcome.lost == ()


def test_the_same_document_gives_the_same_bytes(cleaned):
    assert cleaned["report"][1][1] == cleaned["again"][1][1]


def test_a_document_that_only_restricts_its_readers_keeps_its_words(cleaned):
    _, (_, content, _, _) = cleaned["restricted"]

    assert words(content) == re.findall(r"\w+", SENTENCE * 5)


def test_a_page_that_cannot_be_said_anew_is_a_picture_and_the_next_keeps_its_text(cleaned):
    _, (_, content, _, outcome) = cleaned["clipping"]
    first, second = pypdfium2.PdfDocument(content)

    assert next(iter(first.get_objects())).type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    assert "upphandling" in first.get_textpage().get_text_bounded()
    assert "upphandling" in second.get_textpage().get_text_bounded()
    assert outcome.lost == (Lost.SHARPNESS,)


def test_hidden_text_is_reported_in_kind(cleaned):
    made = FPDF()
    made.set_font("helvetica", size=11)
    made.add_page()
    made.text(20, 20, "Synlig")
    made.set_text_color(255)
    made.text(20, 40, "Dold")

    [(_, content, _, outcome)] = asyncio.run(clean_all([bytes(made.output())]))

    assert words(content) == ["Synlig"]
    assert What.HIDDEN_TEXT in {found.what for found in outcome.removed}


def test_the_searchable_layer_of_a_scan_is_reported():
    made = FPDF()
    made.set_font("helvetica", size=11)
    made.add_page()
    made.set_text_shaping(use_shaping_engine=False)
    with made.local_context(text_mode="INVISIBLE"):
        made.text(20, 20, "Anna")
    made.text(20, 40, "Synlig")

    [(_, content, _, outcome)] = asyncio.run(clean_all([bytes(made.output())]))

    assert words(content) == ["Synlig"]
    assert What.HIDDEN_TEXT in {found.what for found in outcome.removed}


def test_a_drawing_under_a_box_is_gone_and_the_box_stays():
    made = FPDF(unit="pt")
    made.add_page()
    made.curve((111, 111), (222, 333), (333, 222)) if hasattr(made, "curve") else made.line(111, 111, 222, 222)
    made.set_fill_color(0)
    made.rect(90, 90, 300, 300, style="F")
    made.line(400, 400, 500, 500)

    [(_, content, _, _)] = asyncio.run(clean_all([bytes(made.output())]))

    kinds = [thing.type for thing in pypdfium2.PdfDocument(content)[0].get_objects()]
    assert len(kinds) == 2


def test_text_in_a_font_that_only_the_readers_computer_may_have_is_not_lost_without_a_word():
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen import canvas

    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    made = io.BytesIO()
    page = canvas.Canvas(made)
    page.setFont("HeiseiMin-W3", 12)
    page.drawString(50, 700, "\u65e5\u672c\u8a9e")
    page.save()

    with pytest.raises(LettersMissing):
        asyncio.run(clean_all([made.getvalue()]))


def left_to_the_reader(encoding: bytes) -> bytes:
    """A Chinese font that is not in the document."""
    info = b"/CIDSystemInfo<</Registry(Adobe)/Ordering(CNS1)/Supplement 0>>"
    descriptor = b"/FontDescriptor<</Type/FontDescriptor/FontName/MSung/Flags 4/FontBBox[0 0 1000 1000]>>"
    below = b"<</Type/Font/Subtype/CIDFontType0/BaseFont/MSung%s%s>>" % (info, descriptor)
    return b"<</Type/Font/Subtype/Type0/BaseFont/MSung/Encoding/%s/DescendantFonts[%s]>>" % (encoding, below)


def in_a_font_left_to_the_reader(contents: bytes, encoding: bytes = b"UniCNS-UCS2-H") -> bytes:
    """A page with Helvetica as F0 and that font as F1."""
    resources = b"/Font<</F0 6 0 R/F1 %s>>" % left_to_the_reader(encoding)
    return pdf_by_hand.document(Pdf(), contents, resources=resources)


@pytest.mark.parametrize(
    ("shown", "encoding"),
    [
        (b"3 Tr <4e2d6587> Tj", b"UniCNS-UCS2-H"),
        (b"<0020> Tj <3000> Tj", b"UniCNS-UCS2-H"),
        (b"<0001> Tj", b"Identity-H"),
        (b"() Tj", b"UniCNS-UCS2-H"),
    ],
)
def test_letters_that_nobody_would_see_are_not_missed(shown, encoding):
    contents = b"BT /F0 12 Tf 20 380 Td (Hej) Tj /F1 12 Tf %s 0 Tr /F0 12 Tf (alla) Tj ET" % shown

    [(_, content, _, report)] = asyncio.run(clean_all([in_a_font_left_to_the_reader(contents, encoding)]))

    assert "alla" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert any(each.what is What.HIDDEN_TEXT for each in report.removed) == (b"3 Tr" in shown)
    assert b"MSung" not in content


@pytest.mark.parametrize(
    "shown",
    [
        b"<00204e2d> Tj",
        b"3 Tr <4e2d> Tj 0 Tr <4e2d> Tj",
        b"<4e2d> Tj 3 Tr <4e2d> Tj",
        b"7 Tr <4e2d> Tj",
        b"/Unknown sh <4e2d> Tj",
        b"3 Tr <4e> Tj 0 Tr <4e2d> Tj",
    ],
)
def test_letters_that_somebody_would_see_are_missed_whatever_else_is_on_the_page(shown):
    contents = b"BT /F0 12 Tf 20 380 Td (Hej) Tj /F1 12 Tf %s ET" % shown

    with pytest.raises(LettersMissing):
        asyncio.run(clean_all([in_a_font_left_to_the_reader(contents)]))


@pytest.mark.parametrize("matrix", [b"", b"/Matrix[1 0]"])
def test_letters_in_a_form_that_only_a_page_of_pixels_shows_are_missed(matrix):
    made = Pdf()
    font = left_to_the_reader(b"Identity-H")
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]%s/Resources<</Font<</F1 %s>>>>" % (matrix, font)
    shared = made.new_stream(b"BT /F1 12 Tf 20 300 Td <4e2d> Tj ET", form)
    layer = made.new(b"<</Type/OCG/Name(L)>>")
    resources = b"<</Font<</F0 6 0 R>>/XObject<</X %s>>/Properties<</L %s>>>>" % (shared, layer)
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/OCProperties<</OCGs[%s]/D<</OFF[%s]>>>>>>" % (layer, layer))
    made.add(2, b"<</Type/Pages/Count 2/Kids[3 0 R 7 0 R]>>")
    contents = (
        b"/OC /L BDC /X Do EMC BT /F0 12 Tf 20 380 Td (Hej) Tj ET",
        b"/X Do BT /F0 12 Tf 7 Tr 20 380 Td (Hej) Tj ET",
    )
    for page, said in zip((3, 7), contents, strict=True):
        stream = made.new_stream(said)
        entries = b"/MediaBox[0 0 400 400]/Contents %s/Resources %s" % (stream, resources)
        made.add(page, b"<</Type/Page/Parent 2 0 R%s>>" % entries)
    made.add(6, pdf_by_hand.HELVETICA)
    made.end(b"/Root 1 0 R")

    with pytest.raises(LettersMissing):
        asyncio.run(clean_all([bytes(made.content)]))


def test_no_memory_of_a_zygote_can_be_written_and_executed():
    process, channel = spawn_zygote(Role.DOCUMENTS)
    with channel:
        channel.recv(64)
        with open(f"/proc/{process.pid}/maps") as maps:
            rights = [line.split()[1] for line in maps]
    process.wait(20)

    assert rights
    assert not [each for each in rights if "w" in each and "x" in each]
    assert process.returncode == 0
