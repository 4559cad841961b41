"""Ordinary files in the many ways programs write them: all come out, and look as before."""

from __future__ import annotations

import asyncio
import io
import struct
import zlib

import pytest
from corpus.index import chunk, encoded, picture, with_segments
from corpus.pdf import Pdf
from files.scrub_harness import clean_all
from PIL import Image, ImageChops, ImageCms, ImageStat

from trusted.jail.stages import Kind, Lost


def transparent() -> Image.Image:
    made = picture().convert("RGBA")
    made.putalpha(Image.linear_gradient("L").resize(made.size))
    return made


def sixteen_bit_png() -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 4, 16, 2, 0, 0, 0))
    rows = b"".join(b"\0" + struct.pack(">12H", *range(0, 60000, 5000)) for _ in range(4))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def colour_key_png() -> bytes:
    """One colour counts as see-through."""
    made = Image.new("RGB", (8, 8), (10, 20, 30))
    made.paste((200, 0, 0), (0, 0, 4, 8))
    return encoded(made, "PNG", transparency=(10, 20, 30))


def palette_with_transparency() -> bytes:
    made = picture().convert("P", palette=Image.Palette.ADAPTIVE, colors=16)
    return encoded(made, "PNG", transparency=bytes([0, 128] + [255] * 14))


