"""Colours of letters, as far as it matters whether they are seen on white paper."""

from typing import Final

# Letters this light are not seen on white paper; where there may be a colour behind them they are.
LIGHT: Final = 0xE6
_DIGITS: Final = 6


def is_light(colour: str) -> bool:
    """Return whether six hexadecimal digits name a colour that is not seen on white; no for what names none."""
    if len(colour) != _DIGITS:
        return False
    try:
        return min(bytes.fromhex(colour)) >= LIGHT
    except ValueError:
        return False
