"""Runs the filters that a process was seen to load, on an interpreter of our own, to see what they refuse.

A filter is a list of BPF instructions; strace prints each. The kernel asks every loaded filter about every call and
does what the strictest one says, so a call is refused when one of them refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_INSTRUCTION = re.compile(r"BPF_(STMT|JUMP)\(([A-Z_|]+), ([^,)]+)(?:, ([^,)]+), ([^,)]+))?\)")
_WORD: Final = 0xFFFFFFFF
_AF_UNIX, _AF_INET = 1, 2
_SOCK_STREAM, _SOCK_DGRAM = 1, 2
_SOMEWHERE: Final = 0x7F00_0000_1000  # a pointer that is not null

# machine -> (what the filter calls it, numbers of calls)
MACHINES: Final = {
    "x86_64": (0xC000003E, {
        "socket": 41, "connect": 42, "bind": 49, "listen": 50, "socketpair": 53, "sendto": 44, "sendmmsg": 307,
        "execve": 59, "execveat": 322, "fork": 57, "ptrace": 101, "process_vm_writev": 311, "pidfd_getfd": 438,
        "io_uring_setup": 425, "io_uring_enter": 426, "unshare": 272, "setns": 308, "bpf": 321, "add_key": 248,
        "shmget": 29, "msgget": 68, "mq_open": 240, "syslog": 103, "kill": 62, "memfd_create": 319,
        "prctl": 157, "fcntl": 72, "ioctl": 16, "prlimit64": 302, "setrlimit": 160, "setpriority": 141, "umask": 95,
        "flock": 73, "timer_create": 222, "setsockopt": 54,
    }),
    "aarch64": (0xC00000B7, {
        "socket": 198, "connect": 203, "bind": 200, "listen": 201, "socketpair": 199, "sendto": 206, "sendmmsg": 269,
        "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_writev": 271, "pidfd_getfd": 438,
        "io_uring_setup": 425, "io_uring_enter": 426, "unshare": 97, "setns": 268, "bpf": 280, "add_key": 217,
        "shmget": 194, "msgget": 186, "mq_open": 180, "syslog": 116, "kill": 129, "memfd_create": 279,
        "prctl": 167, "fcntl": 25, "ioctl": 29, "prlimit64": 261, "setrlimit": 164, "setpriority": 140, "umask": 166,
        "flock": 32, "timer_create": 107, "setsockopt": 208,
    }),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attempt:
    """One call with arguments that would lead out."""

    words: str
    call: str
    arguments: tuple[int, ...] = ()


# What would let an intake speak to anyone, in the words of a finding.
LEADS_OUT: Final = (
    Attempt("a unix socket", "socket", (_AF_UNIX, _SOCK_STREAM)),
    Attempt("a datagram socket", "socket", (_AF_UNIX, _SOCK_DGRAM)),
    Attempt("an internet socket", "socket", (_AF_INET, _SOCK_STREAM)),
    Attempt("a connection", "connect", (3, _SOMEWHERE, 16)),
    Attempt("a name of its own", "bind", (3, _SOMEWHERE, 16)),
    Attempt("listening", "listen", (3, 1)),
    Attempt("a datagram pair", "socketpair", (_AF_UNIX, _SOCK_DGRAM)),
    Attempt("a message to a named socket", "sendto", (3, _SOMEWHERE, 1, 0, _SOMEWHERE, 16)),
    Attempt("many messages at once", "sendmmsg", (3, _SOMEWHERE, 1)),
    Attempt("io_uring", "io_uring_setup", (8, _SOMEWHERE)),
    Attempt("io_uring at work", "io_uring_enter", (3, 1)),
    Attempt("a program", "execve", (_SOMEWHERE, 0, 0)),
    Attempt("a program by descriptor", "execveat", (3, _SOMEWHERE)),
    Attempt("a fork", "fork"),
    Attempt("a look into another process", "ptrace", (16, 1)),
    Attempt("writing into another process", "process_vm_writev", (1,)),
    Attempt("another process's descriptor", "pidfd_getfd", (3, 1)),
    Attempt("a namespace of its own", "unshare", (0x10000000,)),
    Attempt("another namespace", "setns", (3,)),
    Attempt("a program in the kernel", "bpf", (5,)),
    Attempt("a key in the kernel", "add_key", (_SOMEWHERE,)),
    Attempt("shared memory", "shmget", (1, 4096, 0o1600)),
    Attempt("a message queue", "msgget", (1, 0o1600)),
    Attempt("a named message queue", "mq_open", (_SOMEWHERE, 0o101)),
    Attempt("the kernel's log", "syslog", (2, _SOMEWHERE, 100)),
    Attempt("a signal to another", "kill", (1, 9)),
    Attempt("a signal by an owner of a descriptor", "fcntl", (3, 8, 1)),
    Attempt("a signal by an owner in a structure", "fcntl", (3, 15, _SOMEWHERE)),
    Attempt("which signal it is", "fcntl", (3, 10, 9)),
    Attempt("a signal by an owner of a socket", "ioctl", (3, 0x8901, _SOMEWHERE)),
    Attempt("a signal by a group of a socket", "ioctl", (3, 0x8902, _SOMEWHERE)),
    Attempt("a lock that belongs to an open file", "fcntl", (3, 37, _SOMEWHERE)),
    Attempt("a lease", "fcntl", (3, 1024, 0)),
    Attempt("a shared lock", "flock", (3, 1)),
    Attempt("a limit for every account to read", "prlimit64", (0, 1, _SOMEWHERE)),
    Attempt("a limit by the older call", "setrlimit", (1, _SOMEWHERE)),
    Attempt("a priority for every account to read", "setpriority", (0, 0, 7)),
    Attempt("a umask for every account to read", "umask", (0o123,)),
    Attempt("a timer for every account to read", "timer_create", (1, _SOMEWHERE)),
    Attempt("the size of a buffer for every account to read", "setsockopt", (3, 1, 7, _SOMEWHERE, 4)),
    Attempt("a name for every account to read", "prctl", (15, _SOMEWHERE)),
    Attempt("a command line for every account to read", "prctl", (35, 14, _SOMEWHERE, 104)),
)
# And what it must be able to do: a filter that refuses everything, or is not understood, proves nothing.
NEEDED: Final = (
    Attempt("a pair of streams", "socketpair", (_AF_UNIX, _SOCK_STREAM)),
    Attempt("an answer", "sendto", (3, _SOMEWHERE, 1)),
    Attempt("a file in memory", "memfd_create", (_SOMEWHERE, 1)),
    Attempt("a lock of SQLite's", "fcntl", (3, 6, _SOMEWHERE)),
    Attempt("asking for a limit", "prlimit64", (0, 3, 0, _SOMEWHERE)),
)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One of a filter."""

    code: str
    value: str
    if_true: int = 0
    if_false: int = 0

    @property
    def number(self) -> int:
        """Its constant."""
        return int(self.value, 0)


