"""Codes of a font in the document that draw nothing.

They could spell anything between two letters, in the bytes of a page and where its text is copied. Spaces stay, one
code for each sort of space; of the others only how far they move the pen.
"""

from typing import Final

_SPACE: Final = b" "


class Blanks:
    """Those that were found so far, in the order in which the pages show them."""

    def __init__(self) -> None:
        self.undrawn: set[bytes] = set()
        self.all: set[bytes] = set()  # with the spaces
        self._spaces: dict[str, bytes] = {}

    def add(self, code: bytes, text: str) -> None:
        """Add a code that draws nothing, and what the document calls it."""
        self.all.add(code)
        # Word spacing (Tw) applies to code 32 alone, whatever text the document gives it: it must stay that code.
        if code == _SPACE:
            return
        is_space = len(text) == 1 and text.isspace()
        if not is_space or self._spaces.setdefault(text, code) != code:
            self.undrawn.add(code)
