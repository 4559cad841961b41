"""
What goes into the store and what comes out of it. Ciphertext and days, no plaintext and no data key D.

`CaseKeys` in a Filing are the one exception: filing needs the share, the commitment and the access key of a new case.
The store writes the share to its slot, the other two to the case's row, and keeps no reference to the case key. A
filing that a desk made comes without one, as `KeptKeys`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from trusted.case.statements import Statement
from trusted.crypto.case_keys import CaseKeys
from trusted.crypto.envelope import Sealed
from trusted.crypto.seal import Head

GRANT_BYTES = 153

# waiting: filed and not released yet. A case that is being erased is nowhere to be seen.
State = Literal["waiting", "open", "closed"]


@dataclass(frozen=True, slots=True, repr=False)
class KeptKeys:
    """What the store keeps of the keys of a new case, where the case key itself never came here."""

    case_id: bytes
    epoch: int
    commitment: bytes
    access_key: bytes
    share: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Filing:
    """A new case, ready to be kept."""

    keys: CaseKeys | KeptKeys
    lookup_id: bytes
    reporter_grant: bytes
    entries: tuple[Sealed, ...]
    head: Head
    # For every member of the roster: a grant, or a decoy of the same size.
    grants: Mapping[bytes, bytes]
    # Staged files, in the order of the case.
    file_ids: tuple[bytes, ...]
    release_on: date
    at_once: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class ReporterEntries:
    """What a reporter adds to a case: entries after the `expected_count` that are there, and their head."""

    case_id: bytes
    expected_count: int
    entries: Sequence[Sealed]
    head: Head
    # Staged files that the entries name.
    file_ids: Iterable[bytes] = ()
    # May be left out when something of the case waits already, or `at_once` is set.
    release_on: date | None = None
    at_once: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Replacement:
    """The unreleased end of the reporter's stream, written again after the first `keep_count` entries."""

    case_id: bytes
    expected_count: int
    keep_count: int
    entries: Sequence[Sealed]
    head: Head
    drop_files: Iterable[bytes] = ()


@dataclass(frozen=True, slots=True, repr=False)
class CaseProof:
    """By what a desk reaches a case: a MAC under the case's access key, over the verb and the request's counter."""

    case_id: bytes
    mac: bytes
    counter: int


@dataclass(frozen=True, slots=True, repr=False)
class MemberEntries:
    """What a member adds to a case: entries after the `expected_count` that are there, and their head."""

    proof: CaseProof
    expected_count: int
    entries: Sequence[Sealed]
    head: Head


@dataclass(frozen=True, slots=True, repr=False)
class SignedStatement:
    """A verified statement, as it was signed and as it reads, and the key under which it rests."""

    blob: bytes
    read: Statement
    # From the case key: under it statements rest, so that no row names a member beside a case.
    seal_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Rekeying:
    """A new epoch of a case, made by a desk. Headers carry their own places, so their order does not matter."""

    epoch: int
    commitment: bytes
    access_key: bytes
    share: bytes
    reporter_grant: bytes
    headers: Sequence[bytes]
    heads: Mapping[int, Head]
    # For every member: a grant, or a decoy of the same size. They reach the boxes at the next daily release.
    grants: Mapping[bytes, bytes]
    notes_grants: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class ReporterRow:
    """What a reporter's receipt finds."""

    case_id: bytes
    epoch: int
    commitment: bytes
    share: bytes
    reporter_grant: bytes
    released: bool
    state: State
    release_day: date


@dataclass(frozen=True, slots=True, repr=False)
class StreamRows:
    """One stream as its reader may see it; `released_count` of its entries are visible to members."""

    sealed: tuple[Sealed, ...]
    head: Head
    released_count: int


@dataclass(frozen=True, slots=True, repr=False)
class FileRow:
    """A sealed file without its chunks."""

    file_id: bytes
    number: int
    item_kind: int
    header: bytes
    sealed_size: int
    released: bool


@dataclass(frozen=True, slots=True, repr=False)
class CaseRows:
    """A case as its reader may see it. A stream without entries is not in `streams`."""

    case_id: bytes
    epoch: int
    commitment: bytes
    share: bytes
    streams: Mapping[int, StreamRows]
    notes_grants: tuple[bytes, ...]
    files: tuple[FileRow, ...]
    state: State
    release_day: date
    erase_by: date | None
    # Erase statements that wait for their second signature, sealed.
    statements: tuple[bytes, ...] = ()
    hold: bool = False
    closed_day: date | None = None
    # Set when the server has announced that the two-year cap will erase the case.
    notice_day: date | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Batch:
    """What one release put into one box."""

    number: int
    items: tuple[bytes, ...] = field(default=())


@dataclass(frozen=True, slots=True, repr=False)
class TombstoneRow:
    """What is left of an erased case."""

    case_id: bytes
    statements: tuple[bytes, ...]
