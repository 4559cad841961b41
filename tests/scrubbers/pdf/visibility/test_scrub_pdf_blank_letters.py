"""Letters without ink between others: they spell nothing in the clean copy, not even in the bytes of its pages."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

import pypdf
import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document
from files.scrub_harness import clean_all
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from trusted.jail.protocol import Role

HIDDEN = "SVARTLISTAD"
LETTERS = sorted(set(HIDDEN))
SIMPLE = b"".join(letter.encode() for letter in ("H", *HIDDEN, " ", "H"))


def bars() -> TTGlyphPen:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in (
        (0, 700), (200, 700), (200, 450), (400, 450), (400, 700), (600, 700), (600, 0), (400, 0), (400, 250),
        (200, 250), (200, 0),
    ):  # fmt: skip
        pen.lineTo(corner)
    pen.closePath()
    return pen


def program(width: int) -> bytes:
    """A font with an H; the other letters have nothing but this width."""
    names = {ord(letter): f"g{letter}" for letter in LETTERS} | {32: "space"}
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder([".notdef", "gH", *names.values()])
    builder.setupCharacterMap({ord("H"): "gH", **names})
    blank = dict.fromkeys((".notdef", *names.values()), TTGlyphPen(None).glyph())
    builder.setupGlyf({**blank, "gH": bars().glyph()})
    builder.setupHorizontalMetrics({**dict.fromkeys(blank, (width, 0)), "gH": (700, 0)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    made = io.BytesIO()
    builder.save(made)
    return made.getvalue()


def text_map(made: Pdf, texts: dict[bytes, str]) -> bytes:
    lines = b"".join(b"<%s> <%s>" % (c.hex().encode(), t.encode("utf-16-be").hex().encode()) for c, t in texts.items())
    return b"/ToUnicode " + made.new_stream(b"%d beginbfchar %s endbfchar" % (len(texts), lines))


def simple(width: int, called: Callable[[str], str] | None) -> bytes:
    made = Pdf()
    widths = b" ".join(b"%d" % (700 if code == ord("H") else width) for code in range(32, 91))
    texts = {letter.encode(): called(letter) for letter in LETTERS} if called is not None else {}
    descriptor = b"<</Type/FontDescriptor/FontName/X/Flags 32/FontBBox[0 0 1000 1000]/FontFile2 %s>>"
    font = b"/F9<</Type/Font/Subtype/TrueType/BaseFont/X/FirstChar 32/LastChar 90/Widths[%s]/Encoding/WinAnsiEncoding%s"
    font %= widths, text_map(made, {b"H": "H"} | texts)
    font += b"/FontDescriptor %s>>" % (descriptor % made.new_stream(program(width)))
    return document(made, b"BT /F9 20 Tf 20 200 Td (%s) Tj ET" % SIMPLE, resources=b"/Font<<%s>>" % font)


def composite(width: int, called: Callable[[str], str]) -> bytes:
    made = Pdf()
    codes = {letter: letter.encode("utf-16-be") for letter in ("H", *LETTERS, " ")}
    glyphs = bytearray(2 * 128)
    for glyph, letter in enumerate(codes, 1):
        glyphs[2 * ord(letter) + 1] = glyph
    texts = {code: "H" if letter == "H" else called(letter) for letter, code in codes.items()} | {b"\0 ": " "}
    descendant = (
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/DW %d/W[72[700]]/CIDToGIDMap %s/FontDescriptor"
        b"<</Type/FontDescriptor/FontName/X/Flags 4/FontBBox[0 0 1000 1000]/FontFile2 %s>>>>"
    ) % (width, made.new_stream(bytes(glyphs)), made.new_stream(program(width)))
    font = b"/F9<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[%s]%s>>"
    font %= made.new(descendant), text_map(made, texts)
    shown = SIMPLE.decode().encode("utf-16-be").hex().encode()
    return document(made, b"BT /F9 20 Tf 20 200 Td <%s> Tj ET" % shown, resources=b"/Font<<%s>>" % font)


DOCUMENTS = {
    "without width": simple(0, None),
    "with a width": simple(100, None),
    "called what they are": simple(0, lambda letter: letter),
    "called spaces": simple(50, lambda _letter: " "),
    "called two spaces": simple(50, lambda _letter: "  "),
    "of two bytes": composite(0, lambda letter: letter),
    "of two bytes, called spaces": composite(50, lambda _letter: " "),
}


@pytest.fixture(scope="module")
def cleaned():
    results = asyncio.run(clean_all(list(DOCUMENTS.values()), [Role.DOCUMENTS]))
    return {name: (content, report) for name, (_, content, _, report) in zip(DOCUMENTS, results, strict=True)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_letters_without_ink_spell_nothing_and_what_is_seen_stays_where_it_was(cleaned, name) -> None:
    content, report = cleaned[name]

    (page,) = pypdf.PdfReader(io.BytesIO(content)).pages
    said = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    shown = page.get_contents().get_data().replace(b"\0", b"")

    assert "".join(said.split()) == "HH"
    assert not any(HIDDEN[at : at + 2].encode() in shown for at in range(len(HIDDEN) - 1))
    assert report.lost == ()
    assert places(content) == places(DOCUMENTS[name])


def places(content: bytes) -> list[int]:
    """Where columns of the page are inked."""
    pixels = pypdfium2.PdfDocument(content)[0].render(scale=2).to_pil().convert("L").point(lambda value: value < 128)
    return list(pixels.getprojection()[0])
