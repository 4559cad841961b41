"""System call numbers, and raw calls through the C library.

System call numbers differ by processor. Only x86_64 and aarch64 are known; on any other machine importing `NUMBERS`
raises, because a filter with wrong numbers is worse than none. A name that a processor does not have (aarch64 has no
`open`, only `openat`) is simply absent from its table, and a rule about it is left out of the filter.
"""

import ctypes
import os
import platform
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


class UnknownProcessor(Exception):
    """The filter's numbers are known for x86_64 and aarch64 only."""


# AUDIT_ARCH_* of linux/audit.h: how the kernel names the calling convention to a filter.
_AUDIT_ARCH: Final = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Calls that carry one number on every processor: all that were added since 2019 (asm-generic/unistd.h from 424 on).
_EVERYWHERE: Final = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "pidfd_open": 434, "clone3": 435, "close_range": 436, "openat2": 437, "pidfd_getfd": 438,
    "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446, "memfd_secret": 447,
}  # fmt: skip

_X86_64: Final = {
    "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9,
    "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "ioctl": 16,
    "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21, "sched_yield": 24, "mremap": 25,
    "madvise": 28, "dup": 32, "nanosleep": 35, "setitimer": 38, "getpid": 39, "socket": 41, "connect": 42,
    "accept": 43, "sendto": 44, "recvfrom": 45, "sendmsg": 46, "recvmsg": 47, "bind": 49, "listen": 50,
    "socketpair": 53, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "exit": 60, "wait4": 61, "kill": 62,
    "fcntl": 72, "ftruncate": 77, "getcwd": 79, "readlink": 89, "gettimeofday": 96, "sysinfo": 99, "ptrace": 101,
    "syslog": 103, "getppid": 110, "setuid": 105, "personality": 135, "prctl": 157, "chroot": 161, "mount": 165,
    "swapoff": 168, "reboot": 169, "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204,
    "clock_gettime": 228, "clock_nanosleep": 230, "exit_group": 231, "tgkill": 234, "add_key": 248, "request_key": 249,
    "keyctl": 250, "openat": 257, "newfstatat": 262, "unshare": 272, "set_robust_list": 273, "accept4": 288,
    "pipe2": 293, "perf_event_open": 298, "prlimit64": 302, "open_by_handle_at": 304, "sendmmsg": 307, "setns": 308,
    "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "seccomp": 317, "getrandom": 318,
    "memfd_create": 319, "bpf": 321, "execveat": 322, "userfaultfd": 323, "statx": 332, "rseq": 334, "ppoll": 271,
    "chmod": 90, "setxattr": 188, "lsetxattr": 189, "fsetxattr": 190, "capset": 126, "tkill": 200,
    "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "shmget": 29, "msgget": 68, "mq_open": 240, "settimeofday": 164,
    "readlinkat": 267, "sched_setattr": 314, "setpriority": 141, "ioprio_set": 251, "getsockname": 51,
    "setsockopt": 54, "alarm": 37, "flock": 73, "umask": 95, "setpgid": 109, "munlockall": 152, "arch_prctl": 158,
    "setrlimit": 160, "io_setup": 206, "timer_create": 222, "shutdown": 48, "getpeername": 52, "getsockopt": 55,
    "sigaltstack": 131, "epoll_wait": 232, "epoll_ctl": 233, "epoll_pwait": 281, "epoll_create1": 291, "fsync": 74,
    "fdatasync": 75, "rename": 82, "renameat": 264, "renameat2": 316, "unlink": 87, "unlinkat": 263, "geteuid": 107,
    "getdents64": 217, "restart_syscall": 219, "clock_getres": 229, "utimensat": 280, "fstatfs": 138,
}  # fmt: skip

