"""The fork server of the jail: warmed up, locked, and never reading a file itself.

    main(["pictures" or "documents", DESCRIPTOR, KIND…], warm_up)

1 imports the decoders and scrubs one small file of each kind (of those named, where any is), so that nothing has to be
  opened later
2 locks itself: no file, no new socket, no program (`trusted.confine.confine_zygote`)
3 says hello
4 keeps two forks waiting: spares, warmed up on a small picture of its own, which hold only their end of a socket pair
5 for each request hands the descriptors that came along to a spare, which becomes the job; forks the next when idle
6 reports when and how a job's process ended, and the processor time it took
It ends when its channel closes.

A spare saves each file the time of a fork and of the first touch of every memory page, about half of what a small
picture takes. It is forked while the zygote holds no descriptor of any job, and it closes its end of the pair before
the job puts on its locks.

What a hostile file does to a job's memory ends with the job: every next job starts from the zygote's memory, and no job
can write to that.
"""

import gc
import logging
import os
import select
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from trusted.confine.lock import Confinement, confine_zygote
from trusted.confine.process import die_with_parent, print_nowhere
from trusted.jail.job_template import JobTemplate, Work
from trusted.jail.protocol import (
    DESCRIPTORS,
    ENDED,
    HELLO,
    HELLO_MAGIC,
    MOST_DESCRIPTORS,
    REQUEST,
    REQUEST_MAGIC,
    KindNumber,
    Locks,
    Operation,
    Role,
)
from trusted.jail.stages import Kind

# The trusted side sends at most a few at once; more would be an attack from there.
_MOST_JOBS: Final = 16
# One to scrub a file and one to verify the result, which follows at once.
_SPARES: Final = 2
# Forking delays the report of a job's end, so it waits until nothing has happened for longer than a small job takes.
_IDLE_MILLISECONDS: Final = 5
_FIRST_FREE_DESCRIPTOR: Final = 3
_OPERATIONS: Final = frozenset(Operation)
_KINDS: Final = frozenset((0, *KindNumber))
_JOB_FAILED: Final = 70


@dataclass(frozen=True, slots=True)
class _Spare:
    """A fork that waits: its process, a handle that becomes readable when it is gone, our end of the pair."""

    process: int
    handle: int
    pair: socket.socket


def main(arguments: list[str], warm_up: Callable[[Role, Collection[Kind]], JobTemplate]) -> None:
    """Run steps 1 to 6. `warm_up` returns what each fork does."""
    # Libraries' log messages, and a decoder's complaint, can quote the file.
    print_nowhere()
    logging.disable(logging.CRITICAL)
    role, descriptor = Role[arguments[0].upper()], int(arguments[1])
    with socket.socket(fileno=descriptor) as channel:
        template = warm_up(role, [Kind(name) for name in arguments[2:]] or list(Kind))
        # The collector never visits objects that exist now again, so that forks go on sharing their memory pages. What
        # is garbage by now (some hundred objects) stays: to look for it would take longer than a small picture's job.
        gc.freeze()
        gc.enable()
        on = confine_zygote()
        channel.sendall(HELLO.pack(HELLO_MAGIC, role, on.landlock_abi, _locks(on)))
        server = _ForkServer(channel, template)
        try:
            server.serve()
        finally:
            server.close()


def _locks(on: Confinement) -> Locks:
    locks = Locks(0)
    if on.no_new_privileges:
        locks |= Locks.NO_NEW_PRIVILEGES
    if on.seccomp:
        locks |= Locks.FILTERED
    if not on.dumpable:
        locks |= Locks.UNDUMPABLE
    if on.core_bytes == 0:
        locks |= Locks.NO_CORE
    if on.landlock_held:
        locks |= Locks.LANDLOCK_HELD
    return locks


