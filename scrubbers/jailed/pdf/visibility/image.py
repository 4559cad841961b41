"""Which parts of a page's pictures can be seen. A picture is made all black and then all white: what changes is seen.

Taking a picture away would not do: under its white parts the page may be white as well. Made of one colour it is opaque
everywhere: what its own mask leaves out counts as seen, so that the share tells only of what others do to it.

1 pictures that do not lie on each other form a group; the others stay as they are, with what shines through them
2 each group has a document of its own, because PDFium keeps what it was given instead of a picture
3 what is smaller than a few pixels is looked at from nearby
"""

import contextlib
import ctypes
import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageFilter

from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.syntax.matrix import Matrix, product
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.ink_mask import drawn_without
from scrubbers.jailed.pdf.visibility.page_objects import (
    AS_SEEN,
    CLOSER,
    DRAWN_PIXELS,
    Box,
    PageObject,
    RenderedPage,
    apart,
    around,
    strongest_change,
    things,
    within,
)
from scrubbers.jailed.pdf.visibility.visual_diff import greatest

_BLACK: Final = 0xFF000000
_WHITE: Final = 0xFFFFFFFF
# Of a picture in each direction, to tell its share: one for each pixel that it is drawn on, as a bar over a name on a
# scan is no higher than a few of them.
_FEWEST_SAMPLES: Final = 256
_MOST_SAMPLES: Final = 2048  # the same: four million a picture
_LAYERS: Final = 8  # of pictures on each other; for each the other pictures are decoded and drawn again
_SMALL: Final = 6  # pixels
_NEAR_LOOKS: Final = 64  # in one group
_LEAVES_A_TRACE: Final = 2  # of 255: a photograph as pale as watermarks are leaves more
# What lies beside something seen stays: viewers smooth pictures over their neighbours.
_MARGIN: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class PictureSight:
    """One picture, in the order of drawing."""

    # Of the picture, 0 to 1, that can be seen; what its own mask leaves out counts as seen, and 1 is all but its edges.
    share: float
    matrix: Matrix  # of the picture, to points of the page
    pixels: tuple[int, int]  # its width and height, as PDFium read them


def pictures_seen(open_anew: Callable[[], pypdfium2.PdfPage], scale: float, work: Work) -> list[PictureSight]:
    """Return the sight of each picture of a page. `open_anew` opens the document once more and returns the page.

    `work` counts. The documents are closed. Raises NotRebuildable when more pictures lie on each other than can be told
    apart.
    """
    with _opened(open_anew, scale, work) as (sheet, pictures):
        if not pictures:
            return []
        groups = apart([_core(sheet, picture) for picture in pictures], sheet.size, _LAYERS)
        found = dict(_group_seen(sheet, pictures, groups[0]))
    for group in groups[1:]:
        with _opened(open_anew, scale, work) as (sheet, pictures):
            found |= _group_seen(sheet, pictures, group)
    return [found[number] for number in range(len(found))]


@contextlib.contextmanager
def _opened(
    open_anew: Callable[[], pypdfium2.PdfPage], scale: float, work: Work
) -> Iterator[tuple[RenderedPage, list[PageObject]]]:
    page = open_anew()
    try:
        yield (
            RenderedPage(page, scale, work),
            [thing for thing in things(page) if thing.kind == pdfium.FPDF_PAGEOBJ_IMAGE],
        )
    finally:
        document = page.pdf
        page.close()
        document.close()


def _core(sheet: RenderedPage, picture: PageObject) -> Box:
    """Its pixels without those at the edge, which it may share with another: scans often come in strips."""
    left, top, right, bottom = sheet.pixel_box(picture.box)
    if min(right - left, bottom - top) > _SMALL:
        return left + 2, top + 2, right - 2, bottom - 2
    return left, top, right, bottom


