"""Drawings of a page without some of what is on it, or of single texts alone, in black on white."""

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import pypdfium2.raw as pdfium
from PIL import ImageChops
from PIL.Image import Image

from scrubbers.jailed.pdf.visibility.page_objects import Box, PageObject, RenderedPage

_BLACK: Final = (0, 0, 0, 255)
_COLOURS: Final = (
    (pdfium.FPDFPageObj_GetFillColor, pdfium.FPDFPageObj_SetFillColor),
    (pdfium.FPDFPageObj_GetStrokeColor, pdfium.FPDFPageObj_SetStrokeColor),
)
# What PDFium writes a colour to: made once, for it is asked of every text.
_PARTS: Final = tuple(ctypes.c_uint() for _ in range(4))


def colour_of(thing: PageObject, get: Any = pdfium.FPDFPageObj_GetFillColor) -> tuple[int, int, int, int] | None:
    """Return red, green, blue and alpha of its fill, or of what `get` is for; None if it has no colour of its own."""
    red, green, blue, alpha = _PARTS
    if not get(thing.handle, red, green, blue, alpha):
        return None
    return red.value, green.value, blue.value, alpha.value


def drawn_without(sheet: RenderedPage, away: Sequence[PageObject], box: Box) -> Image:
    """Return the pixels of the box without these things, which are active again afterwards; mode RGBX."""
    for thing in away:
        thing.activate(active=False)
    try:
        return sheet.drawn(box)
    finally:
        for thing in away:
            thing.activate(active=True)


class Alone:
    """Draws texts alone, in black on white: while it is entered, nothing else is active."""

    def __init__(self, all_things: Sequence[PageObject]) -> None:
        self._all = all_things
        self._entered = 0

    def __enter__(self) -> None:
        if not self._entered:
            for thing in self._all:
                thing.activate(active=False)
        self._entered += 1

    def __exit__(self, *_: object) -> None:
        self._entered -= 1
        if not self._entered:
            for thing in self._all:
                thing.activate(active=True)

    def drawn(self, sheet: RenderedPage, shown: Sequence[PageObject], box: Box) -> Image:
        """Return the pixels of the box: how much of each is covered with ink, in mode L."""
        colours = [_blackened(thing) for thing in shown]
        for thing in shown:
            thing.activate(active=True)
        drawn = sheet.drawn(box)
        for thing, kept in zip(shown, colours, strict=True):
            thing.activate(active=False)
            for put, colour in kept:
                put(thing.handle, *colour)
        return ImageChops.invert(drawn.convert("L"))


def _blackened(thing: PageObject) -> list[tuple[Any, tuple[int, int, int, int]]]:
    """Make a text black; return what gives it back its colours, as PDFium understood them."""
    kept = []
    outlined = pdfium.FPDFTextObj_GetTextRenderMode(thing.handle) != pdfium.FPDF_TEXTRENDERMODE_FILL
    for get, put in _COLOURS if outlined else _COLOURS[:1]:
        colour = colour_of(thing, get)
        # Most text is black already.
        if colour is not None and colour != _BLACK and put(thing.handle, *_BLACK):
            kept.append((put, colour))
    return kept
