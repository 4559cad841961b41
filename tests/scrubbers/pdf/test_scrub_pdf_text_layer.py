"""A page that becomes a picture keeps the words that are seen in full on it, each where it stands, and no others."""

from __future__ import annotations

import asyncio
import io
import mmap
import os
import re
import subprocess
import unicodedata
from pathlib import Path

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from documents.rebuilt import picture_node
from files.scrub_harness import clean_all
from PIL import Image
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

import scrubbers
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Writer
from scrubbers.jailed.pdf.text_layer.emit import layer_font
from second_reader.pdf.file import require_rebuilt
from second_reader.pdf.values import Unaccounted
from trusted.jail.protocol import Role
from trusted.jail.stages import Lost

FONTS = Path(scrubbers.__file__).parent / "fonts"
# A text mode that clips cannot be rebuilt: the page becomes pixels.
PIXELS = b" BT 4 Tr ET"
HEBREW, ARABIC = "שלום12", "مرحبا"
SEEN = line(b"(Kommunens upphandling gjordes utan anbud)", 20, 380)
HIDDEN = line(b"(SVARTLISTAD)", 20, 200)
LEFT_OUT = {
    "under a box": HIDDEN + b"10 190 300 30 re f",
    "half under a box": HIDDEN + b"10 190 60 30 re f",
    "its last letter under a box": HIDDEN + b"92 190 60 30 re f",
    "the lower half under a box": HIDDEN + b"10 190 300 14 re f",
    "cut off by a clip": b"q 0 0 60 400 re W n " + HIDDEN + b"Q",
    "white on white": b"1 g " + HIDDEN,
    "nearly white on white": b"0.96 g " + HIDDEN,
    "nearly the colour of its ground": b"0.5 g 10 190 300 30 re f 0.52 g " + HIDDEN,
    "of one point": b"BT /F0 1 Tf 20 200 Td (SVARTLISTAD) Tj ET",
    "in invisible mode": b"q 3 Tr " + HIDDEN + b"Q",
    "in a mode that only clips": b"q 7 Tr " + HIDDEN + b"Q",
    "off the page": line(b"(SVARTLISTAD)", 500, 200),
    "running off the page": line(b"(SVARTLISTAD)", 380, 200),
    "on another word": HIDDEN + line(b"(Upphandling)", 20, 200),
    "said of other letters": b"/Span<</ActualText(SVARTLISTAD)>>BDC " + line(b"(Ja)", 20, 200) + b"EMC",
    "struck out by a thick line": HIDDEN + b"6 w 10 204 m 150 204 l S",
}


BOX = (1000, b"100 0 800 700 re f")
# Thai and Lao have marks above and below their letters, which do not move the pen; a vowel and a tone here.
BASE, VOWEL, TONE = (1000, b"100 0 m 900 0 l 100 500 l f"), (0, b"-800 560 500 120 re f"), (0, b"-700 720 90 200 re f")
NO_INK, FAR = (0, b"-800 560 500 120 re n"), (0, b"-800 9000 500 120 re f")
SARA, EK, FATHA, ACUTE, SELECTOR = "\u0e35", "\u0e48", "\u064e", "\u0301", "\u180b"
MARKED = f"\u0e17{SARA}{EK}"  # "at"


def letters_drawn(letters: list[tuple[str, tuple[int, bytes]]]) -> bytes:
    """A line of letters, each called so, so wide and drawn so."""
    made = Pdf()
    codes = range(65, 65 + len(letters))
    lines = b" ".join(
        b"<%02x> <%s>" % (code, text.encode("utf-16-be").hex().encode())
        for code, (text, _) in zip(codes, letters, strict=True)
    )
    said = made.new_stream(b"%d beginbfchar %s endbfchar" % (len(letters), lines))
    drawn = [made.new_stream(b"%d 0 d0 %s" % each) for _, each in letters]
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[-1000 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar %d"
        % codes[-1]
    )
    widths, names = b" ".join(b"%d" % wide for _, (wide, _) in letters), [b"/g%d" % code for code in codes]
    font += b"/Widths[%s]/CharProcs<<%s>>" % (widths, b"".join(map(b" ".join, zip(names, drawn, strict=True))))
    font += b"/Encoding<</Differences[65%s]>>/Resources<<>>/ToUnicode %s>>" % (b"".join(names), said)
    shown = b"BT /F3 14 Tf 20 200 Td (%s) Tj ET" % bytes(codes)
    return document(made, SEEN + shown, resources=b"/Font<</F0 6 0 R/F3 %s>>" % font)


