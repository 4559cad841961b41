"""A zygote whose jobs attack the jail. The loop, the fork and the locks are the product's; only the job's work is not.

The "file" of a job is the name of what it should try. Names that begin with "zygote:" are tried with the zygote's locks
alone, as if the zygote itself had been taken over; with "threaded:", with those of a job that may start a thread.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from trusted.confine.limits import JobLimits
from trusted.confine.lock import confine_job
from trusted.confine.syscalls import MACHINE, numbers
from trusted.jail import fork_server
from trusted.jail.job_template import JobTemplate
from trusted.jail.protocol import STATUS, STATUS_MAGIC, Operation, Role
from trusted.jail.report_wire import encode_report

LIMITS = JobLimits(address_space_bytes=2**29, cpu_seconds=1, wall_seconds=3, written_bytes=2**20)
# To be stopped for what it takes of the processor it must get that first, in a crowd too.
LIMITS_OF_BURNING = replace(LIMITS, wall_seconds=25)
LIBC = ctypes.CDLL(None, use_errno=True)
PARENT = os.getppid()
NUMBERS = numbers()
EXECUTABLE = 7  # read, write, execute


def call(name_or_number: str | int, *arguments: object) -> int:
    number = NUMBERS[name_or_number] if isinstance(name_or_number, str) else name_or_number
    result = LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result


def read_memory_of(process: int) -> None:
    target = ctypes.create_string_buffer(8)
    local = (ctypes.c_size_t * 2)(ctypes.addressof(target), 8)
    remote = (ctypes.c_size_t * 2)(0x400000, 8)
    call("process_vm_readv", process, local, ctypes.c_ulong(1), remote, ctypes.c_ulong(1), ctypes.c_ulong(0))


def make_executable() -> None:
    page = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    call("mprotect", ctypes.c_void_p(address), ctypes.c_size_t(4096), EXECUTABLE)


def burn() -> None:
    while True:
        pass


def wait_for_ever() -> None:
    """On a lock: sleeping is not among what a job may do."""
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def eat_memory() -> None:
    eaten = []
    while True:
        eaten.append(bytes(2**24))


def write_too_much() -> None:
    descriptor = DESCRIPTORS["clean"]
    while True:
        os.write(descriptor, bytes(2**16))


def write_elsewhere() -> None:
    """Any descriptor beyond its own: the channel, another job's files."""
    mine = set(DESCRIPTORS.values())
    for descriptor in range(64):
        if descriptor > 2 and descriptor not in mine:
            try:
                os.fstat(descriptor)
            except OSError:
                continue
            return
    raise OSError(9, "none open")


def say_done_and_write_on() -> None:
    """Gives answers that could be some, and then tries to change them for as long as it lives."""
    for name in ("clean", "preview"):
        os.write(DESCRIPTORS[name], b"0000")
    os.write(DESCRIPTORS["report"], encode_report((), ()))
    os.write(DESCRIPTORS["status"], STATUS.pack(STATUS_MAGIC, 0))
    for number in itertools.count():
        with contextlib.suppress(OSError):
            os.pwrite(DESCRIPTORS["clean"], b"%04d" % (number % 10_000), 0)


