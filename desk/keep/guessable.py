"""Whether a passphrase is among those that are tried first: ordinary words, years, rows of keys, the same once more.

The passphrase is put together from such pieces in the cheapest way; each costs the bits that it takes to guess it, as
in zxcvbn (Wheeler, USENIX Security 2016). zxcvbn itself knows no Swedish and carries a megabyte of English lists. Four
words that the application has drawn cost more than the bound, whichever they are, since blanks count too.
"""

import re
from collections.abc import Iterator
from typing import Final

from trusted.receipt.wordlist import BITS_PER_WORD, words

# At a second and 256 MiB for each try, 2 to the power of this is decades on a hundred computers.
BITS_MIN: Final = 40.0
WORD: Final = "desk.guessable_word"
KEYS: Final = "desk.guessable_keys"
SAME: Final = "desk.guessable_same"
_OTHER: Final = ""
_COMMON: Final = frozenset(
    """
    sommar vinter höst vår påsk jul midsommar januari februari mars april maj juni juli augusti september oktober
    november december måndag tisdag onsdag torsdag fredag lördag söndag lösenord lösenordet lösenfras lösen hemlig
    hemligt hemlighet kommun kommunen kommunal ludvika dalarna borlänge falun stockholm göteborg malmö uppsala sverige
    svensk visselblåsare visselblåsning anmälan källskydd kallskydd jobbet arbete kontor kontoret chef chefen
    handläggare jurist välkommen hejsan hej alla älskling älskar gumman gubben mamma pappa mormor morfar familjen
    barnen kärlek fotboll hockey hammarby djurgården brynäs leksand anna maria erik lars karl johan anders per peter
    eva karin kerstin åsa björn sven gustav emma lisa linnea oskar oliver hugo alva ella hund hunden katt katten häst
    hästen blomma stjärna solsken äpple banan volvo saab ikea norrland skåne password passwort passphrase secret admin
    administrator root welcome letmein login user test master hello love dragon monkey sunshine princess football
    baseball superman batman summer winter spring autumn shadow computer internet google facebook iphone samsung
    windows microsoft correcthorse
    """.split()  # noqa: SIM905 - words on lines, not one on each
)
_LONGEST: Final = max(map(len, _COMMON))
_COMMON_BITS: Final = 8.0
_YEAR: Final = re.compile(r"(19|20)\d\d")
_YEAR_BITS: Final = 7.0
_ROWS: Final = ("1234567890", "qwertyuiopå", "asdfghjklöä", "zxcvbnm", "abcdefghijklmnopqrstuvwxyzåäö", "qazwsxedcrfv")
_ROW_BITS: Final = 8.0
_LEAST: Final = 3
# Characters; what follows makes none of these easier.
_LOOKED_AT: Final = 100
_AGAIN_BITS: Final = 3.0
_LOOKS_LIKE: Final = str.maketrans("013457@$!", "oleastasi")
_CHANGED_BITS: Final = 1.5
_DIGIT_BITS, _LETTER_BITS, _SIGN_BITS = 3.3, 4.7, 5.0


def why_guessable(passphrase: str) -> str:
    """Return the text key of what most of a passphrase is, when it is guessed early; nothing otherwise."""
    plain = passphrase[:_LOOKED_AT].casefold()
    # By place: the fewest bits up to there, and the last piece of that way: where it began, and what it is.
    best: list[tuple[float, int, str]] = [(0.0, 0, _OTHER)]
    pieces = list(_pieces(passphrase, plain))
    for end in range(1, len(plain) + 1):
        bits = best[end - 1][0] + _bits_of(plain[end - 1])
        ways = [(best[start][0] + cost, start, kind) for start, stop, cost, kind in pieces if stop == end]
        best.append(min([(bits, end - 1, _OTHER), *ways]))
    if best[-1][0] >= BITS_MIN:
        return ""
    covered, end = {WORD: 0, KEYS: 0, SAME: 0, _OTHER: -1}, len(plain)
    while end:
        _bits, start, kind = best[end]
        covered[kind] += end - start
        end = start
    return max(covered, key=covered.__getitem__)


def _pieces(passphrase: str, plain: str) -> Iterator[tuple[int, int, float, str]]:
    """Yield what can be guessed as a whole: where it begins and ends, its bits, and what it is."""
    alike, drawn = plain.translate(_LOOKS_LIKE), frozenset(words())
    for start in range(len(plain)):
        for stop in range(start + _LEAST, min(len(plain), start + _LONGEST) + 1):
            changed = 0.0 if passphrase[start:stop] == alike[start:stop] else _CHANGED_BITS
            if alike[start:stop] in _COMMON or plain[start:stop] in _COMMON:
                yield start, stop, _COMMON_BITS + changed, WORD
            elif alike[start:stop] in drawn:
                yield start, stop, BITS_PER_WORD + changed, WORD
            if any(plain[start:stop] in row or plain[start:stop] in row[::-1] for row in _ROWS):
                yield start, stop, _ROW_BITS, KEYS
        if _YEAR.match(plain, start):
            yield start, start + 4, _YEAR_BITS, WORD
        for length in range(1, len(plain) - start + 1):
            # What stood just before, once more.
            if start >= length and plain[start - length : start] == plain[start : start + length]:
                yield start, start + length, _AGAIN_BITS, SAME


def _bits_of(character: str) -> float:
    return _DIGIT_BITS if character.isdigit() else _LETTER_BITS if character.isalpha() else _SIGN_BITS
