"""Another hour of the day for one of the runs: the same installed program, whose Python reads a clock that is moved.

What depends on the hour is the same in two runs that start seconds apart. So one of them is started by an interpreter
whose clock is moved, and the others by one whose clock goes on at the end (`audit.canary.later`). Each has an
environment of its own that finds every module where the examined interpreter finds it, and first of all reads a file
that moves what `time` and `datetime` say, and the clock that the service hands to its parts. What asks the kernel by
itself, and the times of files, stay as they are.

The clock of the service is moved within one part of its day, so that the days in both runs are the same. What others
say, by which intake and zygotes do nothing, is moved besides, in each second by another number of days and parts of
one: so reports of one kind come at all times of a day and on all days of a week.
"""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.canary.disturbed import ZONE, part_of_the_day
from audit.canary.drawn import hook
from audit.canary.memory import HOOK, PAGE_BYTES
from audit.fault import make_environment, own_packages, packages_of

# Whole rounds of a byte that counts seconds: one that reads the clock by itself keeps its distance from ours.
_SHIFTS_SECONDS = tuple(sign * rounds * 256 for rounds in (74, 38, 16, 8, 5) for sign in (1, -1))
# For what does not ask the service's clock: as many times this as the second says, of eight. A day and fifteen hours:
# of two seconds in a row most lie in different halves of a day.
_MORE_SECONDS, _TIMES_MORE = 548 * 256, 8
_RUN_SECONDS = 600
_ASK = """
import importlib.util, json, pathlib, sys
found = [importlib.util.find_spec(name) for name in sys.argv[1:]]
places = [one.submodule_search_locations for one in found if one]
print(json.dumps([*(str(pathlib.Path(place[0]).parent) for place in places if place), *sys.path]))
"""
# What the examined interpreter reads first. Its intake has a number mapped by which its clock goes on while it runs:
# once it is confined it opens no file, and asking for the time makes no call.
_HOOK = """\
import ctypes
import datetime
import os
import sys
import time
import types

import trusted.case.clock
import msgspec.toml

# The keeper waits for tor by this clock.
_SHIFT, _MORE = {shift}, 0 if "kallskydd" in sys.orig_argv else {more}
_PAGE, _READ_AND_WRITE, _MAP_SHARED = 4096, 3, 1


def _mapped(path):
    libc = ctypes.CDLL(None)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    place = libc.mmap(None, _PAGE, _READ_AND_WRITE, _MAP_SHARED, descriptor, 0)
    os.close(descriptor)
    return place


_LATER = _mapped({later!r}) if "intake" in sys.orig_argv else None


{asked}

def _moved():
    if _LATER:
        _answer()
    return _SHIFT + (int.from_bytes(ctypes.string_at(_LATER, 8), "little") if _LATER else 0)


_time, _time_ns, _gmtime, _localtime = time.time, time.time_ns, time.gmtime, time.localtime
_utc_now = trusted.case.clock.utc_now
time.time = lambda: _time() + _moved() + int(_time()) % {times} * _MORE
time.time_ns = lambda: _time_ns() + (_moved() + int(_time()) % {times} * _MORE) * 10**9
time.gmtime = lambda seconds=None: _gmtime(time.time() if seconds is None else seconds)
time.localtime = lambda seconds=None: _localtime(time.time() if seconds is None else seconds)
trusted.case.clock.utc_now = lambda: _utc_now() + datetime.timedelta(seconds=_moved())
_strftime, _asctime, _clock_gettime, _clock_gettime_ns = (
    time.strftime, time.asctime, time.clock_gettime, time.clock_gettime_ns
)
_WALL = {{time.CLOCK_REALTIME, getattr(time, "CLOCK_REALTIME_COARSE", 5)}}
time.strftime = lambda form, moment=None: _strftime(form, time.localtime() if moment is None else moment)
time.asctime = lambda moment=None: _asctime(time.localtime() if moment is None else moment)
time.ctime = lambda seconds=None: _asctime(time.localtime(seconds))
time.clock_gettime = lambda clock: time.time() if clock in _WALL else _clock_gettime(clock)
time.clock_gettime_ns = lambda clock: time.time_ns() if clock in _WALL else _clock_gettime_ns(clock)
_datetime = datetime.datetime


class _Kind(type):
    def __instancecheck__(cls, one):
        return isinstance(one, _datetime)

    def __subclasscheck__(cls, one):
        return issubclass(one, _datetime)


class _Moved(_datetime, metaclass=_Kind):
    # The class itself reads the clock of the kernel; what it makes is as before.
    @classmethod
    def now(cls, tz=None):
        return _datetime.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls):
        return _datetime.fromtimestamp(time.time(), datetime.UTC).replace(tzinfo=None)


if _MORE:
    # It hands the classes on to a part in C, which takes only Python's own.
    msgspec.toml._datetime = types.SimpleNamespace(datetime=_datetime, date=datetime.date, time=datetime.time)
    datetime.datetime = _Moved
"""


def another_hour(now: datetime | None = None) -> int:
    """By how many seconds to move the clock, so that it is another hour of the same part of the day; 0 for none."""
    here = (now or datetime.now(UTC)).astimezone(ZONE)
    for shift in _SHIFTS_SECONDS:
        # With room for the run itself.
        ends = [here + timedelta(seconds=shift + more) for more in (0, _RUN_SECONDS)]
        if len({part_of_the_day(one.timestamp()) for one in (here, *ends)}) == 1:
            return shift
    return 0


def interpreter_with_clock(python: Path, folder: Path, shift: int, key: bytes = b"") -> Path:
    """Make the environment; returns its interpreter. Without a key its clock can be moved on, and nothing else."""
    asked = subprocess.run(
        [str(python), "-I", "-c", _ASK, *own_packages()], capture_output=True, text=True, check=True, timeout=60
    )
    paths = list(dict.fromkeys(json.loads(asked.stdout)))
    packages = packages_of(folder)
    packages.mkdir(parents=True)
    later = folder / "later"
    later.write_bytes(bytes(PAGE_BYTES))
    told = _HOOK.format(shift=shift, more=_MORE_SECONDS if key else 0, times=_TIMES_MORE, later=str(later), asked=HOOK)
    (packages / "another_hour.py").write_text(told, "utf-8")
    (packages / "known_draws.py").write_text(hook(key) if key else "", "utf-8")
    return make_environment(folder, python, paths, "import known_draws", "import another_hour")
