"""Documents made to carry something past the eye: nobody sees it on the page, and it is not in the clean copy."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator

import pypdf
import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from documents.rebuilt import streams_of
from files.scrub_harness import became_pictures, clean_all
from markers.search_pixels import as_cells, pixels
from PIL import Image, ImageOps
from pypdf.generic import StreamObject
from reportlab.pdfbase import pdfmetrics

from trusted.jail.protocol import Role
from trusted.jail.stages import Lost, Removed, What, Where

MARKER = b"KmkSVARTLISTAD"
CELLS = as_cells(MARKER, 72)
SEEN = line(b"(Syns)", 20, 380)
FONTS = b"/Font<</F0 6 0 R%s>>"
DRAWN = b"q %s 360 0 0 72 20 200 cm /I Do Q"
DRAWN_WHOLE = b"q 400 0 0 400 0 0 cm /I Do Q "
WHITE = Image.new("L", (1, 1), 255)


def picture(made: Pdf, cells: Image.Image = CELLS, more: bytes = b"/ColorSpace/DeviceGray/BitsPerComponent 8") -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d%s" % (*cells.size, more)
    return made.new_stream(cells.tobytes(), entries)


def masked(made: Pdf, colour: Image.Image, alpha: Image.Image) -> bytes:
    return picture(made, colour, b"/ColorSpace/DeviceGray/BitsPerComponent 8/SMask %s" % picture(made, alpha))


def with_picture(name: Callable[[Pdf], bytes], contents: bytes = SEEN + DRAWN % b"") -> bytes:
    made = Pdf()
    return document(made, contents, resources=FONTS % b"" + b"/XObject<</I %s>>" % name(made))


def stencil(made: Pdf) -> bytes:
    return picture(made, CELLS.convert("1"), b"/ImageMask true/BitsPerComponent 1")


def in_a_pattern(cell: bytes, painted: bytes) -> bytes:
    made = Pdf()
    entries = (
        b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 448 72]/XStep 448/YStep 72/Resources<</XObject<</I %s>>>>"
    )
    pattern = made.new_stream(cell, entries % picture(made))
    contents = SEEN + b"q /Pattern cs /P scn %s Q" % painted
    return document(made, contents, resources=FONTS % b"" + b"/Pattern<</P %s>>" % pattern)


def in_a_glyph(procedure: bytes) -> bytes:
    made = Pdf()
    glyph = made.new_stream(b"1000 0 d0 " + procedure)
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar 65"
        b"/Widths[1000]/CharProcs<</a %s>>/Encoding<</Differences[65/a]>>/Resources<</XObject<</I %s>>>>>>"
        % (glyph, picture(made))
    )
    return document(made, SEEN + b"BT /F3 100 Tf 20 200 Td (A) Tj ET", resources=FONTS % (b"/F3 " + font))


def in_a_mask() -> bytes:
    made = Pdf()
    group = made.new_stream(
        b"1 g 0 0 400 400 re f q 0 0 1 1 re W n 360 0 0 72 20 200 cm /I Do Q",
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>"
        b"/Resources<</XObject<</I %s>>>>" % picture(made),
    )
    states = b"/ExtGState<</G<</SMask<</S/Luminosity/G %s>>>>>>" % group
    return document(made, SEEN + b"q /G gs 1 0 0 rg 20 20 99 99 re f Q", resources=FONTS % b"" + states)


def under_a_bar_on_a_scan(name: int) -> bytes:
    """A scan that fills the page, with so many letters on it in the size of a name, and a bar over those."""
    scan = Image.new("L", (1600, 1600), 250)
    cells = as_cells(MARKER[:name], 16)
    scan.paste(cells, (200, 200))
    bar = DRAWN_WHOLE + b"0 g 47 342 %d 12 re f" % (cells.width / 4 + 6)
    return with_picture(lambda made: picture(made, scan), SEEN + bar)


PICTURES = {
    "alone and as small as a speck": with_picture(picture, b"q 0.02 0 0 0.02 20 200 cm /I Do Q"),
    "through an alpha of one": with_picture(lambda made: masked(made, CELLS, Image.new("L", (1, 1), 1))),
    "in the alpha of white on paper": with_picture(lambda made: masked(made, WHITE, CELLS)),
    "a stencil of white on paper": with_picture(stencil, SEEN + DRAWN % b"1 g"),
    "nothing but a stencil of white": with_picture(stencil, DRAWN % b"1 g"),
    "in a pattern of which a corner is painted": in_a_pattern(
        b"448 0 0 72 0 0 cm /I Do", b"444 70 2 2 re f 0 70 4 2 re f"
    ),
    "covered in a pattern": in_a_pattern(b"q 448 0 0 72 0 0 cm /I Do Q 0 0 448 72 re f", b"20 100 300 200 re f"),
    "clipped in a pattern": in_a_pattern(
        b"q 0 0 2 2 re W n 448 0 0 72 0 0 cm /I Do Q 9 9 20 20 re f", b"20 100 300 200 re f"
    ),
    "clipped in a glyph": in_a_glyph(b"q 0 0 5 5 re W n 1000 0 0 250 0 0 cm /I Do Q 0 300 500 500 re f"),
    "covered in a glyph": in_a_glyph(b"q 1000 0 0 250 0 0 cm /I Do Q 0 0 1000 500 re f"),
    "clipped in a soft mask": in_a_mask(),
    "under a small bar on a scan": under_a_bar_on_a_scan(7),
}


def saying(texts: dict[int, str], shown: bytes) -> bytes:
    made = Pdf()
    lines = b"\n".join(b"<%02x> <%s>" % (code, text.encode("utf-16-be").hex().encode()) for code, text in texts.items())
    said = made.new_stream(
        b"1 begincodespacerange <00> <ff> endcodespacerange\n%d beginbfchar\n%s\nendbfchar\n" % (len(texts), lines)
    )
    font = b"/F3<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode %s>>" % said
    return document(made, SEEN + b"BT /F3 20 Tf 20 200 Td %s Tj ET" % shown, resources=FONTS % font)


DINGBATS = b"/F3<</Type/Font/Subtype/Type1/BaseFont/ZapfDingbats>>"
TEXTS = {
    "what spaces are called": saying({32: "SVART", 160: "LISTAD"}, b"(A B\\240C)"),
    "small and slanted": document(
        Pdf(), SEEN + b"BT /F0 .2 Tf .7071 .7071 -.7071 .7071 50 50 Tm (%s) Tj ET" % (b"SVARTLISTAD" * 20)
    ),
    "under squares of the same text": document(
        Pdf(), SEEN + b"BT /F3 30 Tf 20 200 Td [(SVART) 3800 (nnnnnnn)] TJ ET", resources=FONTS % DINGBATS
    ),
}

SQUEEZED = {
    "squeezed by the matrix": b"BT /F0 12 Tf .001 0 0 1 72 200 Tm (SVARTLISTAD) Tj ET",
    "squeezed by its scale": b"BT /F0 12 Tf 1 Tz 72 200 Td (SVARTLISTAD) Tj ET",
    "squeezed by the page": b"q .05 0 0 1 0 0 cm BT /F0 12 Tf 72 200 Td (SVARTLISTAD) Tj ET Q",
    "squeezed and turned": b"BT /F0 12 Tf 0 .01 -1 0 72 200 Tm (SVARTLISTAD) Tj ET",
    "squeezed flat": b"BT /F0 12 Tf 1 0 0 .01 72 200 Tm (SVARTLISTAD) Tj ET",
}
TEXTS |= {name: document(Pdf(), SEEN + contents) for name, contents in SQUEEZED.items()}


def drawn_font(glyphs: dict[str, bytes]) -> bytes:
    """A page in a Type 3 font with these glyphs, the first of them shown on both sides of the others."""
    made = Pdf()
    procedures = b"".join(
        b"/g%d %s" % (at, made.new_stream(b"1000 0 d0 " + each)) for at, each in enumerate(glyphs.values())
    )
    lines = b"".join(
        b"<%02x> <%s>" % (65 + at, text.encode("utf-16-be").hex().encode()) for at, text in enumerate(glyphs)
    )
    said = made.new_stream(b"9 beginbfchar\n%s\nendbfchar\n" % lines)
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar 67"
        b"/Widths[1000 1000 1000]/CharProcs<<%s>>/Encoding<</Differences[65/g0/g1/g2]>>/Resources<<>>/ToUnicode %s>>"
        % (procedures, said)
    )
    codes = bytes(range(65, 65 + len(glyphs))) + b"A"
    return document(made, SEEN + b"BT /F3 20 Tf 20 200 Td (%s) Tj ET" % codes, resources=FONTS % (b"/F3 " + font))


def under_a_bar(font: bytes, size: int, start: str = "a" * 14, name: str = "SVARTL", ink: bytes = b"") -> bytes:
    """A line of small print with a bar over a word of it."""
    left, right = (20.3 + size * width(font, text) for text in (start, start + name))
    shown = (start + name + start).encode()
    contents = ink + b"BT /F3 %d Tf 20.3 200 Td (%s) Tj ET 0 g %g %g %g %g re f"
    contents %= size, shown, left - 0.1, 200 - size / 4, right - left, 1.1 * size
    resources = FONTS % (b"/F3<</Type/Font/Subtype/Type1/BaseFont/%s/Encoding/WinAnsiEncoding>>" % font)
    return document(Pdf(), SEEN + contents, resources=resources)


def width(font: bytes, text: str) -> float:
    return float(pdfmetrics.stringWidth(text, font.decode(), 1))


SHADING = b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 9 0]/Function<</FunctionType 2/Domain[0 1]/C0[0]/C1[0]/N 1>>/Extend[true true]>>"  # fmt: skip
BLACK_ON_IT = b"0 g " + line(b"(SVARTLISTAD)", 20, 200) + SEEN
TEXTS |= {
    "black on a black line": document(Pdf(), b"1 g 60 w 0 210 m 400 210 l S " + BLACK_ON_IT),
    "black on a box with a black edge": document(Pdf(), b"1 g 60 w 0 200 400 20 re B " + BLACK_ON_IT),
    "black on a black shading": document(
        Pdf(), b"/Pattern cs /P scn 0 150 400 100 re f " + BLACK_ON_IT,
        resources=FONTS % b"" + b"/Pattern<</P<</PatternType 2/Shading %s>>>>" % SHADING,
    ),
    "what white glyphs are called": drawn_font({"A": b"0 0 500 500 re f", "SVART": b"1 g 0 0 500 500 re f"}),
    "what empty glyphs are called": drawn_font({"A": b"0 0 500 500 re f", "SVART": b""}),
    "what specks are called": drawn_font({"A": b"0 0 500 500 re f", "SVART": b"0 0 1 1 re f"}),
}  # fmt: skip
TEXTS |= {
    f"{font.decode()} of {size} points under a bar": under_a_bar(font, size)
    for font in (b"Helvetica", b"Times-Roman", b"Courier")
    for size in (3, 5, 6, 8)
}
TEXTS |= {
    f"pale letters of {size} points under a bar": under_a_bar(b"Helvetica", size, ink=b".7 g ") for size in (5, 6, 8)
}

GRID = b".5 w " + b"".join(b"20 %g m 380 %g l S " % (30 + at * 0.7, 30 + at * 0.7) for at in range(499))
# What a signature is drawn with: a number of its own for each stroke.
STROKES = b"".join(b"%d 371 m %d.125 389 l S " % (at, at + 5) for at in range(150, 260, 6))
LINES = {
    "under a bar beside 499 lines": GRID + STROKES + b"140 365 150 30 re f",
    "under a bar and ten rectangles": STROKES + b"1 g " + b"140 365 150 30 re f " * 10,
    "under two bars on the same place": STROKES + b"140 365 150 30 re f " * 2,
    "off the page beside 499 lines": GRID + b"q 1 0 0 1 0 200 cm " + STROKES + b"Q",
    "outside a clip beside 499 lines": GRID + b"q 0 0 50 50 re W n " + STROKES + b"Q",
    "under veils that cannot be told apart": STROKES + b"/G gs " + b"".join(
        b"%d %d 200 200 re f " % (120 + at % 20, 190 + at // 20) for at in range(500)
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def cleaned():
    accents = document(Pdf(), b"BT /F0 12 Tf 20 200 Td [(Hej) 700 (alla) 700 (barn)] TJ ET")
    veil = FONTS % b"" + b"/ExtGState<</G<</ca .05>>>>"
    drawings = LINES | {"a grid": GRID}
    lines = {name: document(Pdf(), SEEN + contents, resources=veil) for name, contents in drawings.items()}
    narrow = document(Pdf(), b"BT /F0 12 Tf 40 Tz 20 200 Td (SMAL) Tj ET BT /F0 90 Tf 10 Tz 20 250 Td (SMAL) Tj ET")
    documents = {
        "narrow": narrow,
        **PICTURES,
        **TEXTS,
        **lines,
        "seen": with_picture(picture),
        "pen goes back": accents,
    }
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(documents, results, strict=True)}


def pixels_of(content: bytes) -> Iterator[bytes]:
    """What the stored pixels of a document's pictures say, however faint or inverted."""
    reader = pypdf.PdfReader(io.BytesIO(content))
    for number in range(1, reader.trailer["/Size"]):
        found = reader.get_object(number)
        if isinstance(found, StreamObject) and found.get("/Subtype") == "/Image":
            bits, size = found["/BitsPerComponent"], (found["/Width"], found["/Height"])
            if bits == 4:
                continue  # a page's drawing
            mode = "1" if bits == 1 else "L" if found.get("/ColorSpace") == "/DeviceGray" else "RGB"
            grey = ImageOps.autocontrast(Image.frombytes(mode, size, found.get_data()).convert("L"))
            for each in (grey, ImageOps.invert(grey)):
                yield from pixels(each)


