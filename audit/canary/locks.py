"""How the intake closed itself, from what strace saw and what the kernel says; and what it told the keeper.

1. Landlock, then the filter, before the first thread: Landlock does not reach a thread that exists already.
2. The filter, run on our own interpreter, refuses everything that leads out, and lets pass what the work needs.
3. Every thread of intake and zygotes is under a filter and can gain no privileges; no core dump; no handler for the
   signals of a crash, as a program would have that writes where it crashed.
4. Nothing that every account reads of a process, its command line and the names of its threads, has changed.
5. To the keeper go messages of eight bytes: a known code, two zero bytes, the number one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from audit.live.checks.process import require_core_limit, require_filter
from audit.observe.proc import Process
from audit.observe.seccomp import LEADS_OUT, MACHINES, NEEDED, read_filter, refused
from audit.observe.strace import Call
from audit.verdict import Inspection

# SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV: a process that catches them wants to report something.
_CRASHES = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 11: "SIGSEGV"}
_MESSAGE = struct.Struct("!HHI")
_CODES = range(1, 10)
_FAULT_CODE = 2
# Requests that were refused for a forwarded address, since the heartbeat before: no more than both visitors sent.
_REFUSED_CODE, _MOST_REFUSED = 9, 10


def check_closing(inspection: Inspection, calls: Sequence[Call]) -> None:
    """Do steps 1 and 2, from the trace."""
    for pid in sorted({call.process.pid for call in calls if call.role == "intake"}):
        mine = [call for call in calls if call.process.pid == pid and call.role == "intake"]
        landlock = next((call for call in mine if call.name == "landlock_restrict_self" and call.result == "0"), None)
        loaded = [call for call in mine if call.name == "seccomp" and "SET_MODE_FILTER" in call.arguments]
        loaded = [call for call in loaded if call.result == "0"]
        thread = next((call for call in mine if "CLONE_THREAD" in call.arguments and not call.failed), None)
        if landlock is None:
            inspection.missed(
                "the intake {pid} has put on no Landlock: this kernel has none, or it did not ask", pid=pid
            )
        else:
            _in_order(inspection, landlock, thread, "put on Landlock")
        if not loaded:
            inspection.found("the intake {pid} has loaded no filter", pid=pid)
            continue
        _in_order(inspection, loaded[0], thread, "loaded its filter")
        _check_filter(inspection, pid, loaded)


def _in_order(inspection: Inspection, lock: Call, thread: Call | None, did: str) -> None:
    if thread is not None and thread.at < lock.at:
        inspection.found("the intake {pid} {did} after its first thread", pid=lock.process.pid, did=did)
    else:
        inspection.saw("the intake {pid} {did} before its first thread", pid=lock.process.pid, did=did)


def _check_filter(inspection: Inspection, pid: int, loaded: Sequence[Call]) -> None:
    filters = [read_filter(call.arguments) for call in loaded]
    machine = os.uname().machine
    if machine not in MACHINES or not all(filters):
        inspection.missed("what the filter of the intake {pid} refuses", pid=pid)
        return
    for attempt in LEADS_OUT:
        if refused(filters, machine, attempt) is False:
            inspection.found("the filter of the intake {pid} lets pass: {words} ({call})", pid=pid, words=attempt.words,
                       call=attempt.call)  # fmt: skip
    if any(refused(filters, machine, attempt) for attempt in NEEDED):
        inspection.missed("what the filter of the intake {pid} refuses", pid=pid)
    inspection.saw(
        "the filter of the intake {pid} was tried with {count} calls that would lead out", pid=pid, count=len(LEADS_OUT)
    )


def check_threads(inspection: Inspection, pids: Mapping[str, Sequence[int]]) -> None:
    """Step 3, from /proc, while it runs."""
    for role, process in ((role, Process(pid)) for role, several in pids.items() for pid in several):
        about = inspection.about(name=role, pid=process.pid)
        with about.or_missed("{name} {pid} has ended during the inspection"):
            require_filter(about, process)
            require_core_limit(about, process, hard=True)
            caught = int(process.status()["SigCgt"], 16)
            names = [name for number, name in _CRASHES.items() if caught >> (number - 1) & 1]
            about.require(not names, "{name} {pid}: crash handlers: {names}", names=", ".join(names) or "0")


Names = dict[int, tuple[str, frozenset[str]]]


def names_of(pids: Mapping[str, Sequence[int]]) -> Names:
    """Return the command line and the threads' names of each process."""
    found = {}
    for pid in (pid for several in pids.values() for pid in several):
        with suppress(OSError):
            place = Path(f"/proc/{pid}")
            command = (place / "cmdline").read_text("utf-8", "replace").replace("\0", " ").strip()
            found[pid] = (command, frozenset(_thread_names(place)))
    return found


def check_names(inspection: Inspection, before: Names, after: Names) -> None:
    """Step 4. A command line lies in the process's own memory: to change it takes no call that could be refused."""
    for pid in before.keys() & after.keys():
        (command, names), (command_now, names_now) = before[pid], after[pid]
        strange = sorted(names_now - names) + ([command_now] if command_now != command else [])
        inspection.require(
            not strange, "process {pid} shows every account its name and command line; changed since the start: {what}",
            pid=pid, what=", ".join(strange) or "0",
        )  # fmt: skip


def check_counters(inspection: Inspection, messages: Sequence[tuple[Call, bytes]]) -> None:
    """Step 5. `messages` are the intake's writes to the keeper."""
    received = b"".join(content for _call, content in messages)
    strange = len(received) % _MESSAGE.size != 0
    codes = []
    for start in range(0, len(received) - _MESSAGE.size + 1, _MESSAGE.size):
        code, zero, count = _MESSAGE.unpack_from(received, start)
        codes.append(code)
        strange = strange or code not in _CODES or zero != 0 or not _may_count(code, count)
    inspection.require(
        not strange, "the intake told the keeper {count} things, each a known code and the number one: {codes}",
        count=len(codes), codes=received.hex(" ", 8) if strange else codes,
    )  # fmt: skip
    if _FAULT_CODE in codes:
        inspection.found("a handler of the intake failed on a request {count} times", count=codes.count(_FAULT_CODE))


def _may_count(code: int, count: int) -> bool:
    return count == 1 or (code == _REFUSED_CODE and 1 < count <= _MOST_REFUSED)


def _thread_names(place: Path) -> Iterator[str]:
    for task in place.glob("task/*"):
        # One that ended between the list and the reading.
        with suppress(OSError):
            yield (task / "comm").read_text("utf-8", "replace").strip()
