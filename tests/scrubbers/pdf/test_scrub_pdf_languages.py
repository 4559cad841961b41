"""Letters of many languages: in the clean copy, drawn and read, or the document is refused; never gone in silence.

The reader is poppler's `pdftotext`. The order in which it says letters from the right is not looked at.
"""

from __future__ import annotations

import contextlib
import io
import subprocess
from collections import Counter
from unicodedata import normalize

import pypdf
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from documents.font_documents import composite, shows
from documents.font_programs import Markers
from documents.pdf_by_hand import HELVETICA, Pdf, document
from documents.pdf_fonts_by_hand import cleaned, one_page, shown
from fontTools.agl import UV2AGL
from PIL import ImageOps
from pypdf.generic import DecodedStreamObject, NameObject
from reportlab.pdfbase import pdfmetrics, ttfonts
from reportlab.pdfgen import canvas

from scrubbers.jailed.pdf.fonts.shipped import REGULAR, content
from scrubbers.jailed.pdf.scrub import warm_up, warm_up_fork
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream
from trusted.jail.stages import LettersMissing, Lost

LANGUAGES = {
    "Polish": "Zażółć gęślą jaźń, Łukasz",
    "North Sami": "Čáhci ŋuoskkui, đŧž ŠŽ",
    "Finnish": "Hyvää yötä, Åbo šakki",
    "Czech": "Příliš žluťoučký kůň úpěl",
    "Turkish": "Pijamalı hasta yağız şoför İ",
    "Greek": "Ξεσκεπάζω την ψυχοφθόρα",
    "Russian": "Съешь же ещё этих булок 12",
    "Arabic": "سلام ﺎﻠﻌﺭﺐ",
}
# What the fonts that PDFium carries have none of.
LENT = sorted(LANGUAGES.keys() - {"Finnish"})


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up()
    warm_up_fork()


def codes_of(text: str) -> dict[str, int]:
    return {letter: 128 + at for at, letter in enumerate(sorted(set(text) - {" "}))} | {" ": 32}


def named(text: str, name: bytes, **more: object) -> dict:
    """A font that is not in the document, whose codes have the names of these letters."""
    names = [Name(UV2AGL.get(ord(letter), f"uni{ord(letter):04X}").encode()) for letter in sorted(set(text) - {" "})]
    encoding = {b"Type": Name(b"Encoding"), b"BaseEncoding": Name(b"WinAnsiEncoding"), b"Differences": [128, *names]}
    font = {b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(name), b"Encoding": encoding}
    return font | {key.encode(): value for key, value in more.items()}


def shown_in(text: str) -> bytes:
    codes = codes_of(text)
    return shows(bytes(codes[letter] for letter in text)).replace(b"24 Tf", b"12 Tf")


def standard(text: str) -> bytes:
    """In Helvetica, whose widths a document need not say."""
    return one_page(named(text, b"Helvetica"), shown_in(text))


def with_widths(text: str, width: int = 520) -> bytes:
    """In a font that only its writer has, with the widths of its letters."""
    described = Node({
        b"Type": Name(b"FontDescriptor"), b"FontName": Name(b"Gill"), b"Flags": 32, b"StemV": 80, b"ItalicAngle": 0,
    })  # fmt: skip
    more = {"FirstChar": 0, "LastChar": 255, "Widths": [width] * 256, "FontDescriptor": described}
    return one_page(named(text, b"Gill", **more) | {b"Subtype": Name(b"TrueType")}, shown_in(text))


def by_its_text_map(text: str) -> bytes:
    """In Times, with names that say nothing: the text map alone says what the codes are."""
    codes = sorted((code, letter) for letter, code in codes_of(text).items())
    lines = b"".join(b"<%02x> <%04x>\n" % (code, ord(letter)) for code, letter in codes)
    said = Node(Stream({}, b"%d beginbfchar\n%sendbfchar\n" % (len(codes), lines)))
    names = [Name(b"x%d" % at) for at in range(len(codes))]
    encoding = {b"Type": Name(b"Encoding"), b"Differences": [128, *names]}
    font = {b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"Times-Bold")}
    return one_page(font | {b"Encoding": encoding, b"ToUnicode": said}, shown_in(text))


def embedded(text: str) -> bytes:
    """As reportlab writes it, with the letters of DejaVu Sans that it needs."""
    pdfmetrics.registerFont(ttfonts.TTFont("Shipped", io.BytesIO(content(REGULAR))))
    made = io.BytesIO()
    page = canvas.Canvas(made, (300, 120))
    page.setFont("Shipped", 12)
    page.drawString(10, 50, text)
    page.save()
    return made.getvalue()


def by_glyphs_of_another(text: str) -> bytes:
    """With the numbers of glyphs in a program that is not in the document, and a text map."""
    codes = sorted((code, letter) for letter, code in codes_of(text).items())
    lines = b"".join(b"<%04x> <%04x>\n" % (code, ord(letter)) for code, letter in codes)
    said = b"%d beginbfchar\n%sendbfchar\n" % (len(codes), lines)
    font = composite(Markers(), b"CIDFontType2", {}, Name(b"Identity-H"), said=said)
    return one_page(font, shows("".join(chr(codes_of(text)[letter]) for letter in text).encode("utf-16-be")))


def letters_read(made: bytes) -> Counter[str]:
    read = subprocess.run(["pdftotext", "-", "-"], input=made, capture_output=True, check=True, timeout=60)
    return Counter(letter for letter in read.stdout.decode() if letter.isalnum())


