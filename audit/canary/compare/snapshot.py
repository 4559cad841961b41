"""Everything that can be seen of the service from outside at one moment, as named fields with values.

Files: each file and folder of the home, with its kind, owner, number, links, size, content, three times, extended
attributes and, for a folder, the order of its names. Processes: what the kernel shows of each under /proc, with its
open files, their positions and flags, its threads, limits and mappings. Locks: the lines of /proc/locks that are of our
processes. Nothing is judged here; `audit.canary.compare.steady` compares two of these, `audit.canary.across` those of
two runs.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audit.observe.proc import NotSeen, Process, find_service

Fields = dict[str, str]
_TOR_OWN = "tor/data"  # tor writes here by itself, and hears of no request
# Of the files of a process those that are not compared whole: taken apart below; counts of work and of memory in use;
# what is the computer's.
_TAKEN_APART = frozenset({"status", "stat", "limits", "maps", "smaps"})
_OF_WORK = frozenset({
    "io", "sched", "schedstat", "statm", "oom_score", "smaps_rollup", "numa_maps", "mountstats", "arch_status", "auxv",
    "stack", "syscall", "wchan", "ksm_stat", "latency", "mem", "pagemap", "clear_refs",
    "mounts", "mountinfo",
})  # fmt: skip
# Of `sched`, what can be set; of each mapping in `smaps`, what was asked for it.
_SET_BY_CHOICE = re.compile(r"(?m)^(policy|prio|uclamp\.\w+|se\.slice) +: +(\S+)$")
_FLAGS_OF_A_MAPPING = re.compile(r"(?m)^VmFlags: (.*)$")
_LINKS = ("cwd", "root", "exe", "ns/cgroup", "ns/ipc", "ns/mnt", "ns/net", "ns/pid", "ns/time", "ns/user", "ns/uts")
# Names of the fields after the program's, proc_pid_stat(5), but for the last: under strace it is why it stands still.
_STAT = (
    "state", "ppid", "pgrp", "session", "tty_nr", "tpgid", "flags", "minflt", "cminflt", "majflt", "cmajflt", "utime",
    "stime", "cutime", "cstime", "priority", "nice", "num_threads", "itrealvalue", "starttime", "vsize", "rss",
    "rsslim", "startcode", "endcode", "startstack", "kstkesp", "kstkeip", "signal", "blocked", "sigignore", "sigcatch",
    "wchan", "nswap", "cnswap", "exit_signal", "processor", "rt_priority", "policy", "blkio", "guest_time",
    "cguest_time", "start_data", "end_data", "start_brk", "arg_start", "arg_end", "env_start", "env_end",
)  # fmt: skip
# Of each thread: what it could be given by itself.
_OF_THREADS = ("priority", "nice", "blocked", "rt_priority", "policy", "exit_signal")
_OF_THREADS_STATUS = ("Cpus_allowed", "SigBlk", "CapEff", "Seccomp", "Seccomp_filters", "NoNewPrivs", "Uid", "Gid")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment: names of files, processes and locks, and the fields of each."""

    files: Mapping[str, Fields]
    processes: Mapping[str, Fields]
    locks: Mapping[str, Fields]


def take_snapshot(home: Path) -> Snapshot:
    """Look at the home and, if somebody serves it, at its processes. Raises OSError."""
    return Snapshot(files_of(home), processes_of(home), _locks_of(home))


def files_of(home: Path) -> dict[str, Fields]:
    """Every file and folder. Times are read before content, and reading moves none of them."""
    found: dict[str, Fields] = {}
    todo = [home]
    while todo:
        path = todo.pop()
        name = "." if path == home else str(path.relative_to(home))
        with suppress(FileNotFoundError):
            found[name] = _file(path)
            if "order" in found[name] and name != _TOR_OWN:
                todo += [path / one for one in _names(path)]
    return found


def processes_of(home: Path) -> dict[str, Fields]:
    """Return the lasting processes by their part in the service. Jobs end with their files; their calls are judged."""
    service = find_service(home)
    if service is None:
        return {}
    parts = {
        "keeper": (service.keeper,),
        "intake": service.intakes,
        "zygote": service.zygotes,
        "tor": service.tors,
        "watchdog": service.watchdogs,
        "other": service.others,
    }
    return {
        f"{part} {number}" if len(several) > 1 else part: _process(process) | {"children": str(len(process.children()))}
        for part, several in parts.items()
        for number, process in enumerate(several, start=1)
    }


def _file(path: Path) -> Fields:
    state = path.lstat()
    fields = {
        "mode": oct(state.st_mode),
        "owner": f"{state.st_uid}:{state.st_gid}",
        "number": f"{state.st_dev}:{state.st_ino}",
        "links": str(state.st_nlink),
        "size": str(state.st_size),
        "blocks": str(state.st_blocks),
        "written": str(state.st_mtime_ns),
        "changed": str(state.st_ctime_ns),
        "read": str(state.st_atime_ns),
        "attributes": ", ".join(
            f"{name}={os.getxattr(path, name, follow_symlinks=False).hex()}"
            for name in sorted(os.listxattr(path, follow_symlinks=False))
        ),
    }
    if stat.S_ISREG(state.st_mode):
        fields["content"] = hashlib.sha256(read_unseen(path)).hexdigest()
    elif stat.S_ISDIR(state.st_mode):
        fields["order"] = ", ".join(_names(path))
    elif stat.S_ISLNK(state.st_mode):
        fields["content"] = str(path.readlink())
    return fields


