"""
A home from a backup. Two calls: `ask` makes the question for two members, `restore` takes their answers.

Contract. Until the last step the folder is no home (it has no configuration), so nothing can open it or serve it:

1. The backup has the files that a backup has and no other, each with the hash of the manifest, and the roster verifies;
   so does a newer one, if it is given.
2. The answers are to this question; two members of the roster that it names signed what the restore is.
3. The sealed part opens with both, and its desk key is that of the server the backup names.
4. The manifest is that of the sealed part: until here a backup is what its keeper says. The mirror's files have the
   names of a mirror's files.
5. The shares, where they were asked for, are at most seven days old, of this backup, and all of them.
6. Files, keys and rows are written, each file after it was held against the hash in the sealed part; a case without a
   share is left out: nobody could open it. The roster is the one that members signed.
7. What the registers name is erased, before anything else can read the store.
8. The cases in the store are as many as were sealed, less those left out and erased.
9. The declaration is written, the key of the question destroyed, and last the configuration.
"""

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
from nacl.bindings import crypto_scalarmult_ed25519_base_noclamp
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey

from cases.backup import rows
from cases.backup.clearing import cleared_on_failure, destroy
from cases.backup.errors import (
    AnswersMissing,
    BackupChanged,
    BackupDamaged,
    BackupMissing,
    RosterRefused,
    SharesDiffer,
    SharesTooOld,
)
from cases.backup.files import (
    ASKED_AT_MOST,
    KEYS_NAME,
    MANIFEST_NAME,
    REGISTER_NAME,
    ROSTER_FOLDER,
    SHARES_KEPT,
    Answer,
    Ask,
    Manifest,
    SealedKeys,
    Shares,
    SharesFile,
    chain_of,
    decode,
    encode,
    hash_of,
    hash_of_bytes,
    read_content,
    read_file,
    set_day,
    use_of_keys,
    use_of_shares,
    write_new,
)
from cases.backup.making import AS_THEY_ARE, DESK_KEY_NAME, MIRROR_FOLDER, MIRROR_NAMES, PUBLIC_KEY_NAME
from cases.backup.register import ErasedCase, read_register
from cases.case.restored import (
    RESTORED_NAME,
    Restored,
    SignedRestore,
    read_declarations,
    read_restored,
    render_declarations,
)
from cases.config import CONFIG_NAME
from cases.home import FOLDERS, SERVER_KEY_NAME, HomeExists, HomeMissing, make_private_folders
from cases.roster.chain import Chain, SignedText, read_chain, read_texts, verify_chain, write_texts
from trusted.case.clock import Clock, today
from trusted.case.errors import RosterFault, SealBroken
from trusted.crypto.any_two import SealedToAnyTwo, open_with_two
from trusted.store.db import DATABASE_NAME

ASK_NAME = "ask.json"
# In the new home, between the question and the answers.
KEY_NAME = "restore.key"
# tor's file of a private key: a header of 32 bytes, the scalar, clamped already, and what signatures are made with.
_ONION_KEY_BYTES = 96
# Written in another way than as they are.
_NOT_COPIED = {KEYS_NAME, REGISTER_NAME, CONFIG_NAME, RESTORED_NAME}


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
    """Take step 1. Raises BackupMissing, BackupDamaged, BackupOfEarlier."""
    if not (folder / MANIFEST_NAME).exists():
        raise BackupMissing
    manifest = read_file(folder / MANIFEST_NAME, Manifest)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()} - {MANIFEST_NAME}
    required = {DATABASE_NAME, KEYS_NAME, REGISTER_NAME, CONFIG_NAME, SERVER_KEY_NAME}
    # A log of the database, or a file for tor, would be taken up by who opens the home.
    known = required | set(AS_THEY_ARE)
    if names != set(manifest.files) or not required <= {one for one in names if not _is_roster(one)} <= known:
        raise BackupDamaged
    try:
        # Only the database may be larger than what is read whole.
        if any(
            expected != (hash_of(path) if path.name == DATABASE_NAME else hash_of_bytes(read_content(path)))
            for path, expected in ((folder / name, one) for name, one in manifest.files.items())
        ):
            raise BackupDamaged
    except OSError:
        raise BackupDamaged from None
    chain = read_chain(folder / ROSTER_FOLDER, day)
    if chain.current is None or chain.current.server_key.hex() != manifest.server:
        raise BackupDamaged
    return Backup(folder, manifest, chain)


