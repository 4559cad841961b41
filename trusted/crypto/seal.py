"""
The front of everything that is sealed: this is what intake, desk and store import.

A case key is made (case_keys.py), given to its readers in grants (grants.py), and every item of the case is sealed
under it in a versioned envelope (envelope.py): entries in signed streams (streams.py), files in chunks
(sealed_files.py). `docs/FORMATS.md` has each byte; `tests/vectors/` has what must open and what must not.

A member who leaves a case, or a case that passes to counsel, makes a new epoch: new case key, new share, and `rekey`
wraps each item key under the new case key. Bodies stay where they are. What the leaving member has read cannot be
taken back.
"""

from collections.abc import Sequence

from trusted.case.entry import ItemKind
from trusted.case.errors import SealBroken
from trusted.crypto.case_keys import CaseKeys, fetch_mac, new_case_keys, next_epoch, open_header, seal_header
from trusted.crypto.envelope import Sealed, read_header
from trusted.crypto.grants import GRANT_BYTES, Grant, case_keys, check_grant, decoy_grant, make_grant, open_grant
from trusted.crypto.sealed_files import SealedFile, new_file_number, open_file, seal_file, seal_preview
from trusted.crypto.streams import (
    EMPTY_HEAD,
    NOTHING_BEFORE,
    Authorship,
    Head,
    append,
    make_head,
    open_stream,
    seal_entry,
)

__all__ = [
    "EMPTY_HEAD",
    "GRANT_BYTES",
    "NOTHING_BEFORE",
    "Authorship",
    "CaseKeys",
    "Grant",
    "Head",
    "ItemKind",
    "Sealed",
    "SealedFile",
    "append",
    "case_keys",
    "check_grant",
    "decoy_grant",
    "fetch_mac",
    "make_grant",
    "make_head",
    "new_case_keys",
    "new_file_number",
    "next_epoch",
    "open_file",
    "open_grant",
    "open_stream",
    "rekey",
    "seal_entry",
    "seal_file",
    "seal_preview",
]


def rekey(old: CaseKeys, new: CaseKeys, headers: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the same headers with their item keys wrapped under `new`; raise SealBroken if one is not of `old`.

    Headers of NOTES are rekeyed by themselves, with `for_notes` keys on both sides. The caller makes the new heads.
    """
    if new.case_id != old.case_id or new.epoch <= old.epoch:
        raise SealBroken
    rewrapped = []
    for untrusted in headers:
        header = read_header(untrusted)
        item_key, _ = open_header(old, header.place, untrusted)
        rewrapped.append(seal_header(new, header.place, item_key, header.sealed_epoch))
    return tuple(rewrapped)
