"""What lies under the home: nothing there may keep what is overwritten, or carry it in the clear to another machine.

From the file system down: its kind; each block device below it, by the kernel's tables; programs that copy the database
as it changes. What a virtual machine's host keeps cannot be seen from inside it: `kallskydd ready` asks.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.live.checks.system import program_names
from audit.observe.scene import Scene, entries, text_of
from audit.verdict import Inspection, listed

# linux/magic.h; ZFS and bcachefs: their own sources. Each writes a change beside the old block, and keeps both.
_COPYING = {
    0x9123683E: "Btrfs", 0x2FC12FC1: "ZFS", 0xCA451A4E: "bcachefs", 0xF2F52010: "F2FS", 0x3434: "NILFS2",
}  # fmt: skip
_STATFS_BYTES = 256
# How LVM names the parts of a volume that has a snapshot, is one, or lies in a pool that shares blocks.
_SNAPSHOT_PARTS = ("-real", "-cow", "-tpool", "_tdata")
# Block devices whose other side, or one of them, is another machine.
_MIRRORS = ("drbd", "nbd", "rbd")
_ZFS_VOLUME = "zd"
_CRYPT = "CRYPT-"
_COPIERS = {"litestream"}
_COPIERS_FILES = (".kallskydd.db-litestream", "kallskydd.db-litestream")
_COPIERS_CONFIGURATION = "/etc/litestream.yml"


@dataclass(frozen=True, slots=True)
class _Device:
    """A block device under the home, and whether dm-crypt lies between it and the home."""

    name: str
    dm_name: str
    closed: bool


def check_disk(inspection: Inspection, scene: Scene) -> None:
    """Nothing under the home keeps what is overwritten, copies it as it changes, or carries it away in the clear."""
    kind = _COPYING.get(_kind_of(scene.home))
    if kind is None:
        inspection.saw("the home's file system is none that is known to keep what is overwritten")
    else:
        inspection.found("the home lies on {kind}, which keeps what is overwritten", kind=kind)
    _devices(inspection, scene)
    _copiers(inspection, scene)


def _devices(inspection: Inspection, scene: Scene) -> None:
    number = scene.home.stat().st_dev
    top = scene.system(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    if not top.exists():
        if scene.trial:
            inspection.saw("what the home's file system lies on cannot be seen; enough for a trial")
        else:
            inspection.missed("what the home's file system lies on")
        return
    devices = list(_below(top, closed=False))
    inspection.saw("under the home: {devices}", devices=listed([device.name for device in devices]))
    for device in devices:
        if device.dm_name.endswith(_SNAPSHOT_PARTS):
            inspection.found("{name} is part of a snapshot, or of a pool that shares blocks", name=device.dm_name)
        if device.name.startswith(_ZFS_VOLUME):
            inspection.found("{name} is a volume of ZFS, which keeps what is overwritten", name=device.name)
        if device.name.startswith(_MIRRORS):
            inspection.require(
                device.closed, "{name} leads to another machine; what it carries is encrypted above it: {closed}",
                name=device.name, closed=device.closed,
            )  # fmt: skip


def _copiers(inspection: Inspection, scene: Scene) -> None:
    running = sorted(_COPIERS & program_names())
    left = [name for name in _COPIERS_FILES if (scene.home / name).exists()]
    told = str(scene.home) in (scene.value(_COPIERS_CONFIGURATION) or "")
    inspection.require(
        not running and not left and not told,
        "programs that copy the database as it changes, and keep what was erased: {names}",
        names=listed([*running, *left, *([_COPIERS_CONFIGURATION] if told else [])]) or "0",
    )


def _below(device: Path, *, closed: bool) -> Iterator[_Device]:
    """Yield a device and those that it is made of."""
    closed = closed or text_of(device / "dm" / "uuid").startswith(_CRYPT)
    yield _Device(Path(os.path.realpath(device)).name, text_of(device / "dm" / "name").strip(), closed)
    for one in entries(device / "slaves", ""):
        yield from _below(one, closed=closed)


def _kind_of(folder: Path) -> int:
    """Return the number of a file system's kind; Python's own `statvfs` leaves it out. Raises OSError."""
    answer = ctypes.create_string_buffer(_STATFS_BYTES)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statfs(os.fsencode(folder), answer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(ctypes.c_long.from_buffer_copy(answer.raw).value) & 0xFFFFFFFF
