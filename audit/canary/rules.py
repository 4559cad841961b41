"""What the processes of the service may do while strangers visit, as closed lists: everything else is a finding.

Each rule is a role, calls, a pattern for what they are done to, and when. An attempt that the kernel refused is judged
like one that it let pass: a process that tries to reach the log is not silent because it failed.

`{home}` stands for the canary's home, `{folder}` for the folder around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from audit.canary.calls import Arguments
from audit.canary.visits.visitor import CONTENT
from audit.observe.strace import Call, plain

WRITES = frozenset({"write", "writev", "pwrite64", "pwritev", "pwritev2", "sendto", "sendmsg", "sendmmsg"})
_OPENS = frozenset({"open", "openat", "openat2", "creat", "open_by_handle_at"})
_WRITING = frozenset({"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"})
_TIMES = frozenset({"utime", "utimes", "futimesat", "utimensat"})
_CHANGES = _TIMES | frozenset({
    "mkdir", "mkdirat", "mknod", "mknodat", "link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "rmdir", "truncate", "setxattr", "lsetxattr", "fsetxattr",
})  # fmt: skip
# Ways past every list above: using one is a finding, whatever it is for.
_NEVER = frozenset({
    "sendmmsg", "sendfile", "splice", "tee", "vmsplice", "copy_file_range", "io_uring_setup", "io_uring_enter",
    "pidfd_getfd", "syslog", "msgget", "msgsnd", "mq_open", "mq_timedsend", "shmget", "shmat", "process_vm_writev",
    "ptrace", "add_key", "keyctl", "bpf", "open_by_handle_at",
})  # fmt: skip
# Calls that name something, and so carry at least one string.
NAMING = _OPENS | _CHANGES | {"connect", "bind", "execve", "memfd_create"}
_STANDARD_STREAMS = (1, 2)
# How long a write to a file of the home is, and where it begins, as strace ends the line of a call.
_WRITTEN = re.compile(r", (\d+), (\d+)$")
_ZEROS = re.compile(r'"(?:\\x00)+", \d+, \d+$')

_DATABASE_PAGE, _LOG_HEADER, _FRAME_HEADER, _SHARE = 4096, 32, 24, 32
_FRAME = _FRAME_HEADER + _DATABASE_PAGE
# Which writes the format of a file of the home has, by length and place; between these nobody would look.
_FORMS: Mapping[str, Callable[[int, int], bool]] = {
    "kallskydd.db": lambda size, start: size == _DATABASE_PAGE and start % _DATABASE_PAGE == 0,
    "kallskydd.db-wal": lambda size, start: (
        (size, start) == (_LOG_HEADER, 0)
        or (size == _FRAME_HEADER and (start - _LOG_HEADER) % _FRAME == 0)
        or (size == _DATABASE_PAGE and (start - _LOG_HEADER - _FRAME_HEADER) % _FRAME == 0)
    ),
    # One byte makes a page of it be there.
    "kallskydd.db-shm": lambda size, start: size == 1 and (start + 1) % _DATABASE_PAGE == 0,
    "shred.slots": lambda size, start: size % _SHARE == start % _SHARE == 0,
}
_ZEROS_AT_ONCE = 2**20
# Where zeros may be written: over what SQLite leaves between the cells of a page, and over the log before it is cut.
_ZEROED: Mapping[str, Callable[[int, int], bool]] = {
    "kallskydd.db": lambda size, start: start // _DATABASE_PAGE == (start + size - 1) // _DATABASE_PAGE,
    "kallskydd.db-wal": lambda size, start: (
        (size, start) == (_LOG_HEADER, 0) or (start - _LOG_HEADER) % _ZEROS_AT_ONCE == 0
    ),
}


@dataclass(frozen=True, slots=True)
class CallRule:
    """One thing that a role may do. `before` is for what only happens before anyone visits."""

    role: str
    calls: frozenset[str]
    to: str
    before: bool = False
    why: str = ""


def _rule(role: str, calls: str, to: str, why: str, *, before: bool = False) -> CallRule:
    """Return a rule for the calls named in `calls`, where `open` and `write` stand for all calls of their kind.

    `role` and `to` are patterns of who calls and of what it is called on; `before`: only before the first visitor.
    """
    names: frozenset[str] = frozenset()
    for word in calls.split():
        names |= {"open": _OPENS, "write": WRITES}.get(word, frozenset({word}))
    return CallRule(role, names, to, before, why)


_PYC = r".*/__pycache__(/[^/]+\.pyc(\.\d+)?)?"
_LOG_INDEX = r"{home}/kallskydd\.db-(wal|shm)"
_WORKED_IN = r"{home}/(kallskydd\.db(-wal)?|shred\.slots)"

# What Python gives its threads from 3.14 on, cut to what the kernel keeps; strace writes that it is cut.
_THREAD_NAME = r'PR_SET_NAME, "((asyncio|argon)_\d{1,2}|Thread-\d{1,2}( \(_(c(o(nn?)?)?)?)?)"\.*'
_OWN_LOCKS = r"PR_(GET|SET)_(DUMPABLE|NO_NEW_PRIVS|SECCOMP|PDEATHSIG)(, .*)?"

RULES = (
    _rule(".*", "open", r"/dev/null", "nowhere"),
    _rule(".*", "open rename renameat write unlink mkdir", _PYC, "Python's own cache of programs", before=True),
    _rule(
        "keeper|intake|zygote", "connect", r"/var/run/nscd/socket", "the C library asks for the account", before=True
    ),
    # keeper
    _rule("keeper", "open", r"{home}/(run|tor)/[^/]+", "its own sockets and tor's configuration"),
    _rule("keeper", "open", r"{home}/(audit\.chain|upkeep\.seen)", "made empty: verdicts, signs", before=True),
    _rule("keeper", "mkdir mkdirat", r"{home}/(run|tor)", "their folders", before=True),
    _rule("keeper", "unlink unlinkat", r"{home}/run/(public|desk|mirror)\.sock", "left by an earlier run", before=True),
    _rule("keeper", "bind", r"{home}/run/(public|desk)\.sock", "where tor brings visitors", before=True),
    _rule("keeper", "connect", r"{home}/run/(control|socks)\.sock", "tor"),
    _rule("keeper", "execve", r".*/(python[0-9.]*|tor)", "zygotes, the intake, tor and its watchdog", before=True),
    _rule("keeper", "write", r"{folder}/(out|err)|{home}/tor/torrc|UNIX-STREAM:.*|pipe:.*", "events, tor, orders"),
    # Version of tor, hour of a descriptor, day of a release: the content is compared, with a report and without.
    _rule("keeper", "write", r"{home}/run/keeper\.json", "notes for `kallskydd status`"),
    _rule("keeper", "write", r"{home}/upkeep\.seen", "nothing seen yet", before=True),
    # intake
    _rule("intake", "open", _LOG_INDEX, "made empty, for SQLite", before=True),
    _rule("intake", "open", _WORKED_IN, "the home's files"),
    _rule("intake", "utimensat", r"{home}/(roster(/[^/]+)?|run/(public|desk|mirror)\.sock)", "the same, of reading"),
    _rule("intake", "open", r"/dev/zero", "tries that Landlock refuses it", before=True),
    # Mapped, SQLite writes to it without a call: nobody else may have it open, and SQLite opens it at its start.
    _rule("intake", "open mmap write", r"{home}/kallskydd\.db-shm", "SQLite's index of its log", before=True),
    _rule("intake", "open mmap", r"{folder}/clock/later", "the canary's own: its clock and its questions", before=True),
    _rule("intake", "memfd_create", r"kallskydd", "uploads, in memory"),
    _rule("intake", "unlink", _LOG_INDEX, "SQLite tries at its end; Landlock refuses"),
    _rule("intake", "utimensat", rf"{_WORKED_IN}|{_LOG_INDEX}", "the heartbeat and the stop give them the time of now"),
    _rule("intake", "write", _WORKED_IN, "ciphertext and random bytes"),
    _rule("intake", "write", r"/memfd:kallskydd \(deleted\)", "uploads, in memory"),
    _rule("intake", "write", r'UNIX-STREAM:.*,"{home}/run/(public|desk)\.sock"\]', "answers"),
    _rule("intake", "write", r"channel:(keeper|zygote|own)", "counters, jobs, its own wake-up"),
    # zygotes and their jobs
    _rule("zygote", "open", r"/dev/null", "nowhere"),
    _rule("zygote", "memfd_create", r"warm", "warm-up of each format", before=True),
    _rule("zygote", "execve", r"/sbin/ldconfig", "Python looks for libmagic", before=True),
    _rule("zygote", "write", r"/memfd:warm \(deleted\)", "warm-up of each format", before=True),
    _rule("zygote", "write", r"UNIX-STREAM:\[[^\],]*\]", "its channel, its jobs"),
    _rule("zygote|intake|job", "mmap", r"/memfd:[a-z]+ \(deleted\)", "memory"),
    _rule("job", "write", r"/memfd:(kallskydd|warm) \(deleted\)|pipe:\[\d+\]|UNIX-STREAM:\[[^\],]*\]", "its results"),
    _rule("job", "memfd_create", r"kallskydd|warm", "memory"),
    _rule("job", "execve socket", r".*", "tries that the filter kills it for this", before=True),
    _rule("job", "open", r"/dev/null|/etc/hostname|/dev/zero", "tries that it is refused", before=True),
    # What a process sets or asks about itself: its name and its command line are every account's to read.
    _rule("keeper|intake|zygote", "prctl", _OWN_LOCKS, "their locks", before=True),
    _rule("job", "prctl", r"PR_SET_PDEATHSIG, SIGKILL", "it ends with its zygote"),
    _rule("keeper|intake|job", "prctl", _THREAD_NAME, "Python's names for threads; intake and job are refused"),
    _rule("keeper", "prctl", r'PR_SET_NAME, "(Tor listener|Event notifier)"\.*', "the same"),
    _rule("tor", "prctl", r"PR_(?!SET_(NAME|MM|VMA)).*", "its rights"),
    _rule("other", "prctl", r".*", "what the watch starts it with", before=True),
    # tor, with its network switched off
    _rule("tor", "open mkdir rename unlink", r"{home}/tor/data(/.*)?", "its state"),
    _rule("tor", "unlink bind", r"{home}/run/(control|socks)\.sock", "its control socket"),
    _rule("tor", "write", r"{home}/tor/data/.*|UNIX-STREAM:\[.*\]|pipe:\[\d+\]", "its state, the keeper"),
    # the interpreter that we start, and what the others start before anyone visits
    _rule("other", "execve", r".*/(python[0-9.]*|setpriv)", "the keeper", before=True),
    _rule("other", "write", r"pipe:\[\d+\]", "what ldconfig found", before=True),
)

# What the intake, the zygotes and their jobs open to read while visitors come. Programs, sentences and tables are read
# before: which of them is opened, and when, would tell what a visitor asked for.
_READABLE = r"{home}/(roster(/[^/]+)?|audit\.chain|kallskydd\.db(-wal|-shm)?|shred\.slots)|/dev/(null|urandom)"

# Where markers may pass, and which: what was typed or is in a file, on its way to the store or back to its sender.
MAY_CARRY = (
    ("intake", r"/memfd:kallskydd \(deleted\)", frozenset(CONTENT)),
    ("job", r"/memfd:kallskydd \(deleted\)", frozenset(CONTENT)),
    # The one who asked hears it; the canary judges each answer by what its request may bring back.
    ("intake", r'UNIX-STREAM:.*,"{home}/run/public\.sock"\]', frozenset(CONTENT)),
)


class Rulebook:
    """The rules for one canary."""

    def __init__(self, folder: Path, home: Path, calls: list[Call], first_visit: float) -> None:
        self._arguments = Arguments(home)
        places = {"{home}": re.escape(str(home)), "{folder}": re.escape(str(folder))}
        self._rules = [(re.compile(rule.role), rule, _compiled(rule.to, places)) for rule in RULES]
        self._carriers = [(role, _compiled(to, places), kinds) for role, to, kinds in MAY_CARRY]
        self._first_visit = first_visit
        self._home = home
        self._readable = _compiled(_READABLE, places)
        self._channels = _channels(calls)
        # An ordinary account is not told which files a closed process has open; then only numbers are seen.
        self.nameless = any(call.name in WRITES and call.descriptor > 0 and not call.target for call in calls)

    def breach(self, call: Call) -> str | None:  # noqa: PLR0911 - one answer for each kind of call
        """Classify what is wrong with a call: files, sockets, programs, channels, calls. None when nothing is."""
        if call.name in _NEVER:
            return "files" if call.name == "open_by_handle_at" else "channels"
        if call.name in WRITES:
            return self._written(call)
        if call.name in _OPENS:
            if call.flags & _WRITING or call.name == "creat":
                return self._listed(call, call.paths, "files")
            return self._read(call)
        if call.name in _CHANGES:
            if call.name in _TIMES and not _sets_now(call):
                return "files"
            return self._listed(call, call.paths or (call.target,), "files")
        if call.name in {"connect", "bind"}:
            return self._listed(call, tuple(path.lstrip("\0") for path in call.paths) or ("?",), "sockets")
        return self._other(call)

    def may_carry(self, call: Call) -> frozenset[str]:
        """Kinds of markers that may pass where this call writes."""
        for role, to, kinds in self._carriers:
            if role == call.role and to.fullmatch(call.target):
                return kinds
        return frozenset()

    def is_to_keeper(self, call: Call) -> bool:
        """Whether this writes to the channel to the keeper."""
        return call.name in WRITES and self._channels.get((call.process.pid, call.target)) == "channel:keeper"

    def _read(self, call: Call) -> str | None:
        """Which file is read is seen in the time at which it was read last, of whatever file; a refusal leaves none."""
        if call.role not in {"intake", "zygote", "job"} or call.at < self._first_visit or call.failed:
            return None
        return None if all(self._readable.fullmatch(path) for path in call.paths) else "files"

    def _written(self, call: Call) -> str | None:
        if "sa_family" in call.arguments:
            return "sockets"
        if call.role in {"intake", "zygote", "job"} and call.descriptor in _STANDARD_STREAMS:
            return "channels"
        if self.nameless:
            return None
        if not self._in_its_format(call):
            return "channels"
        return self._listed(call, (self._channels.get((call.process.pid, call.target), call.target),), "channels")

    def _in_its_format(self, call: Call) -> bool:
        """Whether a write to a file of the home is one that the file's format has."""
        name, written = call.target.removeprefix(f"{self._home}/"), _WRITTEN.search(call.arguments)
        forms = [_FORMS.get(name), _ZEROED.get(name) if _ZEROS.search(call.arguments) else None]
        if forms[0] is None:
            return True
        return written is not None and any(form and form(int(written[1]), int(written[2])) for form in forms)

    def _other(self, call: Call) -> str | None:
        if call.name == "mmap":
            shared = (
                not self.nameless and {"MAP_SHARED", "PROT_WRITE"} <= call.flags and "MAP_ANONYMOUS" not in call.flags
            )
            return self._listed(call, (_mapped(call),), "files") if shared else None
        if call.name in {"execve", "execveat"}:
            return self._listed(call, call.paths[:1], "programs")
        if call.name in {"memfd_create", "prctl"}:
            of_a_file = call.name == "memfd_create"
            return self._listed(
                call, call.paths if of_a_file else (plain(call.arguments),), "files" if of_a_file else "channels"
            )
        if call.name == "socket":
            # Of these nothing can come but a connection, and connect has its own list.
            early = call.at < self._first_visit or call.role in {"keeper", "tor"}
            fine = {"AF_UNIX", "SOCK_STREAM"} <= call.flags and call.role != "job" and early
            return None if fine else self._listed(call, (call.arguments,), "sockets")
        if call.name == "socketpair":
            # Of the intake's own there is one, from its start; in another, bytes could wait that nobody reads.
            own = call.role != "intake" or call.at < self._first_visit
            return None if own and {"AF_UNIX", "SOCK_STREAM"} <= call.flags else "sockets"
        early = call.at < self._first_visit or self.nameless
        return None if early or self._arguments.is_listed(call) else "calls"

    def _listed(self, call: Call, things: tuple[str, ...], kind: str) -> str | None:
        return None if all(self._allowed(call, thing) for thing in things) else kind

    def _allowed(self, call: Call, thing: str) -> bool:
        for role, rule, to in self._rules:
            if rule.before and call.at >= self._first_visit:
                continue
            if call.name in rule.calls and role.fullmatch(call.role) and to.fullmatch(thing):
                return True
        return False


