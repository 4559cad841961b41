"""A hash as six words to read aloud, and as a picture that an eye compares at once.

Words are for the telephone; the picture is for two screens side by side. It is drawn from the whole hash and mirrored,
since faces and leaves are told apart more easily than noise; 28 bits of it, so it never stands alone. It follows from
the hash only, so every desk draws the same.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from cases.roster.chain import fingerprint_words

SIDE: Final = 7
_DRAWN: Final = (SIDE + 1) // 2
_PERSON: Final = b"ks1-picture"


@dataclass(frozen=True, slots=True)
class WordPicture:
    """The words, and the path of an SVG with SIDE units on each side."""

    words: tuple[str, ...]
    path: str

    @property
    def spoken(self) -> str:
        """The words in a row, for the label of the picture."""
        return ", ".join(self.words)


def word_picture(digest: bytes) -> WordPicture:
    """Return words and picture of a hash."""
    return WordPicture(fingerprint_words(digest), _path(digest))


def _path(digest: bytes) -> str:
    bits = int.from_bytes(blake2b(digest, person=_PERSON, digest_size=8).digest(), "big")
    pieces = []
    for y in range(SIDE):
        half = [bool(bits >> (y * _DRAWN + x) & 1) for x in range(_DRAWN)]
        row = [*half, *reversed(half[:-1])]
        pieces += [f"M{x} {y}h1v1h-1z" for x, filled in enumerate(row) if filled]
    return "".join(pieces)
