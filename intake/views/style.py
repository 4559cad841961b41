"""
The style sheet as it is served: one file for all pages, made once when the service starts.

Comments and the spaces between rules are left out, because the first page and the style sheet together shall come with
the first cells of a circuit. A home's own accent colour follows the rest. The band has it as it is, with white text,
which the configuration has checked; links and buttons have the nearest shade that can be read on each of our grounds.
"""

import re
from typing import Final

from cases.colour import WHITE, channels, contrast

# Of the grounds that links stand on, those that leave the least contrast: --warn-soft, and --good-soft in the dark.
_LIGHT_GROUND: Final = "#fbf1d9"
_DARK_GROUND: Final = "#1b2f23"
_BLACK: Final = "#000000"
_CONTRAST_OF_LINKS: Final = 7  # WCAG 2, 1.4.6 (AAA)
_STEPS: Final = 100


def style_sheet(written: str, accent: str | None) -> bytes:
    """Return what is served of the style sheet as written, with the accent of the home."""
    served = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", written, flags=re.DOTALL))
    # A space before a colon stands between two selectors; one after it never does.
    served = re.sub(r" ?([{};,>]) ?|(:) ", r"\1\2", served).replace(";}", "}").strip()
    if accent is not None:
        light, dark = _legible(accent, _BLACK, _LIGHT_GROUND), _legible(accent, WHITE, _DARK_GROUND)
        served += f":root{{--band:{accent};--accent:{light}}}"
        served += f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark}}}}}"
    return served.encode()


def _legible(colour: str, towards: str, ground: str) -> str:
    """Return the colour, or the nearest shade on the way to black or white that can be read on the ground."""
    shades = (_mixed(colour, towards, step / _STEPS) for step in range(_STEPS + 1))
    return next(shade for shade in shades if contrast(shade, ground) >= _CONTRAST_OF_LINKS)


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(one + (into - one) * share):02x}" for one, into in pairs)