def boxes_called(text: str) -> bytes:
    """A line of equal boxes, each called by a letter."""
    return letters_drawn([(letter, BOX) for letter in text])


NOT_IN_PLACE = {
    "a mark without a letter": [(SARA, VOWEL)],
    "a mark after a number": [("1", BASE), (SARA, VOWEL)],
    "a mark of another script": [("\u0e17", BASE), ("\u0eb5", VOWEL)],
    "a mark of every script": [("a", BASE), (ACUTE, VOWEL)],
    "a mark that others put in another order": [("\u0628", BASE), (FATHA, VOWEL)],
    "a selector": [("\u1820", BASE), (SELECTOR, VOWEL)],
    "three marks": [("\u0e17", BASE), (SARA, VOWEL), (EK, TONE), ("\u0e4c", (0, b"-300 720 120 120 re f"))],
    "a mark without ink": [("\u0e17", BASE), (SARA, NO_INK), ("\u0e17", BASE)],
    "a mark far from its letter": [("\u0e17", BASE), (SARA, FAR)],
    "a letter with its mark in one place": [("\u0e17" + SARA, BASE)],
}


def helvetica_called(text: str, *, in_form: bool = False) -> bytes:
    """Letters of Helvetica that are called by others."""
    made = Pdf()
    lines = b" ".join(b"<%02x> <%04x>" % (code, ord(letter)) for code, letter in enumerate(text, 65))
    said = made.new_stream(b"%d beginbfchar %s endbfchar" % (len(text), lines))
    font = b"/F3<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode %s>>" % said
    shown = b"BT /F3 14 Tf 20 200 Td (%s) Tj ET" % bytes(range(65, 65 + len(text)))
    if not in_form:
        return document(made, SEEN + shown + PIXELS, resources=b"/Font<</F0 6 0 R%s>>" % font)
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Resources<</Font<<%s>>>>" % font
    form = made.new_stream(shown, entries)
    return document(made, SEEN + b"/X Do" + PIXELS, resources=b"/Font<</F0 6 0 R>>/XObject<</X %s>>" % form)


def from_right_to_left() -> bytes:
    """Two words drawn from the left, as programs do that have laid them out, on a page that becomes pixels."""
    made = io.BytesIO()
    drawn = canvas.Canvas(made, pagesize=(400, 400))
    for script, text, y in (("Hebrew", HEBREW, 300), ("Arabic", ARABIC, 200)):
        pdfmetrics.registerFont(TTFont(script, FONTS / f"NotoSans{script}-Regular.ttf"))
        drawn.setFont(script, 20)
        drawn.drawString(50, y, text[::-1].replace("21", "12"))
    drawn._code.append(PIXELS.decode())
    drawn.save()
    return made.getvalue()


def text_of(content: bytes) -> str:
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content))


def words(content: bytes) -> list[str]:
    pages = pypdfium2.PdfDocument(content)
    return [word for page in pages for word in re.findall(r"\w+", page.get_textpage().get_text_bounded())]


def scrubbed(contents: bytes, **more: bytes) -> bytes:
    return document(Pdf(), contents + PIXELS, **more)


