"""
A home from a backup. Two calls: `ask` makes the question for two members, `restore` takes their answers.

Contract. Until the last step the folder is no home (it has no configuration), so nothing can open it or serve it:

1. Every file of the backup has the hash of the manifest, and the roster verifies.
2. The answers are to this question; two members of the roster in force signed what the restore is.
3. The sealed part opens with both, and its desk key is that of the server the backup names.
4. The shares, where they were asked for, are at most seven days old and of this backup.
5. Public files, keys and rows are written; a case without a share is left out: nobody could open it.
6. What the registers name is erased, before anything else can read the store.
7. The declaration is written, the key of the question destroyed, and last the configuration.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey

from cases.backup.errors import AnswersMissing, BackupDamaged, SharesDiffer, SharesTooOld
from cases.backup.files import (
    ASKED_AT_MOST,
    KEYS_NAME,
    MANIFEST_NAME,
    REGISTER_NAME,
    ROSTER_FOLDER,
    SHARES_KEPT,
    Answer,
    Ask,
    ErasedCase,
    Manifest,
    SealedKeys,
    Shares,
    SharesFile,
    decode,
    encode,
    hash_of,
    read_file,
    use_of_keys,
    use_of_shares,
    write_new,
)
from cases.backup.making import DESK_KEY_NAME, MIRROR_FOLDER, PUBLIC_KEY_NAME
from cases.case.restored import (
    RESTORED_NAME,
    Restored,
    SignedRestore,
    read_declarations,
    read_restored,
    render_declarations,
)
from cases.clock import Clock, today
from cases.config import CONFIG_NAME
from cases.crypto.any_two import SealedToAnyTwo, open_with_two
from cases.errors import SealBroken, StoreFault
from cases.home import FOLDERS, SERVER_KEY_NAME, HomeExists, HomeMissing
from cases.roster.chain import Chain, read_chain
from cases.store.db import DATABASE_NAME, SLOTS_NAME
from cases.store.shred import FIRST_SLOTS, Slots
from cases.store.store import Store

ASK_NAME = "ask.json"
# In the new home, between the question and the answers.
KEY_NAME = "restore.key"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose files have the hashes of its manifest."""

    folder: Path
    manifest: Manifest
    chain: Chain


