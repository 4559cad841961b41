"""A clean picture as a PDF shows the same pixels, and what is no clean picture becomes nothing."""

from __future__ import annotations

import io

import pypdfium2
import pytest
from files.scrub_harness import clean
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageStat
from visitors.intake_harness import zygotes

from desk.errors import CaseBroken
from desk.work.case.picture_pdf import picture_as_pdf

# Of 255, in the mean of all pixels: what a JPEG loses, and what a renderer rounds.
FAITHFUL = 4.0
FORMS = [
    *(("PNG", mode) for mode in ("1", "L", "LA", "RGB", "RGBA")),
    *(("JPEG", mode) for mode in ("L", "RGB")),
    *(("TIFF", mode) for mode in ("1", "L", "LA", "RGB", "RGBA")),
]


def drawing(mode: str, colour: tuple[int, int, int]) -> Image.Image:
    """Shapes on nothing; one can be looked through."""
    made = Image.new("RGBA", (300, 200), (255, 255, 255, 0))
    on = ImageDraw.Draw(made)
    on.rectangle((10, 10, 100, 100), fill=(255, 0, 0, 255))
    on.rectangle((60, 60, 200, 150), fill=(*colour, 128))
    on.ellipse((150, 20, 280, 190), fill=(0, 200, 0, 255))
    return made.convert(mode)


def saved(form: str, pages: list[Image.Image]) -> bytes:
    file = io.BytesIO()
    several = {"save_all": True, "append_images": pages[1:]} if form == "TIFF" else {}
    pages[0].save(file, form, **several)
    return file.getvalue()


def far_apart(shown: Image.Image, drawn: Image.Image) -> float:
    on_white = Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn.convert("RGBA"))
    return max(ImageStat.Stat(ImageChops.difference(shown.convert("RGB"), on_white.convert("RGB"))).mean)


async def test_every_form_of_a_clean_picture_shows_the_same_pixels_and_each_page_of_a_tiff():
    seen = {}
    async with zygotes() as sandbox:
        for form, mode in FORMS:
            pages = [drawing(mode, colour) for colour in ((0, 0, 255), (90, 0, 90), (0, 90, 90))]
            pages = pages if form == "TIFF" else pages[:1]
            kind, content, _, _ = await clean(sandbox, saved(form, pages))
            document = pypdfium2.PdfDocument(picture_as_pdf(kind.value, content))
            shown = [page.render(scale=4 / 3).to_pil() for page in document]
            assert len(shown) == len(pages)
            seen[form, mode] = max(map(far_apart, shown, pages))

    assert {form: far for form, far in seen.items() if far > FAITHFUL} == {}


def test_a_picture_larger_than_a_page_of_pdf_may_be_is_scaled():
    long = Image.new("L", (30_000, 10))

    (page,) = pypdfium2.PdfDocument(picture_as_pdf("jpeg", saved("JPEG", [long])))

    assert max(page.get_size()) <= 14_400


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "webp", "another"])
@given(content=st.binary(max_size=400), at=st.integers(0, 2000), whole=st.booleans())
def test_any_bytes_become_a_document_or_are_refused(kind, content, at, whole):
    forms = {"jpeg": "JPEG", "png": "PNG", "tiff": "TIFF"}
    good = saved(forms[kind], [drawing("L", (0, 0, 0))]) if whole and kind in forms else b""

    try:
        made = picture_as_pdf(kind, good[:at] + content + good[at + len(content) :])
    except CaseBroken:
        return

    assert made.startswith(b"%PDF-1.7\n")
