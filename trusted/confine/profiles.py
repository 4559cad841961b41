"""The profiles side by side, for an auditor to read: ZYGOTE, JOB, JOB_WITH_THREAD, INTAKE, PUBLISHER, RELAY.

Zygote and job are deny-by-default: what is not listed kills the process. Their lists are what Python, Pillow, PDFium
and zlib were seen to need. A few calls that libraries try in passing (opening a file, asking for the terminal) get an
error instead, so that the library goes on. A job is bound by both filters, and the stricter answer counts.
Relay, intake and publisher are deny-by-default too, with an error for an answer and no kill: a library that tries in
passing what the list lacks goes on, and no visitor is cut off. Each line says what it is for. Of the calls that do many
things (fcntl, ioctl, prctl, setsockopt) what is needed is listed. So what is not on this page is closed: making a
socket or reaching one by name, starting a program, looking into another process or sending it a signal, links and
device files, another's rights and owners, watching files, and what every account would read of a process under /proc.

Order when a process confines itself, the same in each function of `trusted.confine.lock`:
1 one thread only   2 limits, undumpable   3 no new privileges   4 Landlock   5 seccomp
"""

import fcntl
import signal
import socket
from dataclasses import dataclass
from typing import Final

from trusted.confine.seccomp import Action, BitsClear, Condition, Equals, Null, Rule

# Values of the kernel's headers, the same on x86_64 and aarch64.
_PROT_EXEC: Final = 0x4
_AT_EMPTY_PATH: Final = 0x1000
_CLONE_THREAD: Final = 0x10000
# NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET: in a new namespace a process may be root.
_CLONE_NEW_ANY: Final = 0x7E020000
_SOCK_FLAGS: Final = 0x80000 | 0x800  # SOCK_CLOEXEC, SOCK_NONBLOCK
_WITHOUT_SOCK_FLAGS: Final = 0xFFFFFFFF & ~_SOCK_FLAGS
_PR_GET_DUMPABLE, _PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS = 3, 21, 39
_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15
# Whether a descriptor is a terminal; a socket that does not wait; a descriptor that a program inherits or not.
_HARMLESS_REQUESTS: Final = {"TCGETS": 0x5401, "FIONBIO": 0x5421, "FIONCLEX": 0x5450, "FIOCLEX": 0x5451}
# The two signals that the C library keeps for itself: ending a thread, changing the account of all threads.
_SIGCANCEL, _SIGSETXID = 32, 33


@dataclass(frozen=True, slots=True)
class Profile:
    """A filter in words: the first rule that fits decides, else the default."""

    rules: tuple[Rule, ...]
    default: Action


_NO_NEW_CODE: tuple[Condition, ...] = (BitsClear(2, _PROT_EXEC),)
# sendto without a destination is what send() is. With one it reaches any named unix socket, the system log among them.
_NO_DESTINATION: tuple[Condition, ...] = (Null(4), Null(5))
_STREAM_PAIR: tuple[Condition, ...] = (
    Equals(0, socket.AF_UNIX.value),
    # A datagram pair can be sent from to any named socket, and so reaches the system log without ever calling socket().
    Equals(1, socket.SOCK_STREAM.value, _WITHOUT_SOCK_FLAGS),
)
# Asking for a limit; a second pointer would set one, which every account reads in /proc/PID/limits.
_ONLY_ASKING: tuple[Condition, ...] = (Equals(0, 0), Null(2))
_THREAD: tuple[Condition, ...] = (Equals(0, _CLONE_THREAD, _CLONE_THREAD), BitsClear(0, _CLONE_NEW_ANY))

# Reading and writing descriptors it already holds, memory that is not code, the time, random bytes, ending.
_PURE_WORK: Final = (
    Rule(
        Action.ALLOW,
        (
            "read", "write", "close", "fstat", "lseek", "munmap", "brk", "rt_sigreturn", "pread64", "pwrite64",
            "sched_yield", "mremap", "madvise", "getpid", "exit", "ftruncate", "gettid", "futex", "clock_gettime",
            "exit_group", "getrandom", "readv", "writev", "dup", "sched_getaffinity", "gettimeofday",
        ),
    ),
    # A wait that a pause broke into (a computer that sleeps, SIGSTOP, a debugger): the kernel takes it up by this call.
    Rule(Action.ALLOW, ("restart_syscall",)),
    Rule(Action.ALLOW, ("mmap", "mprotect"), _NO_NEW_CODE),
    Rule(Action.EPERM, ("mmap", "mprotect")),
    # The C library asks for the size of an open descriptor this way.
    Rule(Action.ALLOW, ("newfstatat",), (Equals(3, _AT_EMPTY_PATH),)),
    Rule(
        Action.EACCES,
        ("openat", "open", "stat", "lstat", "newfstatat", "access", "readlink", "readlinkat", "getcwd"),
    ),
    Rule(Action.ENOTTY, ("ioctl",)),
    # ENOSYS makes the C library fall back to the older call, whose arguments a filter can see.
    Rule(Action.ENOSYS, ("statx", "clone3")),
)  # fmt: skip

