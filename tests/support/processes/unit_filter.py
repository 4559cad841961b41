"""Runs a program under the locks of a systemd unit that a process can be put under without systemd.

    python unit_filter.py UNIT PROGRAM ARGUMENT…

The list of system calls, the families of sockets and the ban on memory that is both written and run are read from the
unit and put on through libseccomp, as systemd does it; the sets (@system-service and the like) are those of the systemd
that is installed. What needs root (an own network, mounts) is not put on.
"""

from __future__ import annotations

import ctypes
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

ALLOW, DENY = 0x7FFF0000, 0x00050000 | 1  # SCMP_ACT_ALLOW; SCMP_ACT_ERRNO(EPERM)
EQUAL, MASKED_EQUAL = 4, 7
WRITE_AND_RUN, RUN = 2 | 4, 4  # PROT_WRITE, PROT_EXEC


class Compared(ctypes.Structure):
    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


def settings(unit: Path) -> dict[str, list[str]]:
    """Every line `Name=value` of a unit, in order."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"(?m)^(\w+)=(.*)$", unit.read_text("utf-8")):
        found.setdefault(name, []).append(value)
    return found


def system_calls(lines: list[str]) -> set[str]:
    """The names that these SystemCallFilter= lines leave allowed."""
    # It would report its own end to the process that waits for the program's start.
    quiet = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
    command = ["systemd-analyze", "syscall-filter"]
    done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=True, timeout=60)
    sets: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=@)", done.stdout):
        name, *members = [line.strip() for line in block.splitlines() if line.strip() and "#" not in line]
        sets[name] = set(members)

    def expand(name: str) -> set[str]:
        return set().union(*map(expand, sets[name])) if name.startswith("@") else {name}

    allowed: set[str] = set()
    for line in lines:
        named = set().union(*map(expand, line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def put_on(unit: Path) -> None:
    """From here on this process, and whatever it becomes, is under the unit's filter."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(DENY)))

    def allow(name: str, *compared: Compared) -> None:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # of another processor
            return
        array = (Compared * max(len(compared), 1))(*compared)
        if library.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, len(compared), array) != 0:
            raise OSError(name)

    lines = settings(unit)
    for name in system_calls(lines["SystemCallFilter"]):
        match name:
            case "socket":
                for family in lines["RestrictAddressFamilies"][0].split():
                    allow(name, Compared(0, EQUAL, getattr(socket, family), 0))
            case "mmap" if lines["MemoryDenyWriteExecute"] == ["yes"]:
                for rights in (0, 2, 4):
                    allow(name, Compared(2, MASKED_EQUAL, WRITE_AND_RUN, rights))
            case "mprotect" | "pkey_mprotect" if lines["MemoryDenyWriteExecute"] == ["yes"]:
                allow(name, Compared(2, MASKED_EQUAL, RUN, 0))
            case _:
                allow(name)
    if library.seccomp_load(context) != 0:
        raise OSError("seccomp_load")


if __name__ == "__main__":
    put_on(Path(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # no shell is the point
