"""How a line or an area is painted: its colours, as PDFium understood them."""

import ctypes
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2.raw as pdfium

from scrubbers.jailed.pdf.visibility.page_objects import Thing

_PAPER: Final = 250  # of 255: hardly told from white
_OPAQUE: Final = 250


@dataclass(frozen=True, slots=True, repr=False)
class Painted:
    """A path with how it is painted; `alpha` is the least of its fill and its line."""

    thing: Thing
    alpha: int
    is_paper: bool

    @property
    def is_opaque(self) -> bool:
        return self.alpha >= _OPAQUE


def painted(path: Thing) -> Painted:
    """Return the path as painted. Without a colour of its own, as a pattern, it is faint and judged in another way."""
    filled, stroked = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(path.handle, filled, stroked):
        return Painted(path, 0, is_paper=True)
    asked = ((filled.value, pdfium.FPDFPageObj_GetFillColor), (stroked.value, pdfium.FPDFPageObj_GetStrokeColor))
    colours = [_colour_of(path.handle, get) for used, get in asked if used]
    alpha = min((colour[3] for colour in colours), default=0)
    return Painted(path, alpha, is_paper=all(min(colour[:3]) >= _PAPER for colour in colours))


def _colour_of(handle: Any, get: Any) -> tuple[int, ...]:
    parts = [ctypes.c_uint() for _ in range(4)]
    return tuple(part.value for part in parts) if get(handle, *parts) else (0, 0, 0, 0)
