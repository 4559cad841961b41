"""Looks at a mirror while it is visited: what is open, and what lies in files, at each moment that a visit has."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from audit.live.checks.system import leads_to_journal
from audit.mirror.planted import Planted
from audit.mirror.scene import RELAY, MirrorScene, ProxyProgram, read_place
from audit.mirror.search import changed_files, found_in_file, names_of, open_files
from audit.observe.proc import Descriptor, NotSeen, Process
from audit.observe.sockets import UnixSocket, listening, unix_table
from audit.verdict import Word

_STANDARD = {0, 1, 2}
_NOWHERE = "/dev/null"
_HARMLESS = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]", "/dev/urandom")
# Kinds of sockets of which neither a relay nor a proxy has one, by their lists below /proc/PID/net.
_OTHER_KINDS = ("udp", "udp6", "udplite", "raw", "raw6", "packet", "netlink")


@dataclass(slots=True)
class Watch:
    """What was seen at any of the moments, each thing once."""

    scene: MirrorScene
    planted: Planted
    # (program, process, what it holds, moment) that it should not hold.
    held: set[tuple[str, int, str]] = field(default_factory=set)
    # (file, what stands in it, moment), first of those that are open, then of those that lie in folders.
    open_with: set[tuple[str, tuple[Word, ...], str]] = field(default_factory=set)
    files_with: set[tuple[str, tuple[Word, ...], str]] = field(default_factory=set)
    unseen: set[tuple[str, int]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    counted: int = 0
    searched: int = 0

    def look(self, moment: str) -> None:
        """Look once."""
        for part in self.scene.parts:
            for process in part.processes:
                try:
                    self._look_at(part, process, moment)
                except NotSeen:
                    self.unseen.add((part.kind, process.pid))
        for path in changed_files(self.scene, self.planted.began):
            try:
                found = found_in_file(path, self.planted.in_files())
                self.searched += 1
            except FileNotFoundError:
                continue
            except OSError:
                self.unread.add(str(path))
                continue
            if found:
                self.files_with.add((str(path), names_of(found), moment))

    def _look_at(self, part: ProxyProgram, process: Process, moment: str) -> None:
        self._descriptors(part, process)
        for number, target, path in open_files(process):
            try:
                found = found_in_file(path, self.planted.in_files())
            except OSError:
                self.unread.add(target)
                continue
            if found:
                self.open_with.add((f"{part.kind} {process.pid}: {number} {target}", names_of(found), moment))

    def _descriptors(self, part: ProxyProgram, process: Process) -> None:
        table = unix_table(process)
        for one in process.descriptors():
            self.counted += 1
            if one.target != _NOWHERE and self._is_strange(part, process, one, table):
                self.held.add((part.kind, process.pid, f"{one.number} {one.target}"))

    def _is_strange(
        self, part: ProxyProgram, process: Process, one: Descriptor, table: Mapping[int, UnixSocket]
    ) -> bool:
        """Whether what is open could take something down, or away."""
        if one.number in _STANDARD:
            return True
        if one.socket_inode is not None:
            return self._is_strange_socket(part, process, one.socket_inode, table.get(one.socket_inode))
        if one.target.startswith("pipe:["):
            # Caddy wakes itself by one. The relay has none.
            return part.kind == RELAY and process in part.workers
        if one.target.startswith("/") and not one.target.endswith(" (deleted)"):
            return part.kind == RELAY or process.access_mode(one.number) != os.O_RDONLY
        return one.target not in _HARMLESS

    def _is_strange_socket(self, part: ProxyProgram, process: Process, inode: int, unix: UnixSocket | None) -> bool:
        """Whether it is of a kind that nothing here needs: to the journal, or from the relay to anywhere but tor."""
        if unix is not None:
            # Relay and nginx have pairs of streams with their parents, which have no name.
            return not unix.stream or bool(unix.path) or leads_to_journal(process, inode)
        for name in _OTHER_KINDS:
            if any(str(inode) in fields for fields in _lines(process, name)):
                return True
        return part.kind == RELAY and not _is_of_relay(process, inode)


def _is_of_relay(process: Process, inode: int) -> bool:
    """Whether a visitor is at the other end, or tor; true for an end that is closed by now, which has no line."""
    words = process.command()
    tor = {("127.0.0.1", int(after)) for word, after in itertools.pairwise(words) if word == "--socks"}
    ports = {read_place(place.partition(" ")[2])[1] for place in listening(process) if place.startswith("tcp")}
    for name in ("tcp", "tcp6"):
        for fields in _lines(process, name):
            if int(fields[9]) == inode:
                return read_place(fields[1])[1] in ports or read_place(fields[2]) in tor
    return True


def _lines(process: Process, name: str) -> list[list[str]]:
    try:
        return [line.split() for line in process.place(f"net/{name}").read_text().splitlines()[1:]]
    except OSError:  # a kernel without this kind
        return []
