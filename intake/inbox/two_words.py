"""Two words of a code, asked for before anybody relies on its being written down.

Which two stands in the form itself: anyone with the handle of the session sees all eight, so there is nothing to
protect. They are others each time, and read as leniently as the whole code is. Nothing of the answer is stored.
"""

import secrets
from collections.abc import Sequence
from typing import Final

from trusted.case.errors import CaseError
from trusted.receipt.keys import WORDS_IN_RECEIPT, Receipt, parse_receipt
from trusted.web.form import Form

WORDS_ASKED: Final = 2
_PLACES: Final = range(1, WORDS_IN_RECEIPT + 1)


def draw_places() -> list[int]:
    """Return which words are asked for, counted from one."""
    return sorted(secrets.SystemRandom().sample(_PLACES, WORDS_ASKED))


def are_right(receipt: Receipt, form: Form) -> bool:
    """Whether the receipt with the words of this form in their places is still the same."""
    return _are_right(receipt, form.all("asked"), form.all("word"))


def wrong_places(receipt: Receipt, form: Form) -> tuple[int, ...]:
    """Return the places of the words that are not those of the receipt; none when the form asks for something else."""
    places = {str(place): place for place in _PLACES}
    untrusted_asked, untrusted_words = form.all("asked"), form.all("word")
    if len(untrusted_asked) != len(untrusted_words) or not set(untrusted_asked) <= set(places):
        return ()
    pairs = zip(untrusted_asked, untrusted_words, strict=True)
    return tuple(places[place] for place, word in pairs if not _is_right(receipt, places[place], word))


def _is_right(receipt: Receipt, place: int, untrusted_word: str) -> bool:
    words = list(receipt.words)
    words[place - 1] = untrusted_word
    try:
        return parse_receipt(" ".join(words)) == receipt
    except CaseError:
        return False


def _are_right(receipt: Receipt, untrusted_asked: Sequence[str], untrusted_words: Sequence[str]) -> bool:
    places = {str(place): place for place in _PLACES}
    if len(untrusted_words) != WORDS_ASKED or len(untrusted_asked) != WORDS_ASKED:
        return False
    if len(set(untrusted_asked) & set(places)) != WORDS_ASKED:
        return False
    words = list(receipt.words)
    for place, word in zip(untrusted_asked, untrusted_words, strict=True):
        words[places[place] - 1] = word
    try:
        return parse_receipt(" ".join(words)) == receipt
    except CaseError:
        return False
