"""Nothing of what was hidden in a file is in its clean copy. Judged by readers that share nothing with the product."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
from dataclasses import dataclass

import pypdfium2
import pytest
from PIL import Image
from scrub_corpus import Sample, corpus, leftovers, picture
from scrub_harness import arrived

from scrubbers.protocol import Role
from scrubbers.sandbox import Sandbox, scrub, verify
from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from scrubbers.stages import Kind, Lost, ScrubReport, What, Where

SAMPLES = {sample.name: sample for sample in corpus()}

# What ExifTool may find in a clean file: how the pixels lie, and the file's own format.
STRUCTURE = {
    "FileType", "FileTypeExtension", "MIMEType", "ImageWidth", "ImageHeight", "EncodingProcess", "BitsPerSample",
    "ColorComponents", "YCbCrSubSampling", "JFIFVersion", "ResolutionUnit", "XResolution", "YResolution", "BitDepth",
    "ColorType", "Compression", "Filter", "Interlace", "VP8Version", "HorizontalScale", "VerticalScale", "WebP_Flags",
    "AlphaPreprocessing", "AlphaFiltering", "AlphaCompression", "AlphaIsUsed", "ExifByteOrder",
    "PhotometricInterpretation", "StripOffsets", "SamplesPerPixel", "RowsPerStrip", "StripByteCounts",
    "PlanarConfiguration", "ExtraSamples", "PDFVersion", "Linearized", "PageCount", "ImageSize", "Megapixels",
}  # fmt: skip


@dataclass
class Cleaned:
    """One sample after its way through the jail."""

    sample: Sample
    kind: Kind
    content: bytes
    preview: bytes
    report: ScrubReport


async def clean(sandbox: Sandbox, content: bytes) -> tuple[Kind, bytes, bytes, ScrubReport]:
    verified = await verify(await scrub(sniff(arrived(content)), sandbox), sandbox)
    with verified.clean, verified.preview:
        return verified.kind, verified.clean.read(), verified.preview.read(), verified.report


async def clean_all(contents: list[bytes]) -> list[tuple[Kind, bytes, bytes, ScrubReport]]:
    """All of them through fresh zygotes."""
    zygotes = [spawn_zygote(role) for role in Role]
    sandbox = Sandbox([channel for _, channel in zygotes])
    try:
        await sandbox.self_test()
        return [await clean(sandbox, content) for content in contents]
    finally:
        sandbox.close()
        for process, _ in zygotes:
            process.wait(10)


@pytest.fixture(scope="module")
def cleaned() -> dict[str, Cleaned]:
    results = asyncio.run(clean_all([sample.content for sample in SAMPLES.values()]))
    return {sample.name: Cleaned(sample, *result) for sample, result in zip(SAMPLES.values(), results, strict=True)}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_corpus_holds_the_markers_it_claims(name) -> None:
    sample = SAMPLES[name]

    assert set(leftovers(sample.content, sample.markers)) == set(sample.markers.values())


@pytest.mark.parametrize("name", SAMPLES)
def test_no_marker_is_left_in_the_clean_copy_or_its_preview(cleaned, name) -> None:
    result = cleaned[name]

    assert leftovers(result.content, result.sample.markers) == []
    assert leftovers(result.preview, result.sample.markers) == []


def test_exiftool_finds_nothing_but_structure(cleaned, tmp_path) -> None:
    for name, result in cleaned.items():
        (tmp_path / f"{name}.{result.kind}").write_bytes(result.content)
        (tmp_path / f"{name}.preview.jpg").write_bytes(result.preview)

    said = subprocess.run(
        ["exiftool", "-json", "-a", "-u", "-U", "-G3", "-s", "-ee", "--ExifTool:all", "--System:all", "-r", tmp_path],
        capture_output=True,
        check=True,
    )

    found = {
        (entry["SourceFile"].rpartition("/")[2], tag)
        for entry in json.loads(said.stdout)
        for tag in (key.rpartition(":")[2] for key in entry)
        if tag != "SourceFile" and tag not in STRUCTURE
    }
    assert len(json.loads(said.stdout)) == 2 * len(SAMPLES)
    assert found == set()


def test_the_same_file_gives_the_same_bytes_in_another_process(cleaned) -> None:
    again = asyncio.run(clean_all([sample.content for sample in SAMPLES.values()]))

    for result, (kind, content, preview, report) in zip(cleaned.values(), again, strict=True):
        assert (kind, content, preview) == (result.kind, result.content, result.preview), result.sample.name
        assert [found.example for found in report.removed] == [found.example for found in result.report.removed]


def found_in(result: Cleaned) -> set[tuple[What, Where]]:
    return {(found.what, found.where) for found in result.report.removed}


def examples(result: Cleaned, what: What) -> set[str | None]:
    return {found.example for found in result.report.removed if found.what is what}


def test_the_report_of_a_photograph_says_what_it_gave_away(cleaned) -> None:
    result = cleaned["jpeg_everything"]

    assert "60.14900, 15.18783" in examples(result, What.PLACE)
    assert {
        (What.DEVICE, Where.EXIF), (What.SERIAL, Where.EXIF), (What.SERIAL, Where.MAKER_NOTE), (What.PERSON, Where.EXIF),
        (What.PERSON, Where.XMP), (What.PERSON, Where.IPTC), (What.PLACE, Where.IPTC), (What.DATE, Where.EXIF),
        (What.SOFTWARE, Where.EXIF), (What.COMMENT, Where.COMMENT_BLOCK), (What.COLOUR_PROFILE, Where.ICC),
        (What.THUMBNAIL, Where.VENDOR_BLOCK), (What.EMBEDDED_FILE, Where.AFTER_THE_END), (What.OTHER, Where.VENDOR_BLOCK),
    } <= found_in(result)  # fmt: skip
    markers = result.sample.markers
    named = {markers.get((example or "").encode()) for example in examples(result, What.SERIAL)}
    assert {"EXIF BodySerialNumber", "EXIF LensSerialNumber"} <= named


def test_the_report_of_a_document_says_what_it_gave_away(cleaned) -> None:
    result = cleaned["pdf_everything"]

    assert {
        (What.PERSON, Where.DOCUMENT_INFORMATION), (What.SOFTWARE, Where.DOCUMENT_INFORMATION), (What.SCRIPT, Where.DOCUMENT),
        (What.EMBEDDED_FILE, Where.ATTACHMENTS), (What.HIDDEN_TEXT, Where.PAGES), (What.HIDDEN_TEXT, Where.LAYERS),
        (What.ANNOTATION, Where.PAGES), (What.LINK, Where.PAGES), (What.FORM_FIELD, Where.FORM), (What.PERSON, Where.XMP),
        (What.PLACE, Where.PICTURES_ON_PAGES), (What.IDENTIFIER, Where.DOCUMENT), (What.EMBEDDED_FILE, Where.AFTER_THE_END),
    } <= found_in(result)  # fmt: skip
    assert set(result.report.lost) >= {Lost.SELECTABLE_TEXT, Lost.LINKS, Lost.FORM}
    assert (What.EARLIER_VERSION, Where.DOCUMENT) in found_in(cleaned["pdf_revised"])


@pytest.mark.parametrize(
    ("name", "what", "where"),
    [
        ("png_palette", What.HIDDEN_COLOUR, Where.PALETTE),
        ("png_hidden_colour", What.HIDDEN_COLOUR, Where.PIXELS),
        ("webp_hidden_colour", What.HIDDEN_COLOUR, Where.PIXELS),
        ("png_everything", What.DATE, Where.TEXT_BLOCK),
        ("tiff_everything", What.PERSON, Where.TAGS),
        ("gif_everything", What.COMMENT, Where.COMMENT_BLOCK),
        ("bmp_everything", What.COLOUR_PROFILE, Where.ICC),
    ],
)
def test_the_report_names_the_hiding_place(cleaned, name, what, where) -> None:
    assert (what, where) in found_in(cleaned[name])


@pytest.mark.parametrize("name", ["apng", "gif_everything"])
def test_an_animation_is_said_to_be_lost(cleaned, name) -> None:
    assert Lost.ANIMATION in cleaned[name].report.lost


def test_a_report_without_values_keeps_kinds_and_each_once(cleaned) -> None:
    kept = cleaned["jpeg_everything"].report.without_values()

    assert {found.example for found in kept.removed} == {None}
    assert len({(found.what, found.where) for found in kept.removed}) == len(kept.removed)
    assert re.fullmatch(r"rules \d+, pillow [\d.]+, pypdf [\d.]+, pypdfium2 [\d.]+, zlib \S+", kept.version)


def test_a_picture_stored_on_its_side_comes_out_upright(cleaned) -> None:
    with Image.open(io.BytesIO(cleaned["jpeg_turned"].content)) as turned:
        left, right = turned.getpixel((4, 30)), turned.getpixel((36, 30))

        assert turned.size == (40, 60)
    assert left[0] > 200
    assert left[2] < 60
    assert right[0] < 60
    assert right[2] > 200


def test_the_pixels_that_can_be_seen_stay(cleaned) -> None:
    for name in ("png_hidden_colour", "webp_hidden_colour"):
        with (
            Image.open(io.BytesIO(SAMPLES[name].content)) as before,
            Image.open(io.BytesIO(cleaned[name].content)) as after,
        ):
            white = Image.new("RGBA", before.size, "white")
            seen_before = Image.alpha_composite(white, before.convert("RGBA"))
            seen_after = Image.alpha_composite(white, after.convert("RGBA"))

        assert seen_before.tobytes() == seen_after.tobytes()


def test_every_page_of_a_tiff_stays(cleaned) -> None:
    with Image.open(io.BytesIO(cleaned["tiff_pages"].content)) as pages:
        assert pages.n_frames == 3
        for number, mode in enumerate(("RGB", "1", "L")):
            pages.seek(number)
            assert pages.convert(mode).tobytes() == picture(mode=mode).tobytes()


def test_a_document_looks_the_same_to_within_a_shade(cleaned) -> None:
    before = pypdfium2.PdfDocument(SAMPLES["pdf_everything"].content)
    after = pypdfium2.PdfDocument(cleaned["pdf_everything"].content)

    assert len(before) == len(after) == 2
    for number in range(2):
        drawn, redrawn = (document[number].render(scale=1).to_pil().convert("L") for document in (before, after))
        assert drawn.size == redrawn.size
        differences = [abs(a - b) for a, b in zip(drawn.tobytes(), redrawn.tobytes(), strict=True)]
        assert sum(differences) / len(differences) < 2
    after.close()
    before.close()


def test_what_was_typed_into_a_form_is_still_drawn(cleaned) -> None:
    document = pypdfium2.PdfDocument(cleaned["pdf_form"].content)

    drawn = document[0].render(scale=1).to_pil().convert("L")

    assert drawn.getpixel((100, 160)) == 0
    document.close()


def test_previews_are_small_jpegs(cleaned) -> None:
    for result in cleaned.values():
        with Image.open(io.BytesIO(result.preview)) as small:
            assert small.format == "JPEG"
            assert max(small.size) <= 320


def unusual(mode: str) -> bytes:
    """A TIFF whose colours are stored as few programs store them."""
    grey = picture(mode="L")
    match mode:
        case "I;16":
            made = grey.convert("I").point(lambda value: value * 257).convert("I;16")
        case "LAB":
            neutral = Image.new("L", grey.size, 128)
            made = Image.merge("LAB", (grey, neutral, neutral))
        case "CMYK":
            made = picture().convert(mode)
        case _:
            made = grey.convert(mode)
    output = io.BytesIO()
    made.save(output, "TIFF")
    return output.getvalue()


def test_unusual_colours_come_out_in_usual_ones() -> None:
    lost = {"I;16": True, "I": True, "F": True, "L": False, "1": False, "CMYK": False, "LAB": False}

    results = asyncio.run(clean_all([unusual(mode) for mode in lost]))

    for mode, (_, content, _, report) in zip(lost, results, strict=True):
        with Image.open(io.BytesIO(content)) as result:
            assert result.mode in {"1", "L", "RGB"}
            darkest, lightest = result.convert("L").getextrema()
        assert darkest < 50, mode
        assert lightest > 180, mode
        assert (Lost.COLOUR_DEPTH in report.lost) is lost[mode]
