"""A page as a picture of itself: what stands in for a page that cannot be rebuilt.

Nothing that is not visible on the page can be in a drawing of it. Colourless pages become grey, photographs JPEG, the
rest is stored without loss. 150 dots an inch: print of 8 points stays readable.
"""

import enum
import io
import math
import zlib
from typing import Final

import pypdfium2
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.syntax.writer import DEFLATE_LEVEL, Name, Node, Stream, Value
from scrubbers.jailed.pictures import scrub
from scrubbers.stages import Damaged

_DOTS_A_POINT: Final = 150 / 72
# A1 at 150 dpi has 17 megapixels; larger pages are drawn coarser. In memory a page takes eight bytes a pixel.
_PAGE_PIXELS: Final = 20_000_000
_SAMPLE_ROWS: Final = 64
# How far some rows compress: dense black text to an eighth of its grey pixels and a thirtieth of its colours, scans and
# photographs to half.
_PHOTOGRAPH_RATIO: Final = {"L": 0.25, "RGB": 0.08}
# A page that is mostly pure white and black is text or drawing, whose in-between shades are smoothed edges.
_INK_AND_PAPER: Final = 0.6
_SPACES: Final = {"1": b"DeviceGray", "L": b"DeviceGray", "RGB": b"DeviceRGB"}
# 256 shades to 16 and, for packing, their numbers.
_NEAREST_OF_16: Final = [(shade + 8) // 17 for shade in range(256)]


class Coding(enum.Enum):
    """How a page's picture is stored."""

    LOSSLESS = enum.auto()
    # Grey in 16 shades, two pixels a byte: pages of smoothed text look the same and take little more than half.
    SIXTEEN_SHADES = enum.auto()
    JPEG = enum.auto()


def pixel_page(page: pypdfium2.PdfPage, parent: Node) -> tuple[Node, Image.Image]:
    """Return the new page, and its drawing; raises Damaged."""
    width, height, drawn = _draw(page)
    pixels, coding = _coding(drawn)
    contents = Node(Stream({}, b"q\n%d 0 0 %d 0 0 cm\n/X0 Do\nQ\n" % (width, height)))
    node = Node(
        {
            b"Type": Name(b"Page"),
            b"Parent": parent,
            b"MediaBox": [0, 0, width, height],
            b"Resources": {b"XObject": {b"X0": Node(_stored(pixels, coding))}},
            b"Contents": contents,
        }
    )
    return node, pixels


def _draw(page: pypdfium2.PdfPage) -> tuple[int, int, Image.Image]:
    """Return the page's size in points and its picture, in as few channels as show it all."""
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Damaged
    scale = min(_DOTS_A_POINT, math.sqrt(_PAGE_PIXELS / (width * height)))
    if min(width, height) * scale < 1:
        raise Damaged
    bitmap = page.render(scale=scale, draw_annots=True, prefer_bgrx=True, rev_byteorder=True)
    try:
        drawn = _in_few_channels(bitmap.to_pil())
    finally:
        bitmap.close()
    return max(1, round(width)), max(1, round(height)), drawn


def _in_few_channels(drawn: Image.Image) -> Image.Image:
    red, green, blue = drawn.split()[:3]
    if not (ImageChops.difference(red, green).getbbox() or ImageChops.difference(green, blue).getbbox()):
        return red
    # A page may have 20 megapixels: never more than two pictures of it at once.
    del red, green, blue
    return drawn.convert("RGB")


def _coding(pixels: Image.Image) -> tuple[Image.Image, Coding]:
    """Return the smallest way to store it that looks the same, judged by some rows: trying them all takes longer."""
    shades = pixels.histogram() if pixels.mode == "L" else [0]
    if shades[0] + shades[-1] == pixels.width * pixels.height:
        return pixels.convert("1", dither=Image.Dither.NONE), Coding.LOSSLESS
    sample = pixels.resize((pixels.width, min(_SAMPLE_ROWS, pixels.height)), Image.Resampling.NEAREST).tobytes()
    if len(zlib.compress(sample, 1)) > _PHOTOGRAPH_RATIO[pixels.mode] * len(sample):
        return pixels, Coding.JPEG
    if shades[0] + shades[-1] > _INK_AND_PAPER * pixels.width * pixels.height:
        return pixels, Coding.SIXTEEN_SHADES
    return pixels, Coding.LOSSLESS


def _stored(pixels: Image.Image, coding: Coding) -> Stream:
    bits, filter_name = 1 if pixels.mode == "1" else 8, b"FlateDecode"
    match coding:
        case Coding.JPEG:
            encoded = io.BytesIO()
            pixels.info = {}
            pixels.save(encoded, "JPEG", **scrub.JPEG_SETTINGS)
            data, filter_name = encoded.getvalue(), b"DCTDecode"
        case Coding.SIXTEEN_SHADES:
            bits = 4
            packed = pixels.point(_NEAREST_OF_16).convert("P").tobytes("raw", "P;4")
            data = zlib.compress(packed, DEFLATE_LEVEL)
        case Coding.LOSSLESS:
            data = zlib.compress(pixels.tobytes(), DEFLATE_LEVEL)
    entries: dict[bytes, Value] = {
        b"Type": Name(b"XObject"),
        b"Subtype": Name(b"Image"),
        b"Width": pixels.width,
        b"Height": pixels.height,
        b"ColorSpace": Name(_SPACES[pixels.mode]),
        b"BitsPerComponent": bits,
        b"Filter": Name(filter_name),
    }
    return Stream(entries, data)
