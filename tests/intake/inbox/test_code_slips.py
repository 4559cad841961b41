"""
What is said of slips that people make with their code, over 300 simulated codes each: always the same ones.

Counted are slips that the check bits notice. One in sixty-four fits them by chance, and opens nothing.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from cases.languages import LANGUAGES
from cases.receipt.misread import Misreading, explain
from intake.inbox.typed_code import CODE_FIELD, misread_fields
from intake.views.pages import Language
from trusted.receipt.keys import check_fits
from trusted.receipt.wordlist import PREFIX_LETTERS, words, words_by_prefix
from trusted.web.form import Form

CODES = 300
NAMED, FRAMED = 0.95 * CODES, 0.02 * CODES
# Half of them and more, when a word counted as near that shares no more than its first four letters with another.
ASKED = 0.25 * CODES

Slip = Callable[[random.Random, list[str]], None]


def swap_neighbours(chance: random.Random, code: list[str]) -> None:
    place = chance.randrange(7)
    code[place : place + 2] = reversed(code[place : place + 2])


def swap_any_two(chance: random.Random, code: list[str]) -> None:
    one, other = chance.sample(range(8), 2)
    code[one], code[other] = code[other], code[one]


def write_another_word(chance: random.Random, code: list[str]) -> None:
    code[chance.randrange(8)] = chance.choice(words())


def misread_one_letter(chance: random.Random, code: list[str]) -> None:
    place = chance.randrange(8)
    at = chance.randrange(PREFIX_LETTERS)
    code[place] = code[place][:at] + chance.choice(string.ascii_lowercase) + code[place][at + 1 :]


def misread_as_a_word_of_the_list(chance: random.Random, code: list[str]) -> None:
    right = [*code]
    while code == right or any(word[:PREFIX_LETTERS] not in words_by_prefix() for word in code):
        code[:] = right
        misread_one_letter(chance, code)


SWAPS = (swap_neighbours, swap_any_two)
MISREADINGS = (misread_one_letter, misread_as_a_word_of_the_list)


@dataclass(frozen=True)
class Slipped:
    """A code as it was typed, what is said of it, and the numbers of the words that are wrong."""

    code: list[str]
    typed: list[str]
    said: Misreading
    wrong: set[int]


@cache
def slipped(slip: Slip) -> list[Slipped]:
    chance, found = random.Random(30), []
    while len(found) < CODES:
        code = [*chance.sample(words(), 8)]
        # The check bits are in the last word: one of sixty-four fits.
        while not check_fits(tuple(code)):
            code[7] = chance.choice(words())
        typed = [*code]
        slip(chance, typed)
        if not check_fits(tuple(typed)):
            wrong = {number for number in range(1, 9) if code[number - 1] != typed[number - 1]}
            found.append(Slipped(code, typed, explain(" ".join(typed)), wrong))
    return found


def framed(one: Slipped) -> set[int]:
    fields = misread_fields(Form({CODE_FIELD: one.typed}), one.said, Language(LANGUAGES["en"], {}))
    return {field.number for field in fields if field.is_wrong}


@pytest.mark.parametrize("slip", SWAPS)
def test_two_words_that_have_changed_places_are_named(slip):
    named = sum(one.wrong in map(set, one.said.swaps) for one in slipped(slip))

    assert named >= NAMED


@pytest.mark.parametrize("slip", MISREADINGS)
def test_of_a_misread_letter_the_right_word_is_named_at_its_place(slip):
    named = sum(
        any(one.code[place.number - 1] in place.near for place in (*one.said.unknown, *one.said.candidates))
        for one in slipped(slip)
    )

    assert named >= NAMED


@pytest.mark.parametrize("slip", [*SWAPS, *MISREADINGS, write_another_word])
def test_right_words_are_not_framed_as_wrong(slip):
    right_framed = sum(bool(framed(one) - one.wrong) for one in slipped(slip))

    assert right_framed <= FRAMED


@pytest.mark.parametrize("slip", [*SWAPS, write_another_word])
def test_right_words_are_seldom_asked_about(slip):
    asked = sum(any(place.number not in one.wrong for place in one.said.candidates) for one in slipped(slip))

    assert asked <= ASKED
