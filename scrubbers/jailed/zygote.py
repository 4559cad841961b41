"""The process that forks jobs. It is warm, locked, and never looks at a file itself.

    python -I -m scrubbers.jailed.zygote pictures|documents DESCRIPTOR

1 imports the decoders and scrubs one small file of each kind, so that nothing has to be opened later
2 locks itself: no file, no new socket, no program (`confine.confine_zygote`)
3 says hello
4 for each request forks a job with the descriptors that came along, and says when and how the job's process ended
It ends when its channel closes.

What a hostile file does to a job's memory ends with the job: the zygote's memory is what every next job starts from,
and no job can write to it.
"""

import gc
import logging
import os
import select
import socket
import sys
from collections.abc import Callable
from typing import Final, NoReturn

from confine.lock import Confinement, confine_zygote
from confine.process import die_with_parent
from scrubbers.protocol import (
    DESCRIPTORS,
    ENDED,
    HELLO,
    HELLO_MAGIC,
    MOST_DESCRIPTORS,
    REQUEST,
    REQUEST_MAGIC,
    KindNumber,
    Operation,
    Role,
    Saw,
)

# The trusted side sends at most a few at once; a zygote that was asked for more would be under attack from there.
_MOST_JOBS: Final = 16
_FIRST_FREE_DESCRIPTOR: Final = 3
_JOB_FAILED: Final = 70

Work = Callable[[Operation, int, dict[str, int]], NoReturn]


def main(arguments: list[str], warm: Callable[[Role], Work]) -> None:
    """Steps 1 to 4. `warm` gives the function that a forked job runs; it never returns."""
    # What libraries complain about can quote the file.
    logging.disable(logging.CRITICAL)
    role, descriptor = Role[arguments[0].upper()], int(arguments[1])
    with socket.socket(fileno=descriptor) as channel:
        work = warm(role)
        # Objects that exist now are never looked at by the collector again, so that forks go on sharing their pages.
        gc.collect()
        gc.freeze()
        on = confine_zygote()
        channel.sendall(HELLO.pack(HELLO_MAGIC, role, on.landlock_abi, _saw(on)))
        _serve(channel, work)


def _saw(on: Confinement) -> Saw:
    saw = Saw(0)
    if on.no_new_privileges:
        saw |= Saw.NO_NEW_PRIVILEGES
    if on.seccomp:
        saw |= Saw.FILTERED
    if not on.dumpable:
        saw |= Saw.UNDUMPABLE
    if on.core_bytes == 0:
        saw |= Saw.NO_CORE
    if on.landlock_held:
        saw |= Saw.LANDLOCK_HELD
    return saw


def _serve(channel: socket.socket, work: Work) -> None:
    """Step 4. Waits on handles of processes, not on signals: they become readable when the process is gone."""
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    jobs: dict[int, tuple[int, int]] = {}  # handle: (job number, process id)
    while True:
        for descriptor, _ in poll.poll():
            if descriptor in jobs:
                poll.unregister(descriptor)
                number, process = jobs.pop(descriptor)
                _, wait_status = os.waitpid(process, 0)
                os.close(descriptor)
                channel.sendall(ENDED.pack(number, wait_status))
            elif not _start(channel, work, jobs, poll):
                return


def _start(channel: socket.socket, work: Work, jobs: dict[int, tuple[int, int]], poll: select.poll) -> bool:
    """Forks the job that is asked for; False when the channel is closed or what came is not a request."""
    frame, descriptors, _, _ = socket.recv_fds(channel, REQUEST.size, MOST_DESCRIPTORS)
    try:
        if len(frame) != REQUEST.size:
            return False
        magic, number, operation, kind = REQUEST.unpack(frame)
        if magic != REQUEST_MAGIC or operation not in set(Operation) or len(jobs) >= _MOST_JOBS:
            return False
        names = DESCRIPTORS[Operation(operation)]
        if len(names) != len(descriptors) or kind not in {0, *KindNumber}:
            return False
        parent = os.getpid()
        process = os.fork()
        if process == 0:
            try:
                given = dict(zip(names, descriptors, strict=True))
                _leave_zygote(parent, channel, given)
                work(Operation(operation), kind, given)
            finally:
                # Whatever went wrong: a fork must never return into the zygote's loop.
                os._exit(_JOB_FAILED)
        handle = os.pidfd_open(process)
        jobs[handle] = (number, process)
        poll.register(handle, select.POLLIN)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
    return True


def _leave_zygote(parent: int, channel: socket.socket, descriptors: dict[str, int]) -> None:
    """In the fork: keeps the job's own descriptors and nothing else, above all not the channel."""
    die_with_parent(parent)
    channel.detach()
    keep = sorted(descriptors.values())
    first = _FIRST_FREE_DESCRIPTOR
    for descriptor in keep:
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


if __name__ == "__main__":
    # The decoders are imported here and not above: tests run this same loop with a job that attacks its jail.
    from scrubbers.jailed.worker import warm_up

    main(sys.argv[1:], warm_up)