def read_filter(arguments: str) -> list[Instruction]:
    """Return the instructions in what strace printed of a call."""
    return [
        Instruction(code, value, int(if_true or "0", 0), int(if_false or "0", 0))
        for _form, code, value, if_true, if_false in _INSTRUCTION.findall(arguments)
    ]


def refused(filters: Sequence[Sequence[Instruction]], machine: str, attempt: Attempt) -> bool | None:
    """Whether one of the filters refuses the call; None when this machine does not have it."""
    architecture, numbers = MACHINES[machine]
    if attempt.call not in numbers:
        return None
    data = _data(numbers[attempt.call], architecture, attempt.arguments)
    return any(not _verdict(one, data).startswith("SECCOMP_RET_ALLOW") for one in filters)


def _data(number: int, architecture: int, arguments: tuple[int, ...]) -> list[int]:
    """Return the kernel's struct seccomp_data as 32-bit words of a little-endian machine."""
    words = [number, architecture, 0, 0]
    for argument in (*arguments, *(0,) * (6 - len(arguments))):
        words += [argument & _WORD, argument >> 32]
    return words


def _verdict(program: Sequence[Instruction], data: list[int]) -> str:
    """Run the filter and return its verdict; an unknown instruction counts as letting through."""
    place, accumulator = 0, 0
    while place < len(program):
        one = program[place]
        place += 1
        kind, _, operation = one.code.partition("|")[0], "", one.code.rpartition("|")[2]
        if kind == "BPF_RET":
            return one.value
        if one.code == "BPF_LD|BPF_W|BPF_ABS":
            accumulator = data[one.number // 4]
        elif one.code == "BPF_ALU|BPF_K|BPF_AND":
            accumulator &= one.number
        elif kind == "BPF_JMP" and operation == "BPF_JA":
            place += one.number
        elif kind == "BPF_JMP" and operation in _JUMPS:
            place += one.if_true if _JUMPS[operation](accumulator, one.number) else one.if_false
        else:
            break
    return "SECCOMP_RET_ALLOW"


_JUMPS: Final[dict[str, Callable[[int, int], bool]]] = {
    "BPF_JEQ": lambda left, right: left == right,
    "BPF_JGT": lambda left, right: left > right,
    "BPF_JGE": lambda left, right: left >= right,
    "BPF_JSET": lambda left, right: bool(left & right),
}
