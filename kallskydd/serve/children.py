"""The keeper's children, apart from tor: listening sockets, the two zygotes and the intake.

Who holds what: the keeper binds the unix sockets and keeps them open for its whole life, so that a request that
arrives while the intake is being restarted waits in the backlog instead of failing. Each zygote is connected to the
intake alone: the keeper closes its own copy of that socket as soon as the intake has inherited it. So a dead keeper
ends the intake (its control channel reads end of file) and a dead intake ends the zygotes: nothing is left running
unwatched.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from scrubbers.spawn import spawn_zygote
from trusted.jail.protocol import Role
from trusted.web import control

# One zygote each: the one for pictures never loads PDFium and forks faster for it. Their order is their index.
ROLES = (Role.PICTURES, Role.DOCUMENTS)

# Connections that may wait: while the intake is restarted, or because it ended all 512 in the same second and they came
# again. More is turned away by tor; at 64 a second (trusted/web/connections.py) all of them are worked off in ten.
BACKLOG = 640
FIRST_PAUSE_SECONDS = 0.2  # before a restart; doubled for every quick death, so that a broken set-up does not spin
LONGEST_PAUSE_SECONDS = 30.0
QUICK_DEATH_SECONDS = 10.0
INTAKE_END_SECONDS = 8.0  # for requests under way, after it was told to stop and before it is made to

KIB = 1024
MAX_SOCKET_PATH = 107  # bytes; the kernel's sun_path holds 108 with the final zero


class Process(Protocol):
    """What the keeper needs of a child, no matter who started it."""

    pid: int

    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class HomePathTooLong(Exception):
    """The home's path leaves no room for the socket's name within the kernel's limit."""


def listen(path: Path, group_id: int | None) -> socket.socket:
    """Make a listening unix socket at `path`, for this user and, with `group_id`, for a system tor's group.

    Raises HomePathTooLong where the path does not fit.
    """
    if len(os.fsencode(path)) > MAX_SOCKET_PATH:
        raise HomePathTooLong
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    if group_id is not None:
        os.chown(path, -1, group_id)
        path.chmod(0o660)
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def open_way_for(group_id: int, *folders: Path) -> None:
    """Let a system tor, which runs as another user, pass through these folders to a socket that it knows by name.

    Search and nothing more: what else is in them stays closed, and cannot be listed.
    """
    for folder in folders:
        os.chown(folder, -1, group_id)
        folder.chmod(0o710)


def locked_bytes(pid: int) -> int:
    """How much of a process's memory is kept out of swap, as the kernel counts it; 0 when it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmLck:"):
                return int(line.split()[1]) * KIB
    return 0


async def ended(process: Process) -> int:
    """Wait, without a thread, until the child has ended; returns its exit status (negative: the signal)."""
    loop = asyncio.get_running_loop()
    while (status := process.poll()) is None:
        descriptor = os.pidfd_open(process.pid)
        gone = asyncio.Event()
        loop.add_reader(descriptor, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
    return status


async def end(process: Process, patience: float = 5.0) -> None:
    """Ask the child to end, and insist after `patience` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    if not await _ended_within(process, patience):
        process.kill()
        await ended(process)


async def _ended_within(process: Process, seconds: float) -> bool:
    # Not wait_for: on Python 3.11 it swallows a cancellation that comes as the child ends, and the keeper's own end is
    # such a cancellation. It would then start the next intake instead of stopping.
    try:
        async with asyncio.timeout(seconds):
            await ended(process)
    except TimeoutError:
        return False
    return True


@dataclass(slots=True)
class Backoff:
    """How long to wait before the next restart."""

    pause: float = FIRST_PAUSE_SECONDS
    started: float = 0.0

    def mark_start(self) -> None:
        self.started = time.monotonic()

    async def wait(self) -> None:
        if time.monotonic() - self.started > QUICK_DEATH_SECONDS:
            self.pause = FIRST_PAUSE_SECONDS
        await asyncio.sleep(self.pause)
        self.pause = min(self.pause * 2, LONGEST_PAUSE_SECONDS)


@dataclass(frozen=True, slots=True)
class IntakePlace:
    """Everything the intake is told on its command line."""

    home: Path
    public_listener: socket.socket
    desk_listener: socket.socket
    mirror_listener: socket.socket | None  # of a home with a mirror
    public_address: str
    desk_address: str
    zygotes_on_demand: bool  # of a host's tenant: they come with the first file, and end when none came for a while


@dataclass(slots=True)
class IntakeSet:
    """One intake with its two zygotes: they start and end together, but a zygote alone can be replaced."""

    intake: subprocess.Popen[bytes]
    keeper_end: control.KeeperEnd
    zygotes: list[Process]
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    # By index: the intake has a file for a zygote that has ended.
    wanted: list[asyncio.Event] = field(default_factory=lambda: [asyncio.Event() for _ in ROLES])
    # Orders about the mirror that are not answered yet.
    mirror_asked: deque[asyncio.Future[bool]] = field(default_factory=deque)

    async def replace_zygote(self, index: int) -> None:
        """Start a new zygote in the place of a dead one and hand its socket to the running intake."""
        process, connection = spawn_zygote(ROLES[index])
        self.zygotes[index] = process
        self.wanted[index].clear()
        with connection:
            await self.keeper_end.order(control.Order.REPLACE_ZYGOTE, index, connection)

    async def order(self, order: control.Order) -> None:
        """Give one order; a dead intake is noticed elsewhere."""
        with suppress(OSError):
            await self.keeper_end.order(order)

    async def end(self) -> None:
        """End the intake first, so that no request is cut by a missing zygote."""
        await self.order(control.Order.STOP)
        await _ended_within(self.intake, INTAKE_END_SECONDS)
        await end(self.intake)
        self.keeper_end.close()
        for zygote in self.zygotes:
            await end(zygote)


def start_intake(place: IntakePlace) -> IntakeSet:
    """Start both zygotes and the intake that talks to them."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    zygotes: list[Process] = []
    connections: list[socket.socket] = []
    for role in ROLES:
        process, connection = spawn_zygote(role)
        zygotes.append(process)
        connections.append(connection)
    inherited = [place.public_listener, place.desk_listener, theirs, *connections]
    command = [
        sys.executable, "-I", "-m", "intake",
        "--home", os.fspath(place.home),
        "--public-fd", str(place.public_listener.fileno()),
        "--desk-fd", str(place.desk_listener.fileno()),
        "--control-fd", str(theirs.fileno()),
        "--public-address", place.public_address,
        "--desk-address", place.desk_address,
    ]  # fmt: skip
    if place.mirror_listener is not None:
        inherited.append(place.mirror_listener)
        command += ["--mirror-fd", str(place.mirror_listener.fileno())]
    for connection in connections:
        command += ["--zygote-fd", str(connection.fileno())]
    if place.zygotes_on_demand:
        command.append("--zygotes-on-demand")
    try:
        intake = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            # Nothing the intake could print may reach a terminal or a journal, not even before it has closed itself.
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            pass_fds=[one.fileno() for one in inherited],
            # Ctrl-C in the terminal is the keeper's to handle: it ends its children in order.
            start_new_session=True,
        )
    finally:
        for connection in [theirs, *connections]:
            connection.close()
    return IntakeSet(intake, control.KeeperEnd(ours), zygotes)
