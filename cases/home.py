"""
The home: the one folder that holds all state of a service, who may look into it, and who has it.

`create_home` makes every folder it needs with mode 0700, all levels of them (`os.makedirs` would give the mode to the
last level only). `read_home` checks what it finds and reads the configuration; `hold_home` does so while holding a
lock, which is how the keeper makes sure that it is the only one. The lock is the kernel's, on the folder itself: it
leaves no file and ends with the process, however that ends.

A home is a trial from its first day or never: the configuration says so and a file made at creation says so, and a
home in which the two differ is refused. Otherwise one edited line would turn the keys of a trial into those of a real
service.

HomeFault                220  the base; `what` and `to_do` are sentences for the operator
├── HomeExists           222  there is something in the folder already
├── HomeMissing          223  there is no home, or the making of it was interrupted
├── HomeIsOpen           224  somebody else on this computer may read or write it
├── HomeIsHeld           225  another keeper has it
├── HomeChangedKind      226  a trial home made real, or a real one made a trial
├── HomeMoved            228  it was moved to another host, and is closed for good
└── CopiesOnWrite        229  the file system keeps what is overwritten

Sentences name our own files and folders, never where the home lies and nothing of any case.
"""

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from cases.config import CONFIG_NAME, Config, ConfigFault, load_config, parse_config
from trusted.case.errors import CaseError, StoreFault
from trusted.store.db import DATABASE_NAME, SLOTS_NAME

__all__ = [
    "ConfigFault",
    "Home",
    "HomeFault",
    "as_declared",
    "as_trial",
    "close_for_good",
    "create_home",
    "hold_home",
    "lock_home",
    "make_private_folders",
    "read_home",
    "read_home_to_move",
]

# roster: the signed chain. onion: the keys of both addresses. tor: tor's own. run: sockets.
FOLDERS = ("roster", "onion", "tor", "run")
TRIAL_MARK = "TRIAL"
MOVED_MARK = "MOVED"
SERVER_KEY_NAME = "server.pub"
_LOST = {DATABASE_NAME: "store.unreadable", SLOTS_NAME: "store.slots_damaged"}
KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# The home itself, and the folder of sockets.
_WAY_TO_SOCKETS = ("", "run")


class HomeFault(CaseError):
    """The home cannot be used: one sentence of what, one of what to do."""

    code = 220
    text_key = "home.fault"
    what = "The home cannot be used."
    to_do = "Look at what is in the folder."

    def __init__(self, what: str | None = None, to_do: str | None = None) -> None:
        """Keep sentences of our own in the place of the class's."""
        super().__init__()
        self.what = what or self.what
        self.to_do = to_do or self.to_do

    def __str__(self) -> str:
        return f"{self.what} {self.to_do}"


class HomeExists(HomeFault):
    """There is something in the folder already."""

    code = 222
    text_key = "home.exists"
    what = "The folder for the new home is not empty."
    to_do = "Name an empty folder or one that does not exist yet; an old home is never overwritten."


class HomeMissing(HomeFault):
    """There is no home, or not a whole one."""

    code = 223
    text_key = "home.missing"
    what = "There is no home in this folder, or its making was interrupted."
    to_do = "Make one with `kallskydd init`; remove what an interrupted one left first."


class HomeIsOpen(HomeFault):
    """Others on this computer can get at it."""

    code = 224
    text_key = "home.open"


class HomeIsHeld(HomeFault):
    """Another process holds the lock."""

    code = 225
    text_key = "home.held"
    what = "Another keeper is running on this home."
    to_do = "Stop it first; two at a time would destroy each other's work."


class HomeChangedKind(HomeFault):
    """The configuration and the mark made at creation disagree."""

    code = 226
    text_key = "home.changed_kind"


class HomeMoved(HomeFault):
    """The service was moved to another host."""

    code = 228
    text_key = "home.moved"
    what = "The service was moved from this home to another host, and this one is closed for good."
    to_do = "Serve it there. When it answers, destroy this home as docs/operating/bad-day.md says."


class CopiesOnWrite(HomeFault):
    """The file system on which a home would lie keeps what is overwritten."""

    code = 229
    text_key = "home.copies_on_write"


@dataclass(frozen=True, slots=True)
class Home:
    """A home that has been checked."""

    path: Path
    config: Config
    # The public key of the desk's onion address, which every roster and every desk's signature names.
    server_key: bytes

    @property
    def trial(self) -> bool:
        """Whether everything in it is a trial."""
        return self.config.trial

    @property
    def roster(self) -> Path:
        """The folder of the roster chain."""
        return self.path / "roster"

    @property
    def onion(self) -> Path:
        """The folder of the onion keys."""
        return self.path / "onion"

    @property
    def tor(self) -> Path:
        """The folder of tor's own."""
        return self.path / "tor"

    @property
    def run(self) -> Path:
        """The folder of sockets."""
        return self.path / "run"


def create_home(path: Path, config_text: str, *, trial: bool, server_key: bytes) -> bytes:
    """
    Make a home; returns its id, which the first roster names. Raises HomeExists, HomeChangedKind or ConfigFault.

    The configuration comes last: a home without one is half made, and nothing will use it.
    """
    # A keeper reads homes and makes none: it is the smaller by the store.
    from trusted.store.store import Store  # noqa: PLC0415

    config = parse_config(config_text)
    if config.trial is not trial:
        raise _changed_kind(trial=trial)
    if len(server_key) != KEY_BYTES:
        raise HomeFault
    make_private_folders(path)
    if any(path.iterdir()):
        raise HomeExists
    for name in FOLDERS:
        (path / name).mkdir(mode=0o700)
    home_id = Store.create(path)
    _write_new(path / SERVER_KEY_NAME, f"{server_key.hex()}\n")
    if trial:
        _write_new(path / TRIAL_MARK, "Everything in this home is a trial. It was made so and stays so.\n")
    _write_new(path / CONFIG_NAME, config_text)
    _sync_folder(path)
    return home_id