def ask(home: Path, backup: Backup, shares_file: Path | None, day: date, newer_roster: Path | None = None) -> Ask:
    """Make the folder of the new home with the key of the question, and return the question.

    Raises BackupDamaged, RosterRefused, SharesTooOld, HomeExists, HomeIsOpen.
    """
    shares = None if shares_file is None else _shares_file(shares_file, backup, day)[0]
    chain, texts = _roster_of(backup, newer_roster, day)
    if chain.current is None:
        raise RosterRefused("backup.roster_other")
    make_private_folders(home)
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
        roster_version=chain.current.version,
        roster=chain.current.digest.hex(),
    )
    question = Ask(
        format="kallskydd-restore-2",
        restored=restored,
        roster=texts,
        public=bytes(private.public_key),
        keys=read_file(backup.folder / KEYS_NAME, SealedToAnyTwo).pairs,
        shares=None if shares is None else shares.sealed.pairs,
    )
    write_new(home / KEY_NAME, bytes(private), day)
    write_new(home / ASK_NAME, encode(question), day)
    return question


def _roster_of(backup: Backup, newer: Path | None, day: date) -> tuple[Chain, tuple[SignedText, ...]]:
    """Return the roster to start with, and its texts: that of the backup, or a newer one which goes on from it.

    A proposal is left behind: what members sign is what the home starts with. Raises RosterRefused.
    """
    try:
        texts = read_texts(backup.folder / ROSTER_FOLDER if newer is None else newer)
    except RosterFault:
        raise RosterRefused("backup.roster_other") from None
    chain = verify_chain(texts, day)
    if chain.current is None or backup.chain.current not in chain.all:
        raise RosterRefused("backup.roster_other")
    return chain, texts[: len(chain.all)]


def restore(home: Path, given: Given, clock: Clock) -> Outcome:
    """Take steps 2 to 9. Raises BackupFault, HomeMissing or StoreFault; the folder is no home then."""
    backup, day = given.backup, today(clock)
    private, question = _asked(home)
    declared = _declared(question, given, day)
    keys, shares = _opened(question, private, given, day)
    registered = _registered(given, keys)
    with cleared_on_failure(home, frozenset({KEY_NAME, ASK_NAME})):
        _write_public(home, backup, keys, day)
        _write_roster(home / ROSTER_FOLDER, question, day)
        _write_keys(home, keys, day)
        erased_cases = frozenset(one.case for one in registered)
        without = rows.put_in_place(home, keys.salt, {} if shares is None else shares.shares, erased_cases)
        erased = rows.erase_registered(home, registered, clock)
        standing = rows.count_cases(home)
        if standing != keys.cases - without - erased:
            raise BackupDamaged
        before = read_declarations(_content(backup, keys, RESTORED_NAME).decode())
        write_new(home / RESTORED_NAME, render_declarations([*before, declared]).encode(), day)
        config = _content(backup, keys, CONFIG_NAME)
        destroy(home / KEY_NAME)
        (home / ASK_NAME).unlink()
        write_new(home / CONFIG_NAME, config, day)
    return Outcome(question.restored, standing, without, erased)


def _asked(home: Path) -> tuple[bytes, Ask]:
    """Return the key and the question that lie in the new home. Raises HomeMissing."""
    try:
        return (home / KEY_NAME).read_bytes(), decode((home / ASK_NAME).read_bytes(), Ask)
    except OSError:
        raise HomeMissing from None


def _declared(question: Ask, given: Given, day: date) -> SignedRestore:
    """Take step 2. Raises AnswersMissing, BackupDamaged, RosterRefused."""
    if question.restored.backup != given.backup.manifest.id:
        raise BackupDamaged
    chain = chain_of(question, day)
    if chain.current is None or given.backup.chain.current not in chain.all:
        raise RosterRefused("backup.roster_other")
    if day - question.restored.day > ASKED_AT_MOST:
        raise AnswersMissing
    if any(answer.ask != question.digest.hex() for answer in given.answers):
        raise AnswersMissing
    declared = SignedRestore(question.restored.text, "".join(f"{answer.signature}\n" for answer in given.answers))
    try:
        read_restored(declared, chain.current, bytes.fromhex(given.backup.manifest.server))
    except SealBroken:
        raise AnswersMissing from None
    return declared


