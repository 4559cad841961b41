"""Confines the calling process with a profile. It is irreversible, for the process and anything it starts.

`confine_zygote` first and `confine_job` in each fork of it; `confine_intake`, `confine_publisher` and `confine_relay`
in the first lines of their programs, before any thread exists. Each returns the locks that are on, as read back from
the kernel.
"""

import functools
import os
import resource
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trusted.confine import landlock, process, seccomp
from trusted.confine.intake_files import intake_rules, program_rules
from trusted.confine.landlock import READ_DIR, READ_FILE, PathRule, PortRule
from trusted.confine.limits import JobLimits
from trusted.confine.profiles import INTAKE, JOB, JOB_WITH_THREAD, PUBLISHER, RELAY, ZYGOTE, Profile

_OWNER_ONLY: Final = 0o077
# rw-rw-rw-, which is what connecting takes; the folder of the sockets decides who gets so far.
_SOCKETS_FOR_ALL: Final = 0o111
# The zygote holds its channel and, for each job under way, what the job gets and a handle to wait on.
_ZYGOTE_DESCRIPTORS: Final = 128
_JOB_DESCRIPTORS: Final = 16


@dataclass(frozen=True, slots=True)
class Confinement:
    """The layers that are on."""

    landlock_abi: int  # 0: this kernel has none
    landlock_held: bool
    seccomp: bool
    no_new_privileges: bool
    dumpable: bool
    core_bytes: int
    memory_locked: bool

    @property
    def complete(self) -> bool:
        """Whether all that this kernel has is on. Locked memory is not required here: swap may be harmless without."""
        files_closed = self.landlock_held or self.landlock_abi == 0
        closed = self.seccomp and self.no_new_privileges and not self.dumpable and self.core_bytes == 0
        return files_closed and closed


def confine_zygote() -> Confinement:
    """Forbid files, new sockets and programs; forking and the channel stay. Call after everything is imported.

    Raise MoreThanOneThread if a thread exists already, StrayCode if memory that can be run is of no file.
    """
    process.require_single_thread()
    process.drop_root()
    process.no_core_dump()
    process.set_limit(resource.RLIMIT_NOFILE, _ZYGOTE_DESCRIPTORS)
    # While its own maps can still be read.
    process.require_code_of_files()
    process.make_undumpable()
    process.no_new_privileges()
    # No rules: no file can be opened, of whatever kind.
    abi = landlock.restrict()
    held = _cannot(lambda: os.open(os.sep, os.O_RDONLY))
    _filter(ZYGOTE)
    return _what_is_on(abi, held=held, memory_locked=False)


def confine_job(limits: JobLimits, *, with_thread: bool = False) -> None:
    """Limit a fork of the zygote in memory, processor, time and output, and then allow it nothing but pure work."""
    bound_job(limits)
    # A wall clock in the kernel: its signal kills by default, and the filter lets nobody disarm or catch it.
    signal.setitimer(signal.ITIMER_REAL, limits.wall_seconds)
    seccomp.install(job_filters()[with_thread])


def bound_job(limits: JobLimits) -> None:
    """Set the limits but for the wall clock. A fork that waits may set them early, which warms this code up."""
    process.set_limit(resource.RLIMIT_NOFILE, _JOB_DESCRIPTORS)
    process.set_limit(resource.RLIMIT_AS, limits.address_space_bytes)
    process.set_limit(resource.RLIMIT_FSIZE, limits.written_bytes)
    # The soft limit's signal ends a job that is stuck in a C library; the hard limit a second later ends one that has
    # caught it.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


@functools.cache
def job_filters() -> tuple[bytes, bytes]:
    """Return a job's filter without and with a thread. Call before forking so that children reuse the result."""
    made = seccomp.build(JOB.rules, JOB.default), seccomp.build(JOB_WITH_THREAD.rules, JOB_WITH_THREAD.default)
    for program in made:
        seccomp.header(program)
    return made