@dataclass(frozen=True, slots=True)
class Given:
    """What the operator gives to a restore: the backup, the answers of two members, and what lies apart."""

    backup: Backup
    answers: tuple[Answer, ...]
    shares_file: Path | None
    # Registers of erased cases that are newer than the backup, from later ones.
    registers: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a restore did, in numbers and days."""

    declared: Restored
    cases: int
    without_share: int
    erased_again: int


def read_backup(folder: Path, day: date) -> Backup:
    """Take step 1. Raises BackupDamaged."""
    manifest = read_file(folder / MANIFEST_NAME, Manifest)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST_NAME}
    required = {DATABASE_NAME, KEYS_NAME, REGISTER_NAME, CONFIG_NAME, SERVER_KEY_NAME}
    if names != set(manifest.files) or not required <= names:
        raise BackupDamaged
    try:
        if any(hash_of(folder / name) != expected for name, expected in manifest.files.items()):
            raise BackupDamaged
    except OSError:
        raise BackupDamaged from None
    chain = read_chain(folder / ROSTER_FOLDER, day)
    if chain.current is None or chain.current.server_key.hex() != manifest.server:
        raise BackupDamaged
    return Backup(folder, manifest, chain)


def ask(home: Path, backup: Backup, shares_file: Path | None, day: date) -> Ask:
    """Make the folder of the new home with the key of the question, and return the question. Raises HomeExists."""
    shares = None if shares_file is None else _shares_file(shares_file, backup, day)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise HomeExists
    private = PrivateKey.generate()
    restored = Restored(
        backup=backup.manifest.id,
        backup_day=backup.manifest.day,
        day=day,
        moved=backup.manifest.kind == "move",
        with_shares=shares is not None,
        server=backup.manifest.server,
    )
    question = Ask(
        format="kallskydd-restore-1",
        restored=restored,
        public=bytes(private.public_key),
        keys=read_file(backup.folder / KEYS_NAME, SealedToAnyTwo).pairs,
        shares=None if shares is None else shares.sealed.pairs,
    )
    write_new(home / KEY_NAME, bytes(private), day)
    write_new(home / ASK_NAME, encode(question), day)
    return question


def restore(home: Path, given: Given, clock: Clock) -> Outcome:
    """Take steps 2 to 7. Raises BackupFault, HomeMissing or StoreFault; the folder is no home then."""
    backup, day = given.backup, today(clock)
    private, question = _asked(home)
    declared = _declared(question, given, day)
    keys, shares = _opened(question, private, given, day)
    registered = _registered([backup.folder / REGISTER_NAME, *given.registers])
    with _cleared_on_failure(home):
        _write_public(home, backup, day)
        _write_keys(home, keys, day)
        without = _write_rows(home, backup, keys.salt, shares)
        erased = _mark_erased(home / DATABASE_NAME, registered)
        asyncio.run(_finish_erasures(home, clock))
        earlier = backup.folder / RESTORED_NAME
        before = read_declarations(earlier.read_text("utf-8")) if earlier.is_file() else ()
        write_new(home / RESTORED_NAME, render_declarations([*before, declared]).encode(), day)
    _destroy(home / KEY_NAME)
    (home / ASK_NAME).unlink()
    write_new(home / CONFIG_NAME, (backup.folder / CONFIG_NAME).read_bytes(), day)
    standing = 0 if shares is None else len(shares.shares)
    return Outcome(question.restored, standing - erased, without, erased)


@contextlib.contextmanager
def _cleared_on_failure(home: Path) -> Iterator[None]:
    """Take away what was written when the block fails, all but the question and its key: it can be run again."""
    try:
        yield
    except BaseException:
        for path in home.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in {KEY_NAME, ASK_NAME}:
                path.unlink()
        raise


def _asked(home: Path) -> tuple[bytes, Ask]:
    """Return the key and the question that lie in the new home. Raises HomeMissing."""
    try:
        return (home / KEY_NAME).read_bytes(), decode((home / ASK_NAME).read_bytes(), Ask)
    except OSError:
        raise HomeMissing from None


def _declared(question: Ask, given: Given, day: date) -> SignedRestore:
    """Take step 2. Raises AnswersMissing, BackupDamaged."""
    if question.restored.backup != given.backup.manifest.id or given.backup.chain.current is None:
        raise BackupDamaged
    if day - question.restored.day > ASKED_AT_MOST:
        raise AnswersMissing
    if any(answer.ask != question.digest.hex() for answer in given.answers):
        raise AnswersMissing
    declared = SignedRestore(question.restored.text, "".join(f"{answer.signature}\n" for answer in given.answers))
    try:
        read_restored(declared, given.backup.chain.current, bytes.fromhex(given.backup.manifest.server))
    except SealBroken:
        raise AnswersMissing from None
    return declared


def _opened(question: Ask, private: bytes, given: Given, day: date) -> tuple[SealedKeys, Shares | None]:
    """Take steps 3 and 4. Raises AnswersMissing, BackupDamaged, SharesTooOld."""
    handed = {bytes.fromhex(answer.member): answer.keys for answer in given.answers}
    handed_shares = {bytes.fromhex(answer.member): answer.shares for answer in given.answers}
    if (given.shares_file is None) is question.restored.with_shares:
        raise SharesDiffer
    try:
        sealed = read_file(given.backup.folder / KEYS_NAME, SealedToAnyTwo)
        keys = decode(open_with_two(sealed, use_of_keys(given.backup.manifest.id), handed, private), SealedKeys)
        shares = None
        if given.shares_file is not None:
            found = _shares_file(given.shares_file, given.backup, day)
            plain = open_with_two(found.sealed, use_of_shares(found.backup, found.day), handed_shares, private)
            shares = decode(plain, Shares)
    except SealBroken:
        raise AnswersMissing from None
    _require_key_of(keys.desk_onion, given.backup.manifest.server)
    return keys, shares


def _require_key_of(onion_key_file: bytes, server: str) -> None:
    """Return if the private key is that of the address which the roster names. Raises BackupDamaged."""
    try:
        # tor's file: a header of 32 bytes, then the scalar, clamped already.
        public = crypto_scalarmult_ed25519_base_noclamp(onion_key_file[32:64])
    except (CryptoError, ValueError, TypeError):
        raise BackupDamaged from None
    if public.hex() != server:
        raise BackupDamaged


def _shares_file(path: Path, backup: Backup, day: date) -> SharesFile:
    """Return the file of shares of this backup. Raises BackupDamaged, SharesTooOld."""
    found = read_file(path, SharesFile)
    if found.backup != backup.manifest.id or found.day != backup.manifest.day:
        raise BackupDamaged
    if not found.day <= day <= found.day + SHARES_KEPT:
        raise SharesTooOld
    return found


def _write_public(home: Path, backup: Backup, day: date) -> None:
    for name in FOLDERS:
        (home / name).mkdir(mode=0o700, exist_ok=True)
    for name in backup.manifest.files:
        if name not in {DATABASE_NAME, KEYS_NAME, REGISTER_NAME, CONFIG_NAME, RESTORED_NAME}:
            write_new(home / name, (backup.folder / name).read_bytes(), day)


def _write_keys(home: Path, keys: SealedKeys, day: date) -> None:
    write_new(home / "onion" / PUBLIC_KEY_NAME, keys.public_onion, day)
    write_new(home / "onion" / DESK_KEY_NAME, keys.desk_onion, day)
    for name, content in keys.mirror.items():
        (home / MIRROR_FOLDER).mkdir(mode=0o700, exist_ok=True)
        write_new(home / MIRROR_FOLDER / name, content, day)


def _write_rows(home: Path, backup: Backup, salt: bytes, shares: Shares | None) -> int:
    """Put the rows and the shares in place; return how many cases had none and were left out."""
    target = home / DATABASE_NAME
    shutil.copyfile(backup.folder / DATABASE_NAME, target)
    target.chmod(0o600)
    held = {} if shares is None else shares.shares
    with contextlib.closing(_connect(target)) as connection:
        connection.execute("UPDATE home SET salt = ?", (salt,))
        rows = connection.execute("SELECT case_id, slot FROM cases").fetchall()
        without = [case_id for case_id, _slot in rows if case_id.hex() not in held]
        connection.executemany("DELETE FROM cases WHERE case_id = ?", [(case_id,) for case_id in without])
        # So that nothing of what was left out is in the new file.
        connection.execute("VACUUM")
    _write_slots(home / SLOTS_NAME, [(held[case_id.hex()], slot) for case_id, slot in rows if case_id.hex() in held])
    return len(without)


def _write_slots(path: Path, taken: list[tuple[bytes, int]]) -> None:
    size = FIRST_SLOTS
    while size <= max((slot for _share, slot in taken), default=0):
        size *= 2
    Slots.create(path, size)
    slots = Slots(path)
    try:
        for share, slot in taken:
            slots.write(slot, share)
    finally:
        slots.close()


def _registered(paths: Sequence[Path]) -> list[ErasedCase]:
    try:
        return [decode(line, ErasedCase) for path in paths for line in path.read_bytes().splitlines()]
    except OSError:
        raise BackupDamaged from None


def _mark_erased(database: Path, erased: Sequence[ErasedCase]) -> int:
    """Take the first half of step 6: the decision to erase, as the store itself takes it; return for how many."""
    marked = 0
    with contextlib.closing(_connect(database)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for one in erased:
            case_id = bytes.fromhex(one.case)
            changed = connection.execute("UPDATE cases SET state = 'erasing' WHERE case_id = ?", (case_id,)).rowcount
            marked += changed
            known = connection.execute("SELECT 1 FROM tombstones WHERE case_id = ?", (case_id,)).fetchone()
            if known is None:
                connection.execute(
                    "INSERT INTO tombstones VALUES (?, ?, ?)", (case_id, one.access_key, one.day.isoformat())
                )
                connection.executemany(
                    "INSERT INTO tombstone_statements VALUES (?, ?, ?)",
                    [(case_id, position, blob) for position, blob in enumerate(one.statements)],
                )
        connection.execute("COMMIT")
    return marked


async def _finish_erasures(home: Path, clock: Clock) -> None:
    """Take the second half of step 6: opening the store finishes every erasure that was decided."""
    store = await Store.open(home, clock)
    await store.close()


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
    except sqlite3.Error as fault:
        raise StoreFault("store.unreadable") from fault
    return connection


def _destroy(path: Path) -> None:
    """Overwrite a key where it lies, then remove it."""
    with path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