ZYGOTE: Final = Profile(
    rules=(
        *_PURE_WORK,
        # Forks jobs and waits for them; takes descriptors from the trusted side and answers it.
        Rule(Action.ALLOW, ("fork", "wait4", "pidfd_open", "poll", "ppoll", "recvmsg", "recvfrom", "sendmsg")),
        Rule(Action.ALLOW, ("clone",), (BitsClear(0, _CLONE_NEW_ANY),)),
        Rule(Action.ALLOW, ("sendto",), _NO_DESTINATION),
        # The socket pair over which a waiting fork gets its job. It connects the zygote to nobody but its own forks;
        # a job may make none.
        Rule(Action.ALLOW, ("socketpair",), _STREAM_PAIR),
        # Python asks a socket it is given what it is.
        Rule(Action.ALLOW, ("getsockname",)),
        # A job inherits this filter and puts on the rest with these: limits of its own (process 0 is oneself), the
        # wall clock, the death with its parent, the second filter.
        Rule(Action.ALLOW, ("prlimit64",), (Equals(0, 0),)),
        Rule(
            Action.ALLOW,
            (
                "seccomp", "setitimer", "rt_sigaction", "rt_sigprocmask", "set_robust_list", "rseq", "getppid",
                "close_range",
            ),
        ),
        *(
            Rule(Action.ALLOW, ("prctl",), (Equals(0, operation),))
            for operation in (_PR_SET_PDEATHSIG, _PR_GET_DUMPABLE, _PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS)
        ),
        # A job with a thread gets an error when the thread sets its name, and goes on without.
        Rule(Action.EPERM, ("prctl",)),
        # Mapping a file duplicates its descriptor first.
        Rule(Action.ALLOW, ("fcntl",), (Equals(1, fcntl.F_DUPFD_CLOEXEC),)),
        Rule(Action.EPERM, ("fcntl",)),
    ),
    default=Action.KILL,
)  # fmt: skip

JOB: Final = Profile(
    rules=(
        *_PURE_WORK,
        # No new process. Some encoders try a thread and go on without.
        Rule(Action.EAGAIN, ("clone", "fork")),
        # Mapping a file duplicates its descriptor first.
        Rule(Action.ALLOW, ("fcntl",), (Equals(1, fcntl.F_DUPFD_CLOEXEC),)),
        # The wall clock is a timer whose signal kills; none of these may touch signals, timers or limits.
        Rule(Action.EPERM, ("fcntl", "rt_sigaction", "rt_sigprocmask", "prlimit64")),
    ),
    default=Action.KILL,
)

# For decoding HEIC, whose library cannot work without a thread of its own, and for films, which are encoded while they
# are decoded. A thread shares the job's memory, descriptors, limits and filters, so it can do what the job can and no
# more; still a job that needs none starts none.
JOB_WITH_THREAD: Final = Profile(
    rules=(
        Rule(Action.ALLOW, ("clone",), _THREAD),
        # A new thread tells the kernel where its locks lie.
        Rule(Action.ALLOW, ("set_robust_list", "rseq")),
        # Python from 3.14 gives its threads names, and goes on without.
        Rule(Action.EPERM, ("prctl",), (Equals(0, _PR_SET_NAME),)),
        *JOB.rules,
    ),
    default=JOB.default,
)

