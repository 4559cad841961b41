"""Passphrases that are tried first are refused with why, and no four words that we draw ever are."""

from __future__ import annotations

import secrets

import pytest
from desks.harness import PASSPHRASE
from hypothesis import given
from hypothesis import strategies as st

from desk.errors import WeakPassphrase
from desk.keep.guessable import KEYS, SAME, WORD, why_guessable
from desk.keep.keyfile import require_strong
from desk.web.handlers.enrol import suggestion
from trusted.receipt.wordlist import BITS_PER_WORD, to_words


@pytest.mark.parametrize(
    ("passphrase", "why"),
    [
        ("sommar2026!!", WORD),
        ("Sommaren2026", WORD),
        ("S0mm4r2026!?", WORD),
        ("Ludvika kommun 2026", WORD),
        ("Lösenord1234", WORD),
        ("kallskydd2026!", WORD),
        ("Passw0rd12345", WORD),
        ("fredagfredag1", WORD),
        ("qwertyuiop12", KEYS),
        ("1234567890123", KEYS),
        ("abcdefghijklm", KEYS),
        ("poiuytrewq11", KEYS),
        ("aaaaaaaaaaaaaaaa", SAME),
        ("x9x9x9x9x9x9x9", SAME),
    ],
)
def test_what_is_tried_first_is_refused_with_why(passphrase, why):
    with pytest.raises(WeakPassphrase) as refused:
        require_strong(passphrase)

    assert refused.value.text_key == why


@pytest.mark.parametrize(
    "passphrase",
    [PASSPHRASE, "en blå soffa med luddig matta", "Kx7#qLw9!pZt", "tolv krokiga gurkor", "vågar du sjunga"],
)
def test_what_is_not_is_taken(passphrase):
    require_strong(passphrase)


@given(st.integers(0, 2 ** (4 * BITS_PER_WORD) - 1).filter(lambda drawn: len(set(to_words(drawn, 4))) == 4))
def test_no_four_words_of_the_list_are_refused(drawn):
    assert why_guessable(" ".join(to_words(drawn, 4))) == ""


def test_no_suggestion_of_the_application_is_refused():
    assert [one for one in (suggestion() for _ in range(300)) if why_guessable(one)] == []


@given(st.text(max_size=60))
def test_every_passphrase_has_an_answer(passphrase):
    assert why_guessable(passphrase) in {"", WORD, KEYS, SAME}


def test_a_long_one_costs_no_time():
    assert why_guessable(secrets.token_hex(200)) == ""