def _compiled(pattern: str, places: dict[str, str]) -> re.Pattern[str]:
    for name, place in places.items():
        pattern = pattern.replace(name, place)
    return re.compile(pattern)


def _sets_now(call: Call) -> bool:
    """Whether a file gets the time of now, as the heartbeat gives it; one of choice is eight bytes of anything."""
    return (
        call.name in _TIMES
        and re.search(r", (NULL|\[UTIME_NOW, UTIME_OMIT\])(, [A-Z0-9_|]+)?$", call.arguments) is not None
    )


def _mapped(call: Call) -> str:
    found = re.search(r"\d+<((?:[^<>]|<[^<>]*>)*)>(\(deleted\))?, [^,]*$", call.arguments)
    return plain(found[1]) + (" (deleted)" if found[2] else "") if found else "?"


def _channels(calls: list[Call]) -> dict[tuple[int, str], str]:
    """(process, socket) -> which channel it is: those the intake was handed, by its command line, and its own pairs."""
    found: dict[tuple[int, str], str] = {}
    handed: dict[int, dict[int, str]] = {}
    for call in calls:
        if call.role != "intake":
            continue
        pid = call.process.pid
        if pid not in handed:
            handed[pid] = _handed(call.process.command)
        if call.name == "socketpair":
            for pair in re.findall(r"UNIX-STREAM:\[\d+->\d+\]", call.arguments):
                found[pid, pair] = "channel:own"
        elif call.name in WRITES and call.descriptor in handed[pid]:
            found.setdefault((pid, call.target), handed[pid][call.descriptor])
    return found


def _handed(command: tuple[str, ...]) -> dict[int, str]:
    names = {"--control-fd": "channel:keeper", "--zygote-fd": "channel:zygote"}
    return {int(value): names[word] for word, value in pairwise(command) if word in names and value.isdigit()}