def _group_seen(sheet: RenderedPage, pictures: Sequence[PageObject], group: Sequence[int]) -> dict[int, PictureSight]:
    members = {number: pictures[number] for number in group}
    # Asked before they are made of one colour, which makes them of one pixel.
    pixels = {number: _pixels(member) for number, member in members.items()}
    # For the drawing before anything is changed; in those after it they are of one pixel.
    sheet.work.decoded(sum(width * height for width, height in pixels.values()))
    boxes = {number: sheet.pixel_box(member.box) for number, member in members.items()}
    on_the_sheet = [box for box in boxes.values() if box[2]]
    whole = around(on_the_sheet) if on_the_sheet else (0, 0, 1, 1)
    # Before they are made of one colour: one that changes nothing when it is taken away has the colour of its ground.
    lost = strongest_change(sheet.drawn(whole), drawn_without(sheet, list(members.values()), whole))
    change = _change(sheet, list(members.values()), whole)
    found = {
        n: _sight(sheet, member, pixels[n], boxes[n], change.crop(within(boxes[n], whole)))
        for n, member in members.items()
    }
    small = [n for n, (left, top, right, bottom) in boxes.items() if 0 < min(right - left, bottom - top) <= _SMALL]
    for number in [number for number in small if found[number].share < 1][:_NEAR_LOOKS]:
        member = members[number]
        near = sheet.closer(sheet.scale * CLOSER)
        box = near.pixel_box(member.box)
        if (box[2] - box[0]) * (box[3] - box[1]) <= DRAWN_PIXELS:
            found[number] = _sight(near, member, pixels[number], box, _change(near, [member], box))
    for number, box in boxes.items():
        if min(box[2] - box[0], box[3] - box[1]) > _SMALL and greatest(lost.crop(within(box, whole))) < _LEAVES_A_TRACE:
            found[number] = dataclasses.replace(found[number], share=0.0)
    return found


def _pixels(picture: PageObject) -> tuple[int, int]:
    width, height = ctypes.c_uint(), ctypes.c_uint()
    if not pdfium.FPDFImageObj_GetImagePixelSize(picture.handle, width, height):
        raise NotRebuildable
    return width.value, height.value


def _change(sheet: RenderedPage, pictures: Sequence[PageObject], box: Box) -> Image.Image:
    """255 where the box looks different when the pictures are black and when they are white."""
    drawn = []
    for colour in (_BLACK, _WHITE):
        bitmap = pdfium.FPDFBitmap_Create(1, 1, 0)
        if not bitmap:
            raise MemoryError
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, 1, 1, colour)
            if not all(pdfium.FPDFImageObj_SetBitmap(None, 0, picture.handle, bitmap) for picture in pictures):
                raise NotRebuildable
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
        drawn.append(sheet.drawn(box))
    return strongest_change(*drawn).point(AS_SEEN)


def _sight(
    sheet: RenderedPage, picture: PageObject, pixels: tuple[int, int], box: Box, seen: Image.Image
) -> PictureSight:
    left, top, right, _ = box
    matrix = picture.matrix
    to_seen = product(product(matrix, sheet.to_pixels), (1, 0, 0, 1, -left, -top))
    if not right:
        return PictureSight(0.0, matrix, pixels)
    samples = _samples(*to_seen[:2]), _samples(*to_seen[2:4])
    share = _part(_in_the_picture(seen, to_seen, *samples))
    # Its edges fall between pixels: what is whole but for those is whole.
    if share < 1 and _part(_with_margin(seen, to_seen, *samples)) < 1:
        return PictureSight(share, matrix, pixels)
    return PictureSight(1.0, matrix, pixels)


def _with_margin(seen: Image.Image, to_seen: Matrix, width: int, height: int) -> Image.Image:
    # Wider by the margin, so that it does not end at the edge of the sheet or of what was drawn.
    wide = Image.new("L", (seen.width + 2 * _MARGIN, seen.height + 2 * _MARGIN))
    wide.paste(seen, (_MARGIN, _MARGIN))
    wide = wide.filter(ImageFilter.MaxFilter(2 * _MARGIN + 1))
    return _in_the_picture(wide, product(to_seen, (1, 0, 0, 1, _MARGIN, _MARGIN)), width, height)


def _samples(x: float, y: float) -> int:
    """How many to take along a side of the picture that is drawn from one corner to another one so far away."""
    return max(_FEWEST_SAMPLES, math.ceil(min(_MOST_SAMPLES, math.hypot(x, y))))


def _part(mask: Image.Image) -> float:
    return mask.histogram()[255] / (mask.width * mask.height)


def _in_the_picture(seen: Image.Image, to_seen: Matrix, width: int, height: int) -> Image.Image:
    """Return what is seen, in rows and columns of the picture, whose first row is at the top of its unit square."""
    a, b, c, d, e, f = to_seen
    coefficients = a / width, -c / height, c + e, b / width, -d / height, d + f
    return seen.transform((width, height), Image.Transform.AFFINE, coefficients, Image.Resampling.NEAREST)
