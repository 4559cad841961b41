"""Colours of letters and of what is behind them, as far as it matters whether the letters are seen."""

from typing import Final

# Letters this light are not seen on white paper; where there may be another colour behind them they are.
LIGHT: Final = 0xE6
PAPER: Final = "FFFFFF"
# What cannot be told: a pattern, a picture, a colour of a theme. Letters on it are kept.
UNKNOWN: Final = "?"
# So many of 255 steps of red, green and blue away from what is behind them letters are not read.
_CLOSE: Final = 0x10
_DIGITS: Final = 6


def is_light(colour: str) -> bool:
    """Return whether six hexadecimal digits name a colour that is not seen on white; no for what names none."""
    parts = _parts(colour)
    return parts is not None and min(parts) >= LIGHT


def is_unseen(colour: str, behind: str) -> bool:
    """Return whether letters of a colour are not seen on another; no where one of the two cannot be told."""
    if behind == PAPER:
        return is_light(colour)
    if colour == behind:
        return colour not in {"", UNKNOWN}
    letters, ground = _parts(colour), _parts(behind)
    if letters is None or ground is None:
        return False
    return all(abs(one - other) <= _CLOSE for one, other in zip(letters, ground, strict=True))


def _parts(colour: str) -> bytes | None:
    if len(colour) != _DIGITS:
        return None
    try:
        return bytes.fromhex(colour)
    except ValueError:
        return None
