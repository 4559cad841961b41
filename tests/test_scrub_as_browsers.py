"""Where the library that decodes pictures would show another one than browsers do, the clean copy shows theirs.

What is wanted was seen in Chromium 156 and Firefox 153, which agree.
"""

from __future__ import annotations

import zlib

import pytest
from PIL import Image
from scrub_corpus import chunk, encoded, with_chunks, with_segments
from scrub_harness import arrived
from scrub_pictures import as_picture, psnr

from scrubbers.jailed import image
from scrubbers.jailed.findings import Findings
from scrubbers.memory_file import MemoryFile
from scrubbers.sniff import sniff_kind


def scrubbed(content: bytes) -> tuple[Image.Image, Findings]:
    findings = Findings()
    with arrived(content) as file, MemoryFile() as clean, MemoryFile() as preview:
        image.scrub(sniff_kind(content), file.fileno(), clean.fileno(), preview.fileno(), findings)
        return as_picture(clean.read()), findings


# Upright.


@pytest.fixture(scope="module")
def upright() -> Image.Image:
    """A different colour in each corner, and no symmetry."""
    made = Image.new("RGB", (96, 64), "white")
    for corner, colour in (((0, 0, 48, 32), "red"), ((48, 0, 96, 32), "lime"), ((0, 32, 48, 64), "blue")):
        made.paste(colour, corner)
    return made


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


def test_a_picture_is_not_turned_by_what_browsers_do_not_heed(upright) -> None:
    """Of a TIFF they show nothing, and other viewers go by its own tag."""
    for name, content in turned_where_no_browser_looks(upright).items():
        seen, _ = scrubbed(content)
        assert seen.size == upright.size, name
        assert psnr(seen, upright) > 25, name