@pytest.fixture(scope="module")
def cleaned():
    sources = {name: scrubbed(SEEN + contents) for name, contents in LEFT_OUT.items()}
    sources["Helvetica called by others"] = helvetica_called("SVARTLISTAD")
    sources["Helvetica called by others in a form"] = helvetica_called("SVARTLISTAD", in_form=True)
    sources["boxes called by letters"] = boxes_called("SVARTLISTAD")
    sources["Thai"] = letters_drawn([("\u0e17", BASE), (SARA, VOWEL), (EK, TONE)])
    sources |= {name: letters_drawn(letters) for name, letters in NOT_IN_PLACE.items()}
    sources["Hebrew and Arabic"] = from_right_to_left()
    sources["seen"] = scrubbed(SEEN + line(b"(d\\344r \\(fel\\) b\\\\c)", 20, 200))
    sources["turned"] = scrubbed(b"q 0 1 -1 0 400 0 cm %s Q" % SEEN, page=b"/Rotate 90")
    sources["cropped"] = scrubbed(SEEN + line(b"(borta)", 20, 20), page=b"/CropBox[10 100 400 400]")
    note = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/V(Anna)/Rect[20 300 200 330]/DA(/F0 12 Tf)/AP<</N 90 0 R>>/F 4>>"
    made = Pdf()
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 180 30]/Resources<</Font<</F0 6 0 R>>>>"
    made.stream(90, line(b"(Ifyllt)", 5, 10), form)
    sources["filled in"] = document(
        made, SEEN + PIXELS, page=b"/Annots[%s]" % note, catalog=b"/AcroForm<</Fields[%s]>>" % note
    )
    results = asyncio.run(clean_all([*sources.values()], [Role.DOCUMENTS]))
    return {name: (source, *result) for (name, source), result in zip(sources.items(), results, strict=True)}


@pytest.mark.parametrize("name", ["seen", "turned"])
def test_a_page_that_becomes_a_picture_keeps_its_words_where_they_stand(cleaned, name) -> None:
    source, _, content, _, report = cleaned[name]

    before, after = (pypdfium2.PdfDocument(each)[0] for each in (source, content))
    assert next(thing.type for thing in after.get_objects()) == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    assert words(content) == words(source)
    assert after.get_rotation() == 0
    for word in words(source):
        one, other = (page.get_textpage().search(word).get_next() for page in (before, after))
        boxes = [page.get_textpage().get_charbox(at[0]) for page, at in ((before, one), (after, other))]
        if name == "turned":
            left, bottom, right, top = boxes[0]
            boxes[0] = bottom, 400 - right, top, 400 - left
        assert max(abs(a - b) for a, b in zip(boxes[0][:1], boxes[1][:1], strict=True)) < 2
    assert report.lost == (Lost.SHARPNESS,)


def test_words_from_right_to_left_are_read_from_the_right(cleaned, tmp_path) -> None:
    content = cleaned["Hebrew and Arabic"][2]
    (tmp_path / "clean.pdf").write_bytes(content)
    read = subprocess.run(["pdftotext", tmp_path / "clean.pdf", "-"], capture_output=True, check=True)

    # Where letters end and a number begins, some readers part them.
    assert "".join(words(content)) == HEBREW + ARABIC
    assert "".join(re.findall(r"\w+", read.stdout.decode())) == HEBREW + ARABIC


def test_a_word_keeps_the_marks_that_are_seen_above_its_letters(cleaned) -> None:
    _, _, content, _, report = cleaned["Thai"]

    assert MARKED in text_of(content)
    assert report.lost == (Lost.SHARPNESS,)


@pytest.mark.parametrize("name", NOT_IN_PLACE)
def test_a_mark_in_any_other_place_is_not_said(cleaned, name) -> None:
    text = text_of(cleaned[name][2])

    assert "anbud" in text
    assert not any(unicodedata.category(letter) == "Mn" for letter in text)


CALLED = ("boxes called by letters", "Helvetica called by others", "Helvetica called by others in a form")


@pytest.mark.parametrize("name", [*LEFT_OUT, *CALLED])
def test_a_word_that_is_not_seen_in_full_is_in_no_layer(cleaned, name) -> None:
    _, _, content, _, _ = cleaned[name]

    kept = words(content)
    assert {"Kommunens", "upphandling", "anbud"} <= set(kept)
    assert not any("SVART" in word or "LISTAD" in word for word in kept)


def test_what_the_page_does_not_show_is_not_said_and_what_a_field_shows_is(cleaned) -> None:
    assert "borta" not in words(cleaned["cropped"][2])
    assert words(cleaned["filled in"][2])[-1] == "Ifyllt"


