"""What a member has begun to write and not sent: one draft for each page of a case, sealed, in one file.

`drafts.sealed` is made at the first unlocking and padded to a power of two with a minimum that holds the drafts of
ordinary days, so neither that it is there nor its size says whether anything is in it. It is written when the desk is
unlocked and when it locks, whatever happened in between, so its time says neither. What was sent, and what belongs to a
case that has been erased, is no longer in it, and what it was written over is overwritten where it lay.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from desk.keep import files

# A letter has some 3,000 characters; about twenty of them.
DRAFTS_BYTES_MIN: Final = 65_536
_PERSON_KEY: Final = b"ks1-desk-drafts"

# By the case, and the page of it.
_Kept = dict[str, dict[str, dict[str, str]]]


@dataclass(slots=True, repr=False)
class Drafts:
    """The drafts of an unlocked desk."""

    path: Path
    _key: bytes
    _kept: _Kept = field(default_factory=dict)
    # The file was there and did not open; the drafts in it are lost.
    was_damaged: bool = False

    def of(self, case: str, page: str) -> Mapping[str, str]:
        """Return the fields of the draft for this page of the case; none when there is no draft."""
        return self._kept.get(case, {}).get(page, {})

    @property
    def cases(self) -> frozenset[str]:
        """The names of the cases that have a draft."""
        return frozenset(case for case, pages in self._kept.items() if pages)

    def pages(self, case: str) -> tuple[str, ...]:
        """Return on which pages of the case there is a draft."""
        return tuple(self._kept.get(case, ()))

    def keep(self, case: str, page: str, fields: Mapping[str, str]) -> None:
        """Keep a draft in the place of the one before. Raises OSError."""
        self._kept[case] = {**self._kept.get(case, {}), page: dict(fields)}
        self.write()

    def drop(self, case: str, page: str) -> None:
        """Forget a draft that was sent. Raises OSError."""
        if self._kept.get(case, {}).pop(page, None) is not None:
            self.write()

    def drop_erased(self, cases: Collection[str]) -> None:
        """Forget all drafts of these cases. Raises OSError."""
        gone = self._kept.keys() & set(cases)
        for case in gone:
            del self._kept[case]
        if gone:
            self.write()

    def write(self) -> None:
        """Put the drafts on the disk, in one step. Raises OSError."""
        plain = msgspec.json.encode(self._kept)
        size = DRAFTS_BYTES_MIN
        while size < len(plain):
            size *= 2
        files.replace(self.path, SecretBox(self._key).encrypt(plain.ljust(size)), overwrite=True)


def read_drafts(path: Path, sign_seed: bytes) -> Drafts:
    """Return the drafts in this file, under the member's key; none, and marked so, when they do not open."""
    key = blake2b(key=sign_seed, person=_PERSON_KEY, digest_size=SecretBox.KEY_SIZE).digest()
    drafts = Drafts(path, key)
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return drafts
    try:
        drafts._kept = msgspec.json.decode(SecretBox(key).decrypt(sealed), type=_Kept)  # noqa: SLF001 - its maker
    except (CryptoError, ValueError):
        files.set_aside(path)
        drafts.was_damaged = True
    return drafts
