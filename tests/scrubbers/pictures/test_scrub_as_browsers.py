"""Where the library that decodes pictures would show another one than browsers do, the clean copy shows theirs.

What is wanted was seen in Chromium 156 and Firefox 153, which agree.
"""

from __future__ import annotations

import struct
import zlib

import pytest
from corpus.index import chunk, encoded, with_chunks, with_segments
from documents.pictures import as_picture, corners, psnr
from files.scrub_harness import arrived
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import scrub
from scrubbers.jailed.pictures.streaming import png as png_strips
from scrubbers.sniff import sniff_kind
from trusted.jail.memory_file import MemoryFile
from trusted.jail.stages import Lost, Refused


def scrubbed(content: bytes) -> tuple[Image.Image, Findings]:
    findings = Findings()
    with arrived(content) as file, MemoryFile() as clean, MemoryFile() as preview:
        scrub.scrub_picture(sniff_kind(content), file.fileno(), clean.fileno(), preview.fileno(), findings)
        return as_picture(clean.read()), findings


# Upright.


@pytest.fixture(scope="module")
def upright() -> Image.Image:
    return corners()


TURNED_IN_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


def turned_where_no_browser_looks(upright: Image.Image) -> dict[str, bytes]:
    """What programs leave behind that turned the pixels themselves, or took out the EXIF block alone."""
    png = encoded(upright, "PNG")
    tags = Image.Exif()
    tags[0x112] = 6
    block = tags.tobytes().removeprefix(b"Exif\0\0")
    in_letters = b"\nexif\n%8d\n%s\n" % (len(block) + 6, (b"Exif\0\0" + block).hex().encode())
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + TURNED_IN_XMP)
    return {
        "JPEG, XMP": with_segments(
            encoded(upright, "JPEG", quality=95), [(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + TURNED_IN_XMP)]
        ),
        **{
            f"JPEG, {what}": with_segments(encoded(upright, "JPEG", quality=95), [(0xE1, b"Exif\0\0" + one_tag)])
            for what, one_tag in (
                ("a long number", b"MM\0*" + struct.pack(">IHHHIII", 8, 1, 0x112, 4, 1, 6, 0)),
                ("two numbers", b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x112, 3, 2, 6, 6, 0)),
            )
        },
        "PNG, XMP": with_chunks(png, [xmp]),
        "PNG, XMP behind the pixels": png[:-12] + xmp + png[-12:],
        "PNG, EXIF behind the pixels": png[:-12] + chunk(b"eXIf", block) + png[-12:],
        "PNG, EXIF in letters": with_chunks(
            png, [chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(in_letters))]
        ),
        "WebP, XMP": encoded(upright, "WEBP", lossless=True, xmp=TURNED_IN_XMP),
        "TIFF, XMP": encoded(upright, "TIFF", tiffinfo={700: TURNED_IN_XMP}),
        "TIFF of two pages, XMP": encoded(
            upright, "TIFF", tiffinfo={700: TURNED_IN_XMP}, save_all=True, append_images=[upright]
        ),
    }


# The library takes the first of several numbers. In a job it warns nobody.
@pytest.mark.filterwarnings("ignore:Metadata Warning")
def test_a_picture_is_not_turned_by_what_browsers_do_not_heed(upright) -> None:
    """Of a TIFF they show nothing, and other viewers go by its own tag."""
    for name, content in turned_where_no_browser_looks(upright).items():
        seen, _ = scrubbed(content)
        assert seen.size == upright.size, name
        assert psnr(seen, upright) > 25, name


# See-through.


