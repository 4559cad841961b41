"""
Explain why typed words are not a receipt, and suggest which words may have been meant.

Contract. A pure function of what was typed: no key is derived and no store is asked, so the answer does not
reveal which receipts exist (docs/decisions/site/0006). `explain` checks in this order and stops at the first mistake:

1. Not eight words, even after dividing them where spaces were left out.
2. Words that are not in the list, each by its place, with near words of the list. When there is only one, those near
   words with which the check bits fit come alone: no other can be right, if the rest is.
3. Check bits that do not fit: two words that fit when they change places, neighbours first, and each place at which a
   near word fits. Both are guesses: one wrong suggestion in sixty-four fits by chance. So nothing is tried that people
   hardly do: a word counts as near only in the whole, not in the four letters that count, or every second code would
   have a right word named.

A word is near when it differs by one letter inserted, left out, changed or swapped with the next, or by one of the
mistakes that handwriting invites ("rn" for "m"). What was typed is never part of the answer, only words of the list
that were not typed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice
from string import ascii_lowercase
from typing import Final

from trusted.receipt.keys import WORDS_IN_RECEIPT, check_fits, typed_words
from trusted.receipt.wordlist import PREFIX_LETTERS, words_by_prefix

# More than this for one place is a list, not a hint.
MOST_NEAR: Final = 4
# Swaps that are named, and places of near words. That more fit, the right one last, is rare
# (tests/intake/inbox/test_code_slips.py).
MOST_GUESSES: Final = 2
# Letters that look alike when written by hand; the nearest of near words have one of these changed.
_ALIKE: Final = ("aou", "ceo", "nurv", "mn", "iljt", "ft", "hkb", "gqy", "jy", "uvy", "sz", "vw", "bdp")
_SHAPES: Final = (
    ("rn", "m"),
    ("nn", "m"),
    ("in", "m"),
    ("ni", "m"),
    ("vv", "w"),
    ("cl", "d"),
    ("ii", "u"),
    ("li", "h"),
)


@dataclass(frozen=True, slots=True, repr=False)
class DoubtfulWord:
    """A word that may be wrong, by its number from 1, and words that may have been meant."""

    number: int
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Misreading:
    """Why the words are no receipt: their number, words that are not in the list, or else guesses."""

    count: int
    unknown: tuple[DoubtfulWord, ...] = ()
    # Numbers of two words that fit when they change places, the likelier pair first.
    swaps: tuple[tuple[int, int], ...] = ()
    candidates: tuple[DoubtfulWord, ...] = ()


def explain(untrusted_text: str) -> Misreading:
    """Return what is wrong with a text for which `parse_receipt` has raised WrongReceipt."""
    typed = typed_words(untrusted_text)
    # 1.
    if len(typed) != WORDS_IN_RECEIPT:
        return Misreading(len(typed))
    # 2.
    known = words_by_prefix()
    unknown = [place for place, word in enumerate(typed) if word[:PREFIX_LETTERS] not in known]
    if unknown:
        return Misreading(len(typed), unknown=tuple(_suggested(typed, place, unknown) for place in unknown))
    # 3.
    swaps, candidates = islice(_swaps(typed), MOST_GUESSES), islice(_candidates(typed), MOST_GUESSES)
    return Misreading(len(typed), swaps=tuple(swaps), candidates=tuple(candidates))


def near_words(typed: str, *, whole: bool = False) -> tuple[str, ...]:
    """Return the words of the list near to what was typed, the likeliest first; `whole`: all letters must agree."""
    known = words_by_prefix()
    found: dict[str, int] = {}
    for edited, cost in _one_mistake_away(typed):
        word = known.get(edited[:PREFIX_LETTERS])
        if word is None or word == known.get(typed[:PREFIX_LETTERS]) or (whole and not word.startswith(edited)):
            continue
        found[word] = min(cost, found.get(word, cost))
    return tuple(sorted(found, key=lambda word: (found[word], word)))


def _suggested(typed: tuple[str, ...], place: int, unknown: list[int]) -> DoubtfulWord:
    near = near_words(typed[place])
    if len(unknown) == 1:
        near = tuple(_fitting(typed, place, near)) or near
    return DoubtfulWord(place + 1, near[:MOST_NEAR])


def _swaps(typed: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of two words that make the check bits fit when they change places, the nearest first."""
    for one, other in sorted(combinations(range(len(typed)), 2), key=lambda pair: pair[1] - pair[0]):
        swapped = [*typed]
        swapped[one], swapped[other] = typed[other], typed[one]
        if check_fits(tuple(swapped)):
            yield one + 1, other + 1


def _candidates(typed: tuple[str, ...]) -> Iterator[DoubtfulWord]:
    """Yield the places at which near words make the check bits fit."""
    for place, word in enumerate(typed):
        if near := tuple(_fitting(typed, place, near_words(word, whole=True))):
            yield DoubtfulWord(place + 1, near[:MOST_NEAR])


def _fitting(typed: tuple[str, ...], place: int, near: tuple[str, ...]) -> Iterator[str]:
    """Yield the words that make the check bits fit when they stand at this place."""
    for word in near:
        if check_fits((*typed[:place], word, *typed[place + 1 :])):
            yield word


def _one_mistake_away(typed: str) -> Iterator[tuple[str, int]]:
    """Yield every spelling one mistake away from `typed`, with the cost of the mistake: 0 (the likeliest) to 2."""
    # No word of the list is longer than sixteen letters.
    word = typed[:16]
    for before, after in (pair for one, other in _SHAPES for pair in ((one, other), (other, one))):
        for at in range(len(word)):
            if word.startswith(before, at):
                yield word[:at] + after + word[at + len(before) :], 0
    for at in range(len(word) + 1):
        head, rest = word[:at], word[at:]
        if len(rest) > 1:
            yield head + rest[1] + rest[0] + rest[2:], 1
        if rest:
            yield head + rest[1:], 1
        for letter in ascii_lowercase:
            yield head + letter + rest, 1
            if rest and letter != rest[0]:
                alike = any(letter in group and rest[0] in group for group in _ALIKE)
                yield head + letter + rest[1:], 0 if alike else 2
