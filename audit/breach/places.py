"""What there is to steal: files, sockets and processes of each tenant, of tor and of the publisher, found as root."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from audit.breach.gains import Gain
from audit.observe.proc import NotSeen, everything
from audit.observe.scene import TRIAL_MARK

HOST_FOLDER: Final = "var/lib/kallskydd-host"
_TOR_FOLDERS: Final = ("run/kallskydd-tor", "var/lib/kallskydd-tor")
# Where tor brings a tenant's visitors, and where its keeper asks the publisher: folders of root's and the publisher's.
_SOCKET_FOLDERS: Final = ("run/kallskydd-host", "run/kallskydd-publisher")
# By the path below a tenant's folder, its home or tor's; the first that fits. `*` is any part of it.
_FILES: Final = (
    ("*kallskydd.db*", Gain.CASES),
    ("*shred.slots", Gain.SHARES),
    ("*onion/*.key", Gain.ADDRESS_KEYS),
    ("*mirror/*.pem", Gain.CERTIFICATE),
    ("*trial-member/member.key", Gain.MEMBER_KEYS),
    ("*trial-member/passphrase", Gain.MEMBER_KEYS),
    ("*cookie", Gain.TOR_FILES),
    ("*tor/*", Gain.TOR_FILES),
    ("*", Gain.SETTINGS),
)
_SOCKETS: Final = {
    "public.sock": Gain.PAGES, "mirror.sock": Gain.PAGES, "desk.sock": Gain.DESK_DOOR, "control.sock": Gain.STEER_TOR,
    "control": Gain.STEER_TOR, "ask": Gain.PUBLISH,
    # The way to the network, and to nobody's pages.
    "socks": Gain.EXISTS, "socks.sock": Gain.EXISTS,
}  # fmt: skip
# What a file in the clear begins with, wherever it lies: for backups, whose files have other names.
_BEGINNINGS: Final = (
    (b"== ed25519v1-secret", Gain.ADDRESS_KEYS),
    (b"-----BEGIN PRIVATE KEY", Gain.CERTIFICATE),
    (b"-----BEGIN EC PRIVATE KEY", Gain.CERTIFICATE),
    (b'{"format":"kallskydd-member', Gain.MEMBER_KEYS),
    (b"SQLite format 3", Gain.CASES),
)


@dataclass(frozen=True, slots=True)
class Target:
    """One file, folder or socket, and what it gives; a folder gives the names in it."""

    path: str
    gain: Gain
    mode: int
    size: int


@dataclass(frozen=True, slots=True)
class OwnedPaths:
    """All that belongs to one: a tenant by its name, or tor. `owner` is the account's number."""

    name: str
    owner: int
    folders: tuple[Path, ...]
    things: tuple[Target, ...]
    pids: tuple[int, ...]
    trial: bool = False


def tenant_at(name: str, folder: Path, root: Path) -> OwnedPaths:
    """Return what belongs to a tenant, or to a home that is alone. Raises OSError."""
    owner = folder.stat().st_uid
    sockets = [
        thing
        for place in _SOCKET_FOLDERS
        for thing in _things(root / place / name)
        if stat.S_ISSOCK(thing.mode) and thing.gain is not Gain.EXISTS
    ]
    things = (*_things(folder), *sockets)
    trial = any((one / TRIAL_MARK).exists() for one in (folder, folder / "home"))
    return OwnedPaths(name, owner, (folder,), things, tuple(_processes(owner)), trial)


def tor_at(root: Path, owner: int) -> OwnedPaths:
    """Return what belongs to the tor that has a unit of its own."""
    folders = tuple(root / name for name in _TOR_FOLDERS if (root / name).is_dir())
    things = tuple(_as_tors(thing) for one in folders for thing in _things(one))
    return OwnedPaths("tor", owner, folders, things, tuple(_processes(owner)))


def publisher_at(root: Path, owner: int) -> OwnedPaths:
    """Return the publisher's own folder and processes. The sockets in the folder are each tenant's way to it."""
    folder = root / _SOCKET_FOLDERS[1]
    folders = (folder,) if folder.is_dir() else ()
    things = tuple(thing for one in folders for thing in _things(one) if thing.path == str(one))
    return OwnedPaths("publisher", owner, folders, things, tuple(_processes(owner)))


def in_clear(path: Path) -> Gain | None:
    """Return what a file of a backup holds in the clear, by its first bytes and its name. Raises OSError."""
    if path.name == "shred.slots":
        return Gain.SHARES
    with path.open("rb") as file:
        begin = file.read(64)
    return next((gain for start, gain in _BEGINNINGS if begin.startswith(start)), None)


def _things(folder: Path) -> Iterator[Target]:
    for place, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            path = os.path.normpath(f"{place}/{name}")
            if name in folders:  # it comes again as a place of its own
                continue
            with suppress(FileNotFoundError):
                state = os.lstat(path)
                yield Target(path, _gain(path, folder, state), state.st_mode, state.st_size)


def _gain(path: str, folder: Path, state: os.stat_result) -> Gain:
    if stat.S_ISDIR(state.st_mode):
        return Gain.NAMES
    if stat.S_ISSOCK(state.st_mode):
        return _SOCKETS.get(Path(path).name, Gain.PAGES)
    below = str(Path(path).relative_to(folder))
    return next(gain for pattern, gain in _FILES if fnmatch(below, pattern))


def _as_tors(thing: Target) -> Target:
    gain = Gain.TOR_FILES if stat.S_ISREG(thing.mode) else thing.gain
    return Target(thing.path, gain, thing.mode, thing.size)


def _processes(owner: int) -> Iterator[int]:
    """Yield the processes of an account; root's are the whole machine's and nobody's own."""
    for process in everything() if owner else ():
        with suppress(NotSeen, LookupError):
            if int(process.status()["Uid"].split()[0]) == owner:
                yield process.pid
