"""Every open file of the intake and the zygotes: what is not on a closed list may not be there.

Of a stream pair the other end is found in the kernel's own table of sockets, so that "a pair" is not taken on trust:
the other end must be held by a process of this service.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from audit.proc import Descriptor, NotSeen, Process
from audit.scene import Scene
from audit.sockets import UnixSocket, holders, unix_peers, unix_table
from audit.verdict import Look, listed

HOME_FILES = ("kallskydd.db", "kallskydd.db-wal", "kallskydd.db-shm", "shred.slots", "audit.chain")
LISTENERS = ("run/public.sock", "run/desk.sock")
_NULL = "/dev/null"
_STANDARD = range(3)


def check_intake_descriptors(look: Look, scene: Scene) -> None:
    """Listeners, accepted streams, stream pairs, memory files, its home's files, eventpoll, /dev/null, libraries."""
    _check(look, scene, scene.service.intakes, handles=False)


def check_zygote_descriptors(look: Look, scene: Scene) -> None:
    """Stream pairs, memory files, handles of their own jobs, /dev/null; no file but own libraries."""
    _check(look, scene, (*scene.service.zygotes, *scene.service.jobs), handles=True)


def check_streams(look: Look, scene: Scene) -> None:
    """Standard output and errors lead nowhere."""
    for process in scene.service.silent:
        name = scene.service.name_of(process.pid)
        try:
            targets = {one.number: one.target for one in process.descriptors()}
        except NotSeen:
            look.missed("the standard streams of {name} {pid}", name=name, pid=process.pid)
            continue
        shown = [targets.get(number, "-") for number in _STANDARD]
        look.demand(set(shown) <= {_NULL, "-"}, "{name} {pid}: 0, 1 and 2 are {targets}", name=name, pid=process.pid,
                    targets=", ".join(shown))  # fmt: skip


def check_mappings(look: Look, scene: Scene) -> None:
    """What is mapped and could be written through: nothing but the index of SQLite's log."""
    for process in scene.service.silent:
        name = scene.service.name_of(process.pid)
        try:
            mapped = process.mappings()
        except NotSeen:
            look.missed("the mapped files of {name} {pid}", name=name, pid=process.pid)
            continue
        allowed = {str(scene.home / "kallskydd.db-shm")} if name == "intake" else set()
        shared = {path for modes, path in mapped if "s" in modes and "w" in modes and path.startswith("/")}
        strange = sorted(path for path in shared - allowed if not path.startswith(("/memfd:", "/dev/zero")))
        look.demand(not strange, "{name} {pid}, mapped and shared: {files}", name=name, pid=process.pid,
                    files=listed(strange or sorted(shared)) or "-")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sockets:
    """The kernel's tables, as they were when the check began."""

    scene: Scene
    table: dict[int, UnixSocket]
    peers: dict[int, int]
    held: dict[int, list[Process]]

    def kind(self, look: Look, inode: int) -> str | None:
        """What a socket is if it is allowed: a listener, an accepted stream, an end of a pair within the service."""
        found = self.table.get(inode)
        if found is None or not found.stream:  # not in the table: not a unix socket at all
            return None
        named = {str(self.scene.home / name) for name in LISTENERS}
        if found.path:
            kind = "listener" if found.listening else "accepted stream"
            return kind if found.path in named else None
        return None if found.listening else self._pair(look, inode)

    def _pair(self, look: Look, inode: int) -> str | None:
        if not self.peers:
            look.missed("the other end of socket {inode}: the kernel has no table of them", inode=inode)
            return "stream pair"
        peer = self.peers.get(inode, 0)
        # An end without another one is a pair whose other end was closed; what is sent to it goes nowhere.
        if peer == 0:
            return "stream pair, closed"
        other = self.table.get(peer)
        return "stream pair" if peer in self.held and other is not None and not other.path else None


def _check(look: Look, scene: Scene, processes: tuple[Process, ...], *, handles: bool) -> None:
    peers = unix_peers(processes[0]) if processes else {}
    held = holders([scene.service.keeper, *scene.service.silent])
    for process in processes:
        name = scene.service.name_of(process.pid)
        try:
            descriptors = process.descriptors()
            sockets = _Sockets(scene, unix_table(process), peers, held)
        except NotSeen:
            look.missed("the open files of {name} {pid}", name=name, pid=process.pid)
            continue
        kinds: Counter[str] = Counter()
        for one in descriptors:
            inode = one.socket_inode
            kind = _kind(one, process, scene, handles=handles) if inode is None else sockets.kind(look, inode)
            if kind is not None:
                kinds[kind] += 1
                continue
            look.found(
                "{name} {pid} has {target} open as {number}",
                name=name, pid=process.pid, target=one.target, number=one.number,
            )  # fmt: skip
        counted = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        look.saw("{name} {pid}: {kinds}", name=name, pid=process.pid, kinds=counted)


def _kind(one: Descriptor, process: Process, scene: Scene, *, handles: bool) -> str | None:
    """What a descriptor is if it is allowed and no socket."""
    target = one.target
    if target == _NULL:
        return _NULL
    if target.startswith("/memfd:"):
        return "memfd"
    if _is_own_library(one, process):
        return "own library, for reading"
    if handles:
        return "pidfd" if target == "anon_inode:[pidfd]" else None
    if target == "anon_inode:[eventpoll]":
        return "eventpoll"
    place = Path(target)
    ours = place in {scene.home / name for name in HOME_FILES} or place.parent == scene.home / "roster"
    return "file of the home" if ours else None


def _is_own_library(one: Descriptor, process: Process) -> bool:
    """Whether it is a library of root's that the process runs, open for reading: libffi from 3.5 keeps itself open."""
    try:
        state = process.place(f"fd/{one.number}").stat()
        is_run = any("x" in modes and path == one.target for modes, path in process.mappings())
        reads_only = process.access_mode(one.number) == os.O_RDONLY
    except (NotSeen, OSError):
        return False
    is_roots = state.st_uid == 0 and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISREG(state.st_mode) and is_roots and is_run and reads_only
