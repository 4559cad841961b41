"""
A member's keys, the file that holds them, and the public join file that introduces a member.

Contract (docs/FORMATS.md §8). The three private keys (signing, opening grants, tor's client authorisation) are made on
the member's own computer and leave it never. At rest they are one JSON file, sealed under a passphrase through
Argon2id. The join file is TOML that a person can read aloud; it is signed, so that name, role, label and keys belong
together, and it says nothing secret. Who is who is settled by people, who compare the roster's fingerprint by voice.
"""

import base64
import json
import unicodedata
from dataclasses import dataclass, replace
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from nacl.bindings import crypto_scalarmult_base
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox
from nacl.utils import random

from trusted.case.errors import KeyFileDamaged, RosterFault, SealBroken, WrongPassphrase
from trusted.crypto.envelope import blake
from trusted.crypto.signing import id_of, sign, sign_public_of, verify_signature
from trusted.roster.text import Line, Member, OnionKey, Role

JOIN_FORMAT: Final = "kallskydd-join-1"
KEY_FORMAT: Final = "kallskydd-member-1"
Key32: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


@dataclass(frozen=True, slots=True)
class PassphraseCost:
    """What one guess at a passphrase costs."""

    ops: int
    memory_bytes: int


# libsodium's "moderate": about one second and 256 MiB on two cores. A passphrase is far weaker than 90 random bits, and
# a member opens the file a few times a day.
MODERATE = PassphraseCost(ops=3, memory_bytes=256 * 2**20)
# A key file is the member's own, but a file that was swapped must not make the desk take all memory.
_MOST_OPS = 10
_MOST_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Join:
    """What a member gives to the others: public, signed by the member."""

    name: str
    role: Role
    label: str
    sign: bytes
    box: bytes
    onion: str
    signature: bytes

    @property
    def id(self) -> str:
        """The member's id, in hex."""
        return id_of(self.sign, self.box).hex()

    @property
    def member(self) -> Member:
        """The member that it introduces."""
        return Member(self.id, self.name, self.role, self.label, self.sign, self.box, self.onion)

    @property
    def digest(self) -> bytes:
        """What the signature covers."""
        words = b"".join(part.encode() + b"\0" for part in (self.name, self.role, self.label))
        return blake(32, "ks1-join", words + self.sign + self.box + self.onion.encode())


@dataclass(frozen=True, slots=True, repr=False)
class MemberKeys:
    """The private keys of one member; `onion_private` is in base32, as tor reads it."""

    sign_seed: bytes
    box_private: bytes
    onion_private: str

    @property
    def id(self) -> str:
        """The member's id, in hex."""
        return self.id_bytes.hex()

    @property
    def id_bytes(self) -> bytes:
        """The member's id."""
        return id_of(self.sign_public, self.box_public)

    @property
    def sign_public(self) -> bytes:
        """The key that others verify under."""
        return sign_public_of(self.sign_seed)

    @property
    def box_public(self) -> bytes:
        """The key that grants are sealed to."""
        return crypto_scalarmult_base(self.box_private)

    @property
    def onion_public(self) -> str:
        """The public key that the desk onion admits, in tor's base32."""
        return _to_base32(crypto_scalarmult_base(_from_base32(self.onion_private)))

    def public(self, name: str, role: Role, label: str) -> Join:
        """Return the join under this name, signed."""
        unsigned = Join(name, role, label, self.sign_public, self.box_public, self.onion_public, b"")
        return replace(unsigned, signature=sign(self.sign_seed, "ks1-join", unsigned.digest))


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file `member.key`; bytes are base64."""

    format: Literal["kallskydd-member-1"]
    salt: bytes
    ops: Annotated[int, msgspec.Meta(ge=1, le=_MOST_OPS)]
    mem: Annotated[int, msgspec.Meta(ge=8_192, le=_MOST_BYTES)]
    box: bytes


class _PrivateKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is inside the box of `member.key`."""

    sign: Key32
    box: Key32
    onion: OnionKey


