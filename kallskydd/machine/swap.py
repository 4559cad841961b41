"""Whether memory of this service could land on a disk in the clear, by way of swap.

A swap area is harmless if it is encrypted (dm-crypt) or compressed memory (zram). All of them are if the process's
control group may not swap at all. Locked memory is not enough: mlockall binds what is mapped, and a file in memory
(memfd) is not.
"""

import os
from pathlib import Path
from typing import Final

_ZRAM: Final = "zram"
_ENCRYPTED: Final = "CRYPT-"


def harmful_swap(root: Path = Path("/")) -> tuple[str, ...]:
    """Return the swap areas that could hold this process's memory in the clear; there should be none."""
    return () if _cgroup_forbids_swap(root) else readable_swap(root)


def readable_swap(root: Path = Path("/")) -> tuple[str, ...]:
    """Return the swap areas from which a thief of the disk could read what was written to them."""
    return tuple(name for name in _places(root) if not _harmless(root, name))


def _places(root: Path) -> list[str]:
    try:
        lines = (root / "proc/swaps").read_text().splitlines()[1:]
    except OSError:  # a kernel built without swap
        return []
    # The kernel writes spaces in names as octal escapes.
    return [line.split()[0].encode().decode("unicode_escape") for line in lines if line.strip()]


def _harmless(root: Path, name: str) -> bool:
    device = Path(os.path.realpath(root / name.lstrip("/"))).name
    block = root / "sys/class/block" / device
    if device.startswith(_ZRAM):
        # zram can write cold pages back to a device; then they are no longer only in memory.
        return _read(block / "backing_dev") in {"none", ""}
    if not block.exists():  # a file: what counts is the device it lies on
        try:
            number = (root / name.lstrip("/")).stat().st_dev
        except OSError:
            return False
        block = root / "sys/dev/block" / f"{os.major(number)}:{os.minor(number)}"
    return _on_crypt(block)


def _on_crypt(block: Path) -> bool:
    """Return whether this device is dm-crypt, or everything that it lies on is."""
    if _read(block / "dm/uuid").startswith(_ENCRYPTED):
        return True
    try:
        below = list((block / "slaves").iterdir())
    except OSError:
        return False
    return bool(below) and all(_on_crypt(one) for one in below)


def _cgroup_forbids_swap(root: Path) -> bool:
    """Return whether the cgroup (v2) of this process, or an ancestor, has memory.swap.max 0."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        if line.startswith("0::"):
            group = Path(line[3:])
            limits = [_read(root / f"sys/fs/cgroup{one}" / "memory.swap.max") for one in (group, *group.parents)]
            return "0" in limits
    return False


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
