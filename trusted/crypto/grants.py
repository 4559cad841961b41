"""
Grants: a case key sealed to one reader, and the blobs that look like one.

Contract (docs/FORMATS.md §5). A sealed box carries no context and no sender: it opens wherever it is put. So a grant
names inside what it is for, and `open_grant` takes these steps:

1. The box opens with our key, or it is not for us (NotARecipient: the ordinary case in a post box).
2. It is of a version that we know, and the recipient that it names is ourselves.
3. The commitment that it carries follows from its key, case id and epoch.

`check_grant` then compares it with the case that the server hands out. Every member gets one blob of one length for
every case that is filed; only who can open it knows whether it is a grant or a decoy.
"""

import struct
from dataclasses import dataclass

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.utils import random

from trusted.case.errors import NotARecipient, SealBroken
from trusted.crypto.case_keys import CaseKeys, commitment_of
from trusted.crypto.envelope import VERSION, same

_GRANT = struct.Struct(">B16sI32s32s16sI")
SEALED_BOX_BYTES = 48
GRANT_BYTES = _GRANT.size + SEALED_BOX_BYTES


@dataclass(frozen=True, slots=True, repr=False)
class Grant:
    """What a reader holds: the case key, but not the share."""

    case_id: bytes
    epoch: int
    key: bytes
    commitment: bytes
    roster_version: int


def make_grant(keys: CaseKeys, recipient_id: bytes, box_public: bytes, roster_version: int) -> bytes:
    """Return the case key sealed to one reader; raise SealBroken if the public key is none."""
    if not can_seal_to(box_public):
        raise SealBroken
    return SealedBox(PublicKey(box_public)).encrypt(grant_text(keys, recipient_id, roster_version))


def can_seal_to(box_public: bytes) -> bool:
    """Return whether libsodium seals to this: 32 bytes, and no point of small order (RFC 7748, section 6.1)."""
    try:
        return bool(SealedBox(PublicKey(box_public)).encrypt(b""))
    except (CryptoError, ValueError):
        return False


def grant_text(keys: CaseKeys, recipient_id: bytes, roster_version: int) -> bytes:
    """Return what stands inside a grant."""
    return _GRANT.pack(VERSION, keys.case_id, keys.epoch, keys.key, keys.commitment, recipient_id, roster_version)


def decoy_grant() -> bytes:
    """Return what looks like a grant: random bytes sealed to a key that nobody has.

    Bare random bytes would not do. A sealed box starts with a point of the curve, and only half of all byte strings are
    one, so every second decoy would give itself away.
    """
    nobody = PrivateKey.generate().public_key
    return bytes(SealedBox(nobody).encrypt(random(_GRANT.size)))


def open_grant(untrusted_blob: bytes, own_id: bytes, box_private: bytes) -> Grant:
    """Return the grant in a blob; raise NotARecipient if it is not for us, SealBroken if it is and does not hold."""
    if len(untrusted_blob) != GRANT_BYTES:
        raise SealBroken
    try:
        plain = SealedBox(PrivateKey(box_private)).decrypt(untrusted_blob)
    except CryptoError:
        raise NotARecipient from None
    version, case_id, epoch, key, commitment, recipient, roster_version = _GRANT.unpack(plain)
    if version != VERSION or not same(recipient, own_id):
        raise SealBroken
    if not same(commitment, commitment_of(case_id, epoch, key)):
        raise SealBroken
    return Grant(case_id, epoch, key, commitment, roster_version)


def check_grant(grant: Grant, case_id: bytes, epoch: int, commitment: bytes) -> None:
    """Return if the case that was handed out is the one of the grant; raise SealBroken otherwise."""
    if not same(grant.case_id, case_id) or grant.epoch != epoch or not same(grant.commitment, commitment):
        raise SealBroken


def case_keys(grant: Grant, share: bytes) -> CaseKeys:
    """Return the keys of the case, once the server has handed out the share."""
    return CaseKeys(grant.case_id, grant.epoch, grant.key, share)
