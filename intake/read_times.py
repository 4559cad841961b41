"""Times of reading: what a visit reads outside the store would keep its second.

Every connection moves the time of its socket, and the first visit of a day that of each file of the roster, which is
verified anew then. The heartbeat and the stop give all of them one moment. The time of writing stays, since keeper and
intake see by it that the roster has changed; so the kernel is asked in a form that Python does not have. No time of
anybody's choice is handed over in it either: that would be a finding of the canary.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_SOCKETS: Final = ("public.sock", "desk.sock", "mirror.sock")
# linux/stat.h: instead of a number of nanoseconds, the time of now and the time as it is.
_NOW, _AS_IT_IS = (1 << 30) - 1, (1 << 30) - 2
# linux/fcntl.h: a path from where we are, and a link itself.
_FROM_HERE, _NO_FOLLOW = -100, 0x100


class _Moment(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


_READ_NOW: Final = (_Moment * 2)(_Moment(0, _NOW), _Moment(0, _AS_IT_IS))


def stamp_what_visits_read(home: Path) -> None:
    """Give the roster's files and the sockets the time of now as that of their last reading; never raises."""
    libc = ctypes.CDLL(None)
    paths = [home / "run" / name for name in _SOCKETS]
    with suppress(OSError):
        paths += (home / "roster").iterdir()
    for path in paths:
        # What is gone, or not to be stamped, is looked at by `audit live`.
        libc.utimensat(_FROM_HERE, os.fsencode(path), _READ_NOW, _NO_FOLLOW)