def read_unseen(path: Path) -> bytes:
    """Read a file without moving its time of reading, where we may."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOATIME)
    except PermissionError:
        return path.read_bytes()
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def _names(folder: Path) -> list[str]:
    # Opened like a file, since a listing moves the folder's time of reading as well.
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOATIME)
    except PermissionError:
        return os.listdir(folder)  # noqa: PTH208 - the order that the kernel gives
    try:
        return os.listdir(descriptor)  # noqa: PTH208 - the order that the kernel gives
    finally:
        os.close(descriptor)


def _process(process: Process) -> Fields:
    fields: Fields = {"pid": str(process.pid)}
    with suppress(NotSeen, OSError):
        fields |= {f"status {name}": value for name, value in process.status().items()}
    fields |= dict(_whole_files(process.place("")))
    with suppress(OSError):
        fields |= {f"sched {name}": value for name, value in _SET_BY_CHOICE.findall(process.place("sched").read_text())}
    with suppress(OSError):
        flags = _FLAGS_OF_A_MAPPING.findall(process.place("smaps").read_text("utf-8", "replace"))
        fields["flags of mappings"] = "; ".join(sorted({one.strip() for one in flags}))
    for name in _LINKS:
        with suppress(OSError):
            fields[name] = str(process.place(name).readlink())
    with suppress(NotSeen):
        fields |= {f"stat {name}": value for name, value in zip(_STAT, process.stat(), strict=False)}
    with suppress(OSError):
        fields |= _limits(process.place("limits").read_text("ascii"))
    fields |= dict(_open_files(process))
    fields |= _threads(process)
    with suppress(NotSeen):
        # A process's own memory is in the sizes of `status`.
        mapped = {f"{rights} {path}" for rights, path in process.mappings() if not path.startswith("[")}
        fields["mappings"] = "; ".join(sorted(mapped))
    return fields


def _whole_files(place: Path) -> Iterator[tuple[str, str]]:
    with suppress(OSError):
        for path in (*place.iterdir(), place / "attr" / "current"):
            if path.is_file() and path.name not in _TAKEN_APART | _OF_WORK:
                with suppress(OSError):
                    name = str(path.relative_to(place))
                    yield name, path.read_text("utf-8", "replace").replace("\0", " ").strip()


def _limits(text: str) -> Fields:
    lines = (re.split(r"\s{2,}", line.strip()) for line in text.splitlines()[1:])
    return {f"limit {line[0]}": " ".join(line[1:3]) for line in lines}


def _open_files(process: Process) -> Iterator[tuple[str, str]]:
    with suppress(NotSeen):
        for one in process.descriptors():
            with suppress(OSError):
                yield f"open {one.number}", one.target
                text = process.place(f"fdinfo/{one.number}").read_text("utf-8", "replace")
                # What an epoll waits for stands in an order of its own; each of them has 64 bits of choice.
                lines = sorted((" ".join(line.split()) for line in text.splitlines()), key=_waited_for)
                yield f"open {one.number} state", "; ".join(lines)


def _waited_for(line: str) -> str:
    return line if line.startswith("tfd:") else ""


def _threads(process: Process) -> Fields:
    kinds = set()
    names = set()
    with suppress(NotSeen, OSError):
        for task in process.tasks():
            with suppress(NotSeen, OSError):
                numbers = dict(zip(_STAT, process.stat(task), strict=False))
                status = process.status(task)
                shown = [f"{name} {numbers.get(name, '')}" for name in _OF_THREADS]
                kinds.add(", ".join(shown + [f"{name} {status.get(name, '')}" for name in _OF_THREADS_STATUS]))
                names.add(process.place(f"task/{task}/comm").read_text("utf-8", "replace").strip())
    return {"threads": "; ".join(sorted(kinds)), "names of threads": ", ".join(sorted(names))}


def _locks_of(home: Path) -> dict[str, Fields]:
    """Every lock that one of our processes holds, by what it is on."""
    service = find_service(home)
    if service is None:
        return {}
    mine = {process.pid: service.name_of(process.pid) for process in service.lasting}
    found: dict[str, list[str]] = {}
    with suppress(OSError):
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            words = [word for word in line.split()[1:] if word != "->"]
            if words[3].isdigit() and int(words[3]) in mine:
                name = f"{mine[int(words[3])]} on {words[4]}"
                found.setdefault(name, []).append(" ".join((*words[:3], *words[5:])))
    return {name: {"held": "; ".join(sorted(several))} for name, several in found.items()}
