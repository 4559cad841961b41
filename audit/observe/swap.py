"""Where this computer may put memory on a disk, and whether what lands there could be read.

Swap is harmless when there is none, when it is encrypted or memory again (dm-crypt, zram), when the service's memory is
locked, or when its control group may not swap.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from audit.observe.proc import NotSeen
from audit.observe.scene import Scene, entries, text_of
from audit.verdict import Evidence, Verdict


class Harmless(Enum):
    """Why a place of swap does no harm."""

    ENCRYPTED = "swap on {name}: encrypted"
    IN_MEMORY = "swap on {name}: compressed memory"
    FORBIDDEN = "swap on {name}: the service's control group may not swap"
    LOCKED = "swap on {name}: the intake's memory is locked"
    NO = "swap on {name}: readable on a stolen disk"

    def evidence(self, name: str) -> Evidence:
        """As a sentence."""
        return Evidence(Verdict.FINDING if self is Harmless.NO else Verdict.CLEAN, self.value, {"name": name})


@dataclass(frozen=True, slots=True)
class SwapPlace:
    """One line of /proc/swaps."""

    name: str
    harmless: Harmless | None


def swap_places(scene: Scene) -> list[SwapPlace]:
    """Every place of swap that is on."""
    lines = (scene.value("/proc/swaps") or "").splitlines()[1:]
    names = [line.split()[0].encode().decode("unicode_escape") for line in lines if line.strip()]
    everywhere = _for_the_service(scene) if names else None
    return [SwapPlace(name, _by_itself(scene, name) or everywhere) for name in names]


def _by_itself(scene: Scene, name: str) -> Harmless | None:
    device = Path(os.path.realpath(scene.system(name))).name
    block = scene.system(f"/sys/class/block/{device}")
    if device.startswith("zram"):
        # A zram with a backing device writes what is cold to that device.
        backing = scene.value(f"/sys/class/block/{device}/backing_dev") or "none"
        return Harmless.IN_MEMORY if backing == "none" else None
    if not block.exists():
        block = _under_file(scene, name)
    return Harmless.ENCRYPTED if _encrypted(block) else None


def _under_file(scene: Scene, name: str) -> Path:
    try:
        number = scene.system(name).stat().st_dev
    except OSError:
        return scene.system("/nowhere")
    return scene.system(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")


def _encrypted(block: Path) -> bool:
    """Return whether this block device is dm-crypt, or every device below it is."""
    below = entries(block / "slaves", "")
    return text_of(block / "dm" / "uuid").startswith("CRYPT-") or (bool(below) and all(map(_encrypted, below)))


def _for_the_service(scene: Scene) -> Harmless | None:
    if _cgroup_forbids_swap(scene):
        return Harmless.FORBIDDEN
    try:
        statuses = [process.status() for process in scene.service.intakes]
    except NotSeen:
        return None
    kilobytes = [(int(one["VmLck"].split()[0]), int(one["VmSize"].split()[0])) for one in statuses]
    # A few pages, such as the vDSO, belong to the kernel and are never locked.
    locked = bool(kilobytes) and all(held * 10 > size * 9 for held, size in kilobytes)
    return Harmless.LOCKED if locked else None


def _cgroup_forbids_swap(scene: Scene) -> bool:
    """Return whether every intake process is in a cgroup (v2) that has memory.swap.max 0, itself or by an ancestor."""
    for process in scene.service.intakes:
        try:
            lines = process.place("cgroup").read_text().splitlines()
        except OSError:
            return False
        path = next((line[3:] for line in lines if line.startswith("0::")), "/")
        groups = [Path(path), *Path(path).parents]
        limits = [scene.value(f"/sys/fs/cgroup{group}/memory.swap.max") for group in groups]
        if "0" not in limits:
            return False
    return bool(scene.service.intakes)
