"""The profiles side by side, for an auditor to read: ZYGOTE, JOB, JOB_WITH_THREAD, INTAKE, PUBLISHER, RELAY.

Zygote and job are deny-by-default: what is not listed kills the process. Their lists are what Python, Pillow, PDFium
and zlib were seen to need. A few calls that libraries try in passing (opening a file, asking for the terminal) get an
error instead, so that the library goes on. A job is bound by both filters, and the stricter answer counts.
The relay is deny-by-default too, with an error for an answer: it moves bytes between sockets and needs no file.
The intake is allow-by-default with a list of what is closed: a web server's needs are too wide to list, and what
must be impossible is narrow: making a socket, reaching one by name, starting a program, looking into another process,
sending it a signal, changing what every account reads of a process under /proc. Of the calls that do many things
(fcntl, ioctl, prctl, setsockopt) what is needed is listed and the rest is closed.

Order when a process confines itself, the same in each function of `confine.lock`:
1 one thread only   2 limits, undumpable   3 no new privileges   4 Landlock   5 seccomp
"""

import fcntl
import signal
import socket
from dataclasses import dataclass
from typing import Final

from confine.seccomp import Action, BitsClear, Condition, Equals, Null, Rule

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

# What the intake will never need, and what would undo the rest.
_CLOSED_ANYWHERE: Final = (
    # io_uring makes sockets and connects them without the calls below, unseen by any filter.
    Rule(Action.EPERM, ("io_uring_setup", "io_uring_enter", "io_uring_register")),
    Rule(Action.EPERM, ("execve", "execveat", "fork", "vfork")),
    # Threads only: a new process is refused, and clone3 hides its flags behind a pointer.
    Rule(Action.ENOSYS, ("clone3",)),
    Rule(Action.ALLOW, ("clone",), _THREAD),
    Rule(Action.EPERM, ("clone",)),
    Rule(
        Action.EPERM,
        (
            # other processes' memory and descriptors
            "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
            # another view of the system
            "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
            "fsconfig", "fsmount", "fspick", "mount_setattr", "name_to_handle_at", "open_by_handle_at",
            # the kernel's own machinery, its log and its keys
            "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "syslog", "fanotify_init",
            "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon",
            "swapoff", "acct", "quotactl", "iopl", "ioperm", "personality",
            # the clock, by which a real report could be released or a case made due
            "settimeofday", "clock_settime", "adjtimex", "clock_adjtime",
            # another identity
            "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
            "capset",
            # signals to others: keeper and tor run as the same owner, and only new kernels' Landlock bounds them
            "kill", "tkill", "tgkill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
            # their share of the machine, and one's own: every account reads it in /proc/PID/stat
            "sched_setaffinity", "sched_setparam", "sched_setscheduler", "sched_setattr", "setpriority", "ioprio_set",
            "migrate_pages", "move_pages",
            # what else every account reads under /proc: limits, umask, group, session, a timer's number, the count of
            # filters, flags of the processor, the label of a security module, events reserved by the machine
            "setrlimit", "umask", "setpgid", "setsid", "timer_create", "setitimer", "alarm", "seccomp", "arch_prctl",
            "lsm_set_self_attr", "io_setup",
            # memory that may reach swap after all
            "munlock", "munlockall",
            # who may read a file, and notes on files that no list of its content shows; Landlock governs neither
            "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "setxattr",
            "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat",
            # memory and messages that outlast the process and others can read
            "shmget", "msgget", "semget", "mq_open", "mq_unlink",
        ),
    ),
    # The C library asks for the size of a stack before each thread. Limits are set before the locks and never after: a
    # limit of none on the keeper's files would end it, and one's own is read by every account.
    Rule(Action.ALLOW, ("prlimit64",), _ONLY_ASKING),
    Rule(Action.EPERM, ("prlimit64",)),
    # Handlers of the signals that end it, of no other: every account reads which are caught and which ignored.
    *(
        Rule(Action.ALLOW, ("rt_sigaction",), (Equals(0, number),))
        for number in (signal.SIGINT, signal.SIGTERM, _SIGCANCEL, _SIGSETXID)
    ),
    Rule(Action.EPERM, ("rt_sigaction",)),
    # It may ask which locks are on. Undumpable stays undumpable, and it takes no name and no command line: every
    # account reads them. Python from 3.14 gives its threads names, and goes on without.
    Rule(Action.ALLOW, ("prctl",), (Equals(0, _PR_GET_DUMPABLE),)),
    Rule(Action.ALLOW, ("prctl",), (Equals(0, _PR_GET_SECCOMP),)),
    Rule(Action.ALLOW, ("prctl",), (Equals(0, _PR_GET_NO_NEW_PRIVS),)),
    Rule(Action.EPERM, ("prctl",)),
    # Not among them: an owner for a descriptor's signals (F_SETOWN, FIOSETOWN, SIOCSPGRP) and which signal it is
    # (F_SETSIG), by which a byte from oneself kills keeper or tor; what /proc/locks shows (leases, locks of an open
    # file); characters for the terminal that started us (TIOCSTI).
    *(Rule(Action.ALLOW, ("ioctl",), (Equals(1, request),)) for request in _HARMLESS_REQUESTS.values()),
    Rule(Action.EPERM, ("ioctl",)),
    *(
        Rule(Action.ALLOW, ("fcntl",), (Equals(1, command),))
        for command in (fcntl.F_GETFD, fcntl.F_SETFD, fcntl.F_GETFL, fcntl.F_DUPFD_CLOEXEC)
    ),
    # Many messages with many destinations in one call, each behind a pointer.
    Rule(Action.EPERM, ("sendmmsg",)),
    Rule(Action.ALLOW, ("sendto",), _NO_DESTINATION),
    Rule(Action.EPERM, ("sendto",)),
    Rule(Action.ALLOW, ("socketpair",), _STREAM_PAIR),
    Rule(Action.EPERM, ("socketpair",)),
    # sendmsg is not here though its destination lies behind a pointer that no filter can follow. It is closed all the
    # same: only a datagram or unconnected socket uses a destination. The process starts without one (`confine.lock`
    # looks), none can be made (no socket(), pairs are streams), and what accept() gives is a connected stream. The
    # intake needs sendmsg to hand descriptors to the zygote.
)  # fmt: skip

