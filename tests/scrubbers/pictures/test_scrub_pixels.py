"""What a person sees stays: turned upright, in the right colours, without loss where there was none."""

from __future__ import annotations

import asyncio
import io
import re
import statistics
import struct
from collections.abc import Iterable

import pillow_heif
import pytest
from corpus.index import encoded, picture
from corpus.media import Item, Media, box, full, profile_property
from documents.pictures import (
    ADOBE_RGB,
    DISPLAY_P3,
    as_picture,
    corners,
    deep_png,
    furthest,
    ink_profile,
    interlaced_png,
    matrix_profile,
    patches,
    photograph,
    psnr,
    turned_file,
    ycck_jpeg,
)
from files.scrub_harness import clean_all
from PIL import Image, ImageChops, ImageCms

from trusted.jail.protocol import Role
from trusted.jail.stages import Kind, Lost, Refused, ScrubReport, UncommonPicture

Result = tuple[Kind, bytes, bytes, ScrubReport]


def cleaned(contents: Iterable[bytes]) -> list[Result]:
    return asyncio.run(clean_all(list(contents), [Role.PICTURES]))


# Upright.


@pytest.fixture(scope="module")
def upright() -> Image.Image:
    return corners()


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_a_picture_stands_upright_whichever_way_it_was_stored(upright, format_name) -> None:
    results = cleaned(turned_file(format_name, orientation, upright) for orientation in range(1, 9))

    for orientation, (_, content, preview, _) in enumerate(results, 1):
        seen = as_picture(content)
        assert seen.size == upright.size, orientation
        assert psnr(seen, upright) > 25, orientation
        assert psnr(as_picture(preview), upright) > 20, orientation


# How HEIC and AVIF turn: quarters against the clock, then a mirror over an axis, in boxes of their own.
BOX_TURNS = {1: (), 2: (b"v",), 3: (2,), 4: (b"h",), 5: (1, b"h"), 6: (3,), 7: (1, b"v"), 8: (1,)}


def turned_media(kind: str, orientation: int, upright: Image.Image, *, boxes: bool, tag: bool) -> bytes:
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation in undo else upright
    made = Media(kind)
    numbers = []
    for turn in BOX_TURNS[orientation] if boxes else ():
        content = (
            box(b"irot", bytes([turn])) if isinstance(turn, int) else box(b"imir", b"\1" if turn == b"v" else b"\0")
        )
        numbers.append(made.add_property(content))
    first = made.add_picture(stored, *numbers)
    if tag:
        exif = Image.Exif()
        exif[0x112] = orientation
        made.refer(b"cdsc", made.add(Item(b"Exif", struct.pack(">I", 6) + exif.tobytes())), first)
    return made.write()


@pytest.mark.parametrize("kind", ["heic", "avif"])
@pytest.mark.parametrize("tag", [False, True])
def test_a_phone_picture_is_turned_once_though_it_says_so_twice(upright, kind, tag) -> None:
    results = cleaned(turned_media(kind, number, upright, boxes=True, tag=tag) for number in range(1, 9))

    for orientation, (_, content, _, _) in enumerate(results, 1):
        seen = as_picture(content)
        assert seen.size == upright.size, orientation
        assert psnr(seen, upright) > 25, orientation


def test_what_a_phone_picture_leaves_out_of_its_pixels_stays_left_out() -> None:
    made = picture((128, 64))
    made.paste("red", (64, 0, 128, 64))
    # 64 x 64, a quarter of the width to the left of the middle.
    cut = box(b"clap", struct.pack(">8i", 64, 1, 64, 1, -32, 1, 0, 1))

    heic, avif = (Media(kind) for kind in ("heic", "avif"))
    for media in (heic, avif):
        media.add_picture(made, media.add_property(cut))
    ((_, content, _, _),) = cleaned([heic.write()])
    seen = as_picture(content)

    assert seen.size == (64, 64)
    assert psnr(seen, made.crop((0, 0, 64, 64))) > 30
    # The AVIF decoder gives all pixels, so such a file is not taken.
    with pytest.raises(UncommonPicture):
        cleaned([avif.write()])


# Colours.


