"""Which copy-on-write or log-structured file system a folder lies on, asked of the kernel.

`statfs` names the kind by a number; Python's `os.statvfs` leaves it out. The numbers are those of linux/magic.h and,
for ZFS and bcachefs, of their own sources. XFS and ext4 write in place.
"""

import ctypes
import os
from pathlib import Path
from typing import Final

COPYING: Final = {
    0x9123683E: "Btrfs",
    0x2FC12FC1: "ZFS",
    0xCA451A4E: "bcachefs",
    0xF2F52010: "F2FS",
    0x3434: "NILFS2",
}
# struct statfs is 120 bytes on x86-64 and arm64, and begins with the kind, as a long.
_STATFS_BYTES: Final = 256


def file_system_of(folder: Path) -> str | None:
    """Return the name of the copy-on-write file system of a folder that exists, or None. Raises OSError."""
    answer = ctypes.create_string_buffer(_STATFS_BYTES)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.statfs(os.fsencode(folder), answer) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return COPYING.get(kind_in(answer.raw))


def kind_in(statfs: bytes) -> int:
    """Return the kind that a `struct statfs` names."""
    return int(ctypes.c_long.from_buffer_copy(statfs).value) & 0xFFFFFFFF
