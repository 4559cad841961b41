"""A member's private key, and the desk home it lives in.

The key is made on the member's own computer and never leaves it: `enrol` writes `member.key`, sealed under a
passphrase, and `join.toml`, which is public and is what the server and the other members get. The passphrase is asked
for on a terminal or read from a file of the member's choosing; it is never an argument, never printed, never stored.
"""

import contextlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from cases.roster.member import MemberKeys, make_join, new_member_keys, open_member_keys, seal_member_keys
from desk.errors import KeyDamaged, KeyTaken, NoKey, PassphraseExposed, PassphraseRefused, WeakPassphrase
from desk.keep import files
from desk.keep.guessable import why_guessable
from desk.keep.locked_pages import lock_pages_of
from desk.keep.synced import require_not_synced
from trusted.case.errors import CaseError, KeyFileDamaged
from trusted.roster.text import Role

# Four words drawn from a list, or twelve characters: with Argon2id at every try, out of reach for a thief of the file.
PASSPHRASE_MIN_CHARACTERS = 12
OTHERS_MAY_READ = stat.S_IRGRP | stat.S_IROTH


@dataclass(frozen=True, slots=True)
class DeskHome:
    """The folder that holds all state of one member's desk, and what the things in it are called."""

    folder: Path

    @property
    def key(self) -> Path:
        return self.folder / "member.key"

    @property
    def join(self) -> Path:
        return self.folder / "join.toml"

    @property
    def settings(self) -> Path:
        return self.folder / "desk.toml"

    @property
    def case_list(self) -> Path:
        return self.folder / "cases.sealed"

    @property
    def drafts(self) -> Path:
        return self.folder / "drafts.sealed"

    @property
    def roster(self) -> Path:
        return self.folder / "roster"

    @property
    def lock(self) -> Path:
        return self.folder / "desk.lock"

    @property
    def tor(self) -> Path:
        return self.folder / "tor"

    @property
    def bridges(self) -> Path:
        return self.folder / "bridges"

    @property
    def preferences(self) -> Path:
        return self.folder / "preferences.toml"

    @property
    def old_key(self) -> Path:
        """The key file of before a change of the passphrase, until its bytes are overwritten."""
        return self.folder / ".member.key.old"


def default_folder() -> Path:
    """Return where a desk keeps its files on this system; on Windows a folder that does not roam to a server."""
    return platformdirs.user_data_path("kallskydd-desk", appauthor=False, roaming=False)


def enrol(home: DeskHome, name: str, role: Role, label: str, passphrase: str) -> MemberKeys:
    """Make a member's key and public join file. Raises HomeSynced, KeyTaken, WeakPassphrase, RosterFault."""
    require_strong(passphrase)
    require_not_synced(home.folder)
    if home.key.exists():
        raise KeyTaken
    keys = new_member_keys()
    lock_pages_of(keys.sign_seed, keys.box_private)
    join = make_join(keys, name, role, label)
    files.make_folder(home.folder)
    try:
        # The public file first: a crash in between leaves no key that nobody has the public half of.
        files.replace(home.join, join.encode())
        files.write_new(home.key, seal_member_keys(keys, passphrase))
    except FileExistsError as taken:
        raise KeyTaken from taken
    return keys


def require_strong(passphrase: str) -> None:
    """Return if the passphrase is long enough for a file that may be copied, and is none of those that are tried first.

    Raises WeakPassphrase.
    """
    if len(passphrase) < PASSPHRASE_MIN_CHARACTERS:
        raise WeakPassphrase
    if why := why_guessable(passphrase):
        raise WeakPassphrase(why)


def unlock(home: DeskHome, passphrase: str) -> MemberKeys:
    """Return the member's keys. Raises HomeSynced, NoKey, KeyDamaged, PassphraseRefused."""
    require_not_synced(home.folder)
    try:
        sealed = home.key.read_bytes()
    except FileNotFoundError as missing:
        raise NoKey from missing
    try:
        keys = open_member_keys(sealed, passphrase)
    except KeyFileDamaged as damaged:
        raise KeyDamaged from damaged
    except CaseError as wrong:
        raise PassphraseRefused from wrong
    lock_pages_of(keys.sign_seed, keys.box_private)
    # A change of the passphrase that broke off may have left the old file.
    _overwrite_old(home)
    return keys


def change_passphrase(home: DeskHome, old: str, new: str) -> None:
    """Seal the key under a new passphrase: `member.key` is the old file or the new one at every moment.

    The old bytes are overwritten where they lay, as far as file system and disk do that. Raises what `unlock` raises,
    and WeakPassphrase.
    """
    require_strong(new)
    sealed = seal_member_keys(unlock(home, old), new)
    # A second name for the old file, to reach its bytes by. Where a file system has no such names, they stay.
    with contextlib.suppress(OSError):
        os.link(home.key, home.old_key)
    files.replace(home.key, sealed)
    _overwrite_old(home)


def _overwrite_old(home: DeskHome) -> None:
    with contextlib.suppress(FileNotFoundError):
        # Before the link was followed by the new file, both names are the key itself.
        if not home.old_key.samefile(home.key):
            with home.old_key.open("r+b") as file:
                file.write(secrets.token_bytes(home.old_key.stat().st_size))
                file.flush()
                os.fsync(file.fileno())
        home.old_key.unlink()


def read_passphrase_file(path: Path) -> str:
    """Return the first line of the file, without its line break.

    Raises PassphraseExposed, OSError or UnicodeDecodeError.
    """
    # Windows has no such bits and says that everybody may read.
    if os.name == "posix" and path.stat().st_mode & OTHERS_MAY_READ:
        raise PassphraseExposed
    return path.read_text("utf-8").split("\n", 1)[0].rstrip("\r")