def reference(made: Image.Image, profile: bytes) -> Image.Image:
    """What littleCMS makes of the colours outside the jail."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    return ImageCms.profileToProfile(made, source, ImageCms.createProfile("sRGB"), outputMode="RGB")


@pytest.mark.parametrize("space", [DISPLAY_P3, ADOBE_RGB], ids=["Display P3", "Adobe RGB"])
def test_wide_colours_come_out_as_the_reference_has_them(space) -> None:
    made, profile = patches(), matrix_profile(space)
    media = [Media(kind) for kind in ("heic", "avif")]
    for one in media:
        one.add_picture(made, one.add_property(profile_property(profile)), quality=98)
    contents = [
        *(encoded(made, name, icc_profile=profile) for name in ("PNG", "TIFF")),
        encoded(made, "WEBP", lossless=True, icc_profile=profile),
        encoded(made, "JPEG", quality=98, subsampling="4:4:4", icc_profile=profile),
        *(one.write() for one in media),
    ]

    results = cleaned(contents)

    for content, (kind, clean, _, _) in zip(contents, results, strict=True):
        decoded = as_picture(content).convert("RGB")
        wanted, seen = reference(decoded, profile), as_picture(clean)
        if kind is Kind.JPEG:
            # Within a patch: at its edges colours are stored at half the resolution.
            assert furthest(middles(wanted), middles(seen)) <= 2
        else:
            assert furthest(wanted, seen) <= 2


def middles(made: Image.Image) -> Image.Image:
    """The middle of each patch of `patches`."""
    small = Image.new("RGB", (36, 6))
    for x in range(36):
        for y in range(6):
            middle = made.crop((16 * x + 4, 16 * y + 4, 16 * x + 12, 16 * y + 12)).resize((1, 1), Image.Resampling.BOX)
            small.putpixel((x, y), middle.getpixel((0, 0)))
    return small


def test_printers_colours_are_those_of_their_profile() -> None:
    inks = Image.new("CMYK", (256, 64))
    for number, ink in enumerate([(255, 0, 0, 0), (0, 255, 0, 0), (0, 0, 255, 0), (0, 0, 0, 255)]):
        inks.paste(ink, (64 * number, 0, 64 * number + 64, 64))
    profile = ink_profile()
    tiff, jpeg = encoded(inks, "TIFF", icc_profile=profile), encoded(inks, "JPEG", quality=95, icc_profile=profile)

    (_, from_tiff, _, _), (_, from_jpeg, _, _) = cleaned([tiff, jpeg])

    assert furthest(as_picture(from_tiff), reference(inks, profile)) <= 2
    for x in (32, 96, 160, 224):
        wanted, seen = (one.getpixel((x, 32)) for one in (reference(inks, profile), as_picture(from_jpeg)))
        assert max(abs(a - b) for a, b in zip(wanted, seen, strict=True)) <= 4


def test_inks_without_a_profile_are_what_viewers_make_of_them() -> None:
    ink = (200, 30, 90, 40)
    contents = [encoded(Image.new("CMYK", (64, 64), ink), "JPEG", quality=95), ycck_jpeg(ink)]

    for _, content, _, _ in cleaned(contents):
        wanted = [(255 - value) * (255 - ink[3]) // 255 for value in ink[:3]]
        assert max(abs(a - b) for a, b in zip(as_picture(content).getpixel((30, 30)), wanted, strict=True)) <= 3


# Depth, transparency, and the ways pixels are packed.


def test_sixteen_bits_become_the_eight_nearest_to_them() -> None:
    width, height = 64, 16
    grey = [(x + y * width) * 64 for y in range(height) for x in range(width)]
    colours = [value for number in grey for value in (number, 65535 - number, number // 2)]
    output = io.BytesIO()
    deep = Image.frombytes("I;16", (width, height), struct.pack(f"<{width * height}H", *grey))
    deep.save(output, "TIFF")
    dark = deep_png([100] * width * height, 0, width, height)
    see_through = deep_png([value for number in grey for value in (number, 40000)], 4, width, height)
    contents = [
        deep_png(grey, 0, width, height),
        output.getvalue(),
        deep_png(colours, 2, width, height),
        dark,
        see_through,
    ]

    results = cleaned(contents)

    nearest = Image.frombytes("L", (width, height), bytes(round(value / 257) for value in grey))
    assert furthest(as_picture(results[0][1]), nearest) <= 1
    assert furthest(as_picture(results[1][1]), nearest) <= 1
    wanted = Image.frombytes("RGB", (width, height), bytes(round(value / 257) for value in colours))
    assert furthest(as_picture(results[2][1]), wanted) <= 1
    assert as_picture(results[3][1]).getextrema() == (0, 0)
    light, *_, alpha = as_picture(results[4][1]).split()
    assert furthest(light, nearest) <= 1
    assert alpha.getextrema() in {(155, 155), (156, 156)}
    assert all(Lost.COLOUR_DEPTH in report.lost for _, _, _, report in results)


def test_a_phone_picture_of_ten_bits_keeps_its_look_and_loses_its_depth() -> None:
    made = picture((256, 192))
    wide = b"".join(struct.pack("<H", value * 257) for value in made.tobytes())
    output = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", made.size, wide).save(output, quality=95)

    ((kind, content, _, report),) = cleaned([output.getvalue()])

    assert kind is Kind.JPEG
    assert report.lost == (Lost.COLOUR_DEPTH,)
    assert psnr(as_picture(content), as_picture(output.getvalue())) > 38


def see_through() -> Image.Image:
    made = picture((64, 48)).convert("RGBA")
    made.putalpha(Image.linear_gradient("L").resize(made.size))
    return made


def test_a_see_through_phone_picture_lies_on_white() -> None:
    made = see_through()
    output = io.BytesIO()
    pillow_heif.from_pillow(made).save(output, quality=95)
    paper = Image.alpha_composite(Image.new("RGBA", made.size, "white"), made)

    for kind, content, _, report in cleaned([output.getvalue(), encoded(made, "AVIF", quality=95)]):
        assert kind is Kind.JPEG
        assert report.lost == (Lost.TRANSPARENCY,)
        assert psnr(as_picture(content), paper) > 28


def without_loss() -> dict[str, bytes]:
    photo = photograph(3, (97, 61))
    grey, few = photo.convert("L"), photo.convert("P", palette=Image.Palette.ADAPTIVE, colors=40)
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(photo.size).point(lambda value: max(1, value)))
    return {
        "PNG": encoded(photo, "PNG"),
        "interlaced PNG": interlaced_png(photo),
        "interlaced PNG with alpha": interlaced_png(clear),
        "grey PNG": encoded(grey, "PNG"),
        "grey PNG with alpha": encoded(clear.convert("LA"), "PNG"),
        "PNG with alpha": encoded(clear, "PNG"),
        "one-bit PNG": encoded(photo.convert("1"), "PNG"),
        "palette PNG": encoded(few, "PNG"),
        "palette PNG of two bits": encoded(photo.convert("P", palette=Image.Palette.ADAPTIVE, colors=4), "PNG", bits=2),
        "palette PNG with transparency": encoded(few, "PNG", transparency=bytes([77, 128] + [255] * 38)),
        "TIFF": encoded(photo, "TIFF"),
        "LZW TIFF": encoded(photo, "TIFF", compression="tiff_lzw"),
        "deflated TIFF": encoded(photo, "TIFF", compression="tiff_adobe_deflate"),
        "PackBits TIFF": encoded(grey, "TIFF", compression="packbits"),
        "TIFF with alpha": encoded(clear, "TIFF"),
        "fax TIFF": encoded(photo.convert("1"), "TIFF", compression="group4"),
        "older fax TIFF": encoded(photo.convert("1"), "TIFF", compression="group3"),
        "TIFF of inverted grey": inverted_tiff(grey),
        "GIF": encoded(few, "GIF"),
        "GIF with transparency": encoded(few, "GIF", transparency=3),
        "interlaced GIF": encoded(few, "GIF", interlace=1),
        "BMP": encoded(photo, "BMP"),
        "BMP with alpha": encoded(clear, "BMP"),
        "palette BMP": encoded(few, "BMP"),
        "one-bit BMP": encoded(photo.convert("1"), "BMP"),
        "lossless WebP": encoded(photo, "WEBP", lossless=True),
        "lossless WebP with alpha": encoded(clear, "WEBP", lossless=True, exact=True),
    }


def inverted_tiff(grey: Image.Image) -> bytes:
    """White is zero, as in faxes."""
    return encoded(grey.point(lambda value: 255 - value), "TIFF", tiffinfo={262: 0})


def test_what_came_without_loss_leaves_without_loss() -> None:
    contents = without_loss()

    for name, (kind, content, _, _) in zip(contents, cleaned(contents.values()), strict=True):
        before, after = (as_picture(one).convert("RGBA") for one in (contents[name], content))
        assert kind in {Kind.PNG, Kind.TIFF, Kind.WEBP}, name
        # How far what can hardly be seen may be off is told in test_scrub_faint_colour.
        alphas = before.getchannel("A").point([0] * 8 + list(range(8, 256)))
        assert alphas.tobytes() == after.getchannel("A").tobytes(), name
        seen = before.getchannel("A").point([0] * 128 + [255] * 128)
        for one in (before, after):
            one.paste((0, 0, 0, 0), mask=ImageChops.invert(seen))
        assert before.tobytes() == after.tobytes(), name


def test_the_pages_of_a_tiff_stay_in_order_and_without_loss() -> None:
    pages = [photograph(number, (64 + number, 48)) for number in range(5)]
    pages[3] = pages[3].convert("1")
    content = encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")

    ((_, clean, _, _),) = cleaned([content])

    with Image.open(io.BytesIO(clean)) as opened:
        assert opened.n_frames == 5
        for number, page in enumerate(pages):
            opened.seek(number)
            assert opened.convert("RGB").tobytes() == page.convert("RGB").tobytes()


# Photographs.


@pytest.fixture(scope="module")
def photographs() -> list[bytes]:
    """Twenty-four, as cameras of different makes store them."""
    subsampling = ("4:2:0", "4:2:0", "4:4:4", "4:2:2")
    return [
        encoded(
            photograph(seed),
            "JPEG",
            quality=75 + seed * 20 // 23,
            subsampling=subsampling[seed % 4],
            progressive=seed % 5 == 0,
        )
        for seed in range(24)
    ]


@pytest.fixture(scope="module")
def clean_photographs(photographs) -> list[bytes]:
    return [content for _, content, _, _ in cleaned(photographs)]


def test_photographs_look_as_before(photographs, clean_photographs) -> None:
    found = [psnr(as_picture(a), as_picture(b)) for a, b in zip(photographs, clean_photographs, strict=True)]

    print(f"PSNR of {len(found)} photographs: median {statistics.median(found):.1f} dB, least {min(found):.1f} dB")
    assert statistics.median(found) >= 38
    assert min(found) >= 34


def tables(jpeg: bytes) -> list[bytes]:
    """Every segment in front of the compressed data."""
    head = jpeg[: jpeg.index(b"\xff\xda") + 14]
    return re.findall(rb"\xff[\xc0-\xfe][^\xff]*", head)


def test_nothing_of_the_camera_is_in_how_a_photograph_is_stored(clean_photographs) -> None:
    kinds = {b"".join(tables(content)) for content in clean_photographs}

    # The same tables, frame and scan, whichever quality, sampling or order the original had.
    assert len(kinds) == 1
    (head,) = kinds
    assert head.count(b"\xff\xdb") == 2
    assert head.count(b"\xff\xc4") == 4


def test_lossless_kinds_do_not_reveal_it_either() -> None:
    made = photograph(2, (64, 48))
    contents = [
        *(encoded(made, "PNG", compress_level=level) for level in (1, 9)),
        *(encoded(made, "TIFF", compression=name) for name in ("raw", "tiff_lzw")),
        *(encoded(made, "WEBP", lossless=True, method=method, quality=10 + 80 * (method > 3)) for method in (0, 6)),
    ]

    results = [content for _, content, _, _ in cleaned(contents)]

    assert [results[0], results[2], results[4]] == [results[1], results[3], results[5]]


def test_an_unreadable_phone_picture_is_refused() -> None:
    made = Media("heic")
    made.add_picture(picture())
    content = bytearray(made.write())
    content[-40:] = bytes(40)
    cut = bytes(content[:-300])

    for damaged in (cut, full(b"ftyp", b"heic") + bytes(100), b"\0\0\0\x14ftypheic\0\0\0\0heic"):
        with pytest.raises(Refused):
            cleaned([damaged])