def letters_drawn(made: bytes) -> Counter[str]:
    """The letters of the first page at whose places there is ink."""
    found: Counter[str] = Counter()
    with contextlib.closing(pypdfium2.PdfDocument(made)) as opened:
        page = opened[0]
        ink, text = page.render(scale=4).to_pil().convert("L"), page.get_textpage()
        for at in range(text.count_chars()):
            left, bottom, right, top = (4 * side for side in text.get_charbox(at))
            box = int(left), int(ink.height - top), max(int(left) + 1, int(right)), int(ink.height - bottom) + 1
            if ink.crop(box).getextrema()[0] < 128:
                found[chr(pdfium.FPDFText_GetUnicode(text, at))] += 1
    return Counter({letter: count for letter, count in found.items() if letter.isalnum()})


def expected(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter.isalnum())


def plain(letters: Counter[str]) -> Counter[str]:
    """Arabic letters are one whatever form they have."""
    return Counter(normalize("NFKC", each) for letter in letters.elements() for each in letter)


@pytest.mark.parametrize("make", [standard, with_widths, embedded], ids=lambda make: make.__name__)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_letter_is_in_the_clean_copy_drawn_and_read(language, make):
    text = LANGUAGES[language]

    made = cleaned(make(text))

    assert made.is_rebuilt
    assert plain(letters_read(made.content)) == plain(expected(text))
    assert plain(letters_drawn(made.content)) == plain(expected(text))
    assert (Lost.LAYOUT in made.findings.lost()) == (make is not embedded and language in LENT)


@pytest.mark.parametrize("make", [standard, with_widths], ids=lambda make: make.__name__)
@pytest.mark.parametrize("language", LENT)
def test_each_letter_is_on_a_page_of_pixels(language, make):
    text = LANGUAGES[language]
    source = make(text)

    made = cleaned(in_pixels(source))

    # Words of a page of pixels are those that are seen in full.
    assert not made.is_rebuilt
    assert plain(letters_read(made.content)) == plain(expected(text))


def in_pixels(source: bytes) -> bytes:
    """The document, whose page has an operator that only a picture can show."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(source))
    page = writer.pages[0]
    stream = DecodedStreamObject()
    stream.set_data(page.get_contents().get_data() + b"\nBT 4 Tr ET")
    page[NameObject("/Contents")] = writer._add_object(stream)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


@pytest.mark.parametrize("change", [lambda made: made, in_pixels], ids=["rebuilt", "pixels"])
@pytest.mark.parametrize("make", [by_glyphs_of_another, by_its_text_map], ids=lambda make: make.__name__)
@pytest.mark.parametrize("language", LENT)
def test_letters_that_only_a_text_map_tells_of_are_neither_gone_in_silence_nor_made_visible(language, make, change):
    """PDFium and MuPDF draw nothing of them, poppler a heap of letters."""
    with pytest.raises(LettersMissing):
        cleaned(change(make(LANGUAGES[language])))


@pytest.mark.parametrize("change", [lambda made: made, in_pixels], ids=["rebuilt", "pixels"])
def test_a_letter_that_no_face_has_refuses_the_document(change):
    with pytest.raises(LettersMissing):
        cleaned(change(standard("Łódź क")))


@pytest.mark.parametrize("change", [lambda made: made, in_pixels], ids=["rebuilt", "pixels"])
@pytest.mark.parametrize("unused", [b"uni0915", b"uni0416"], ids=["no face has it", "it could be lent"])
def test_a_letter_that_is_missing_and_nobody_shows_changes_nothing(unused, change):
    text = "Hej"
    font = named(text, b"Helvetica")
    font[b"Encoding"][b"Differences"].append(Name(unused))

    made = cleaned(change(one_page(font, shown_in(text))))

    assert letters_drawn(made.content) == expected(text)
    assert Lost.LAYOUT not in made.findings.lost()


@pytest.mark.parametrize("width", [0, 1])
def test_letters_said_to_be_narrower_than_any_are_drawn_as_they_are_and_where_the_document_has_them(width):
    one, two, wide = (
        shown(cleaned(with_widths(*how)).content).picture for how in (("Б", width), ("ББ", width), ("Б", 1000))
    )

    assert one.tobytes() == wide.tobytes()
    # The second stands on the first: what is a heap for viewers becomes no word.
    assert ImageOps.invert(two).getbbox()[2] <= ImageOps.invert(one).getbbox()[2] + 1


def test_a_letter_said_to_be_less_than_nothing_wide_is_refused():
    with pytest.raises(LettersMissing):
        cleaned(with_widths("Б", -520))


@pytest.mark.parametrize("pixels", [False, True])
def test_letters_of_an_annotation_are_drawn(pixels):
    made = Pdf()
    font = HELVETICA.replace(b"/WinAnsiEncoding", b"<</Differences[128/Lslash/ccaron/afii10024]>>")
    entries = b"/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F %s>>>>" % made.new(font)
    look = made.new_stream(b"BT /F 12 Tf 2 5 Td <41808182> Tj ET", entries)
    note = made.new(b"<</Type/Annot/Subtype/Stamp/Rect[50 300 150 320]/AP<</N %s>>>>" % look)
    contents = b"BT /F0 12 Tf 20 380 Td (Hej) Tj ET" + b" BT 4 Tr ET" * pixels

    clean = cleaned(document(made, contents, resources=b"/Font<</F0 6 0 R>>", page=b"/Annots[%s]" % note))

    # Of letters that look alike a word has those of one script.
    assert letters_drawn(clean.content) == expected("HejAŁčЖ")
