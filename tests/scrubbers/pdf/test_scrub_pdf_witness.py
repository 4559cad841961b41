"""What PDFium leaves out without a word, and another renderer draws: nothing that it covers comes out."""

from __future__ import annotations

import asyncio
import subprocess
import zlib
from collections.abc import Callable

import pymupdf
import pytest
from documents.pairs import PAYLOADS, SEEN, hidden
from documents.pdf_by_hand import Pdf, document
from files.scrub_harness import _sandbox_for, first_page_text, outcomes_of

from trusted.jail.fair_queue import Account, Turn
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import Operation, Role
from trusted.jail.stages import Kind, Refused, SeenOtherwise, TookTooLong

FONTS = b"/Font<</F0 6 0 R>>"
HALF = b"/ExtGState<</H<</CA .5>>>>"
# PDFium has no room for its two bitmaps, and goes on without it.
WIDE = b"/H gs 1 g 1 G -4500 -4500 9000 9000 re B "


def in_a_cell(name: bytes, content: bytes, resources: bytes = HALF) -> bytes:
    made = Pdf()
    cell = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 400 400]/XStep 400/YStep 400/Resources<<%s>>" % resources
    pattern = made.new_stream(content, cell)
    return document(
        made, SEEN + name + b"/Pattern cs /P scn 0 180 400 60 re f", resources=FONTS + b"/Pattern<</P %s>>" % pattern
    )


def wide_in_a_cell(name: bytes) -> bytes:
    return in_a_cell(name, WIDE)


def wide_in_a_mask(name: bytes) -> bytes:
    made = Pdf()
    group = made.new_stream(
        WIDE,
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>/Resources<<%s>>" % HALF,
    )
    states = b"/ExtGState<</M<</SMask<</S/Luminosity/G %s>>>>>>" % group
    return document(made, SEEN + name + b"/M gs 1 g 0 180 400 60 re f", resources=FONTS + states)


def long_path_in_a_cell(name: bytes) -> bytes:
    """An outline that touches more pixels than PDFium counts: what comes after is missing."""
    ways = b"".join(b"%d 0 l %d 400 l " % (at % 400, (at + 1) % 400) for at in range(12_000))
    return in_a_cell(name, b"1 g 0 0 m %s h 0 0 400 400 re f " % ways)


def predicted_mask(name: bytes) -> bytes:
    """A picture whose mask has four bits to a pixel and the predictor of TIFF."""
    made = Pdf()
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent %d"
    # All opaque: the first of each row is 15, and the others differ by nothing.
    data = zlib.compress((b"\xf0" + bytes(199)) * 60)
    mask = made.new_stream(
        data,
        entries % (400, 60, 4) + b"/Filter/FlateDecode/DecodeParms<</Predictor 2/Columns 400/BitsPerComponent 4>>",
        deflate=False,
    )
    cover = made.new_stream(b"\xff" * 24_000, entries % (400, 60, 8) + b"/SMask %s" % mask)
    return document(
        made, SEEN + name + b"q 400 0 0 60 0 180 cm /C Do Q", resources=FONTS + b"/XObject<</C %s>>" % cover
    )


def border_of_a_link(name: bytes) -> bytes:
    made = Pdf()
    link = made.new(b"<</Type/Annot/Subtype/Link/Rect[0 204 400 206]/Border[0 0 40]/C[1]/F 4>>")
    return document(made, SEEN + name, page=b"/Annots[%s]" % link)


def default_gray(name: bytes) -> bytes:
    """Grey is an ink here: as much of it as there is makes white, and PDFium takes it for black on black."""
    spaces = (
        b"/ColorSpace<</DefaultGray[/Separation/Ink/DeviceRGB<</FunctionType 2/Domain[0 1]/C0[0 0 0]/C1[0 0 0]/N 1>>]>>"
    )
    made = Pdf()
    return document(made, b"0 g 0 180 400 60 re f 1 g " + name, resources=FONTS + spaces)


DOCUMENTS: dict[str, Callable[[bytes], bytes]] = {
    make.__name__: make
    for make in (
        wide_in_a_cell,
        wide_in_a_mask,
        long_path_in_a_cell,
        predicted_mask,
        border_of_a_link,
        default_gray,
    )
}
NAMES = [hidden(payload) for payload in PAYLOADS]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[str | None, ...]]:
    """The text of each copy, or None for what was refused."""
    found = asyncio.run(outcomes_of([make(name) for make in DOCUMENTS.values() for name in NAMES]))
    texts = [None if isinstance(each, Refused) else first_page_text(each[1]) for each in found]
    return dict(zip(DOCUMENTS, zip(texts[::2], texts[1::2], strict=True), strict=True))


