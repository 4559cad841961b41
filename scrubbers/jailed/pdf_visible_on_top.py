"""Which lines and areas of a crowded page plainly are seen: two drawings tell, however many paths there are.

Each path is given a colour of its own and the page is drawn without smoothing: the colours that are in the drawing are
those of paths that something later does not cover. See-through ones are left out the first time, as they cover nothing,
and made opaque the second time, to see them.

A path of the colour of its surroundings is on top as well and yet not seen; so only those pixels count that differ from
a neighbour on the page as it is, and nearly white paths are never plain. What is not plain here may still be seen.
"""

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf_objects import NotRebuildable
from scrubbers.jailed.pdf_visible_page import Sheet, Thing, strongest_change, things
from scrubbers.jailed.pdf_visible_painted import Painted, painted

_FAINT: Final = 26  # a tenth; what is fainter is looked at in another way
_DIFFERS: Final = [255 if change >= 4 else 0 for change in range(256)]  # noqa: PLR2004  as in pdf_visible_paths
_COLOURS: Final = 2**24
_SPREAD: Final = 0x9E3779  # odd, so that no two numbers get the same colour; colours of neighbours lie far apart
_BLACK: Final = 0
_BESIDE: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))


def on_top(open_anew: Callable[[], pypdfium2.PdfPage], scale: float, drawn: Image.Image) -> set[int]:
    """The numbers of the paths, in the order of drawing, that plainly are seen on the page that `drawn` shows.

    `open_anew` opens the document once more and returns the page; it is closed again. Raises NotRebuildable.
    """
    page = open_anew()
    try:
        sheet = Sheet(page, scale)
        paths = _recoloured(things(page))
        edges = _edges(drawn)
        for path in paths:
            path.thing.activate(active=path.is_opaque)
        found = _colours_at(sheet, edges)
        candidates = [number for number, path in enumerate(paths) if path.is_opaque and not path.is_paper]
        seen = {number for number in candidates if _colour(number) in found}
        see_through = [
            n for n, path in enumerate(paths) if path.alpha >= _FAINT and not path.is_opaque and not path.is_paper
        ]
        if see_through:
            for path in paths:
                path.thing.activate(active=True)
            found = _colours_at(sheet, edges)
            seen.update(number for number in see_through if _colour(number) in found)
        return seen
    finally:
        document = page.pdf
        page.close()
        document.close()


def _recoloured(all_things: Sequence[Thing]) -> list[Painted]:
    """Gives every path its colour and makes all else black; returns the paths, as they were painted."""
    paths: list[Painted] = []
    with contextlib.closing(_Black()) as black:
        for thing in all_things:
            if thing.kind == pdfium.FPDF_PAGEOBJ_PATH:
                paths.append(painted(thing))
                _paint(thing.handle, _colour(len(paths) - 1))
            elif thing.kind == pdfium.FPDF_PAGEOBJ_TEXT:
                _paint(thing.handle, _BLACK)
            elif thing.kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                black.put(thing)
    return paths


class _Black:
    """A bitmap of one black pixel."""

    def __init__(self) -> None:
        self._bitmap = pdfium.FPDFBitmap_Create(1, 1, 0)
        if not self._bitmap:
            raise MemoryError
        pdfium.FPDFBitmap_FillRect(self._bitmap, 0, 0, 1, 1, 0xFF000000)

    def put(self, picture: Thing) -> None:
        if not pdfium.FPDFImageObj_SetBitmap(None, 0, picture.handle, self._bitmap):
            raise NotRebuildable

    def close(self) -> None:
        pdfium.FPDFBitmap_Destroy(self._bitmap)


def _paint(handle: Any, colour: int) -> None:
    parts = colour >> 16, colour >> 8 & 255, colour & 255, 255
    pdfium.FPDFPageObj_SetFillColor(handle, *parts)
    pdfium.FPDFPageObj_SetStrokeColor(handle, *parts)


def _colour(number: int) -> int:
    """The colour of the path with this number: never black, and never the paper's white."""
    return (number + 1) * _SPREAD % _COLOURS


def _colours_at(sheet: Sheet, edges: Image.Image) -> set[int]:
    """The colours of the page as it is now, where the mask `edges` is set."""
    rough = sheet.drawn(rough=True).convert("RGB")
    shown = Image.composite(rough, Image.new("RGB", rough.size), edges)
    colours = shown.getcolors(shown.width * shown.height) or []
    return {red << 16 | green << 8 | blue for _, (red, green, blue) in colours}  # type: ignore[misc]


def _edges(drawn: Image.Image) -> Image.Image:
    """255 where a pixel differs from one beside it."""
    edges = Image.new("L", drawn.size)
    for x, y in _BESIDE:
        edges = ImageChops.lighter(edges, strongest_change(drawn, ImageChops.offset(drawn, x, y)))
    return edges.point(_DIFFERS)
