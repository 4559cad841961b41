"""Codes of a font in the document that draw nothing.

They could spell anything between two letters, in the bytes of a page and for whoever copies its text. Spaces stay, one
code for each sort of space; of the others only how far they move the pen.
"""

from typing import Final

_SPACE: Final = b" "


class Blanks:
    """Those that were found so far, in the order in which the pages show them."""

    def __init__(self) -> None:
        self.undrawn: set[bytes] = set()
        self._spaces: dict[str, bytes] = {}

    def add(self, code: bytes, text: str) -> None:
        """Add a code that draws nothing, and what the document calls it."""
        # It is what the width of words is changed by, and no other letter whatever it is called.
        if code == _SPACE:
            return
        is_space = len(text) == 1 and text.isspace()
        if not is_space or self._spaces.setdefault(text, code) != code:
            self.undrawn.add(code)