def says_the_marker(content: bytes) -> bool:
    return any(MARKER[:6] in said for said in pixels_of(content))


def test_the_search_finds_the_marker_where_it_can_be_seen(cleaned) -> None:
    content, report = cleaned["seen"]

    assert says_the_marker(content)
    assert not became_pictures(report)


@pytest.mark.parametrize("name", PICTURES)
def test_no_pixels_that_nobody_sees_are_in_the_clean_copy(cleaned, name) -> None:
    content, _ = cleaned[name]

    assert not says_the_marker(content)


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_that_nobody_sees_is_in_the_clean_copy(cleaned, name) -> None:
    content, report = cleaned[name]

    said = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()

    assert "SVART" not in said
    assert b"SVART" not in b"".join(streams_of(content))
    assert "Syns" in said or became_pictures(report)


@pytest.mark.parametrize("name", LINES)
def test_no_drawing_that_nobody_sees_is_in_the_clean_copy(cleaned, name) -> None:
    content, report = cleaned[name]

    (page,) = pypdf.PdfReader(io.BytesIO(content)).pages

    assert b".125 389 l" not in page.get_contents().get_data()
    assert became_pictures(report) == ("cannot" in name)


def test_a_grid_of_very_many_lines_keeps_its_text(cleaned) -> None:
    content, report = cleaned["a grid"]

    (page,) = pypdf.PdfReader(io.BytesIO(content)).pages

    assert page.get_contents().get_data().count(b" l\nS\n") == 499
    assert report.lost == ()


@pytest.mark.parametrize("name", SQUEEZED)
def test_what_goes_is_reported_when_its_trace_makes_the_page_a_picture_too(cleaned, name) -> None:
    _, report = cleaned[name]

    assert Removed(What.HIDDEN_TEXT, Where.PAGES, None) in report.removed


def test_narrow_letters_that_can_be_read_stay(cleaned) -> None:
    content, report = cleaned["narrow"]

    assert "SMAL" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert report.removed == ()


def test_of_a_text_whose_letters_may_lie_on_each_other_a_picture_is_kept_and_no_hidden_text_is_reported(
    cleaned,
) -> None:
    _, report = cleaned["pen goes back"]

    assert report.lost == (Lost.SELECTABLE_TEXT,)
    assert report.removed == ()
