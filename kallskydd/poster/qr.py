"""QR codes of addresses: their modules for the printed page, and PNG pictures for the web.

Level Q: a quarter of the code may be torn or dirty, as happens on a wall. An address is written as it is, with nothing
added that could tell one poster from another.
"""

from __future__ import annotations

import io
from functools import cache
from typing import Final

import segno

QUIET_MODULES: Final = 4  # the empty frame that the standard asks for
WEB_SCALE: Final = 8  # pixels to a module: about 400 for a whole code, sharp on screens of all kinds


def modules(address: str) -> tuple[tuple[bool, ...], ...]:
    """Return the rows of the code without its frame; True is dark."""
    return tuple(tuple(bool(one) for one in row) for row in _code(address).matrix)


def png(address: str) -> bytes:
    """Return the code with its frame as a picture, black on white."""
    made = io.BytesIO()
    _code(address).save(made, kind="png", scale=WEB_SCALE, border=QUIET_MODULES)
    return made.getvalue()


def png_side(address: str) -> int:
    """Return how many pixels wide and high that picture is."""
    return (len(_code(address).matrix) + 2 * QUIET_MODULES) * WEB_SCALE


@cache  # a page is tried at several sizes
def _code(address: str) -> segno.QRCode:
    return segno.make(address, error="q", micro=False, boost_error=False)
