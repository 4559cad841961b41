"""
Statements: what a member signs so that the server, which can read nothing, may act on a case.

Contract (docs/FORMATS.md §9). A statement names its kind, case, member, day and server inside the signed bytes, so
none can be used for another case, at another server or as another act. `read_statement` returns it or raises
SealBroken: for a signature that does not verify, for a member who is not in the roster, for another server. That the
case is closed, the time is up and two members agree is decided by the store; `agreement` is the rule of who two are.

A tombstone is the two statements by which a case was erased: the proof that is left.

A statement names a member beside a case, which nothing at rest may do. So the server keeps it sealed (`seal_statement`)
under a key that follows from the case key: the member hands it over with the statement, the server uses it and forgets
it. Another member's statement brings the same key, and then the first can be read again.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Protocol

import msgspec

from trusted.case.entry import Hex16, Hex32
from trusted.case.errors import SealBroken
from trusted.crypto.envelope import aead_open, aead_seal, pad_entry, unpad_entry
from trusted.crypto.signing import SIGNATURE_BYTES, sign, verify_signature
from trusted.roster.text import Roster

# The number of a disposal decision, or of the case in the register of the municipality.
REFERENCE_CHARACTERS = 200
SIGNERS = 2
_SEALED = b"ks1-statement"


class Act(StrEnum):
    """What a statement asks the server to do."""

    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "hold"
    RELEASE_HOLD = "release-hold"
    ERASE = "erase"
    # Takes back the member's own signature under an erasure, while it waits for the second.
    WITHDRAW_ERASE = "withdraw-erase"
    # Its reference is the hash of the re-keying (rekeying.py); it comes with it and never by itself.
    REKEY = "rekey"


@dataclass(frozen=True, slots=True)
class Statement:
    """One verified statement."""

    kind: Act
    case_id: bytes
    member: str
    day: date
    reference: str
    erase_by: date | None
    server: bytes


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of an erased case: who erased it, when, and by which decision."""

    case_id: bytes
    statements: tuple[Statement, ...]

    @property
    def reference(self) -> str:
        """The disposal reference."""
        return self.statements[0].reference

    @property
    def day(self) -> date:
        """The day of the last signature."""
        return max(statement.day for statement in self.statements)


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signed JSON."""

    statement: Act
    case: Hex16
    member: Hex16
    day: date
    reference: Annotated[str, msgspec.Meta(max_length=REFERENCE_CHARACTERS)]
    erase_by: date | None
    server: Hex32


_decoder = msgspec.json.Decoder(_Signed)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a member is to sign; who she is follows from the keys that sign it."""

    kind: Act | str
    case_id: bytes
    day: date
    server: bytes
    reference: str = ""
    erase_by: date | None = None


class Signer(Protocol):
    """The keys of the member who signs."""

    @property
    def id(self) -> str: ...
    @property
    def sign_seed(self) -> bytes: ...


def sign_statement(keys: Signer, stated: Unsigned) -> bytes:
    """Return the signed statement as one blob: signature, then JSON. A ValueError if its kind is none of the acts."""
    case, server = stated.case_id.hex(), stated.server.hex()
    signed = _Signed(Act(stated.kind), case, keys.id, stated.day, stated.reference, stated.erase_by, server)
    as_bytes = msgspec.json.encode(signed)
    _decoder.decode(as_bytes)
    return sign(keys.sign_seed, "ks1-statement", as_bytes) + as_bytes


def read_statement(untrusted_blob: bytes, roster: Roster, server_key: bytes) -> Statement:
    """Return what a member of this roster has stated to this server; raise SealBroken."""
    signature, as_bytes = untrusted_blob[:SIGNATURE_BYTES], untrusted_blob[SIGNATURE_BYTES:]
    try:
        read = _decoder.decode(as_bytes)
    except (msgspec.MsgspecError, ValueError):
        raise SealBroken from None
    member = roster.member(read.member)
    if member is None or bytes.fromhex(read.server) != server_key:
        raise SealBroken
    verify_signature(member.sign, "ks1-statement", as_bytes, signature)
    return Statement(
        kind=read.statement,
        case_id=bytes.fromhex(read.case),
        member=read.member,
        day=read.day,
        reference=read.reference,
        erase_by=read.erase_by,
        server=server_key,
    )


def seal_statement(key: bytes, case_id: bytes, blob: bytes) -> bytes:
    """Return the statement as it rests: sealed, and of one size for every text."""
    return aead_seal(key, pad_entry(blob), _SEALED + case_id)


def open_statement(key: bytes, case_id: bytes, untrusted_sealed: bytes) -> bytes:
    """Return the statement that was sealed under this key for this case; raise SealBroken."""
    return unpad_entry(aead_open(key, untrusted_sealed, _SEALED + case_id))


def enough_to_sign(members: Collection[str], roster: Roster) -> bool:
    """Return whether these ids are of two members, or of one and counsel. Two counsel are not enough."""
    known = set(members) & {member.id for member in roster.members}
    return len(known) >= SIGNERS and bool(known & {member.id for member in roster.readers})


def agreement(statements: tuple[Statement, ...]) -> bool:
    """Return whether these statements are two members agreeing to the same act on the same case.

    Two counsel do: a case that nobody of the group may read has no other two, and the server cannot tell which case is
    one (docs/decisions/cases/0066). Of every other case the desks ask `enough_to_sign`.
    """
    acts = {(statement.kind, statement.case_id, statement.server) for statement in statements}
    return len(acts) == 1 and len({statement.member for statement in statements}) >= SIGNERS


def verify_tombstone(untrusted_blobs: tuple[bytes, ...], roster: Roster, server_key: bytes) -> Tombstone:
    """Return the proof that a case was erased by agreement; raise SealBroken.

    `roster` is the one that was in force on the day: who has left since has not unsigned anything.
    """
    statements = tuple(read_statement(blob, roster, server_key) for blob in untrusted_blobs)
    if not agreement(statements):
        raise SealBroken
    first = statements[0]
    if first.kind is not Act.ERASE or any(other.reference != first.reference for other in statements):
        raise SealBroken
    return Tombstone(first.case_id, statements)
