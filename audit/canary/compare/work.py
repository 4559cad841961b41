"""The same visits make the same calls: how often each was made, and with which arguments, is one number in two runs.

What a process does besides, at a filing, for one address or in one minute, it does by calls: an answer that goes out in
two pieces, a file that is opened once more, a lock on another byte, a wait, a fork or a thread more. Each call is
written down without what differs from process to process: numbers of processes and open files, places in memory, and
bytes that were written, of which the length is kept. `UNEVEN` names the calls whose number differs without a fault.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from audit.canary.rules import WRITES
from audit.observe.strace import Call, plain
from audit.verdict import Inspection

Work = Counter[str]
_ROLES = frozenset({"intake", "zygote", "job"})
_MOST_SHOWN = 6
_A_LINE = 512  # bytes, which no line of a progress page has and every page
# Their arguments are numbers of processes, threads and open files, and places in memory.
_BY_NAME = frozenset({
    "wait4", "waitid", "pidfd_open", "clone", "clone3", "set_robust_list", "rseq", "getpeername", "getsockname",
    "close_range", "exit", "getrandom", "accept4", "pipe2", "rt_sigaction", "rt_sigprocmask",
})  # fmt: skip
_DESCRIPTOR = re.compile(r"\b\d+<((?:->|[^<>]|<[^<>]*>)*)>(?:\(deleted\))?")
_WITHOUT_NAME = re.compile(r"\[[\d>-]*(?:,([^\]]*))?\]")
_PLACE = re.compile(r"0x[0-9a-f]{5,}|cmsg_data=\[[^\]]*\]")
# Readers lock the first place of SQLite's index where its log is emptied by then, which is as it falls, or the second.
_READING = re.compile(r"(\.db-shm>, F_SETLK, .*)l_start=12[34], l_len=1\b")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Uneven:
    """A call that is not made as often in every run, as a pattern of its line here."""

    line: str
    why: str


UNEVEN = (
    Uneven(r"intake accept4\(\)", "once more for each time that several connections were waiting"),
    Uneven(r'intake epoll_ctl\(<anon_inode:\[eventpoll\]>, EPOLL_CTL_(ADD|DEL|MOD), <UNIX-STREAM:"/home/run/.*',
           "a long form is not read while what came of it waits"),
    Uneven(r"intake write\(</memfd:kallskydd>, .*", "an upload, in pieces as they come"),
    Uneven(r"intake (clone|clone3|exit|rseq|set_robust_list|rt_sigprocmask)\(\)", "threads, as needed"),
    Uneven(r"\w+ (brk|mmap|mremap|mprotect|madvise)\(.*", "memory, as needed; large sizes are compared by themselves"),
    Uneven(r'intake openat\(AT_FDCWD<>, "/proc/sys/vm/overcommit_memory", .*',
           "the C library, when it gives memory of a thread back"),
    Uneven(r"\w+ getrandom\(\)", "the libraries' own, when they first draw in a thread"),
    Uneven(r'intake openat\(AT_FDCWD<>, "/home/roster", .*', "every other second at most"),
    Uneven(r"intake ftruncate\(</home/kallskydd\.db>, \d+\)", "as many pages as are free; their number is compared"),
    Uneven(r"intake pwrite64\(</home/kallskydd\.db(-wal)?>, .*", "a page splits where random keys fall"),
)  # fmt: skip
_UNEVEN = re.compile("|".join(one.line for one in UNEVEN))


def work_of(calls: Iterable[Call], folder: str, uncounted: tuple[float, float] = (0.0, 0.0)) -> Work:
    """Count the calls of intake, zygotes and jobs, each as a line that is the same in every run.

    What was done between the two moments of `uncounted`, in seconds since 1970, is left out: while files of several
    forms are cleaned at once. A picture is measured where another file is in the jail at that moment, which is as it
    falls, on a busy computer another time than on an idle one.
    """
    begin, end = uncounted
    mine = (call for call in calls if call.role in _ROLES and not begin <= call.at <= end)
    lines = (f"{call.role} {call.name}({_arguments(call, folder)})" for call in _first_writes(mine))
    return Counter(line for line in lines if not _UNEVEN.fullmatch(line))


def compare_work(inspection: Inspection, several: Sequence[Work]) -> None:
    """Say of which calls there are more in one run than in another of the same visits."""
    lines = sorted(frozenset[str]().union(*several))
    uneven = [line for line in lines if len({one[line] for one in several}) > 1]
    for line in uneven[:_MOST_SHOWN]:
        inspection.found("the same visits make a call {counts} times: {line}",
                         counts=" and ".join(str(one[line]) for one in several), line=line[:300])  # fmt: skip
    if more := len(uneven[_MOST_SHOWN:]):
        inspection.found("and {count} more of these", count=more)
    inspection.saw("{count} calls of {kinds} kinds were made as often in runs of the same visits",
                   count=sum(several[0].values()) if several else 0, kinds=len(lines) - len(uneven))  # fmt: skip


def _first_writes(calls: Iterable[Call]) -> Iterator[Call]:
    """Leave out what is written again because a reader was slow: the rest of what was only taken in part."""
    left: dict[tuple[int, int], int] = {}
    for call in calls:
        if call.name in WRITES and call.target.startswith("UNIX-STREAM"):
            place, size = (call.process.pid, call.descriptor), len(call.payload)
            taken = int(call.result) if call.result.isdigit() else 0
            # How much of a form has come: a line for each look. Its words are compared as an answer.
            if len(call.payload) < _A_LINE and b"<progress value=" in call.payload:
                continue
            again = left.get(place) == size
            left[place] = size - taken
            if again:
                continue
        yield call


def _arguments(call: Call, folder: str) -> str:
    if call.name in _BY_NAME:
        return ""
    text = _DESCRIPTOR.sub(lambda one: f"<{_WITHOUT_NAME.sub(_named, plain(one[1]))}>", call.arguments)
    if call.name in WRITES:
        text = _BYTES.sub(lambda one: f"{len(one[1]) // 4} bytes", text)
    text = _READING.sub(r"\1l_start=reading, l_len=1", _PLACE.sub("", plain(text).replace(folder, "")))
    # Which slot is random, and examined as such.
    return re.sub(r", \d+$", "", text) if "shred.slots" in text else text


def _named(one: re.Match[str]) -> str:
    return one[1] or ""
