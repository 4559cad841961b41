"""Nothing of what was hidden in a document is in its clean copy. Judged by readers that share nothing with the product."""

from __future__ import annotations

import asyncio

import pypdfium2
import pytest
from corpus.pdf import pdf_corpus
from files.scrub_harness import Cleaned, clean_all, clean_samples, exiftool_tags, found_in
from markers.search import leftovers
from PIL import Image, ImageChops, ImageFilter

from trusted.jail.stages import Lost, What, Where

SAMPLES = {sample.name: sample for sample in pdf_corpus()}

# What ExifTool may find in a clean document or its preview: the format, and how many pages or pixels there are.
STRUCTURE = {
    "FileType", "FileTypeExtension", "MIMEType", "PDFVersion", "Linearized", "PageCount",
    "ImageWidth", "ImageHeight", "EncodingProcess", "BitsPerSample", "ColorComponents", "YCbCrSubSampling", "JFIFVersion",
    "ResolutionUnit", "XResolution", "YResolution", "ImageSize", "Megapixels",
}  # fmt: skip


@pytest.fixture(scope="module")
def cleaned() -> dict[str, Cleaned]:
    return clean_samples(list(SAMPLES.values()))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_search_finds_every_marker_in_the_document_it_was_planted_in(name) -> None:
    sample = SAMPLES[name]

    assert set(leftovers(sample.content, sample.markers)) == set(sample.markers.values())


def test_the_corpus_has_a_marker_for_every_place_and_no_two_are_alike() -> None:
    markers = [marker for sample in SAMPLES.values() for marker in sample.markers]

    assert len(markers) > 1200
    assert len({marker[:10] for marker in markers}) == len(markers)


@pytest.mark.parametrize("name", SAMPLES)
def test_no_marker_is_left_in_the_clean_document_or_its_preview(cleaned, name) -> None:
    result = cleaned[name]

    assert leftovers(result.content, result.sample.markers) == []
    assert leftovers(result.preview, result.sample.markers) == []


def test_exiftool_finds_nothing_but_structure(cleaned, tmp_path) -> None:
    for name, result in cleaned.items():
        (tmp_path / f"{name}.{result.kind}").write_bytes(result.content)
        (tmp_path / f"{name}.preview.jpg").write_bytes(result.preview)

    found = exiftool_tags(tmp_path)

    assert len(found) == 2 * len(SAMPLES)
    assert {name: tags - STRUCTURE for name, tags in found.items() if tags - STRUCTURE} == {}


def test_the_same_document_gives_the_same_bytes_in_another_process(cleaned) -> None:
    again = asyncio.run(clean_all([sample.content for sample in SAMPLES.values()], fresh=True))

    for result, (kind, content, preview, report) in zip(cleaned.values(), again, strict=True):
        assert (kind, content, preview) == (result.kind, result.content, result.preview), result.sample.name
        assert [found.example for found in report.removed] == [found.example for found in result.report.removed]


def test_the_report_of_a_document_says_what_it_gave_away(cleaned) -> None:
    result = cleaned["pdf_everything"]

    assert {
        (What.PERSON, Where.DOCUMENT_INFORMATION), (What.SOFTWARE, Where.DOCUMENT_INFORMATION), (What.SCRIPT, Where.DOCUMENT),
        (What.EMBEDDED_FILE, Where.ATTACHMENTS), (What.HIDDEN_TEXT, Where.LAYERS),
        (What.ANNOTATION, Where.PAGES), (What.LINK, Where.PAGES), (What.FORM_FIELD, Where.FORM), (What.PERSON, Where.XMP),
        (What.PLACE, Where.PICTURES_ON_PAGES), (What.IDENTIFIER, Where.DOCUMENT), (What.EMBEDDED_FILE, Where.AFTER_THE_END),
    } <= found_in(result)  # fmt: skip
    assert set(result.report.lost) >= {Lost.LINKS, Lost.FORM}
    assert (What.EARLIER_VERSION, Where.DOCUMENT) in found_in(cleaned["pdf_revised"])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_document_looks_as_before(cleaned, name) -> None:
    before, after = (pypdfium2.PdfDocument(content) for content in (SAMPLES[name].content, cleaned[name].content))
    # Without it fields would not be drawn.
    before.init_forms()

    assert len(before) == len(after)
    for number in range(len(before)):
        drawn, redrawn = (soft(document, number) for document in (before, after))
        assert drawn.size == redrawn.size
        difference = ImageChops.difference(drawn, redrawn).convert("L").histogram()
        assert sum(value * count for value, count in enumerate(difference)) < 3 * sum(difference)
        assert sum(difference[64:]) < 0.005 * sum(difference)
    after.close()
    before.close()


def soft(document: pypdfium2.PdfDocument, number: int) -> Image.Image:
    """A page as a viewer draws it, softened by a pixel: how edges are smoothed does not count."""
    page = document[number].render(scale=1, draw_annots=True).to_pil().convert("RGB")
    return page.filter(ImageFilter.GaussianBlur(1))


def test_what_was_typed_into_a_form_is_still_drawn(cleaned) -> None:
    document = pypdfium2.PdfDocument(cleaned["pdf_form"].content)

    drawn = document[0].render(scale=1).to_pil().convert("L")

    assert drawn.getpixel((100, 160)) == 0
    document.close()
