"""
The case code as it was typed into its eight fields: what is read from them, and what stands in them again.

All fields have one name and are read one after the other, so it does not matter whether each holds its word or one of
them holds all. What is shown again is what was read: words in small letters and nothing else, and nothing of what is
longer than any code.
"""

from dataclasses import dataclass
from typing import Final

from cases.receipt.misread import Misreading
from intake.views.pages import Language
from intake.views.texts import N_
from intake.views.texts_inbox import UNKNOWN_WORD
from trusted.receipt.keys import WORDS_IN_RECEIPT, Receipt, typed_words
from trusted.receipt.wordlist import split_words
from trusted.web.form import Form

CODE_FIELD: Final = "code"
# Eight words of eight letters are 64, with a mistake in each hardly more.
_LONGEST_CODE: Final = 120  # letters
_YOU_TYPED: Final = N_("You typed: %(word)s")


@dataclass(frozen=True, slots=True, repr=False)
class WordField:
    """One of the eight fields: the word in it, what is said of it, and words that may have been meant."""

    number: int
    word: str = ""
    said: str = ""
    near: tuple[str, ...] = ()
    # Known to be wrong: empty, or no word of the list. A word that is only guessed at is not.
    is_wrong: bool = False


EMPTY: Final = tuple(WordField(number) for number in range(1, WORDS_IN_RECEIPT + 1))


def typed_code(form: Form) -> str:
    """Return everything in the fields of the code."""
    return " ".join(form.all(CODE_FIELD))


def misread_fields(form: Form, misread: Misreading, language: Language) -> tuple[WordField, ...]:
    """Return the fields as they were typed, with what is said of words that are wrong and of those that may be."""
    return tuple(
        _misread_field(number, word, misread, language) for number, word in enumerate(_words_by_field(form), start=1)
    )


def shortened_fields(form: Form, receipt: Receipt, language: Language) -> tuple[WordField, ...]:
    """Return the words of the receipt in full, with what was typed where that was something else; none for nothing."""
    typed = typed_words(typed_code(form))
    if typed == receipt.words:
        return ()
    you_typed = language.translate(_YOU_TYPED)
    return tuple(
        WordField(number, word, "" if word == short else you_typed % {"word": short})
        for number, (word, short) in enumerate(zip(receipt.words, typed, strict=True), start=1)
    )


def _misread_field(number: int, word: str, misread: Misreading, language: Language) -> WordField:
    for one in misread.unknown:
        if one.number == number:
            said = language.translate(UNKNOWN_WORD) % {"number": number}
            return WordField(number, word, said, one.near, is_wrong=True)
    near = next((one.near for one in misread.candidates if one.number == number), ())
    return WordField(number, word, near=near, is_wrong=not word)


def _words_by_field(form: Form) -> tuple[str, ...]:
    """Return what stands in each field again: where it stood, unless a field held several words."""
    fields = [split_words(untrusted) for untrusted in form.all(CODE_FIELD)]
    words = typed_words(typed_code(form))
    if sum(map(len, words)) > _LONGEST_CODE:
        return ("",) * WORDS_IN_RECEIPT
    if len(fields) == WORDS_IN_RECEIPT != len(words) and all(len(one) <= 1 for one in fields):
        return tuple("".join(one) for one in fields)
    # More than eight stand in the last field together.
    last = WORDS_IN_RECEIPT - 1
    return (*words[:last], *[""] * (last - len(words)), " ".join(words[last:]))
