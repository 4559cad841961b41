"""Reads processes from outside, through /proc alone: what the kernel says of them, not what they say of themselves."""

from __future__ import annotations

import itertools
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
# On a busy computer we may have to wait between two of them, and a start would seem that much earlier or later.
_CLOCK_READINGS = 5
# Of /proc/PID/stat, counted from the state, which follows the name: proc(5).
_PARENT, _START = 1, 19


class NotSeen(Exception):
    """The kernel does not show this to the account that asks, or the process has ended meanwhile."""


@contextmanager
def _or_not_seen() -> Iterator[None]:
    """Raise NotSeen for what the kernel refuses."""
    try:
        yield
    except OSError as fault:
        raise NotSeen from fault


class _Fields(dict[str, str]):
    """Those of a process; one that has just ended lacks some."""

    def __missing__(self, name: str) -> str:
        raise NotSeen(name)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """An open file of a process: its number and what the kernel calls it."""

    number: int
    target: str

    @property
    def socket_inode(self) -> int | None:
        """The socket's number, if it is one."""
        return int(self.target[8:-1]) if self.target.startswith("socket:[") else None


@dataclass(frozen=True, slots=True)
class Code:
    """A part of a process's memory that can be run; with no path if it is of no file."""

    path: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Process:
    """One process by its number. Every method reads afresh, and raises NotSeen."""

    pid: int

    def status(self, task: int | None = None) -> Mapping[str, str]:
        """Return the fields of /proc/PID/status, or of one of its threads."""
        lines = self._read("status" if task is None else f"task/{task}/status").splitlines()
        return _Fields((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))

    def tasks(self) -> list[int]:
        """Its threads."""
        with _or_not_seen():
            return sorted(int(entry.name) for entry in self.place("task").iterdir())

    def command(self) -> tuple[str, ...]:
        """Its command line."""
        return tuple(self._read("cmdline").rstrip("\0").split("\0"))

    def options(self, *names: str) -> list[str]:
        """Return each word that follows one of these on its command line."""
        return [after for word, after in itertools.pairwise(self.command()) if word in names]

    def core_limits(self) -> tuple[str, str]:
        """Soft and hard limit of core dumps, as they stand in /proc/PID/limits."""
        for line in self._read("limits").splitlines():
            if line.startswith("Max core file size"):
                soft, hard = line.removeprefix("Max core file size").split()[:2]
                return soft, hard
        raise NotSeen

    def descriptors(self) -> list[Descriptor]:
        """Its open files. Of a process that is closed to others, root alone sees them."""
        found = []
        with _or_not_seen():
            for name in sorted(int(name) for name in os.listdir(self.place("fd"))):  # noqa: PTH208 - a kernel list
                with suppress(FileNotFoundError):  # closed since
                    found.append(Descriptor(name, str(self.place(f"fd/{name}").readlink())))
        return found

    def access_mode(self, number: int) -> int:
        """How a file is open: os.O_RDONLY, os.O_WRONLY or os.O_RDWR."""
        for line in self._read(f"fdinfo/{number}").splitlines():
            if line.startswith("flags:"):
                return int(line.split()[1], 8) & os.O_ACCMODE
        raise NotSeen

    def mappings(self) -> list[tuple[str, str]]:
        """Permissions and path of all that is mapped from files."""
        found = []
        for line in self._read("maps").splitlines():
            parts = line.split(maxsplit=5)
            if len(parts) > 5:  # noqa: PLR2004 - the sixth field is the path
                found.append((parts[1], parts[5]))
        return found

    def code(self) -> list[Code]:
        """Every part of its memory that can be run."""
        lines = [line.split(maxsplit=5) for line in self._read("maps").splitlines()]
        return [Code("".join(parts[5:]), "w" in parts[1]) for parts in lines if "x" in parts[1]]

    def environment(self) -> Mapping[str, str]:
        """Return its command line. Only root sees that of a process closed to others."""
        words = self._read("environ").split("\0")
        return {name: value for name, _, value in (word.partition("=") for word in words if word)}

    def world(self) -> str:
        """Return the name of its mount namespace."""
        with _or_not_seen():
            return str(self.place("ns/mnt").readlink())

    def executable(self) -> str:
        """Return the program it runs."""
        with _or_not_seen():
            return str(self.place("exe").readlink())

    def started(self) -> float:
        """When it was started, in seconds since 1970."""
        return _booted() + self._started_after_boot()

    def age(self) -> float:
        """For how many seconds it has run."""
        return time.clock_gettime(time.CLOCK_BOOTTIME) - self._started_after_boot()

    def ended(self) -> bool:
        """Whether it is gone, or waits only for its parent to hear of it."""
        try:
            return self.status().get("State", "Z")[:1] in {"Z", "X"}
        except NotSeen:
            return not self.place("").exists()

    def files_belong_to(self) -> int:
        """Return the owner of its files under /proc: root when it is closed to others, else its own account."""
        with _or_not_seen():
            return self.place("stat").stat().st_uid

    def children(self) -> list[Process]:
        """Return the children it has not reaped."""
        return [process for process in everything() if process.parent() == self.pid]

    def parent(self) -> int:
        """Return the number of its parent; 0 when it has ended."""
        try:
            return int(self.stat()[_PARENT])
        except NotSeen:
            return 0

    def name(self) -> str:
        """Return the name of its program, cut by the kernel to 15 bytes."""
        return self._read("comm").rstrip("\n")

    def place(self, name: str) -> Path:
        """Where something of it stands."""
        return PROC / str(self.pid) / name

    def _started_after_boot(self) -> float:
        return int(self.stat()[_START]) / os.sysconf("SC_CLK_TCK")

    def stat(self, task: int | None = None) -> list[str]:
        """Return the fields of /proc/PID/stat after the name in brackets, which may hold spaces, or of a thread's."""
        return self._read("stat" if task is None else f"task/{task}/stat").rpartition(")")[2].split()

    def _read(self, name: str) -> str:
        with _or_not_seen():
            return self.place(name).read_text(errors="replace")