def test_the_layer_of_a_scan_does_not_come_back() -> None:
    scan = b"q 400 0 0 400 0 0 cm 0.9 g 0 0 1 1 re f Q q 3 Tr " + SEEN + b"Q"

    [(_, content, _, report)] = asyncio.run(clean_all([scrubbed(scan)], [Role.DOCUMENTS]))

    assert words(content) == []
    assert Lost.SELECTABLE_TEXT in report.lost


WORD = b"/F0 12 Tf\n90 Tz\n1 0 0 1 20 380.05 Tm\n(\0H\0e\0j\0 ) Tj\n"
SECOND = b"1 0 0 1 50 380.05 Tm\n(\0d\0u\0 ) Tj\n"


def with_layer(said: bytes, *, mode: bytes = b"3 Tr\n", font: Node | None = None) -> bytes:
    picture = picture_node(Image.new("L", (1, 1), 255))
    parent = Node()
    contents = b"q\n400 0 0 400 0 0 cm\n/X0 Do\nQ\nBT\n%s%sET\n" % (mode, said)
    page = Node({
        b"Type": Name(b"Page"), b"Parent": parent, b"MediaBox": [0, 0, 400, 400],
        b"Resources": {b"Font": {b"F0": font or layer_font()}, b"XObject": {b"X0": picture}},
        b"Contents": Node(Stream({}, contents)),
    })  # fmt: skip
    parent.value = {b"Type": Name(b"Pages"), b"Count": 1, b"Kids": [page]}
    made = io.BytesIO()
    Writer(made).finish(Node({b"Type": Name(b"Catalog"), b"Pages": parent}))
    return made.getvalue()


def require(content: bytes) -> None:
    descriptor = os.memfd_create("test")
    try:
        os.write(descriptor, content)
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as file:
            require_rebuilt(file)
    finally:
        os.close(descriptor)


def test_the_second_reader_knows_the_one_form_of_a_layer() -> None:
    require(with_layer(WORD + SECOND))
    require(with_layer(WORD.replace(b"\0e", b"\x0e\x17\x0e\x35\x0e\x48")))


@pytest.mark.parametrize(
    "said",
    {
        "no space": WORD.replace(b"\0 )", b")"),
        "a space within": WORD.replace(b"\0e", b"\0 "),
        "a joiner": WORD.replace(b"\0e", b"\x20\x0d"),
        "a mark without a letter": WORD.replace(b"\0H\0e", b"\x0e\x35\0e"),
        "a mark after another letter": WORD.replace(b"\0e", b"\x0e\x35"),
        "three marks": WORD.replace(b"\0e", b"\x0e\x17\x0e\x35\x0e\x48\x0e\x4c"),
        "a mark of another script": WORD.replace(b"\0e", b"\x0e\x17\x0e\xb5"),
        "private use": WORD.replace(b"\0e", b"\xe0\x01"),
        "a ligature": WORD.replace(b"\0e", b"\xfb\x01"),
        "half a letter": WORD.replace(b"\0e", b"e"),
        "off the grid": WORD.replace(b"380.05", b"380.06"),
        "slanted": WORD.replace(b"1 0 0 1", b"1 0.1 0 1"),
        "another size": WORD.replace(b"12 Tf", b"12.3 Tf"),
        "a size twice": WORD + b"/F0 12 Tf\n" + SECOND,
        "no size": WORD.replace(b"/F0 12 Tf\n", b""),
        "text that is seen": b"0 Tr\n" + WORD,
        "a drawing": WORD + b"0 0 9 9 re\nf\n",
        "nothing": b"",
    }.items(),
    ids=lambda each: each[0],
)
def test_the_second_reader_refuses_any_other(said) -> None:
    with pytest.raises((Unaccounted, UnicodeDecodeError)):
        require(with_layer(said[1]))


@pytest.mark.parametrize("mode", [b"", b"0 Tr\n", b"1 Tr\n"])
def test_the_font_without_glyphs_may_stand_nowhere_else(mode) -> None:
    with pytest.raises(Unaccounted):
        require(with_layer(WORD, mode=mode))


def test_no_other_font_may_be_invisible() -> None:
    helvetica = Node({b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"Helvetica")})

    with pytest.raises(Unaccounted):
        require(with_layer(WORD, font=helvetica))
