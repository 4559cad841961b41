"""An onion's address and the public key in it, with the standard library alone: the mirror's host has nothing else.

`public_from_address` checks length, alphabet, version and checksum (rend-spec-v3, section 6).
"""

import base64
import binascii
import hashlib

from onion.errors import BadAddress, BadKey

ADDRESS_CHARACTERS = 56  # base32 of 32 + 2 + 1 bytes, without ".onion"
PUBLIC_BYTES = 32
ONION_VERSION = b"\x03"
CHECKSUM_PREFIX = b".onion checksum"


def address_from_public(public_key: bytes) -> str:
    """Return the 56 characters that stand for a 32-byte public key."""
    if len(public_key) != PUBLIC_BYTES:
        raise BadKey
    return base64.b32encode(public_key + _checksum(public_key) + ONION_VERSION).decode().lower()


def public_from_address(untrusted_address: str) -> bytes:
    """Return the public key in an address, with or without ".onion"; raises BadAddress if it is not whole."""
    untrusted = untrusted_address.strip().lower().removesuffix(".onion")
    if len(untrusted) != ADDRESS_CHARACTERS:
        raise BadAddress
    try:
        decoded = base64.b32decode(untrusted.upper())
    except (binascii.Error, ValueError):
        raise BadAddress from None
    public_key, checksum, version = decoded[:32], decoded[32:34], decoded[34:]
    if version != ONION_VERSION or checksum != _checksum(public_key):
        raise BadAddress
    return public_key


def _checksum(public_key: bytes) -> bytes:
    return hashlib.sha3_256(CHECKSUM_PREFIX + public_key + ONION_VERSION).digest()[:2]
