"""Disks of a rehearsal's server: files behind loop devices, which can be filled, pulled out, and lose their power.

`cryptsetup` is real but for one step (cryptsetup.sh). Header, passphrase, key slots and their erasure are LUKS2's own; to open it would
need device-mapper, which a container reaches nowhere and many test machines lack. So `open` asks the real program whether
the passphrase is right, and then shows the place behind the header as it is: locked and unlocked are real, the
ciphertext is not.
"""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

HEADER_BYTES = 16 * 2**20  # of LUKS2, as cryptsetup makes it
PLAIN = "-plain"
_SHUTDOWN, _NO_FLUSH = 0x8004587D, struct.pack("I", 2)  # linux/ext4.h: EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH


@dataclass
class Disk:
    """One disk. Its bytes are kept while it is in no server."""

    image: Path
    mib: int
    _loops: dict[str, str] = field(default_factory=dict)

    def attach(self, name: str) -> dict[str, str]:
        """Return the device nodes of a server for it, and the device of this computer behind each."""
        if not self._loops:
            if not self.image.exists():
                with self.image.open("wb") as file:
                    file.truncate(self.mib * 2**20)
            self._loops = {"": _loop(self.image), PLAIN: _loop(self.image, f"--offset={HEADER_BYTES}")}
        return {name + suffix: loop for suffix, loop in self._loops.items()}

    def detach(self) -> None:
        """Let go of it; what its devices still held reaches the file."""
        for loop in self._loops.values():
            subprocess.run(["losetup", "--detach", loop], check=True)
        self._loops.clear()

    def numbers(self) -> set[str]:
        """The numbers of its devices, as the kernel's lists of mounts name them."""
        found = [os.stat(loop).st_rdev for loop in self._loops.values()]
        return {f"{os.major(number)}:{os.minor(number)}" for number in found}


def _loop(image: Path, *words: str) -> str:
    made = ["losetup", "--find", "--show", *words, str(image)]
    return subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip()


def cut(mounted: Path) -> None:
    """Take a file system's power: from now on nothing reaches its disk, not even its journal."""
    folder = os.open(mounted, os.O_RDONLY)
    try:
        fcntl.ioctl(folder, _SHUTDOWN, _NO_FLUSH)
    finally:
        os.close(folder)
