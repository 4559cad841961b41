"""Access times (atime): without this, files that a visit reads outside the store would record its second.

Every connection updates the atime of its socket, and the first visit of a day that of every file of the roster, which
is verified again then, and of the folder around them, which is listed for it. The heartbeat and the end of the intake
set all of them to the same moment. The modification time stays, because keeper and intake see by it that the roster has
changed: that takes UTIME_OMIT, which `os.utime` does not offer. UTIME_NOW leaves the time to the kernel; a call that
passes a time of its own is a canary finding.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_SOCKETS: Final = ("public.sock", "desk.sock", "mirror.sock")
# linux/stat.h: in the place of nanoseconds, the current time, and no change.
_UTIME_NOW, _UTIME_OMIT = (1 << 30) - 1, (1 << 30) - 2
# linux/fcntl.h
_AT_FDCWD, _AT_SYMLINK_NOFOLLOW = -100, 0x100


class _Timespec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


_ACCESS_TIME_ONLY: Final = (_Timespec * 2)(_Timespec(0, _UTIME_NOW), _Timespec(0, _UTIME_OMIT))


def set_access_times_to_now(home: Path) -> None:
    """Set the access times of the roster, its files and the sockets to now; never raises."""
    libc = ctypes.CDLL(None)
    paths = [home / "run" / name for name in _SOCKETS]
    with suppress(OSError):
        paths += (home / "roster").iterdir()
    # After its files are listed, which is what a visit does to it, too.
    paths.append(home / "roster")
    for path in paths:
        # A failure is ignored here: `audit live` checks the times.
        libc.utimensat(_AT_FDCWD, os.fsencode(path), _ACCESS_TIME_ONLY, _AT_SYMLINK_NOFOLLOW)
