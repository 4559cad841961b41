"""Nothing of what was hidden in a file is in its clean copy. Judged by readers that share nothing with the product."""

from __future__ import annotations

import asyncio
import io
import re

import pytest
from corpus.index import corpus, picture
from documents.pictures import furthest
from files.scrub_harness import Cleaned, clean_all, clean_samples, exiftool_tags, found_in
from markers.search import leftovers
from PIL import Image

from trusted.jail.stages import Lost, What, Where

SAMPLES = {sample.name: sample for sample in corpus()}

# What ExifTool may find in a clean picture: how the pixels lie, and the file's own format.
STRUCTURE = {
    "FileType", "FileTypeExtension", "MIMEType", "ImageWidth", "ImageHeight", "EncodingProcess", "BitsPerSample",
    "ColorComponents", "YCbCrSubSampling", "JFIFVersion", "ResolutionUnit", "XResolution", "YResolution", "BitDepth",
    "ColorType", "Compression", "Filter", "Interlace", "VP8Version", "HorizontalScale", "VerticalScale", "WebP_Flags",
    "AlphaPreprocessing", "AlphaFiltering", "AlphaCompression", "AlphaIsUsed", "ExifByteOrder",
    "PhotometricInterpretation", "StripOffsets", "SamplesPerPixel", "RowsPerStrip", "StripByteCounts",
    "PlanarConfiguration", "ExtraSamples", "ImageSize", "Megapixels",
}  # fmt: skip


@pytest.fixture(scope="module")
def cleaned() -> dict[str, Cleaned]:
    return clean_samples(list(SAMPLES.values()))


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

    found = exiftool_tags(tmp_path)

    assert len(found) == 2 * len(SAMPLES)
    assert {name: tags - STRUCTURE for name, tags in found.items() if tags - STRUCTURE} == {}


def test_the_same_file_gives_the_same_bytes_in_another_process(cleaned) -> None:
    again = asyncio.run(clean_all([sample.content for sample in SAMPLES.values()], fresh=True))

    for result, (kind, content, preview, report) in zip(cleaned.values(), again, strict=True):
        assert (kind, content, preview) == (result.kind, result.content, result.preview), result.sample.name
        assert [found.example for found in report.removed] == [found.example for found in result.report.removed]


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


@pytest.mark.parametrize(
    ("name", "what", "where"),
    [
        ("png_palette", What.HIDDEN_COLOUR, Where.PALETTE),
        ("png_hidden_colour", What.HIDDEN_COLOUR, Where.PIXELS),
        ("webp_hidden_colour", What.HIDDEN_COLOUR, Where.PIXELS),
        *((f"{kind}_faint_hidden_colour", What.HIDDEN_COLOUR, Where.PIXELS) for kind in ("png", "webp", "tiff")),
        ("png_everything", What.DATE, Where.TEXT_BLOCK),
        ("tiff_everything", What.PERSON, Where.TAGS),
        ("gif_everything", What.COMMENT, Where.COMMENT_BLOCK),
        ("bmp_everything", What.COLOUR_PROFILE, Where.ICC),
        ("gif_profile", What.COLOUR_PROFILE, Where.ICC),
        ("jpeg_second_picture", What.EMBEDDED_FILE, Where.SECOND_PICTURE),
        ("jpeg_thumbnails", What.THUMBNAIL, Where.VENDOR_BLOCK),
        ("png_cropped", What.EMBEDDED_FILE, Where.AFTER_THE_END),
        ("apng_stand_in", What.EMBEDDED_FILE, Where.SECOND_PICTURE),
        ("tiff_small_copy", What.THUMBNAIL, Where.SECOND_PICTURE),
        ("tiff_private", What.PLACE, Where.TAGS),
        ("tiff_private", What.SERIAL, Where.MAKER_NOTE),
        ("heic_everything", What.PLACE, Where.EXIF),
        ("heic_everything", What.PERSON, Where.XMP),
        ("heic_everything", What.THUMBNAIL, Where.SECOND_PICTURE),
        ("heic_second_picture", What.EMBEDDED_FILE, Where.SECOND_PICTURE),
        ("avif_everything", What.COLOUR_PROFILE, Where.ICC),
        ("avif_everything", What.OTHER, Where.VENDOR_BLOCK),
    ],
)
def test_the_report_names_the_hiding_place(cleaned, name, what, where) -> None:
    assert (what, where) in found_in(cleaned[name])


@pytest.mark.parametrize(
    "name", ["apng", "apng_second_frame", "gif_everything", "gif_second_frame", "webp_second_frame", "avif_moving"]
)
def test_an_animation_is_reported_as_lost(cleaned, name) -> None:
    assert Lost.ANIMATION in cleaned[name].report.lost


@pytest.mark.parametrize("name", ["jpeg_second_picture", "heic_second_picture"])
def test_a_second_picture_is_reported_as_lost(cleaned, name) -> None:
    assert cleaned[name].report.lost == (Lost.SECOND_PICTURE,)


def test_a_report_without_values_keeps_kinds_and_each_once(cleaned) -> None:
    kept = cleaned["jpeg_everything"].report.without_values()

    assert {found.example for found in kept.removed} == {None}
    assert len({(found.what, found.where) for found in kept.removed}) == len(kept.removed)
    assert re.fullmatch(
        r"rules \d+, pillow [\d.]+, pillow-heif [\d.]+, pypdfium2 [\d.]+, pymupdf [\d.]+, pypdf [\d.]+, fonttools [\d.]+, uharfbuzz [\d.]+,"
        r" av [\d.]+, zlib \S+,"
        r" Unicode [\d.]+, libraries ([0-9a-f]{8}|of the system)",
        kept.version,
    )


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

        # What hardly lets colour through shows none: 7 of 255 at most.
        assert furthest(seen_before, seen_after) <= 7
        for one in (seen_before, seen_after):
            one.paste("white", (0, 0, 5, 4))
        assert seen_before.tobytes() == seen_after.tobytes()


def test_what_few_viewers_show_does_not_take_the_place_of_what_they_do(cleaned) -> None:
    with Image.open(io.BytesIO(cleaned["apng_stand_in"].content)) as shown:
        assert shown.convert("RGB").tobytes() == picture(shown.size).tobytes()
    with Image.open(io.BytesIO(cleaned["tiff_small_copy"].content)) as pages:
        assert pages.n_frames == 2
        assert pages.convert("RGB").tobytes() == picture().tobytes()


def test_every_page_of_a_tiff_stays(cleaned) -> None:
    with Image.open(io.BytesIO(cleaned["tiff_pages"].content)) as pages:
        assert pages.n_frames == 3
        for number, mode in enumerate(("RGB", "1", "L")):
            pages.seek(number)
            assert pages.convert(mode).tobytes() == picture(mode=mode).tobytes()


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
