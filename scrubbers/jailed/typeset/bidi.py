"""The order of letters on a line where some are written from right to left: Unicode's UAX 9, without its controls.

Direction marks, embeddings and isolates are gone before text comes here (`text.cleaning`), so a paragraph is one run:
rules P2, P3, W1 to W7, N0 to N2, I1, I2, L1 and L2 are all that is left. Levels are found for a whole paragraph; a line
is put in order when it is known where it ends.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final, TypeVar

_T = TypeVar("_T")
# Hebrew, Arabic and all else that is written so: the blocks that Unicode keeps for it.
_RIGHT_TO_LEFT: Final = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_STRONG: Final = {"L": 0, "R": 1, "AL": 1}
_AS_STRONG: Final = {"L": "L", "R": "R", "EN": "R", "AN": "R"}
_NEUTRAL: Final = frozenset({"B", "S", "WS", "ON"})
_SEPARATORS: Final = frozenset({"ES", "ET", "CS"})
_MOST_OPEN: Final = 63  # brackets that wait for their other half, by the standard
# Pairs whose halves do not follow each other in Unicode.
_CROSSED: Final = {"\u298d": "\u2990", "\u298f": "\u298e"}


def goes_right_to_left(text: str) -> bool:
    """Return whether a paragraph is written from right to left: its first letter with a direction says so."""
    if not _RIGHT_TO_LEFT.search(text):
        return False
    return next((_STRONG[kind] for one in text if (kind := unicodedata.bidirectional(one)) in _STRONG), 0) == 1


def levels(text: str) -> Sequence[int]:
    """Return the level of each character; odd ones go from right to left. Empty where all go from left to right."""
    if not _RIGHT_TO_LEFT.search(text):
        return ()
    base = int(goes_right_to_left(text))
    direction = "R" if base else "L"
    first = [unicodedata.bidirectional(one) or "L" for one in text]
    kinds = _weak(first, direction)
    _pair_brackets(text, first, kinds, direction)
    _neutral(kinds, direction)
    found = [base if kind == direction else base + (1 if kind in "LR" or base else 2) for kind in kinds]
    return [base if kind in "SB" else level for kind, level in zip(first, found, strict=True)]


def in_order(pieces: Sequence[_T], of_pieces: Sequence[int]) -> list[_T]:
    """Return the pieces of a line as they stand from left to right (L2)."""
    order = list(range(len(pieces)))
    lowest = min((level for level in of_pieces if level % 2), default=0)
    for level in range(max(of_pieces, default=0), lowest - 1 if lowest else 0, -1):
        start = 0
        while start < len(order):
            if of_pieces[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and of_pieces[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return [pieces[place] for place in order]


def _weak(first: Sequence[str], direction: str) -> list[str]:
    """Run rules W1 to W7."""
    kinds = list(first)
    before = strong = direction
    for place, kind in enumerate(kinds):
        now = before if kind in ("NSM", "BN") else kind
        if now == "EN" and strong == "AL":
            now = "AN"
        strong = now if now in _STRONG else strong
        kinds[place] = before = now
    kinds = ["R" if kind == "AL" else kind for kind in kinds]
    for place, (left, kind, right) in enumerate(zip(kinds, kinds[1:], kinds[2:], strict=False), 1):
        if left == right and ((kind == "CS" and left in ("EN", "AN")) or (kind == "ES" and left == "EN")):
            kinds[place] = left
    for these in (range(len(kinds)), range(len(kinds) - 1, -1, -1)):
        before = ""
        for place in these:
            kinds[place] = "EN" if kinds[place] == "ET" and before == "EN" else kinds[place]
            before = kinds[place]
    strong = direction
    for place, kind in enumerate(kinds):
        now = "ON" if kind in _SEPARATORS else "L" if kind == "EN" and strong == "L" else kind
        strong = now if now in "LR" else strong
        kinds[place] = now
    return kinds


def _pair_brackets(text: str, first: Sequence[str], kinds: list[str], direction: str) -> None:
    """Run rule N0: a pair takes the direction of what is in it, or of what is before it."""
    for start, end in _pairs(text, kinds):
        inside = {_AS_STRONG[kind] for kind in kinds[start + 1 : end] if kind in _AS_STRONG}
        if not inside:
            continue
        now = direction
        if direction not in inside:
            now = next((_AS_STRONG[kind] for kind in reversed(kinds[:start]) if kind in _AS_STRONG), direction)
        for place in (start, end):
            kinds[place] = now
            after = place + 1
            while after < len(first) and first[after] in ("NSM", "BN"):
                kinds[after] = now
                after += 1


def _pairs(text: str, kinds: Sequence[str]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    waiting: list[tuple[str, int]] = []
    for place, (letter, kind) in enumerate(zip(text, kinds, strict=True)):
        if kind != "ON" or not unicodedata.mirrored(letter):
            continue
        one = unicodedata.normalize("NFC", letter)
        match unicodedata.category(letter):
            case "Ps":
                if len(waiting) == _MOST_OPEN:
                    return []
                waiting.append((_CROSSED.get(one, chr(ord(one) + (2 if one in "[{" else 1))), place))
            case "Pe":
                at = next((at for at in range(len(waiting) - 1, -1, -1) if waiting[at][0] == one), None)
                if at is not None:
                    found.append((waiting[at][1], place))
                    del waiting[at:]
    return sorted(found)


def _neutral(kinds: list[str], direction: str) -> None:
    """Run rules N1 and N2: what has no direction takes that of both sides, or that of the paragraph."""
    sides = [(-1, direction), *((place, _AS_STRONG[kind]) for place, kind in enumerate(kinds) if kind in _AS_STRONG)]
    for (left, before), (right, after) in pairwise([*sides, (len(kinds), direction)]):
        kinds[left + 1 : right] = [before if before == after else direction] * (right - left - 1)
