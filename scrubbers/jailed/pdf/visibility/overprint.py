"""Texts of a page that are judged together: letters printed twice on the same place, to make them bold.

Each alone could be taken away without changing anything. They have nearly the same edges and the same ink; a name and
another one printed over it have the edges only.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.ink_mask import Alone
from scrubbers.jailed.pdf.visibility.page_objects import DRAWN_PIXELS, Box, PageObject, RenderedPage, area_of, around

_CELL: Final = 2.0  # points
_IN_A_CELL: Final = 64  # texts that may begin in one; a page with more is no page of text
_SHAPES: Final = 4000  # compared on one page
_TWIN: Final = 0.15  # of the letters' size: how far the edges of letters printed twice may be apart
_SAME_SHAPE: Final = 0.3  # of the ink, when both shapes fill the same box: the same letters 0.1, others 0.5
_NEAR_SIZE: Final = 24  # pixels that a letter has when looked at from nearby
_NEAREST: Final = 8.0  # pixels a point
LEAST_SIZE: Final = 2.0  # points; smaller letters nobody reads: the smallest print of contracts has 4


@dataclass(slots=True, repr=False)
class Text:
    """A text of the page, the how manieth of them, and how its letters are drawn."""

    number: int
    thing: PageObject
    size: float  # points
    wide: float  # the same in the letters' own direction, where something may squeeze them
    mode: int  # pdfium.FPDF_TEXTRENDERMODE_…


@dataclass(slots=True, repr=False)
class Unit:
    """Texts that are judged together, and what was found."""

    texts: list[Text]
    box: Box
    size: float
    scale: float  # of the sheet that the box is on
    change: int = 0  # the strongest, of 255
    shown: int = 0  # the same, where the source's texts change something as well
    unseen: int = 0  # pixels of its ink
    cut: bool = False

    @property
    def things(self) -> list[PageObject]:
        """What its texts are on the page."""
        return [text.thing for text in self.texts]


def units_of(sheet: RenderedPage, texts: Sequence[Text], alone: Alone) -> list[Unit]:
    """Return the texts, alone or with their twins. Raises NotRebuildable when too many lie on each other."""
    units: list[Unit] = []
    nearby: dict[tuple[int, int], list[Unit]] = {}
    compared = 0
    with contextlib.ExitStack() as stack:
        for text in texts:
            box = sheet.pixel_box(text.thing.box)
            left, bottom = (round(edge / _CELL) for edge in text.thing.box[:2])
            cells = ((left + x, bottom + y) for x in (-1, 0, 1) for y in (-1, 0, 1))
            for unit in (unit for cell in cells for unit in nearby.get(cell, ()) if _twins(unit.texts[0], text)):
                stack.enter_context(alone)
                compared += 1
                if _same_shape(sheet, unit.texts[0], text, alone):
                    unit.texts.append(text)
                    unit.box = around((unit.box, box))
                    break
            else:
                units.append(Unit([text], box, text.size, sheet.scale))
                nearby.setdefault((left, bottom), []).append(units[-1])
            if compared > _SHAPES or len(nearby.get((left, bottom), ())) > _IN_A_CELL:
                raise NotRebuildable
    return units


def _twins(one: Text, other: Text) -> bool:
    far = _TWIN * min(one.size, other.size)
    return all(abs(a - b) <= far for a, b in zip(one.thing.box, other.thing.box, strict=True))


def _same_shape(sheet: RenderedPage, one: Text, other: Text, alone: Alone) -> bool:
    """Compare the ink, each shape in its own box."""
    near = sheet.closer(near_scale(sheet, one.size))
    shapes = []
    for text in (one, other):
        box = near.pixel_box(text.thing.box)
        if area_of(box) > DRAWN_PIXELS:
            return False
        shapes.append(alone.drawn(near, [text.thing], box))
    first, second = (shape.resize(shapes[0].size, Image.Resampling.BOX) for shape in shapes)
    return _total(ImageChops.difference(first, second)) <= _SAME_SHAPE * (_total(first) + _total(second))


def near_scale(sheet: RenderedPage, size: float) -> float:
    """Pixels a point, to look at letters of this size from nearby."""
    return min(_NEAREST, max(2 * sheet.scale, _NEAR_SIZE / max(size, LEAST_SIZE)))


def _total(shades: Image.Image) -> int:
    return sum(shade * count for shade, count in enumerate(shades.histogram()))
