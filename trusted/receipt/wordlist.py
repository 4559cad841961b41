"""
The 4,096 Swedish words, as digits of twelve bits: the alphabet of receipts and of the roster's fingerprint.

No two words share their first four letters, so these alone identify a word: what is typed is compared by them, and a
word that was shortened, or misspelt further in, is still the word that was meant. The list is part of the format; the
order of its lines is the value of each word.
"""

import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

WORDS = 4_096
BITS_PER_WORD = 12
PREFIX_LETTERS = 4
LONGEST = 8  # letters; the shortest have four


def _read() -> tuple[str, ...]:
    listed = tuple((files("trusted") / "words" / "sv.txt").read_text(encoding="ascii").split())
    if len(listed) != WORDS:
        # Another number of words would give every receipt another value. Nothing can be done without the right list.
        raise RuntimeError("the word list is not the list of the format")
    return listed


# Read with the program: a file that is opened for the first code of a visitor has the time of that visit ever after.
_WORDS = _read()


def words() -> tuple[str, ...]:
    """Return the list."""
    return _WORDS


def to_words(value: int, count: int) -> tuple[str, ...]:
    """Return `count` words for the number, most significant first."""
    listed = words()
    shifts = range(BITS_PER_WORD * (count - 1), -1, -BITS_PER_WORD)
    return tuple(listed[value >> shift & (WORDS - 1)] for shift in shifts)


def from_words(untrusted_words: tuple[str, ...]) -> int | None:
    """Return the number that the words stand for, or None if one of them is not in the list."""
    index = _index(words())
    value = 0
    for word in untrusted_words:
        digit = index.get(word[:PREFIX_LETTERS])
        if digit is None:
            return None
        value = value << BITS_PER_WORD | digit
    return value


@cache
def words_by_prefix() -> dict[str, str]:
    """Return each word by its first four letters."""
    return {word[:PREFIX_LETTERS]: word for word in words()}


def split_words(untrusted_text: str) -> tuple[str, ...]:
    """Return the words in what somebody typed, in small letters.

    Everything that is not a letter separates: spaces, hyphens, commas, line breaks, and the numbers that people write
    in front of words. Invisible characters, which come along when text is copied, are dropped first.
    """
    text = unicodedata.normalize("NFKC", untrusted_text).casefold()
    seen = (character for character in text if unicodedata.category(character) != "Cf")
    return tuple("".join(character if character.isalpha() else " " for character in seen).split())


def divided(untrusted_words: tuple[str, ...], count: int) -> list[tuple[str, ...]]:
    """Return every way to read these as `count` words of the list when spaces between whole words were left out."""
    listed = _listed()
    ways: list[tuple[str, ...]] = []

    def go_on(so_far: tuple[str, ...], left: tuple[str, ...]) -> None:
        if not left or len(so_far) == count:
            if not left and len(so_far) == count:
                ways.append(so_far)
            return
        run, rest = left[0], left[1:]
        # Written apart, a word may be shortened or misspelt further in.
        if run[:PREFIX_LETTERS] in words_by_prefix():
            go_on((*so_far, run), rest)
        for length in range(PREFIX_LETTERS, min(LONGEST, len(run) - PREFIX_LETTERS) + 1):
            if run[:length] in listed:
                go_on((*so_far, run[:length]), (run[length:], *rest))

    go_on((), untrusted_words)
    return list(dict.fromkeys(ways))


@cache
def _listed() -> frozenset[str]:
    return frozenset(words())


@lru_cache(maxsize=1)
def _index(listed: tuple[str, ...]) -> dict[str, int]:
    return {word[:PREFIX_LETTERS]: number for number, word in enumerate(listed)}