def _opened(question: Ask, private: bytes, given: Given, day: date) -> tuple[SealedKeys, Shares | None]:
    """Take steps 3 to 5. Raises AnswersMissing, BackupChanged, BackupDamaged, SharesDiffer, SharesTooOld."""
    handed = {bytes.fromhex(answer.member): answer.keys for answer in given.answers}
    handed_shares = {bytes.fromhex(answer.member): answer.shares for answer in given.answers}
    manifest = given.backup.manifest
    if (given.shares_file is None) is question.restored.with_shares:
        raise SharesDiffer
    try:
        sealed = read_file(given.backup.folder / KEYS_NAME, SealedToAnyTwo)
        keys = decode(open_with_two(sealed, use_of_keys(manifest.id), handed, private), SealedKeys)
        _require_key_of(keys.desk_onion, manifest.server)
        _require_sealed(keys, manifest, question.restored)
        shares = None
        if given.shares_file is not None:
            found, of_shares = _shares_file(given.shares_file, given.backup, day)
            if of_shares != keys.shares:
                raise BackupChanged
            plain = open_with_two(found.sealed, use_of_shares(found.backup, found.day), handed_shares, private)
            shares = decode(plain, Shares)
    except SealBroken:
        raise AnswersMissing from None
    return keys, shares


def _require_sealed(keys: SealedKeys, manifest: Manifest, declared: Restored) -> None:
    """Take step 4: return if what was sealed is what the backup says of itself and members signed.

    Raises BackupChanged, BackupDamaged.
    """
    files = {name: expected for name, expected in manifest.files.items() if name != KEYS_NAME}
    if msgspec.structs.replace(manifest, files=files) != keys.manifest:
        raise BackupChanged
    # The server that made the backup may have been in other hands: a name of its own could lead anywhere.
    if not set(keys.mirror) <= set(MIRROR_NAMES):
        raise BackupDamaged
    if (declared.backup_day, declared.moved) != (keys.manifest.day, keys.manifest.kind == "move"):
        raise BackupChanged


def _require_key_of(onion_key_file: bytes, server: str) -> None:
    """Return if the private key is that of the address which the roster names. Raises BackupDamaged."""
    if len(onion_key_file) != _ONION_KEY_BYTES:
        raise BackupDamaged
    try:
        public = crypto_scalarmult_ed25519_base_noclamp(onion_key_file[32:64])
    except (CryptoError, ValueError, TypeError):
        raise BackupDamaged from None
    if public.hex() != server:
        raise BackupDamaged


def _shares_file(path: Path, backup: Backup, day: date) -> tuple[SharesFile, str]:
    """Return the file of shares of this backup, and its hash. Raises BackupDamaged, BackupOfEarlier, SharesTooOld."""
    content = read_content(path)
    found = decode(content, SharesFile)
    if found.backup != backup.manifest.id or found.day != backup.manifest.day:
        raise BackupDamaged
    if not found.day <= day <= found.day + SHARES_KEPT:
        raise SharesTooOld
    return found, hash_of_bytes(content)


def _write_public(home: Path, backup: Backup, keys: SealedKeys, day: date) -> None:
    """Write what rests as it was, the rows among it. Raises BackupChanged, BackupDamaged."""
    for name in FOLDERS:
        (home / name).mkdir(mode=0o700, exist_ok=True)
    for name in keys.manifest.files:
        if name == DATABASE_NAME:
            # What is opened later is what was held against the hash: the copy, and not a file on another's disk.
            shutil.copyfile(backup.folder / name, home / name)
            (home / name).chmod(0o600)
            if hash_of(home / name) != keys.manifest.files[name]:
                raise BackupChanged
        elif name not in _NOT_COPIED and not _is_roster(name):
            write_new(home / name, _content(backup, keys, name), day)


def _is_roster(name: str) -> bool:
    return name.startswith(f"{ROSTER_FOLDER}/")


def _content(backup: Backup, keys: SealedKeys, name: str) -> bytes:
    """Return a small file of the backup; nothing for one that it does not have. Raises BackupChanged, BackupDamaged."""
    expected = keys.manifest.files.get(name)
    if expected is None:
        return b""
    content = read_content(backup.folder / name)
    if hash_of_bytes(content) != expected:
        raise BackupChanged
    return content


def _write_roster(folder: Path, question: Ask, day: date) -> None:
    write_texts(folder, question.roster)
    for path in (*folder.iterdir(), folder):
        set_day(path, day)


def _write_keys(home: Path, keys: SealedKeys, day: date) -> None:
    write_new(home / "onion" / PUBLIC_KEY_NAME, keys.public_onion, day)
    write_new(home / "onion" / DESK_KEY_NAME, keys.desk_onion, day)
    for name, content in keys.mirror.items():
        (home / MIRROR_FOLDER).mkdir(mode=0o700, exist_ok=True)
        write_new(home / MIRROR_FOLDER / name, content, day)


def _registered(given: Given, keys: SealedKeys) -> list[ErasedCase]:
    """Return what the registers name, that of the backup among them. Raises BackupChanged, BackupDamaged."""
    registers = [_content(given.backup, keys, REGISTER_NAME), *map(read_content, given.registers)]
    return [one for register in registers for one in read_register(register, keys.desk_onion)]
