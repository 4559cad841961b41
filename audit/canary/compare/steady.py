"""One service, two moments: what is seen from outside is the same, but for what stands here by name and for a reason.

`ALLOWED` is the list: one thing, one field of it, from when on it may differ, why, and what is asked of the difference.
Pages, log-ins and broken requests without a report leave almost nothing; a report changes the database, its log and the
slots; after the stop no time of any file is one of the visits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from audit.canary.compare.snapshot import Fields, Snapshot, read_unseen
from audit.verdict import Inspection

_MOST_SHOWN = 12
_NANOSECONDS = 10**9
_PAGE = 4096
_LOG_HEADER, _LOG_FRAME = 32, 24 + _PAGE
_TMPFS_ENTRY = 20  # bytes that each entry adds to the size of its folder, in Linux' mm/shmem.c
# The head of the database, fileformat2 section 1.3: every field by its name, but those that follow from how many
# commits and pages there were (change counter, pages, version valid for) and from which page came free first: no page
# is moved, so free ones stay where random ids put them. How many there are is compared.
_DATABASE_HEADER = (
    ("magic", 0, 16), ("page size, modes, reserved space and fractions", 16, 24),
    ("free pages", 36, 40), ("schema cookie", 40, 44), ("schema format", 44, 48), ("cache size", 48, 52),
    ("largest root page", 52, 56), ("text encoding", 56, 60), ("user version", 60, 64), ("incremental vacuum", 64, 68),
    ("application id", 68, 72), ("reserved bytes", 72, 92), ("version of SQLite", 96, 100),
)  # fmt: skip
_HEADER_BYTES = 100


class Since(IntEnum):
    """From when on."""

    PAGES = 1  # visits without a report
    REPORTS = 2  # reports that wait
    URGENT = 3  # reports that members get at once
    STOP = 4


@dataclass(frozen=True, slots=True)
class AllowedChange:
    """One field of one thing. `demand` is asked of its value before and after."""

    thing: str
    field: str
    since: Since
    why: str
    require: Callable[[str, str], bool] = lambda _before, _after: True


def _whole_log(_before: str, after: str) -> bool:
    return after == "0" or (int(after) - _LOG_HEADER) % _LOG_FRAME == 0


def _whole_pages(before: str, after: str) -> bool:
    # The work of a day gives back a page that is free.
    return int(after) % _PAGE == 0 and int(after) >= int(before) - _PAGE


def _further_on(before: str, after: str) -> bool:
    """Only the place has changed, and not how the file is open."""
    (was, *others), (now, *others_now) = before.split("; "), after.split("; ")
    return others == others_now and int(was.removeprefix("pos: ")) <= int(now.removeprefix("pos: "))


def _a_thread_or_two(before: str, after: str) -> bool:
    return int(before) - 2 <= int(after) <= int(before) + 6


def _no_more(before: str, after: str) -> bool:
    return int(after) <= int(before)


def _of_a_fork(_before: str, after: str) -> bool:
    return re.fullmatch(r"|socket:\[\d+\]|anon_inode:\[pidfd\]|pos: 0; flags: 02000002; mnt_id: \d+; ino: \d+"
                        r"(; scm_fds: 0|; Pid: -?\d+; NSpid: -?\d+)?", after) is not None  # fmt: skip


def _no_socket_of_control(before: str, after: str) -> bool:
    names = after.split(", ")
    return [name for name in before.split(", ") if name in names] == names


def _one_less(before: str, after: str) -> bool:
    return int(before) - int(after) == _TMPFS_ENTRY


def _named(things: str, fields: str, since: Since, why: str,
           require: Callable[[str, str], bool] = lambda _before, _after: True) -> Iterator[AllowedChange]:  # fmt: skip
    for thing in things.split(", "):
        for field in fields.split(", "):
            yield AllowedChange(thing, field, since, why, require)


_LASTING = "keeper, intake, zygote 1, zygote 2, tor, watchdog"
_COUNTS_WORK = (
    "stat minflt, stat majflt, stat utime, stat stime, stat processor, stat state, status State, status SigQ, "
    "stat cminflt, stat cmajflt, stat cutime, stat cstime, status voluntary_ctxt_switches, "
    "status nonvoluntary_ctxt_switches"
)
_RESIDENT = "status VmRSS, status VmHWM, status RssAnon, status RssFile, status RssShmem, status VmPTE, stat rss"
_OWN_MEMORY = "status VmPeak, status VmSize, status VmLck, status VmData, stat vsize"
_ROSTER = "roster, roster/0001.toml, roster/0001.sig"
_LISTENERS = "run/public.sock, run/desk.sock, run/mirror.sock"

ALLOWED = (
    # files
    *_named(_LISTENERS, "read", Since.PAGES, "the first connection after a heartbeat"),
    *_named("audit.chain, restored", "read", Since.REPORTS, "a desk asks for the verdicts and restores"),
    *_named("kallskydd.db-wal", "content, blocks, written, changed, read", Since.REPORTS, "the log of the database"),
    *_named("kallskydd.db-wal", "size", Since.REPORTS, "the log of the database", _whole_log),
    *_named("kallskydd.db-shm", "content", Since.REPORTS, "the index of the log"),
    *_named("kallskydd.db", "read", Since.PAGES, "a code that opens nothing is looked up as well"),
    *_named("shred.slots", "read", Since.PAGES, "a code that opens nothing reads a share as well"),
    *_named("shred.slots", "content, written, changed", Since.REPORTS, "one share for each report"),
    *_named("kallskydd.db", "content, blocks, written, changed", Since.URGENT, "the log is folded in"),
    *_named("kallskydd.db", "size", Since.URGENT, "the log is folded in", _whole_pages),
    *_named("kallskydd.db-shm", "written, changed", Since.REPORTS, "mapped, and the kernel has written it back before"),
    *_named("kallskydd.db-shm", "read", Since.STOP, "stamped when the intake ends"),
    *_named(_ROSTER, "read", Since.REPORTS, "a desk asks for it after a heartbeat"),
    *_named(_ROSTER, "changed", Since.STOP, "stamped when the intake ends"),
    *_named(_LISTENERS, "changed", Since.STOP, "stamped when the intake ends"),
    *_named("run", "written, changed", Since.STOP, "tor takes its socket away"),
    *_named("run, tor/data", "order", Since.STOP, "tor takes its socket and cookie away", _no_socket_of_control),
    *_named("run, tor/data", "size", Since.STOP, "on a tmpfs a folder's size is the number of its entries", _one_less),
    *_named("tor/data", "written, changed", Since.STOP, "tor's own"),
    # processes
    *_named(_LASTING, _COUNTS_WORK, Since.PAGES, "counts work; nobody can set it"),
    *_named(_LASTING, _RESIDENT, Since.PAGES, "pages of memory that were touched"),
    *_named("intake", _OWN_MEMORY, Since.PAGES, "memory; the calls that take it are judged by size"),
    *_named("keeper", _OWN_MEMORY, Since.PAGES, "memory; it hears of no request"),
    *_named("zygote 1, zygote 2", _OWN_MEMORY, Since.PAGES, "memory; what it may map is on the list of calls"),
    *_named("intake, keeper", "status Threads, stat num_threads", Since.PAGES, "workers, as needed", _a_thread_or_two),
    *_named("zygote 1, zygote 2", "children", Since.PAGES, "a fork that is ready may still be made", _no_more),
    *_named("keeper", "open 1 state, open 2 state", Since.PAGES, "what it says of tor; words are judged", _further_on),
    *(one for number in range(3, 10) for one in
      _named("zygote 1, zygote 2", f"open {number}, open {number} state", Since.PAGES, "its forks", _of_a_fork)),
)  # fmt: skip
_CONNECTED = tuple(_LISTENERS.split(", "))  # the next heartbeat stamps them
_BY_NAME: Mapping[tuple[str, str], AllowedChange] = {(one.thing, one.field): one for one in ALLOWED}


def compare_snapshots(inspection: Inspection, before: Snapshot, after: Snapshot, since: Since, what: str) -> None:
    """Say every field that differs and may not yet."""
    differences = [*_differences(before.files, after.files), *_differences(before.locks, after.locks)]
    if since < Since.STOP:
        differences += _differences(before.processes, after.processes)
    closed = sorted(name for name, fields in after.processes.items() if "open 0" not in fields)
    if closed:
        inspection.missed(
            "the open files of {names}: they close themselves to their account. Run it as root", names=closed
        )
    wrong = [one for one in differences if not _is_allowed(*one, since)]
    for thing, field, was, now in wrong[:_MOST_SHOWN]:
        inspection.found("{what}: {field} of {thing} was {was} and is {now}", what=what, thing=thing, field=field,
                   was=_short(was), now=_short(now))  # fmt: skip
    if len(wrong) > _MOST_SHOWN:
        inspection.found("{what}: and {count} more of these", what=what, count=len(wrong) - _MOST_SHOWN)
    fields = sum(len(one) for part in (before.files, before.processes, before.locks) for one in part.values())
    inspection.saw(
        "{what}: {count} fields of files, processes and locks, of which {changed} changed as they may", what=what,
        count=fields, changed=len(differences) - len(wrong),
    )  # fmt: skip


def no_time_of_a_visit(inspection: Inspection, after: Mapping[str, Fields], first: float, last: float) -> None:
    """After the stop no file was written, changed or read while visitors came."""
    for name, fields in sorted(after.items()):
        for field in ("written", "changed", "read"):
            allowed = _BY_NAME.get((name, field))
            of_a_socket = allowed is not None and name in _CONNECTED
            if first <= int(fields[field]) / _NANOSECONDS <= last and not of_a_socket:
                inspection.found("after the stop {name} has a time of the visits: {field}", name=name, field=field)
    inspection.saw("{count} files and folders have no time of the visits", count=len(after))


def database_header(path: Path) -> dict[str, str]:
    """Return the first hundred bytes of the database by field."""
    raw = read_unseen(path)[:_HEADER_BYTES]
    return {name: raw[start:end].hex() for name, start, end in _DATABASE_HEADER}


def _differences(before: Mapping[str, Fields], after: Mapping[str, Fields]) -> Iterator[tuple[str, str, str, str]]:
    for thing in sorted(before.keys() | after.keys()):
        was, now = before.get(thing), after.get(thing)
        if was is None or now is None:
            yield thing, "being there", str(was is not None), str(now is not None)
            continue
        for field in sorted(was.keys() | now.keys()):
            if was.get(field) != now.get(field):
                yield thing, field, was.get(field, ""), now.get(field, "")


def _is_allowed(thing: str, field: str, was: str, now: str, since: Since) -> bool:
    if since is Since.STOP and (thing, field) == ("run/control.sock", "being there"):
        return now == "False"
    allowed = _BY_NAME.get((thing, field))
    return allowed is not None and allowed.since <= since and allowed.require(was, now)


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the names of fields that differ, with both values."""
    return ", ".join(
        f"{name}: {before[name]} and {after[name]}" for name in before if name in after and before[name] != after[name]
    )


def _short(value: str) -> str:
    return value if len(value) <= 80 else value[:79] + "…"  # noqa: PLR2004 - a line