ATTEMPTS = {
    "read a file": lambda: os.open("/etc/hostname", os.O_RDONLY),
    "write a file": lambda: os.open("/tmp/kallskydd-escaped", os.O_WRONLY | os.O_CREAT),
    "open a folder": lambda: os.open("/", os.O_RDONLY),
    "open own memory": lambda: os.open("/proc/self/mem", os.O_RDWR),
    "open the parent's memory": lambda: os.open(f"/proc/{PARENT}/mem", os.O_RDONLY),
    "look at a file": Path("/etc/passwd").stat,
    "open by the newer call": lambda: call("openat2", -100, b"/etc/hostname", bytes(24), ctypes.c_size_t(24)),
    "make an internet socket": lambda: socket.socket(socket.AF_INET),
    "make a unix socket": lambda: socket.socket(socket.AF_UNIX),
    "make a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "make a pair of sockets": lambda: [end.close() for end in socket.socketpair()],
    "make a pair for messages": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM),
    "make a process in place of a thread": lambda: call("clone", 0x100, 0, None, None, 0),
    "run a program": lambda: call("execve", b"/bin/true", None, None),
    "run a program by descriptor": lambda: call("execveat", -100, b"/bin/true", None, None, 0),
    "fork": os.fork,
    "start a thread": lambda: threading.Thread(target=time.sleep).start(),
    "name a thread": lambda: call("prctl", 15, b"x", 0, 0, 0),
    "unshare": lambda: call("unshare", 0x10000000),
    "trace the parent": lambda: call("ptrace", 16, PARENT, None, None),
    "read the parent's memory": lambda: read_memory_of(PARENT),
    "kill the parent": lambda: os.kill(PARENT, signal.SIGKILL),
    "kill by thread": lambda: call("tgkill", PARENT, PARENT, 9),
    "get the parent's descriptor": lambda: call("pidfd_getfd", 3, 0, 0),
    "open a handle to the parent": lambda: call("pidfd_open", PARENT, 0),
    "load a kernel program": lambda: call("bpf", 0, None, 0),
    "use io_uring": lambda: call("io_uring_setup", 1, None),
    "make a file in memory": lambda: os.memfd_create("x"),
    "handle page faults": lambda: call("userfaultfd", 0),
    "use kernel keys": lambda: call("keyctl", 0, -3, 0),
    "become another user": lambda: call("setuid", 1),
    "disarm the clock": lambda: call("setitimer", 0, bytes(32), None),
    "ignore the clock": lambda: call("rt_sigaction", signal.SIGALRM, bytes(32), None, ctypes.c_size_t(8)),
    "block the clock": lambda: call("rt_sigprocmask", 0, bytes(8), None, ctypes.c_size_t(8)),
    "raise a limit": lambda: call("prlimit64", 0, resource.RLIMIT_AS, bytes(16), None),
    "signal the parent by a descriptor": lambda: call("fcntl", DESCRIPTORS["clean"], 8, PARENT),
    "signal the parent by a socket": lambda: call("ioctl", DESCRIPTORS["clean"], 0x8901, struct.pack("=i", PARENT)),
    "choose the signal": lambda: call("fcntl", DESCRIPTORS["clean"], 10, signal.SIGKILL),
    "lock a byte": lambda: call("fcntl", DESCRIPTORS["clean"], 6, struct.pack("=hh4xqqi4x", 1, 0, 0xFEED, 1, 0)),
    "lock a file": lambda: call("flock", DESCRIPTORS["clean"], 1),
    "take a priority": lambda: call("setpriority", 0, 0, 7),
    "take a umask": lambda: call("umask", 0o123),
    "become dumpable": lambda: call("prctl", 4, 1, 0, 0, 0),
    "map executable memory": lambda: mmap.mmap(-1, 4096, prot=EXECUTABLE),
    "make memory executable": make_executable,
    "mount": lambda: call("mount", b"x", b"/", b"tmpfs", 0, None),
    "call by another convention": lambda: call(0x40000000 + 39),
    "reach a foreign descriptor": write_elsewhere,
    "eat memory": eat_memory,
    "burn the processor": burn,
    "wait for ever": wait_for_ever,
    "write too much": write_too_much,
    "crash": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "write a status that is no status": lambda: os.write(DESCRIPTORS["status"], b"x" * 60),
    "say nothing": lambda: os._exit(0),
    "exit with a number": lambda: os._exit(3),
    "kill the zygote": lambda: os.kill(os.getppid(), signal.SIGKILL),
    "say done and write on": say_done_and_write_on,
    "be well": lambda: None,
}
if MACHINE != "x86_64":
    del ATTEMPTS["call by another convention"]

DESCRIPTORS: dict[str, int] = {}


def warm_up(_role: Role, _kinds: object) -> JobTemplate:
    return JobTemplate(work)


def work(_operation: Operation, _kind: int, descriptors: dict[str, int]) -> NoReturn:
    DESCRIPTORS.update(descriptors)
    name = os.pread(descriptors["untrusted"], 1000, 0).decode()
    locks, _, attempt = name.rpartition(":")
    if locks != "zygote":
        confine_job(LIMITS_OF_BURNING if attempt == "burn the processor" else LIMITS, with_thread=locks == "threaded")
    try:
        ATTEMPTS[attempt]()
        said = "done"
    except OSError as refused:
        said = f"errno {refused.errno}"
    except MemoryError:
        said = "out of memory"
    except RuntimeError:
        said = "no thread"
    os.write(descriptors["report"], said.encode())
    os.write(descriptors["status"], STATUS.pack(STATUS_MAGIC, 0))
    os._exit(0)


if __name__ == "__main__":
    fork_server.main(sys.argv[1:], warm_up)
