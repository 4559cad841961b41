"""The home's files: who may read them, that no file is there which nobody knows, and what their times tell.

The kernel keeps four times of each file: read, written, changed, born. What a report could have moved (the database,
its log, the log's index, the slots) gets the time of the heartbeat every ten minutes, so none of the first three may be
older than that. What a visit only reads (the roster's files, the sockets) gets it as the time of reading, with which
the kernel moves that of the change. Nothing may have been born, written or changed by a report elsewhere.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import stat
import struct
import time
from dataclasses import dataclass
from pathlib import Path

from audit.observe.proc import NotSeen
from audit.observe.scene import Scene
from audit.verdict import Inspection

HEARTBEAT_SECONDS = 600
# The intake reads its clock every five seconds, and waits for a filing that is being written.
_SLACK_SECONDS = 60
HEARTBEAT_FILES = ("kallskydd.db", "kallskydd.db-wal", "kallskydd.db-shm", "shred.slots")
_MADE_AT_START = ("kallskydd.db-wal", "kallskydd.db-shm")
_KNOWN = {
    *HEARTBEAT_FILES, "config.toml", "server.pub", "TRIAL", "audit.chain", "upkeep.seen", "restored", "ready.toml",
    "backup.day", "alarm.tried", "before-upgrade", "before-upgrade/kallskydd.db", "before-upgrade/config.toml",
    "before-upgrade/rows.json",
    "roster", "onion", "onion/public.key", "onion/desk.key", "tor", "run", "run/public.sock", "run/desk.sock",
    "run/control.sock", "run/control.authcookie", "run/socks.sock", "run/keeper.json",
    "trial-member", "trial-member/join.toml",
    "trial-member/member.key", "trial-member/passphrase", "trial-member/desk.toml", "trial-member/desk.lock",
    "trial-member/cases.sealed", "trial-member/drafts.sealed",
}  # fmt: skip
# Of a home whose configuration has a mirror, and of no other.
_OF_A_MIRROR = {"run/mirror.sock", "mirror", "mirror/account.pem", "mirror/certificate.pem"}
_ROSTER_ENDINGS = {".toml", ".sig", ".seen"}
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
# Sockets, and the folders on the way to them, may be opened for the group of a system tor.
_FOR_A_SYSTEM_TOR = {"", "run", "run/public.sock", "run/desk.sock", "run/mirror.sock"}
# A draft is put in its place as soon as it is on the disk.
_DRAFT_SECONDS = 0.3
_STATX_BIRTH = 0x800
_NO_FOLLOW = 0x100
_AT_CWD = -100


@dataclass(frozen=True, slots=True)
class Times:
    """Of one file, in seconds since 1970."""

    read: float
    written: float
    changed: float
    born: float | None


def check_permissions(inspection: Inspection, scene: Scene) -> None:
    """Require the owner alone, all the way down; no links; no file that the service does not know."""
    owner = scene.home.stat().st_uid
    try:
        paths = [scene.home, *sorted(scene.home.rglob("*"))]
    except OSError:
        inspection.missed("all of the home")
        return
    open_ones, strange = [], []
    for path in paths:
        name = "" if path == scene.home else str(path.relative_to(scene.home))
        # Tor makes files of its own in its own folder, which is closed.
        if name.startswith("tor/"):
            continue
        with contextlib.suppress(FileNotFoundError):
            state = path.lstat()
            if _is_loose(scene, name, state) or state.st_uid != owner:
                open_ones.append(f"{name or '.'} {stat.filemode(state.st_mode)}")
            if not _is_known(name) and not (scene.has_mirror and name in _OF_A_MIRROR):
                strange.append(name)
    for one in open_ones:
        inspection.found("others may reach {name}", name=one)
    for one in _not_on_their_way(scene, strange):
        inspection.found("nobody knows the file {name} in the home", name=one)
    inspection.saw(
        "{count} files and folders belong to account {owner} alone", count=len(paths) - len(open_ones), owner=owner
    )


def check_times(inspection: Inspection, scene: Scene) -> None:
    """No time of a file is that of a report."""
    now = time.time()
    started = _intake_started(scene)
    if started is None:
        inspection.missed("when the intake was started")
        return
    window = HEARTBEAT_SECONDS + _SLACK_SECONDS
    for name in HEARTBEAT_FILES:
        about = inspection.about(name=name, window=window)
        with about.or_missed("the times of {name}", OSError):
            times = file_times(scene.home / name)
            oldest = max(now - times.written, now - times.changed, now - times.read)
            about.require(oldest <= window, "{name}: read, written and changed {age} s ago at most; the heartbeat"
                   " allows {window} s", age=round(oldest))  # fmt: skip
            if times.born is None:
                about.missed("when {name} was born: the file system does not keep it")
            else:
                fine = times.born <= started + (_SLACK_SECONDS if name in _MADE_AT_START else 0)
                about.require(fine, "{name} was born before the intake started to take reports: {fine}", fine=fine)
    for name in (
        *scene.listeners,
        *sorted(str(path.relative_to(scene.home)) for path in (scene.home / "roster").iterdir()),
    ):
        with contextlib.suppress(FileNotFoundError):  # a draft that is in its place by now
            times = file_times(scene.home / name)
            oldest = max(now - times.changed, now - times.read)
            inspection.require(oldest <= window, "{name}: read {age} s ago at most; the heartbeat allows {window} s",
                        name=name, age=round(oldest), window=window)  # fmt: skip
    for name in ("config.toml", "server.pub", "onion/public.key", "onion/desk.key", *scene.listeners):
        times = file_times(scene.home / name)
        last = times.written if name in scene.listeners else max(times.written, times.changed)
        fine = last <= started + 1
        inspection.require(fine, "{name} has not changed since the intake started: {fine}", name=name, fine=fine)


def file_times(path: Path) -> Times:
    """All four; raises OSError. Python 3.11 does not show the birth, so the kernel is asked."""
    state = path.lstat()
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(256)
    born = None
    if libc.statx(_AT_CWD, os.fsencode(path), _NO_FOLLOW, _STATX_BIRTH, buffer) == 0:
        (mask,) = struct.unpack_from("=I", buffer.raw, 0)
        seconds, nanoseconds = struct.unpack_from("=qI", buffer.raw, 80)
        born = seconds + nanoseconds / 1e9 if mask & _STATX_BIRTH else None
    return Times(state.st_atime, state.st_mtime, state.st_ctime, born)


def _is_known(name: str) -> bool:
    if name == "" or name in _KNOWN:
        return True
    path = Path(name)
    return path.parts[0] == "roster" and len(path.parts) == 2 and path.suffix in _ROSTER_ENDINGS  # noqa: PLR2004


def _is_loose(scene: Scene, name: str, state: os.stat_result) -> bool:
    """Whether others than its owner can reach it, by its mode; a link leads anywhere."""
    loose = state.st_mode & _OTHERS if not stat.S_ISLNK(state.st_mode) else _OTHERS
    if not scene.own_tor and name in _FOR_A_SYSTEM_TOR:
        loose &= ~stat.S_IRWXG
    return bool(loose)


def _not_on_their_way(scene: Scene, strange: list[str]) -> list[str]:
    """Without the drafts that are gone a moment later: a file is written beside the old one and put in its place."""
    if any(_is_draft(name) for name in strange):
        time.sleep(_DRAFT_SECONDS)
    return [name for name in strange if not _is_draft(name) or os.path.lexists(scene.home / name)]


def _is_draft(name: str) -> bool:
    """Whether this is how the roster or a desk names a known file until it is whole."""
    found = re.fullmatch(r"(roster/|trial-member/)\.(.+)\.(new|[0-9a-f]{16})", name)
    return found is not None and _is_known(found[1] + found[2])


def _intake_started(scene: Scene) -> float | None:
    with contextlib.suppress(NotSeen, ValueError):
        return max(process.started() for process in scene.service.intakes)
    return None