# What a server in Python does besides pure work: the intake, which is given its sockets, and the publisher, which makes
# them. The list is what both were seen to need, with the names that the calls have on both processors.
_SERVING: Final = (
    # Threads, and no process. clone3, which hides its flags behind a pointer, is refused with the pure work.
    Rule(Action.ALLOW, ("clone",), _THREAD),
    Rule(Action.ALLOW, ("set_robust_list", "rseq")),
    # The C library asks for the size of a stack before each thread. Limits are set before the locks and never after: a
    # limit of none on the keeper's files would end it, and one's own is read by every account.
    Rule(Action.ALLOW, ("prlimit64",), _ONLY_ASKING),
    # Waiting for a moment; clocks, where the kernel lends no page with them.
    Rule(Action.ALLOW, ("clock_nanosleep", "nanosleep", "clock_getres", "time")),
    # The event loop: its selector, and the pair by which it wakes itself. A pair is of streams.
    Rule(Action.ALLOW, ("epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait")),
    Rule(Action.ALLOW, ("socketpair",), _STREAM_PAIR),
    # A connection: taken, read, answered, asked for what it is. Who is at the other end (getpeername) is not asked.
    Rule(Action.ALLOW, ("accept4", "recvfrom", "recvmsg", "getsockname")),
    Rule(Action.ALLOW, ("sendto",), _NO_DESTINATION),
    # Its destination lies behind a pointer that no filter can follow. It is closed all the same: a unix stream takes no
    # destination, the process starts with no other socket (`trusted.confine.lock` looks) and can make none. It hands
    # descriptors to the zygote, and sends lists of pieces.
    Rule(Action.ALLOW, ("sendmsg",)),
    # Files: which, Landlock says. A module that is imported late, the roster, the store, tor's cookie; a listed folder,
    # a file that is removed. A module may be native code, so memory may be.
    Rule(Action.ALLOW, ("openat", "newfstatat", "readlink", "readlinkat", "getdents64", "unlink", "unlinkat")),
    Rule(Action.ALLOW, ("mmap", "mprotect")),
    # Not among them: an owner for a descriptor's signals (F_SETOWN, FIOSETOWN, SIOCSPGRP) and which signal it is
    # (F_SETSIG), by which a byte from oneself kills keeper or tor; what /proc/locks shows (leases, locks of an open
    # file); characters for the terminal that started us (TIOCSTI).
    *(Rule(Action.ALLOW, ("ioctl",), (Equals(1, request),)) for request in _HARMLESS_REQUESTS.values()),
    *(
        Rule(Action.ALLOW, ("fcntl",), (Equals(1, command),))
        for command in (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC)
    ),
    # Handlers of the signals that end it, of no other: every account reads which are caught and which ignored.
    *(
        Rule(Action.ALLOW, ("rt_sigaction",), (Equals(0, number),))
        for number in (signal.SIGINT, signal.SIGTERM, _SIGCANCEL, _SIGSETXID)
    ),
    Rule(Action.ALLOW, ("rt_sigprocmask",)),
    # It may ask which locks are on. Undumpable stays undumpable, and it takes no name and no command line: every
    # account reads them. Python from 3.14 gives its threads names, and goes on without.
    *(
        Rule(Action.ALLOW, ("prctl",), (Equals(0, operation),))
        for operation in (_PR_GET_DUMPABLE, _PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS)
    ),
)  # fmt: skip

INTAKE: Final = Profile(
    rules=(
        *_SERVING,
        # What aiohttp asks for of each connection. The sizes of buffers can be read by every account (sock_diag).
        Rule(Action.ALLOW, ("setsockopt",), (Equals(1, socket.SOL_SOCKET), Equals(2, socket.SO_KEEPALIVE))),
        # Python asks a socket that came over the channel, of a new zygote, what it is.
        *(
            Rule(Action.ALLOW, ("getsockopt",), (Equals(1, socket.SOL_SOCKET), Equals(2, option)))
            for option in (socket.SO_TYPE, socket.SO_PROTOCOL)
        ),
        # Locks as SQLite takes them. Which byte is locked lies behind a pointer, so a taken-over intake can show every
        # account numbers of its choice in /proc/locks (docs/decisions/server/0018). Seals are for files in memory.
        *(
            Rule(Action.ALLOW, ("fcntl",), (Equals(1, command),))
            for command in (fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_ADD_SEALS, fcntl.F_GET_SEALS)
        ),
        # The one lock on the slots, released by closing them.
        Rule(Action.ALLOW, ("flock",), (Equals(1, fcntl.LOCK_EX | fcntl.LOCK_NB),)),
        # Store and slots are on the disk before a page says so; a signature of the roster is put in its place. SQLite
        # asks whether it is root.
        Rule(Action.ALLOW, ("fsync", "fdatasync", "rename", "renameat", "renameat2", "geteuid")),
        # The heartbeat gives its files the kernel's time (`intake.read_times`). Which time lies behind a pointer, so a
        # taken-over intake can give the files that its account owns any; the older calls for it are not needed.
        Rule(Action.ALLOW, ("utimensat",)),
        # How much room the disk has left, before a file takes what is kept for text. It is asked of the slots, which
        # are open; `statfs` is not on the list, which would ask of any path.
        Rule(Action.ALLOW, ("fstatfs",)),
        # A file for the jail, in memory, and what the jail answers through.
        Rule(Action.ALLOW, ("memfd_create", "pipe2")),
        *_PURE_WORK,
    ),
    default=Action.EPERM,
)