def as_trial(config_text: str) -> str:
    """Return the text of a configuration with `trial = true`, comments and all else as they were."""
    return _with_true("trial", config_text)


def as_declared(config_text: str) -> str:
    """Return the text of a configuration in which the operator declares to be no member."""
    return _with_true("operator_is_no_member", config_text)


def _with_true(key: str, config_text: str) -> str:
    changed, count = re.subn(rf"(?m)^{key}\s*=\s*(?:true|false)", f"{key} = true", config_text, count=1)
    # A bare key must stand before the first table.
    return changed if count else f"{key} = true\n{config_text}"


def read_home(path: Path) -> Home:
    """Check a home and read its configuration; raises a HomeFault, a ConfigFault, StoreFault if its store is gone."""
    if (path / MOVED_MARK).exists():
        raise HomeMoved
    return read_home_to_move(path)


def read_home_to_move(path: Path) -> Home:
    """Read a home as `read_home` does, also one that is closed already: a move that broke off is taken up again."""
    if not (path / CONFIG_NAME).is_file():
        raise HomeMissing
    config = load_config(path / CONFIG_NAME)
    _require_private(path, system_tor=config.tor.control_socket is not None)
    if (path / TRIAL_MARK).exists() is not config.trial:
        raise _changed_kind(trial=not config.trial)
    try:
        server_key = bytes.fromhex((path / SERVER_KEY_NAME).read_text("ascii"))
    except (OSError, ValueError):
        raise HomeMissing from None
    if len(server_key) != KEY_BYTES:
        raise HomeMissing
    return Home(path, config, server_key)


@contextlib.contextmanager
def hold_home(path: Path, read: Callable[[Path], Home] = read_home) -> Iterator[Home]:
    """Check a home and hold it as its only keeper until the block ends; raises HomeIsHeld, HomeFault or ConfigFault."""
    home = read(path)
    with lock_home(path):
        yield home


@contextlib.contextmanager
def lock_home(path: Path) -> Iterator[None]:
    """Hold a folder as its only keeper, unread: it may be of an earlier version. Raises HomeIsHeld or HomeMissing."""
    # O_CLOEXEC: the lock belongs to the open folder, and a child that inherited it would keep it after we are gone.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise HomeMissing from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise HomeIsHeld from None
        yield
    finally:
        os.close(descriptor)


def is_held(path: Path) -> bool:
    """Whether a keeper holds this home now. Raises HomeMissing."""
    try:
        with lock_home(path):
            return False
    except HomeIsHeld:
        return True


def close_for_good(home: Home) -> None:
    """Mark a home as moved: from now on `read_home` refuses it, also after a power cut. The caller holds it."""
    if not (home.path / MOVED_MARK).exists():
        _write_new(home.path / MOVED_MARK, "The service was moved to another host. This home is closed for good.\n")
        _sync_folder(home.path)


def make_private_folders(path: Path) -> None:
    """Make every level that is missing, each for its owner alone. Raises HomeIsOpen for one that others reach."""
    missing = [level for level in (path, *path.parents) if not level.exists()]
    for level in reversed(missing):
        level.mkdir(mode=0o700)
    state = path.stat()
    if state.st_uid != os.geteuid():
        raise HomeIsOpen("The folder for the new home belongs to somebody else.", "Name a folder of your own.")
    if state.st_mode & _OTHERS:
        raise _open_to_others("The folder for the new home")


def _require_private(path: Path, *, system_tor: bool) -> None:
    """Raise unless the home and what it is made of are the owner's alone.

    A system tor runs as another user and must get to the sockets in `run`: with one, its group may pass through, and
    do nothing else.
    """
    for name in ("", *FOLDERS, DATABASE_NAME, SLOTS_NAME, CONFIG_NAME, SERVER_KEY_NAME):
        part = path / name if name else path
        try:
            state = part.lstat()
        except OSError:
            # The configuration is what a making writes last: the home was whole once, and what is missing was in it.
            if name in _LOST:
                raise StoreFault(_LOST[name]) from None
            raise HomeMissing from None
        label = f"`{name}` in the home" if name else "The home"
        if stat.S_ISLNK(state.st_mode):
            raise HomeIsOpen(f"{label} is a symbolic link.", "Put the thing itself there.")
        if state.st_uid != os.geteuid():
            raise HomeIsOpen(f"{label} belongs to somebody else.", "Run the service as the one who owns the home.")
        passing = stat.S_IXGRP if system_tor and name in _WAY_TO_SOCKETS else 0
        if state.st_mode & _OTHERS & ~passing:
            raise _open_to_others(label)


def _open_to_others(label: str) -> HomeIsOpen:
    return HomeIsOpen(
        f"{label} can be reached by others on this computer.", "Take their rights away with `chmod -R go= HOME`."
    )


def _changed_kind(*, trial: bool) -> HomeChangedKind:
    if trial:
        return HomeChangedKind(
            "This home was made as a trial, and `trial` in its configuration is not true.",
            "Set it back; for a real service make a new home, with new keys.",
        )
    return HomeChangedKind(
        "This home was made for real reports, and `trial` in its configuration is true.",
        "Set it back; for a trial make a home of its own.",
    )


def _write_new(path: Path, text: str) -> None:
    """Write a file that did not exist, for its owner alone, and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Write the folder too: only then is a new file on the disk for good."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
