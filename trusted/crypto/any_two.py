"""
Something sealed to several members so that any two of them open it together, and one alone learns nothing.

Contract (docs/FORMATS.md §11). The bytes are encrypted under a random key. For each pair of members the key is split
into two random shares whose XOR it is, and each share is sealed to one of the two. A share names inside what it is for
and to whom it was sealed, because a sealed box opens wherever it is put:

1. `seal_to_any_two` makes the box and the shares.
2. `hand_on` opens the shares of one member, on that member's computer, and seals them to the one who asks.
3. `open_with_two` takes what two members handed on. SealBroken for everything that does not fit.

Pairs and not a polynomial: with five members there are ten pairs of 130 bytes each, and the whole is XOR.
"""

import itertools
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox
from nacl.utils import random

from trusted.case.errors import SealBroken
from trusted.crypto.envelope import KEY_BYTES, blake, same

_SHARE = struct.Struct(">32s16s32s")
LEAST_HOLDERS = 2


@dataclass(frozen=True, slots=True)
class Holder:
    """A member to whom a share is sealed."""

    id: bytes
    box_public: bytes


class PairOfShares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pair of members, and the share of each; together the two shares are the key."""

    members: tuple[bytes, bytes]
    sealed: tuple[bytes, bytes]


class SealedToAnyTwo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The encrypted bytes and the shares of their key."""

    pairs: tuple[PairOfShares, ...]
    box: bytes


# What one member hands on: by the number of the pair, her share sealed to who asked.
HandedOn = Mapping[int, bytes]


def seal_to_any_two(plain: bytes, use: bytes, holders: Sequence[Holder]) -> SealedToAnyTwo:
    """Encrypt `plain` for a use that is named; raise SealBroken for fewer than two members or a key that is none."""
    if len({holder.id for holder in holders}) < LEAST_HOLDERS or len({one.box_public for one in holders}) < len(
        holders
    ):
        raise SealBroken
    key = random(KEY_BYTES)
    pairs = []
    for one, other in itertools.combinations(holders, 2):
        share = random(KEY_BYTES)
        pairs.append(
            PairOfShares(
                (one.id, other.id),
                (_seal_share(share, use, one), _seal_share(_xor(share, key), use, other)),
            )
        )
    return SealedToAnyTwo(tuple(pairs), bytes(SecretBox(key).encrypt(plain)))


def hand_on(
    pairs: Sequence[PairOfShares], use: bytes, own_id: bytes, box_private: bytes, asking_public: bytes
) -> dict[int, bytes]:
    """Return this member's shares, sealed to the key that asks; none for no holder. Raises SealBroken."""
    handed: dict[int, bytes] = {}
    for number, pair in enumerate(pairs):
        for member, sealed in zip(pair.members, pair.sealed, strict=True):
            if same(member, own_id):
                share = _open_share(sealed, use, own_id, box_private)
                handed[number] = _seal_share(share, use, Holder(own_id, asking_public))
    return handed


def open_with_two(
    sealed: SealedToAnyTwo, use: bytes, answers: Mapping[bytes, HandedOn], asking_private: bytes
) -> bytes:
    """Return the plain bytes, from what two members (by id) handed on to this key; raise SealBroken."""
    for number, pair in enumerate(sealed.pairs):
        handed = [answers[member][number] for member in pair.members if number in answers.get(member, {})]
        if len(handed) == LEAST_HOLDERS:
            shares = [
                _open_share(share, use, member, asking_private)
                for member, share in zip(pair.members, handed, strict=True)
            ]
            try:
                return SecretBox(_xor(*shares)).decrypt(sealed.box)
            except (CryptoError, ValueError):
                raise SealBroken from None
    raise SealBroken


def _seal_share(share: bytes, use: bytes, holder: Holder) -> bytes:
    try:
        return SealedBox(PublicKey(holder.box_public)).encrypt(_SHARE.pack(_use(use), holder.id, share))
    except (CryptoError, ValueError):
        raise SealBroken from None


def _open_share(untrusted: bytes, use: bytes, member: bytes, box_private: bytes) -> bytes:
    try:
        named, holder, share = _SHARE.unpack(SealedBox(PrivateKey(box_private)).decrypt(untrusted))
    except (CryptoError, ValueError, struct.error):
        raise SealBroken from None
    if not same(named, _use(use)) or not same(holder, member):
        raise SealBroken
    return bytes(share)


def _use(use: bytes) -> bytes:
    return blake(32, "ks1-any-two", use)


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(left ^ right for left, right in zip(one, other, strict=True))
