"""What may be said of a glyph: one letter in the one form that Unicode gives it, or the letters of a ligature.

A glyph that shows several letters and is no ligature says less than it shows: what is said could otherwise be any text
at all behind the one that is seen. Nothing is said that cannot be seen: no space, joiner, selector, private character.
Nor is anything said of an outline that stands for many letters, as a black box does that is called by them in turn.
"""

import unicodedata
from collections.abc import Hashable, Iterable
from typing import Final, TypeVar

LONGEST_LIGATURE: Final = 3  # ffi
# As many as letters that look alike in Latin, Greek and Cyrillic, or the I, l and 1 of some fonts.
_MOST_LETTERS: Final = 3
# Letters and digits that are one stroke, or a dot, in many faces: Latin, Greek, Cyrillic, Hebrew, Arabic, others.
LIKE_A_BOX: Final = frozenset(
    "Il1i\u0131\u01c0\u0399\u03b9\u0406\u0456\u04c0\u04cf\u05d5\u05d9\u05df\u0627\u0660\u0661\u06f0\u06f1"
    "\u07ca\u0887\u08ad\u141d\u1427\u1428\u144a\u2d48\u2d4f\u3161\u3163\u4e00\u4e28\ua4f2\ua781\ua78c\ua7fe"
)
_Shape = TypeVar("_Shape", bound=Hashable)
# Ligatures of common fonts that have no character of their own.
_OF_FONTS: Final = ("ct", "fft", "fj", "ft", "sp", "Th", "ti", "tt", "tti")


def _ligatures() -> frozenset[str]:
    """Return the parts of the letters that Unicode makes of several letters or marks: fi, a lam and an alef, an ij."""
    blocks = (*range(0xC0, 0x3000), *range(0xF900, 0xFF00))
    letters = (letter for letter in map(chr, blocks) if unicodedata.category(letter) in {"Lu", "Ll", "Lt", "Lo"})
    found = {unicodedata.normalize("NFKC", letter) for letter in letters}
    joined = (each for each in found if 1 < len(each) <= LONGEST_LIGATURE)
    return frozenset(_OF_FONTS).union(
        each for each in joined if all(unicodedata.category(part)[0] in "LM" for part in each)
    )


LIGATURES: Final = _ligatures()


def said_of_glyph(untrusted: str) -> str:
    """Return what may be said of a glyph that the source calls so; empty if nothing."""
    plain = unicodedata.normalize("NFKC", untrusted)
    if plain in LIGATURES:
        return plain
    # What Unicode would take apart further, as a half or a circled number, stays one character.
    letter = plain if len(plain) == 1 else unicodedata.normalize("NFC", untrusted)[:1]
    return letter if letter and unicodedata.category(letter)[0] not in "CZ" else ""


def standing_for_many(said: Iterable[tuple[_Shape, str]]) -> set[_Shape]:
    """Return the outlines, or shapes, of which more letters are said than look alike anywhere."""
    letters: dict[_Shape, set[str]] = {}
    for shape, text in said:
        letters.setdefault(shape, set()).add(text)
    return {shape for shape, texts in letters.items() if len(texts) > _MOST_LETTERS}
