"""Calls that write nothing and still leave something to be seen: closed lists of their arguments, while visitors come.

A lock has an offset, a limit a number, a timer a length, a mapping a size. What a process was given stands in /proc for
as long as it lasts, and what it took back again stands nowhere afterwards: so each call is judged, with its arguments,
as strace saw it. A call that is on neither list is a finding, whatever it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from audit.observe.strace import Call, plain

# What they are handed is left nowhere, or is judged by `audit.canary.rules`, or is the kernel's own choice.
_LEAVES_NOTHING = frozenset({
    # connections, and what asks of them
    "accept", "accept4", "getpeername", "getsockname", "getsockopt", "shutdown", "epoll_ctl", "epoll_create1", "pipe2",
    # to the disk
    "fsync", "fdatasync",
    # threads, and processes that one waits for
    "clone", "clone3", "fork", "vfork", "exit", "wait4", "waitid", "pidfd_open", "set_robust_list", "rseq",
    "set_tid_address", "membarrier", "getrandom", "clock_nanosleep", "nanosleep", "sched_getaffinity", "sysinfo",
    "uname", "get_robust_list", "close_range", "rt_sigaction", "rt_sigprocmask", "sigaltstack", "getrlimit",
    "eventfd2", "arch_prctl", "brk", "mprotect", "mremap",
})  # fmt: skip
_MEMFD = r"/memfd:(kallskydd|warm)>\(deleted\)"
_OWN = r"(UNIX-STREAM:\[.*\]|pipe:\[\d+\]|/memfd:.*|anon_inode:.*)"
# Of these the list leaves numbers open, and the same visits must come to the same ones.
_COMPARED = frozenset({"prlimit64", "setitimer", "exit_group", "prctl"})
_PLACE = re.compile(r"0x[0-9a-f]{6,}|\d+<[^>]*>")
_PAGE = 4096
_OPENS = frozenset({"open", "openat", "openat2"})
_SHOWN_BY_THE_KERNEL = ("/proc/", "/sys/", "/dev/", "/run/")
_COMMAND = re.compile(r"\+?[A-Z_]{4,}[ \r]")
# What the keeper asks of tor: its state, its onions up and down, and no event that tells of a circuit or a stream.
_COMMANDS = re.compile(
    r"PROTOCOLINFO 1|AUTHCHALLENGE SAFECOOKIE [0-9a-f]+|AUTHENTICATE [0-9a-f]*|QUIT|TAKEOWNERSHIP|SIGNAL HALT"
    r"|SETEVENTS( SIGNAL| CONF_CHANGED| STATUS_SERVER| STATUS_CLIENT| HS_DESC)*|GETCONF [A-Za-z_]+"
    r"|GETINFO (version|onions/(current|detached)|status/[a-z-]+|process/pid|features/names|events/names|signal/names)"
    r"|(RESETCONF|SETCONF) __OwningControllerProcess(=\d+)?"
    r"|ADD_ONION ED25519-V3:\S+ Flags=\S+( [A-Za-z0-9]+=\S+)*|DEL_ONION [a-z2-7]{56}"
)
_SIZE = re.compile(r"\w+, (\d+),")


@dataclass(frozen=True, slots=True)
class ArgRule:
    """A call that a role may make while visitors come, and with which arguments, as strace writes them."""

    role: str
    call: str
    arguments: str
    why: str


RULES = (
    # SQLite's locks: on a byte of the log's index for each reader, and on two ranges of the database.
    ArgRule("intake", "fcntl", r"\d+<{home}/kallskydd\.db-shm>, F_SETLK, \{l_type=F_(RD|WR|UN)LCK, l_whence=SEEK_SET, "
            r"l_start=12[0-8], l_len=[1-8]\}", "SQLite"),
    ArgRule("intake", "fcntl", r"\d+<{home}/kallskydd\.db>, F_SETLK, \{l_type=F_(RD|WR|UN)LCK, l_whence=SEEK_SET, "
            r"(l_start=0, l_len=0|l_start=107374182[456], l_len=(1|2|510))\}", "SQLite"),
    ArgRule("intake|job", "fcntl", rf"\d+<{_MEMFD}, F_ADD_SEALS, (F_SEAL_(SEAL|SHRINK|GROW|WRITE)\|?)+", "memory"),
    ArgRule("intake|job", "fcntl", rf"\d+<{_MEMFD}, F_GET_SEALS", "memory"),
    ArgRule("intake|zygote|job", "fcntl", rf"\d+<{_OWN}>(\(deleted\))?, "
            r"(F_GETFL|F_GETFD|F_SETFL, O_RDWR(\|O_NONBLOCK)?|F_SETFD, FD_CLOEXEC|F_DUPFD_CLOEXEC, [03])", "its own"),
    ArgRule("intake", "ioctl", r"\d+<.*>(\(deleted\))?, (FIONBIO, \[[01]\]|TCGETS, .*|FIONREAD, .*|FIOCLEX)", "asks"),
    ArgRule("intake", "setsockopt", r"\d+<UNIX-STREAM:.*>, SOL_SOCKET, SO_KEEPALIVE, \[1\], 4", "the web library asks"),
    ArgRule("intake", "ftruncate", r"\d+<{home}/kallskydd\.db-wal>, 0", "the log is cut"),
    ArgRule("intake", "ftruncate", r"\d+<{home}/kallskydd\.db>, {pages}", "pages are given back"),
    ArgRule("intake|job", "ftruncate", rf"\d+<{_MEMFD}, \d+", "memory"),
    ArgRule("intake", "lseek", r"\d+<.*>(\(deleted\))?, 0, SEEK_CUR", "asks where it stands"),
    ArgRule("intake", "lseek", rf"\d+<{_MEMFD}, 0, SEEK_(SET|END)", "memory"),
    ArgRule("intake", "exit_group", r"0", "in order"),
    ArgRule("intake", "sendmsg", r".*", "judged as a write"),
    ArgRule("keeper|intake|zygote|job", "madvise", r"0x[0-9a-f]+, \d+, MADV_(DONTNEED|FREE|HUGEPAGE)", "memory"),
    # zygotes and jobs
    ArgRule("zygote|job", "exit_group", r"[0-9]{1,3}", "a job's code is one of the sandbox's list"),
    ArgRule("job", "setitimer", r"ITIMER_REAL, .*", "the wall clock of a job; runs are compared"),
    ArgRule("job", "prlimit64", r"0, RLIMIT_[A-Z]+, .*", "limits of a job; runs are compared"),
    ArgRule("job", "seccomp", r".*", "its filter"),
    ArgRule("job", "ioctl|lseek|dup", r".*", "of what it has open; it ends with its file"),
    ArgRule("zygote", "kill", r"\d+, SIGKILL", "a job that took too long"),
    ArgRule("keeper|intake|zygote|job", "killed", r"SIG(KILL|TERM|ALRM|XCPU)",
         "its end, by its parent or its own clock; by another signal the kernel's log tells of it"),
    # keeper
    ArgRule("keeper", "ioctl", r"\d+<.*>, (FIONBIO, \[[01]\]|TCGETS, .*|FIOCLEX)", "tor, and files it reads"),
    ArgRule("keeper", "lseek", r"\d+<.*>, 0, SEEK_CUR", "asks where it stands"),
    ArgRule("keeper", "fcntl", r"\d+<.*>, (F_GETFL|F_GETFD|F_SETFL, O_RDWR(\|O_NONBLOCK)?|F_SETFD, FD_CLOEXEC"
            r"|F_DUPFD_CLOEXEC, [03])", "its own"),
    ArgRule("keeper", "kill|pidfd_send_signal|exit_group", r".*", "its own end and that of its children"),
    ArgRule("tor|other", r".*", r".*", "tor hears of no request; the rest is what the watch starts it with"),
)  # fmt: skip


class Arguments:
    """The lists for one canary."""

    def __init__(self, home: Path) -> None:
        places = {"{home}": re.escape(str(home)), "{pages}": r"(\d+)"}
        self._rules = [
            (re.compile(rule.role), re.compile(rule.call), _compiled(rule.arguments, places)) for rule in RULES
        ]

    def is_listed(self, call: Call) -> bool:
        """Whether the call leaves nothing, or stands on the list with these arguments."""
        if call.name in _LEAVES_NOTHING:
            return True
        arguments = plain(call.arguments)
        for role, name, wanted in self._rules:
            if role.fullmatch(call.role) and name.fullmatch(call.name) and (match := wanted.fullmatch(arguments)):
                # The size of the database is a number of pages.
                return call.name != "ftruncate" or not match.groups() or _is_of_pages(match)
        return False


def sizes_mapped(calls: Iterable[Call], since: float) -> frozenset[int]:
    """Return the sizes of memory the intake asked for while visitors came: every account may read how much it has."""
    mine = (call for call in calls if call.role == "intake" and call.name == "mmap" and call.at >= since)
    return frozenset(
        int(found[1]) for call in mine if "MAP_ANONYMOUS" in call.flags and (found := _SIZE.match(call.arguments))
    )


def numbers_given(calls: Iterable[Call], since: float) -> frozenset[str]:
    """Return calls whose numbers no list can name, as text without what differs from process to process."""
    mine = (call for call in calls if call.role in {"intake", "zygote", "job"} and call.name in _COMPARED)
    return frozenset(
        f"{call.role} {call.name}({_PLACE.sub('', plain(call.arguments))})" for call in mine if call.at >= since
    )


def commands_to_tor(calls: Iterable[Call]) -> frozenset[str]:
    """Return what the keeper asked of tor."""
    lines = (
        call.payload.decode("latin-1") for call in calls if call.role == "keeper" and call.name in {"sendto", "write"}
    )
    return frozenset(line.strip() for line in lines if _COMMAND.match(line))


def looked_at(calls: Iterable[Call], home: str) -> frozenset[str]:
    """Return what the keeper opened in its home and of what the kernel shows: there it could see who is there."""
    names = (path for call in calls if call.role == "keeper" and call.name in _OPENS for path in call.paths)
    ours = (name.removeprefix(home) for name in names if name.startswith((home, *_SHOWN_BY_THE_KERNEL)))
    return frozenset(re.sub(r"\d+", "N", name) for name in ours)


def strange_commands(commands: Iterable[str]) -> list[str]:
    """Those that are not on the list."""
    return sorted(command for command in commands if not _COMMANDS.fullmatch(command))


def _is_of_pages(match: re.Match[str]) -> bool:
    numbers = [group for group in match.groups() if group is not None and group.isdigit()]
    return all(int(number) % _PAGE == 0 for number in numbers)


def _compiled(pattern: str, places: dict[str, str]) -> re.Pattern[str]:
    for name, place in places.items():
        pattern = pattern.replace(name, place)
    return re.compile(pattern)