class _ForkServer:
    """Steps 4 to 6. Waits on handles of processes, not on signals: they become readable when the process is gone."""

    def __init__(self, channel: socket.socket, template: JobTemplate) -> None:
        self._channel = channel
        self._template = template
        self._jobs: dict[int, tuple[int, int]] = {}  # handle: (job number, process)
        self._poll = select.poll()
        self._poll.register(channel, select.POLLIN)
        self._spares = [self._fork_spare() for _ in range(_SPARES)]

    def serve(self) -> None:
        """Serve until the channel closes or something other than a request arrives."""
        while True:
            lacking = len(self._spares) < _SPARES
            ready = self._poll.poll(_IDLE_MILLISECONDS if lacking else None)
            if not ready:
                self._spares.append(self._fork_spare())
            for descriptor, _ in ready:
                if descriptor in self._jobs:
                    number, process = self._jobs.pop(descriptor)
                    _, wait_status, used = os.wait4(process, 0)
                    milliseconds = round(1000 * (used.ru_utime + used.ru_stime))
                    self._channel.sendall(ENDED.pack(number, wait_status, milliseconds))
                    self._forget(descriptor)
                elif self._reap_spare(descriptor):
                    pass
                elif descriptor == self._channel.fileno() and not self._start():
                    return

    def close(self) -> None:
        """Close the spares' pairs, at which the spares end too."""
        for spare in self._spares:
            spare.pair.close()

    def _reap_spare(self, handle: int) -> bool:
        """Reap a spare that has ended, and return whether it was one. Only the kernel ends one, short of memory."""
        for spare in self._spares:
            if spare.handle == handle:
                self._spares.remove(spare)
                os.waitpid(spare.process, 0)
                self._forget(spare.handle)
                spare.pair.close()
                return True
        return False

    def _forget(self, handle: int) -> None:
        self._poll.unregister(handle)
        os.close(handle)

    def _start(self) -> bool:
        """Run step 5; return False when the channel is closed or what came is not a request."""
        if not self._spares:
            # Before the job's descriptors are here: no fork but the job's own may have held them.
            self._spares.append(self._fork_spare())
        frame, descriptors, _, _ = socket.recv_fds(self._channel, REQUEST.size, MOST_DESCRIPTORS)
        try:
            number = self._job_number(frame, len(descriptors))
            if number is None:
                return False
            spare = self._spares.pop(0)
            # If the spare is gone the job is too: its handle becomes readable, and the trusted side decides.
            with suppress(OSError):
                socket.send_fds(spare.pair, [frame], descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        spare.pair.close()
        self._jobs[spare.handle] = (number, spare.process)
        return True

    def _job_number(self, frame: bytes, descriptors: int) -> int | None:
        """Return the job's number if this request can be fulfilled."""
        if len(frame) != REQUEST.size or len(self._jobs) >= _MOST_JOBS:
            return None
        magic, number, operation, kind = REQUEST.unpack(frame)
        if magic != REQUEST_MAGIC or operation not in _OPERATIONS or kind not in _KINDS:
            return None
        return int(number) if descriptors == len(DESCRIPTORS[Operation(operation)]) else None

    def _fork_spare(self) -> _Spare:
        """Run step 4."""
        parent = os.getpid()
        ours, theirs = socket.socketpair()
        process = os.fork()
        if process == 0:
            try:
                die_with_parent(parent)
                self._channel.detach()
                ours.detach()
                _keep_only(theirs.fileno())
                self._template.warm_up()
                _become_job(theirs, self._template.work)
            finally:
                # Whatever went wrong: a fork must never return into the zygote's loop.
                os._exit(_JOB_FAILED)
        theirs.close()
        handle = os.pidfd_open(process)
        self._poll.register(handle, select.POLLIN)
        return _Spare(process, handle, ours)


def _keep_only(descriptor: int) -> None:
    """Close everything else in the fork, above all the channel and the handles of other jobs."""
    os.closerange(_FIRST_FREE_DESCRIPTOR, descriptor)
    os.closerange(descriptor + 1, os.sysconf("SC_OPEN_MAX"))


def _become_job(pair: socket.socket, work: Work) -> None:
    """Wait for the job's descriptors, close the pair, and do the job."""
    with pair:
        frame, descriptors, _, _ = socket.recv_fds(pair, REQUEST.size, MOST_DESCRIPTORS)
    if len(frame) != REQUEST.size:
        return
    _, _, operation, kind = REQUEST.unpack(frame)
    names = DESCRIPTORS[Operation(operation)]
    work(Operation(operation), kind, dict(zip(names, descriptors, strict=True)))