def wide_gamut_jpeg() -> bytes:
    """A profile whose primaries are another picture's: red and green are swapped."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = profile.find(b"rXYZ"), profile.find(b"gXYZ")
    profile[red : red + 4], profile[green : green + 4] = b"gXYZ", b"rXYZ"
    while (at := profile.find("sRGB".encode("utf-16-be"))) >= 0:
        profile[at : at + 8] = "Test".encode("utf-16-be")
    while (at := profile.find(b"sRGB")) >= 0:
        profile[at : at + 4] = b"Test"
    return encoded(Image.new("RGB", (16, 16), (200, 30, 30)), "JPEG", icc_profile=bytes(profile), quality=95)


VARIANTS = {
    "progressive JPEG": encoded(picture(), "JPEG", progressive=True, quality=95),
    "grey JPEG": encoded(picture(mode="L"), "JPEG", quality=95),
    "CMYK JPEG": encoded(picture(mode="CMYK"), "JPEG", quality=95),
    "JPEG without subsampling": encoded(picture(), "JPEG", subsampling="4:4:4", quality=95),
    "JPEG with restart marks": encoded(picture((640, 480)), "JPEG", restart_marker_blocks=4, quality=95),
    "JPEG with filling bytes": with_segments(encoded(picture(), "JPEG", quality=95), []).replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1),
    "JPEG of one pixel": encoded(picture((1, 1)), "JPEG", quality=95),
    "long thin JPEG": encoded(picture((3000, 2)), "JPEG", quality=95),
    "two pictures in one file": encoded(picture(), "MPO", save_all=True, append_images=[picture((40, 40))], quality=95),
    "one-bit PNG": encoded(picture(mode="1"), "PNG"),
    "grey PNG": encoded(picture(mode="L"), "PNG"),
    "grey PNG with alpha": encoded(transparent().convert("LA"), "PNG"),
    "PNG with alpha": encoded(transparent(), "PNG"),
    "opaque PNG with alpha": encoded(picture(mode="RGBA"), "PNG"),
    "palette PNG": encoded(picture().convert("P"), "PNG"),
    "palette PNG with transparency": palette_with_transparency(),
    "PNG with a colour key": colour_key_png(),
    "sixteen-bit PNG": sixteen_bit_png(),
    "lossy WebP": encoded(picture(), "WEBP", quality=95),
    "lossy WebP with alpha": encoded(transparent(), "WEBP", quality=95),
    "lossless WebP": encoded(picture(), "WEBP", lossless=True),
    "animated WebP": encoded(picture(), "WEBP", save_all=True, append_images=[picture().rotate(90)], lossless=True),
    "plain TIFF": encoded(picture(), "TIFF"),
    "LZW TIFF": encoded(picture(), "TIFF", compression="tiff_lzw"),
    "JPEG in a TIFF": encoded(picture(), "TIFF", compression="jpeg", quality=95),
    "PackBits TIFF": encoded(picture(mode="L"), "TIFF", compression="packbits"),
    "fax TIFF": encoded(picture(mode="1"), "TIFF", compression="group4"),
    "CMYK TIFF": encoded(picture(mode="CMYK"), "TIFF"),
    "palette TIFF": encoded(picture().convert("P"), "TIFF"),
    "TIFF with alpha": encoded(transparent(), "TIFF"),
    "GIF": encoded(picture().convert("P", palette=Image.Palette.ADAPTIVE), "GIF"),
    "GIF with transparency": encoded(picture().convert("P", palette=Image.Palette.ADAPTIVE, colors=16), "GIF", transparency=0),
    "BMP": encoded(picture(), "BMP"),
    "grey BMP": encoded(picture(mode="L"), "BMP"),
    "one-bit BMP": encoded(picture(mode="1"), "BMP"),
    "palette BMP": encoded(picture().convert("P"), "BMP"),
}  # fmt: skip


@pytest.fixture(scope="module")
def results() -> dict[str, tuple]:
    return dict(zip(VARIANTS, asyncio.run(clean_all(list(VARIANTS.values()))), strict=True))


def flat(content: bytes) -> Image.Image:
    """The first frame, on white."""
    with Image.open(io.BytesIO(content)) as opened:
        seen = opened.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen).convert("RGB")


@pytest.mark.parametrize("name", VARIANTS)
def test_an_ordinary_file_comes_out_and_looks_as_before(results, name) -> None:
    before, after = flat(VARIANTS[name]), flat(results[name][1])

    assert after.size == before.size
    # CMYK without a profile has no one right look; elsewhere only what lossy coding changes may differ.
    most = 12 if "CMYK" in name else 4
    assert max(ImageStat.Stat(ImageChops.difference(before, after)).mean) < most


def test_a_file_so_large_that_it_is_given_back_once_decoded_comes_out_the_same(results) -> None:
    large = asyncio.run(clean_all([content + bytes(17 * 2**20) for content in VARIANTS.values()]))

    for name, result in zip(VARIANTS, large, strict=True):
        assert result[1] == results[name][1], name


def test_what_is_lost_is_reported(results) -> None:
    lost = {name: result[3].lost for name, result in results.items() if result[3].lost}

    assert lost == {
        "two pictures in one file": (Lost.SECOND_PICTURE,),
        "sixteen-bit PNG": (Lost.COLOUR_DEPTH,),
        "animated WebP": (Lost.ANIMATION,),
    }


def test_pictures_without_loss_stay_without_loss(results) -> None:
    for name in ("grey PNG", "one-bit PNG", "palette PNG", "lossless WebP", "LZW TIFF", "fax TIFF", "BMP", "GIF"):
        assert flat(VARIANTS[name]).tobytes() == flat(results[name][1]).tobytes(), name


def document(padding: bytes) -> bytes:
    """Three pages that differ, one with a form field, and something that no page shows."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[9 0 R]>>>>")
    made.add(2, b"<</Type/Pages/Count 3/Kids[3 0 R 4 0 R 5 0 R]>>")
    for number, more in ((3, b""), (4, b"/Annots[9 0 R]"), (5, b"")):
        made.add(number, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents %d 0 R%s>>" % (number + 3, more))
        made.stream(number + 3, b"%d 0 0 rg %d 20 60 60 re f" % (number % 2, 20 * number))
    made.add(9, b"<</Type/Annot/Subtype/Widget/F 4/FT/Tx/T(name)/V(value)/Rect[20 120 180 160]/AP<</N 10 0 R>>>>")
    made.stream(10, b"0 0 1 rg 0 0 160 40 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]")
    made.stream(11, padding, deflate=False)
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def test_a_large_document_that_is_opened_anew_for_each_page_looks_like_a_small_one() -> None:
    small, large = asyncio.run(clean_all([document(b""), document(bytes(30 * 2**20))]))

    assert b"/Count 3" in small[1]
    assert large[1] == small[1]
    assert large[2] == small[2]


def test_a_picture_with_a_profile_is_converted_before_the_profile_goes() -> None:
    ((kind, content, _, _),) = asyncio.run(clean_all([wide_gamut_jpeg()]))

    red, green, _ = flat(content).getpixel((8, 8))
    assert kind is Kind.JPEG
    assert green > 2 * red
