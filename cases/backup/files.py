"""
The files of a backup and of the conversation about a restore: what each holds, how it is written and read.

Contract (docs/FORMATS.md §11). A backup is a folder: ciphertext and public values as they rest, and `keys.sealed`, the
only file with secrets, which any two of the members it names can open. The shares of case keys are a file of their own,
sealed in the same way, for another place. Every file is for its owner alone and has the time of its day's midnight:
none shows when in the day it was made. `backup.json` names each file of the folder with its hash, so that a damaged
disk is noticed before members are asked. The same hashes, and that of the shares, lie in `keys.sealed`: those count.

A restore is a question and an answer: `ask.json` (public: the sealed shares, the roster that the home is to start with,
and a key made for this one restore) goes to two members; each answer holds her shares sealed to that key, and her
signature under what the restore is.
"""

import hashlib
import json
import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Literal, TypeVar

import msgspec

from cases.backup.errors import BackupDamaged, BackupExists, BackupOfEarlier, RosterRefused
from cases.case.restored import Restored
from cases.roster.chain import Chain, SignedText, verify_chain
from trusted.case.entry import Hex16, Hex32
from trusted.crypto.any_two import PairOfShares, SealedToAnyTwo
from trusted.crypto.envelope import blake

MANIFEST_NAME, KEYS_NAME, REGISTER_NAME = "backup.json", "keys.sealed", "erased.register"
ROSTER_FOLDER = "roster"
# Longer, and a backup would undo an erasure (docs/OPERATING.md): a member's key and the share open an erased case.
SHARES_KEPT = timedelta(days=7)
# A question that waits longer than this for its answers is asked again.
ASKED_AT_MOST = timedelta(days=7)
_FILE_BYTES_MOST = 64 * 2**20
_HASH_OF_FILE = b"ks1-backup"
# What these sealed and signed does not hold today.
_EARLIER = {"kallskydd-backup-1", "kallskydd-restore-1"}

_Read = TypeVar("_Read", bound=msgspec.Struct)


class _Format(msgspec.Struct, frozen=True):
    """What every file says first."""

    format: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`backup.json`."""

    format: Literal["kallskydd-backup-2"]
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
    # What the backup is and what is in it, all but the file in which this is sealed.
    manifest: Manifest
    # The hash of the file of shares, if one was made.
    shares: Hex32 | None
    cases: int

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


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The question of a restore."""

    format: Literal["kallskydd-restore-2"]
    restored: Restored
    # The roster that `restored` names, from the first version on.
    roster: tuple[SignedText, ...]
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


def chain_of(question: Ask, today: date) -> Chain:
    """Return the roster of a question; raise RosterRefused unless it verifies and is the one that members sign."""
    chain, named = verify_chain(question.roster, today), question.restored
    newest = chain.current
    if newest is None or chain.proposal is not None:
        raise RosterRefused("backup.roster_other")
    if (newest.version, newest.digest.hex(), newest.server_key.hex()) != (
        named.roster_version,
        named.roster,
        named.server,
    ):
        raise RosterRefused("backup.roster_other")
    return chain


def use_of_keys(backup: str) -> bytes:
    """Return what the shares of `keys.sealed` are bound to."""
    return f"keys {backup}".encode()


def use_of_shares(backup: str, day: date) -> bytes:
    """Return what the shares of the file of shares are bound to: with another day they do not open."""
    return f"shares {backup} {day.isoformat()}".encode()


def hash_of(path: Path) -> str:
    """Return the hash under which the manifest names a file. Raises OSError, BackupDamaged for no regular file."""
    digest = hashlib.blake2b(digest_size=32, person=_HASH_OF_FILE)
    with _open_regular(path) as file:
        while piece := file.read(2**20):
            digest.update(piece)
    return digest.hexdigest()


def hash_of_bytes(content: bytes) -> str:
    """Return the hash of a file's content."""
    return hashlib.blake2b(content, digest_size=32, person=_HASH_OF_FILE).hexdigest()


def encode(struct: msgspec.Struct) -> bytes:
    """Return a file's bytes: JSON that a person can look at."""
    return json.dumps(msgspec.to_builtins(struct), indent=1).encode() + b"\n"


def decode(untrusted: bytes, kind: type[_Read]) -> _Read:
    """Return what is in a file; raise BackupDamaged, BackupOfEarlier."""
    try:
        return msgspec.json.decode(untrusted, type=kind, strict=True)
    except (msgspec.MsgspecError, ValueError):
        raise (BackupOfEarlier if _is_earlier(untrusted) else BackupDamaged) from None


def _is_earlier(untrusted: bytes) -> bool:
    try:
        return msgspec.json.decode(untrusted, type=_Format).format in _EARLIER
    except (msgspec.MsgspecError, ValueError):
        return False


def read_file(path: Path, kind: type[_Read]) -> _Read:
    """Return what is in a file; raise BackupDamaged, also for one that is missing, and BackupOfEarlier."""
    return decode(read_content(path), kind)


def _open_regular(path: Path) -> BinaryIO:
    """Open a file to read. Raises OSError, and BackupDamaged for what could keep a reader waiting, such as a FIFO."""
    file = os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise BackupDamaged


def read_content(path: Path) -> bytes:
    """Return the bytes of a file; raise BackupDamaged for one that is missing, not regular or larger than any."""
    try:
        with _open_regular(path) as file:
            content = file.read(_FILE_BYTES_MOST + 1)
    except OSError:
        raise BackupDamaged from None
    if len(content) > _FILE_BYTES_MOST:
        raise BackupDamaged
    return content


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
