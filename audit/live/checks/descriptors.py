"""Every open file of the intake and the zygotes: what is not on a closed list may not be there.

Of a stream pair the other end is found in the kernel's own table of sockets, so that "a pair" is not taken on trust:
the other end must be held by a process of this service. A pipe is searched for in every process of the computer.
"""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from audit.live.checks.process import looking_at
from audit.observe.proc import Descriptor, NotSeen, Process, everything, service_of
from audit.observe.scene import Scene
from audit.observe.sockets import UnixSocket, holders, unix_peers, unix_table
from audit.verdict import Counted, Inspection, listed

HOME_FILES = ("kallskydd.db", "kallskydd.db-wal", "kallskydd.db-shm", "shred.slots", "audit.chain", "upkeep.seen")
_NULL = "/dev/null"
_STANDARD = range(3)
# A socket that is handed on is nobody's until its receiver takes it: less than a millisecond, or what a busy computer
# needs to start a zygote. Two seconds in all.
_PAUSES_SECONDS = (0.03, 0.06, 0.12, 0.24, 0.48, 0.96)


def check_intake_descriptors(inspection: Inspection, scene: Scene) -> None:
    """Allow listeners, accepted streams, stream pairs, jobs' pipes, memory, the home's files, eventpoll, libraries."""
    _check(inspection, scene, scene.service.intakes, handles=False)


def check_zygote_descriptors(inspection: Inspection, scene: Scene) -> None:
    """Stream pairs, jobs' pipes, memory files, handles of their own jobs, /dev/null; no file but libraries."""
    there = (*scene.service.zygotes, *scene.service.jobs)
    if not there and scene.at_publisher is not None:
        inspection.saw("zygotes: {count}, jobs: {jobs}", count=0, jobs=0)
    _check(inspection, scene, there, handles=True)


def check_streams(inspection: Inspection, scene: Scene) -> None:
    """Require that standard output and errors lead nowhere."""
    for process in scene.service.silent:
        with looking_at(inspection, scene, process, "the standard streams of {name} {pid}") as (_, about):
            targets = {one.number: one.target for one in process.descriptors()}
            shown = [targets.get(number, "-") for number in _STANDARD]
            about.require(
                set(shown) <= {_NULL, "-"}, "{name} {pid}: 0, 1 and 2 are {targets}", targets=", ".join(shown)
            )


def check_mappings(inspection: Inspection, scene: Scene) -> None:
    """Require that no shared file mapping is writable but the index of SQLite's log."""
    for process in scene.service.silent:
        with looking_at(inspection, scene, process, "the mapped files of {name} {pid}") as (name, about):
            mapped = process.mappings()
            allowed = {str(scene.home / "kallskydd.db-shm")} if name == "intake" else set()
            shared = {path for modes, path in mapped if "s" in modes and "w" in modes and path.startswith("/")}
            strange = sorted(path for path in shared - allowed if not path.startswith(("/memfd:", "/dev/zero")))
            about.require(
                not strange, "{name} {pid}, mapped and shared: {files}", files=listed(strange or sorted(shared)) or "-"
            )


class _Around:
    """The kernel's tables, as they are just after descriptors were listed."""

    def __init__(self, scene: Scene, process: Process) -> None:
        service = scene.service
        self.scene = scene
        # With the parts and jobs that were started since the service was found.
        now = service_of(service.keeper)
        self._silent = {*service.silent, *now.silent}
        self._zygotes = {one.pid for one in (*service.zygotes, *now.zygotes)}
        self._peers = unix_peers(process)
        self._held = holders([service.keeper, *self._silent])

    @cached_property
    def _outside(self) -> dict[str, list[Process]]:
        """What anybody else holds. Looked up only for what cannot be told without: it is all that is open anywhere."""
        service = self.scene.service
        ours = {service.keeper.pid, *(one.pid for one in self._silent)}
        return holders(one for one in everything() if one.pid not in ours and one.parent() not in self._zygotes)

    def socket(self, inode: int, table: dict[int, UnixSocket]) -> _Found:
        """Classify a listener, an accepted stream or an end of a pair within the service by the process's own table."""
        found = table.get(inode)
        # Not a unix socket at all, or closed since it was listed.
        if found is None:
            return _Found.unclear()
        named = self.scene.listening
        if not found.stream or (found.path and found.path not in named) or (found.listening and not found.path):
            return _Found.strange()
        if found.path:
            return _Found("listener" if found.listening else "accepted stream")
        return self._pair(inode, table)

    def pipe(self, target: str) -> _Found:
        """Classify the pipe by which a job reports its number; only the intake, a zygote and the job hold it."""
        keeper = self.scene.service.keeper
        if target in self._outside or keeper in self._held.get(target, []):
            return _Found.strange()
        return _Found("pipe within the service")

    def _pair(self, inode: int, table: dict[int, UnixSocket]) -> _Found:
        if not self._peers:
            return _Found("stream pair", unknown_peer=inode)
        peer = self._peers.get(inode, 0)
        # An end without another one is a pair whose other end was closed; what is sent to it goes nowhere.
        if peer == 0:
            return _Found("stream pair, closed")
        target, other = f"socket:[{peer}]", table.get(peer)
        if other is not None and other.path:
            return _Found.strange()
        if other is not None and target in self._held:
            return _Found("stream pair")
        # Else on its way from one process to the other, or closed since.
        return _Found.strange() if target in self._outside else _Found.unclear()


