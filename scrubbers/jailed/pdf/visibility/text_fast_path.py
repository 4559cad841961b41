"""Texts that can be seen without looking: opaque, unlike their ground, apart from all else, not cut by anything.

So are the pages of an ordinary report. Each that is known to be so is spared two drawings.
"""

import ctypes
import operator
from collections.abc import Iterable, Sequence
from typing import Final

import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.bitmap import OPAQUE
from scrubbers.jailed.pdf.visibility.clip import may_be_cut
from scrubbers.jailed.pdf.visibility.ink_mask import colour_of
from scrubbers.jailed.pdf.visibility.overprint import Text
from scrubbers.jailed.pdf.visibility.page_objects import PageObject, RenderedPage

_RED, _GREEN, _BLUE = 299, 587, 114  # brightness of red, green and blue, in thousandths, as in Pillow's mode L
_UNLIKE: Final = 96  # of 255: how much darker or lighter than any of its ground
_LIGHT: Final = 224  # of 255: what counts as paper
_EDGE: Final = 0.5  # points
_AROUND: Final = 1.0  # points: what a line or a picture may reach beyond its box
_LEAST_SIZE: Final = 3.0  # points: of smaller text less than that contrast may be missed when two drawings are compared


def plainly_seen(sheet: RenderedPage, texts: Sequence[Text], all_things: Sequence[PageObject]) -> set[int]:
    """Return the numbers of those that are. The caller knows that nothing on the page is blended or masked."""
    crowded = _crowded(all_things[_paper(all_things) :])
    return {
        text.number
        for text in texts
        if id(text.thing) not in crowded
        and text.mode == pdfium.FPDF_TEXTRENDERMODE_FILL
        and text.size >= _LEAST_SIZE
        and _stands_out(text.thing)
        and not may_be_cut(sheet, text.thing)
    }


def _crowded(some_things: Iterable[PageObject]) -> set[int]:
    """Return the ids of what touches something else; from the bottom up, so that few have to be compared.

    The edges of two texts may touch, as the words of a line do.
    """
    found: set[int] = set()
    beside: list[tuple[float, float, float, float, int]] = []
    for box in sorted(map(_grown, some_things), key=operator.itemgetter(1)):
        left, bottom, right, _, name = box
        beside = [each for each in beside if each[3] > bottom]
        touched = [each[4] for each in beside if each[0] < right and left < each[2]]
        if touched:
            found.update(touched, (name,))
        beside.append(box)
    return found


def _grown(thing: PageObject) -> tuple[float, float, float, float, int]:
    """Return the box without its edges for a text, and with what is drawn around it for anything else; and the id."""
    left, bottom, right, top = thing.box
    across = down = -_AROUND
    if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT:
        across, down = min(_EDGE, (right - left) / 4), min(_EDGE, (top - bottom) / 4)
    return left + across, bottom + down, right - across, top - down, id(thing)


def _paper(all_things: Sequence[PageObject]) -> int:
    """How many light areas lie under everything, as writers put them down for the paper."""
    for count, thing in enumerate(all_things):
        colour = colour_of(thing)
        if thing.kind != pdfium.FPDF_PAGEOBJ_PATH or colour is None or min(colour) < _LIGHT or _is_stroked(thing):
            return count
    return len(all_things)


def _is_stroked(path: PageObject) -> bool:
    """Whether it has an outline, of whatever colour."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    return not pdfium.FPDFPath_GetDrawMode(path.handle, filled, stroked) or bool(stroked.value)


def _stands_out(thing: PageObject) -> bool:
    """Whether it is dark enough for paper."""
    colour = colour_of(thing)
    if colour is None or colour[3] != OPAQUE:
        return False
    shade = (_RED * colour[0] + _GREEN * colour[1] + _BLUE * colour[2]) // 1000
    return shade + _UNLIKE <= _LIGHT
