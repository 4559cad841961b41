"""
The files of a backup and of the conversation about a restore: what each holds, how it is written and read.

Contract (docs/FORMATS.md §11). A backup is a folder: ciphertext and public values as they rest, and `keys.sealed`, the
only file with secrets, which any two of the members it names can open. The shares of case keys are a file of their own,
sealed in the same way, for another place. Every file is for its owner alone and has the time of its day's midnight:
none shows when in the day it was made. `backup.json` names each file of the folder with its hash.

A restore is a question and an answer: `ask.json` (public: the sealed shares, and a key made for this one restore) goes
to two members; each answer holds her shares sealed to that key, and her signature under what the restore is.
"""

import hashlib
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal, TypeVar

import msgspec

from cases.backup.errors import BackupDamaged, BackupExists
from cases.case.restored import Restored
from cases.crypto.any_two import PairOfShares, SealedToAnyTwo
from cases.crypto.envelope import blake
from cases.entry import Hex16, Hex32

MANIFEST_NAME, KEYS_NAME, REGISTER_NAME = "backup.json", "keys.sealed", "erased.register"
ROSTER_FOLDER = "roster"
# Longer, and a backup would undo an erasure (docs/OPERATING.md): a member's key and the share open an erased case.
SHARES_KEPT = timedelta(days=7)
# A question that waits longer than this for its answers is asked again.
ASKED_AT_MOST = timedelta(days=7)
_FILE_BYTES_MOST = 64 * 2**20

_Read = TypeVar("_Read", bound=msgspec.Struct)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`backup.json`."""

    format: Literal["kallskydd-backup-1"]
    id: Hex16
    day: date
    kind: Literal["backup", "move"]
    server: Hex32
    files: dict[str, Hex32]


class SealedKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is inside `keys.sealed`. Never printed."""

    public_onion: bytes
    desk_onion: bytes
    salt: bytes
    # Of a home with a mirror: its account, certificate and key, by file name.
    mirror: dict[str, bytes]

    def __repr__(self) -> str:
        return "<SealedKeys>"


class SharesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file of shares: to which backup it belongs, of which day it is, and the shares by case id, sealed."""

    format: Literal["kallskydd-shares-1"]
    backup: Hex16
    day: date
    sealed: SealedToAnyTwo


class Shares(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is inside the file of shares. Never printed."""

    shares: dict[Hex16, bytes]

    def __repr__(self) -> str:
        return "<Shares>"


class ErasedCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the register: what is left of an erased case, as its tombstone rests in the store."""

    case: Hex16
    access_key: bytes
    day: date
    statements: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "<ErasedCase>"


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The question of a restore."""

    format: Literal["kallskydd-restore-1"]
    restored: Restored
    public: bytes
    keys: tuple[PairOfShares, ...]
    # None when the shares of case keys are not asked for.
    shares: tuple[PairOfShares, ...] | None

    @property
    def digest(self) -> bytes:
        """What an answer is bound to; the six words that are compared by voice are made of it."""
        return blake(32, "ks1-ask", msgspec.json.encode(self))


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer of one member."""

    format: Literal["kallskydd-answer-1"]
    ask: Hex32
    member: Hex16
    keys: dict[int, bytes]
    shares: dict[int, bytes]
    signature: str


def use_of_keys(backup: str) -> bytes:
    """Return what the shares of `keys.sealed` are bound to."""
    return f"keys {backup}".encode()


def use_of_shares(backup: str, day: date) -> bytes:
    """Return what the shares of the file of shares are bound to: with another day they do not open."""
    return f"shares {backup} {day.isoformat()}".encode()


def hash_of(path: Path) -> str:
    """Return the hash under which the manifest names a file. Raises OSError."""
    digest = hashlib.blake2b(digest_size=32, person=b"ks1-backup")
    with path.open("rb") as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def encode(struct: msgspec.Struct) -> bytes:
    """Return a file's bytes: JSON that a person can look at."""
    return json.dumps(msgspec.to_builtins(struct), indent=1).encode() + b"\n"


def decode(untrusted: bytes, kind: type[_Read]) -> _Read:
    """Return what is in a file; raise BackupDamaged."""
    try:
        return msgspec.json.decode(untrusted, type=kind, strict=True)
    except (msgspec.MsgspecError, ValueError):
        raise BackupDamaged from None


def read_file(path: Path, kind: type[_Read]) -> _Read:
    """Return what is in a file; raise BackupDamaged, also for one that is missing."""
    try:
        if path.stat().st_size > _FILE_BYTES_MOST:
            raise BackupDamaged
        return decode(path.read_bytes(), kind)
    except OSError:
        raise BackupDamaged from None


def write_new(path: Path, content: bytes, day: date) -> None:
    """Write a file that does not exist, for its owner alone, with the time of the day's midnight. Raises BackupExists.

    It is on the disk when this returns.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o600)
    except FileExistsError:
        raise BackupExists from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    set_day(path, day)


def set_day(path: Path, day: date) -> None:
    """Give a file or folder the time of a day's midnight: none shows an hour."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    os.utime(path, (midnight, midnight))
