"""The last test report that this desk has filed, as far as it is remembered: sealed, and without its text."""

from datetime import date
from hashlib import blake2b

import msgspec

_PERSON = b"ks1-desk-probe"


class KeptProbe(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is needed to know the report again, and what was wrong on the way in."""

    text_hash: bytes
    filed_on: date
    # The day of its release, by the rule that all reports follow.
    release_on: date
    # Text keys of what was wrong with the pages.
    faults: tuple[str, ...] = ()
    # Once it has come.
    case_id: bytes = b""
    by_mirror: bool = False

    def __repr__(self) -> str:
        return "<KeptProbe>"


def hash_of(text: str) -> bytes:
    """Return by what a text is known again: as the service takes it, with the line breaks of this system."""
    return blake2b(text.replace("\r\n", "\n").strip().encode(), digest_size=16, person=_PERSON).digest()