def drawn(content: bytes, make: Callable[[bytes], bytes]) -> bytes:
    """The first page by MuPDF, or by poppler what MuPDF does not draw either."""
    if make not in {border_of_a_link, default_gray}:
        return bytes(pymupdf.open(stream=content, filetype="pdf")[0].get_pixmap().samples)
    return subprocess.run(["pdftoppm", "-r", "72", "-"], input=content, capture_output=True, check=True).stdout


@pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)
def test_two_names_look_the_same_in_another_renderer(make) -> None:
    sources = [make(name) for name in NAMES]

    assert sources[0] != sources[1]
    assert drawn(sources[0], make) == drawn(sources[1], make)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_name_that_another_renderer_covers_comes_out(outcomes, name) -> None:
    assert not any(payload.decode() in (text or "") for text in outcomes[name] for payload in PAYLOADS)


def page_with(entries: bytes = b"", contents: bytes = b"", **more: bytes) -> bytes:
    return document(Pdf(), SEEN + contents, page=entries, **more)


def field(flags: bytes) -> bytes:
    made = Pdf()
    note = made.new(b"<</Type/Annot/Subtype/Widget/FT/Tx/T(a)/Rect[0 0 0 0]%s>>" % flags)
    return document(made, SEEN, page=b"/Annots[%s]" % note, catalog=b"/AcroForm<</Fields[%s]>>" % note)


ORDINARY = {
    "turned": page_with(b"/Rotate 90"),
    "turned over": page_with(b"/Rotate 180"),
    "cut": page_with(b"/CropBox[10 300 390 395]"),
    "cut and turned": page_with(b"/CropBox[10 300 390 395]/Rotate 270"),
    "with a unit of its own": page_with(b"/UserUnit 2.5"),
    "mirrored": page_with(contents=b"q -1 0 0 1 300 0 cm BT /F0 12 Tf 20 200 Td (Spegel) Tj ET Q"),
    "with pale letters": page_with(contents=b".9 g BT /F0 12 Tf 20 200 Td (Blek) Tj ET"),
    "with a hidden field of no size": field(b"/F 2"),
    "with a field of no size": field(b"/F 4/V(x)"),
}


@pytest.fixture(scope="module")
def ordinary() -> dict[str, object]:
    return dict(zip(ORDINARY, asyncio.run(outcomes_of(list(ORDINARY.values()))), strict=True))


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_page_comes_out_with_its_words(ordinary, name) -> None:
    outcome = ordinary[name]

    assert not isinstance(outcome, Refused), outcome
    assert "Kommunens upphandling" in first_page_text(outcome[1])


async def witnessed(source: bytes, clean: bytes) -> bool:
    """What the job answers to a source and a copy that need not have been made of it."""
    files = MemoryFile.sealed(source), MemoryFile.sealed(clean)
    async with _sandbox_for([source], [Role.DOCUMENTS], ()) as sandbox:
        with files[0], files[1]:
            return await sandbox._job(Operation.WITNESS, Kind.PDF, files, (), Turn(Account(), None))


ASKED = page_with(contents=NAMES[0])


async def test_what_the_source_shows_is_witnessed() -> None:
    assert await witnessed(ASKED, ASKED)


@pytest.mark.parametrize(
    "contents",
    [NAMES[0], b"0 180 400 3 re f", b"BT /F0 40 Tf 20 200 Td 3 Tr (A) Tj ET", b"BT /F0 12 Tf 20 200 Td (A) Tj ET"],
    ids=["a name", "a line", "a word that is only searched", "a letter"],
)
async def test_what_the_source_does_not_show_is_refused(contents) -> None:
    with pytest.raises(SeenOtherwise):
        await witnessed(page_with(), page_with(contents=contents))


async def test_what_is_no_document_is_refused() -> None:
    for source, clean in ((b"%PDF-1.7 none", ASKED), (ASKED, b"%PDF-1.7 none")):
        with pytest.raises(SeenOtherwise):
            await witnessed(source, clean)


async def test_a_pattern_with_very_narrow_steps_takes_too_long() -> None:
    made = Pdf()
    cell = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 400 400]/XStep .01/YStep .01/Resources<<>>"
    pattern = b"/Pattern<</P %s>>" % made.new_stream(b"0 0 400 400 re f", cell)
    slow = document(made, SEEN + b"/Pattern cs /P scn 0 180 400 60 re f", resources=FONTS + pattern)

    with pytest.raises(TookTooLong):
        await witnessed(slow, ASKED)
