"""Draws single texts of a page alone, in black on white."""

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import pypdfium2.raw as pdfium
from PIL import ImageChops
from PIL.Image import Image

from scrubbers.jailed.pdf.visibility.page_objects import Box, Sheet, Thing

_BLACK: Final = [0, 0, 0, 255]
_COLOURS: Final = (
    (pdfium.FPDFPageObj_GetFillColor, pdfium.FPDFPageObj_SetFillColor),
    (pdfium.FPDFPageObj_GetStrokeColor, pdfium.FPDFPageObj_SetStrokeColor),
)


class Alone:
    """Draws texts alone, in black on white: while it is entered, nothing else is active."""

    def __init__(self, all_things: Sequence[Thing]) -> None:
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

    def drawn(self, sheet: Sheet, shown: Sequence[Thing], box: Box) -> Image:
        """Return the pixels of the box: how much of each is covered with ink, in mode L."""
        colours = [_blackened(thing.handle) for thing in shown]
        for thing in shown:
            thing.activate(active=True)
        drawn = sheet.drawn(box)
        for thing, kept in zip(shown, colours, strict=True):
            thing.activate(active=False)
            for put, colour in kept:
                put(thing.handle, *colour)
        return ImageChops.invert(drawn.convert("L"))


def _blackened(handle: Any) -> list[tuple[Any, list[int]]]:
    """Make a text black; return what gives it back its colours, as PDFium understood them."""
    kept = []
    outlined = pdfium.FPDFTextObj_GetTextRenderMode(handle) != pdfium.FPDF_TEXTRENDERMODE_FILL
    for get, put in _COLOURS if outlined else _COLOURS[:1]:
        parts = [ctypes.c_uint() for _ in range(4)]
        if get(handle, *parts):
            colour = [part.value for part in parts]
            # Most text is black already.
            if colour != _BLACK and put(handle, *_BLACK):
                kept.append((put, colour))
    return kept