_AARCH64: Final = {
    "getcwd": 17, "dup": 23, "fcntl": 25, "ioctl": 29, "mount": 40, "ftruncate": 46, "chroot": 51, "openat": 56,
    "close": 57, "pipe2": 59, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67,
    "pwrite64": 68, "ppoll": 73, "readlinkat": 78, "newfstatat": 79, "fstat": 80, "personality": 92, "exit": 93,
    "exit_group": 94, "unshare": 97, "futex": 98, "set_robust_list": 99, "nanosleep": 101, "setitimer": 103,
    "clock_gettime": 113, "clock_nanosleep": 115, "syslog": 116, "ptrace": 117, "sched_getaffinity": 123,
    "sched_yield": 124, "kill": 129, "tgkill": 131, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139,
    "reboot": 142, "setuid": 146, "prctl": 167, "gettimeofday": 169, "getpid": 172, "getppid": 173, "gettid": 178,
    "sysinfo": 179, "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202, "connect": 203,
    "sendto": 206, "recvfrom": 207, "sendmsg": 211, "recvmsg": 212, "brk": 214, "munmap": 215, "mremap": 216,
    "add_key": 217, "request_key": 218, "keyctl": 219, "clone": 220, "execve": 221, "mmap": 222, "swapoff": 225,
    "mprotect": 226, "madvise": 233, "perf_event_open": 241, "accept4": 242, "wait4": 260, "prlimit64": 261,
    "open_by_handle_at": 265, "setns": 268, "sendmmsg": 269, "process_vm_readv": 270, "process_vm_writev": 271,
    "kcmp": 272, "seccomp": 277, "getrandom": 278, "memfd_create": 279, "bpf": 280, "execveat": 281,
    "userfaultfd": 282, "statx": 291, "rseq": 293, "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7, "capset": 91,
    "tkill": 130, "rt_sigqueueinfo": 138, "rt_tgsigqueueinfo": 240, "shmget": 194, "msgget": 186, "mq_open": 180,
    "settimeofday": 170, "sched_setattr": 274, "setpriority": 140, "ioprio_set": 30, "getsockname": 204,
    "setsockopt": 208, "flock": 32, "umask": 166, "setpgid": 154, "munlockall": 231, "setrlimit": 164, "io_setup": 0,
    "timer_create": 107, "epoll_create1": 20, "epoll_ctl": 21, "epoll_pwait": 22, "sigaltstack": 132,
    "getpeername": 205, "getsockopt": 209, "shutdown": 210, "fsync": 82, "fdatasync": 83, "renameat": 38,
    "renameat2": 276, "unlinkat": 35, "geteuid": 175, "getdents64": 61, "restart_syscall": 128, "clock_getres": 114,
    "utimensat": 88, "fstatfs": 44,
}  # fmt: skip

TABLES: Final = {"x86_64": _X86_64 | _EVERYWHERE, "aarch64": _AARCH64 | _EVERYWHERE}
MACHINE: Final = platform.machine()


def numbers(machine: str = MACHINE) -> dict[str, int]:
    """Return the system call numbers of a processor; raises UnknownProcessor."""
    try:
        return TABLES[machine]
    except KeyError:
        raise UnknownProcessor(machine) from None


def audit_arch(machine: str = MACHINE) -> int:
    """Return the kernel's AUDIT_ARCH number of this processor's calling convention; raises UnknownProcessor."""
    try:
        return _AUDIT_ARCH[machine]
    except KeyError:
        raise UnknownProcessor(machine) from None


def syscall(name: str, *arguments: object) -> int:
    """Make one raw system call; raises OSError. For calls that the C library has no function for."""
    result = int(_LIBC.syscall(ctypes.c_long(numbers()[name]), *arguments))
    if result < 0:
        raise _last_error()
    return result


def prctl(operation: int, argument: int = 0) -> int:
    """Call prctl with one argument, the other three zero as the kernel requires of new operations; raises OSError."""
    zero = ctypes.c_ulong(0)
    result = int(_LIBC.prctl(ctypes.c_int(operation), ctypes.c_ulong(argument), zero, zero, zero))
    if result < 0:
        raise _last_error()
    return result


def mlockall(flags: int) -> None:
    """Keep this process's pages out of swap; raises OSError."""
    if _LIBC.mlockall(ctypes.c_int(flags)) != 0:
        raise _last_error()


def _last_error() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