class _JoinFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The join file as TOML."""

    format: Literal["kallskydd-join-1"]
    name: Line
    role: Role
    label: Line
    sign: Key32
    box: Key32
    onion: OnionKey
    signature: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]


def new_member_keys() -> MemberKeys:
    """Return keys for a new member."""
    return MemberKeys(random(32), random(32), _to_base32(random(32)))


def seal_member_keys(keys: MemberKeys, passphrase: str, cost: PassphraseCost = MODERATE) -> bytes:
    """Return the bytes of `member.key`. Takes about a second."""
    salt = random(argon2id.SALTBYTES)
    inside = _PrivateKeys(keys.sign_seed.hex(), keys.box_private.hex(), keys.onion_private)
    box = SecretBox(_passphrase_key(passphrase, salt, cost.ops, cost.memory_bytes)).encrypt(msgspec.json.encode(inside))
    return msgspec.json.encode(_KeyFile(KEY_FORMAT, salt, cost.ops, cost.memory_bytes, bytes(box)))


def open_member_keys(untrusted_blob: bytes, passphrase: str) -> MemberKeys:
    """Return the keys in a `member.key`. Raises WrongPassphrase, and of that KeyFileDamaged if it is no key file."""
    try:
        key_file = msgspec.json.decode(untrusted_blob, type=_KeyFile)
    except (msgspec.MsgspecError, ValueError):
        raise KeyFileDamaged from None
    if len(key_file.salt) != argon2id.SALTBYTES or len(key_file.box) <= SecretBox.NONCE_SIZE + SecretBox.MACBYTES:
        raise KeyFileDamaged
    try:
        key = _passphrase_key(passphrase, key_file.salt, key_file.ops, key_file.mem)
        inside = msgspec.json.decode(SecretBox(key).decrypt(key_file.box), type=_PrivateKeys)
    except (msgspec.MsgspecError, CryptoError, ValueError):
        raise WrongPassphrase from None
    return MemberKeys(bytes.fromhex(inside.sign), bytes.fromhex(inside.box), inside.onion)


def make_join(keys: MemberKeys, name: str, role: Role, label: str) -> str:
    """Return the text of a join file; raise RosterFault if name, role or label could not be read again."""
    join = keys.public(name, role, label)
    fields = {
        "format": JOIN_FORMAT,
        "name": name,
        "role": role,
        "label": label,
        "sign": join.sign.hex(),
        "box": join.box.hex(),
        "onion": join.onion,
        "signature": join.signature.hex(),
    }
    # JSON's quoting of a string without control characters is also TOML's.
    text = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in fields.items())
    read_join(text)
    return text


def read_join(untrusted_text: str) -> Join:
    """Return the member that a join file introduces; raise RosterFault if it is not one or is not signed."""
    try:
        read = msgspec.toml.decode(untrusted_text, type=_JoinFile)
    except (msgspec.MsgspecError, ValueError):
        raise RosterFault("join.unreadable") from None
    sign_public, box_public = bytes.fromhex(read.sign), bytes.fromhex(read.box)
    signature = bytes.fromhex(read.signature)
    join = Join(read.name, read.role, read.label, sign_public, box_public, read.onion, signature)
    try:
        verify_signature(sign_public, "ks1-join", join.digest, signature)
    except SealBroken:
        raise RosterFault("join.unsigned") from None
    return join


def _passphrase_key(passphrase: str, salt: bytes, ops: int, memory_bytes: int) -> bytes:
    # The same letters typed on another system may be composed otherwise.
    typed = unicodedata.normalize("NFC", passphrase).encode()
    return argon2id.kdf(SecretBox.KEY_SIZE, typed, salt, opslimit=ops, memlimit=memory_bytes)


def _to_base32(key: bytes) -> str:
    return base64.b32encode(key).decode().rstrip("=")


def _from_base32(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))
