"""Of inks, programs and gradients a document keeps the colours that are seen: no table, no number of code, no name."""

from __future__ import annotations

import asyncio
import io

import pypdfium2
import pytest
from corpus.index import encoded, picture
from documents.pdf_by_hand import Pdf, document, line
from documents.rebuilt import streams_of
from files.scrub_harness import became_pictures, clean_all
from PIL import Image

from trusted.jail.protocol import Role
from trusted.jail.stages import Lost, What, Where

MARKER = b"KmkSVARTLISTAD"
SEEN = line(b"(Syns)", 20, 380)
BOX = b"20 100 200 100 re f "
INKED = b"/C cs %s scn " + BOX


def jpeg_with_place() -> bytes:
    """A small photograph that says where it was taken."""
    tags = Image.Exif()
    tags[0x010E] = MARKER.decode()
    tags[0x8825] = {1: "N", 2: (60.0, 8.0, 57.0), 3: "E", 4: (15.0, 11.0, 17.0)}
    made = io.BytesIO()
    Image.open(io.BytesIO(encoded(picture(), "PNG"))).convert("RGB").save(made, "JPEG", exif=tags)
    return made.getvalue()


PLACE = jpeg_with_place()


def with_space(space: str, contents: bytes = INKED % b"0.5", *, data: bytes = b"", entries: bytes = b"") -> bytes:
    """A page painted in this space, in which @ stands for a function with this data, beside a line of text."""
    made = Pdf()
    domain = b"" if b"/Domain" in entries else b"/Domain[0 1]"
    function = made.new_stream(data, entries + domain + b"/Range[0 1 0 1 0 1]")
    cell = made.new_stream(
        b"0 0 9 9 re f",
        b"/PatternType 1/PaintType 2/TilingType 1/BBox[0 0 9 9]/XStep 9/YStep 9/Resources<<>>",
    )
    resources = b"/Font<</F0 6 0 R>>/ColorSpace<</C %s>>/Pattern<</P %s>>"
    return document(made, SEEN + contents, resources=resources % (space.encode().replace(b"@", function), cell))


def table(data: bytes) -> dict[str, bytes]:
    size = len(data) // 3
    return {"data": data[: 3 * size], "entries": b"/FunctionType 0/Size[%d]/BitsPerSample 8" % size}


def program(code: bytes) -> dict[str, bytes]:
    return {"data": code, "entries": b"/FunctionType 4"}


NEVER_RUN = b"{ dup 2 gt { pop %s } { dup dup } ifelse }" % b" ".join(b"%d pop" % letter for letter in MARKER)
GRADIENT = "<</ShadingType 2/ColorSpace/DeviceRGB/Coords[20 0 220 0]/Extend[true true]/Function %s>>"


def with_gradient(function: str, contents: bytes = b"q 20 100 200 100 re W n /S sh Q ", **stream: bytes) -> bytes:
    made = Pdf()
    entries = stream.get("entries", b"/FunctionType 4") + b"/Domain[0 1]/Range[0 1 0 1 0 1]"
    said = (GRADIENT % function).encode().replace(b"@", made.new_stream(stream.get("data", b"{ dup dup }"), entries))
    return document(made, SEEN + contents, resources=b"/Font<</F0 6 0 R>>/Shading<</S %s>>" % said)


TWO = "<</FunctionType 2/Domain[0 1]/N 1/C0[1 0 0]/C1[0 0 1]>>"
PIECES = b" ".join(b"%g" % (letter / 256) for letter in sorted(set(MARKER)))
MANY = (
    f"<</FunctionType 3/Domain[0 1]/Functions[{TWO * (PIECES.count(b' ') + 2)}]/Bounds[{PIECES.decode()}]"
    f"/Encode[{'0 1 ' * (PIECES.count(b' ') + 2)}]>>"
)

