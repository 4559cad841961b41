"""Words of pages that only a picture can show stay words: at least 98 of a hundred."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from documents.font_documents import SYMBOLIC, composite, file2, numbered, shows, simple
from documents.font_programs import Markers, truetype
from documents.pdf_by_hand import HELVETICA, Pdf
from documents.pdf_fonts_by_hand import cleaned, one_page
from PIL import Image, ImageDraw, ImageFont

from scrubbers.jailed.pdf.fonts.shipped import REGULAR, content
from scrubbers.jailed.pdf.syntax.writer import Name

WORDS = [f"ord{number}" for number in range(60)]
AS_PIXELS = b" BT 4 Tr ET"
# The codes that fonts of TeX in pixels have for letters.
LETTERS = {"o": 0x6F, "r": 0x72, "d": 0x64, "\ufb01": 0x1C, "n": 0x6E, "s": 0x73}


def inherited(annotation: bytes, resources: bytes = b"") -> bytes:
    """As xdvipdfmx writes them: the page's box, and its resources, stand at the node above it."""
    made = Pdf()
    lines = b"".join(b"1 0 0 1 %d %d Tm (%s) Tj " % (20 + 90 * (at % 8), 20 + 24 * (at // 8), word.encode())
                     for at, word in enumerate(WORDS))  # fmt: skip
    contents = made.new_stream(b"BT /F0 12 Tf " + lines + b"ET" + AS_PIXELS)
    note = made.new(annotation % made.new_stream(b"0 g 0 0 5 5 re f", b"/Subtype/Form/BBox[0 0 9 9]"))
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 842 1191]%s>>" % (resources or RESOURCES))
    own = b"" if resources == b"" else RESOURCES
    made.add(3, b"<</Type/Page/Parent 2 0 R/Contents %s/Annots[%s]%s>>" % (contents, note, own))
    made.add(6, HELVETICA)
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


RESOURCES = b"/Resources<</Font<</F0 6 0 R>>>>"
LINK = b"<</Type/Annot/Subtype/Link/Rect[20 20 60 40]/Border[0 0 0]/Unused %s>>"
STAMP = b"<</Type/Annot/Subtype/Stamp/Rect[700 1100 709 1109]/AP<</N %s>>>>"


def words_of(clean: bytes) -> list[str]:
    return str(pypdfium2.PdfDocument(clean)[0].get_textpage().get_text_range()).split()


@pytest.mark.parametrize("annotation", [LINK, STAMP], ids=["link", "stamp"])
@pytest.mark.parametrize("resources", [b"", b"/Rotate 0"], ids=["all inherited", "box inherited"])
def test_words_of_a_page_with_an_annotation_that_inherits_its_box(annotation, resources):
    made = cleaned(inherited(annotation, resources))

    assert not made.is_rebuilt
    assert sorted(words_of(made.content)) == sorted(WORDS)
    assert pypdfium2.PdfDocument(made.content)[0].get_size() == (842, 1191)


def pixels_of(letter: str) -> bytes:
    """Squares that draw a letter, as fonts of TeX in pixels have them, 32 to its size, and the box they are in."""
    font = ImageFont.truetype(io.BytesIO(content(REGULAR)), 32)
    drawn = Image.new("L", (32, 48))
    ImageDraw.Draw(drawn).text((0, 32), letter, 255, font, anchor="ls")
    inked = ((x, y) for y in range(48) for x in range(32) if drawn.getpixel((x, y)) >= 128)
    squares = b" ".join(b"%d %d 1 1 re" % (x, 31 - y) for x, y in inked)
    left, top, right, bottom = drawn.point(lambda shade: shade >= 128 and 255).getbbox()
    return b"26 0 %d %d %d %d d1 %s f" % (left, 32 - bottom, right, 32 - top, squares)


def drawn_letters(name: bytes) -> bytes:
    """A page in a font whose glyphs are drawn as pages are; `name`: what its glyphs are called, with the code in it."""
    made = Pdf()
    procedures, names, widths = b"", b"", [0] * 256
    for letter, code in LETTERS.items():
        called = name % code
        procedures += b" /%s %s" % (called, made.new_stream(pixels_of(letter)))
        names += b" %d/%s" % (code, called)
        widths[code] = 26
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 -8 26 32]/FontMatrix[.03125 0 0 .03125 0 0]/FirstChar 0/LastChar 255"
        b"/Widths[%s]/Encoding<</Type/Encoding/Differences[%s]>>/CharProcs<<%s>>/Resources<<>>>>"
        % (b" ".join(b"%d" % width for width in widths), names, procedures)
    )
    said = "ord fin sno".replace("fi", "\ufb01").split(" ")
    lines = b"".join(
        b"1 0 0 1 %d 300 Tm <%s> Tj " % (20 + 100 * at, bytes(LETTERS[letter] for letter in word).hex().encode())
        for at, word in enumerate(said)
    )
    contents = made.new_stream(b"BT /F0 24 Tf " + lines + b"ET")
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    entries = b"/MediaBox[0 0 400 400]/Contents %s/Resources<</Font<</F0 %s>>>>" % (contents, font)
    made.add(3, b"<</Type/Page/Parent 2 0 R%s>>" % entries)
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def test_words_in_fonts_drawn_by_pages_that_call_their_glyphs_by_their_codes():
    made = cleaned(drawn_letters(b"a%d"))

    assert not made.is_rebuilt
    assert words_of(made.content) == ["ord", "fin", "sno"]


@pytest.mark.parametrize("name", [b"g%d", b"a%03d", b"a1%d"])
def test_no_words_in_fonts_drawn_by_pages_whose_names_say_something_else(name):
    made = cleaned(drawn_letters(name))

    assert words_of(made.content) == []


WITHOUT_MAPS = ("head", "hhea", "maxp", "hmtx", "loca", "glyf")


def by_glyphs(mark: Markers) -> bytes:
    font = composite(mark, b"CIDFontType2", file2(truetype(mark)), Name(b"Identity-H"), CIDToGIDMap=Name(b"Identity"))
    del font[b"ToUnicode"]
    return one_page(font, numbered([ord(letter) for letter in "KANARI"]) + b"BT 4 Tr ET")


def without_maps(mark: Markers) -> bytes:
    font = simple(mark, b"TrueType", SYMBOLIC, file2(truetype(mark, keep=WITHOUT_MAPS)))
    return one_page(font, shows(b"KANARI") + b"BT 4 Tr ET")


@pytest.mark.parametrize("make", [by_glyphs, without_maps], ids=lambda make: make.__name__)
def test_no_words_in_fonts_with_a_program_whose_codes_are_numbers_of_glyphs(make):
    made = cleaned(make(Markers()))

    assert not made.is_rebuilt
    assert words_of(made.content) == []


def test_no_words_in_fonts_drawn_by_pages_where_one_cannot_be_read():
    source = drawn_letters(b"a%d").replace(b"/Resources<</Font<<", b"/Resources<</Font<</Odd[/Type3]")

    made = cleaned(source)

    assert words_of(made.content) == []
