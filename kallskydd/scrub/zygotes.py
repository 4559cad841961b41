"""The processes that `kallskydd scrub` cleans in: those that its files need, started before anything else is loaded.

Which kinds there are is told by the first bytes of each file. A zygote warms up for these alone, which for one file is
most of the time that the command takes; meanwhile this process loads the rest of what it needs.
"""

from __future__ import annotations

import os
import select
import socket
import stat
from collections import defaultdict
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from scrubbers.sniff import first_inside, sniff_kind
from scrubbers.spawn import spawn_zygote
from trusted.jail.protocol import HEAD_BYTES, ROLES, Role
from trusted.jail.stages import Kind, NotCleanable

# Each may need 1.5 GiB for its job at worst, one for documents 1 GiB.
_MOST_AT_ONCE: Final = 16
_END_SECONDS: Final = 5.0


class PooledZygote:
    """One zygote, and what it takes to end it and to start it again."""

    def __init__(self, role: Role, kinds: Collection[Kind], ending: ExitStack) -> None:
        self._role, self._kinds = role, kinds
        self.process, self.channel = spawn_zygote(role, kinds)
        ending.callback(self.end)
        # Before that: when another zygote could not be started, nothing else closes the channel of this one.
        ending.callback(self.channel.close)

    def start_again(self) -> socket.socket:
        """Start one in the place of one that died; return the channel. Raises OSError."""
        self.end()
        self.process, channel = spawn_zygote(self._role, self._kinds)
        return channel

    def end(self) -> None:
        """Wait for its end, which follows when its channel is closed; by now it is."""
        if self.process.poll() is None and not _ends_within(self.process.pid, _END_SECONDS):
            self.process.kill()
        self.process.wait()


def _ends_within(child: int, seconds: float) -> bool:
    """Return whether it does. Popen.wait with a time limit sleeps between its looks, for longer than a zygote takes."""
    handle = os.pidfd_open(child)
    try:
        ended, _, _ = select.select([handle], [], [], seconds)
    finally:
        os.close(handle)
    return bool(ended)


def start_zygotes(sources: Sequence[Path], ending: ExitStack) -> dict[Role, list[PooledZygote]]:
    """Start what these files need, one for each core and role; `ending` ends them. Raises OSError."""
    kinds = _kinds_by_role(sources)
    return {role: [PooledZygote(role, kinds[role], ending) for _ in range(at_once(sources))] for role in sorted(kinds)}


def at_once(sources: Sequence[Path]) -> int:
    """Return how many files are cleaned side by side: as many as there are cores, and no more than there are files.

    Counted are the cores that this process may use: fewer than the computer has under taskset or in some containers.
    """
    return max(1, min(_MOST_AT_ONCE, len(os.sched_getaffinity(0)), len(sources)))


def _kinds_by_role(sources: Sequence[Path]) -> dict[Role, set[Kind]]:
    """Return the kinds of these files by the role that cleans them; what cannot be cleaned or read needs none.

    For a file that holds others these are all kinds.
    """
    found: defaultdict[Role, set[Kind]] = defaultdict(set)
    for source in sources:
        try:
            # A pipe or a device is not read: it might never end.
            if not stat.S_ISREG(source.stat().st_mode):
                continue
            with source.open("rb") as file:
                head = file.read(HEAD_BYTES)
            if first_inside(head) is not None:
                # What is in it nobody knows yet.
                return {role: {kind for kind in Kind if ROLES.get(kind, Role.PICTURES) is role} for role in Role}
            kind = sniff_kind(head)
        except (OSError, NotCleanable):
            continue
        found[ROLES.get(kind, Role.PICTURES)].add(kind)
    return found
