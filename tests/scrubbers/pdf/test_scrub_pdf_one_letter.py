"""One letter for a glyph, and its own: what ToUnicode says behind a letter that is seen is not in the clean copy."""

from __future__ import annotations

import asyncio

import pypdfium2
import pytest
from documents.font_programs import TRIANGLE, Markers, boxes, glyph_number, small_truetype, truetype
from documents.pdf_by_hand import Pdf, document, line
from documents.rebuilt import Rebuilt, read, streams_of, texts_node
from files.scrub_harness import became_pictures, clean_all

from scrubbers.jailed.pdf.fonts.letters import said_of_glyph
from second_reader.pdf.values import Unaccounted
from trusted.jail.protocol import Role
from trusted.jail.stages import Removed, What, Where

SEEN = line(b"(Syns)", 20, 380)
HIDDEN = Removed(What.HIDDEN_TEXT, Where.PAGES, None)


HELVETICA = b"/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding"


def text_map(made: Pdf, texts: dict[bytes, str]) -> bytes:
    lines = b"\n".join(
        b"<%s> <%s>" % (code.hex().encode(), text.encode("utf-16-be").hex().encode()) for code, text in texts.items()
    )
    return made.new_stream(b"%d beginbfchar\n%s\nendbfchar\n" % (len(texts), lines))


def program(made: Pdf, data: bytes) -> bytes:
    return b"/FontDescriptor<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 %s>>" % made.new_stream(data)


def showing(made: Pdf, font: bytes, texts: dict[bytes, str]) -> bytes:
    """A line of the codes, each called by its text."""
    fonts = b"/Font<</F0 6 0 R/F3<</Type/Font%s/ToUnicode %s>>>>" % (font, text_map(made, texts))
    return document(made, SEEN + b"BT /F3 20 Tf 20 200 Td <%s> Tj ET" % b"".join(texts).hex().encode(), resources=fonts)


def saying(texts: dict[str, str], font: bytes = HELVETICA) -> bytes:
    return showing(Pdf(), font, {letter.encode(): text for letter, text in texts.items()})


def saying_unnamed(text: str) -> bytes:
    """A triangle of a font that has no encoding: its codes are no letters."""
    made = Pdf()
    return showing(made, b"/Subtype/TrueType/BaseFont/X%s" % program(made, small_truetype()), {b"B": text})


def by_number(data: bytes, texts: dict[int, str]) -> bytes:
    """A line of the program's glyphs, by their numbers."""
    made = Pdf()
    descendant = made.new(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDToGIDMap/Identity/DW 700/CIDSystemInfo<</Registry(Adobe)"
        b"/Ordering(Identity)/Supplement 0>>%s>>" % program(made, data)
    )
    font = b"/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[%s]" % descendant
    return showing(made, font, {number.to_bytes(2, "big"): text for number, text in texts.items()})


MORE = {
    "six letters each": saying({"A": "SVARTL", "B": "ISTADE"}),
    "seven letters": saying({"A": "SVARTLI"}),
    "a letter under marks that are letters": saying({"A": "o\u036d\u0363\u036c\u0367"}),
    "letters and joiners": saying({"A": "S\u200dV\u200dA"}),
    "a cluster": saying({"A": "\u0915\u094d\u0937"}),
}
AS_BEFORE = {
    "fi": "fi", "ffi": "ffi", "st": "st", "\ufb01": "fi", "e\u0301": "\u00e9", "\u0644\u0627": "\u0644\u0627",
    "\u00bd": "\u00bd", "\U0001d4d0": "A", "ij": "ij", "Th": "Th",
}  # fmt: skip

# What is seen, and what the clean copy has for it.
OTHERWISE = {
    "letters of Helvetica": (saying(dict(zip("ABCDEFGHIJK", "SVARTLISTAD", strict=True))), "ABCDEFGHIJK"),
    "letters by a program's own map": (
        by_number(
            truetype(Markers()), {glyph_number(seen): said for seen, said in zip("Hambur", "SVARTL", strict=True)}
        ),
        "Hambur",
    ),
    "boxes that are called by letters": (by_number(boxes(8), dict(zip(range(1, 9), "SVARTLID", strict=True))), ""),
}
ALIKE = "A\u0391\u0410"  # Latin, Greek, Cyrillic


@pytest.fixture(scope="module")
def cleaned():
    documents = {
        **MORE,
        **{text: saying_unnamed(text) for text in AS_BEFORE},
        **{name: made for name, (made, _) in OTHERWISE.items()},
        ALIKE: by_number(boxes(3, TRIANGLE), dict(zip(range(1, 4), ALIKE, strict=True))),
    }
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return dict(zip(documents, results, strict=True))


def texts_in(content: bytes) -> list[bytes]:
    """The texts in the clean copy's maps, as their digits."""
    lines = (line for stream in streams_of(content) if b"beginbfchar" in stream for line in stream.split(b"\n"))
    return [line.split(b"<")[2].rstrip(b">") for line in lines if line.count(b"<") == 2 and line != b"<0000> <ffff>"]


@pytest.mark.parametrize("name", MORE)
def test_one_letter_is_said_of_a_glyph_and_the_report_tells_of_the_others(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    assert not [text for text in texts_in(content) if len(text) > 4]
    assert HIDDEN in report.removed
    assert not became_pictures(report)
    assert "Syns" in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()


@pytest.mark.parametrize("text", AS_BEFORE)
def test_a_ligature_of_unicode_and_a_single_letter_are_said_as_before(cleaned, text) -> None:
    _, content, _, report = cleaned[text]

    assert AS_BEFORE[text].encode("utf-16-be").hex().encode() in texts_in(content)
    assert report.removed == ()


def letters_in(content: bytes) -> str:
    """The second line of the clean copy, as PDFium reads it."""
    lines = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range().split("\r\n")
    assert lines[0] == "Syns"
    return "".join(filter(str.isprintable, lines[1]))


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_text_map_that_says_otherwise_than_what_is_seen_is_not_believed(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    assert letters_in(content) == OTHERWISE[name][1]
    assert HIDDEN in report.removed
    assert not became_pictures(report)


def test_letters_that_look_alike_in_three_scripts_keep_their_text(cleaned) -> None:
    _, content, _, report = cleaned[ALIKE]

    assert letters_in(content) == ALIKE
    assert report.removed == ()


@pytest.mark.parametrize("text", ["", "A", "fi", "SVART", "\u00e9", "a\u0300\u0301", "\ufdfa", "\u00a8"])
def test_what_is_said_is_what_the_second_reader_lets_through(text) -> None:
    said = said_of_glyph(text)

    assert said_of_glyph(said) == said
    assert len(said) <= 3


@pytest.mark.parametrize("text", ["SV", "SVARTL", "\u0915\u094d\u0937", "o\u036d", "\ufdfa\ufdfa"])
def test_the_second_reader_refuses_several_letters_for_a_glyph(text) -> None:
    made = Rebuilt()
    made.font.value[b"ToUnicode"] = texts_node({b"\0\1": text})

    with pytest.raises(Unaccounted, match="a glyph's text"):
        read(made.file())