# What keeps its text and becomes plain colour.
FLAT = {
    "a table": with_space("[/Separation/Ink/DeviceRGB @]", **table(PLACE)),
    "a table of two inks": with_space(
        "[/DeviceN[/A/B]/DeviceRGB @]",
        INKED % b"0 0",
        data=PLACE[: 3 * 16 * 16].ljust(768, b"\0"),
        entries=b"/FunctionType 0/Size[16 16]/BitsPerSample 8/Domain[0 1 0 1]",
    ),
    "code that is never run": with_space("[/Separation/Ink/DeviceRGB @]", **program(NEVER_RUN)),
    "the name of an ink": with_space(f"[/Separation/{MARKER.decode()}/DeviceRGB @]", **program(b"{ dup dup }")),
    "names of inks": with_space(
        f"[/DeviceN[/{MARKER.decode()}/B]/DeviceRGB @]",
        INKED % b"0.5 0.5",
        data=b"{ dup }",
        entries=b"/FunctionType 4/Domain[0 1 0 1]",
    ),
    "all inks": with_space("[/Separation/All/DeviceRGB @]", **program(b"{ dup dup }")),
    "a calibrated space": with_space(
        "[/CalRGB<</WhitePoint[0.9505 1 1.089]/Gamma[2.2 2.2 2.2]/Matrix[0.41 0.21 0.02 0.36 0.71666 0.12 0.18 0.07 0.95]>>]",
        INKED % b"0.5 0.25 0.75",
    ),
}
# What cannot be said in plain colours and becomes a picture.
PICTURED = {
    "a pattern in an ink": with_space(
        "[/Pattern[/Separation/Ink/DeviceRGB @]]", INKED % b"0.5 /P", **program(b"{ dup dup }")
    ),
    "a gradient": with_gradient(TWO),
    "a gradient by a program": with_gradient("@", **program(NEVER_RUN)),
    "no ink": with_space("[/Separation/None/DeviceRGB @]", **program(b"{ dup dup }")),
    "a gradient by a table": with_gradient("@", **table(PLACE)),
    "a gradient of many pieces": with_gradient(MANY),
    "a shading by places": document(
        Pdf(),
        SEEN + b"q 200 0 0 100 20 100 cm /S sh Q",
        resources=b"/Font<</F0 6 0 R>>/Shading<</S<</ShadingType 1/ColorSpace/DeviceGray/Function"
        b"<</FunctionType 2/Domain[0 1 0 1]/N 1>>>>>>",
    ),
}
DOCUMENTS = FLAT | PICTURED


@pytest.fixture(scope="module")
def cleaned():
    results = asyncio.run(clean_all(list(DOCUMENTS.values()), [Role.DOCUMENTS]))
    return dict(zip(DOCUMENTS, results, strict=True))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_of_a_colour_but_what_is_seen_is_in_the_clean_copy(cleaned, name) -> None:
    _, content, _, _ = cleaned[name]

    whole = content + b"".join(streams_of(content))

    assert PLACE[64:128] not in whole
    assert MARKER not in whole
    assert b"%d pop" % MARKER[0] not in whole
    assert not [word for word in (b"/Separation", b"/DeviceN ", b"/CalRGB", b"/Lab", b"71666") if word in whole]
    assert not [word for word in (b"/FunctionType 0", b"/FunctionType 4") if word in whole]


@pytest.mark.parametrize("name", FLAT)
def test_what_is_painted_in_inks_keeps_its_text_and_its_looks(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    before, after = (pypdfium2.PdfDocument(each)[0] for each in (FLAT[name], content))

    assert not became_pictures(report)
    assert "Syns" in after.get_textpage().get_text_range()
    colours = [page.render(scale=1).to_pil().convert("RGB").getpixel((120, 250)) for page in (before, after)]
    assert max(abs(one - other) for one, other in zip(*colours, strict=True)) <= 2
    assert colours[0] != (255, 255, 255)


@pytest.mark.parametrize("name", PICTURED)
def test_what_plain_colours_cannot_say_becomes_a_picture_and_the_text_stays(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    page = pypdfium2.PdfDocument(content)[0]

    assert report.lost == (Lost.SHARPNESS,)
    assert "Syns" in page.get_textpage().get_text_range()
    assert not any(word in content for word in (b"/Function", b"/Shading", b"/Pattern"))


@pytest.mark.parametrize("name", FLAT)
def test_the_report_says_that_the_description_of_a_colour_went(cleaned, name) -> None:
    _, _, _, report = cleaned[name]

    assert (What.COLOUR_PROFILE, Where.PAGES) in {(found.what, found.where) for found in report.removed}


def test_the_report_names_the_ink(cleaned) -> None:
    _, _, _, report = cleaned["the name of an ink"]

    assert MARKER.decode() in {found.example for found in report.removed}
