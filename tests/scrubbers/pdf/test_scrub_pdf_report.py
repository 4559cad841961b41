"""What the report of a document says: all that was removed, and nothing that was not there."""

from __future__ import annotations

import asyncio

import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all
from PIL import Image

from trusted.jail.protocol import Role
from trusted.jail.stages import Removed, What, Where

SEEN = line(b"(Syns)", 20, 380)
FONTS = b"/Font<</F0 6 0 R>>"
GREY = b"/ColorSpace/DeviceGray/BitsPerComponent 8"
INK = b"20 205 m 60 220 l 90 204 l 120 222 l S "
BOX = b"10 200 150 30 re f "
# Two shades, of which a mask hides the left half or, of half of it, all.
SHADES = Image.frombytes(
    "L", (40, 40), bytes(90 + 40 * (x % 3 == 0) if x < 20 else 200 for _ in range(40) for x in range(40))
)
RIGHT = Image.frombytes("L", (40, 40), bytes(255 * (x >= 20) for _ in range(40) for x in range(40)))


def image(made: Pdf, pixels: Image.Image, more: bytes = GREY) -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % pixels.size
    return made.new_stream(pixels.tobytes(), entries + more)


def masked(kind: str, pixels: Image.Image = SHADES) -> bytes:
    made = Pdf()
    match kind:
        case "soft":
            more = b"/SMask " + image(made, RIGHT)
        case "explicit":
            hidden = Image.eval(RIGHT, lambda value: 255 - value).convert("1")
            more = b"/Mask " + image(made, hidden, b"/ImageMask true/BitsPerComponent 1")
        case _:
            more = b"/Mask[80 140]"
    resources = FONTS + b"/XObject<</I %s>>" % image(made, pixels, GREY + more)
    return document(made, SEEN + b"q 200 0 0 200 20 100 cm /I Do Q", resources=resources)


def page(contents: bytes, **more: bytes) -> bytes:
    return document(Pdf(), SEEN + contents, **more)


def signed() -> bytes:
    made = Pdf()
    value = made.new(
        b"<</Type/Sig/Filter/Adobe.PPKLite/ByteRange[0 1 2 3]/Contents<3080>/Name(Anna Ek)/Reason(Godk\\344nt)"
        b"/Location(Ludvika)/M(D:20261120081311+01'00')/ContactInfo(anna@example.org)>>"
    )
    field = made.new(b"<</FT/Sig/T(Sig1)/V %s>>" % value)
    return document(made, SEEN, catalog=b"/AcroForm<</SigFlags 3/Fields[%s]>>" % field)


def cut_end() -> bytes:
    whole = page(b"")
    return whole[: whole.rindex(b"startxref")]


HIDDEN_DRAWING = {(What.HIDDEN_DRAWING, Where.PAGES, None)}
HIDDEN_COLOUR = {(What.HIDDEN_COLOUR, Where.PICTURES_ON_PAGES, None)}
SCRIPT = {(What.SCRIPT, Where.DOCUMENT, None)}
PLAIN = Image.new("L", (40, 40), 90)
PLAIN.paste(200, (20, 0, 40, 40))
DOCUMENTS = {
    "ink under a box": (page(INK + BOX), HIDDEN_DRAWING),
    "ink off the page": (page(b"1 0 0 1 0 300 cm " + INK), HIDDEN_DRAWING),
    "white ink": (page(b"1 G " + INK), HIDDEN_DRAWING),
    "white cells of a table": (page(b"1 g 20 20 99 99 re f 20 120 99 99 re f"), set()),
    "ink": (page(INK), set()),
    "picture under a soft mask": (masked("soft"), HIDDEN_COLOUR),
    "picture under an explicit mask": (masked("explicit"), HIDDEN_COLOUR),
    "picture under a colour key": (masked("key"), HIDDEN_COLOUR),
    "logo on one colour, soft": (masked("soft", PLAIN), set()),
    "logo on one colour, explicit": (masked("explicit", PLAIN), set()),
    "logo on one colour, key": (masked("key", PLAIN), set()),
    "text that only clips": (page(b"7 Tr " + line(b"(Hemligt)", 20, 200)), {(What.HIDDEN_TEXT, Where.PAGES, None)}),
    "nothing but spaces": (page(line(b"(   )", 20, 200)), set()),
    "spaces between shown letters": (page(b"BT /F0 12 Tf 20 200 Td (a) Tj (  ) Tj (b) Tj ( \\240) Tj ET"), set()),
    "spaces in invisible mode": (page(b"3 Tr " + line(b"(  )", 20, 200)), set()),
    "opens in a width": (page(b"", catalog=b"/OpenAction[3 0 R/FitH null]"), set()),
    "opens at a page": (page(b"", catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"), set()),
    "opens a program": (page(b"", catalog=b"/OpenAction<</S/Launch/F(x)>>"), SCRIPT),
    "opens at a page and then runs": (
        page(b"", catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]/Next<</S/JavaScript/JS(x)>>>>"), SCRIPT,
    ),
    "runs when closed": (page(b"", catalog=b"/AA<</WC<</S/JavaScript/JS(x)>>>>"), SCRIPT),
    "something before the first line": (b"HTTP/1.1 200 OK\r\n\r\n" + page(b""), {(What.OTHER, Where.DOCUMENT, None)}),
    "a mark before the first line": (b"\xef\xbb\xbf\n" + page(b""), set()),
    "no end": (cut_end(), set()),
    "something after the end": (page(b"") + b"hemligt", {(What.EMBEDDED_FILE, Where.AFTER_THE_END, None)}),
    "signed": (
        signed(),
        {
            (What.FORM_FIELD, Where.FORM, "Sig1"),
            (What.PERSON, Where.FORM, "Anna Ek"),
            (What.PERSON, Where.FORM, "anna@example.org"),
            (What.DATE, Where.FORM, "D:20261120081311+01'00'"),
            (What.PLACE, Where.FORM, "Ludvika"),
            (What.COMMENT, Where.FORM, "Godkänt"),
        },
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def reports():
    results = asyncio.run(clean_all([content for content, _ in DOCUMENTS.values()], [Role.DOCUMENTS]))
    return {name: report for name, (_, _, _, report) in zip(DOCUMENTS, results, strict=True)}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_report_says_what_was_removed_and_nothing_else(reports, name) -> None:
    expected = {Removed(*each) for each in DOCUMENTS[name][1]}

    assert set(reports[name].removed) == expected