def grey_png(bits: int, values: list[int], see_through: int) -> bytes:
    """Each value for a square of 16 pixels; one of them stands for nothing."""
    row = [value for value in values for _ in range(16)]
    number = 0
    for value in row:
        number = number << bits | value
    stored = b"\0" + number.to_bytes(len(row) * bits // 8, "big")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", len(row), 16, bits, 0, 0, 0, 0))
    parts = header + chunk(b"tRNS", struct.pack(">H", see_through)) + chunk(b"IDAT", zlib.compress(stored * 16))
    return b"\x89PNG\r\n\x1a\n" + parts + chunk(b"IEND", b"")


SEE_THROUGH = {
    "one bit": (1, [0, 1, 0, 1], 1, (0, None, 0, None)),
    "two bits": (2, [0, 1, 2, 3], 2, (0, 85, None, 255)),
    "four bits": (4, [0, 5, 10, 15], 5, (0, None, 170, 255)),
    "eight bits": (8, [0, 5, 10, 255], 5, (0, None, 10, 255)),
    # Of two that are the same in eight bits, one.
    "sixteen bits": (16, [0, 0x1234, 0x1235, 0xFFFF], 0x1234, (0, None, 18, 255)),
}


@pytest.mark.parametrize("by_strips", [False, True])
@pytest.mark.parametrize("name", SEE_THROUGH)
def test_a_see_through_grey_is_the_one_that_is_stored(name, by_strips, monkeypatch) -> None:
    bits, values, see_through, wanted = SEE_THROUGH[name]
    if by_strips:
        monkeypatch.setattr(png_strips, "LARGE_PIXELS", 1)

    seen, findings = scrubbed(grey_png(bits, values, see_through))

    shown = [seen.convert("LA").getpixel((16 * place + 8, 8)) for place in range(len(wanted))]
    assert [grey if alpha else None for grey, alpha in shown] == list(wanted)
    assert Lost.TRANSPARENCY not in findings.lost()


@pytest.mark.parametrize("by_strips", [False, True])
def test_a_transparent_colour_of_sixteen_bits_is_reported_as_lost_and_no_other_replaces_it(
    by_strips, monkeypatch
) -> None:
    """The decoder keeps the upper eight; its lower eight are those of a colour that is seen."""
    stored = struct.pack(">6H", 0x1234, 0x5678, 0x9ABC, 0x3400, 0x7800, 0xBC00)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 16, 16, 2, 0, 0, 0))
    key = chunk(b"tRNS", stored[:6])
    content = b"\x89PNG\r\n\x1a\n" + header + key + chunk(b"IDAT", zlib.compress((b"\0" + stored) * 16))
    if by_strips:
        monkeypatch.setattr(png_strips, "LARGE_PIXELS", 1)

    seen, findings = scrubbed(content + chunk(b"IEND", b""))

    assert seen.mode == "RGB"
    assert [seen.getpixel((place, 8)) for place in range(2)] == [(0x12, 0x56, 0x9A), (0x34, 0x78, 0xBC)]
    assert Lost.TRANSPARENCY in findings.lost()


def gif_part(*, see_through: bool) -> bytes:
    """A square in the middle of the screen; the screen's background is blue, and of eight squares one is another colour."""
    made = Image.new("P", (40, 40))
    made.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0])
    made.paste(1, (0, 0, 20, 20))
    content = encoded(made, "GIF", optimize=False, **({"transparency": 1} if see_through else {}))
    screen, rest = bytearray(content[:13]), bytearray(content[13:])
    # Width, height, and the number of the background's colour.
    screen[6:10], screen[11] = struct.pack("<HH", 80, 60), 2
    at = rest.index(b"\x2c" + struct.pack("<HHHH", 0, 0, 40, 40)) + 1
    rest[at : at + 4] = struct.pack("<HH", 20, 10)
    return bytes(screen + rest)


@pytest.mark.parametrize("see_through", [False, True])
def test_what_no_frame_of_a_gif_covers_is_see_through_and_not_of_the_background(see_through) -> None:
    seen, _ = scrubbed(gif_part(see_through=see_through))

    assert (seen.size, seen.mode) == ((80, 60), "RGBA")
    assert [seen.getpixel(place) for place in ((0, 0), (79, 59), (19, 30), (60, 30))] == [(0, 0, 0, 0)] * 4
    assert seen.getpixel((50, 40)) == (255, 0, 0, 255)
    assert seen.getpixel((25, 15)) == ((0, 0, 0, 0) if see_through else (0, 255, 0, 255))


@pytest.mark.parametrize("lossless", [False, True])
def test_nor_is_anything_shown_around_the_first_frame_of_a_moving_webp(lossless) -> None:
    """A sticker whose frames are cut to what is in them: nothing in the file says then that it is see-through."""
    first = Image.new("RGBA", (64, 64))
    first.paste((255, 0, 0, 255), (10, 12, 30, 32))
    content = encoded(first, "WEBP", save_all=True, append_images=[first.rotate(90)], duration=100, lossless=lossless)

    seen, _ = scrubbed(content)

    assert (seen.size, seen.mode) == ((64, 64), "RGBA")
    assert [seen.getpixel(place)[3] for place in ((0, 0), (9, 20), (40, 20), (20, 40))] == [0] * 4
    assert seen.getpixel((20, 20)) == pytest.approx((255, 0, 0, 255), abs=3)


# Taken, whatever state its texts are in.


