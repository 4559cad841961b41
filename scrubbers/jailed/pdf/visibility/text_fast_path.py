"""Texts that can be seen without looking: dark, opaque, apart from each other and from all else, not cut by anything.

So are the pages of an ordinary report. Each that is known to be so is spared two drawings.
"""

import ctypes
from collections.abc import Sequence
from typing import Final

import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.visibility.clip import may_be_cut
from scrubbers.jailed.pdf.visibility.overprint import Text
from scrubbers.jailed.pdf.visibility.page_objects import Box, Sheet, Thing

_OPAQUE: Final = 255
_DARK: Final = 128  # on paper: a contrast of half of all there is
_LIGHT: Final = 224
# What PDFium writes a colour to: made once, for it is asked of every text.
_PARTS: Final = tuple(ctypes.c_uint() for _ in range(4))


def plainly_seen(sheet: Sheet, texts: Sequence[Text], all_things: Sequence[Thing]) -> bool:
    """Whether all of the texts are. The caller knows that nothing on the page is blended or masked."""
    beneath = _paper(all_things)
    known = {id(text.thing): text.box for text in texts}
    boxes = [known.get(id(thing)) or sheet.pixel_box(thing.box) for thing in all_things[beneath:]]
    return _are_apart([box for box in boxes if box[2]]) and all(
        _is_dark(text.thing) and not may_be_cut(sheet, text.thing) for text in texts
    )


def _are_apart(boxes: list[Box]) -> bool:
    """Whether none comes nearer than a pixel to another; from the top down, so that few have to be compared."""
    beside: list[Box] = []
    for box in sorted(boxes, key=lambda each: each[1]):
        left, top, right, _ = box
        beside = [each for each in beside if each[3] + 1 > top]
        if any(each[0] < right + 1 and left < each[2] + 1 for each in beside):
            return False
        beside.append(box)
    return True


def _paper(all_things: Sequence[Thing]) -> int:
    """How many light areas lie under everything, as writers put them down for the paper."""
    for count, thing in enumerate(all_things):
        colour = _colour(thing)
        if thing.kind != pdfium.FPDF_PAGEOBJ_PATH or colour is None or min(colour) < _LIGHT or _is_stroked(thing):
            return count
    return len(all_things)


def _is_stroked(path: Thing) -> bool:
    """Whether it has an outline, of whatever colour."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    return not pdfium.FPDFPath_GetDrawMode(path.handle, filled, stroked) or bool(stroked.value)


def _is_dark(thing: Thing) -> bool:
    colour = _colour(thing)
    filled = pdfium.FPDFTextObj_GetTextRenderMode(thing.handle) == pdfium.FPDF_TEXTRENDERMODE_FILL
    return filled and colour is not None and max(colour[:3]) <= _DARK and colour[3] == _OPAQUE


def _colour(thing: Thing) -> tuple[int, int, int, int] | None:
    """Red, green, blue, alpha of its fill; None if it has no colour of its own."""
    red, green, blue, alpha = _PARTS
    if not pdfium.FPDFPageObj_GetFillColor(thing.handle, red, green, blue, alpha):
        return None
    return red.value, green.value, blue.value, alpha.value