def confine_intake(home: Path) -> Confinement:
    """Allow only the files of `trusted.confine.intake_files`; no socket can be made or named, no program started.

    Raise MoreThanOneThread if a thread exists already, StraySocket if an inherited socket is not a unix stream. Call
    after everything is imported: packages are found by what has been loaded.
    """
    process.require_single_thread()
    process.require_stream_sockets_only()
    memory_locked = _private_and_locked()
    abi = landlock.restrict(intake_rules(home))
    held = _cannot(lambda: os.open("/dev/zero", os.O_WRONLY)) and _cannot(lambda: os.open(home, os.O_RDONLY))
    _filter(INTAKE, all_threads=True)
    return _what_is_on(abi, held=held, memory_locked=memory_locked)


def confine_publisher(tor: Path, tenants: Path, sockets: Path) -> Confinement:
    """Allow unix streams, tor's cookie in `tor`, the names in `tenants`, and making sockets under `sockets`.

    Raise MoreThanOneThread if a thread exists already, StraySocket if an inherited socket is not a unix stream, OSError
    if one of the folders is not there. Call after everything is imported. The sockets are for every account that their
    folder lets in, so the umask is set for that here; the process makes no other file.
    """
    process.require_single_thread()
    process.require_stream_sockets_only()
    memory_locked = _private_and_locked()
    os.umask(_SOCKETS_FOR_ALL)
    abi = landlock.restrict(
        (
            *program_rules(),
            PathRule(tor, READ_FILE),
            PathRule(tenants, READ_DIR),
            PathRule(sockets, landlock.MAKE_SOCKET | landlock.REMOVE_FILE),
            PathRule(Path(os.devnull), READ_FILE | landlock.WRITE_FILE),
        )
    )
    held = _cannot(lambda: os.open("/dev/zero", os.O_WRONLY)) and _cannot(lambda: os.open(os.sep, os.O_RDONLY))
    _filter(PUBLISHER, all_threads=True)
    return _what_is_on(abi, held=held, memory_locked=memory_locked)


def confine_relay(dial_port: int, descriptors: int) -> Confinement:
    """Let it open no file, start nothing, ask for no visitor's address; where the kernel governs TCP it dials one port.

    Raise MoreThanOneThread if a thread exists already, StraySocket if an inherited socket is no TCP socket: those on
    which it listens are among them, for it can make none. Call after everything is imported.
    """
    process.require_single_thread()
    process.require_stream_sockets_only((socket.AF_INET, socket.AF_INET6))
    process.set_limit(resource.RLIMIT_NOFILE, descriptors)
    memory_locked = _private_and_locked()
    abi = landlock.restrict((PortRule(dial_port, landlock.CONNECT_TCP),))
    held = _cannot(lambda: os.open(os.sep, os.O_RDONLY))
    _filter(RELAY, all_threads=True)
    return _what_is_on(abi, held=held, memory_locked=memory_locked)


def _private_and_locked() -> bool:
    """Take steps 2 and 3, which intake, publisher and relay share; return whether memory is kept out of swap.

    Raise StrayCode if memory that can be run is of no file.
    """
    process.require_code_of_files()
    os.umask(_OWNER_ONLY)
    process.no_core_dump()
    process.make_undumpable()
    memory_locked = process.lock_memory()
    process.drop_capabilities()
    process.no_new_privileges()
    return memory_locked


def _cannot(opening: Callable[[], int]) -> bool:
    """Return whether Landlock refuses to open this. Call before the seccomp filter, which would hide the answer."""
    try:
        descriptor = opening()
    except PermissionError:
        return True
    except OSError:
        return False
    os.close(descriptor)
    return False


def _filter(profile: Profile, *, all_threads: bool = False) -> None:
    seccomp.install(seccomp.build(profile.rules, profile.default), all_threads=all_threads)


def _what_is_on(abi: int, *, held: bool, memory_locked: bool) -> Confinement:
    return Confinement(
        landlock_abi=abi,
        landlock_held=held,
        seccomp=process.seccomp_mode() == seccomp.MODE_FILTER_ON,
        no_new_privileges=process.has_no_new_privileges(),
        dumpable=process.is_dumpable(),
        core_bytes=process.core_limit(),
        memory_locked=memory_locked,
    )
