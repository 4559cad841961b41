"""
A backup of a home: what goes into the folder, in which order, and to whom its keys are sealed.

Contract. `make_backup` returns what was written, or raises and leaves nothing of its own behind:

1. The members named are of the roster in force, two at least, one of them no counsel.
2. The rows are copied, alone, with the shares that belong to them (copying.py).
3. What is public is copied as it is: the roster, the configuration, the chain of audits, earlier declarations.
4. The shares of case keys are sealed to any two of the members, in a file apart.
5. What rests in the clear in a home and is secret (the keys of both addresses, the salt of the case codes, the mirror's
   account and certificate) is sealed to the same, with the hash of every file of steps 2 to 4: anyone who holds the
   backup later can change a file, and not what it is held against.
6. The manifest comes last, with the same hashes in the clear: a folder without it is no backup.
"""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from cases.audit_chain import CHAIN_NAME
from cases.backup.copying import Copied, copy_store
from cases.backup.errors import BackupExists, TooFewHolders
from cases.backup.files import (
    KEYS_NAME,
    MANIFEST_NAME,
    REGISTER_NAME,
    ROSTER_FOLDER,
    Manifest,
    SealedKeys,
    Shares,
    SharesFile,
    encode,
    hash_of,
    set_day,
    use_of_keys,
    use_of_shares,
    write_new,
)
from cases.backup.register import render_register
from cases.case.restored import RESTORED_NAME
from cases.config import CONFIG_NAME
from cases.home import SERVER_KEY_NAME, TRIAL_MARK, Home
from trusted.case.statements import enough_to_sign
from trusted.crypto.any_two import Holder, seal_to_any_two
from trusted.roster.text import Member, Roster
from trusted.store.db import DATABASE_NAME

ID_BYTES = 16
PUBLIC_KEY_NAME, DESK_KEY_NAME = "public.key", "desk.key"
MIRROR_FOLDER = "mirror"
MIRROR_NAMES = ("account.json", "account.pem", "certificate.pem", "issued.json", "seen.json")
# As they rest; those that a home lacks are left out.
AS_THEY_ARE = (CONFIG_NAME, SERVER_KEY_NAME, CHAIN_NAME, RESTORED_NAME, TRIAL_MARK)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for: where to, to whom, of which day."""

    folder: Path
    shares_file: Path | None
    holders: tuple[Member, ...]
    day: date
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What was written, in numbers."""

    cases: int
    erased: int


def holders_of(roster: Roster | None, untrusted_names: Sequence[str]) -> tuple[Member, ...]:
    """Return the members of these labels or ids; raise TooFewHolders."""
    if roster is None:
        raise TooFewHolders
    wanted = {name.casefold() for name in untrusted_names}
    found = tuple(one for one in roster.members if one.label.casefold() in wanted or one.id in wanted)
    if len(found) != len(wanted) or not enough_to_sign([one.id for one in found], roster):
        raise TooFewHolders
    return found


def make_backup(home: Home, wanted: Wanted) -> Made:
    """Write a backup of the home. Raises BackupFault, StoreFault or OSError, and leaves nothing then."""
    if wanted.shares_file is not None and wanted.shares_file.exists():
        raise BackupExists
    with _new_folder(wanted.folder), contextlib.ExitStack() as undone:
        copied = copy_store(home.path, wanted.folder / DATABASE_NAME)
        set_day(wanted.folder / DATABASE_NAME, wanted.day)
        backup = secrets.token_bytes(ID_BYTES).hex()
        desk_onion = (home.onion / DESK_KEY_NAME).read_bytes()
        write_new(wanted.folder / REGISTER_NAME, render_register(copied.erased, desk_onion), wanted.day)
        _copy_public(home.path, wanted)
        if wanted.shares_file is not None:
            undone.callback(wanted.shares_file.unlink, missing_ok=True)
            _write_shares(wanted, wanted.shares_file, copied, backup)
        manifest = _manifest(home, wanted, backup)
        _write_sealed(home, wanted, copied, manifest)
        _write_manifest(wanted, manifest)
        undone.pop_all()
    return Made(len(copied.shares), len(copied.erased))


def _write_sealed(home: Home, wanted: Wanted, copied: Copied, manifest: Manifest) -> None:
    mirror = home.path / MIRROR_FOLDER
    keys = SealedKeys(
        public_onion=(home.onion / PUBLIC_KEY_NAME).read_bytes(),
        desk_onion=(home.onion / DESK_KEY_NAME).read_bytes(),
        salt=copied.salt,
        mirror={name: (mirror / name).read_bytes() for name in MIRROR_NAMES if (mirror / name).is_file()},
        manifest=manifest,
        shares=None if wanted.shares_file is None else hash_of(wanted.shares_file),
        cases=len(copied.shares),
    )
    sealed = seal_to_any_two(msgspec.json.encode(keys), use_of_keys(manifest.id), _holders(wanted))
    write_new(wanted.folder / KEYS_NAME, encode(sealed), wanted.day)


def _write_shares(wanted: Wanted, path: Path, copied: Copied, backup: str) -> None:
    plain = msgspec.json.encode(Shares(copied.shares))
    sealed = seal_to_any_two(plain, use_of_shares(backup, wanted.day), _holders(wanted))
    write_new(path, encode(SharesFile("kallskydd-shares-1", backup, wanted.day, sealed)), wanted.day)


def _holders(wanted: Wanted) -> list[Holder]:
    return [Holder(member.id_bytes, member.box) for member in wanted.holders]


def _copy_public(home: Path, wanted: Wanted) -> None:
    roster = wanted.folder / ROSTER_FOLDER
    roster.mkdir(mode=0o700)
    names = [name for name in AS_THEY_ARE if (home / name).is_file()]
    names += [f"{ROSTER_FOLDER}/{path.name}" for path in sorted((home / ROSTER_FOLDER).glob("[!.]*"))]
    for name in names:
        write_new(wanted.folder / name, (home / name).read_bytes(), wanted.day)
    set_day(roster, wanted.day)


def _manifest(home: Home, wanted: Wanted, backup: str) -> Manifest:
    """Return what the backup is and has in it so far."""
    paths = sorted(path for path in wanted.folder.rglob("*") if path.is_file())
    return Manifest(
        format="kallskydd-backup-2",
        id=backup,
        day=wanted.day,
        kind="move" if wanted.moved else "backup",
        server=home.server_key.hex(),
        files={path.relative_to(wanted.folder).as_posix(): hash_of(path) for path in paths},
    )


def _write_manifest(wanted: Wanted, manifest: Manifest) -> None:
    whole = manifest.files | {KEYS_NAME: hash_of(wanted.folder / KEYS_NAME)}
    write_new(wanted.folder / MANIFEST_NAME, encode(msgspec.structs.replace(manifest, files=whole)), wanted.day)
    descriptor = os.open(wanted.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    set_day(wanted.folder, wanted.day)


@contextlib.contextmanager
def _new_folder(folder: Path) -> Iterator[None]:
    """Make the folder for its owner alone; take it away again when the block fails. Raises BackupExists."""
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        raise BackupExists from None
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
