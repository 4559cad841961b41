"""Text of a document as it may be typeset: letters that are seen and that our faces have; signs in their place named.

A letter that cannot be drawn refuses the document: a word would say something else without it. A sign (such as a face
that smiles) is written as its name in brackets, and one of a font of signs as the sign that it shows, or as a square.
"""

import re
import unicodedata
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.text.cleaning import without_unseen
from scrubbers.jailed.typeset.faces import can_draw
from scrubbers.jailed.typeset.shaping import NON_JOINER
from trusted.jail.stages import LettersMissing

UNKNOWN_SIGN: Final = "□"
BULLET: Final = "•"
_OFFSET: Final = 0xF000
# Fonts of signs have letters where Unicode has its private area: these are the ones that documents use as text.
_WINGDINGS: Final = {
    0x4A: "☺", 0x4C: "☹", 0x6C: "●", 0x6E: "■", 0x6F: "□", 0x71: "❑", 0x75: "◆", 0x76: "❖", 0x9F: "•", 0xA7: "▪",
    0xA8: "◻", 0xB7: "•", 0xD8: "➢", 0xE0: "→", 0xE8: "➔", 0xF0: "⇨", 0xFB: "✗", 0xFC: "✓", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
# ruff: noqa: RUF001  Greek letters and signs are meant
_SYMBOL: Final = {
    0x61: "α", 0x62: "β", 0x67: "γ", 0x64: "δ", 0x65: "ε", 0x6C: "λ", 0x6D: "μ", 0x70: "π", 0x73: "σ", 0x77: "ω",
    0x44: "Δ", 0x53: "Σ", 0x57: "Ω", 0xA3: "≤", 0xB3: "≥", 0xA5: "∞", 0xAC: "←", 0xAD: "↑", 0xAE: "→", 0xAF: "↓",
    0xB0: "°", 0xB1: "±", 0xB4: "×", 0xB7: "•", 0xB8: "÷", 0xB9: "≠", 0xBB: "≈", 0xD6: "√", 0xE5: "∑",
}  # fmt: skip
_ARABIC: Final = "[\u0620-\u06ff\u0750-\u077f]"
_NOT_JOINED: Final = re.compile(f"(?<={_ARABIC}){NON_JOINER}(?={_ARABIC})")
# No letters, and faces have a glyph without an outline for some of them.
_LINE_ENDS: Final = re.compile("[\v\f\x85\u2028\u2029]")
_NO_BREAK: Final = "\xa0"  # in each number of a sheet
_NUMBERS_AND_WORDS: Final = frozenset("LMN")


class Drawable:
    """Makes text drawable, and remembers which letters are."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._known: set[str] = set(" \t\n")
        self._named: dict[int, str] = {}
        self._has_wide_blanks = False

    def text(self, untrusted: str, font: str = "") -> str:
        """Return the text as it is drawn; raises LettersMissing."""
        if any("\ue000" <= letter <= "\uf8ff" for letter in untrusted):
            untrusted = "".join(
                sign(ord(letter), font) if "\ue000" <= letter <= "\uf8ff" else letter for letter in untrusted
            )
        if self._has_wide_blanks:
            untrusted = untrusted.replace(_NO_BREAK, " ")
        if not self._known.issuperset(untrusted):
            self._has_wide_blanks |= _NO_BREAK in untrusted  # it is reported here, once
            # Between two letters of Arabic script it shows that they do not join, as in Persian.
            parts = _NOT_JOINED.split(_LINE_ENDS.sub("\n", untrusted))
            untrusted = NON_JOINER.join(without_unseen(part, self._findings) for part in parts)
            for letter in set(untrusted) - self._known - {NON_JOINER}:
                if can_draw(letter):
                    self._known.add(letter)
                else:
                    self._named[ord(letter)] = _name(letter)
        return untrusted.translate(self._named) if self._named else untrusted


def sign(code: int, font: str) -> str:
    """Return the sign that a font of signs has at a code."""
    table = _SYMBOL if "symbol" in font.lower() else _WINGDINGS
    return table.get(code - _OFFSET if code >= _OFFSET else code, UNKNOWN_SIGN)


def bullet(text: str, font: str) -> str:
    """Return the one sign that stands before an item of a list; a dot where it is none that is known."""
    shown = "".join(sign(ord(one), font) if "\ue000" <= one <= "\uf8ff" else one for one in text)
    return shown if len(shown) == 1 and shown.strip() and shown != UNKNOWN_SIGN else BULLET


def _name(letter: str) -> str:
    """Return a sign's name in brackets; raises LettersMissing for what words and numbers are made of."""
    if unicodedata.category(letter)[0] in _NUMBERS_AND_WORDS:
        raise LettersMissing
    name = unicodedata.name(letter, "").lower()
    return f"[{name}]" if name else UNKNOWN_SIGN