def long_text() -> bytes:
    """What a drawing program keeps beside the picture: deflated little, inflated more than the library takes at once."""
    return zlib.compress(b"<mxCell/>" * 300_000)


TEXTS = {
    "long": lambda: chunk(b"zTXt", b"mxfile\0\0" + long_text()),
    "long and in any letters": lambda: chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + long_text()),
    "far too long": lambda: chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20 * 2**20))),
    "not deflated": lambda: chunk(b"zTXt", b"Comment\0\0" + b"no stream"),
    "not deflated, in letters": lambda: chunk(b"zTXt", b"Raw profile type xmp\0\0" + b"no stream"),
    "wrong checksum": lambda: chunk(b"tEXt", b"Comment\0changed by hand")[:-4] + b"none",
    "no text": lambda: chunk(b"tEXt", b""),
    "profile that is no stream": lambda: chunk(b"iCCP", b"x\0\0" + b"no stream"),
}


@pytest.mark.parametrize("by_strips", [False, True])
@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("name", TEXTS)
def test_a_png_is_not_refused_for_its_texts(upright, name, behind, by_strips, monkeypatch) -> None:
    plain = encoded(upright, "PNG")
    at = len(plain) - 12 if behind else 33
    if by_strips:
        monkeypatch.setattr(png_strips, "LARGE_PIXELS", 1)

    seen, findings = scrubbed(plain[:at] + TEXTS[name]() + plain[at:])

    assert seen.tobytes() == upright.tobytes()
    assert name == "profile that is no stream" or findings.removed()


# What the library calls what it knows of a PNG; it keeps texts under their own names among that.
TAKEN_NAMES = (
    "transparency", "interlace", "exif", "icc_profile", "bbox", "default_image", "duration", "disposal", "blend", "loop",
    "gamma", "dpi", "xmp", "srgb", "chromaticity", "aspect", "background", "Raw profile type exif",
)  # fmt: skip


@pytest.mark.parametrize("by_strips", [False, True])
@pytest.mark.parametrize("name", TAKEN_NAMES)
def test_no_name_of_a_text_changes_the_picture(upright, name, by_strips, monkeypatch) -> None:
    if by_strips:
        monkeypatch.setattr(png_strips, "LARGE_PIXELS", 1)
    texts = [chunk(b"tEXt", name.encode() + b"\0 words"), chunk(b"iTXt", name.encode() + b"\0\0\0\0\0words")]

    seen, findings = scrubbed(with_chunks(encoded(upright, "PNG"), texts))

    assert seen.tobytes() == upright.tobytes()
    assert findings.lost() == ()


@pytest.mark.parametrize("cut", [8, 13, 40])
def test_pixels_that_are_not_all_there_are_refused_all_the_same(cut) -> None:
    plain = encoded(Image.effect_noise((64, 64), 90), "PNG")
    end = plain.index(b"IEND") - 8

    with pytest.raises((OSError, SyntaxError, Refused)):
        scrubbed(plain[: end - cut])


# Grey of many bits in a TIFF, of which browsers show nothing: as the format has it.


def grey_tiff(bits: int, white_is: int, content: bytes) -> bytes:
    """Rows of two pixels as scanners write them: least first, one strip."""
    tags = {
        256: 2,
        257: 8,
        258: bits,
        259: 1,
        262: white_is,
        273: 8 + 2 + 12 * 9 + 4,
        277: 1,
        278: 8,
        279: len(content),
    }
    entries = b"".join(
        struct.pack("<HHII", tag, 4 if tag in {273, 279} else 3, 1, value) for tag, value in tags.items()
    )
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + content


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (grey_tiff(16, 1, struct.pack("<2H", 0x4000, 0xFFFF) * 8), (64, 255)),
        (grey_tiff(16, 0, struct.pack("<2H", 0x4000, 0xFFFF) * 8), (191, 0)),
        (grey_tiff(12, 1, b"\x40\x0f\xff" * 8), (64, 255)),
        (grey_tiff(8, 0, b"\x40\xff" * 8), (191, 0)),
    ],
    ids=["sixteen bits", "sixteen bits, white is nought", "twelve bits", "eight bits, white is nought"],
)
def test_a_grey_tiff_of_many_bits_is_neither_a_negative_nor_dark(content, wanted) -> None:
    seen, findings = scrubbed(content)

    assert [seen.getpixel((x, 4)) for x in range(2)] == pytest.approx(list(wanted), abs=1)
    assert (Lost.COLOUR_DEPTH in findings.lost()) == (content != grey_tiff(8, 0, b"\x40\xff" * 8))
