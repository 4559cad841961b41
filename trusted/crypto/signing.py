"""
Ed25519 signatures, each over a text that names its use, and the id that belongs to a pair of public keys.

The prefix (`ks1-entry`, `ks1-roster` …) keeps a signature made for one purpose from being shown as another.
"""

from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from trusted.case.errors import SealBroken
from trusted.crypto.envelope import blake

SIGNATURE_BYTES = 64
ID_BYTES = 16


def id_of(sign_public: bytes, box_public: bytes) -> bytes:
    """Return the id of the member, or the reporter, who has these public keys."""
    return blake(ID_BYTES, "ks1-member", sign_public + box_public)


def sign_public_of(sign_seed: bytes) -> bytes:
    """Return the public half of a signing seed."""
    return bytes(SigningKey(sign_seed).verify_key)


def sign(sign_seed: bytes, use: str, message: bytes) -> bytes:
    """Return the 64 bytes of a signature over `use | message`."""
    return SigningKey(sign_seed).sign(use.encode() + message).signature


def verify_signature(sign_public: bytes, use: str, message: bytes, untrusted_signature: bytes) -> None:
    """Return if the signature is by this key and for this use; raise SealBroken otherwise."""
    if len(untrusted_signature) != SIGNATURE_BYTES:
        raise SealBroken
    try:
        VerifyKey(sign_public).verify(use.encode() + message, untrusted_signature)
    except (CryptoError, ValueError):
        raise SealBroken from None
