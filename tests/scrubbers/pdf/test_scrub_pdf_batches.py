"""What pages share when they are written in several batches: each page still looks as it did, and keeps its text."""

from __future__ import annotations

import os

import pypdfium2
import pytest
from documents.pdf_by_hand import HELVETICA, Pdf
from files.scrub_harness import same_look
from PIL import Image, ImageChops

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf import rebuild, scrub
from scrubbers.jailed.pdf.pages import resources as pdf_source
from scrubbers.jailed.pdf.pages.page import Page
from scrubbers.jailed.worker import warm_up
from trusted.jail.protocol import Role
from trusted.jail.stages import Kind

PAGES = 5
AREA = b"40 40 200 200 re f"


def soft_mask(made: Pdf) -> tuple[bytes, bytes]:
    """An area of which a mask, a form, lets the left half be seen."""
    form = made.new_stream(
        b"1 g 40 40 100 200 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>/Resources<<>>",
    )
    state = made.new(b"<</SMask<</S/Luminosity/G %s>>>>" % form)
    return b"/ExtGState<</G0 %s>>" % state, b"/G0 gs 0 0.3 0.7 rg " + AREA


def soft_mask_with_a_picture(made: Pdf) -> tuple[bytes, bytes]:
    picture = made.new_stream(
        bytes(range(0, 256, 4)),
        b"/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 8/ColorSpace/DeviceGray",
    )
    form = made.new_stream(
        b"q 200 0 0 200 40 40 cm /P Do Q",
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>"
        b"/Resources<</XObject<</P %s>>>>" % picture,
    )
    state = made.new(b"<</SMask<</S/Luminosity/G %s>>>>" % form)
    return b"/ExtGState<</G0 %s>>" % state, b"/G0 gs 0 0.3 0.7 rg " + AREA


def tiling(made: Pdf) -> tuple[bytes, bytes]:
    pattern = made.new_stream(
        b"0.8 0.2 0 rg 0 0 10 10 re f",
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 20 20]/XStep 20/YStep 20/Resources<<>>",
    )
    return b"/Pattern<</P0 %s>>" % pattern, b"/Pattern cs /P0 scn " + AREA


def gradient(made: Pdf) -> tuple[bytes, bytes]:
    """Its colours stand in a stream of samples."""
    samples = made.new_stream(
        bytes((255, 0, 0, 0, 160, 0, 0, 0, 255)),
        b"/FunctionType 0/Domain[0 1]/Range[0 1 0 1 0 1]/Size[3]/BitsPerSample 8",
    )
    shading = made.new(
        b"<</ShadingType 2/ColorSpace/DeviceRGB/Coords[40 0 240 0]/Function %s/Extend[true true]>>" % samples
    )
    return b"/Shading<</S0 %s>>" % shading, b"40 40 200 200 re W n /S0 sh"


def gradient_in_a_pattern(made: Pdf) -> tuple[bytes, bytes]:
    resources, _ = gradient(made)
    shading = resources.removeprefix(b"/Shading<</S0 ").removesuffix(b">>")
    pattern = made.new(b"<</PatternType 2/Shading %s>>" % shading)
    return b"/Pattern<</P0 %s>>" % pattern, b"/Pattern cs /P0 scn " + AREA


def type_3(made: Pdf) -> tuple[bytes, bytes]:
    glyph = made.new_stream(b"1000 0 0 0 800 800 d1 0 0 800 800 re f")
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 800 800]/FontMatrix[0.001 0 0 0.001 0 0]/FirstChar 65/LastChar 65"
        b"/Widths[1000]/Encoding<</Differences[65/a]>>/CharProcs<</a %s>>/Resources<<>>>>" % glyph
    )
    return b"/Font<</F0 6 0 R/F1 %s>>" % font, b"BT /F1 40 Tf 40 100 Td (AAA) Tj ET"


SHARED = [soft_mask, soft_mask_with_a_picture, tiling, gradient, gradient_in_a_pattern, type_3]


def document(shared) -> bytes:
    """Pages of text, each with the same thing beside it."""
    made = Pdf()
    resources, drawn = shared(made)
    fonts = b"" if b"/Font" in resources else b"/Font<</F0 6 0 R>>"
    made.add(5, b"<<%s%s>>" % (fonts, resources))
    made.add(6, HELVETICA)
    pages = []
    for number in range(PAGES):
        text = b"BT /F0 14 Tf 40 350 Td (Sida %d om ink\xf6p) Tj ET q %s Q"
        contents = made.new_stream(text % (number, drawn))
        entries = b"/MediaBox[0 0 400 400]/Contents %s/Resources 5 0 R" % contents
        pages.append(made.new(b"<</Type/Page/Parent 2 0 R%s>>" % entries))
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count %d/Kids[%s]>>" % (PAGES, b" ".join(pages)))
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def scrubbed(content: bytes) -> bytes:
    untrusted, clean, preview = (os.memfd_create("test") for _ in range(3))
    try:
        os.write(untrusted, content)
        scrub.scrub_file(Kind.PDF, untrusted, clean, preview, Findings())
        return os.pread(clean, os.fstat(clean).st_size, 0)
    finally:
        for descriptor in (untrusted, clean, preview):
            os.close(descriptor)


def drawn(page: pypdfium2.PdfPage) -> Image.Image:
    return page.render(scale=1).to_pil().convert("RGB")


@pytest.mark.parametrize("kept_bytes", [0, 2**20])
@pytest.mark.parametrize("shared", SHARED)
def test_what_pages_share_is_there_in_every_batch(shared, kept_bytes, monkeypatch):
    warm_up(Role.DOCUMENTS, [Kind.PDF])
    monkeypatch.setattr(rebuild, "_BATCH_PAGES", 2)
    # Pictures of the batch before: none is held for the next one, or all are.
    monkeypatch.setattr(pdf_source, "_KEPT_BYTES", kept_bytes)
    content = document(shared)

    before, after = pypdfium2.PdfDocument(content), pypdfium2.PdfDocument(scrubbed(content))

    texts = [page.get_textpage().get_text_bounded() for page in after]
    assert [f"Sida {number} om inköp" in text for number, text in enumerate(texts)] == [True] * PAGES
    for one, other in zip(map(drawn, before), map(drawn, after), strict=True):
        # Pages in a font whose glyphs are drawn are pictures as a whole, whose edges fall on other pixels.
        change = ImageChops.difference(one.reduce(8), other.reduce(8)).getextrema()
        assert same_look(one, other) if shared is not type_3 else max(high for _, high in change) < 24


def nothing(_made: Pdf) -> tuple[bytes, bytes]:
    return b"", b"0 Tr"


def test_a_page_that_stays_as_it_was_first_written_has_the_bytes_of_one_that_is_written_again(monkeypatch):
    warm_up(Role.DOCUMENTS, [Kind.PDF])
    content, emitted = document(nothing), []
    emit, take_out = Page.emit, rebuild.take_out
    monkeypatch.setattr(Page, "emit", lambda page, *given, **more: emitted.append(page) or emit(page, *given, **more))

    once = scrubbed(content)

    assert len(emitted) == PAGES
    monkeypatch.setattr(rebuild, "_BATCH_PAGES", 2)
    assert scrubbed(content) == once
    assert len(emitted) == 2 * PAGES
    monkeypatch.setattr(rebuild, "take_out", lambda pages: {*take_out(pages), 0})
    assert scrubbed(content) == once
    assert len(emitted) == 4 * PAGES
