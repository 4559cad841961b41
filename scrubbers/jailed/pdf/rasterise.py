"""A page as a picture of itself: what stands in for a page that cannot be rebuilt.

1 texts that nobody sees are taken away (`text_layer.visible`)
2 the page is drawn, with its annotations and fields: 200 dots an inch for one without colour, 150 for others
3 the words that are seen in full become an invisible layer over it (`text_layer.emit`)
4 what differs from paper or from black by less than is seen becomes paper or black, or a faint text would stay

A backdrop is a drawing of all that a page has but its text (`backdrop`), which stays text on top of it.

Colourless pages become grey, photographs JPEG, the rest is stored without loss.
"""

import contextlib
import enum
import functools
import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.bitmap import SEEN_FROM
from scrubbers.jailed.pdf.content.image import Picture, in_few_channels, jpeg, only_seen, size_entries
from scrubbers.jailed.pdf.content.scene_boxes import upright
from scrubbers.jailed.pdf.renderer import PdfiumSource
from scrubbers.jailed.pdf.syntax.writer import DEFLATE_LEVEL, Name, Node, NotRebuildable, Stream, Value
from scrubbers.jailed.pdf.text_layer.emit import layer
from scrubbers.jailed.pdf.text_layer.visible import UprightPage, seen_words, unseen_texts, without_text
from scrubbers.jailed.pdf.text_layer.words import Box, FontsSay, Word, flatten, require_letters, turned
from scrubbers.jailed.pictures import against_marks
from trusted.jail.stages import Damaged

_COARSE, _FINE = 150 / 72, 200 / 72  # dots a point
BACKDROP: Final = 2.0  # the same, of a backdrop and of what it is compared with: edges fall on the same places
_LOOK: Final = 2.0  # the same, of the drawings that tell which words are seen; of a slide, whose letters are small,
_CLOSE_LOOK: Final = 4.0  # up to this, where it has no more pixels than A4
_CLOSE_PIXELS: Final = 2_000_000
_LOOK_PIXELS: Final = 6_000_000  # of one such drawing, 24 MB; A3 at two dots a point has 4 million
_PAPER: Final = 0.5  # of the page, pure white
_NEAR_PAPER: Final = [255 if shade > 255 - SEEN_FROM else 0 for shade in range(256)]
_NOT_NEAR_BLACK: Final = [0 if shade < SEEN_FROM else 255 for shade in range(256)]
_SNAPPED: Final = [
    min(max(shade, paper), inked) for shade, (paper, inked) in enumerate(zip(_NEAR_PAPER, _NOT_NEAR_BLACK, strict=True))
]
_MOST_BACKDROP: Final = 4 * 2**20  # bytes: a batch of pages is held in memory
_FILLED_FROM: Final = (32, 8)  # dots of a backdrop: blocks in which something is seen, around large and small letters
_NOT_COVERED: Final = [0 if shade < 5 else 255 for shade in range(256)]  # noqa: PLR2004  of 255, black being 0
_PAPER_SHADE: Final = 255  # of 255
_TOGETHER: Final = re.compile(rb"\x01+")
_TURNED: Final = {
    90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90,
}  # fmt: skip
# A1 at 150 dpi has 17 megapixels; larger pages are drawn coarser. In memory a page takes eight bytes a pixel.
_PAGE_PIXELS: Final = 20_000_000
_SAMPLE_ROWS: Final = 64  # which compress as the whole page does
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


@dataclass(frozen=True, slots=True, repr=False)
class PixelPage:
    """The new page; its picture, as it is held; whether the source had text there, and all its words are kept."""

    node: Node
    drawn: Image.Image
    had_text: bool
    keeps_words: bool
    letters: int | None  # that were looked at for the layer; None where none was made


def pixel_page(
    source: PdfiumSource,
    number: int,
    parent: Node,
    font: Node | None,
    *,
    coarse: bool = False,
    fonts: FontsSay,
) -> PixelPage:
    """Return the new page; raises Damaged, or LettersMissing. `font`: of the layer of words, None for no layer.

    `coarse`: it has no more dots for being grey. `fonts`: what those of the source's page are known to do.
    """
    words: Sequence[Word] = ()
    keeps_words = False
    unseen: tuple[set[int], Image.Image] | None = None
    with source.page(number) as page:
        turn, letters = page.get_rotation(), require_letters(page)
        box, scale = _placed(page)
        close = max(_LOOK, min(_CLOSE_LOOK, math.sqrt(_CLOSE_PIXELS) * scale))
        look = UprightPage(page, min(close, math.sqrt(_LOOK_PIXELS) * scale))
        if font is not None and letters:
            with contextlib.suppress(NotRebuildable):
                unseen = unseen_texts(look)
        dots = _COARSE
        if not coarse:
            truth = unseen[1] if unseen is not None else look.drawn()
            dots = _FINE if in_few_channels(truth).mode == "L" else _COARSE
        pixels = in_few_channels(UprightPage(page, min(dots, math.sqrt(_PAGE_PIXELS) * scale)).drawn())
        # What annotations and fields say is text of the page from here on; how they look was drawn before.
        if is_annotated := pdfium.FPDFPage_GetAnnotCount(page) > 0:
            flatten(page)
    if is_annotated or unseen is not None:
        with source.page(number) as page, contextlib.suppress(NotRebuildable):
            if is_annotated:
                require_letters(page)
            if unseen is not None:
                words, keeps_words = seen_words(UprightPage(page, look.scale), unseen[1], unseen[0], fonts)
    if _papers(pixels) >= _PAPER * pixels.width * pixels.height:
        pixels = _snapped(pixels)
    pixels = against_marks.resampled(pixels.transpose(_TURNED[turn]) if turn else pixels)
    size, matrix = upright(box, turn)
    node = _page(pixels, size, parent, [turned(word, matrix, turn) for word in words], font)
    looked_at = letters if unseen is not None else None
    return PixelPage(node, pixels, letters > 0, keeps_words, looked_at)


