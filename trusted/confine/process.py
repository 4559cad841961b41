"""Single locks that are neither Landlock nor seccomp: privileges, memory, limits, threads, sockets."""

import os
import resource
import socket
import stat
import struct
from pathlib import Path
from typing import Final

from trusted.confine.syscalls import mlockall, prctl, syscall

# Operations of prctl (linux/prctl.h).
_SET_PDEATHSIG, _GET_DUMPABLE, _SET_DUMPABLE = 1, 3, 4
_GET_SECCOMP, _SET_NO_NEW_PRIVS, _GET_NO_NEW_PRIVS = 21, 38, 39
_SIGKILL: Final = 9
# Flags of mlockall: what is mapped now, what will be, and each page only once it is touched (a thread's stack of
# 8 MiB would otherwise be filled in whole).
_LOCK_CURRENT_FUTURE_ONFAULT: Final = 1 | 2 | 4
_CAP_DAC_READ_SEARCH, _CAP_IPC_LOCK = 2, 14
_CAPABILITIES_VERSION_3: Final = 0x20080522  # linux/capability.h: 64 capabilities, in two halves
# The user that owns nothing, by convention of every distribution ("nobody").
_NOBODY: Final = 65534
_CODE_OF_THE_KERNEL: Final = (["[vdso]"], ["[vsyscall]"])


class StrayCode(Exception):
    """Memory that can be run is of no file of the system or the installation."""


class MoreThanOneThread(Exception):
    """Landlock binds only the calling thread: a lock put on now would leave another thread free."""


class StraySocket(Exception):
    """The process holds a socket of another kind than it is meant to: through it something could be sent unseen."""


def no_new_privileges() -> None:
    # Without it an unprivileged process may not install a filter, and a set-uid program could shed the locks.
    prctl(_SET_NO_NEW_PRIVS, 1)


def has_no_new_privileges() -> bool:
    return prctl(_GET_NO_NEW_PRIVS) == 1


def make_undumpable() -> None:
    # Closes /proc/PID/mem, maps, fd and environ to other processes of the same owner, ptrace too, and core dumps.
    prctl(_SET_DUMPABLE, 0)


def is_dumpable() -> bool:
    return prctl(_GET_DUMPABLE) != 0


def seccomp_mode() -> int:
    """Return the kernel's seccomp mode: 0 none, 2 a filter."""
    return prctl(_GET_SECCOMP)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends; exit now if that has happened already."""
    prctl(_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def set_limit(which: int, most: int) -> None:
    """Set soft and hard limit; a hard limit that is lower already stays."""
    _, hard = resource.getrlimit(which)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(which, (most, most))


def no_core_dump() -> None:
    set_limit(resource.RLIMIT_CORE, 0)


def core_limit() -> int:
    return resource.getrlimit(resource.RLIMIT_CORE)[1]


def require_single_thread() -> None:
    """Raise MoreThanOneThread unless the calling thread is alone."""
    if len(list(Path("/proc/self/task").iterdir())) != 1:
        raise MoreThanOneThread


def require_stream_sockets_only(families: tuple[socket.AddressFamily, ...] = (socket.AF_UNIX,)) -> None:
    """Raise StraySocket if an open descriptor is a socket of another family, or no stream."""
    for entry in Path("/proc/self/fd").iterdir():
        try:
            duplicate = os.dup(int(entry.name))
        except OSError:
            continue  # the descriptor that listed the folder is gone by now
        if not stat.S_ISSOCK(os.fstat(duplicate).st_mode):
            os.close(duplicate)
            continue
        with socket.socket(fileno=duplicate) as found:
            if found.family not in families or found.type != socket.SOCK_STREAM:
                raise StraySocket


def require_code_of_files() -> None:
    """Raise StrayCode where memory that can be run is of no file, can be written too, or is of a memfd.

    libffi's closures (C calling Python) are such memory. Under MemoryDenyWriteExecute=yes it keeps them in a memfd, and
    all forks share that: what one job writes into it, the zygote and every other job would run.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        _, rights, _, _, inode, *path = line.split(maxsplit=5)
        if "x" not in rights or path in _CODE_OF_THE_KERNEL:
            continue
        if inode == "0" or "w" in rights or path[0].startswith("/memfd:"):
            raise StrayCode


def print_nowhere() -> None:
    """Point the standard streams at /dev/null, whatever they were: nothing that is printed arrives anywhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def lock_memory() -> bool:
    """Keep this process out of swap for good; return False if it may not.

    With a limit (8 MiB is common) the kernel would accept the call while the process is small and then fail every
    later allocation beyond the limit. So it is all or nothing: only without a limit, or with the capability that
    lifts it.
    """
    if not may_lock_memory():
        return False
    try:
        mlockall(_LOCK_CURRENT_FUTURE_ONFAULT)
    except OSError:
        return False
    return True


def may_lock_memory() -> bool:
    """Return whether `lock_memory` would succeed, here or in a process started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    if hard == resource.RLIM_INFINITY:
        # The soft limit may be lower than the hard one: raise it.
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))
        return True
    return _has_capability(_CAP_IPC_LOCK)


def drop_capabilities() -> None:
    """Drop what root may do beyond an owner: changing the clock, devices, owners, the files of others.

    Two stay, if they are there. Reading everywhere: a program that root runs from somebody's closed folder has to load
    itself, and Landlock bounds what that reaches. Locking memory: without it every allocation beyond the limit fails
    from here on (`lock_memory`).
    """
    kept = _capabilities("CapPrm") & (1 << _CAP_DAC_READ_SEARCH | 1 << _CAP_IPC_LOCK)
    header = struct.pack("=Ii", _CAPABILITIES_VERSION_3, 0)
    # Effective, permitted, inheritable: the lower 32 capabilities, then the upper.
    syscall("capset", header, struct.pack("=6I", kept, kept, 0, 0, 0, 0))


def _has_capability(number: int) -> bool:
    return bool(_capabilities("CapEff") >> number & 1)


def _capabilities(which: str) -> int:
    """Read one of the capability sets in /proc/self/status."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{which}:"):
            return int(line.split()[1], 16)
    return 0


def drop_root() -> None:
    """Become nobody if root, which also drops every capability. Does nothing otherwise.

    In a container that maps a single user there is no nobody; the other locks hold for root as well, so this one is
    then left out.
    """
    if os.geteuid() != 0:
        return
    try:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    except OSError:
        return
