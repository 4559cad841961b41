"""Onion keys and client keys, made here and not by tor, so that addresses are known before any tor runs.

Promises
  1. `new_onion_key` makes a v3 key exactly as tor does: SHA-512 of a random 32-byte seed, clamped (RFC 8032 §5.1.5).
  2. `write_onion_key` writes tor's own file format (hs_ed25519_secret_key), mode 0600, flushed to the disk, and never
     over a file that is there: a lost key is a lost address.
  3. Addresses are made and checked in `onion.address`.
  4. Client keys are x25519 pairs in tor's base32; a server needs `ClientAuthKey.public` only.

No repr shows a key.
"""

import base64
import binascii
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from nacl import bindings
from nacl.exceptions import CryptoError

from onion.address import PUBLIC_BYTES, address_from_public, public_from_address
from onion.errors import BadKey, KeyExists

EXPANDED_BYTES = 64  # a clamped scalar and the 32-byte prefix for nonces
X25519_BYTES = 32
FILE_HEADER = b"== ed25519v1-secret: type0 ==\x00\x00\x00"  # 32 bytes, tor's own mark of the format
KEY_FILE_MODE = 0o600


@dataclass(frozen=True, slots=True, repr=False)
class OnionKey:
    """The secret half of an onion address, in the expanded form tor takes."""

    expanded: bytes
    public_key: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Raise BadKey unless `expanded` is a clamped 64-byte secret."""
        scalar = self.expanded[:32]
        if len(self.expanded) != EXPANDED_BYTES or scalar != _clamped(scalar):
            raise BadKey
        try:
            # "noclamp" because the scalar is clamped already; tor computes the public half the same way.
            public_key = bindings.crypto_scalarmult_ed25519_base_noclamp(scalar)
        except CryptoError as error:
            raise BadKey from error
        object.__setattr__(self, "public_key", public_key)

    @property
    def address(self) -> str:
        """Its 56 characters, without ".onion"."""
        return address_from_public(self.public_key)

    def key_content(self) -> str:
        """Return what ADD_ONION takes after "ED25519-V3:"."""
        return base64.b64encode(self.expanded).decode()


def new_onion_key() -> OnionKey:
    """Return a fresh key from the system's random source."""
    expanded = hashlib.sha512(secrets.token_bytes(32)).digest()
    return OnionKey(_clamped(expanded[:32]) + expanded[32:])


def write_onion_key(path: Path, key: OnionKey) -> None:
    """Write tor's file format, private to the account and flushed to the disk; raises KeyExists, never overwrites."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    except FileExistsError:
        raise KeyExists from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(FILE_HEADER + key.expanded)
        file.flush()
        os.fsync(file.fileno())
    # The name of a new file is flushed with its folder only: without this a power cut can lose the key.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_onion_key(path: Path) -> OnionKey:
    """Return the key in a file of tor's format; raises BadKey for any other content."""
    content = path.read_bytes()
    if len(content) != len(FILE_HEADER) + EXPANDED_BYTES or not content.startswith(FILE_HEADER):
        raise BadKey
    return OnionKey(content[len(FILE_HEADER) :])


@dataclass(frozen=True, slots=True, repr=False)
class ClientAuthKey:
    """An x25519 pair that opens an onion for members; both halves in tor's base32 (52 characters, no padding)."""

    private: str
    public: str = field(init=False)

    def __post_init__(self) -> None:
        """Raise BadKey unless `private` is the base32 of 32 bytes."""
        public = bindings.crypto_scalarmult_base(_x25519_bytes(self.private))
        object.__setattr__(self, "public", _base32(public))

    def private_base64(self) -> str:
        """Return the form ONION_CLIENT_AUTH_ADD takes."""
        return base64.b64encode(_x25519_bytes(self.private)).decode()

    def auth_private_line(self, address: str) -> str:
        """Return the content of a `*.auth_private` file in tor's ClientOnionAuthDir; raises BadAddress."""
        public_from_address(address)
        return f"{address.removesuffix('.onion')}:descriptor:x25519:{self.private}\n"


def client_public_key(untrusted_public: str) -> str:
    """Return a client's public key in tor's own spelling; raises BadKey if it is none."""
    return _base32(_x25519_bytes(untrusted_public))


def _x25519_bytes(untrusted: str) -> bytes:
    """Decode the 32 bytes of a key in tor's base32; raises BadKey."""
    try:
        # 52 characters stand for 32 bytes; base64.b32decode wants the padding tor leaves out.
        decoded = base64.b32decode(untrusted.upper() + "====")
    except (binascii.Error, ValueError):
        raise BadKey from None
    if len(decoded) != X25519_BYTES:
        raise BadKey
    return decoded


def _base32(value: bytes) -> str:
    return base64.b32encode(value).decode().rstrip("=")


def _clamped(scalar: bytes) -> bytes:
    if len(scalar) != PUBLIC_BYTES:
        raise BadKey
    return bytes([scalar[0] & 0xF8]) + scalar[1:31] + bytes([scalar[31] & 0x3F | 0x40])