def backdrop(source: PdfiumSource, number: int) -> tuple[Picture, Image.Image]:
    """Return a drawing of the page without its text, as it is seen, and its shades.

    Raises NotRebuildable or Damaged.

    What lies wholly under letters is in no drawing: those pixels get the mean colour of what is seen around them.
    """
    with source.page(number) as page:
        if _placed(page)[1] * math.sqrt(_LOOK_PIXELS) < BACKDROP:
            raise NotRebuildable
        turn = page.get_rotation()
        bare, ink = without_text(UprightPage(page, BACKDROP))
    pixels = _under_text(bare, ink)
    pixels = pixels.transpose(_TURNED[turn]) if turn else pixels
    stored = _stored(*_coding(pixels))
    if len(stored.data) > _MOST_BACKDROP:
        raise NotRebuildable
    return Picture(Node(stored, kept=True), pixels.size, 1), pixels.convert("L")


def _under_text(bare: Image.Image, ink: Image.Image) -> Image.Image:
    """Return the pixels that letters do not wholly cover, and around them their mean colours; paper further away.

    `ink`: the text alone, black on white. Rows of blocks that are paper throughout need no look: their mean is paper.
    """
    parts: list[tuple[int, Image.Image]] = []
    for top, bottom in _drawn_rows(bare):
        box = 0, top, bare.width, bottom
        seen = ink.crop(box).convert("L").point(_NOT_COVERED)
        # Colour that is wholly under letters makes no page a coloured one.
        part = in_few_channels(ImageChops.darker(bare.crop(box), seen.convert(bare.mode)))
        parts.append((top, only_seen(part, seen, _FILLED_FROM, _PAPER_SHADE)))
    paper = bare.width * bare.height - sum(part.width * part.height - _papers(part) for _, part in parts)
    is_coloured = any(part.mode == "RGB" for _, part in parts)
    pixels = Image.new("RGB" if is_coloured else "L", bare.size, "white")
    for top, part in parts:
        pixels.paste(_snapped(part) if paper >= _PAPER * bare.width * bare.height else part, (0, top))
    return pixels


def _drawn_rows(bare: Image.Image) -> Iterator[tuple[int, int]]:
    """Yield from and up to which rows of pixels there is more than paper, in whole blocks."""
    block = _FILLED_FROM[0]
    rows = bytes(ImageChops.invert(bare).getprojection()[1])
    blocks = bytes(any(rows[top : top + block]) for top in range(0, len(rows), block))
    for found in _TOGETHER.finditer(blocks):
        yield found.start() * block, min(found.end() * block, bare.height)


def _page(
    pixels: Image.Image, size: tuple[float, float], parent: Node, words: Sequence[Word], font: Node | None
) -> Node:
    width, height = max(1, round(size[0])), max(1, round(size[1]))
    said = layer(words, (width / size[0], height / size[1]))
    resources: dict[bytes, Value] = {b"Font": {b"F0": font}} if said else {}
    return Node(
        {
            b"Type": Name(b"Page"),
            b"Parent": parent,
            b"MediaBox": [0, 0, width, height],
            b"Resources": {**resources, b"XObject": {b"X0": Node(_stored(*_coding(pixels)))}},
            b"Contents": Node(Stream({}, b"q\n%d 0 0 %d 0 0 cm\n/X0 Do\nQ\n" % (width, height) + said)),
        }
    )


def _placed(page: pypdfium2.PdfPage) -> tuple[Box, float]:
    """Return the page's box, and the scale at which it would have one pixel; raises Damaged."""
    box: Box = page.get_bbox()
    width, height = box[2] - box[0], box[3] - box[1]
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Damaged
    if min(width, height) * min(_COARSE, math.sqrt(_PAGE_PIXELS / (width * height))) < 1:
        raise Damaged
    return box, math.sqrt(1 / (width * height))


def _papers(pixels: Image.Image) -> int:
    """Return how many pixels are white."""
    return pixels.convert("L").histogram()[-1]


def _snapped(pixels: Image.Image) -> Image.Image:
    """Return the pixels without what differs from paper or from black by less than is seen, in no channel more.

    For a page that is mostly paper: of a tinted one, as a scan of grey paper, the tint is what is seen.
    """
    if pixels.mode == "L":
        return pixels.point(_SNAPPED)
    bands = pixels.split()
    paper = functools.reduce(ImageChops.darker, bands).point(_NEAR_PAPER)
    inked = functools.reduce(ImageChops.lighter, bands).point(_NOT_NEAR_BLACK)
    # Each of these takes a third of the time of pasting through a mask.
    return ImageChops.darker(ImageChops.lighter(pixels, paper.convert("RGB")), inked.convert("RGB"))


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
            data, filter_name = jpeg(pixels), b"DCTDecode"
        case Coding.SIXTEEN_SHADES:
            bits = 4
            packed = pixels.point(_NEAREST_OF_16).convert("P").tobytes("raw", "P;4")
            data = zlib.compress(packed, DEFLATE_LEVEL)
        case Coding.LOSSLESS:
            data = zlib.compress(pixels.tobytes(), DEFLATE_LEVEL)
    entries: dict[bytes, Value] = {
        **size_entries(pixels),
        b"ColorSpace": Name(_SPACES[pixels.mode]),
        b"BitsPerComponent": bits,
        b"Filter": Name(filter_name),
    }
    return Stream(entries, data)
