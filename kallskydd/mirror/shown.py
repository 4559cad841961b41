"""Which certificate the mirror shows to a visitor, in a word and in a sentence."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Shown(StrEnum):
    """Which certificate the mirror shows."""

    OURS = "ours"
    OTHER = "other"
    UNREACHABLE = "unreachable"


SHOWN_WORDS: Final = {
    Shown.OURS: "A visitor from a tor exit is shown our certificate.",
    Shown.OTHER: "A visitor was shown a certificate that is not ours: somebody may read what reporters send there.",
    Shown.UNREACHABLE: "The mirror could not be reached through a tor exit.",
}