@dataclass(frozen=True, slots=True)
class _Found:
    """What a descriptor is; without a kind it is not on the list, for sure or by this reading alone."""

    kind: str | None
    sure: bool = True
    unknown_peer: int | None = None  # the number of a socket whose other end the kernel does not tell

    @classmethod
    def strange(cls) -> _Found:
        return cls(None)

    @classmethod
    def unclear(cls) -> _Found:
        return cls(None, sure=False)


def _check(inspection: Inspection, scene: Scene, processes: tuple[Process, ...], *, handles: bool) -> None:
    """Judge what each process has open.

    The descriptors and the kernel's tables are lists of different moments, and sockets and forks come and go between
    them. So what one list alone can tell counts at once, and the rest when it is the same at every reading.
    """
    strange: dict[Process, set[Descriptor]] = {process: set() for process in processes}
    unclear: dict[Process, set[Descriptor]] = {}
    left = list(processes)
    for pause in (*_PAUSES_SECONDS, None):
        found = _open_by_process(inspection, scene, left, handles=handles)
        left = []
        for process, kinds in found.items():
            strange[process] |= {one for one, what in kinds.items() if what.kind is None and what.sure}
            now = {one for one, what in kinds.items() if not what.sure}
            unclear[process] = unclear.get(process, now) & now
            if unclear[process] and pause is not None:
                left.append(process)
            else:
                _record(inspection, scene, process, kinds.values(), strange[process] | unclear[process])
        if not left or pause is None:
            return
        time.sleep(pause)


def _open_by_process(
    inspection: Inspection, scene: Scene, processes: list[Process], *, handles: bool
) -> dict[Process, dict[Descriptor, _Found]]:
    """Return what each process has open, without those that could not be inspected, which are reported."""
    listed_for: dict[Process, tuple[list[Descriptor], dict[int, UnixSocket]]] = {}
    for process in processes:
        with looking_at(inspection, scene, process, "the open files of {name} {pid}"):
            listed_for[process] = (process.descriptors(), {**_brought(scene), **unix_table(process)})
    if not listed_for:
        return {}
    around = _Around(scene, next(iter(listed_for)))
    return {
        process: {one: _kind(one, process, around, table, handles=handles) for one in descriptors}
        for process, (descriptors, table) in listed_for.items()
    }


def _brought(scene: Scene) -> dict[int, UnixSocket]:
    """Return the sockets of the host's own network, where systemd makes those that a tenant's unit brings."""
    return {} if scene.at_publisher is None else unix_table(Process(os.getpid()))


def _record(
    inspection: Inspection, scene: Scene, process: Process, found: Collection[_Found], strange: set[Descriptor]
) -> None:
    about = inspection.about(name=scene.service.name_of(process.pid), pid=process.pid)
    for one in sorted(strange, key=lambda one: one.number):
        about.found("{name} {pid} has {target} open as {number}", target=one.target, number=one.number)
    for inode in (one.unknown_peer for one in found if one.unknown_peer is not None):
        about.missed("the other end of socket {inode}: the kernel has no table of them", inode=inode)
    about.saw("{name} {pid}: {kinds}", kinds=Counted(Counter(one.kind for one in found if one.kind is not None)))


def _kind(one: Descriptor, process: Process, around: _Around, table: dict[int, UnixSocket], *, handles: bool) -> _Found:
    if one.socket_inode is not None:
        return around.socket(one.socket_inode, table)
    if one.target.startswith("pipe:["):
        return around.pipe(one.target)
    if _is_own_library(one, process):
        return _Found("own library, for reading")
    return _Found(_plain_kind(one, around.scene, handles=handles))


def _plain_kind(one: Descriptor, scene: Scene, *, handles: bool) -> str | None:
    """Return the kind of a descriptor that is allowed and neither a socket nor a pipe."""
    target = one.target
    if target == _NULL:
        return _NULL
    if target.startswith("/memfd:"):
        return "memfd"
    if handles:
        return "pidfd" if target == "anon_inode:[pidfd]" else None
    if target == "anon_inode:[eventpoll]":
        return "eventpoll"
    place = Path(target)
    ours = place in {scene.home / name for name in HOME_FILES} or place.parent == scene.home / "roster"
    return "file of the home" if ours else None


def _is_own_library(one: Descriptor, process: Process) -> bool:
    """Whether it is a library of root's that the process runs, open for reading: libffi from 3.5 keeps itself open."""
    if not one.target.startswith("/"):
        return False
    try:
        state = process.place(f"fd/{one.number}").stat()
        is_run = any("x" in modes and path == one.target for modes, path in process.mappings())
        reads_only = process.access_mode(one.number) == os.O_RDONLY
    except (NotSeen, OSError):
        return False
    is_roots = state.st_uid == 0 and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISREG(state.st_mode) and is_roots and is_run and reads_only