PUBLISHER: Final = Profile(
    # It serves tenants and speaks to tor, on unix streams that it makes. A datagram would reach the system log.
    rules=(
        Rule(
            Action.ALLOW,
            ("socket",),
            (Equals(0, socket.AF_UNIX.value), Equals(1, socket.SOCK_STREAM.value, _WITHOUT_SOCK_FLAGS)),
        ),
        Rule(Action.ALLOW, ("bind", "listen", "connect", "shutdown")),
        # Whose account is at the other end.
        *(
            Rule(Action.ALLOW, ("getsockopt",), (Equals(1, socket.SOL_SOCKET), Equals(2, option)))
            for option in (socket.SO_PEERCRED, socket.SO_ERROR, socket.SO_TYPE, socket.SO_PROTOCOL)
        ),
        *_SERVING,
        *_PURE_WORK,
    ),
    default=Action.EPERM,
)

RELAY: Final = Profile(
    # It accepts browsers on sockets that it was given and dials tor. The list is closed: a relay needs little else.
    rules=(
        # tor's SOCKS, on a loopback port. No unix socket (journald listens on a stream as well), no datagram, and by
        # the third argument neither MPTCP nor SCTP, which no rule of Landlock's on TCP ports governs.
        Rule(
            Action.ALLOW,
            ("socket",),
            (
                Equals(0, socket.AF_INET.value),
                Equals(1, socket.SOCK_STREAM.value, _WITHOUT_SOCK_FLAGS),
                Equals(2, 0),
            ),
        ),
        Rule(Action.ALLOW, ("connect", "shutdown", "getsockname")),
        # Who connects is not asked: the kernel would write the address behind these pointers. The other ways to it are
        # not on the list: getpeername, SO_PEERNAME, messages with control data, netlink, files of /proc.
        Rule(Action.ALLOW, ("accept4",), (Null(1), Null(2))),
        Rule(Action.ALLOW, ("recvfrom",), (Null(4), Null(5))),
        # With a destination, or by sendmsg, a first packet could carry data to a port that connect may not reach.
        Rule(Action.ALLOW, ("sendto",), _NO_DESTINATION),
        Rule(Action.ALLOW, ("setsockopt",), (Equals(1, socket.IPPROTO_TCP), Equals(2, socket.TCP_NODELAY))),
        # What the kernel may hold of a stream to tor.
        *(
            Rule(Action.ALLOW, ("setsockopt",), (Equals(1, socket.SOL_SOCKET), Equals(2, option)))
            for option in (socket.SO_SNDBUF, socket.SO_RCVBUF)
        ),
        *(
            Rule(Action.ALLOW, ("getsockopt",), (Equals(1, socket.SOL_SOCKET), Equals(2, option)))
            for option in (socket.SO_ERROR, socket.SO_TYPE, socket.SO_PROTOCOL)
        ),
        # The event loop: its selector, and the pair by which it wakes itself, connected to nobody else.
        Rule(Action.ALLOW, ("epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait")),
        Rule(Action.ALLOW, ("socketpair",), _STREAM_PAIR),
        *(Rule(Action.ALLOW, ("ioctl",), (Equals(1, request),)) for request in _HARMLESS_REQUESTS.values()),
        *(
            Rule(Action.ALLOW, ("fcntl",), (Equals(1, command),))
            for command in (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC)
        ),
        *(Rule(Action.ALLOW, ("rt_sigaction",), (Equals(0, number),)) for number in (signal.SIGINT, signal.SIGTERM)),
        Rule(Action.ALLOW, ("rt_sigprocmask", "sigaltstack")),
        # Asking which locks and limits are on.
        Rule(Action.ALLOW, ("prlimit64",), _ONLY_ASKING),
        *(
            Rule(Action.ALLOW, ("prctl",), (Equals(0, operation),))
            for operation in (_PR_GET_DUMPABLE, _PR_GET_SECCOMP, _PR_GET_NO_NEW_PRIVS)
        ),
        *_PURE_WORK,
    ),
    default=Action.EPERM,
)
