"""Which lines and areas of a crowded page plainly are seen: drawings in other colours tell, however many there are.

1 each path is given a colour of its own and the page is drawn without smoothing: a pixel of that colour is the path's,
  which nothing later covers there. See-through ones are left out the first time, as they cover nothing, and made opaque
  the second time, to see them
2 all of it once more with other colours: a path is seen only where both drawings show it. A shading or a glyph with
  colours of its own looks the same in both, and no colour is in both tables
3 the colours hang on every byte of the document: the author of one cannot choose what mixes to them

Not for pages where something is blended otherwise than by its alpha: black on white may let through what white hides.

A path of the colour of its surroundings is on top as well and yet not seen; so only those pixels count that differ from
a neighbour on the page as it is, and nearly white paths are never plain. What is not plain here may still be seen.
"""

import contextlib
import hashlib
import itertools
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import Sheet, Thing, strongest_change, things
from scrubbers.jailed.pdf.visibility.paint import Painted, painted

_FAINT: Final = 26  # a tenth; what is fainter is looked at in another way
_DIFFERS: Final = [255 if change >= 4 else 0 for change in range(256)]  # noqa: PLR2004  as in pdf_visible_paths
_BLACK: Final = 0
_WHITE: Final = 0xFFFFFF
_DRAWN_BYTES: Final = 63  # colours of three bytes from each digest
_BESIDE: Final = ((1, 0), (-1, 0), (0, 1), (0, -1))


def on_top(open_anew: Callable[[], pypdfium2.PdfPage], scale: float, drawn: Image.Image, digest: bytes) -> set[int]:
    """Return the numbers of the paths, in the order of drawing, that plainly are seen on the page that `drawn` shows.

    `open_anew` opens the document once more and returns the page; it is closed again. `digest`: of all its bytes.
    Raises NotRebuildable.
    """
    page = open_anew()
    try:
        sheet = Sheet(page, scale)
        paths = _blackened(things(page))
        edges = _edges(drawn)
        opaque = {n for n, path in enumerate(paths) if path.is_opaque and not path.is_paper}
        see_through = {
            n for n, path in enumerate(paths) if path.alpha >= _FAINT and not path.is_opaque and not path.is_paper
        }
        left_out = [path.thing for path in paths if not path.is_opaque]
        tables = _tables(digest, len(paths))
        without, with_all = [], []
        for table in tables:
            for path, colour in zip(paths, table, strict=True):
                _paint(path.thing.handle, colour)
            for thing in left_out:
                thing.activate(active=False)
            without.append(_colours_at(sheet, edges))
            for thing in left_out:
                thing.activate(active=True)
            if see_through:
                with_all.append(_colours_at(sheet, edges))
        return opaque & _in_both(without, tables) | see_through & _in_both(with_all, tables)
    finally:
        document = page.pdf
        page.close()
        document.close()


def _blackened(all_things: Sequence[Thing]) -> list[Painted]:
    """Make all but paths black; returns the paths, as they are painted."""
    paths: list[Painted] = []
    with contextlib.closing(_Black()) as black:
        for thing in all_things:
            if thing.kind == pdfium.FPDF_PAGEOBJ_PATH:
                paths.append(painted(thing))
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


def _tables(digest: bytes, count: int) -> tuple[list[int], list[int]]:
    """Two tables of colours for so many paths: none twice, none in both, neither black nor the paper's white."""
    found: dict[int, None] = {}
    for block in itertools.count():
        if len(found) >= 2 * count:
            break
        drawn = hashlib.blake2b(block.to_bytes(8, "big"), key=digest, digest_size=_DRAWN_BYTES).digest()
        for at in range(0, _DRAWN_BYTES, 3):
            colour = int.from_bytes(drawn[at : at + 3], "big")
            if colour not in {_BLACK, _WHITE}:
                found[colour] = None
    colours = list(found)
    return colours[:count], colours[count : 2 * count]


def _colours_at(sheet: Sheet, edges: Image.Image) -> bytes:
    """Return the page as it is now, four bytes a pixel, black where the mask `edges` is not set."""
    rough = sheet.drawn(rough=True).convert("RGB")
    return Image.composite(rough, Image.new("RGB", rough.size), edges).convert("RGBX").tobytes()


def _in_both(drawings: Sequence[bytes], tables: Sequence[Sequence[int]]) -> set[int]:
    """Return the numbers of the paths that some pixel shows in both drawings, each in the colours of its table."""
    if not drawings:
        return set()
    first, second = ([_pixel(colour) for colour in table] for table in tables)
    number_of = {pixel: number for number, pixel in enumerate(first)}
    before, after = (memoryview(drawing).cast("I") for drawing in drawings)
    numbers = map(number_of.get, before)
    return {n for n, pixel in zip(numbers, after, strict=True) if n is not None and second[n] == pixel}


def _pixel(colour: int) -> int:
    """As four bytes of a drawing are read at once."""
    return int.from_bytes((*colour.to_bytes(3, "big"), 255), sys.byteorder)


def _edges(drawn: Image.Image) -> Image.Image:
    """255 where a pixel differs from one beside it."""
    edges = Image.new("L", drawn.size)
    for x, y in _BESIDE:
        edges = ImageChops.lighter(edges, strongest_change(drawn, ImageChops.offset(drawn, x, y)))
    return edges.point(_DIFFERS)
