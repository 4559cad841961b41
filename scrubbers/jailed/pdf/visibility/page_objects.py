"""A page as PDFium sees it: what is drawn on it in which order and where, and drawings of it, whole or in part.

Only for pages that our own writer wrote. What is drawn comes depth first: the things in a form stand where the form is
drawn, once for each time that it is drawn. In that order there is

    one text for each Tj and TJ with at least one character, when a font is set   (an empty string draws nothing)
    one picture for each Do of an image
    one path for each painting operator with a path of more than one point

All drawings of a page are made with the same flags, so that two of them differ only by what was changed between them.
"""

import ctypes
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.bitmap import SEEN_FROM, drawn_on_white, strongest
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.syntax.matrix import AS_IT_IS, Matrix, bounds, product
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

Box: TypeAlias = tuple[int, int, int, int]

DRAWN_PIXELS: Final = (
    2_000_000  # one drawing takes four bytes a pixel; a page of A4 at one pixel a point has half of it
)
NEAREST_PIXELS: Final = 48_000_000  # of a page of which parts are drawn; eight times as near A4 has a third less
CLOSER: Final = 8.0  # times as near, to look at what is thin or small
NOWHERE: Final = (0, 0, 0, 0)  # the box of what touches no pixel
AS_SEEN: Final = [255 if change >= SEEN_FROM else 0 for change in range(256)]
_THINGS: Final = 50_000  # on one page; a page of dense text, each letter shown by itself, has 6,000
_GROUPS: Final = 24  # two or three on ordinary pages; each is a drawing or two
_DEPTH: Final = 16  # forms in forms
# What a drawing without one direction of extent is given, in pixels: a hairline has no width but is drawn.
_HAIR: Final = 0.5
_LETTER: Final = 48.0  # points: as wide as those of most headings
# Two edges that are the same differ by rounding; a piece this thin shows nothing of a letter. Pixels or points.
SAME_EDGE: Final = 0.05
# What PDFium writes its answers to: made once, for it is asked about everything on a page.
_LEFT, _BOTTOM, _RIGHT, _TOP = (ctypes.c_float() for _ in range(4))
_OWN: Final = pdfium.FS_MATRIX()


class PageObject(NamedTuple):
    """One thing drawn on the page."""

    handle: Any
    kind: int  # pdfium.FPDF_PAGEOBJ_…
    to_page: Matrix  # from where it is defined to the points of the page: the forms around it
    box: tuple[float, float, float, float]  # left, bottom, right, top in points of the page

    @property
    def matrix(self) -> Matrix:
        """Its own matrix, and those of the forms around it."""
        return product(own_matrix(self.handle), self.to_page)

    def activate(self, active: bool) -> None:
        """Whether it is drawn from now on."""
        if not pdfium.FPDFPageObj_SetIsActive(self.handle, active):
            raise NotRebuildable


class RenderedPage:
    """A page and the size it is drawn in."""

    def __init__(
        self, page: pypdfium2.PdfPage, scale: float, work: Work | None = None, most_pixels: float = DRAWN_PIXELS
    ) -> None:
        """`scale`: pixels a point; less on pages that would have too many. `work` counts. Raises NotRebuildable."""
        self.page = page
        self.work = work or Work()
        # How what the page was made from changes with its texts (`source_texts`).
        self.source: Callable[[tuple[int, int], Box], Image.Image] | None = None
        self._things = pdfium.FPDFPage_CountObjects(page)
        width, height = page.get_size()
        if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
            raise NotRebuildable
        scale = min(scale, math.sqrt(most_pixels / (width * height)))
        self.size = max(1, round(width * scale)), max(1, round(height * scale))
        self.scale = scale
        self.to_pixels = _to_pixels(page, self.size)

    def holds(self, box: tuple[float, float, float, float]) -> bool:
        """Whether all of a box of the page lies on it."""
        across, _, _, down, _, height = self.to_pixels
        return (
            across * box[0] >= -SAME_EDGE
            and down * box[3] + height >= -SAME_EDGE
            and across * box[2] <= self.size[0] + SAME_EDGE
            and down * box[1] + height <= self.size[1] + SAME_EDGE
        )

    def pixel_box(self, box: tuple[float, float, float, float], margin: float = 0) -> Box:
        """Return the pixels that a box of the page touches, cut at the sheet's edges; empty ones have no extent."""
        left, top, right, bottom = bounds(self.to_pixels, box)
        across, down = max(0.0, _HAIR - (right - left)) / 2, max(0.0, _HAIR - (bottom - top)) / 2
        found = (
            max(0, math.floor(left - across - margin)),
            max(0, math.floor(top - down - margin)),
            min(self.size[0], math.ceil(right + across + margin)),
            min(self.size[1], math.ceil(bottom + down + margin)),
        )
        return found if found[0] < found[2] and found[1] < found[3] else NOWHERE

    def drawn(self, box: Box | None = None) -> Image.Image:
        """Return the page as it is now, in mode RGBX: all of it or the pixels of the box."""
        left, top, right, bottom = box or (0, 0, *self.size)
        # PDFium leaves out a letter that begins left of what is drawn.
        beside = min(left, round(_LETTER * self.scale))
        left -= beside
        width, height = right - left, bottom - top
        self.work.drawn(width * height, self._things)
        place = (-left, -top, *self.size, 0, 0)
        drawn = drawn_on_white((width, height), lambda on: pdfium.FPDF_RenderPageBitmap(on, self.page, *place))
        return drawn.crop((beside, 0, width, height)) if beside else drawn

    def closer(self, scale: float) -> "RenderedPage":
        """Return the same page in another size, with a wider bound on its pixels: draw parts of it only."""
        found = RenderedPage(self.page, scale, self.work, NEAREST_PIXELS)
        found.source = self.source
        return found


