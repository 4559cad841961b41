"""
The sealed item: a versioned header in front of a body, and what binds the two to one place in one case.

Contract (docs/FORMATS.md §2 and §3). Opening takes these steps, in this order:

1. The header is of a version, a length and an item kind that we know.
2. Its commitment is that of our case key, compared in constant time before anything is decrypted. XChaCha20-Poly1305
   does not commit to its key: without this step two members could hold different keys for "one" case and read
   different texts.
3. Epoch, stream, number and item kind are those of the place where the item was found.
4. The item key unwraps under the associated data of that place in the current epoch.
5. The body opens under the associated data of the epoch in which it was sealed.

Re-keying repeats steps 1 to 4 with the old keys and wraps the item key under the new ones; no body moves.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError
from nacl.utils import random

from trusted.case.entry import ItemKind, Stream
from trusted.case.errors import SealBroken

VERSION = 1
KEY_BYTES = 32
NONCE_BYTES = 24
TAG_BYTES = 16
# Entries are padded to whole blocks of this size, so that a short answer and a long one look alike.
ENTRY_BLOCK = 4_096
_PAD_MARK = b"\x80"

_AD = struct.Struct(">B16sIBIB")
_HEADER = struct.Struct(">B32sIIBIB24s48s")
HEADER_BYTES = _HEADER.size


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """One sealed entry as it rests in the store: ciphertext and its header."""

    header: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item stands: all of it goes into the associated data."""

    stream: Stream
    number: int
    item_kind: ItemKind


@dataclass(frozen=True, slots=True, repr=False)
class Header:
    """The fields of a header that has passed steps 1 to 3."""

    commitment: bytes
    epoch: int
    sealed_epoch: int
    place: Place
    nonce: bytes
    wrapped: bytes


def blake(size: int, person: str, data: bytes = b"", *, key: bytes = b"", salt: bytes = b"") -> bytes:
    """Return BLAKE2b of `size` bytes; `person` keeps the uses of one key apart."""
    return hashlib.blake2b(data, digest_size=size, key=key, salt=salt, person=person.encode()).digest()


def u32(number: int) -> bytes:
    """Return four bytes, big-endian."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """Return eight bytes, big-endian."""
    return number.to_bytes(8, "big")


def same(one: bytes, other: bytes) -> bool:
    """Compare in a time that does not depend on where the two differ."""
    return hmac.compare_digest(one, other)


def associated_data(case_id: bytes, epoch: int, place: Place) -> bytes:
    """Return the 27 bytes that bind an item to its place."""
    return _AD.pack(VERSION, case_id, epoch, place.stream, place.number, place.item_kind)


def aead_seal(key: bytes, plain: bytes, ad: bytes) -> bytes:
    """Return `nonce | ciphertext`."""
    nonce = random(NONCE_BYTES)
    return nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(plain, ad, nonce, key)


def aead_open(key: bytes, nonce_and_ciphertext: bytes, ad: bytes) -> bytes:
    """Return the plaintext, or raise SealBroken."""
    nonce, ciphertext = nonce_and_ciphertext[:NONCE_BYTES], nonce_and_ciphertext[NONCE_BYTES:]
    if len(ciphertext) < TAG_BYTES:
        raise SealBroken
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, ad, nonce, key)
    except CryptoError:
        # "from None": the library's exception is of no use to a reader, and its frames hold the key.
        raise SealBroken from None


def pad_entry(plain: bytes) -> bytes:
    """Append the mark and zeros up to a whole number of blocks."""
    marked = plain + _PAD_MARK
    return marked + bytes(-len(marked) % ENTRY_BLOCK)


def unpad_entry(padded: bytes) -> bytes:
    """Return what was padded, or raise SealBroken."""
    plain = padded.rstrip(b"\0")
    if not plain.endswith(_PAD_MARK) or len(padded) % ENTRY_BLOCK or len(padded) - len(plain) >= ENTRY_BLOCK:
        raise SealBroken
    return plain[:-1]


def pack_header(header: Header) -> bytes:
    """Return the 119 bytes of a header."""
    place = header.place
    return _HEADER.pack(
        VERSION,
        header.commitment,
        header.epoch,
        header.sealed_epoch,
        place.stream,
        place.number,
        place.item_kind,
        header.nonce,
        header.wrapped,
    )


def read_header(untrusted: bytes) -> Header:
    """Take step 1: return the fields of a header whose version, length and kinds we know; raise SealBroken."""
    if len(untrusted) != HEADER_BYTES:
        raise SealBroken
    version, commitment, epoch, sealed_epoch, stream, number, kind, nonce, wrapped = _HEADER.unpack(untrusted)
    try:
        place = Place(Stream(stream), number, ItemKind(kind))
    except ValueError:
        raise SealBroken from None
    if version != VERSION or sealed_epoch > epoch:
        raise SealBroken
    return Header(commitment, epoch, sealed_epoch, place, nonce, wrapped)
