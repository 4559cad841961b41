"""
The exchange by which a desk learns what is new in all of its cases: every round has one size, in both directions.

Contract (docs/FORMATS.md §9, docs/decisions/desk/0030). A request has `ASKED` places; where a desk has fewer cases the
rest are random bytes, which the server answers as it answers an erased case. Each place holds a hash of the answer that
the desk has; only another one is sent. An answer is filled up to `ROUND_BYTES`. What finds no room in it waits for the
next round; a case that fits in no round at all is asked for by itself.
"""

import secrets
from hashlib import blake2b
from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from cases.wire.messages import CaseAnswer, Hash, Id, Wire

# Nobody has so many cases: a municipality gets some ten a year, and each is gone two years after it was closed.
ASKED: Final = 128
# Over Tor some seconds; a day's news of every case, and the first fetching of about twenty.
ROUND_BYTES: Final = 2**18
# What an answer holds beside the cases: the states of all places.
_STATES_BYTES: Final = 2**13
CASE_BYTES_MAX: Final = ROUND_BYTES - _STATES_BYTES
_MARK_BYTES: Final = 16

Mark: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=_MARK_BYTES, max_length=_MARK_BYTES)]
# same: the desk has it. gone: nothing that this key opens. later: no room was left. large: no round has room.
Found: TypeAlias = Literal["new", "same", "gone", "later", "large"]


class Asked(Wire, frozen=True):
    """One place: the proof for a case, and a hash of what the desk has of it."""

    case_id: Id
    mac: Hash
    has: Mark


class SyncRequest(Wire, frozen=True):
    """Verb `sync`."""

    asked: Annotated[tuple[Asked, ...], msgspec.Meta(min_length=ASKED, max_length=ASKED)]


class SyncAnswer(Wire, frozen=True):
    """The answer to `sync`: what was found for each place, and the cases that are new, in the same order."""

    found: Annotated[tuple[Found, ...], msgspec.Meta(min_length=ASKED, max_length=ASKED)]
    cases: Annotated[tuple[CaseAnswer, ...], msgspec.Meta(max_length=ASKED)]


def filler() -> Asked:
    """Return a place that asks for nothing."""
    return Asked(secrets.token_bytes(16), secrets.token_bytes(32), NOTHING)


def mark_of(answer: CaseAnswer) -> bytes:
    """Return the hash by which both ends tell whether they have the same answer."""
    return mark_of_encoded(msgspec.json.encode(answer))


def mark_of_encoded(encoded: bytes) -> bytes:
    """Return the hash of an answer that is encoded already."""
    return blake2b(encoded, digest_size=_MARK_BYTES, person=b"ks1-sync").digest()


# What a desk shows that has nothing of a case.
NOTHING: Final = bytes(_MARK_BYTES)
