"""Pictures have no more pixels than can be seen where they are drawn largest."""

from __future__ import annotations

import asyncio
import io
import mmap
import random
from collections.abc import Callable

import pypdf
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import became_pictures, clean_all
from PIL import Image
from pypdf.generic import StreamObject

from scrubbers.jailed.pdf.content.image import jpeg
from second_reader.jpeg import is_clean
from trusted.jail.protocol import Role
from trusted.jail.stages import Lost

SEEN = line(b"(Syns)", 20, 380)
GREY = b"/ColorSpace/DeviceGray/BitsPerComponent 8"
SMALL = b"q 12 0 0 9 20 200 cm /I Do Q "
SPECK = b"q 1.5 0 0 1.2 20 200 cm /I Do Q "
LARGE = b"q 200 0 0 150 100 100 cm /I Do Q "
TURNED = b"q 0 12 -9 0 50 200 cm /I Do Q "


def blocks() -> Image.Image:
    """Large areas of grey: they look the same in fewer pixels."""
    chance = random.Random(3)
    cells = Image.frombytes("L", (8, 6), bytes(chance.randrange(256) for _ in range(48)))
    return cells.resize((800, 600), Image.Resampling.NEAREST)


def image(made: Pdf, pixels: Image.Image, more: bytes = GREY) -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % pixels.size
    return made.new_stream(pixels.tobytes(), entries + more)


def grey(made: Pdf) -> bytes:
    return image(made, blocks())


def photograph(made: Pdf) -> bytes:
    encoded = io.BytesIO()
    blocks().convert("RGB").save(encoded, "JPEG", quality=90)
    entries = (
        b"/Type/XObject/Subtype/Image/Width 800/Height 600/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
    )
    return made.new_stream(encoded.getvalue(), entries, deflate=False)


def masked(made: Pdf) -> bytes:
    alpha = Image.new("L", (800, 600), 255)
    alpha.paste(0, (0, 0, 400, 600))
    return image(made, blocks(), GREY + b"/SMask %s" % image(made, alpha))


def stencil(made: Pdf) -> bytes:
    return image(made, blocks().point([0] * 128 + [255] * 128).convert("1"), b"/ImageMask true/BitsPerComponent 1")


def page(of: Callable[[Pdf], bytes], *contents: bytes) -> bytes:
    """A document with a page for each of the contents, all drawing the same picture."""
    made = Pdf()
    name = of(made)
    resources = b"<</Font<</F0 6 0 R>>/XObject<</I %s>>>>" % name
    more = [
        made.new(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents %s/Resources %s>>"
            % (made.new_stream(each), resources)
        )
        for each in contents[1:]
    ]
    whole = document(made, contents[0], resources=resources[2:-2])
    if more:
        # One more revision, in which there are more pages.
        again = Pdf(whole)
        again.add(2, b"<</Type/Pages/Count %d/Kids[3 0 R %s]>>" % (len(contents), b" ".join(more)))
        again.end(b"/Root 1 0 R", int(whole.rsplit(b"startxref\n", 1)[1].split()[0]))
        whole = bytes(again.content)
    return whole


# Each with the sizes of the pictures in the clean copy. 600 dpi of 12 x 9 points are 100 x 75 pixels.
DOCUMENTS = {
    "a speck": (page(grey, SEEN + SPECK), {(13, 10)}),
    "small": (page(grey, SEEN + SMALL), {(100, 75)}),
    "small and turned": (page(grey, SEEN + TURNED), {(100, 75)}),
    "a small photograph": (page(photograph, SEEN + SMALL), {(100, 75)}),
    "a small stencil": (page(stencil, SEEN + SMALL), {(100, 75)}),
    "small with a mask": (page(masked, SEEN + SMALL), {(100, 75)}),
    "small and alone": (page(grey, SMALL), {(100, 75)}),
    "large": (page(grey, SEEN + LARGE), {(800, 600)}),
    "small and large": (page(grey, SEEN + SMALL + LARGE), {(800, 600)}),
    "small here and large there": (page(grey, SEEN + SMALL, SEEN + LARGE), {(800, 600)}),
    "small here and large and alone there": (page(grey, SEEN + SMALL, LARGE), {(800, 600)}),
    "not much too large": (page(grey, SEEN + b"q 60 0 0 45 20 200 cm /I Do Q"), {(800, 600)}),
}
COVERED = page(grey, SEEN + LARGE + b"100 100 100 150 re f", LARGE)


@pytest.fixture(scope="module")
def cleaned():
    documents = [*(content for content, _ in DOCUMENTS.values()), COVERED]
    results = asyncio.run(clean_all(documents, [Role.DOCUMENTS]))
    named = [*DOCUMENTS, "covered"]
    return {name: (content, report) for name, (_, content, _, report) in zip(named, results, strict=True)}


def pictures_in(content: bytes) -> list[StreamObject]:
    reader = pypdf.PdfReader(io.BytesIO(content))
    every = (reader.get_object(number) for number in range(1, reader.trailer["/Size"]))
    return [each for each in every if isinstance(each, StreamObject) and each.get("/Subtype") == "/Image"]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_picture_has_the_pixels_that_its_largest_drawing_needs(cleaned, name) -> None:
    content, report = cleaned[name]

    assert {(each["/Width"], each["/Height"]) for each in pictures_in(content)} == DOCUMENTS[name][1]
    assert not became_pictures(report)


def test_what_is_covered_on_one_page_stays_where_the_picture_is_alone_on_another(cleaned) -> None:
    content, report = cleaned["covered"]

    drawn, made = sorted(pictures_in(content), key=lambda each: each.get_data() == blocks().tobytes())

    assert made.get_data() == blocks().tobytes()
    assert drawn.get_data() != blocks().tobytes()
    assert report.lost == (Lost.SHARPNESS,)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_scanned_page_is_hardly_larger_than_scanners_make_it(mode):
    grain = Image.frombytes("L", (800, 1000), random.Random(5).randbytes(800_000))
    page = grain.point([250 - shade // 16 for shade in range(256)]).convert(mode)
    page.paste(40, (100, 100, 700, 130))
    scanned = io.BytesIO()
    page.save(scanned, "JPEG", quality=75)

    made = jpeg(page)

    assert len(made) <= 1.3 * len(scanned.getvalue())
    with mmap.mmap(-1, len(made)) as file:
        file[:] = made
        assert is_clean(file)


def test_a_photograph_keeps_its_quality():
    wanted = io.BytesIO()
    blocks().save(wanted, "JPEG", quality=90, subsampling="4:2:0")

    assert jpeg(blocks()) == wanted.getvalue()
