"""
The receipt: eight words that are all a reporter has, and all that is needed to log in again.

Contract (docs/FORMATS.md §6). Eight words are 96 bits: 90 secret ones and 6 that check the others, so that 63 of 64
misread receipts are known to be wrong from the words alone, without asking whether a case exists. From the secret,
through Argon2id with the salt of the home, come the id under which the store finds the case and the reporter's two key
pairs. Nothing else is kept: without the words nobody gets in again, and nobody can be forced to let somebody in.

`parse_receipt` raises for everything that cannot be a receipt: another number of words, a word that is not in the list,
check bits that do not fit. misread.py says which, and what may have been meant (docs/decisions/site/0006). A receipt
that never existed, one of an erased case and one of another home are whole, and cannot be told apart here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from nacl.bindings import crypto_scalarmult_base
from nacl.pwhash import argon2id
from nacl.utils import random

from trusted.case.errors import WrongReceipt
from trusted.crypto.envelope import blake
from trusted.crypto.signing import id_of, sign_public_of
from trusted.receipt.wordlist import PREFIX_LETTERS, divided, from_words, split_words, to_words, words

__all__ = [
    "Receipt",
    "ReceiptKeys",
    "new_receipt",
    "parse_receipt",
    "receipt_keys",
    "text_contains_receipt",
    "words",
]

WORDS_IN_RECEIPT = 8
CHECK_BITS = 6
SECRET_BYTES = 12
# libsodium's "interactive": about 80 ms and 64 MiB. With 90 random bits the hash is a second wall and not the first; a
# longer one would let visitors hold the intake's two lanes for longer.
ARGON_OPS = 2
ARGON_BYTES = 64 * 2**20
# Four words in their order are 48 bits of the secret: too many to leave in a text, too many to be a coincidence.
WORDS_THAT_TELL = 4
# Of a word that goes on otherwise than the list has it, so that a text of a hundred thousand letters takes no time.
_LONGEST_TYPED = 200


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """Eight words and the secret they stand for."""

    words: tuple[str, ...]
    secret: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ReceiptKeys:
    """What a receipt gives in one home."""

    lookup_id: bytes
    id: bytes
    box_private: bytes
    box_public: bytes
    sign_seed: bytes
    sign_public: bytes


def new_receipt() -> Receipt:
    """Return a receipt that nobody has had before."""
    return _receipt(int.from_bytes(random(SECRET_BYTES), "big") >> CHECK_BITS)


def parse_receipt(untrusted_text: str) -> Receipt:
    """Return the receipt that was typed; raise WrongReceipt for what cannot be one."""
    typed = typed_words(untrusted_text)
    value = from_words(typed)
    if len(typed) != WORDS_IN_RECEIPT or value is None or not check_fits(typed):
        raise WrongReceipt
    return _receipt(value >> CHECK_BITS)


def typed_words(untrusted_text: str) -> tuple[str, ...]:
    """Return the words that were typed. Where spaces were left out and only one way makes eight, they are those eight.

    Of 20,000 receipts without a space each can be read in one way only.
    """
    typed = split_words(untrusted_text)
    ways = divided(typed, WORDS_IN_RECEIPT) if len(typed) < WORDS_IN_RECEIPT else []
    return ways[0] if len(ways) == 1 else typed


def check_fits(eight: tuple[str, ...]) -> bool:
    """Return whether eight words are all of the list and their check bits fit."""
    value = from_words(eight)
    return value is not None and value & (2**CHECK_BITS - 1) == _check_bits(value >> CHECK_BITS)


def receipt_keys(receipt: Receipt, salt: bytes) -> ReceiptKeys:
    """Return the keys of the receipt in the home with this salt. Takes about 80 ms and 64 MiB."""
    master = argon2id.kdf(32, receipt.secret, salt, opslimit=ARGON_OPS, memlimit=ARGON_BYTES)
    box_private = blake(32, "ks1-box", key=master)
    box_public = crypto_scalarmult_base(box_private)
    sign_seed = blake(32, "ks1-sign", key=master)
    sign_public = sign_public_of(sign_seed)
    return ReceiptKeys(
        lookup_id=blake(16, "ks1-lookup", key=master),
        id=id_of(sign_public, box_public),
        box_private=box_private,
        box_public=box_public,
        sign_seed=sign_seed,
        sign_public=sign_public,
    )


def text_contains_receipt(untrusted_text: str, receipt: Receipt) -> bool:
    """Return whether the text gives away a half of the receipt or more: four of its words in a row.

    Each of them may be whole, shortened or misspelt after its first letters, and run together with the next.
    """
    split = split_words(untrusted_text)
    # Without spaces as well, for words that are broken in the middle.
    spaced, together = " ".join(split), "".join(split)
    return any(
        _follow_each_other(receipt.words[start : start + WORDS_THAT_TELL], text)
        for start in range(len(receipt.words) - WORDS_THAT_TELL + 1)
        for text in (spaced, together)
    )


def _follow_each_other(some: tuple[str, ...], text: str) -> bool:
    """Return whether these words stand in the text one after the other. Nothing here keeps a word, as `re` would."""
    starts = _places_of(some[0][:PREFIX_LETTERS], text)
    for word, following in pairwise(some):
        beginning = following[:PREFIX_LETTERS]
        starts = {end for start in starts for end in _ends(word, text, start) if text.startswith(beginning, end)}
    return bool(starts)


def _places_of(sought: str, text: str) -> set[int]:
    places: set[int] = set()
    at = text.find(sought)
    while at >= 0:
        places.add(at)
        at = text.find(sought, at + 1)
    return places


def _ends(word: str, text: str, start: int) -> Iterator[int]:
    """Give where the word after this one may begin: after its first letters, the whole of it, or the next space."""
    yield start + PREFIX_LETTERS
    if text.startswith(word, start):
        yield start + len(word)
    space = text.find(" ", start, start + _LONGEST_TYPED)
    if space >= 0:
        yield space + 1


def _receipt(secret: int) -> Receipt:
    """Return the receipt of a secret of 90 bits, with its check bits."""
    words_of_it = to_words(secret << CHECK_BITS | _check_bits(secret), WORDS_IN_RECEIPT)
    return Receipt(words_of_it, secret.to_bytes(SECRET_BYTES, "big"))


def _check_bits(secret: int) -> int:
    return blake(1, "ks1-check", secret.to_bytes(SECRET_BYTES, "big"))[0] >> (8 - CHECK_BITS)