def things(page: pypdfium2.PdfPage) -> list[PageObject]:
    """All that is drawn on the page, in its order; raises NotRebuildable when there is too much."""
    found: list[PageObject] = []
    raw, count = page.raw, pdfium.FPDFPage_CountObjects(page)
    _gather((pdfium.FPDFPage_GetObject(raw, at) for at in range(count)), AS_IT_IS, found)
    return found


def _gather(handles: Iterable[Any], to_page: Matrix, found: list[PageObject], depth: int = 0) -> None:
    if depth > _DEPTH:
        raise NotRebuildable
    for handle in handles:
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind == pdfium.FPDF_PAGEOBJ_FORM:
            inside = (pdfium.FPDFFormObj_GetObject(handle, at) for at in range(pdfium.FPDFFormObj_CountObjects(handle)))
            _gather(inside, product(own_matrix(handle), to_page), found, depth + 1)
            continue
        if not pdfium.FPDFPageObj_GetBounds(handle, _LEFT, _BOTTOM, _RIGHT, _TOP):
            raise NotRebuildable
        box = _LEFT.value, _BOTTOM.value, _RIGHT.value, _TOP.value
        found.append(PageObject(handle, kind, to_page, box if to_page is AS_IT_IS else bounds(to_page, box)))
        if len(found) > _THINGS:
            raise NotRebuildable


def own_matrix(handle: Any) -> Matrix:
    """Return the matrix of a thing; raises NotRebuildable if it has none."""
    if not pdfium.FPDFPageObj_GetMatrix(handle, _OWN):
        raise NotRebuildable
    return _OWN.a, _OWN.b, _OWN.c, _OWN.d, _OWN.e, _OWN.f


def _to_pixels(page: pypdfium2.PdfPage, size: tuple[int, int]) -> Matrix:
    """From points of a rebuilt page to pixels, rows counted from above, as PDFium draws a page of this size."""
    _, _, width, height = page.get_bbox()
    across, down = size[0] / width, size[1] / height
    return across, 0, 0, -down, 0, height * down


def around(boxes: Iterable[Box]) -> Box:
    """Return the smallest box that holds them all."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def area_of(box: Box) -> int:
    """Its pixels."""
    return (box[2] - box[0]) * (box[3] - box[1])


def within(box: Box, whole: Box) -> Box:
    """Return the same box, counted from the corner of another one."""
    return box[0] - whole[0], box[1] - whole[1], box[2] - whole[0], box[3] - whole[1]


def strongest_change(one: Image.Image, other: Image.Image) -> Image.Image:
    """How far each pixel differs, in the channel where it differs most; mode L."""
    return strongest(ImageChops.difference(one, other))


def apart(boxes: Sequence[Box], size: tuple[int, int], most: int = _GROUPS) -> list[list[int]]:
    """Return groups of numbers of boxes none of which comes nearer than a pixel to another of its group.

    A box says where the outline of a letter is; smoothing reaches one pixel farther. Raises NotRebuildable when it
    would be more groups than `most`.
    """
    groups: list[tuple[list[int], Image.Image]] = []
    for number, (left, top, right, bottom) in enumerate(boxes):
        wide = max(0, left - 1), max(0, top - 1), min(size[0], right + 1), min(size[1], bottom + 1)
        free = (each for each in groups if each[1].crop(wide).getbbox() is None)
        group, ground = next(free, None) or _another(groups, size, most)
        group.append(number)
        ground.paste(255, (left, top, right, bottom))
    return [group for group, _ in groups]


def _another(
    groups: list[tuple[list[int], Image.Image]], size: tuple[int, int], most: int
) -> tuple[list[int], Image.Image]:
    if len(groups) == most:
        raise NotRebuildable
    groups.append(([], Image.new("L", size)))
    return groups[-1]
