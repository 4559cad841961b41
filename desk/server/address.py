"""The server's address, which is also its public key: who knows the one has the other and need trust nobody for it.

The 56 characters of a v3 onion address are the Ed25519 public key, two bytes of checksum and the version, in base32
(Tor's rend-spec-v3). The desk's requests and statements name this key, so that they are of no use at another server.
"""

import base64
import binascii
import hashlib
import re

from desk.errors import MisprintedAddress

ADDRESS_CHARACTERS = 56
KEY_BYTES = 32
_VERSION = b"\x03"
_CHECKSUM_BYTES = 2
_SCHEME = re.compile(r"^https?://")


def tidy_address(untrusted_address: str) -> str:
    """Return the 56 characters, without ".onion" and what a browser puts around it. Raises MisprintedAddress.

    Both addresses look alike, and nothing in them says which is which: that shows with the first answer
    (`desk.server.client`).
    """
    address = _SCHEME.sub("", untrusted_address.strip().lower()).removesuffix("/").removesuffix(".onion")
    server_key_of(address)
    return address


def server_key_of(address: str) -> bytes:
    """Return the server's public key. Raises MisprintedAddress unless checksum and version are right."""
    try:
        decoded = base64.b32decode(address.upper())
    except (binascii.Error, ValueError):
        raise MisprintedAddress from None
    key, rest = decoded[:KEY_BYTES], decoded[KEY_BYTES:]
    checksum = hashlib.sha3_256(b".onion checksum" + key + _VERSION).digest()[:_CHECKSUM_BYTES]
    if len(address) != ADDRESS_CHARACTERS or rest != checksum + _VERSION:
        raise MisprintedAddress
    return key