def _booted() -> float:
    """When the computer was started, by its clock of today: two clocks, read as if at once."""
    shortest, booted = float("inf"), 0.0
    for _ in range(_CLOCK_READINGS):
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        now = time.time()
        after = time.clock_gettime(time.CLOCK_BOOTTIME)
        if after - before < shortest:
            shortest, booted = after - before, now - before
    return booted


def everything() -> Iterator[Process]:
    """Every process that this account may know of."""
    return (Process(int(entry.name)) for entry in PROC.iterdir() if entry.name.isdigit())


@dataclass(frozen=True, slots=True)
class Service:
    """The processes of one home, each by its part in it."""

    keeper: Process
    intakes: tuple[Process, ...] = ()
    zygotes: tuple[Process, ...] = ()
    jobs: tuple[Process, ...] = ()
    tors: tuple[Process, ...] = ()
    watchdogs: tuple[Process, ...] = ()
    audits: tuple[Process, ...] = ()
    # Who sees to the mirror's certificate, for some seconds at a time.
    orderers: tuple[Process, ...] = ()
    others: tuple[Process, ...] = field(default=())

    @property
    def silent(self) -> tuple[Process, ...]:
        """Those that read what reporters send."""
        return (*self.intakes, *self.zygotes, *self.jobs)

    @property
    def lasting(self) -> tuple[Process, ...]:
        """The processes that last as long as the service, and those started beside them."""
        return (self.keeper, *self.intakes, *self.zygotes, *self.tors, *self.watchdogs, *self.others)

    def name_of(self, pid: int) -> str:
        """Return the role of this process, in one word."""
        for name in ("intakes", "zygotes", "jobs", "tors", "watchdogs", "audits", "orderers"):
            if any(process.pid == pid for process in getattr(self, name)):
                return name.removesuffix("s")
        return "keeper" if pid == self.keeper.pid else "other"


def find_service(home: Path) -> Service | None:
    """Return the processes of this home; None when nobody serves it.

    The keeper is the process that holds the lock on the home's folder, in the kernel's own list of locks. Where that
    list is hidden (ProcSubset=pid in a unit), it is the process that has started an intake for this home.
    """
    keeper = _holder(home) if (PROC / "locks").exists() else _starter(home)
    return None if keeper is None else service_of(keeper)


def service_of(keeper: Process) -> Service:
    """Return what this keeper runs at the moment, each process by its part."""
    parts: dict[str, list[Process]] = {}
    families = _families()
    for child in families.get(keeper.pid, ()):
        if child.ended():
            continue
        part = _part(child)
        parts.setdefault(part, []).append(child)
        # What a zygote has forked are its jobs. Nothing else of the service starts anything.
        for below in families.get(child.pid, ()) if part != "audits" else ():
            parts.setdefault("jobs" if part == "zygotes" else "others", []).append(below)
    return Service(keeper, **{part: tuple(processes) for part, processes in parts.items()})


def _families() -> dict[int, list[Process]]:
    """Return all processes by the number of their parent."""
    found: dict[int, list[Process]] = {}
    for process in everything():
        found.setdefault(process.parent(), []).append(process)
    return found


def _holder(home: Path) -> Process | None:
    """Return the holder of the lock on the home: /proc/locks names the process and the folder's device and number."""
    state = home.stat()
    if not stat.S_ISDIR(state.st_mode):
        return None
    wanted = f"{os.major(state.st_dev):02x}:{os.minor(state.st_dev):02x}:{state.st_ino}"
    for line in (PROC / "locks").read_text().splitlines():
        fields = line.split()
        if fields[1] == "FLOCK" and fields[3] == "WRITE" and fields[5] == wanted:
            return Process(int(fields[4]))
    return None


def _starter(home: Path) -> Process | None:
    for process in everything():
        try:
            command = process.command()
        except NotSeen:
            continue
        if _part(process) == "intakes" and str(home) in command and process.parent() > 1:
            return Process(process.parent())
    return None


_MODULES = {"intake": "intakes", "scrubbers.jailed.zygote": "zygotes", "kallskydd.mirror": "orderers"}


def _part(process: Process) -> str:
    try:
        command = process.command()
    except NotSeen:
        return "others"
    words = set(command[1:6])
    for module, part in _MODULES.items():
        if {"-m", module} <= words:
            return part
    if Path(command[0]).name == "tor" and "-f" in command:
        return "tors"
    if command[-1].endswith("/onion/watchdog.py"):
        return "watchdogs"
    return "audits" if {"-m", "kallskydd", "audit"} <= words else "others"
