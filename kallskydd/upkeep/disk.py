"""Whether the block device under a folder is encrypted, as the kernel's own tables say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_DEVICES = Path("/sys/dev/block")
# What device-mapper calls a LUKS or plain dm-crypt mapping.
_CRYPT = "CRYPT-"


def is_encrypted(folder: Path, devices: Path = _DEVICES) -> bool | None:
    """Return whether dm-crypt lies under a folder; None when nothing can be seen, as for a virtual disk or a share."""
    number = folder.stat().st_dev
    device = devices / f"{os.major(number)}:{os.minor(number)}"
    if not device.exists():
        return None
    return True if any(_is_crypt(one) for one in _with_those_below(device)) else None


def _with_those_below(device: Path) -> Iterator[Path]:
    """Yield a device and the ones it is made of: a logical volume may lie on an encrypted one."""
    yield device
    below = device / "slaves"
    for one in sorted(below.iterdir()) if below.is_dir() else []:
        yield from _with_those_below(one.resolve())


def _is_crypt(device: Path) -> bool:
    try:
        return (device / "dm" / "uuid").read_text("ascii").startswith(_CRYPT)
    except OSError:
        return False