INTAKE: Final = Profile(
    rules=(
        Rule(Action.EPERM, ("socket", "connect", "bind", "listen")),
        *_CLOSED_ANYWHERE,
        # Locks as SQLite takes them. Which byte is locked lies behind a pointer, so a taken-over intake can show every
        # account numbers of its choice in /proc/locks (docs/decisions/server/0018). Seals are for files in memory.
        *(
            Rule(Action.ALLOW, ("fcntl",), (Equals(1, command),))
            for command in (fcntl.F_GETLK, fcntl.F_SETLK, fcntl.F_ADD_SEALS, fcntl.F_GET_SEALS)
        ),
        Rule(Action.EPERM, ("fcntl",)),
        # The one lock on the slots, released by closing them.
        Rule(Action.ALLOW, ("flock",), (Equals(1, fcntl.LOCK_EX | fcntl.LOCK_NB),)),
        Rule(Action.EPERM, ("flock",)),
        # What aiohttp asks for of each connection. The sizes of buffers can be read by every account (sock_diag).
        Rule(Action.ALLOW, ("setsockopt",), (Equals(1, socket.SOL_SOCKET), Equals(2, socket.SO_KEEPALIVE))),
        Rule(Action.EPERM, ("setsockopt",)),
    ),
    default=Action.ALLOW,
)

PUBLISHER: Final = Profile(
    # The intake's list, but for the sockets: it serves tenants and speaks to tor, on unix streams that it makes. A
    # datagram would reach the system log.
    rules=(
        Rule(
            Action.ALLOW,
            ("socket",),
            (Equals(0, socket.AF_UNIX.value), Equals(1, socket.SOCK_STREAM.value, _WITHOUT_SOCK_FLAGS)),
        ),
        Rule(Action.EPERM, ("socket",)),
        *_CLOSED_ANYWHERE,
        Rule(Action.EPERM, ("fcntl", "flock", "setsockopt")),
    ),
    default=Action.ALLOW,
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
    # An error and no kill: a library that tries in passing what this list lacks goes on, and no visitor is cut off.
    default=Action.EPERM,
)
